"""Seals: what was found untouched is not read again, and whatever touches a file breaks them."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from lpo_analysis.reporting import provenance, store

NAME = "report"


def _due() -> dict[str, Any]:
    return provenance.ingredients("0" * 64, {})


def _make(output: Path, text: str) -> None:
    """Land a report as `lpo_analysis.reporting.run.write` does."""
    due = _due()
    files = {
        "report.html": text,
        "results.json": json.dumps({"values": {}}),
        "notebook.ipynb": "{}",
        "tables/a.csv": text,
    }
    raw = {name: content.encode() for name, content in files.items()}
    run = {key: value for key, value in due.items() if key != "notebook_sha256"} | {
        "notebook": {"name": NAME, "sha256": due["notebook_sha256"]},
        "fingerprint": provenance.fingerprint(due),
        "files": {name: provenance.digest(content) for name, content in raw.items()},
    }
    with store.locked(output, NAME) as work:
        store.land(raw | {store.RUN: json.dumps(run).encode()}, work, output / NAME)


def test_files_under_an_unbroken_seal_are_not_read_again(tmp_path, monkeypatch):
    _make(tmp_path, "one")
    first = store.look(tmp_path / NAME, _due())
    assert first.seal == store.seal(tmp_path / NAME) != ""
    read = list[str]()
    monkeypatch.setattr(provenance, "digest", lambda raw, old=provenance.digest: read.append("") or old(raw))
    assert store.look(tmp_path / NAME, _due(), sealed=first.seal) == first
    sealed = len(read)
    assert store.look(tmp_path / NAME, _due(), sealed="another") == first
    assert len(read) - sealed > sealed  # the files, too


@pytest.mark.parametrize("name", ["report.html", "tables/a.csv"])
def test_a_file_changed_under_its_old_size_and_times_breaks_the_seal(tmp_path, name):
    _make(tmp_path, "one")
    seal, file = store.seal(tmp_path / NAME), tmp_path / NAME / name
    was = file.stat()
    time.sleep(0.05)  # the clock of a file system ticks in milliseconds
    file.write_bytes(file.read_bytes().replace(b"one", b"two"))
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (was.st_size, was.st_mtime_ns)
    assert store.look(tmp_path / NAME, _due(), sealed=seal).why == f"{name} was changed by hand or damaged"


def test_a_lost_file_and_a_file_in_another_place_break_the_seal(tmp_path):
    _make(tmp_path, "one")
    seal = store.seal(tmp_path / NAME)
    shutil.copytree(tmp_path / NAME, tmp_path / "copy")
    assert store.seal(tmp_path / "copy") != seal
    (tmp_path / NAME / "tables" / "a.csv").unlink()
    assert store.look(tmp_path / NAME, _due(), sealed=seal).why == "tables/a.csv was lost"
    (tmp_path / NAME / "tables" / "a.csv").symlink_to("nowhere")
    assert store.seal(tmp_path / NAME) == ""
