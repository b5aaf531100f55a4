"""Batches whose processes are killed at random: nothing false is shown, nothing finished is lost, nothing stays behind."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat import v4

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("LPO_KILL_SEED", "20260101"))
PATIENCE = 120

# Forks a driver for each command, so that it need not import everything anew; and its fork servers import next to nothing, for they
# are killed all the time. Everything else is what the command does. It has no folder of sockets: that is the driver's alone.
DRIVERS = """
import json, os, resource, subprocess, sys

import nbclient, nbconvert, papermill
from lpo_analysis import cli
from lpo_analysis.reporting import batch, execution, index, outputs, page
from lpo_analysis.reporting.engines import client, direct, warm

page.environment().get_template("report.html.j2")
batch.preload_for = lambda jobs, engine: client.Preload(("json",), libraries=("json",), shell=engine == "direct")
for line in sys.stdin:
    order = json.loads(line)
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            # Through a pipe: no limit on the size of files holds there.
            tee = subprocess.Popen(["sh", "-c", 'exec cat > "$0"', order["log"]], stdin=subprocess.PIPE)
            os.dup2(tee.stdin.fileno(), 1)
            os.dup2(tee.stdin.fileno(), 2)
            tee.stdin.close()
            sys.stdout.reconfigure(line_buffering=True)
            os.environ.update(order["env"])
            os.chdir(order["cwd"])
            if order["largest"] is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest"], order["largest"]))
            sys.argv = ["lpo", *order["argv"]]
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        finally:
            sys.stdout.flush()
            os.close(1)
            os.close(2)
            tee.wait()
            os._exit(code)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""

LOG = logging.getLogger("kills")


def _chance(name: str) -> random.Random:
    """Random numbers of a test; what is logged is shown when it fails."""
    LOG.warning("LPO_KILL_SEED=%d runs the same again", SEED)
    return random.Random(f"{SEED} {name}")


CELLS = [
    "import subprocess, time\nfrom IPython.display import display",
    "if programs:\n    subprocess.Popen(['sleep', '1000'])\n    subprocess.Popen(['sleep', '1000'], start_new_session=True)",
    "time.sleep(pause)",
    "value = seed * 1009 + base\nprint(f'the value is {value}.')",
    "display({'application/vnd.lpo.values+json': {'value': {'value': value}}, 'text/plain': ''}, raw=True)",
]


@dataclass
class Work:
    """A plan of reports that say what their parameters are, and what became of them."""

    folder: Path
    reports: int = 12
    pause: float = 0.08
    base: int = 0
    engine: str = "direct"

    @property
    def output(self) -> Path:
        return self.folder / "reports" / "kills"

    def write(self, base: int) -> None:
        self.base = base
        defaults = "seed = 1\nbase = 0\nprograms = True\npause = 0.0"
        cells = [v4.new_code_cell(defaults, metadata={"tags": ["parameters"]}), *map(v4.new_code_cell, CELLS)]
        book = v4.new_notebook(cells=cells)
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, self.folder / "book.ipynb")
        (self.folder / "kills.toml").write_text(
            f'title = "Kills"\nengine = "{self.engine}"\n[[report]]\nnotebook = "book.ipynb"\nname = "r-{{seed}}"\n'
            f"[report.parameters]\nbase = {base}\npause = {self.pause}\n[report.matrix]\nseed = {[*range(self.reports)]}\n"
        )

    @property
    def names(self) -> list[str]:
        return [f"r-{seed}" for seed in range(self.reports)]

    def check_whole(self, folder: Path) -> bool:
        """Fail if a report is not what its ``run.json`` says; return whether it is of the plan as it is now."""
        run = json.loads((folder / "run.json").read_text())
        assert {"report.html", "results.json", "notebook.ipynb"} <= set(run["files"]), folder
        for name, digest in run["files"].items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, f"{folder / name} is not whole"
        # Computed from the parameters, so that a report that is mixed up with another is noticed.
        parameters = run["parameters"]
        value = parameters["seed"] * 1009 + parameters["base"]
        results = json.loads((folder / "results.json").read_text())
        assert results["parameters"] == parameters
        assert results["values"] == {"value": {"value": value}}
        assert re.findall(r"the value is (\d+)\.", (folder / "report.html").read_text()) == [str(value)]
        book = json.loads((folder / "notebook.ipynb").read_text())
        assert [cell["metadata"]["tags"] for cell in book["cells"] if "papermill-error-cell-tag" in str(cell)] == []
        return parameters["base"] == self.base and folder.name in (f"r-{parameters['seed']}", "old")

    def intact(self) -> set[str]:
        """Names of the finished reports of the plan; any report that lies there must be whole."""
        found = set()
        for name in self.names:
            place = self.output / name
            if not place.exists():
                place = self.output / ".work" / name / "old"
            if place.exists() and self.check_whole(place):
                found.add(name)
        return found

    def check_complete(self) -> None:
        assert self.intact() == set(self.names)
        left = sorted(path.name for path in self.output.iterdir())
        assert left == sorted(["batch.json", "index.html", "results.csv", *self.names]), (
            "something is left in the folder"
        )
        page = (self.output / "index.html").read_text()
        assert sorted(re.findall(r'href="(r-\d+)/report\.html"', page)) == sorted(self.names)


@dataclass
class Driver:
    """A running batch."""

    process: psutil.Process
    log: Path
    wait: Callable[[], int]
    killed: list[str] = field(default_factory=list)

    def victims(self) -> dict[str, list[psutil.Process]]:
        """Whom to kill, by what they are."""
        found: dict[str, list[psutil.Process]] = {"driver": [self.process], "keeper": [], "server": [], "child": []}
        with contextlib.suppress(psutil.Error):
            for keeper in self.process.children():
                if "server.main" not in " ".join(keeper.cmdline()):
                    continue
                found["keeper"].append(keeper)
                for server in keeper.children():
                    if not server.name().startswith("sleep"):
                        found["server"].append(server)
                        found["child"] += [p for p in server.children() if not p.name().startswith("sleep")]
        return found

    def kill(self, chance: random.Random, kind: str) -> None:
        """Kill one of a kind, if there is any."""
        victims = self.victims()[kind]
        if victims:
            with contextlib.suppress(psutil.Error):
                chance.choice(victims).kill()
                self.killed.append(kind)

    def kill_some(self, chance: random.Random, seconds: float) -> None:
        """Kill what a batch survives, again and again, at random moments."""
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline:
            # Mostly notebooks: one under which the server is killed three times fails, and truthfully so. And a server that is killed
            # four times before it has launched anything is given up; then notebooks are launched normally, by nobody who guards them.
            kind = chance.choices(["child", "server", "keeper"], [2, 1, 1])[0]
            if kind == "child" or self.victims()["child"] or chance.random() < 0.1:
                self.kill(chance, kind)
            time.sleep(chance.uniform(0.02, 0.35))

    @property
    def running(self) -> bool:
        try:
            return self.process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def events(self) -> list[dict[str, Any]]:
        found = []
        for line in self.log.read_text().splitlines():
            # The last line of one that was killed may be cut off.
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return found

    def reports(self) -> dict[str, dict[str, Any]]:
        return {event["name"]: event for event in self.events() if event["event"] == "report"}


Begin = Callable[..., Driver]


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


@pytest.fixture
def begin(runtime, work: Work) -> Iterator[Begin]:
    """Begin a batch in a process of its own."""
    env = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    factories: list[subprocess.Popen[str]] = []

    def call(*argv: str, largest: int | None = None) -> Driver:
        # One at a time waits for each; two batches at once need two of them.
        factory = next((one for one in factories if one.poll() is None and not getattr(one, "busy", False)), None)
        if factory is None:
            factory = subprocess.Popen(
                [sys.executable, "-c", DRIVERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
            )
            factories.append(factory)
        assert factory.stdin is not None
        assert factory.stdout is not None
        log = work.folder / f"driver-{len(factories)}-{time.monotonic_ns()}.log"
        order = {
            "argv": ["batch", "kills.toml", "-j", "2", "--json", *argv], "cwd": str(work.folder), "log": str(log),
            "env": {"XDG_RUNTIME_DIR": str(runtime.folder)}, "largest": largest,
        }  # fmt: skip
        factory.stdin.write(json.dumps(order) + "\n")
        factory.stdin.flush()
        factory.busy = True  # type: ignore[attr-defined]
        pid = int(factory.stdout.readline())
        ended: list[int] = []

        def wait() -> int:
            if not ended:
                ended.append(int(factory.stdout.readline()))
                factory.busy = False  # type: ignore[attr-defined]
            return ended[0]

        return Driver(psutil.Process(pid), log, wait)

    yield call
    for factory in factories:
        factory.kill()
        factory.communicate()


@pytest.fixture
def command(runtime, work: Work) -> Begin:
    """Begin a batch by the command ``lpo`` itself."""

    def call(*argv: str) -> Driver:
        log = work.folder / f"driver-{time.monotonic_ns()}.log"
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "lpo_analysis.cli", "batch", "kills.toml", "-j", "2", "--json", *argv],
                cwd=work.folder, stdout=file, stderr=file, env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        return Driver(psutil.Process(process.pid), log, lambda: process.wait(PATIENCE))

    return call


TRUE_ENDS = re.compile(
    r"book\.ipynb(, cell \d+)?: "
    r"(The process was killed by SIGKILL, as the system does when memory runs out|The fork server was killed while the notebook ran)\."
)


def _check_told(driver: Driver, work: Work, before: set[str]) -> set[str]:
    """What a driver said of its reports must be true, also if it was killed since; returns what is finished."""
    intact = work.intact()
    for name, report in driver.reports().items():
        if report["status"] in ("done", "cached"):
            assert name in intact, f"{name} was told to be {report['status']}, and is not there"
        else:
            assert report["status"] == "failed", report
            assert TRUE_ENDS.fullmatch(report["error"]), report["error"]
            assert set(driver.killed) & {"child", "server", "keeper"}, "a report failed although nobody was killed"
    assert before <= intact, f"finished reports were lost: {before - intact}"
    return intact


def _rerun(begin: Begin, work: Work, runtime: Any) -> None:
    """The next batch makes exactly the rest."""
    intact = work.intact()
    driver = begin()
    assert driver.wait() == 0, driver.log.read_text()
    statuses = {name: report["status"] for name, report in driver.reports().items()}
    assert statuses == {name: "cached" if name in intact else "done" for name in work.names}
    work.check_complete()
    runtime.assert_empty()


def test_a_hundred_kills_at_random_moments(runtime, work, begin):
    chance = _chance("kills")
    kills: Counter[str] = Counter()
    rounds = 0
    while kills.total() < 100 or min(kills[kind] for kind in ("driver", "server", "keeper", "child")) < 10:
        rounds += 1
        LOG.warning(f"round {rounds}, so far {dict(kills)}")
        # Other parameters under the same names: what lies there is finished, and stale.
        work.write(rounds)
        before: set[str] = set()
        # Forced, to replace reports that are intact.
        for force in [False, True] if chance.random() < 0.3 else [False]:
            driver = begin(*(["--force"] if force else []))
            driver.kill_some(chance, chance.uniform(0.2, 3))
            if driver.running:
                # Together with the server now and then: neither can tidy up after the other.
                driver.kill(chance, "driver")
                if chance.random() < 0.3:
                    driver.kill(chance, "server")
            code = driver.wait()
            assert code in (0, 1, -9), driver.log.read_text()
            kills.update(driver.killed)
            runtime.assert_empty()
            before = _check_told(driver, work, before)
        _rerun(begin, work, runtime)
    LOG.warning(f"{kills.total()} kills in {rounds} rounds: {dict(kills)}")


@pytest.mark.parametrize("engine", ["direct", "warm"])
def test_kills_under_the_command_itself(runtime, work, command, engine):
    """The same with nothing prepared: the command, and a server that imports all it does."""
    chance = _chance(engine)
    work.engine, work.reports, work.pause = engine, 6, 0.3
    kills: Counter[str] = Counter()
    for base in (1, 2):
        work.write(base)
        driver = command()
        # From its first moments on, when nobody is there to be killed but the driver.
        driver.kill_some(chance, chance.uniform(1, 5) if base == 1 else 15)
        driver.kill(chance, "driver")
        assert driver.wait() in (0, 1, -9), driver.log.read_text()
        kills.update(driver.killed)
        runtime.assert_empty()
        intact = work.intact()
        for name, report in driver.reports().items():
            assert report["status"] in ("done", "failed")
            assert report["status"] == "failed" or name in intact
            assert report["status"] == "done" or set(driver.killed) & {"child", "server", "keeper"}
        _rerun(command, work, runtime)
    LOG.warning(f"{kills.total()} kills: {dict(kills)}")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_batch_that_is_stopped_ends_soon_and_keeps_what_is_finished(runtime, work, begin, name):
    import signal

    chance = _chance(name)
    work.write(1)
    for _ in range(8):
        work.pause = 1000.0
        work.write(work.base + 1)
        slow = (work.folder / "kills.toml").read_text()
        # Some are finished at once, and some would take for ever, be they the first or the last.
        quick = slow.replace("pause = 1000.0", "pause = 0.0").replace(f"seed = {[*range(12)]}", "seed = [0, 1, 2]")
        endless = slow.replace(f"seed = {[*range(12)]}", "seed = [3, 4, 5, 6, 7, 8, 9, 10, 11]")
        both = [quick, endless] if chance.random() < 0.5 else [endless, quick]
        tables = "".join("[[report]]" + text.partition("[[report]]")[2] for text in both)
        (work.folder / "kills.toml").write_text(slow.partition("[[report]]")[0] + tables)
        driver = begin()
        time.sleep(chance.uniform(0.1, 1.5))
        driver.process.send_signal(getattr(signal, name))
        gone, _ = psutil.wait_procs([driver.process], timeout=60)
        if not gone:
            driver.process.kill()
        driver.wait()
        assert gone, "the batch waits for a notebook that nobody wants any more"
        runtime.assert_empty()
        intact = work.intact()
        for report, told in driver.reports().items():
            assert told["status"] != "done" or report in intact
        if (work.output / "batch.json").exists():
            log = json.loads((work.output / "batch.json").read_text())
            # An index of the batch before stays if this one was stopped before it began.
            shown = {
                r["name"] for r in log["reports"] if r["status"] == "done" and r["parameters"]["base"] == work.base
            }
            failed = {
                r["name"] for r in log["reports"] if r["status"] == "failed" and r["parameters"]["base"] == work.base
            }
            assert shown <= intact, "a report is shown that is not there"
            assert not failed & intact, "a finished report is shown as failed"
            errors = {r["error"] for r in log["reports"] if r["name"] in failed}
            assert errors <= {"The batch was stopped before."}, (
                "what the batch killed itself is blamed on something else"
            )
        work.pause = 0.0
        work.write(work.base)
        _rerun(begin, work, runtime) if work.base % 2 else None


def test_two_batches_at_once_make_each_report_once(runtime, work, begin):
    for base in range(1, 4):
        work.write(base)
        one, other = begin(), begin()
        assert one.wait() == other.wait() == 0, one.log.read_text() + other.log.read_text()
        told = Counter(r["status"] for driver in (one, other) for r in driver.reports().values())
        assert told == {"done": work.reports, "cached": work.reports}
        work.check_complete()
        runtime.assert_empty()


def test_of_two_batches_at_once_the_one_left_makes_all(runtime, work, begin):
    chance = _chance("two")
    for base in range(1, 6):
        work.write(base)
        one, other = begin(), begin()
        time.sleep(chance.uniform(0.1, 1.2))
        one.kill(chance, "driver")
        assert other.wait() == 0, other.log.read_text()
        one.wait()
        assert {report["status"] for report in other.reports().values()} <= {"done", "cached"}
        runtime.assert_empty()
        _check_told(one, work, set())
        # What the dead one left while the other was about its own reports is the next one's to tidy up.
        _rerun(begin, work, runtime)


def test_a_disk_that_fills_up_is_told_and_the_next_batch_makes_the_rest(runtime, work, begin):
    work.write(1)
    for largest in (1_000, 4_000):
        driver = begin(largest=largest)
        assert driver.wait() == 2
        said = driver.log.read_text()
        assert "error: " in said
        assert "cannot be written" in said
        assert "File too large" in said
        assert "Traceback" not in said
        for report in driver.reports().values():
            assert report["error"] == "Cannot write the report (File too large)."
        assert work.intact() == set()
        assert not (work.output / ".work").exists()
        runtime.assert_empty()
    _rerun(begin, work, runtime)


def test_a_finished_report_survives_a_disk_that_is_full_when_it_is_made_anew(runtime, work, begin):
    work.write(1)
    _rerun(begin, work, runtime)
    assert begin("--force", largest=2_000).wait() == 2
    assert work.intact() == set(work.names)
    _rerun(begin, work, runtime)
