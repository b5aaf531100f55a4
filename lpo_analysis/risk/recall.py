"""What a review found and left behind: from the samples of a finished one, or the samples that a planned one needs."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis.charts import band, intervals
from lpo_analysis.methods.elusion import Reviewer, Stratum, elusion, finite_interval, recall
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import count, money, number, percent, sentence

NO_SAMPLES = "no samples of a finished review were given (retrieved_sample and null_sample hold their counts)"
_DRAWS = 20_000
_PLANNED = 8_000
_LEAST = 50
_STEPS = 15
_TERMS = {"recall": "Recall, checkers taken to be right", "recall_corrected": "Recall, checkers' error inside", "recall_normal": "Recall, normal approximation in common use",
          "missed": "Relevant documents missed", "elusion": "Elusion: share relevant of what was not retrieved"}  # fmt: skip


def review_recall(parameters: Parameters) -> Result:
    """Estimate the recall and the elusion of a finished review.

    Parameters
    ----------
    parameters : Parameters
        Samples, how the checkers do, level, seed.

    Returns
    -------
    Result
        Terms recall, recall_corrected (with `checker_calls`), recall_normal, missed and elusion. Missed and elusion carry exact
        hypergeometric intervals, and take the checkers to be right. The figure sets the recalls side by side.

    Notes
    -----
    Estimand: the share of the relevant documents of this collection that the review retrieved.

    References
    ----------
    Webber, W. (2012). Approximate recall confidence intervals. https://arxiv.org/abs/1202.2880
    """
    p, strata, checker = parameters, parameters.strata(), parameters.checker()
    if not strata:
        return not_estimable("review_recall", NO_SAMPLES, terms=_TERMS, level=p.level, unit="share")
    kept, left = strata
    plain = recall(strata, level=p.level, draws=_DRAWS, seed=p.seed)
    behind = elusion(left.relevant, sampled=left.sampled, null_set=left.size, level=p.level)
    if not plain.estimable:
        return not_estimable("review_recall", str(plain.reason), terms=_TERMS, level=p.level, unit="share")
    found = [plain.row("recall").to_dict(), plain.row("recall_normal").to_dict()]
    corrected = None if checker is None else recall(strata, level=p.level, reviewer=checker, draws=_DRAWS, seed=p.seed)
    if corrected is not None and corrected.estimable:
        found.insert(1, corrected.row("recall").to_dict() | {"term": "recall_corrected"})
    found += [behind.row("missed").to_dict(), behind.row("elusion").to_dict()]
    table = tidy([row | {"label": _TERMS[str(row["term"])]} for row in found])
    lead = corrected if corrected is not None and corrected.estimable else plain
    if checker is None or corrected is None:
        told = Check("Checkers' error", None, "How the checkers do is not told (checker_calls), so they are taken to be right; their error would widen the interval.")  # fmt: skip
    elif not corrected.estimable:
        told = Check(
            "Checkers' error",
            False,
            f"{right_calls(checker)} With it recall cannot be estimated, because {corrected.reason}.",
        )
    else:
        widths = [r.row("recall")["conf_high"] - r.row("recall")["conf_low"] for r in (plain, corrected)]
        told = Check("Checkers' error", True, f"{right_calls(checker)} With it the interval of recall is {number(widths[1] / widths[0], digits=2)} times as wide.")  # fmt: skip
    # What the plain estimate says of checkers does not hold where their error is inside.
    others = [check for check in lead.checks if check.name != "Reviewers' error"]
    text = f"{lead.text} {behind.text}"
    if lead is corrected:
        text = f"{lead.text} Were the checkers right, it would be {_said(plain.row('recall'))}: {behind.text}"
    elif corrected is not None:
        text = f"With the checkers' error recall is not estimable, because {corrected.reason}. Were they right: {text}"
    data = table[table["term"].str.startswith("recall")]
    at = lead.row("recall")
    return Result(
        "review_recall", table, text,
        checks=(*others, told), n_used=kept.sampled + left.sampled, plot_data=data[["label", "estimate", "conf_low", "conf_high"]].assign(main=data["term"].eq("recall_corrected" if lead is corrected else "recall")),
        draw=partial(intervals, title="What the review found", xlabel=f"recall, with {p.level:.0%} intervals"),
        alt=f"Recall of {_said(at)}, beside the other ways to compute it.",
    )  # fmt: skip


def right_calls(checker: Reviewer) -> str:
    """Say which part of the calls of checkers was right.

    Parameters
    ----------
    checker : Reviewer
        How they did on known documents.

    Returns
    -------
    str
        A sentence.
    """
    c = checker
    return (
        f"On known documents the checkers were right on {percent(c.sensitivity, width=0.01)} of the relevant ({c.true_positives:,} of {c.relevant:,}) and "
        f"{percent(c.specificity, width=0.01)} of the irrelevant ones ({c.true_negatives:,} of {c.irrelevant:,})."
    )


def _said(row: pd.Series) -> str:
    return f"{percent(row['estimate'])} ({percent(row['conf_low'])} to {percent(row['conf_high'])})"


def recall_plan(parameters: Parameters) -> Result:
    """Find the samples with which the interval of recall is as narrow as asked, for a review as expected.

    Parameters
    ----------
    parameters : Parameters
        Size of the collection, expected richness, recall and precision, margin, how the checkers do, pace and cost of a checker.

    Returns
    -------
    Result
        Terms sample_retrieved, sample_null (documents), hours, cost (US dollars), recall (what would be estimated with these samples)
        and missed_if_none (documents that could be missed though the null sample shows none). The figure is the interval of recall by the
        number of documents checked.

    Notes
    -----
    Estimand: the interval that would come out if the samples showed exactly the expected shares; a real sample scatters about them.
    Documents are divided between both parts so that the variance of recall is least (Neyman's rule, by the delta method). Checkers are
    taken to be as good as `checker_calls` tell, or right where it is empty.

    References
    ----------
    Webber, W. (2012). Approximate recall confidence intervals. https://arxiv.org/abs/1202.2880
    """
    p = parameters
    terms = {"sample_retrieved": "Documents to check of what was retrieved", "sample_null": "Documents to check of what was not retrieved", "hours": "Hours to check them",
             "cost": "Cost of checking them", "recall": "Recall that would be estimated", "missed_if_none": "Documents that may be missed though the sample shows none"}  # fmt: skip
    relevant = p.collection_size * p.expected_richness
    hits = relevant * p.expected_recall
    kept = round(hits / p.expected_precision)
    left, missed = p.collection_size - kept, relevant - hits
    if kept < 1 or left < 1 or missed > left:
        reason = (
            f"a review with recall {percent(p.expected_recall)} and precision {percent(p.expected_precision)} of {p.collection_size:,} documents, of which "
            f"{percent(p.expected_richness, width=0.01)} are relevant, cannot leave {number(missed)} relevant among {left:,} documents"
        )
        return not_estimable("recall_plan", reason, terms=terms, level=p.level)
    checker = p.checker()
    spread = _neyman(hits, missed, kept, left)
    tried: dict[int, tuple[tuple[Stratum, ...], pd.Series | None]] = {}

    def half(total: int) -> float:
        if total not in tried:
            strata = _expected(total, spread, (kept, hits), (left, missed), checker)
            found = recall(strata, level=p.level, reviewer=checker, draws=_PLANNED, seed=p.seed)
            tried[total] = (strata, found.row("recall") if found.estimable else None)
        row = tried[total][1]
        return np.inf if row is None else float(row["conf_high"] - row["conf_low"]) / 2

    most = p.collection_size
    grid = np.unique(np.geomspace(min(_LEAST, most), most, _STEPS).round().astype(int))
    for n in grid:
        if half(int(n)) <= p.recall_margin:
            break
    else:
        reason = (
            "even with every document checked, the error of the checkers leaves the interval wider"
            if checker
            else "no sample short of the whole collection does"
        )
        return not_estimable("recall_plan", f"{reason} than {_margin(p)} to either side", terms=terms, level=p.level)
    low, high = int(grid[max(int(np.searchsorted(grid, n)) - 1, 0)]), int(n)
    while high - low > max(1, high // 100):  # to one percent of the sample: the draws bear no more
        middle = (low + high) // 2
        low, high = (low, middle) if half(middle) <= p.recall_margin else (middle, high)
    strata, row = tried[high] if high in tried else (half(high), tried[high])[1]
    assert row is not None
    # The figure goes on beyond what is needed, to show what more would buy.
    _ = [half(min(more * high, most)) for more in (2, 4)]
    hours = sum(part.sampled for part in strata) / p.checked_per_hour
    most_missed = finite_interval(0, sampled=strata[1].sampled, size=left, level=p.level, upper_only=True)[1]
    values = {"sample_retrieved": (strata[0].sampled, "documents"), "sample_null": (strata[1].sampled, "documents"), "hours": (hours, "hours"), "cost": (hours * p.checker_hourly_cost, "USD"),
              "missed_if_none": (most_missed, "documents")}  # fmt: skip
    method = "beta-binomial posterior at the expected counts, Neyman allocation"
    table = tidy(
        {"term": t, "label": terms[t], "level": p.level, "n_obs": 0, "method": method}
        | (
            {"estimate": row["estimate"], "conf_low": row["conf_low"], "conf_high": row["conf_high"], "unit": "share"}
            if t == "recall"
            else {"estimate": float(values[t][0]), "unit": values[t][1]}
        )
        for t in terms
    )
    text = (
        f"To know the recall of such a review to {_margin(p)} either side ({p.level:.0%} interval), check about {number(strata[0].sampled, digits=2)} of {kept:,} documents retrieved and "
        f"{number(strata[1].sampled, digits=2)} of {left:,} not retrieved: {number(hours, digits=2)} hours, {money(hours * p.checker_hourly_cost, 'USD', digits=2)}. "
        f"If none of the second sample turned out relevant, {count(most_missed, 'document')} could still be missed (one-sided {p.level:.0%} upper bound)."
    )  # fmt: skip
    drawn = pd.DataFrame(
        [
            {"x": sum(s.sampled for s in made), "estimate": at["estimate"], "conf_low": at["conf_low"], "conf_high": at["conf_high"]}
            for _, (made, at) in sorted(tried.items())
            if at is not None and sum(s.sampled for s in made) <= 4 * high
        ]
    )  # fmt: skip
    checks = (
        Check("Expected shares", None, f"Richness {percent(p.expected_richness, width=0.01)}, recall {percent(p.expected_recall)} and precision {percent(p.expected_precision)} are assumed; a rarer kind of document needs more."),
        Check("Checkers' error", None, sentence(right_calls(checker) if checker else "not inside: the checkers are taken to be right (checker_calls is empty).")),
    )  # fmt: skip
    return Result(
        "recall_plan", table, text, checks=checks, plot_data=drawn,
        draw=partial(band, title="How well samples tell recall", xlabel="documents checked", ylabel="recall", log=True, zero=False, mark=float(sum(s.sampled for s in strata)), mark_text=f"{sum(s.sampled for s in strata):,}: narrow enough"),
        alt=f"Interval of recall by documents checked: it is {_margin(p)} to either side at about {number(sum(s.sampled for s in strata), digits=2)}.",
    )  # fmt: skip


def _margin(p: Parameters) -> str:
    return f"{100 * p.recall_margin:g} percentage points"


def _neyman(hits: float, missed: float, kept: int, left: int) -> float:
    """Return the share of the documents checked that should come from what was retrieved."""

    def scatter(weight: float, size: int, relevant: float) -> float:
        share = min(relevant / size, 1.0)
        return weight * size * float(np.sqrt(share * (1 - share)))

    one, two = scatter(missed, kept, hits), scatter(hits, left, missed)
    return one / (one + two) if one + two > 0 else 0.5


def _expected(
    total: int, spread: float, kept: tuple[int, float], left: tuple[int, float], checker: Reviewer | None
) -> tuple[Stratum, ...]:
    """Return samples in which exactly as many are called relevant as is expected, to the nearest document."""
    first = min(max(1, round(total * spread)), kept[0])
    sizes = (first, min(max(1, total - first), left[0]))
    se, sp = (1.0, 1.0) if checker is None else (checker.sensitivity, checker.specificity)
    made = []
    for name, (size, relevant), n in zip(("retrieved", "not retrieved"), (kept, left), sizes, strict=True):
        called = relevant / size * se + (1 - relevant / size) * (1 - sp)
        made.append(Stratum(name, size, n, min(round(n * called), n), retrieved=name == "retrieved"))
    return tuple(made)
