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
from lpo_analysis.reporting.store import Sealed

NAME = "report"


def _due() -> dict[str, Any]:
    return provenance.ingredients("0" * 64, {})


def _make(output: Path, text: str) -> None:
    """Land a report as `lpo_analysis.reporting.run.write` does."""
    due = _due()
    files = {
        "report.html": text,
        "results.json": json.dumps({"values": {"text": {"value": text, "headline": 1}}}),
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


SHOWN = [{"name": "text", "value": "one", "headline": 1}]


def test_files_under_an_unbroken_seal_are_not_read_again(tmp_path, monkeypatch):
    _make(tmp_path, "one")
    first = store.look(tmp_path / NAME, _due())
    assert first.headlines == SHOWN
    assert first.seal == store.seal(tmp_path / NAME, SHOWN) != ""
    read = list[str]()
    for method in (Path.read_text, Path.read_bytes):
        monkeypatch.setattr(
            Path, method.__name__, lambda path, old=method, **more: read.append(path.name) or old(path, **more)
        )
    assert store.look(tmp_path / NAME, _due(), sealed=Sealed(first.seal, SHOWN)) == first
    assert read == []
    assert store.look(tmp_path / NAME, _due(), sealed=Sealed("another", SHOWN)) == first
    assert set(read) == {"run.json", "report.html", "results.json", "notebook.ipynb", "a.csv"}


def test_what_is_noted_of_a_report_counts_only_under_its_seal(tmp_path):
    """A number that somebody changed in the log, or a seal of what was made from other things, is no finding."""
    _make(tmp_path, "one")
    seal = store.seal(tmp_path / NAME, SHOWN)
    edited = [{"name": "text", "value": "two", "headline": 1}]
    assert store.look(tmp_path / NAME, _due(), sealed=Sealed(seal, edited)).headlines == SHOWN
    other = provenance.ingredients("1" * 64, {})
    assert store.look(tmp_path / NAME, other, sealed=Sealed(seal, SHOWN)).why == "the notebook changed"


@pytest.mark.parametrize("name", ["report.html", "tables/a.csv"])
def test_a_file_changed_under_its_old_size_and_times_breaks_the_seal(tmp_path, name):
    _make(tmp_path, "one")
    sealed, file = Sealed(store.seal(tmp_path / NAME, SHOWN), SHOWN), tmp_path / NAME / name
    was = file.stat()
    time.sleep(0.05)  # the clock of a file system ticks in milliseconds
    file.write_bytes(file.read_bytes().replace(b"one", b"two"))
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (was.st_size, was.st_mtime_ns)
    assert store.look(tmp_path / NAME, _due(), sealed=sealed).why == f"{name} was changed by hand or damaged"


def test_a_lost_file_and_a_file_in_another_place_break_the_seal(tmp_path):
    _make(tmp_path, "one")
    seal = store.seal(tmp_path / NAME, SHOWN)
    shutil.copytree(tmp_path / NAME, tmp_path / "copy")
    assert store.seal(tmp_path / "copy", SHOWN) not in (seal, "")
    (tmp_path / NAME / "tables" / "a.csv").unlink()
    assert store.look(tmp_path / NAME, _due(), sealed=Sealed(seal, SHOWN)).why == "tables/a.csv was lost"
    (tmp_path / NAME / "tables" / "a.csv").symlink_to("nowhere")
    assert store.seal(tmp_path / NAME, SHOWN) == ""
    assert store.look(tmp_path / NAME, _due(), sealed=Sealed("", SHOWN)).headlines is None


def test_a_report_that_cannot_be_read_is_not_sealed(tmp_path):
    _make(tmp_path, "one")
    (tmp_path / NAME / store.RUN).write_text("{")
    assert store.seal(tmp_path / NAME, SHOWN) == ""
    assert store.seal(tmp_path / "nowhere", SHOWN) == ""
