"""Numbers as a reader wants them: rounded to what their interval bears, with unit and sign in words.

Nothing here computes; a number is formatted at the last moment, and the frames keep the full value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

_SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€", "INR": "₹"}
_TRACED = re.compile("\ue000([^\ue001]*)\ue001([^\ue002]*)\ue002")
"""Signs of no language, so that no text can hold them by chance."""

SYNTHETIC = "synthetic example data"
"""What is recorded of an own file that is, or holds rows of, an example shipped with the kit."""


def decimals(width: float, *, most: int = 6) -> int:
    """Return how many decimals an interval of this width bears (two significant digits of the width).

    Parameters
    ----------
    width : float
        Width of the interval in the unit shown.
    most : int, default 6
        Upper limit.

    Returns
    -------
    int
        Decimals, negative for tens and hundreds.
    """
    if not math.isfinite(width) or width <= 0:
        return 2
    return min(most, 1 - math.floor(math.log10(width)))


def _fixed(value: float, places: int) -> str:
    rounded = round(value, places) + 0.0  # no "-0"
    return f"{rounded:,.{max(places, 0)}f}"


def number(value: float, *, width: float | None = None, digits: int = 3) -> str:
    """Format a number, to the decimals its interval bears or to significant digits.

    Parameters
    ----------
    value : float
        The number.
    width : float, optional
        Width of its interval; decides the decimals.
    digits : int, default 3
        Significant digits where no width is given.

    Returns
    -------
    str
        The number with thousands separators; ``n/a`` for a missing one.

    Examples
    --------
    >>> number(1234.5678)
    '1,230'
    >>> number(0.6231, width=0.35)
    '0.62'
    """
    if value is None or not math.isfinite(value):
        return "n/a"
    if width is not None and width > 0:
        return _fixed(value, decimals(width))
    if value == 0:
        return "0"
    return _fixed(value, digits - 1 - math.floor(math.log10(abs(value))))


def percent(share: float, *, width: float | None = None) -> str:
    """Format a share (0-1) as a percentage.

    Parameters
    ----------
    share : float
        Share between 0 and 1, or a relative change.
    width : float, optional
        Width of its interval, as a share; a wide one takes the decimals away.

    Returns
    -------
    str
        Such as ``62%``; never more than one decimal.
    """
    if share is None or not math.isfinite(share):
        return "n/a"
    places = 0 if width is None or width >= 0.1 else min(1, max(0, decimals(100 * width)))
    return f"{_fixed(100 * share, places)}%"


def probability(p: float) -> str:
    """Format a probability without false precision at its ends.

    Parameters
    ----------
    p : float
        The probability.

    Returns
    -------
    str
        Such as ``46%``, ``under 1%`` or ``over 99%``.
    """
    if p is None or not math.isfinite(p):
        return "n/a"
    return "under 1%" if p < 0.01 else "over 99%" if p > 0.99 else percent(p)


def money(value: float, currency: str, *, width: float | None = None, digits: int = 3) -> str:
    """Format an amount of money.

    Parameters
    ----------
    value : float
        The amount.
    currency : str
        ISO 4217 code.
    width : float, optional
        Width of its interval in the same currency.
    digits : int, default 3
        Significant digits where no width is given.

    Returns
    -------
    str
        Such as ``$1,230`` or ``PHP 410``.
    """
    shown = number(abs(value), width=width, digits=digits) if math.isfinite(value) else "n/a"
    sign = "-" if value < 0 and shown.strip("0.,") not in ("", "n/a") else ""
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{shown}" if symbol else f"{sign}{currency} {shown}"


def gain_or_loss(low: float, high: float, said: Callable[[float], str]) -> str:
    """Say an interval of amounts that may be gains or losses, without a minus sign.

    Parameters
    ----------
    low, high : float
        Its ends; below 0 is a loss.
    said : callable
        Writes an amount.

    Returns
    -------
    str
        Such as ``a loss of $20 to a gain of $5``, ``$3 to $9``, or ``a loss of $3 to $9`` where both ends are losses.
    """
    if low >= 0:
        return f"{said(low)} to {said(high)}"
    if high < 0 and not re.search(r"[1-9]", said(-high)):
        return f"a loss of up to {said(-low)}"
    if high < 0:
        return f"a loss of {said(-high)} to {said(-low)}"
    lost, gained = said(-low), said(high)
    if not re.search(r"[1-9]", lost):
        return f"nothing to a gain of {gained}"
    return f"a loss of {lost} to " + (f"a gain of {gained}" if re.search(r"[1-9]", gained) else "nothing")


def listing(items: Sequence[str], *, last: str = "and") -> str:
    """Join words as a sentence does.

    Parameters
    ----------
    items : sequence of str
        The words.
    last : str, default 'and'
        Word before the last item.

    Returns
    -------
    str
        ``a``, ``a and b`` or ``a, b and c``.
    """
    items = list(items)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def count(n: int, singular: str, plural: str | None = None) -> str:
    """Say how many, with the noun in the right number.

    Parameters
    ----------
    n : int
        How many.
    singular : str
        The noun for one.
    plural : str, optional
        The noun for many; the singular with an ``s`` by default.

    Returns
    -------
    str
        Such as ``1 study`` or ``3 studies``.
    """
    noun = singular if n == 1 else (plural or f"{singular}s")
    return f"{n:,} {noun}"


def article(noun: str) -> str:
    """Put the indefinite article before a noun.

    Parameters
    ----------
    noun : str
        The noun.

    Returns
    -------
    str
        With ``a`` or ``an``.
    """
    return f"{'an' if noun[:1].lower() in 'aeio' else 'a'} {noun}"


def lead(text: str, sentences: int = 1) -> str:
    """Return the first sentence or sentences of a finding.

    Parameters
    ----------
    text : str
        Sentences, each beginning with a capital letter or a number.
    sentences : int, default 1
        How many.

    Returns
    -------
    str
        The first, with their full stops; the whole text where there are no more.
    """
    return " ".join(re.split(r"(?<=[.!?])\s+(?=[A-Z0-9])", text.strip())[:sentences])


def sentence(text: str) -> str:
    """Start a text with a capital letter and leave the rest as it is.

    Parameters
    ----------
    text : str
        A sentence or phrase.

    Returns
    -------
    str
        The same with its first letter raised.
    """
    return text[:1].upper() + text[1:]


def traced(text: str, where: str) -> str:
    """Mark a number in a sentence with the place where it is recorded, so that a page can link it.

    Parameters
    ----------
    text : str
        The number as it is read.
    where : str
        Its place in ``results.json``: ``values/<name>/<field>`` or ``parameters/<name>``.

    Returns
    -------
    str
        To be put into a sentence; `traces` reads it, `untraced` takes the mark off.
    """
    return f"\ue000{text}\ue001{where}\ue002"


def untraced(text: str) -> str:
    """Take the marks of `traced` off a sentence.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    str
        What is read.
    """
    return _TRACED.sub(r"\1", text)


def traces(text: str) -> list[tuple[str, str]]:
    """Cut a sentence into what is marked and what is not.

    Parameters
    ----------
    text : str
        A sentence with numbers from `traced`.

    Returns
    -------
    list of (str, str)
        Text and the place where it is recorded, empty for what is not marked; joined, the texts are the sentence.
    """
    found, last = [], 0
    for match in _TRACED.finditer(text):
        found += [(text[last : match.start()], ""), (match[1], match[2])]
        last = match.end()
    return [(part, where) for part, where in [*found, (text[last:], "")] if part]
