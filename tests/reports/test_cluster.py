"""Batches on executors: threads, processes, and the workers of a Dask scheduler, some of which die."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
import pytest

from lpo_analysis.reporting.batch import run_batch
from lpo_analysis.reporting.plans import Plan

PATIENCE = 120


def until(true: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


@dataclass
class Site:
    """Processes with a folder of sockets of their own, so that what is left of them can be told from all others."""

    folder: Path
    runtime: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: object, **environment: str) -> subprocess.Popen[bytes]:
        env = os.environ | {"XDG_RUNTIME_DIR": str(self.runtime)} | environment
        with open(self.folder / f"log-{len(self.started)}.txt", "wb") as log:
            self.started.append(
                subprocess.Popen(
                    [sys.executable, *map(str, arguments)], cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log, start_new_session=True,
                )
            )  # fmt: skip
        return self.started[-1]

    def scheduler(self) -> str:
        path = self.folder / "scheduler.json"
        path.unlink(missing_ok=True)
        self.start("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--no-show",
                   "--scheduler-file", path)  # fmt: skip

        def address() -> str:
            with contextlib.suppress(OSError, ValueError):
                return str(json.loads(path.read_text())["address"])
            return ""

        return until(address, "the scheduler did not start")

    def worker(self, address: str, name: str, **environment: str) -> subprocess.Popen[bytes]:
        (self.folder / name).mkdir()
        return self.start("-m", "distributed.cli.dask_worker", address, "--host", "127.0.0.1", "--nworkers", 1, "--nthreads", 2,
                          "--no-dashboard", "--name", name, "--local-directory", self.folder / name, "--death-timeout", 60,
                          **environment)  # fmt: skip

    def processes(self, name: str = "") -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.pid != os.getpid() and process.environ().get("XDG_RUNTIME_DIR") == str(self.runtime):
                    command = " ".join(process.cmdline())
                    # The tracker of this very process, which ends with it.
                    alive = process.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in command
                    if alive and name in command:
                        found.append(process)
        return found

    def servers(self) -> list[psutil.Process]:
        return self.processes("server.main(config")

    def stop(self) -> None:
        for process in self.started:
            process.terminate()
        for process in self.started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)

    def assert_empty(self) -> None:
        until(lambda: not self.processes(), f"still alive: {self.processes()}")
        left = [path for path in self.runtime.rglob("*") if path.is_socket()]
        assert not left, f"sockets stay behind: {left}"

    def remove(self) -> None:
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        for process in self.started:
            process.wait()
        shutil.rmtree(self.runtime, ignore_errors=True)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A folder to work in, and processes that all end with the test."""
    # A Unix socket's path has an upper length, and the folders of tests are deep.
    made = Site(tmp_path, Path(tempfile.mkdtemp(prefix="lpo-", dir="/tmp")))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(made.runtime))
    monkeypatch.chdir(tmp_path)
    try:
        yield made
    finally:
        made.remove()


@dataclass
class Crew:
    """A scheduler with workers that see this folder."""

    site: Site
    address: str
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture
def crew(site: Site) -> Crew:
    address = site.scheduler()
    workers = [site.worker(address, name, PYTHONPATH="") for name in ("first", "second")]
    from distributed import Client

    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
    return Crew(site, address, workers)


MODEL = """
from lpo_analysis.parameters import ReportParameters, Whole


class Parameters(ReportParameters):
    n: Whole = 1
    '''A number.'''
"""
WORK = """
import os, time
from pathlib import Path
import own_model
from lpo_analysis.reporting import notebook as show
Path(f"began-{n}-{os.getppid()}").touch()
time.sleep(0.7)
show.record(square=n * n * float(Path("factor.txt").read_text()))
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["direct", "fresh"])
def test_a_batch_on_a_cluster_is_whole_although_a_worker_is_killed(
    crew, engine, monkeypatch, lpo, write_notebook, write_plan
):
    site, numbers = crew.site, list(range(1, 11 if engine == "direct" else 5))
    # The model lies in a folder that only the process that gives the command knows of; the inputs in its working folder.
    package = site.folder / "package"
    package.mkdir()
    (package / "own_model.py").write_text(MODEL)
    monkeypatch.syspath_prepend(str(package))
    monkeypatch.setenv("PYTHONPATH", str(package))
    monkeypatch.delitem(sys.modules, "own_model", raising=False)
    (site.folder / "factor.txt").write_text("3")
    write_notebook(site.folder / "notebooks" / "mine.ipynb", WORK, model="own_model:Parameters")
    plan = write_plan(site.folder / "mine.toml", "mine", numbers, f'engine = "{engine}"\n')

    def kill() -> None:
        until(lambda: list(site.folder.glob("began-*")), "no report was begun")
        nanny = psutil.Process(crew.workers[0].pid)
        # A machine that loses power: the nanny cannot start another worker. Fork servers are to notice by themselves.
        family = [nanny, *(c for c in nanny.children() if "spawn_main" in " ".join(c.cmdline()))]
        assert len(family) == 2
        for process in family:
            process.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    ran = lpo("batch", "mine.toml", "--scheduler", crew.address)
    killer.join()
    assert ran.code == 0, ran.out + ran.err
    assert ran.err == ""
    assert "distributed" not in ran.out
    assert f"{len(numbers)} reports: {len(numbers)} made." in ran.out
    out = site.folder / "reports" / "mine"
    for job in plan.jobs:
        values = json.loads((out / job.name / "results.json").read_text())["values"]
        assert values["square"]["value"] == 3 * job.parameters["n"] ** 2
    told = json.loads((out / "batch.json").read_text())
    assert [report["status"] for report in told["reports"]] == ["done"] * len(numbers)
    assert sorted(p.name for p in out.iterdir()) == sorted(
        ["batch.json", "index.html", "results.csv", *(job.name for job in plan.jobs)]
    )
    # The surviving worker has let go of its fork server; it is still there for the next batch, which has nothing to do.
    until(lambda: not site.servers(), "a fork server outlives the batch")
    assert crew.workers[1].poll() is None
    assert "nothing to run" in lpo("batch", "mine.toml", "--scheduler", crew.address).out
    assert "nothing to run" in lpo("batch", "mine.toml").out, "made on a worker, a report is as if made here"
    site.stop()
    site.assert_empty()


@pytest.mark.slow
def test_a_worker_with_other_data_is_refused_by_name_and_a_batch_whose_scheduler_dies_ends(
    site, lpo, checkout, write_notebook, write_plan
):
    address = site.scheduler()
    shutil.copytree(checkout / "data", site.folder / "other")
    with (site.folder / "other" / "datapackage.json").open("a") as file:
        file.write("\n")
    good = site.worker(address, "good")
    bad = site.worker(address, "bad", LPO_DATA=str(site.folder / "other"))
    write_notebook(
        site.folder / "notebooks" / "mine.ipynb",
        "import time\nopen(f'began-{n}', 'w').close()\ntime.sleep(1.5)",
    )
    write_plan(site.folder / "mine.toml", "mine", list(range(6)))
    from distributed import Client

    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        named = {info["name"]: where for where, info in client.scheduler_info(n_workers=-1)["workers"].items()}
        ran = lpo("batch", "mine.toml", "--scheduler", address)
        assert ran.code == 2
        assert ran.out == ""
        assert f"worker {named['bad']} has another data." in ran.err
        assert named["good"] not in ran.err
        assert not (site.folder / "reports").exists()
        bad.terminate()
        until(lambda: len(client.nthreads()) == 1, "the worker did not go")
    scheduler = site.started[0]

    def kill() -> None:
        until(lambda: list(site.folder.glob("began-*")), "no report was begun")
        scheduler.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    ran = lpo("batch", "mine.toml", "--scheduler", address)
    killer.join()
    assert ran.code == 1
    assert ran.err == ""
    assert "The scheduler went away." in ran.out
    assert re.search(r"6 reports: \d made and \d failed\.", ran.out)
    # A worker without a scheduler ends when its patience does, and what it started with it.
    good.terminate()
    site.stop()
    site.assert_empty()


# Processes


@pytest.mark.slow
def test_processes_make_reports_and_take_their_fork_servers_along(site, write_notebook, write_plan):
    write_notebook(site.folder / "notebooks" / "mine.ipynb", "print(n)")
    plan = write_plan(site.folder / "mine.toml", "mine", [1, 2, 3])
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        made = run_batch(plan, Path("reports"), executor=pool)
    assert [outcome.status for outcome in made.outcomes] == ["done"] * 3, [o.error for o in made.outcomes]
    site.assert_empty()


@pytest.mark.slow
def test_a_process_that_is_killed_fails_what_it_was_to_make_and_nothing_raises(site, write_notebook, write_plan):
    write_notebook(
        site.folder / "notebooks" / "mine.ipynb",
        "import time\nopen(f'began-{n}', 'w').close()\ntime.sleep(100 * (n > 1))",
    )
    plan = write_plan(site.folder / "mine.toml", "mine", [1, 2, 3])
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def kill() -> None:
        until(lambda: (site.folder / "began-2").exists(), "no report was begun")
        for pid in list(pool._processes):
            os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    made = run_batch(plan, Path("reports"), executor=pool)
    killer.join()
    pool.shutdown()
    assert [outcome.status for outcome in made.outcomes] == ["done", "failed", "failed"]
    assert all("BrokenProcessPool" in outcome.error for outcome in made.failed)
    assert "BrokenProcessPool" in (site.folder / "reports" / "mine" / "index.html").read_text()
    site.assert_empty()
    made = run_batch(plan_of_first(plan), Path("reports"))
    assert [outcome.status for outcome in made.outcomes] == ["cached"], "what was finished stays"


def plan_of_first(plan: Plan) -> Plan:
    return replace(plan, jobs=plan.jobs[:1])
