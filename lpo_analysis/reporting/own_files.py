"""A researcher's own files: notebooks get copies under names of the kit's, so they cannot tell a path they never saw.

The copy is also what makes the record true: its hash is the recorded one, whatever happens to the file meanwhile.
"""

from __future__ import annotations

import ast
import hashlib
import html
import json
import mimetypes
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from lpo_analysis.errors import OutputError
from lpo_analysis.reporting.jobs import Job


@contextmanager
def handed_out(job: Job, work: Path) -> Iterator[Job]:
    """Put copies in place of own files, for as long as a report is made.

    Parameters
    ----------
    job : Job
        What to make.
    work : Path
        A folder that is emptied afterwards, whoever dies meanwhile; files of text are copied there only where the system cannot
        keep them in memory.

    Yields
    ------
    Job
        The same job, with the paths of the copies as its parameters.

    Raises
    ------
    OutputError
        If a file cannot be read, or is no longer what is recorded of it.
    """
    if not job.own:
        yield job
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="own.", dir=work.resolve())))
        copies: dict[str, str] = {}
        for number, (name, path) in enumerate(job.own.items()):
            recorded = str(job.parameters[name])
            copies[name] = str(_copy(path, recorded, folder / str(number), stack))
        hidden = {path: str(job.parameters[name]) for name, path in copies.items()}
        yield replace(job, changed=job.changed | copies, own=copies, hidden=job.hidden | hidden)


def _copy(path: str, recorded: str, folder: Path, stack: ExitStack) -> Path:
    from lpo_analysis.parameters import is_synthetic, own

    kind = recorded.partition(",")[0]
    single = Path(path).is_file()
    folder.mkdir(mode=0o700)
    digests: list[str] = []
    try:
        files = own.files_at(path) or [Path(path)]
        synthetic = any(map(is_synthetic, files))
        for number, file in enumerate(files, start=1):
            # What reads it may go by the ending; one that is none may be part of a name.
            ending = file.suffix if mimetypes.guess_type(file.name)[0] else ""
            # The numbers keep the order of the files.
            name = kind if single else f"{kind}-{number:06d}"
            digests.append(_hand_out(file, folder / f"{name}{ending}", stack if len(files) <= _FEW else None))
    except OSError as error:
        raise OutputError(f"Your {kind} file cannot be read ({error.strerror}).", remedy="Run it again.") from None
    if own.recorded(kind, digests, single=single, synthetic=synthetic) != recorded:
        raise OutputError(f"Your {kind} file changed after the report was asked for.", remedy="Run it again.")
    return next(folder.iterdir()) if single else folder


_SMALL = 64 << 20
"""Files up to so many bytes are kept in memory, where the system can, """
_FEW = 64
"""if there are not more of them: each takes a descriptor."""


def _hand_out(file: Path, copy: Path, stack: ExitStack | None) -> str:
    """Copy a file for the notebook, and return the hash of what was copied."""
    from lpo_analysis.parameters.own import digest

    if stack is not None and file.stat().st_size <= _SMALL:
        content = file.read_bytes()
        if (kept := _in_memory(content, stack)) is not None:
            copy.symlink_to(kept)
            if copy.is_file():
                return hashlib.sha256(content).hexdigest()
            copy.unlink()
        copy.write_bytes(content)
    else:
        shutil.copyfile(file, copy)
    copy.chmod(0o400)
    return digest(copy)


def _in_memory(content: bytes, stack: ExitStack) -> str | None:
    """Keep a file in memory that ends with this process, sealed; None where the system has no such thing."""
    try:
        import fcntl

        descriptor = os.memfd_create("own", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except (ImportError, AttributeError, OSError):
        return None
    stack.callback(os.close, descriptor)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
    return f"/proc/{os.getpid()}/fd/{descriptor}"


def mask(notebook: Any, hidden: Mapping[str, str], tags: tuple[str, ...]) -> None:
    """Take the paths of own files out of an executed notebook, in place.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook.
    hidden : mapping of str to str
        Paths, those of the copies among them, and what is recorded in their place.
    tags : tuple of str
        Of the cells that assign parameters.
    """
    if not hidden:
        return
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if set(tags) & set(cell.metadata.get("tags", [])):
            cell["source"] = _masked_source(cell["source"], hidden)
        for output in cell.get("outputs", []):
            for key in ("text", "data"):
                if key in output:
                    output[key] = _masked_data(output[key], hidden)


def _masked_data(data: Any, hidden: Mapping[str, str]) -> Any:
    if isinstance(data, str):
        return masked(data, hidden)
    if isinstance(data, list):
        return [_masked_data(item, hidden) for item in data]
    if isinstance(data, dict):
        return type(data)({key: _masked_data(value, hidden) for key, value in data.items()})
    return data


def masked(text: str, hidden: Mapping[str, str]) -> str:
    """Call own files by their kind in a text.

    Parameters
    ----------
    text : str
        Of an output or a message.
    hidden : mapping of str to str
        Paths, and what is recorded in their place.

    Returns
    -------
    str
        Without the paths, as they are written plain, quoted or in HTML. A path of one word is left, for it may be any word.
    """
    for path in sorted(hidden, key=len, reverse=True):
        if os.sep in path:
            for form in dict.fromkeys((path, repr(path)[1:-1], json.dumps(path)[1:-1], html.escape(path))):
                text = text.replace(form, f"<{hidden[path].partition(',')[0]} file>")
    return text


def _masked_source(source: str, hidden: Mapping[str, str]) -> str:
    """Put what is recorded of own files in place of their paths, where a cell assigns them."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return masked(source, hidden)
    lines = source.encode().splitlines(keepends=True)
    # From the end, so that the places of what is still to come stay right.
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in hidden]
    for node in sorted(found, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
        lines[first : last + 1] = [before + json.dumps(hidden[str(node.value)]).encode() + after]
    return masked(b"".join(lines).decode(), hidden)
