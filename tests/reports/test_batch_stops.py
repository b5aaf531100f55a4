"""What becomes of a batch when its executor breaks, a file is refused or somebody stops it, and what batches at once do."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lpo_analysis import cli
from lpo_analysis.errors import NotebookError, ParameterError
from lpo_analysis.reporting.batch import run_batch, stoppable
from lpo_analysis.reporting.plans import read_plan
from lpo_analysis.reporting.progress import Live, Quiet

# Executors


class Dying(Executor):
    """An executor that makes some reports, and whose worker dies then; so it takes no more."""

    def __init__(self, n: int) -> None:
        self.n = n

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.n -= 1
        if self.n < -1:
            raise BrokenProcessPool("A child process terminated abruptly")
        future: Future[Any] = Future()
        if self.n < 0:
            future.set_exception(BrokenProcessPool("A child process terminated abruptly"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def test_an_executor_that_breaks_is_a_failure_of_what_it_did_not_make(tiny, stand):
    made = run_batch(read_plan("tiny.toml"), Path("reports"), executor=Dying(1))
    assert [outcome.status for outcome in made.outcomes] == ["done", "failed", "failed"]
    assert all("BrokenProcessPool" in outcome.error for outcome in made.failed)
    told = json.loads((tiny / "reports" / "tiny" / "batch.json").read_text())
    assert told["counts"] == {"done": 1, "failed": 2}


def test_threads_of_ones_own_make_reports_and_stay_open(tiny, stand):
    with ThreadPoolExecutor(2) as executor:
        made = run_batch(read_plan("tiny.toml"), Path("reports"), executor=executor)
        assert [outcome.status for outcome in made.outcomes] == ["done"] * 3
        assert executor.submit(lambda: 7).result() == 7, "whose executor it is shuts it down"


def test_two_batches_at_once_on_one_folder_make_every_report_once(tiny, stand):
    plan = read_plan("tiny.toml")
    threads = [threading.Thread(target=run_batch, args=(plan, Path("reports")), kwargs={"jobs": 2}) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stand.again() == list(stand.NAMES)
    assert sorted(p.name for p in (tiny / "reports" / "tiny").iterdir()) == sorted(
        [*stand.NAMES, "batch.json", "index.html", "results.csv"]
    )


def test_what_a_terminal_cannot_encode_stops_no_batch(lpo, tiny, stand):
    def fail():
        raise NotebookError("ValueError: \udcff", where="tiny.ipynb, cell 2")

    stand.does["tiny-n_2"] = fail
    ran = lpo("batch", "tiny.toml")
    assert ran.code == 1, ran.err
    assert "3 reports: 2 made and 1 failed." in ran.out
    assert "worker died" not in ran.out


def test_jobs_below_one_are_refused_also_by_the_function(tiny, stand):
    with pytest.raises(ParameterError, match="jobs: must be at least 1, got 0"):
        run_batch(read_plan("tiny.toml"), Path("reports"), jobs=0)
    assert not (tiny / "reports").exists()


@pytest.mark.parametrize(("out", "err", "live"), [(True, True, True), (True, False, False), (False, True, False)])
def test_the_table_is_drawn_where_stdout_and_stderr_are_a_terminal(monkeypatch, out, err, live):
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: out, write=lambda _: None, flush=lambda: None))
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: err, write=lambda _: None, flush=lambda: None))
    assert isinstance(cli._progress(json=False), Live) == live


def test_the_reports_of_a_batch_are_given_one_folder_to_share(lpo, tiny, stand, monkeypatch):
    given: list[Any] = []
    monkeypatch.setattr(
        "lpo_analysis.reporting.run.execute",
        lambda job, settings: given.append(settings.shared) or stand(job, settings),
    )
    assert lpo("batch", "tiny.toml").code == 0
    assert len(given) == 3
    assert len(set(given)) == 1
    assert not given[0].exists()


def test_a_file_the_system_refuses_is_named_if_it_is_none_of_the_report(lpo, tiny, stand):
    def full() -> None:
        raise OSError(28, "No space left on device", "/elsewhere/file")

    stand.does["tiny"] = full
    ran = lpo("batch", "tiny.toml")
    assert ran.code == 1
    assert "Cannot use 'file' (No space left on device)." in ran.out + ran.err
    assert "/elsewhere" not in (tiny / "reports" / "tiny" / "batch.json").read_text()


def test_a_stop_that_a_library_swallows_stops_the_batch_all_the_same(lpo, tiny, stand):
    class Swallow(Quiet):
        def to_run(self, reasons: Any) -> None:
            super().to_run(reasons)
            with contextlib.suppress(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(1)

    stand.does = dict.fromkeys(stand.NAMES, lambda: time.sleep(0.2))
    with stoppable():
        made = run_batch(read_plan("tiny.toml"), Path("reports"), progress=Swallow())
    assert {outcome.error for outcome in made.failed} == {"The batch was stopped before."}
    assert len(made.failed) == 3
    # And the next is not stopped by the last one's signal.
    assert not run_batch(read_plan("tiny.toml"), Path("reports")).failed


def test_a_stop_of_one_batch_is_not_met_by_a_later_one_in_a_thread(lpo, tiny, stand):
    class Stop(Quiet):
        def to_run(self, reasons: Any) -> None:
            super().to_run(reasons)
            os.kill(os.getpid(), signal.SIGINT)

    with contextlib.suppress(KeyboardInterrupt), stoppable():
        run_batch(read_plan("tiny.toml"), Path("reports"), progress=Stop())
    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(run_batch, read_plan("tiny.toml"), Path("reports")).result().failed


def test_a_signal_that_is_ignored_stays_ignored(tiny):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stoppable(), stoppable():
            os.kill(os.getpid(), signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_stopped_batch_on_threads_of_ones_own_waits_for_them(tiny, stand):
    ended: list[str] = []

    def slow() -> None:
        time.sleep(1)
        ended.append("slow")

    class Stop(Quiet):
        def submitted(self, running: Any) -> None:
            super().submitted(running)
            time.sleep(0.3)
            os.kill(os.getpid(), signal.SIGINT)

    stand.does = {"tiny": slow}
    with ThreadPoolExecutor(1) as pool:
        made = run_batch(read_plan("tiny.toml"), Path("reports"), executor=pool, progress=Stop())
        assert ended == ["slow"], "the stop was lifted while a thread still ran"
    assert len(made.failed) == 2


def test_who_presses_again_while_a_batch_is_stopped_keeps_nothing_from_being_tidied_up(tiny, stand, monkeypatch):
    from lpo_analysis.reporting.engines import client

    stopped: list[str] = []
    real = client.stop

    def again(batch: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        real(batch)
        stopped.append(batch)

    monkeypatch.setattr(client, "stop", again)

    class Stop(Quiet):
        def submitted(self, running: Any) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)

        def interrupted(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.05)

    stand.does = {"tiny": lambda: time.sleep(0.5)}
    made = run_batch(read_plan("tiny.toml"), Path("reports"), progress=Stop())
    assert len(stopped) == 1
    assert {outcome.error for outcome in made.failed} == {"The batch was stopped before."}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert not run_batch(read_plan("tiny.toml"), Path("reports")).failed


def test_a_stop_of_one_batch_leaves_another_of_the_same_process_alone(tiny, stand):
    (tiny / "other.toml").write_text((tiny / "tiny.toml").read_text())
    stand.does = {"tiny": lambda: time.sleep(0.5)}

    class Stop(Quiet):
        def submitted(self, running: Any) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(run_batch, read_plan("other.toml"), Path("reports"))
        made = run_batch(read_plan("tiny.toml"), Path("reports"), progress=Stop())
        assert not other.result().failed
    assert made.failed
