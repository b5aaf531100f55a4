"""Say where a figure comes from, as text, as BibTeX, and as the numbered list of a report."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Literal, get_args

import pandas as pd

from lpo_analysis.errors import LpoError, NotFoundError, ParameterError, choices
from lpo_analysis.evidence.load import Evidence, load, table
from lpo_analysis.evidence.schema import package, resource
from lpo_analysis.results import sources_by

Style = Literal["text", "bibtex"]


def cite(evidence: Evidence, names: str | Iterable[str], *, style: Style = "text") -> str:
    """Cite sources, or the sources of observations.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    names : str or iterable of str
        Identifiers of sources or observations, in any mix.
    style : {'text', 'bibtex'}, default 'text'
        Form of the citation.

    Returns
    -------
    str
        One citation a source, in the order given, each once.

    Raises
    ------
    NotFoundError
        If an identifier is neither; names the nearest.
    ParameterError
        If the style is unknown.
    """
    if style not in get_args(Style):
        raise ParameterError(f"style: got {style!r}, allowed: {', '.join(get_args(Style))}")
    make = _text if style == "text" else _bibtex
    ids = dict.fromkeys(_source(evidence, name) for name in ([names] if isinstance(names, str) else names))
    return ("\n" if style == "text" else "\n\n").join(make(source, evidence.sources.loc[source]) for source in ids)


_SHORT = {
    "Thomson Reuters Legal Executive Institute": "Thomson Reuters",
    "Association of Corporate Counsel": "ACC",
    "International Legal Technology Association": "ILTA",
    "Corporate Legal Operations Consortium": "CLOC",
}
_SHORTER = {
    "American Bar Association": "ABA",
    "Solicitors Regulation Authority": "SRA",
    "Bay Area Council Economic Institute": "Bay Area Council",
}
"""Shorter still, where a figure has little room."""
_LOOSE = {"in", "of", "the", "and", "for", "by", "on", "a"}
"""Words that a cut must not end with."""


def maker(publisher: str, *, most: int = 34) -> str:
    """Shorten the name of a maker for a figure: without the pages it was seen on and without its partners.

    Parameters
    ----------
    publisher : str
        Name as it stands in the sources.
    most : int, default 34
        Longest name.

    Returns
    -------
    str
        The name, cut at a word.
    """
    name = publisher.split(" /")[0].split(" (")[0].split(", in ")[0].strip()
    for long, short in _SHORT.items():
        name = name.replace(long, short)
    if len(name) > most:
        for long, short in _SHORTER.items():
            name = name.replace(long, short)
    if len(name) <= most:
        return name
    words = name[: most + 1].split(" ")[:-1] or [name[:most]]
    while len(words) > 1 and words[-1].lower().strip(",") in _LOOSE:
        words.pop()
    return " ".join(words).rstrip(",")


def _source(evidence: Evidence, name: str) -> str:
    if name in evidence.sources.index:
        return name
    if name in evidence.observations.index:
        return str(evidence.observations.at[name, "source_id"])
    known = [*evidence.sources.index, *evidence.observations.index]
    hint = choices(name, known, limit=0).split("Allowed:")[0]
    raise NotFoundError(f"There is no source or observation {name!r}.", remedy=f"{hint}`lpo evidence find` lists them.")


def _text(_: str, row: pd.Series) -> str:
    seen = "" if row["via"] == "primary" else f" (read on {row['seen_on']})"
    return f"{row['publisher']} ({row['published']}). {row['title']}. {row['url']}{seen}"


def _bibtex(name: str, row: pd.Series) -> str:
    def clean(text: object) -> str:
        return re.sub(r"([&%$#_])", r"\\\1", str(text)).replace("{", "(").replace("}", ")")

    note = "" if row["via"] == "primary" else f"\n  note = {{Read on {clean(row['seen_on'])}}},"
    return (
        f"@misc{{{name},\n  author = {{{{{clean(row['publisher'])}}}}},\n  title = {{{{{clean(row['title'])}}}}},\n"
        f"  year = {{{str(row['published'])[:4]}}},\n  url = {{{row['url']}}},{note}\n}}"
    )


def references(evidence: Evidence, rows: Iterable[str]) -> pd.DataFrame:
    """List the sources behind some rows, numbered.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    rows : iterable of str
        Identifiers of observations, ``table:<name>:<row>`` for rows of an analysis table, or ``opinion:<name>`` for ethics
        opinions, in the order in which the report uses them.

    Returns
    -------
    pandas.DataFrame
        One source a row, indexed by its number from 1: ``source_id``, ``publisher``, ``published``, ``title``, ``url``,
        ``grade`` (grades of the rows used), ``figures`` (identifiers of the rows used).

    Raises
    ------
    NotFoundError
        If an identifier is unknown.
    """
    return _references(evidence, tuple(dict.fromkeys(rows))).copy(deep=False)


@lru_cache(maxsize=8)
def _references(evidence: Evidence, rows: tuple[str, ...]) -> pd.DataFrame:
    used: dict[str, list[str]] = {}
    for name in rows:
        if name.startswith("table:"):
            source = ":".join(name.split(":")[:2])
        elif name.startswith("opinion:"):
            source = _opinion_source(name.split(":")[1])
        else:
            source = _source(evidence, name)
        used.setdefault(source, []).append(name)
    records = []
    for source, figures in used.items():
        if source.startswith("table:"):
            records.append((source, *_table_source(source.split(":")[1]), ", ".join(figures)))
            continue
        row = evidence.sources.loc[source]
        grades = sorted(
            {str(evidence.observations.at[name, "grade"]) for name in figures if name in evidence.observations.index}
        )
        said = (row["publisher"], row["published"], row["title"], row["url"], "/".join(grades))
        records.append((source, *said, ", ".join(figures)))
    columns = ["source_id", "publisher", "published", "title", "url", "grade", "figures"]
    return pd.DataFrame(records, columns=columns, index=pd.RangeIndex(1, len(records) + 1, name="number"))


@cache
def _opinion_sources() -> dict[str, str]:
    opinions = table("ethics_opinions")
    return dict(zip(opinions["opinion_id"], opinions["source_id"], strict=True))


def _opinion_source(name: str) -> str:
    sources = _opinion_sources()
    if name not in sources:
        raise NotFoundError(f"There is no opinion {name!r}.", remedy=choices(name, sources))
    return sources[name]


def _table_source(name: str) -> tuple[str, str, str, str, str]:
    description = resource(name)
    first = description["sources"][0]
    publisher = str(description["attribution"]).removeprefix("Source: ").rstrip(".")
    edition = f"as shipped in data package {package()['version']}"
    return publisher, edition, str(description["title"]), str(first.get("path", "")), "A"


def _for_results(rows: tuple[str, ...]) -> list[tuple[str, str]]:
    """Name the sources of a result of the shipped evidence; rows of another base are named by their identifiers."""
    try:
        found = references(load(), rows)
    except LpoError:
        return []
    return [
        (f"{r.publisher} ({r.published}). {r.title}." + (f" Grade {r.grade}." if r.grade else ""), str(r.url))
        for r in found.itertuples(index=False)
    ]


sources_by(_for_results)
