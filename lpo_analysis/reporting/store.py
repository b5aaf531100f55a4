"""The folders of finished reports: one writer at a time, landed whole, checked before they are trusted.

Everything unfinished lives below ``.work`` in the output folder, under the name of its report and its lock. A lock ends with
the process that holds it, so whatever lies there when a lock is taken was left by one that died.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from lpo_analysis.errors import OutputError
from lpo_analysis.reporting import provenance

WORK = ".work"
"""Folder of what is unfinished."""
RUN = "run.json"
"""File that says what a report was made from, and lists its files by hash."""
RESULTS = "results.csv"
"""All recorded values of a batch, one a line."""
LOG = "batch.json"
"""File that tells how a batch went, and keeps the seals of its reports."""
WHOLE = frozenset({"report.html", "results.json", "notebook.ipynb"})
"""What no finished report lacks."""


def check_writable(folder: Path) -> None:
    """Make the output folder, tidy up after those that died in it, and say clearly if it cannot be written.

    Parameters
    ----------
    folder : Path
        Output folder.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            f"The output folder {str(folder)!r} cannot be written ({error.strerror}).",
            remedy="Choose another with --output.",
        ) from None
    sweep(folder)


@contextmanager
def locked(output: Path, name: str, *, stopped: Callable[[], bool] = bool) -> Iterator[Path]:
    """Be the only one to make a report, among all batches that write to one output folder.

    Parameters
    ----------
    output : Path
        Folder below which the report gets its own.
    name : str
        Name of the report.
    stopped : callable, optional
        Says whether not to wait for it any more; never by default.

    Yields
    ------
    Path
        Folder to prepare it in, empty; gone afterwards.
    """
    work, descriptor = _lock(output / WORK / name, stopped)
    try:
        _recover(work, output / name)
        yield work
    finally:
        _leave(work, output / name, descriptor)


@contextmanager
def shared(output: Path) -> Iterator[Path]:
    """Have a folder for what the reports of one batch share, while it lasts.

    Parameters
    ----------
    output : Path
        Folder of reports.

    Yields
    ------
    Path
        Empty, absolute, of this batch alone; gone afterwards, or swept by the next if this one dies.
    """
    # No report has a name like this.
    with locked(output, f".shared-{uuid4().hex}") as work:
        yield work.resolve()


def check_free(target: Path) -> None:
    """Refuse to put a report where something lies that is none: it would be lost.

    Parameters
    ----------
    target : Path
        Folder of the report.

    Raises
    ------
    OutputError
        If a batch of reports, a file, or a folder of somebody's own has that name.
    """
    if not os.path.lexists(target):
        return
    if target.is_dir() and not target.is_symlink():
        held = {path.name for path in target.iterdir()}
        if not held or (held & {RUN, "report.html"} and LOG not in held):
            return
    raise OutputError(
        f"{target.name!r} is there already and is no report, so none is put in its place.",
        remedy="Give the report another name, or choose another folder with --output.",
    )


def _lock(work: Path, stopped: Callable[[], bool]) -> tuple[Path, int | None]:
    """Lock the folder itself: there is no lock file to leave behind."""
    lost = 0
    while True:
        try:
            work.mkdir(parents=True, exist_ok=True)
            descriptor = _locked_now(work)
            if descriptor is not None:
                return work, descriptor
            # Nobody can tell whether another is at work there, so it has to be a folder of one's own: landing by rename still
            # holds, only work may be done twice.
            with contextlib.suppress(OSError):
                work.rmdir()
            return Path(tempfile.mkdtemp(prefix=f"{work.name}.", dir=work.parent)), None
        except BlockingIOError:
            if stopped():
                raise OutputError("The batch was stopped while another made this report.") from None
            time.sleep(0.05)
        except (FileNotFoundError, FileExistsError):
            # Whoever had it before has just removed it, or the folder of all that is unfinished.
            lost += 1
            if lost == 1000:
                raise


def _locked_now(work: Path) -> int | None:
    """Lock a folder or raise BlockingIOError; None where the file system knows no locks."""
    try:
        import fcntl
    except ImportError:
        return None
    descriptor = os.open(work, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever had it before has removed the folder; another may have made it anew.
        if os.fstat(descriptor).st_ino != work.stat().st_ino:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(work))
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
            return None
        raise
    return descriptor


def _recover(work: Path, target: Path) -> None:
    """Put back a finished report that was moved aside by one who then died, and drop everything else it left."""
    aside = work / "old"
    if aside.is_dir() and not target.exists():
        aside.rename(target)
    for left in work.iterdir():
        _delete(left)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _leave(work: Path, target: Path, descriptor: int | None) -> None:
    """Remove the folder of what is unfinished, and unlock it; what cannot be tidied up now is left to who locks it next."""
    try:
        # Landing may have failed when the old report was aside already.
        _recover(work, target)
        work.rmdir()
        work.parent.rmdir()
    except OSError:
        pass
    finally:
        if descriptor is not None:
            os.close(descriptor)


def sweep(output: Path) -> None:
    """Tidy up after those that died: a report moved aside goes back, what is unfinished is dropped.

    Parameters
    ----------
    output : Path
        Folder of reports; what somebody works on in it is left alone.
    """
    for work, descriptor in _idle(output):
        _leave(work, output / work.name, descriptor)
    with contextlib.suppress(OSError):
        (output / WORK).rmdir()


def _idle(output: Path) -> Iterator[tuple[Path, int]]:
    """Yield the folders of what is unfinished that nobody works on, locked; without locks there is no telling."""
    try:
        left = sorted((output / WORK).iterdir())
    except OSError:
        return
    for work in left:
        try:
            descriptor = _locked_now(work)
        except OSError:
            continue
        if descriptor is not None:
            yield work, descriptor


def land(files: Mapping[str, bytes], work: Path, target: Path) -> None:
    """Write the files of a report and put them in place, all at once or not at all.

    Parameters
    ----------
    files : mapping of str to bytes
        Contents by relative path.
    work : Path
        From `locked`.
    target : Path
        Folder of the report.

    Raises
    ------
    OutputError
        If something else has its name, see `check_free`.
    """
    check_free(target)
    fresh = Path(tempfile.mkdtemp(prefix="new.", dir=work))
    for name, content in files.items():
        (fresh / name).parent.mkdir(exist_ok=True)
        (fresh / name).write_bytes(content)
    fresh.chmod(0o755)
    if target.exists():
        target.rename(work / "old")
    fresh.rename(target)
    shutil.rmtree(work / "old", ignore_errors=True)


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    path : Path
        Where.
    text : str
        What.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        with locked(path.parent, path.name) as work:
            fresh = work / "new"
            fresh.write_text(text, encoding="utf-8")
            fresh.chmod(0o644)
            fresh.replace(path)
    except OSError as error:
        raise OutputError(f"{path.name} cannot be written to {str(path.parent)!r} ({error.strerror}).") from None


def remove(target: Path) -> None:
    """Remove a report.

    Parameters
    ----------
    target : Path
        Its folder.

    Raises
    ------
    OutputError
        If it is no report, see `check_free`.
    """
    check_free(target)
    if target.is_dir():
        shutil.rmtree(target)


@dataclass(frozen=True)
class Found:
    """What lies in the folder of a report.

    Parameters
    ----------
    headlines : list of dict or None
        Values that the index shows of a finished, untouched report made from the same things; None if it has to be made.
    why : str
        Why it has to be made: new, what changed since, or which file was damaged.
    seal : str
        Of its files as they were when they were found untouched, see `seal`.
    """

    headlines: list[dict[str, Any]] | None
    why: str = ""
    seal: str = ""


@dataclass(frozen=True)
class Sealed:
    """What an earlier batch noted of a report that it found untouched.

    Parameters
    ----------
    seal : str
        See `seal`.
    headlines : list of dict
        Values that the index shows of it.
    """

    seal: str
    headlines: list[dict[str, Any]]


def headlines(recorded: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Pick the recorded values that the index shows.

    Parameters
    ----------
    recorded : mapping of str to object
        Recorded values.

    Returns
    -------
    list of dict
        With their names.
    """
    shown = [{"name": name, **item} for name, item in recorded.items() if item.get("headline")]
    return sorted(shown, key=lambda item: int(item["headline"]))


def seal(target: Path, headlines: Sequence[Mapping[str, Any]]) -> str:
    """Return a digest of what the system knows of the files of a report, of what it was made from and what the index shows of it.

    Of the files it takes names, sizes, inodes, times of writing and of change. No program sets the time of change at will, so
    files of the same seal were not touched in between and need not be read again.

    Parameters
    ----------
    target : Path
        Folder of the report.
    headlines : sequence of mapping
        Values that the index shows of it.

    Returns
    -------
    str
        The digest; empty if the files cannot be looked at, or one is not there.
    """
    known = _known(target)
    try:
        # As it is written: another machine of a cluster may have made it from other things than there are here.
        made = json.loads((target / RUN).read_text(encoding="utf-8"))
        whole = {f"/{name}" for name in made["files"]} <= {name for name, *_ in known}
        return _seal(known, made["fingerprint"], headlines) if whole else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _known(target: Path) -> list[tuple[Any, ...]]:
    """List what the system knows of the files of a report; nothing if one cannot be looked at, or the system keeps no such books."""
    known = []
    try:
        for folder in (target, target / "tables"):
            if folder.is_dir():
                with os.scandir(folder) as entries:
                    for entry in entries:
                        found = entry.stat()
                        if not found.st_ino:
                            return []
                        if not stat.S_ISDIR(found.st_mode):
                            known.append((entry.path[len(str(target)) :], found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns))  # fmt: skip
    except OSError:
        return []
    return sorted(known)


def _seal(known: Sequence[tuple[Any, ...]], fingerprint: str, headlines: Sequence[Mapping[str, Any]]) -> str:
    return provenance.digest_of([known, fingerprint, headlines]) if known else ""


def look(target: Path, due: Mapping[str, Any], *, sealed: Sealed | None = None) -> Found:
    """Tell whether a report is finished, untouched, and made from the same things.

    Parameters
    ----------
    target : Path
        Folder of the report.
    due : mapping
        What it would be made from, from `lpo_analysis.reporting.provenance.ingredients`.
    sealed : Sealed, optional
        What was noted when it was last found untouched; without it, or if the seal no longer holds, all files are read.

    Returns
    -------
    Found
        What the index shows of it, or why it is not to be trusted.
    """
    if not target.is_dir():
        return Found(None, "new")
    fingerprint = provenance.fingerprint(due)
    # Before anything is read: what is touched from now on breaks the seal.
    known = _known(target)
    if sealed is not None and sealed.seal and _seal(known, fingerprint, sealed.headlines) == sealed.seal:
        return Found(sealed.headlines, seal=sealed.seal)
    try:
        made = json.loads((target / RUN).read_text(encoding="utf-8"))
        hashes: dict[str, str] = dict(made["files"])
        same = made["fingerprint"] == fingerprint
        why = "" if same else provenance.change(made, due)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Found(None, f"{RUN} was damaged")
    if not same:
        return Found(None, why)
    if not set(hashes) >= WHOLE:
        return Found(None, f"{RUN} was damaged")
    for name, digest in hashes.items():
        try:
            whole = provenance.digest((target / name).read_bytes()) == digest
        except (OSError, TypeError):
            return Found(None, f"{name} was lost")
        if not whole:
            return Found(None, f"{name} was changed by hand or damaged")
    try:
        shown = headlines(json.loads((target / "results.json").read_text(encoding="utf-8"))["values"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Found(None, "results.json was lost")
    return Found(shown, seal=_seal(known, fingerprint, shown))


def clean(output: Path, *, dry_run: bool = False) -> list[str]:
    """Remove what the kit made below a folder: reports, indexes, logs, and what died unfinished.

    Parameters
    ----------
    output : Path
        Folder of reports, or of batches of them.
    dry_run : bool, default False
        Whether to list only.

    Returns
    -------
    list of str
        What was removed, relative to the folder; whatever else lies there stays.

    Raises
    ------
    OutputError
        If something cannot be removed.
    """
    below = [path for path in sorted(output.glob("*")) if path.is_dir() and not path.is_symlink()]
    found = [made for folder in (output, *below) if folder not in _made(output) for made in _made(folder)]
    if not dry_run:
        for path in found:
            _remove(path)
        for folder in below:
            with contextlib.suppress(OSError):
                folder.rmdir()
    return [path.relative_to(output).as_posix() for path in found]


def _remove(path: Path) -> None:
    try:
        if path.name == WORK:
            # What a running batch works on is not unfinished for ever: without it, it would land half a report.
            for work, descriptor in _idle(path.parent):
                shutil.rmtree(work)
                os.close(descriptor)
            with contextlib.suppress(OSError):
                path.rmdir()
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise OutputError(f"{str(path)!r} cannot be removed ({error.strerror}).") from None


def _made(folder: Path) -> list[Path]:
    """List what the kit made directly in a folder, each known by the marks it leaves."""
    reports = [path.parent for path in sorted(folder.glob(f"*/{RUN}")) if (path.parent / "report.html").is_file()]
    batch = [folder / name for name in ("index.html", RESULTS, LOG)] if (folder / LOG).is_file() else []
    return [*reports, *(path for path in (*batch, folder / WORK) if path.exists())]
