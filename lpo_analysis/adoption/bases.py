"""How many respondents stand behind a published share: what its row tells, what its source tells, or nobody knows."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from lpo_analysis.evidence import Evidence
from lpo_analysis.methods.proportions import rounding_possible

OTHER_PROFESSIONS = ("tri_genai_prof_2024", "tri_genai_prof_2025", "tri_ai_prof_2026")
"""Studies whose sample also holds tax and accounting people, so that its size is an upper bound for lawyers."""

ONLY = {"tri_alsp_2019_law_times": "corporate"}
"""Sources whose size counts one kind of buyer, although they report on another, too: of that one no size is told."""

_TOLD = re.compile(r"\bn\s?=\s?(\d+)|\b(\d+) respondents\b")
_PART_OF = re.compile(r"(\d+) in (\d+) of (\d+)")
_USERS = re.compile(r"\bbase: (non-)?(?:outsourcers|\w+ users|users)\b", re.IGNORECASE)
_BASE = re.compile(r"\bbase(:| not given)", re.IGNORECASE)


class _Base(NamedTuple):
    """The number behind a share (NaN where unknown), what it is, and that in words."""

    n: float
    rule: str
    words: str


def bases(frame: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Say for each share how many respondents it rests on, and what is known of that number.

    Parameters
    ----------
    frame : pandas.DataFrame
        Observations in percent.
    evidence : Evidence
        The evidence base; whole sources are read, whichever of their rows are asked for.

    Returns
    -------
    pandas.DataFrame
        Indexed as the frame: ``n`` (NaN where unknown), ``words`` (what the number is) and ``rule``: ``whole`` (all respondents of the
        source), ``told`` (the row tells the base of its question), ``derived`` (the users, or the others, by the one share of users
        that the source gives), ``part`` (the number is an upper bound, for fewer were asked or other people are counted, too) or ``unknown``
        (none is told, or only that of another wave or another kind of buyer).

    Notes
    -----
    A sample size belongs to a source, not to a question. An interval for an upper bound is at least as wide as shown.
    """
    found = [_base(row, evidence) for _, row in frame.iterrows()]
    return pd.DataFrame(found, columns=list(_Base._fields), index=frame.index)


def _base(row: pd.Series, evidence: Evidence) -> _Base:
    note, size = str(row["note"]), row["sample_size"]
    if told := _TOLD.search(note):
        return _checked(row, _Base(float(told[1] or told[2]), "told", "the row tells its base"))
    if part := _PART_OF.search(note):
        asked = round(int(part[3]) * int(part[1]) / int(part[2]))
        return _Base(float(asked), "told", f"base of about {asked}, as the row tells")
    if pd.isna(size):
        return _Base(np.nan, "unknown", "n not told")
    if row["year_end"] < _newest(evidence)[row["study_id"], row["metric"]]:
        return _Base(np.nan, "unknown", "n not told of this wave")
    if ONLY.get(row["source_id"], row["buyer"]) != row["buyer"]:
        return _Base(np.nan, "unknown", "n not told of these buyers")
    n = float(size)
    if users := _USERS.search(note):
        share = _share_of_users(row, evidence)
        if share is not None:
            base = round(n * (1 - share if users[1] else share))
            return _Base(float(base), "derived", f"base of about {base} of {n:.0f}, by the source's own share of users")
    if _BASE.search(note) or _of_users(evidence)[row["metric"]]:
        return _Base(n, "part", "at least this wide: n is that of all respondents, and a part of them was asked")
    if row["study_id"] in OTHER_PROFESSIONS:
        return _Base(n, "part", "at least this wide: n is that of all respondents")
    if _mixed(evidence)[row["source_id"]] or row["buyer_size"] not in ("all", ""):
        return _Base(n, "part", "at least this wide: n is the source's, not the subgroup's")
    return _checked(row, _Base(n, "whole", "own sample"))


def _checked(row: pd.Series, base: _Base) -> _Base:
    """Take a number for an upper bound where no whole number of respondents gives the share."""
    if row["form"] != "point" or rounding_possible(row["value"] / 100, int(base.n), decimals=decimals(row["value"])):
        return base
    return _Base(
        base.n, "part", f"at least this wide: no whole number of {base.n:.0f} gives the share, so fewer were asked"
    )


def decimals(value: float) -> int:
    """Return the decimals to which a figure was published.

    Parameters
    ----------
    value : float
        The figure.

    Returns
    -------
    int
        How many.
    """
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])


def _share_of_users(row: pd.Series, evidence: Evidence) -> float | None:
    """Return the share of users that the source gives of the same people, if it gives one and no other."""
    o = evidence.observations
    same = o[(o["metric"] == "adoption_rate") & (o["form"] == "point")]
    for column in ("source_id", "buyer", "buyer_size", "geography", "year_end"):
        same = same[same[column] == row[column]]
    return float(same["value"].iloc[0]) / 100 if len(same) == 1 else None


@lru_cache(maxsize=4)
def _mixed(evidence: Evidence) -> pd.Series:
    """Whether a source reports on more than one kind of respondents."""
    return evidence.observations.groupby("source_id")[["buyer", "buyer_size", "geography"]].nunique().max(axis=1) > 1


@lru_cache(maxsize=4)
def _newest(evidence: Evidence) -> pd.Series:
    """Newest year of a metric in a study: older rows are of an earlier wave, whose size is not the study's."""
    return evidence.observations.groupby(["study_id", "metric"])["year_end"].max()


@lru_cache(maxsize=4)
def _of_users(evidence: Evidence) -> dict[str, bool]:
    """Whether a metric is a share of users, of whom a survey has fewer than respondents."""
    said = evidence.metrics["base"].astype("str").str.lower()
    return {str(metric): base.startswith("users") for metric, base in said.items()}
