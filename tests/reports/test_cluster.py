"""Batches on executors: threads, processes, and the workers of a Dask scheduler, some of which die."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat import v4

from lpo_analysis.errors import ParameterError
from lpo_analysis.reporting import cluster
from lpo_analysis.reporting.batch import run_batch
from lpo_analysis.reporting.jobs import Job
from lpo_analysis.reporting.plans import Plan, read_plan
from lpo_analysis.reporting.progress import Quiet

PATIENCE = 120


def until(true: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def write_notebook(path: Path, defaults: str, *cells: str, model: str | None = None) -> None:
    made = [v4.new_code_cell(defaults, metadata={"tags": ["parameters"]}), *map(v4.new_code_cell, cells)]
    path.parent.mkdir(exist_ok=True)
    book = v4.new_notebook(cells=made, metadata={"lpo": {"parameters": model}} if model else {})
    nbformat.write(book, path)


def write_plan(path: Path, notebook: str, numbers: list[int], extra: str = "") -> Plan:
    path.write_text(
        f'title = "Tiny"\n{extra}[[report]]\nnotebook = "{notebook}"\nname = "n{{n}}"\nmatrix = {{n = {numbers}}}\n'
    )
    return read_plan(path)


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
def test_a_batch_on_a_cluster_is_whole_although_a_worker_is_killed(crew, engine, monkeypatch, lpo):
    site, numbers = crew.site, list(range(1, 11 if engine == "direct" else 5))
    # The model lies in a folder that only the process that gives the command knows of; the inputs in its working folder.
    package = site.folder / "package"
    package.mkdir()
    (package / "own_model.py").write_text(MODEL)
    monkeypatch.syspath_prepend(str(package))
    monkeypatch.setenv("PYTHONPATH", str(package))
    monkeypatch.delitem(sys.modules, "own_model", raising=False)
    (site.folder / "factor.txt").write_text("3")
    write_notebook(site.folder / "notebooks" / "mine.ipynb", "n = 1", WORK, model="own_model:Parameters")
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
        ["batch.json", "index.html", *(job.name for job in plan.jobs)]
    )
    # The surviving worker has let go of its fork server; it is still there for the next batch, which has nothing to do.
    until(lambda: not site.servers(), "a fork server outlives the batch")
    assert crew.workers[1].poll() is None
    assert "nothing to run" in lpo("batch", "mine.toml", "--scheduler", crew.address).out
    assert "nothing to run" in lpo("batch", "mine.toml").out, "made on a worker, a report is as if made here"
    site.stop()
    site.assert_empty()


@pytest.mark.slow
def test_a_worker_with_other_data_is_refused_by_name_and_a_batch_whose_scheduler_dies_ends(site, lpo, checkout):
    address = site.scheduler()
    shutil.copytree(checkout / "data", site.folder / "other")
    with (site.folder / "other" / "datapackage.json").open("a") as file:
        file.write("\n")
    good = site.worker(address, "good")
    bad = site.worker(address, "bad", LPO_DATA=str(site.folder / "other"))
    write_notebook(
        site.folder / "notebooks" / "mine.ipynb",
        "n = 1",
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
    assert "the scheduler went away" in ran.out
    assert re.search(r"6 reports: \d made and \d failed\.", ran.out)
    # A worker without a scheduler ends when its patience does, and what it started with it.
    good.terminate()
    site.stop()
    site.assert_empty()


# Without processes of their own


class Fake:
    """Workers that are asked one after the other, in this process."""

    def __init__(self, **workers: Callable[..., Any]) -> None:
        self.workers = workers

    def wait_for_workers(self, n: int, timeout: float) -> None:
        pass

    def run(self, function: Callable[..., Any], *arguments: Any, on_error: str) -> dict[str, Any]:
        assert on_error == "return"
        return {name: worker(function, *arguments) for name, worker in self.workers.items()}


def sees(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


def test_every_worker_is_asked_whether_it_sees_the_output_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "PAUSES", (0.0, 0.0))

    def blind(function: Callable[..., Any], place: Any, probe: str, files: Any) -> Any:
        return function(place, probe + ".elsewhere", files) and [probe]

    place, client = cluster.here(), Fake(a=sees, b=blind, c=sees, gone=lambda *_: OSError("closed"))
    with pytest.raises(ParameterError, match=f"worker b does not see the output folder '{tmp_path}'") as caught:
        cluster.check_shared(client, tmp_path, place, {})
    assert "worker a" not in str(caught.value)
    assert "gone" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    cluster.check_shared(Fake(a=sees, c=sees), tmp_path, place, {})


def test_a_worker_has_to_see_the_same_notebooks_inputs_and_working_folder(tmp_path):
    (tmp_path / "in.csv").write_text("1")
    place, file = cluster.here(), str(tmp_path / "in.csv")
    digest = cluster.provenance.digest(b"1")
    assert cluster.unseen(place, file, {file: digest}) == []
    assert cluster.unseen(place, file, {file: "0" * 64}) == [file]
    assert cluster.unseen(place, file, {file + "x": digest}) == [file + "x"]
    assert cluster.unseen(place, file + "x", {}) == [file + "x"]
    assert cluster.unseen(replace(place, folder="/no/such"), file, {}) == ["/no/such"]


def test_a_worker_that_does_not_see_an_own_file_is_told_without_its_path(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "PAUSES", (0.0,))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.csv").write_text("1")
    job = Job(tmp_path / "x.ipynb", "x", {"a": "survey, sha256 0"}, {}, own={"a": "secret.csv"})

    def elsewhere(function: Callable[..., Any], place: Any, probe: str, files: Any) -> Any:
        (tmp_path / "secret.csv").write_text("2")
        return function(place, probe, files)

    machines = cluster.Machines(Fake(b=elsewhere), "tcp://x:1")
    with pytest.raises(ParameterError, match="worker b does not see your survey file as it is here") as caught:
        machines.ready([job], tmp_path)
    assert "secret" not in str(caught.value)
    (tmp_path / "secret.csv").unlink()
    # Of a file that is gone its report says so.
    cluster.Machines(Fake(b=sees), "tcp://x:1").ready([job], tmp_path)


def test_the_notebooks_of_the_kit_are_those_of_the_machine(checkout):
    place = replace(cluster.here(), notebooks="/far/away/notebooks")
    assert place.there(Path("/far/away/notebooks/savings.ipynb")) == checkout / "notebooks" / "savings.ipynb"
    assert place.there(Path("/far/away/mine.ipynb")) == Path("/far/away/mine.ipynb")


def test_all_workers_of_another_kit_are_named_with_what_is_other(monkeypatch):
    def other(function: Callable[..., Any]) -> Any:
        return function() | {"data": "0", "library versions": "0"}

    client = Fake(a=sees, b=other, c=lambda _: ModuleNotFoundError("No module named 'lpo_analysis'"))
    with pytest.raises(ParameterError) as caught:
        cluster._check_workers(client, "tcp://node:1")
    message = str(caught.value)
    assert "worker b has another data, library versions" in message
    assert "worker c cannot run the kit (ModuleNotFoundError: No module named 'lpo_analysis')" in message
    assert "worker a" not in message
    assert "restart the workers" in message


def test_a_worker_that_joins_later_makes_nothing_if_its_kit_is_another(tmp_path):
    def never(*_: Any) -> None:
        raise AssertionError

    for place in (replace(cluster.here(), kit="0"), replace(cluster.here(), folder="/no/such")):
        with pytest.raises(cluster.LostError, match="joined later"):
            cluster.make(place, never, None, tmp_path, {})  # type: ignore[arg-type]


def test_batches_from_two_folders_take_turns_in_one_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    places = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        places.append(replace(cluster.here(), folder=str(tmp_path / name), pythonpath=name))

    def look(place: Any) -> bool:
        with cluster._at(place):
            before = os.getcwd(), os.environ["PYTHONPATH"]
            time.sleep(0.01)
            return before == (os.getcwd(), os.environ["PYTHONPATH"]) == (place.folder, place.pythonpath)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(look, places * 8))
    monkeypatch.delenv("PYTHONPATH", raising=False)


@pytest.fixture(scope="module")
def local() -> Iterator[Any]:
    """A scheduler with two workers in this process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        host="127.0.0.1",
        protocol="tcp://",
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    ) as made:
        yield made


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a notebook and a plan of six reports; nothing is really executed."""
    from lpo_analysis.reporting.execution import Executed

    def execute(job: Any, settings: Any) -> Executed:
        time.sleep(0.05)
        made = nbformat.read(job.notebook, as_version=4)
        for number, cell in enumerate(made.cells):
            cell["id"] = f"c{number}"
        return Executed(made, [])

    monkeypatch.setattr("lpo_analysis.reporting.run.execute", execute)
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path / "notebooks" / "mine.ipynb", "n = 1", "n")
    write_plan(tmp_path / "mine.toml", "mine", list(range(6)))
    return tmp_path


def test_a_batch_on_a_scheduler_says_what_any_batch_says(lpo, local, mine):
    ran = lpo("batch", "mine.toml", "--scheduler", local.scheduler_address, "--json")
    assert ran.code == 0, ran.err
    assert ran.err == ""
    events = [json.loads(line)["event"] for line in ran.out.splitlines()]
    assert events == ["begin", "to_run", *["report"] * 6, "end"]
    assert len(list((mine / "reports" / "mine").glob("*/report.html"))) == 6


def test_no_more_reports_are_said_to_run_than_there_are_threads(local, mine):
    seen: list[int] = []

    class Look(Quiet):
        def finished(self, outcome: Any) -> None:
            super().finished(outcome)
            seen.append(len(self.running()))

    with cluster.connected(local.scheduler_address) as executor:
        made = run_batch(read_plan("mine.toml"), Path("reports"), executor=executor, progress=Look())
    assert not made.failed
    assert max(seen) <= 2
    assert sum(seen) > 0


def test_a_batch_that_is_interrupted_leaves_what_is_finished(local, mine):
    class Stop(Quiet):
        pressed = False

        def finished(self, outcome: Any) -> None:
            super().finished(outcome)
            # Once: what was finished meanwhile is told, too.
            if not self.pressed:
                self.pressed = True
                raise KeyboardInterrupt

    with cluster.connected(local.scheduler_address) as executor:
        made = run_batch(read_plan("mine.toml"), Path("reports"), executor=executor, progress=Stop())
    assert 1 <= sum(outcome.status == "done" for outcome in made.outcomes) < 6
    assert {outcome.error for outcome in made.failed} == {"The batch was stopped before."}
    with cluster.connected(local.scheduler_address) as executor:
        assert not run_batch(read_plan("mine.toml"), Path("reports"), executor=executor).failed


def test_folders_that_are_not_shared_are_refused_and_nothing_is_left(lpo, local, mine, monkeypatch):
    monkeypatch.setattr(cluster, "PAUSES", (0.0,))
    monkeypatch.setattr(cluster, "unseen", lambda place, probe, files: [probe])
    monkeypatch.setattr(cluster, "_ask", lambda client, fn, *a: {"b": cluster.unseen(*a)} if len(a) == 3 else {})
    ran = lpo("batch", "mine.toml", "--scheduler", local.scheduler_address)
    assert ran.code == 2
    assert ran.err.startswith("error: worker b does not see the output folder")
    assert ran.err.count("\n") == 1
    assert not list((mine / "reports").rglob("*"))


@pytest.fixture
def lonely() -> Iterator[str]:
    """A scheduler without workers."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=0,
        processes=False,
        host="127.0.0.1",
        protocol="tcp://",
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    ) as made:
        yield made


def test_a_batch_ends_when_all_workers_have_gone_and_none_comes(lonely, mine, monkeypatch):
    monkeypatch.setattr(cluster, "ALONE", 1.0)
    lonely.scale(1)

    class Send(Quiet):
        def finished(self, outcome: Any) -> None:
            super().finished(outcome)
            lonely.scale(0)

    with cluster.connected(lonely.scheduler_address) as executor:
        made = run_batch(read_plan("mine.toml"), Path("reports"), executor=executor, progress=Send())
    assert made.failed
    assert all("no worker has been left for 1 s" in outcome.error for outcome in made.failed)


def refused(ran: Any, address: str) -> None:
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith(f"error: --scheduler {address}: ")
    assert ran.err.count("\n") == 1, ran.err


def test_a_scheduler_without_workers_is_refused(lpo, lonely, mine, monkeypatch):
    monkeypatch.setattr(cluster, "SECONDS", 1)
    ran = lpo("batch", "mine.toml", "--scheduler", lonely.scheduler_address)
    refused(ran, lonely.scheduler_address)
    assert "it has no worker. Start some with `dask worker" in ran.err
    assert not (mine / "reports").exists()


@pytest.fixture
def silent() -> Iterator[str]:
    """A port that takes connections, and where nobody speaks Dask."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"tcp://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    "address",
    ["nonsense", "tcp://", "tcp://127.0.0.1:port", "foo://127.0.0.1:1", "closed", "silent", "http://127.0.0.1:1"],
)
def test_an_address_where_no_scheduler_answers_is_one_clear_error(lpo, mine, monkeypatch, request, address):
    monkeypatch.setattr(cluster, "SECONDS", 1)
    if address in ("closed", "silent"):
        address = request.getfixturevalue(address)
    ran = lpo("batch", "mine.toml", "--scheduler", address)
    refused(ran, address)
    assert "no Dask scheduler answers there" in ran.err
    assert not (mine / "reports").exists()


def test_dask_says_nothing_of_its_own_when_nobody_answers(mine, closed):
    code = "from lpo_analysis import cli\nfrom lpo_analysis.reporting import cluster\ncluster.SECONDS = 1\ncli.main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "batch", "mine.toml", "--scheduler", closed], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: --scheduler ")
    assert done.stderr.count("\n") == 1, done.stderr


# Processes


@pytest.mark.slow
def test_processes_make_reports_and_take_their_fork_servers_along(site):
    write_notebook(site.folder / "notebooks" / "mine.ipynb", "n = 1", "print(n)")
    plan = write_plan(site.folder / "mine.toml", "mine", [1, 2, 3])
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        made = run_batch(plan, Path("reports"), executor=pool)
    assert [outcome.status for outcome in made.outcomes] == ["done"] * 3, [o.error for o in made.outcomes]
    site.assert_empty()


@pytest.mark.slow
def test_a_process_that_is_killed_fails_what_it_was_to_make_and_nothing_raises(site):
    write_notebook(
        site.folder / "notebooks" / "mine.ipynb",
        "n = 1",
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
