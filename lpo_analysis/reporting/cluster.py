"""Run a batch on many machines, through Dask.

What the machines share is storage: the output folder, the working folder and the researcher's own notebooks have the same paths
everywhere. Kit, data and libraries each machine has for itself, in one version; the first report of a notebook in a worker
process starts a fork server there, which ends with the batch or with the process. Variables named in a plan's ``environment``
are those of the workers: nothing of them is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import tempfile
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lpo_analysis import paths
from lpo_analysis.errors import LpoError, ParameterError
from lpo_analysis.reporting import provenance
from lpo_analysis.reporting.engines.client import Preload, release
from lpo_analysis.reporting.execution import Settings
from lpo_analysis.reporting.jobs import Job

SECONDS = 10.0
"""How long to wait for a scheduler, and for its first worker."""
ALONE = 120.0
"""How long a batch waits for a worker when the last has gone."""
SPOILT = 5.0
"""Seconds that a worker which must not make a report keeps it."""
STALE = "changed since it started"
PAUSES = (0.0, 0.2, 1.0, 3.0)
"""Seconds before each look whether shared storage shows a new file; some take a moment."""


class LostError(LpoError):
    """A report could not be made because those who should make it went away."""


@dataclass(frozen=True)
class Place:
    """Where the command was given: reports are made elsewhere as they would be made here.

    Parameters
    ----------
    folder : str
        Working folder.
    pythonpath : str
        Further folders that notebooks import from.
    notebooks : str
        Folder of the kit's own notebooks, which each machine has for itself.
    kit : str
        Hash of kit, data and library versions.
    """

    folder: str
    pythonpath: str
    notebooks: str
    kit: str

    def there(self, path: Path) -> Path:
        """Return the path of a notebook on this machine.

        Parameters
        ----------
        path : Path
            Its path where the command was given.

        Returns
        -------
        Path
            The same, but for the kit's own notebooks.
        """
        return paths.NOTEBOOKS / path.relative_to(self.notebooks) if path.is_relative_to(self.notebooks) else path


def here() -> Place:
    """Describe this process.

    Returns
    -------
    Place
        What a worker has to know of it.
    """
    pythonpath = os.pathsep.join(os.path.abspath(x) for x in os.environ.get("PYTHONPATH", "").split(os.pathsep) if x)
    return Place(os.getcwd(), pythonpath, str(paths.NOTEBOOKS), provenance.surroundings_digest())


@contextmanager
def connected(address: str) -> Iterator[Executor]:
    """Connect to a Dask scheduler.

    Parameters
    ----------
    address : str
        Such as ``tcp://node:8786``.

    Yields
    ------
    concurrent.futures.Executor
        What is submitted to it runs on the workers; a report whose worker dies is begun anew on another.

    Raises
    ------
    ParameterError
        If Dask is not installed, nobody answers, there is no worker, or a worker has another version of the kit or its data.
    """
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise ParameterError(
            "--scheduler needs Dask.",
            remedy='In the folder of the kit: pip install -c constraints.txt -e ".[cluster]".',
        ) from None
    if not address.strip():
        # Dask would take it for the wish to start a cluster on this machine.
        raise ParameterError("--scheduler: the address is empty.", remedy="Write it like tcp://node:8786.")
    with _quiet():
        try:
            client = _client(address)
        except Exception as error:
            # What an address that is none raises, or a port where somebody else answers, is not documented.
            told = " ".join(str(error).split())[:200] or type(error).__name__
            raise ParameterError(
                f"--scheduler {address}: no Dask scheduler answers there ({told.rstrip('.')}).",
                remedy="Start one with `dask scheduler`, and give the address it prints.",
            ) from None
        machines = None
        try:
            _check_workers(client, address)
            machines = Machines(client, address)
            yield machines
        finally:
            if machines is not None:
                machines.shutdown(wait=False)
            with contextlib.suppress(TimeoutError, OSError):
                client.close()


def _client(address: str) -> Any:
    """Connect within a time of the kit's own: at a port that takes connections and stays silent, Dask waits for ever."""
    from distributed import Client

    made: Future[Any] = Future()

    def connect() -> None:
        try:
            made.set_result(Client(address, timeout=SECONDS, set_as_default=False))
        except Exception as error:
            made.set_exception(error)

    threading.Thread(target=connect, name="scheduler", daemon=True).start()
    try:
        return made.result(3 * SECONDS)
    except FutureTimeoutError:
        if made.done():
            raise
        raise TimeoutError("it takes the connection, and stays silent") from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from talking in between: what matters of it is said in the kit's own words."""
    named = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in ("distributed", "tornado")]
    loggers = [logging.getLogger(name) for name in {*named, "distributed", "tornado", "asyncio"}]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"(distributed|dask|tornado)(\.|$)")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _check_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=SECONDS)
    except TimeoutError:
        raise ParameterError(
            f"--scheduler {address}: it has no worker.", remedy=f"Start some with `dask worker {address}`."
        ) from None
    mine = surroundings()
    wrong = []
    for worker, theirs in _ask(client, surroundings).items():
        if isinstance(theirs, BaseException):
            wrong.append(f"worker {worker} cannot run the kit ({type(theirs).__name__}: {theirs})")
        elif stale := theirs.get(STALE):
            wrong.append(f"worker {worker} still runs the kit as it was when it started ({stale})")
        elif other := [name for name in mine if theirs.get(name) != mine[name]]:
            wrong.append(f"worker {worker} has another {', '.join(other)}")
    if wrong:
        raise ParameterError(
            f"--scheduler {address}: {_some(wrong)}.",
            remedy="All machines need the same kit, data and library versions; restart the workers after an update.",
        )


def _ask(client: Any, function: Callable[..., Any], *arguments: object) -> dict[str, Any]:
    """Call a function in every worker process; a worker that went away has nothing to say."""
    answers = client.run(function, *arguments, on_error="return")
    # An OSError of the function itself has a number: something cannot be read there.
    return {worker: answer for worker, answer in answers.items() if not _gone(answer)}


def _gone(answer: object) -> bool:
    return isinstance(answer, ConnectionError) or (isinstance(answer, OSError) and answer.errno is None)


def _some(items: list[str], n: int = 5) -> str:
    return "; ".join(items[:n]) + (f"; and {len(items) - n} more" if len(items) > n else "")


def surroundings() -> dict[str, str]:
    """Hash what must be the same on all machines.

    Returns
    -------
    dict of str to str
        SHA-256 of package source, data, and library versions; and what of them has changed since this process started.
    """
    known = provenance.surroundings()
    # What is imported stays as it was, but a fork server started for a report would read what is there now.
    stale = provenance.edited() or ", ".join(
        f"{name} {known['libraries'][name]} became {now}"
        for name, now in provenance.libraries().items()
        if known["libraries"].get(name, now) != now
    )
    return {
        STALE: stale,
        "package source": known["package"]["sha256"],
        "data": provenance.digest_of(known["data"]),
        "library versions": provenance.digest_of([known["libraries"], known["python"], known["platform"]]),
    }


class Machines(Executor):
    """The workers of a scheduler as an executor of reports.

    Parameters
    ----------
    client : distributed.Client
        Connected to the scheduler.
    address : str
        Its address, for messages.
    """

    elsewhere = True
    """What it runs is in other processes, which a stop of this one does not reach."""

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address, self.place = client, address, here()
        self._lock = threading.Lock()
        self._checked: set[str] = set()
        self._preloads: set[Preload] = set()
        self._tasks: dict[Future[Any], Any] = {}
        self._waiting: deque[Future[Any]] = deque()
        self._running: set[Future[Any]] = set()
        self._slots = 0
        self._ended = threading.Event()
        self._watch: threading.Thread | None = None

    def ready(self, jobs: Iterable[Job], output: Path) -> None:
        """Check that every worker sees what the reports are made from, and where they go.

        Parameters
        ----------
        jobs : iterable of Job
            The reports.
        output : Path
            Output folder, which exists.

        Raises
        ------
        ParameterError
            If a worker does not; names it.
        """
        from lpo_analysis.parameters.own import digest, files_at

        files: dict[str, str] = {}
        own: dict[str, str] = {}
        for job in jobs:
            path = job.notebook.absolute()
            if str(path) not in self._checked and path.is_file():
                files[str(path)] = provenance.digest(path.read_bytes())
            files |= {os.path.join(self.place.folder, name): sha for name, sha in job.watched.items()}
            for name, file in job.own.items():
                # One that cannot be read here either is told by its report.
                with contextlib.suppress(OSError):
                    for one in files_at(file):
                        where = os.path.join(self.place.folder, one)
                        if where not in self._checked:
                            files[where] = digest(one)
                            own[where] = str(job.parameters[name]).partition(",")[0]
        files = {name: sha for name, sha in files.items() if name not in self._checked}
        if files or str(output) not in self._checked:
            check_shared(self.client, output, self.place, files, own)
            self._checked |= {*files, str(output)}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a report made on one of the machines.

        Parameters
        ----------
        fn : callable
            What makes it: `lpo_analysis.reporting.run.run`.
        *args : object
            Job and output folder.
        **kwargs : object
            Settings and more.

        Returns
        -------
        concurrent.futures.Future
            Of what the function returns.

        Raises
        ------
        ParameterError
            If a worker does not see the files; nothing has been submitted then.
        """
        job, output = args
        output = Path(output).absolute()
        self.ready([job], output)
        settings = kwargs.get("settings")
        with self._lock:
            if isinstance(settings, Settings):
                self._preloads.add(settings.preload)
            begun = self._watch is not None
        job = replace(job, notebook=job.notebook.absolute())
        if not begun:
            # Asked before anything waits, and without the lock: it needs the loop in which the answers come.
            self._slots = sum(self.client.nthreads().values())
        task = self.client.submit(make, self.place, fn, job, output, kwargs, pure=False, retries=3)
        future: Future[Any] = Future()
        with self._lock:
            self._tasks[future] = task
            self._waiting.append(future)
            if self._watch is None:
                self._watch = threading.Thread(target=self._look_after, name="workers", daemon=True)
                self._watch.start()
        future.add_done_callback(self._dropped)
        self._advance()
        self.client.loop.add_callback(self._follow, future, task)
        return future

    def _dropped(self, future: Future[Any]) -> None:
        if future.cancelled():
            with self._lock:
                task = self._tasks.pop(future, None)
            if task is not None:
                with contextlib.suppress(Exception):
                    task.cancel()

    def _advance(self) -> None:
        """Take the oldest for running, as many as there are threads: asking the scheduler would cost more than it is worth."""
        with self._lock:
            while self._waiting and len(self._running) < self._slots:
                future = self._waiting.popleft()
                if future in self._tasks and future.set_running_or_notify_cancel():
                    self._running.add(future)

    async def _follow(self, future: Future[Any], task: Any) -> None:
        """Wait for a report in the client's loop: a result that is lost with its worker is asked for again, and nobody waits behind."""
        try:
            made = await task
        except (CancelledError, asyncio.CancelledError):
            self._settle(future, error=LostError("the scheduler went away"))
        except Exception as error:
            self._settle(future, error=_in_words(error))
        else:
            self._settle(future, made)
        self._advance()

    def _settle(self, future: Future[Any], made: object = None, error: BaseException | None = None) -> None:
        with self._lock:
            if self._tasks.pop(future, None) is None:
                return
            self._running.discard(future)
            if not future.running() and not future.set_running_or_notify_cancel():
                return
        if error is None:
            future.set_result(made)
        else:
            future.set_exception(error)

    def _look_after(self) -> None:
        """Give up when all workers have gone and none comes: a batch that waits for ever tells nobody anything."""
        seen = time.monotonic()
        while not self._ended.wait(min(2.0, ALONE / 2)):
            try:
                threads = sum(self.client.nthreads().values())
            except Exception:
                # While it reconnects; if it cannot, it ends its tasks itself.
                continue
            if threads:
                seen = time.monotonic()
                with self._lock:
                    self._slots = threads
            elif time.monotonic() - seen > ALONE:
                for future in list(self._tasks):
                    self._settle(future, error=LostError(f"no worker has been left for {ALONE:g} s"))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let go of the workers; what is being made there is finished, what waits is never begun.

        Parameters
        ----------
        wait : bool, default True
            Whether to wait for what has been submitted.
        cancel_futures : bool, default False
            Whether to drop what waits, which not waiting implies.
        """
        if wait and not cancel_futures:
            while self._tasks and not self._ended.wait(0.05):
                pass
        self._ended.set()
        if self._watch is not None:
            # Before the client's loop stops, in which it may be asking.
            self._watch.join(SECONDS)
        for future in list(self._tasks):
            future.cancel()
        with contextlib.suppress(Exception):
            _ask(self.client, leave, tuple(self._preloads))


def _in_words(error: Exception) -> Exception:
    # Dask explains at length where to read on.
    if type(error).__name__ == "KilledWorker":
        return LostError("worker after worker died while making it")
    return error


def check_shared(
    client: Any, output: Path, place: Place, files: Mapping[str, str], own: Mapping[str, str] | None = None
) -> None:
    """Check that every worker sees the output folder, the working folder, and files as they are here.

    Parameters
    ----------
    client : distributed.Client
        Connected to the scheduler.
    output : Path
        Output folder.
    place : Place
        This process.
    files : mapping of str to str
        SHA-256 by path.
    own : mapping of str to str, optional
        Kind of those that are called by it and not by their path.

    Raises
    ------
    ParameterError
        If a worker does not; names it, and what it does not see.
    """
    with tempfile.NamedTemporaryFile(dir=output, prefix=".probe.") as probe:
        for pause in PAUSES:
            time.sleep(pause)
            answers = _ask(client, unseen, place, probe.name, dict(files))
            wrong = {worker: answer for worker, answer in answers.items() if answer}
            if not wrong:
                return
    words = {
        probe.name: f"the output folder {str(output)!r}",
        place.folder: f"the working folder {place.folder!r}",
        **{path: f"your {kind} file as it is here" for path, kind in (own or {}).items()},
    }
    told = []
    for worker, names in wrong.items():
        if isinstance(names, BaseException):
            told.append(f"worker {worker} does not answer ({type(names).__name__}: {names})")
        else:
            told.append(f"worker {worker} does not see {', '.join(words.get(name, repr(name)) for name in names)}")
    raise ParameterError(
        f"{_some(told)}.",
        remedy="Give the command in a folder on storage that all machines share, and choose --output there.",
    )


# What follows runs on the workers.


def unseen(place: Place, probe: str, files: Mapping[str, str]) -> list[str]:
    """List what this machine does not see as it was seen where the command was given.

    Parameters
    ----------
    place : Place
        Where that was.
    probe : str
        A file in the output folder.
    files : mapping of str to str
        SHA-256 by path.

    Returns
    -------
    list of str
        The paths.
    """
    found = [] if os.path.exists(probe) else [probe]
    if not os.path.isdir(place.folder):
        found.append(place.folder)
    for name, digest in files.items():
        try:
            same = provenance.digest(place.there(Path(name)).read_bytes()) == digest
        except OSError:
            same = False
        if not same:
            found.append(name)
    return found


def make(place: Place, fn: Callable[..., Any], job: Job, output: Path, options: Mapping[str, Any]) -> Any:
    """Make a report as it would be made where the command was given.

    Parameters
    ----------
    place : Place
        Where that was.
    fn : callable
        Makes it.
    job : Job
        What to make.
    output : Path
        Output folder.
    options : mapping
        Further arguments.

    Returns
    -------
    object
        What the function returns.

    Raises
    ------
    LostError
        If this worker has joined since the others were checked, and has another kit or does not see the folders.
    """
    if provenance.surroundings_digest() != place.kit:
        # Not at once: it has nothing else to do, and would take one report after the other from those that can.
        time.sleep(SPOILT)
        raise LostError("a worker that joined later has another kit, data or library versions")
    for pause in PAUSES:
        time.sleep(pause)
        if output.is_dir() and os.path.isdir(place.folder):
            break
    else:
        raise LostError("a worker that joined later does not see the output folder or the working folder")
    with _at(place):
        return fn(replace(job, notebook=place.there(job.notebook)), output, **options)


def leave(preloads: Iterable[Preload]) -> None:
    """Let go of the fork servers of a batch.

    Parameters
    ----------
    preloads : iterable of Preload
        Which.
    """
    for preload in preloads:
        release(preload)


_turn = threading.Condition()
_inside: list[Place] = []


@contextmanager
def _at(place: Place) -> Iterator[None]:
    """Be in the working folder of the batch. A process has but one, so batches from different folders take turns in it."""
    with _turn:
        while _inside and (_inside[0].folder, _inside[0].pythonpath) != (place.folder, place.pythonpath):
            _turn.wait()
        before = os.environ.get("PYTHONPATH")
        os.chdir(place.folder)
        if place.pythonpath:
            os.environ["PYTHONPATH"] = place.pythonpath
        elif before is not None:
            del os.environ["PYTHONPATH"]
        _inside.append(place)
    try:
        yield
    finally:
        with _turn:
            _inside.pop()
            _turn.notify_all()
