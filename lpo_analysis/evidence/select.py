"""Pick observations by any column, and refuse to mix what must not be mixed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

import pandas as pd

from lpo_analysis.errors import NotFoundError, PoolingError, SelectionError, choices
from lpo_analysis.evidence.load import Evidence

DEFAULT_GRADES = ("A", "B")
DEFAULT_STATUS = ("actual", "estimate")


def select(
    evidence: Evidence,
    *,
    grades: Sequence[str] = DEFAULT_GRADES,
    status: Sequence[str] = DEFAULT_STATUS,
    years: tuple[int, int] | None = None,
    context: bool = False,
    required: bool = True,
    **columns: str | Collection[str],
) -> pd.DataFrame:
    """Select observations.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    grades : sequence of str, default ('A', 'B')
        Grades let in; C is what is claimed, D is weak.
    status : sequence of str, default ('actual', 'estimate')
        A forecast is never used as an actual: it enters only when asked for.
    years : tuple of int, optional
        First and last year; observations whose period overlaps are kept.
    context : bool, default False
        Whether to let in comparison rows (topic ``context``).
    required : bool, default True
        Whether an empty selection is an error; if not, a place without any figure gives one too.
    **columns : str or collection of str
        One value or several for any column of the observations.

    Returns
    -------
    pandas.DataFrame
        The rows, indexed by ``observation_id``.

    Raises
    ------
    NotFoundError
        If a column or value is unknown; names the nearest.
    SelectionError
        If nothing is left; says which filter emptied it.
    """
    filters: list[tuple[str, tuple[str, ...]]] = []
    for column, wanted in columns.items():
        known = evidence.observations.columns
        if column not in known:
            raise NotFoundError(f"The observations have no column {column!r}.", remedy=choices(column, known))
        filters.append((column, (wanted,) if isinstance(wanted, str) else tuple(wanted)))
    filters += [("grade", tuple(grades)), ("status", tuple(status))]
    if not context and "context" not in dict(filters).get("topic", ()):
        filters.append(("topic", tuple(topic for topic in _known(evidence, "topic") if topic != "context")))
    # Under copy-on-write a shallow copy shares the data of the kept frame, but never what is done to it.
    span = None if years is None else (years[0], years[1])
    return _selected(evidence, tuple(filters), span, required).copy(deep=False)


@lru_cache(maxsize=512)
def _selected(
    evidence: Evidence, filters: tuple[tuple[str, tuple[str, ...]], ...], years: tuple[int, int] | None, required: bool
) -> pd.DataFrame:
    left = pd.Series(True, index=evidence.observations.index)
    trail: list[str] = []
    for column, wanted in filters:
        known = _known(evidence, column)
        for value in wanted:
            if value not in known and (required or column != "geography"):
                raise NotFoundError(f"{value!r} does not occur in column {column!r}.", remedy=choices(value, known))
        kept = left & _texts(evidence, column).isin(wanted)
        trail.append(f"{column} = {', '.join(wanted)} leaves {kept.sum()} of {left.sum()}")
        if required and not kept.any():
            before = evidence.observations.loc[left, column]
            raise SelectionError(
                f"No observation is left: {column} = {', '.join(wanted)} empties the selection.",
                remedy=f"Before it there were {len(before)} with {column} {_summary(before)}. Filters: {'; '.join(trail)}.",
            )
        left = kept
    frame = evidence.observations[left]
    if years is not None:
        kept = frame[(frame["year_end"] >= years[0]) & (frame["year_start"] <= years[1])]
        if kept.empty and required:
            span = f"{frame['year_start'].min()}-{frame['year_end'].max()}"
            raise SelectionError(
                f"No observation is left: years {years[0]}-{years[1]}.", remedy=f"The others are of {span}."
            )
        frame = kept
    return frame


@lru_cache(maxsize=64)
def _texts(evidence: Evidence, column: str) -> pd.Series:
    return evidence.observations[column].astype("str")


@lru_cache(maxsize=256)
def _known(evidence: Evidence, column: str) -> list[str]:
    codes = evidence.vocabulary.loc[evidence.vocabulary["field"] == column, "code"].tolist()
    if column in ("metric", "category"):
        codes += evidence.categories[column].unique().tolist()
    present = _texts(evidence, column).unique().tolist()
    return list(dict.fromkeys([code for code in codes if code != "*"] + sorted(present)))


def _summary(column: pd.Series) -> str:
    counts = column.astype("str").value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")
    listed = [f"{value or '(empty)'} ({n})" for value, n in counts.head(12).items()]
    return ", ".join(listed) + (f" and {len(counts) - 12} more" if len(counts) > 12 else "")


_SENSES = ("metric", "category", "status")


def comparable(frame: pd.DataFrame, *, across: Iterable[str] = ()) -> pd.DataFrame:
    """Refuse figures that answer different questions.

    Parameters
    ----------
    frame : pandas.DataFrame
        Observations about to be combined.
    across : iterable of str, optional
        Columns among metric, category, status and unit in which they may differ, because the caller knows why.

    Returns
    -------
    pandas.DataFrame
        The frame, unchanged.

    Raises
    ------
    PoolingError
        If they differ in any other of these; lists the senses found.
    """
    allowed = set(across)
    for column in _SENSES:
        found = sorted(frame[column].unique())
        forecasts = column == "status" and "forecast" in found and len(found) > 1
        if column not in allowed and len(found) > 1 and (column != "status" or forecasts):
            raise PoolingError(
                f"These {len(frame)} figures have {len(found)} senses of {column}: {', '.join(found)}.",
                remedy=f"Select one, or pass across=[{column!r}] if they may be combined.",
            )
    plain = frame["unit"].str.replace(r"^(?:AUD|EUR|GBP|INR|USD)(?=_|$)", "money", regex=True).unique()
    if "unit" not in allowed and len(plain) > 1:
        raise PoolingError(
            f"These figures have {len(plain)} units: {', '.join(sorted(plain))}.", remedy="Select one unit."
        )
    return frame


def by_study(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Average the rows of each study, so that a study counts once however many pages repeat it.

    Parameters
    ----------
    frame : pandas.DataFrame
        Observations.
    columns : sequence of str
        Numeric columns to average within a study.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``study_id``: the averages, ``publisher_id``, ``n_rows`` and ``rows`` (the identifiers).
    """
    return _grouped(frame, columns, "study_id").join(frame.groupby("study_id")["publisher_id"].first())


def by_maker(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Average the rows of each maker of figures, whoever repeats them.

    Parameters
    ----------
    frame : pandas.DataFrame
        Observations.
    columns : sequence of str
        Numeric columns to average.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``publisher_id``: the averages over studies, ``n_rows`` and ``rows``.
    """
    return _grouped(frame, columns, "publisher_id")


def _grouped(frame: pd.DataFrame, columns: Sequence[str], key: str) -> pd.DataFrame:
    groups = frame.groupby(key)
    result = groups[list(columns)].mean()
    result["n_rows"] = groups.size()
    result["rows"] = [tuple(group.index) for _, group in groups]
    return result
