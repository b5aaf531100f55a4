"""Folders of reports: landed whole or not at all, one writer at a time, put right after a crash at any step."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lpo_analysis.errors import OutputError
from lpo_analysis.reporting import provenance, store

NAME = "report"


class Crash(BaseException):
    """Stands for the end of the process: nothing catches it."""


def _due(**parameters: object) -> dict[str, Any]:
    return provenance.ingredients("0" * 64, parameters)


def _files(text: str, **parameters: object) -> dict[str, bytes]:
    """A report as `lpo_analysis.reporting.run.write` makes it."""
    due = _due(**parameters)
    files = {
        "report.html": f"<p>{text}</p>".encode(),
        "results.json": json.dumps({"values": {"text": {"value": text, "headline": 1}}}).encode(),
        "notebook.ipynb": b"{}\n",
        "tables/a.csv": f"a\n{text}\n".encode(),
    }
    rest = {key: value for key, value in due.items() if key != "notebook_sha256"}
    run = {
        **rest,
        "notebook": {"name": NAME, "sha256": due["notebook_sha256"]},
        "fingerprint": provenance.fingerprint(due),
        "files": {name: provenance.digest(raw) for name, raw in files.items()},
    }
    return files | {store.RUN: json.dumps(run).encode()}


def _make(output: Path, text: str, **parameters: object) -> None:
    with store.locked(output, NAME) as work:
        store.land(_files(text, **parameters), work, output / NAME)


def _text(output: Path, **parameters: object) -> str | None:
    """What a finished report says; None if it is not finished."""
    shown = store.look(output / NAME, _due(**parameters)).headlines
    return None if shown is None else shown[0]["value"]


def _left(output: Path) -> list[str]:
    return sorted(path.name for path in output.iterdir())


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with one finished report that says ``one``."""
    _make(tmp_path, "one", seed=1)
    return tmp_path


# Landing


def test_a_report_lands_whole_and_leaves_nothing_beside_it(made):
    assert _text(made, seed=1) == "one"
    assert _left(made) == [NAME]
    assert sorted(path.name for path in (made / NAME).iterdir()) == [
        "notebook.ipynb", "report.html", "results.json", "run.json", "tables",
    ]  # fmt: skip


def test_a_report_made_anew_replaces_the_old_one_with_all_its_files(made):
    files = _files("two", seed=1)
    files["tables/b.csv"] = b"b\n"
    with store.locked(made, NAME) as work:
        store.land(files, work, made / NAME)
    _make(made, "three", seed=1)
    assert _text(made, seed=1) == "three"
    assert not (made / NAME / "tables" / "b.csv").exists(), "a table of the report before is left among the new ones"
    assert _left(made) == [NAME]


Step = Callable[[pytest.MonkeyPatch, int, BaseException], None]


def _break(owner: Any, name: str) -> Step:
    """Have the n-th call from now on fail before it does anything."""

    def step(monkeypatch: pytest.MonkeyPatch, nth: int, error: BaseException) -> None:
        real, calls = getattr(owner, name), iter(range(10_000))

        def call(*args: Any, **kwargs: Any) -> Any:
            if next(calls) == nth:
                raise error
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, call)

    return step


STEPS = [
    pytest.param(_break(os, "mkdir"), 0, id="no folder of what is unfinished"),
    pytest.param(_break(store.tempfile, "mkdtemp"), 0, id="no folder of the new report"),
    pytest.param(_break(Path, "write_bytes"), 0, id="nothing is written"),
    pytest.param(_break(Path, "write_bytes"), 3, id="half is written"),
    pytest.param(_break(Path, "write_bytes"), 4, id="all but the last is written"),
    pytest.param(_break(Path, "chmod"), 0, id="all is written"),
    pytest.param(_break(Path, "rename"), 0, id="the old one is not yet aside"),
    pytest.param(_break(Path, "rename"), 1, id="the old one is aside"),
]


@pytest.mark.parametrize(("step", "nth"), STEPS)
def test_a_failure_at_any_step_keeps_the_old_report_and_leaves_nothing(made, monkeypatch, step, nth):
    with monkeypatch.context() as patched:
        step(patched, nth, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        with pytest.raises(OSError, match="No space left"):
            _make(made, "two", seed=1)
    assert _text(made, seed=1) == "one", "the finished report is lost"
    assert _left(made) == [NAME]
    _make(made, "two", seed=1)
    assert _text(made, seed=1) == "two"


@contextlib.contextmanager
def _dying() -> Iterator[None]:
    """Nobody tidies up after the crash inside: the lock goes with the process, the files stay."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store, "_leave", lambda work, target, descriptor: os.close(descriptor))
        with pytest.raises(Crash):
            yield


@pytest.mark.parametrize(("step", "nth"), STEPS)
def test_a_crash_at_any_step_keeps_the_old_report_and_the_next_look_needs_no_repair(made, monkeypatch, step, nth):
    with _dying(), monkeypatch.context() as patched:
        step(patched, nth, Crash())
        _make(made, "two", seed=1)
    store.check_writable(made)
    assert _text(made, seed=1) == "one", "the finished report is lost"
    assert _left(made) == [NAME], "what the dead one left is still there"


@pytest.mark.parametrize(("step", "nth"), STEPS)
def test_whoever_comes_next_recovers_also_without_a_sweep_before(made, monkeypatch, step, nth):
    with _dying(), monkeypatch.context() as patched:
        step(patched, nth, Crash())
        _make(made, "two", seed=1)
    with store.locked(made, NAME) as work:
        assert list(work.iterdir()) == [], "one who died left something in the way"
        assert _text(made, seed=1) == "one"
    assert _left(made) == [NAME]


def test_a_crash_after_landing_keeps_the_new_report_and_drops_the_old(made, monkeypatch):
    with _dying(), monkeypatch.context() as patched:
        _break(shutil, "rmtree")(patched, 0, Crash())
        _make(made, "two", seed=1)
    assert (made / store.WORK / NAME / "old").is_dir()
    assert _text(made, seed=1) == "two"
    store.check_writable(made)
    assert _text(made, seed=1) == "two"
    assert _left(made) == [NAME]


def test_what_is_tidied_up_is_only_what_nobody_works_on(made):
    with store.locked(made, "other") as work:
        (work / "half").write_text("")
        store.check_writable(made)
        store.sweep(made)
        assert (work / "half").exists(), "a report in the making was taken for one of the dead"
    assert _left(made) == [NAME]


def test_a_report_that_cannot_go_back_now_waits_for_whoever_comes_next(made, monkeypatch):
    def never(self: Path, target: Path) -> Path:
        # The first moves the old report aside; then the file system is gone.
        if target.name == "old":
            return real(self, target)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    real = Path.rename
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", never)
        with pytest.raises(OSError, match="error"):
            _make(made, "two", seed=1)
        assert _text(made, seed=1) is None
    store.sweep(made)
    assert _text(made, seed=1) == "one", "the only copy was deleted"
    assert _left(made) == [NAME]


@pytest.mark.parametrize("size", [0, 100, 20_000])
def test_a_disk_that_fills_up_in_the_middle_of_a_write_leaves_nothing_and_keeps_the_old_report(made, size):
    """A real short write: the kernel takes a part of the file and refuses the rest."""
    script = f"""
        import resource, sys
        from pathlib import Path
        from lpo_analysis.reporting import store

        output = Path(sys.argv[1])
        files = {{"report.html": b"x" * 5, "results.json": b"y" * 50_000, "run.json": b"{{}}"}}
        resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
        try:
            with store.locked(output, "report") as work:
                store.land(files, work, output / "report")
        except OSError as error:
            print("refused:", error.strerror)
        try:
            store.write_file(output / "index.html", "z" * 50_000)
        except store.OutputError as error:
            print(error)
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(made)], capture_output=True, text=True, check=True
    )
    assert "refused: File too large" in ran.stdout
    assert "index.html cannot be written" in ran.stdout
    assert _text(made, seed=1) == "one"
    assert _left(made) == [NAME]


# Single files


def test_a_file_is_written_whole_or_stays_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "index.html"
    store.write_file(path, "one")
    assert path.stat().st_mode & 0o777 == 0o644
    for owner, name in ((Path, "write_text"), (Path, "replace")):
        with monkeypatch.context() as patched:
            _break(owner, name)(patched, 0, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
            with pytest.raises(OutputError, match=r"index\.html cannot be written to .*No space left"):
                store.write_file(path, "two")
        assert path.read_text() == "one"
        assert _left(tmp_path) == ["index.html"]
    store.write_file(path, "two")
    assert path.read_text() == "two"


@pytest.mark.parametrize(("owner", "name"), [(Path, "write_text"), (Path, "chmod"), (Path, "replace")])
def test_a_crash_while_a_file_is_written_leaves_nothing_for_good(tmp_path, monkeypatch, owner, name):
    store.write_file(tmp_path / "index.html", "one")
    with _dying(), monkeypatch.context() as patched:
        _break(owner, name)(patched, 0, Crash())
        store.write_file(tmp_path / "index.html", "two")
    assert (tmp_path / "index.html").read_text() == "one"
    store.check_writable(tmp_path)
    assert _left(tmp_path) == ["index.html"]


def test_files_written_at_once_are_never_mixed(tmp_path):
    path, texts = tmp_path / "index.html", [letter * 200_000 for letter in "abcd"]

    def write(text: str) -> None:
        for _ in range(10):
            store.write_file(path, text)

    _together(*[lambda text=text: write(text) for text in texts])
    assert path.read_text() in texts
    assert _left(tmp_path) == ["index.html"]


# One writer at a time


def _together(*calls: Callable[[], object]) -> None:
    """Run in threads, and raise what any of them raised."""
    raised: list[BaseException] = []

    def run(call: Callable[[], object]) -> None:
        try:
            call()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if raised:
        raise raised[0]


def test_two_threads_on_one_name_take_turns(tmp_path):
    inside, most = [], []

    def work() -> None:
        for _ in range(15):
            with store.locked(tmp_path, NAME) as folder:
                inside.append(1)
                most.append(len(inside))
                assert list(folder.iterdir()) == []
                (folder / "half").write_text("")
                time.sleep(0.001)
                inside.pop()

    _together(work, work, work)
    assert set(most) == {1}
    assert _left(tmp_path) == []


def test_threads_on_many_names_do_not_take_the_common_folder_from_each_other(tmp_path):
    """The last to leave removes ``.work`` while the next is about to make its own folder in it."""

    def work(name: str) -> None:
        for _ in range(150):
            with store.locked(tmp_path, name):
                pass

    _together(*[lambda name=name: work(name) for name in "abcd"])
    assert _left(tmp_path) == []


def test_two_processes_on_one_name_take_turns(tmp_path):
    script = """
        import sys, os
        from pathlib import Path
        from lpo_analysis.reporting import store

        for _ in range(40):
            with store.locked(Path(sys.argv[1]), "report") as work:
                # Exclusive: the second of two who are here at once fails.
                os.close(os.open(Path(sys.argv[1]) / "here", os.O_CREAT | os.O_EXCL))
                assert list(work.iterdir()) == []
                (work / "half").write_text("")
                os.unlink(Path(sys.argv[1]) / "here")
    """
    running = [
        subprocess.Popen([sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in running:
        assert process.communicate(timeout=120)[1] == b""
    assert _left(tmp_path) == []


def test_the_lock_of_a_killed_process_is_free_and_its_leftovers_are_dropped(made):
    script = """
        import sys, os, signal
        from pathlib import Path
        from lpo_analysis.reporting import store

        output = Path(sys.argv[1])
        with store.locked(output, "report") as work:
            (output / "report").rename(work / "old")
            (work / "new.x").mkdir()
            (work / "new.x" / "report.html").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(made)], check=False)
    assert not (made / NAME).exists()
    with store.locked(made, NAME):
        assert _text(made, seed=1) == "one"
    assert _left(made) == [NAME]


def test_who_waits_for_another_batch_stops_when_told_to(made):
    asked = iter([False, True])
    waits = store.locked(made, NAME, stopped=lambda: next(asked))
    with store.locked(made, NAME), pytest.raises(OutputError, match="was stopped"), waits:
        pass
    assert _text(made, seed=1) == "one"


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP])
def test_without_locks_two_at_once_do_not_touch_what_the_other_works_on(made, monkeypatch, code):
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with store.locked(made, NAME) as first:
        (first / "half").write_text("")
        store.sweep(made)
        with store.locked(made, NAME) as second:
            assert first != second
            store.land(_files("two", seed=1), second, made / NAME)
        assert (first / "half").exists()
        store.land(_files("three", seed=1), first, made / NAME)
    assert _text(made, seed=1) == "three"
    assert _left(made) == [NAME]


def test_a_folder_that_cannot_be_made_is_an_error_and_no_endless_loop(tmp_path):
    (tmp_path / store.WORK).write_text("a file in the way")
    with pytest.raises(OSError, match=store.WORK), store.locked(tmp_path, NAME):
        pass
    (tmp_path / store.WORK).unlink()
    (tmp_path / store.WORK).mkdir()
    (tmp_path / store.WORK / NAME).write_text("a file in the way")
    with pytest.raises(OSError, match=NAME), store.locked(tmp_path, NAME):
        pass


# Folders that cannot be written


@contextlib.contextmanager
def _unprivileged() -> Iterator[None]:
    """Root may write anywhere; here it acts as somebody who may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_without_the_right_to_write_is_refused_by_name_and_stays_as_it_was(made):
    # Somebody else cannot even look into what is root's alone, as the folders of tests are.
    modes = {path: path.stat().st_mode & 0o7777 for path in (made, *made.parents)}
    modes = {path: mode for path, mode in modes.items() if path == made or (os.geteuid() == 0 and mode & 0o5 != 0o5)}
    for path, mode in modes.items():
        path.chmod(mode | 0o555)
    made.chmod(0o555)
    try:
        with _unprivileged():
            with pytest.raises(OutputError, match=r"cannot be written \(Permission denied\).*--output"):
                store.check_writable(made)
            with pytest.raises(OutputError, match=r"index\.html cannot be written .*Permission denied"):
                store.write_file(made / "index.html", "")
            with pytest.raises(PermissionError):
                _make(made, "two", seed=1)
            with pytest.raises(OutputError, match=r"report' cannot be removed \(Permission denied\)"):
                store.clean(made)
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert _left(made) == [NAME]


def test_an_output_folder_below_a_file_is_refused_by_name(tmp_path):
    (tmp_path / "file.txt").write_text("")
    with pytest.raises(OutputError, match=r"file\.txt/x.*cannot be written.*--output"):
        store.check_writable(tmp_path / "file.txt" / "x")


def test_checking_the_output_folder_leaves_nothing_in_it(tmp_path):
    store.check_writable(tmp_path / "a" / "b")
    assert _left(tmp_path / "a" / "b") == []


# Looking


def test_a_report_made_from_other_things_is_not_finished_and_says_what_changed(made):
    found = store.look(made / NAME, _due(seed=2))
    assert found.headlines is None
    assert found.why == "the parameters changed"


def test_no_report_is_new(tmp_path):
    assert store.look(tmp_path / NAME, _due()) == store.Found(None, "new")


FILES = ["report.html", "results.json", "notebook.ipynb", "tables/a.csv"]


@pytest.mark.parametrize("name", [*FILES, store.RUN])
def test_a_missing_file_is_noticed(made, name):
    (made / NAME / name).unlink()
    found = store.look(made / NAME, _due(seed=1))
    assert found.headlines is None
    assert found.why == (f"{name} was lost" if name != store.RUN else f"{name} was damaged")


@pytest.mark.parametrize("name", [*FILES, store.RUN])
@pytest.mark.parametrize("kept", [0, 0.5])
def test_a_truncated_file_is_noticed(made, name, kept):
    raw = (made / NAME / name).read_bytes()
    (made / NAME / name).write_bytes(raw[: int(len(raw) * kept)])
    found = store.look(made / NAME, _due(seed=1))
    assert found.headlines is None
    assert name in found.why


@pytest.mark.parametrize("name", FILES)
def test_a_file_changed_at_the_same_length_is_noticed(made, name):
    raw = (made / NAME / name).read_bytes()
    (made / NAME / name).write_bytes(raw[:-2] + b"#\n")
    assert store.look(made / NAME, _due(seed=1)).why == f"{name} was changed by hand or damaged"


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_became_a_folder_is_noticed(made, name):
    (made / NAME / name).unlink()
    (made / NAME / name).mkdir()
    assert store.look(made / NAME, _due(seed=1)).headlines is None


@pytest.mark.parametrize(
    "change",
    [
        lambda run: {},
        lambda run: run | {"files": {}},
        lambda run: run | {"files": None},
        lambda run: run | {"files": []},
        lambda run: run | {"files": {"report.html": 3}},
        lambda run: run | {"files": {k: v for k, v in run["files"].items() if k != "results.json"}},
        lambda run: run | {"fingerprint": None},
        lambda run: [run],
        lambda run: None,
        lambda run: 3,
    ],
)
def test_a_run_json_of_another_form_is_not_finished(made, change: Callable[[Mapping[str, Any]], Any]):
    path = made / NAME / store.RUN
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    found = store.look(made / NAME, _due(seed=1))
    assert found.headlines is None
    assert found.why


# Cleaning


@pytest.fixture
def batch(made: Path) -> Path:
    """Two batches with reports and leftovers, and things the kit did not make."""
    for folder in (made / "a", made / "b"):
        _make(folder, "x", seed=1)
        (folder / "index.html").write_text("")
        (folder / "batch.json").write_text("{}")
    (made / "a" / store.WORK / "died" / "new.x").mkdir(parents=True)
    (made / "b" / "mine.txt").write_text("keep")
    (made / "plans").mkdir()
    (made / "plans" / "index.html").write_text("keep")
    return made


def test_cleaning_removes_what_the_kit_made_and_nothing_else(batch):
    told = store.clean(batch)
    assert told == [
        NAME, f"a/{NAME}", "a/index.html", "a/batch.json", f"a/{store.WORK}", f"b/{NAME}", "b/index.html", "b/batch.json",
    ]  # fmt: skip
    left = sorted(path.relative_to(batch).as_posix() for path in batch.rglob("*"))
    assert left == ["b", "b/mine.txt", "plans", "plans/index.html"]


def test_a_dry_run_of_cleaning_lists_the_same_and_removes_nothing(batch):
    before = sorted(batch.rglob("*"))
    told = store.clean(batch, dry_run=True)
    assert sorted(batch.rglob("*")) == before
    assert store.clean(batch) == told


def test_cleaning_does_not_follow_links(batch, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    _make(elsewhere, "x", seed=1)
    (batch / "link").symlink_to(elsewhere)
    store.clean(batch)
    assert _text(elsewhere, seed=1) == "x"


def test_cleaning_while_a_batch_runs_takes_nothing_from_a_report_in_the_making(batch):
    with store.locked(batch / "a", "running") as work:
        store.clean(batch)
        store.land(_files("new", seed=1), work, batch / "a" / NAME)
    assert _text(batch / "a", seed=1) == "new"
    assert _left(batch / "a") == [NAME]


def test_cleaning_twice_finds_nothing_the_second_time(batch):
    store.clean(batch)
    assert store.clean(batch) == []
    assert store.clean(batch / "nothing here") == []


def test_what_a_batch_shares_is_its_own_and_goes_with_it(tmp_path):
    with store.shared(tmp_path) as one, store.shared(tmp_path) as other:
        assert one.is_absolute()
        assert one != other
        (one / "picture").write_bytes(b"x")
        store.sweep(tmp_path)
        assert (one / "picture").exists(), "a batch that runs lost what its reports share"
    (tmp_path / store.WORK / ".shared-of-one-that-died").mkdir(parents=True)
    store.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []
