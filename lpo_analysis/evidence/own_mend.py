"""What a cell of an own file must mean, where that is beyond doubt: numbers, days and months written another way."""

from __future__ import annotations

import re
from calendar import month_abbr, month_name
from collections.abc import Callable
from datetime import date

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_FIRST = r"[1-9]\d{0,2}"
"""What stands before the first mark of thousands."""
_DAY, _MONTH = re.compile(r"\d{4}-\d{2}-\d{2}"), re.compile(r"\d{4}-\d{2}")
_MONTHS = {name.casefold(): n for names in (month_name, month_abbr) for n, name in enumerate(names) if name}
_SIGN = r"\s*[./\s-]\s*"


def mended_number(text: str) -> str | None:
    """Return a number as it is read, with a point, where only one number can be meant.

    Parameters
    ----------
    text : str
        Such as ``12,5``, ``1 250`` or ``1.250,50``.

    Returns
    -------
    str or None
        None for what may be two numbers (``1,250``) or is none.
    """
    typed = text.strip()
    sign, body = (typed[0], typed[1:].lstrip()) if typed[:1] in ("+", "-") else ("", typed)
    if found := re.fullmatch(rf"(?P<whole>{_FIRST}([\s'\u2019]\d{{3}})+)(?P<rest>([.,]\d+)?)", body):
        return f"{sign}{re.sub(r'[^0-9]', '', found['whole'])}{found['rest'].replace(',', '.')}"
    if re.fullmatch(rf"{_FIRST}(,\d{{3}})+\.\d+|{_FIRST}(,\d{{3}}){{2,}}", body):
        return sign + body.replace(",", "")
    if re.fullmatch(rf"{_FIRST}(\.\d{{3}})+,\d+|{_FIRST}(\.\d{{3}}){{2,}}", body):
        return sign + body.replace(".", "").replace(",", ".")
    if re.fullmatch(r"\d*,\d+", body):
        # Three figures behind a lone comma may be thousands, unless what stands before it cannot be.
        whole, _, part = body.partition(",")
        return f"{sign}{whole or '0'}.{part}" if len(part) != 3 or whole in ("", "0") or len(whole) > 3 else None
    return sign + body if _NUMBER.fullmatch(sign + body) else None


def mended_day(text: str) -> str | None:
    """Return a day as 2024-01-15 where only one day can be meant.

    Parameters
    ----------
    text : str
        Such as ``15.1.2024``, ``2024/01/15`` or ``15 Jan 2024``.

    Returns
    -------
    str or None
        None where day and month may be exchanged (``03/04/2024``), the year has two figures, or there is no such day.
    """
    typed = re.sub(r"[T\s]+00:00(:00)?$", "", text.strip())
    if found := re.fullmatch(rf"(\d{{4}}){_SIGN}(\d{{1,2}}){_SIGN}(\d{{1,2}})", typed):
        year, month, day = map(int, found.groups())
        return _only({(year, month, day)})
    if found := re.fullmatch(rf"(\d{{1,2}}){_SIGN}(\d{{1,2}}){_SIGN}(\d{{4}})", typed):
        one, other, year = map(int, found.groups())
        return _only({(year, other, one), (year, one, other)})
    for pattern, order in ((r"(\d{1,2})\.?[\s-]*([A-Za-z]+)\.?[\s,-]*(\d{4})", (2, 1, 0)), (r"([A-Za-z]+)\.?\s*(\d{1,2})(?:st|nd|rd|th)?[\s,]+(\d{4})", (2, 0, 1))):  # fmt: skip
        if (found := re.fullmatch(pattern, typed)) and (
            named := _MONTHS.get(found.groups()[1 if order[1] == 1 else 0].casefold())
        ):
            parts = found.groups()
            return _only({(int(parts[2]), named, int(parts[order[2]]))})
    return None


def _only(readings: set[tuple[int, int, int]]) -> str | None:
    days = set()
    for reading in readings:
        try:
            days.add(date(*reading))
        except ValueError:
            continue
    return days.pop().isoformat() if len(days) == 1 else None


def mended_month(text: str) -> str | None:
    """Return a month as 2024-01 where only one month can be meant.

    Parameters
    ----------
    text : str
        Such as ``1/2024``, ``2024-1``, ``Jan 2024`` or a day of it.

    Returns
    -------
    str or None
        None where the year has two figures, or there is no such month.
    """
    typed = text.strip()
    if found := re.fullmatch(rf"(\d{{4}})(?:{_SIGN})(\d{{1,2}})", typed):
        year, month = map(int, found.groups())
    elif found := re.fullmatch(rf"(\d{{1,2}})(?:{_SIGN})(\d{{4}})", typed):
        month, year = map(int, found.groups())
    elif (found := re.fullmatch(r"([A-Za-z]+)\.?[\s,-]*(\d{4})", typed)) and found[1].casefold() in _MONTHS:
        month, year = _MONTHS[found[1].casefold()], int(found[2])
    else:
        day = mended_day(typed)
        return day[:7] if day else None
    return f"{year}-{month:02d}" if 1 <= month <= 12 else None


def mender(example: str) -> Callable[[str], str | None] | None:
    """Return what mends the cells of a column, as its example shows what they are.

    Parameters
    ----------
    example : str
        A cell of the template.

    Returns
    -------
    callable or None
        None for a column of text or codes.
    """
    if _DAY.fullmatch(example):
        return mended_day
    if _MONTH.fullmatch(example):
        return mended_month
    return mended_number if _NUMBER.fullmatch(example) else None
