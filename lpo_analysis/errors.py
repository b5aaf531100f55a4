"""One family of errors: each says what is wrong, where, and what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal


class LpoError(Exception):
    """Base of every error this kit raises for a user's mistake.

    Parameters
    ----------
    what : str
        What is wrong, naming the thing and the value.
    where : str, optional
        File, row, column, parameter or cell.
    remedy : str, optional
        What to do, or what is allowed.
    """

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__(what, where, remedy)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} {self.remedy}" if self.remedy else head

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders in a batch; the default would lose the keyword arguments.
        return (_rebuild, (type(self), dict(self.__dict__)))

    def _render_traceback_(self) -> list[str]:
        # IPython's hook: a user's mistake shows as one line in a notebook, not as a traceback.
        return [f"{type(self).__name__}: {self}"]


def _rebuild(kind: type[LpoError], state: dict[str, object]) -> LpoError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    Exception.__init__(error, state.get("what"), state.get("where"), state.get("remedy"))
    return error


class ParameterError(LpoError):
    """A parameter is unknown, of the wrong type, or out of range."""


class NotFoundError(LpoError):
    """A notebook, plan, column, code or file that does not exist was asked for."""


class SelectionError(LpoError):
    """A selection of evidence left nothing."""


class PoolingError(LpoError):
    """Figures that answer different questions were about to be combined."""


class MoneyError(LpoError):
    """An amount cannot be converted: currency or year is outside the tables."""


class NoEvidenceError(LpoError):
    """The question is well put, but no evidence on file bears an answer: a refusal, not a failure."""


class PlanError(LpoError):
    """A batch plan cannot be read or makes no sense."""


class NotebookError(LpoError):
    """A notebook cannot be read, has no parameters, or failed while it ran."""


class OutputError(LpoError):
    """Results cannot be written where they should go."""


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong with a data file.

    Parameters
    ----------
    file : str
        File name as the user knows it.
    row : int or None
        Line in the file, the header being line 1; None for the file as a whole.
    column : str or None
        Column name.
    value : str or None
        The offending value as it stands in the file.
    message : str
        What is wrong and what is allowed.
    meant : str or None
        What should stand there, where that is certain; no part of what makes two faults alike.
    """

    file: str
    row: int | None
    column: str | None
    value: str | None
    message: str
    meant: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        shown = "" if self.value is None else f" {self.value!r}"
        return f"{place}:{shown} {self.message}"


class DataError(LpoError):
    """A data file does not hold what it should; carries every fault found, not just the first.

    Parameters
    ----------
    faults : sequence of Fault
        All faults, in the order of the files.
    remedy : str, optional
        What to do.
    """

    SHOWN = 20

    def __init__(self, faults: Sequence[Fault], *, remedy: str | None = None) -> None:
        self.faults = tuple(faults)
        lines = [str(fault) for fault in self.faults[: self.SHOWN]]
        if len(self.faults) > self.SHOWN:
            lines.append(f"... and {len(self.faults) - self.SHOWN} more")
        noun = "fault" if len(self.faults) == 1 else "faults"
        what = f"{len(self.faults)} {noun} in the data:\n  " + "\n  ".join(lines)
        super().__init__(what, remedy=None if remedy is None else f"\n{remedy}")


def closest(name: object, allowed: Iterable[str]) -> str | None:
    """Return the allowed name nearest to what was typed, or None.

    Parameters
    ----------
    name : object
        What was typed.
    allowed : iterable of str
        Names to choose from.

    Returns
    -------
    str or None
        The nearest name, ignoring case, if any is near enough.
    """
    names = {str(item).casefold(): str(item) for item in allowed}
    hits = get_close_matches(str(name).casefold(), names, n=1, cutoff=0.6)
    return names[hits[0]] if hits else None


def certain(name: object, allowed: Iterable[str], *, of: Literal["word", "name", "code"] = "word") -> str | None:
    """Return the allowed name that was meant, or None where there is doubt.

    Parameters
    ----------
    name : object
        What was typed.
    allowed : iterable of str
        Names to choose from.
    of : {'word', 'name', 'code'}, default 'word'
        What they are: words of a list of the kit's, names in words of things of which there are more than are listed (places), or codes
        that any slip may turn into another (``IND``, ``US-WA``, ``INR``).

    Returns
    -------
    str or None
        The only one that is spelt alike but for case, accents, blanks and dashes. Else, never of codes, the only one within reach of a slip
        of the keys: with the same first letter and the same figures, both of four letters and more (a name of five), a letter left out, put
        in or swapped with its neighbour; in words of seven letters and more also a letter replaced; two slips in words of ten and more. What
        begins with two letters and a dash or blank (``US-WA``) never is what begins otherwise.
    """
    names = [item for item in map(str, allowed) if _prefix(str(name)) in ("", _prefix(item))]
    typed = _letters(str(name))
    if not typed:
        return None
    alike = [item for item in names if _letters(item) == typed]
    if alike or of == "code" or not typed.isalnum():
        return alike[0] if len(alike) == 1 else None
    near = [item for item in names if _slipped(typed, _letters(item), of)]
    return near[0] if len(near) == 1 else None


def _slipped(typed: str, meant: str, of: str) -> bool:
    """Whether a slip of the keys, or two in a long word, may have made one of the other."""
    if typed[0] != meant[:1] or _figures(typed) != _figures(meant):
        return False
    length, figures = min(len(typed), len(meant)), len(_figures(typed))
    if length - figures < 4 or (of == "name" and len(meant) < 5):
        return False
    long = of == "word"
    most = 2 if long and length - figures >= 10 else 1
    return (
        abs(len(typed) - len(meant)) <= most
        and _distance(typed, meant, 1 if long and length - figures >= 7 else 2) <= most
    )


def _distance(one: str, other: str, replaced: int) -> int:
    """Count the letters to put in, leave out or swap with their neighbour, and to replace at a price (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + replaced * (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


@lru_cache(maxsize=2048)
def _letters(text: str) -> str:
    """Fold case and accents, and leave out blanks and dashes."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return re.sub(r"[\s_\-\u2010-\u2015\ufeff]", "", plain.casefold())


def _figures(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


@lru_cache(maxsize=2048)
def _prefix(text: str) -> str:
    """Return two letters before a dash or blank."""
    found = re.match(r"\s*([^\W\d_]{2})[\s_\-\u2010-\u2015]+\w", text)
    return found[1].casefold() if found else ""


def choices(name: object, allowed: Iterable[str], *, limit: int = 30) -> str:
    """Say what is allowed, with the nearest name first when there is one.

    Parameters
    ----------
    name : object
        What was typed.
    allowed : iterable of str
        Names to choose from, in the order to show.
    limit : int, default 30
        How many names to list before the rest is only counted.

    Returns
    -------
    str
        A sentence such as ``Did you mean 'legal_research'? Allowed: ...``.
    """
    names = [str(item) for item in allowed]
    near = closest(name, names)
    hint = f"Did you mean {near!r}? " if near else ""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"{hint}Allowed: {', '.join(name or '(empty)' for name in names[:limit])}{more}."
