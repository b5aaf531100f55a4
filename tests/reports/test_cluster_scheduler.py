"""A scheduler and its workers within this process: what workers must see, what a batch says, and who is refused."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.reporting import cluster
from lpo_analysis.reporting.batch import run_batch
from lpo_analysis.reporting.jobs import Job
from lpo_analysis.reporting.plans import read_plan
from lpo_analysis.reporting.progress import Quiet


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


def test_a_worker_that_runs_the_kit_as_it_was_is_refused(monkeypatch):
    """What it imported stays in memory, but the fork servers that it starts read what is on its disk now."""

    def stale(function: Callable[..., Any]) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(cluster.provenance, "edited", lambda: "data/evidence/observations.csv changed")
            return function()

    def newer(function: Callable[..., Any]) -> Any:
        with monkeypatch.context() as patch:
            known = cluster.provenance.libraries()
            patch.setattr(cluster.provenance, "libraries", lambda: known | {"numpy": "9.9"})
            return function()

    with pytest.raises(ParameterError) as caught:
        cluster._check_workers(Fake(a=sees, b=stale, c=newer), "tcp://node:1")
    message = str(caught.value)
    assert "worker b still runs the kit as it was when it started (data/evidence/observations.csv changed)" in message
    assert "worker c still runs the kit as it was when it started (numpy " in message
    assert "became 9.9" in message
    assert "worker a" not in message
    assert "restart the workers" in message


def test_a_worker_that_cannot_read_its_data_is_named_and_one_that_left_is_not():
    answers = {
        "a": lambda _: PermissionError(13, "Permission denied"),
        "b": lambda _: ConnectionRefusedError(111, "refused"),
    }
    with pytest.raises(ParameterError) as caught:
        cluster._check_workers(Fake(ok=sees, closed=lambda _: OSError("closed"), **answers), "tcp://node:1")
    assert "worker a cannot run the kit (PermissionError: [Errno 13] Permission denied)" in str(caught.value)
    assert "worker b" not in str(caught.value)
    assert "worker closed" not in str(caught.value)


def test_what_a_machine_does_not_see_is_told_before_anything_is_submitted(local, mine, monkeypatch):
    (mine / "second.ipynb").write_bytes((mine / "notebooks" / "mine.ipynb").read_bytes())
    (mine / "two.toml").write_text(
        'title = "T"\n[[report]]\nnotebook = "mine"\n[[report]]\nnotebook = "second.ipynb"\n'
    )
    monkeypatch.setattr(cluster, "PAUSES", (0.0,))
    monkeypatch.setattr(cluster, "unseen", lambda place, probe, files: [name for name in files if "second" in name])
    monkeypatch.setattr(cluster, "_ask", lambda client, fn, *a: {"b": cluster.unseen(*a)} if len(a) == 3 else {})
    with cluster.connected(local.scheduler_address) as executor:
        monkeypatch.setattr(executor, "submit", lambda *_, **__: pytest.fail("submitted"))
        with pytest.raises(ParameterError, match=r"worker b does not see .*second\.ipynb"):
            run_batch(read_plan("two.toml"), Path("reports"), executor=executor)


def test_a_worker_that_joins_later_makes_nothing_if_its_kit_is_another(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "SPOILT", 0.0)
    monkeypatch.setattr(cluster, "PAUSES", (0.0, 0.0))

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


def test_a_report_whose_result_was_lost_with_its_worker_is_waited_for(local, mine, monkeypatch):
    """Between the word that it is finished and the asking for it a worker may leave: the scheduler has it made again."""
    from distributed import client as dask

    lost = set[Any]()
    with cluster.connected(local.scheduler_address) as executor:

        def finish(state: Any, type: Any = None, old: Callable[..., None] = dask.FutureState.finish) -> None:
            old(state, type)
            if state.key not in lost:
                lost.add(state.key)
                state.lose()
                again = {"op": "report-key", "key": state.key}
                executor.client.loop.call_later(0.1, executor.client._send_to_scheduler, again)

        monkeypatch.setattr(dask.FutureState, "finish", finish)
        made = run_batch(read_plan("mine.toml"), Path("reports"), executor=executor)
    assert [outcome.error for outcome in made.failed] == []
    assert len(lost) == 6


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
    assert {outcome.error for outcome in made.failed} == {"No worker has been left for 1 s."}


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


def test_the_line_that_starts_a_cluster_by_ssh_is_one_that_dask_takes(checkout):
    from distributed.cli.dask_ssh import main

    said = (checkout / "docs" / "how-to" / "cluster.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"`\.venv/bin/dask ssh ([^`]+)`", said)
    given = main.make_context("ssh", shlex.split(line)).params
    assert (given["scheduler"], given["n_workers"], given["hostnames"]) == ("HOST", 1, ("HOST1", "HOST2"))
