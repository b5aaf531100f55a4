"""From a path to files that can be read line by line: found, hashed, told apart, and brought into UTF-8 where they are not."""

from __future__ import annotations

import codecs
import glob
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lpo_analysis.errors import DataError, Fault, NotFoundError
from lpo_analysis.parameters import files_at
from lpo_analysis.savings.billing import ledes, template
from lpo_analysis.savings.billing.ledes import Layout

CHUNK = 1 << 18
"""Small enough to stay in the cache of a core while it is looked through."""
LONGEST = 1 << 20
"""A line of so many characters bears no item of a bill."""
SEPARATOR = "\x01"
"""What never stands in a line once it is handed on, so that a line is one field to the database."""
BROKEN = "\x02"
"""A line that begins so has been given up."""
_CONTROLS = str.maketrans(dict.fromkeys("\r\n\0\x01\x02", " "))
_MAGIC = {
    b"PK\x03\x04": "a workbook or an archive",
    b"\xd0\xcf\x11\xe0": "an old workbook or document",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file",
}
REMEDY = (
    "LEDES 1998B, LEDES 98BI V2 and tables made from data/templates/billing.csv are read; see data/templates/README.md."
)


@dataclass(frozen=True)
class Traits:
    """What a pass over the bytes of a file tells.

    Parameters
    ----------
    encoding : str
        Codec that reads it.
    newline : str
        What ends a line.
    size : int
        Bytes.
    plain : bool
        Whether the database can read the file as it is.
    """

    encoding: str
    newline: str
    size: int
    plain: bool


@dataclass(frozen=True)
class Section:
    """A run of lines of one layout.

    Parameters
    ----------
    path : Path
        The file itself or a copy of a part of it.
    first : int
        Line of the file that the run begins with.
    n_lines : int or None
        Its lines; None for a file read as it is, whose bytes are counted instead.
    n_head : int
        Lines at its beginning up to the header.
    layout : Layout
        Where the fields stand.
    """

    path: Path
    first: int
    n_lines: int | None
    n_head: int
    layout: Layout


@dataclass(frozen=True)
class Source:
    """One file of bills.

    Parameters
    ----------
    label : str
        What messages call it: its number in the order of names, never its name.
    path : Path
        Where it is.
    traits : Traits
        Of its bytes.
    n_head : int
        Lines up to the header.
    layout : Layout
        Of its lines.
    remarks : tuple of str
        What is odd about it as a whole.
    """

    label: str
    path: Path
    traits: Traits
    n_head: int
    layout: Layout
    remarks: tuple[str, ...] = ()

    @property
    def whole(self) -> tuple[Section, ...]:
        """The file as one run of lines."""
        return (Section(self.path, 1, None, self.n_head, self.layout),)


def found(path: str | Path) -> list[Path]:
    """List the files that a path means, as `lpo_analysis.parameters.files_at`, but refuse where it means none.

    Parameters
    ----------
    path : str or Path
        A file, a folder, or a pattern such as ``bills/2024-*.txt``.

    Returns
    -------
    list of Path
        Files in the order of their names; hidden ones are left out.

    Raises
    ------
    NotFoundError
        If there is none. The path is not told.
    """
    files = files_at(path)
    if not files:
        text = os.fspath(path)
        what = (
            "The billing folder holds no files" if Path(text).is_dir()
            else "No file fits the pattern given for bills" if glob.has_magic(text)
            else "There is no billing file or folder of that name"
        )  # fmt: skip
        raise NotFoundError(f"{what}.", remedy="A relative path starts in the working folder.")
    return files


def survey(path: str | Path) -> list[Source]:
    """Find the files and tell what each is.

    Parameters
    ----------
    path : str or Path
        A file, a folder, or a pattern.

    Returns
    -------
    list of Source
        Files that can be read.

    Raises
    ------
    NotFoundError
        If there is no file.
    DataError
        Naming every file that cannot be read or is neither LEDES nor the template, by its number in the order of names.
    """
    files = found(path)
    faults: list[Fault] = []
    sources: list[Source] = []
    for number, file in enumerate(files, start=1):
        label = f"billing file {number} of {len(files)}" if len(files) > 1 else "billing file"
        told: tuple[int, Layout, tuple[str, ...]] | str = ""
        try:
            traits, head = _traits(file)
        except OSError as error:
            told = f"cannot be read ({error.strerror})"
        else:
            told = _told(head, traits)
        if isinstance(told, str):
            faults.append(Fault(label, None, None, None, told))
        else:
            sources.append(Source(label, file, traits, *told))
    if faults:
        raise DataError(faults, remedy=REMEDY)
    return sources


def _traits(path: Path) -> tuple[Traits, bytes]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = feeds = returns = pairs = 0
    utf8, last, head = True, b"", bytearray()
    buffer = bytearray(CHUNK)
    with path.open("rb", buffering=0) as stream:
        # Into the same memory each time: fresh memory for a large file costs more than looking through it.
        while read := stream.readinto(buffer):
            chunk = buffer if read == CHUNK else buffer[:read]
            size += read
            if len(head) < LONGEST:
                head += chunk[: LONGEST - len(head)]
            if returns or b"\r" in chunk:
                # Lines that end in one way only are left to the database.
                returns += chunk.count(b"\r")
                pairs += chunk.count(b"\r\n") + (last == b"\r" and chunk.startswith(b"\n"))
                feeds += chunk.count(b"\n")
            else:
                feeds += b"\n" in chunk
            if utf8 and not (chunk.isascii() and not decoder.getstate()[0]):
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    utf8 = False
            last = bytes(chunk[-1:])
    utf8 = utf8 and not decoder.getstate()[0]
    encoding = _wide(bytes(head)) or ("utf-8-sig" if utf8 else "cp1252")
    newline = "\r" if not feeds and returns else "\n"
    plain = encoding == "utf-8-sig" and (returns == 0 or returns == pairs == feeds)
    return Traits(encoding, "\r\n" if plain and returns else newline, size, plain), bytes(head)


def _wide(head: bytes) -> str:
    """Return the codec of two bytes a character, if the head shows one."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:64]
    zeros = [sample[parity::2].count(0) for parity in (0, 1)]
    if len(sample) >= 8 and max(zeros) * 3 > len(sample):
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return ""


def _told(head: bytes, traits: Traits) -> tuple[int, Layout, tuple[str, ...]] | str:
    """Tell the lines up to the header, the layout and what is odd, or why the file is not one of ours."""
    if not head:
        return "is empty"
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            return f"is {what}, no text"
    text = head.decode(traits.encoding, errors="replace")
    lines = re.split(r"\r\n|\n|\r", text)
    filled = [i for i, line in enumerate(lines) if line.strip("\ufeff \t\0")]
    if not filled:
        return "holds nothing but blanks"
    odd = []
    if traits.encoding != "utf-8-sig":
        odd.append(f"read as {traits.encoding}")
    first = filled[0]
    kind = ledes.format_of(lines[first].lstrip("\ufeff"))
    if kind == "other":
        return "is LEDES of another kind (2000, XML or older)"
    if kind is None:
        if (found_template := template.layout_of(lines[first])) is not None:
            if isinstance(found_template, str):
                return found_template
            return first + 1, found_template, tuple(odd)
        if not ledes.is_header(lines[first].lstrip("\ufeff")):
            return "is neither LEDES nor the template: its first line names no format and no fields"
        odd.append("no format line")
        kind, filled = "1998B", [first, *filled]
    elif not lines[first].rstrip().endswith("[]"):
        odd.append("no [] after the format")
    if len(filled) == 1:
        return "ends after the line that names the format"
    second = filled[1]
    if ledes.is_header(lines[second].lstrip("\ufeff")):
        layout = ledes.layout_of(lines[second].lstrip("\ufeff"), kind)
        if isinstance(layout, str):
            return f"has a header that {layout}"
        if not layout.in_order:
            odd.append("fields in another order than the standard's")
        if layout.n_ignored:
            odd.append(f"{layout.n_ignored} fields unknown to the standard, not read")
        return second + 1, layout, tuple(odd)
    n = len(ledes.fields_of(lines[second]))
    for name, fields in ledes.FORMATS.items():
        if n == len(fields):
            odd.append("no header; fields are taken in the order of the standard")
            return first + 1, ledes.standard(name), tuple(odd)
    return f"has no header, and its first line has {n} fields"


def copied(source: Source, folder: Path) -> tuple[list[Section], list[str]]:
    """Copy a file into a private folder, in UTF-8, one line for each of its lines, a new section wherever a header stands.

    Parameters
    ----------
    source : Source
        The file.
    folder : Path
        Where copies go; the caller removes it.

    Returns
    -------
    tuple of (list of Section, list of str)
        Sections, whose lines add up to those of the file, and what is odd about them.

    Raises
    ------
    DataError
        If a header within the file cannot be used.
    """
    writer = _Copy(source, folder)
    turn = template.turned(source.layout) if source.layout.format == "template" else _flat
    try:
        for line in _lines(source):
            writer.add(line, turn)
    finally:
        writer.close()
    if writer.fault is not None:
        raise DataError([writer.fault], remedy=REMEDY)
    return writer.sections, writer.odd


def _lines(source: Source) -> Iterator[str]:
    """Yield lines without their ends; what is longer than any line of a bill is cut short."""
    traits = source.traits
    newline = traits.newline[-1]
    with source.path.open(encoding=traits.encoding, errors="replace", newline=newline) as stream:
        while piece := stream.readline(LONGEST):
            whole = piece.endswith(newline)
            if not whole and len(piece) >= LONGEST:
                while more := stream.readline(LONGEST):
                    if more.endswith(newline):
                        break
                yield BROKEN
                continue
            yield piece.removesuffix(newline).removesuffix("\r")


def _flat(line: str) -> str:
    if line.startswith(BROKEN):
        return BROKEN
    return line.translate(_CONTROLS)


class _Copy:
    """Writes sections of a file; a format line or a header in its midst begins a new one."""

    def __init__(self, source: Source, folder: Path) -> None:
        self.source, self.folder = source, folder
        self.sections: list[Section] = []
        self.odd: list[str] = []
        self.fault: Fault | None = None
        self.layout = source.layout
        self.kind: str = source.layout.format
        self.line, self.first, self.n_head = 0, 1, source.n_head
        self.stream: IO[str] = self._open()

    def _open(self) -> IO[str]:
        self.path = self.folder / f"part-{len(list(self.folder.glob('part-*')))}"
        return self.path.open("w", encoding="utf-8", newline="\n")

    def add(self, line: str, turn: Callable[[str], str]) -> None:
        self.line += 1
        within = self.line > self.source.n_head and self.layout.format != "template"
        if within and "|" not in line and (kind := ledes.format_of(line)) in ledes.FORMATS:
            self.kind = str(kind)
        elif within and "|" in line and ledes.is_header(line, least=8):
            self._turn_to(line)
        self.stream.write(turn(line) + "\n")

    def _turn_to(self, header: str) -> None:
        layout = ledes.layout_of(header, self.kind)
        if isinstance(layout, str):
            self.fault = self.fault or Fault(self.source.label, self.line, None, None, f"a header that {layout}")
        elif layout != self.layout:
            self._end(self.line - 1)
            self.layout, self.first, self.n_head = layout, self.line, 1
            self.stream = self._open()
            self.odd.append("headers of several layouts")

    def _end(self, last: int) -> None:
        self.stream.close()
        self.sections.append(Section(self.path, self.first, last - self.first + 1, self.n_head, self.layout))

    def close(self) -> None:
        self._end(self.line)
