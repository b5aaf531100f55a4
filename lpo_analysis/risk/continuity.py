"""Governance of the provider's place, with the standard errors its makers give."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy import stats

from lpo_analysis import vocabulary
from lpo_analysis.charts import intervals
from lpo_analysis.evidence import table as load_table
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import listing

INDICATORS = {
    "voice_accountability": "voice and accountability",
    "political_stability": "political stability",
    "government_effectiveness": "government effectiveness",
    "regulatory_quality": "regulatory quality",
    "rule_of_law": "rule of law",
    "control_of_corruption": "control of corruption",
}
"""Worldwide Governance Indicators, on a scale of about -2.5 to 2.5."""


def governance(location: str, *, reference: str = "USA", level: float = 0.90) -> Result:
    """Compare the governance of a place with that of a reference in the newest year.

    Parameters
    ----------
    location : str
        Code of a place; a part takes the scores of its country.
    reference : str, default 'USA'
        Code of the country compared with.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    Result
        One term an indicator: ``estimate`` is the score with its interval; ``difference``, ``diff_low`` and ``diff_high`` are
        against the reference.

    Notes
    -----
    Scores are relative to all countries of a year. The errors of two countries are treated as independent; they share
    sources, so the interval of the difference is rather too wide.
    """
    country = vocabulary.PLACES[location].country
    scores = load_table("location_governance")
    here, there = (scores[scores["iso3"] == code] for code in (country, reference))
    if here.empty:
        return not_estimable(
            "governance", f"no scores of {vocabulary.in_words(country)} are on file (0 rows)", level=level
        )
    year = int(min(here["year"].max(), there["year"].max()))
    a, b = here[here["year"] == year].iloc[0], there[there["year"] == year].iloc[0]
    z = float(stats.norm.ppf((1 + level) / 2))
    records = []
    for code, label in INDICATORS.items():
        half = z * float(a[f"{code}_se"])
        apart = z * float(np.hypot(a[f"{code}_se"], b[f"{code}_se"]))
        difference = float(a[code] - b[code])
        records.append({"term": code, "label": label, "estimate": float(a[code]), "std_error": float(a[f"{code}_se"]), "conf_low": float(a[code]) - half,
                        "conf_high": float(a[code]) + half, "level": level, "n_obs": 1, "unit": "score (-2.5 to 2.5)", "method": "published score and standard error",
                        "difference": difference, "diff_low": difference - apart, "diff_high": difference + apart})  # fmt: skip
    table = tidy(records)
    lower, higher = table[table["diff_high"] < 0]["label"], table[table["diff_low"] > 0]["label"]
    name, other = vocabulary.in_words(country), vocabulary.in_words(reference)
    if country == reference:
        text = f"The place is the reference itself ({other}); its scores of {year} are shown with their intervals."
    else:
        said = []
        if len(lower):
            said.append(f"below {other} in {listing(list(lower))}")
        if len(higher):
            said.append(f"above it in {listing(list(higher))}")
        text = f"In {year}, {name} scores " + (
            f"{listing(said)} by more than the errors explain"
            if said
            else f"no differently from {other}, as far as the errors tell"
        )
        text += (
            "."
            if len(lower) + len(higher) == len(INDICATORS)
            else "; in the others no difference can be told."
            if said
            else "."
        )
    return Result(
        "governance", table, text, checks=(Check("Scale", None, "Scores are relative to all countries of a year, and no measure of contract courts."),),
        rows=tuple(f"table:location_governance:{code}:{year}" for code in dict.fromkeys((country, reference))), n_used=len({country, reference}),
        plot_data=table[["label", "estimate", "conf_low", "conf_high"]].assign(main=True),
        draw=partial(intervals, title=f"Governance of {name}, {year}", xlabel=f"score with {level:.0%} interval; 0 is the mean of all countries", percent=False),
        alt=f"Six governance scores of {name} in {year} with their intervals.",
    )  # fmt: skip
