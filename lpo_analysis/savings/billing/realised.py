"""What moving work really saved: bills of matters that moved against those of matters that did not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, get_args

import numpy as np
import pandas as pd

from lpo_analysis.charts import band
from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.cluster_robust import JointTest
from lpo_analysis.methods.effects import before_after, comparisons, event_study, two_way
from lpo_analysis.methods.effects_panel import NONE, Panel, cluster_check, why_not
from lpo_analysis.methods.effects_ratio import two_way_ratio
from lpo_analysis.methods.effects_staggered import Control, PreTest, group_time
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.billing.realised_panel import LABELS, Bills
from lpo_analysis.wording import count, money, number, percent, sentence

Method = Literal["auto", "ratio"]

_DID = "difference in differences, CR2 errors"
_STAGGERED = "group-time effects (Callaway and Sant'Anna)"
_RATIO = "Poisson difference in differences, jackknife errors"


@dataclass(frozen=True)
class _Found:
    """The main estimate on the scale of the outcome, logarithms of ratios included."""

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    method: str

    @classmethod
    def of(cls, row: pd.Series, method: str) -> _Found:
        """Take a row of an estimator's table."""
        estimate, error, low, high = (float(row[name]) for name in ("estimate", "std_error", "conf_low", "conf_high"))
        return cls(estimate, error, low, high, method)


@dataclass(frozen=True)
class _Words:
    """How amounts of an outcome are written, and turned into shares."""

    bills: Bills
    currency: str
    unit: str
    level: float
    ratio: bool

    @property
    def scale(self) -> str:
        """Unit of the effect."""
        if self.bills.log or self.ratio:
            return "log points"
        currency = self.currency or "currency not stated"
        return {"spend": currency, "hours": "hours", "rate": f"{currency} an hour"}[self.bills.base]

    def share(self, effect: float) -> float:
        """Return the saving that an effect is, as a share of what would have been without the move."""
        if self.bills.log or self.ratio:
            return float(-np.expm1(effect))
        without = self.after - effect
        return -effect / without if without > 0 else np.nan

    @property
    def after(self) -> float:
        """Mean outcome of those that moved since the move."""
        frame = self.bills.frame
        return float(frame.loc[(frame["month"] >= frame["start"]) & ~self.always, "y"].mean())

    @property
    def always(self) -> pd.Series:
        frame = self.bills.frame
        return frame["start"] <= frame["month"].min()

    def amount(self, value: float, width: float | None = None) -> str:
        """Write an amount of the outcome, without its sign."""
        if self.bills.base == "hours":
            return f"{number(abs(value), width=width)} hours"
        shown = money(abs(value), self.currency, width=width) if self.currency else number(abs(value), width=width)
        return f"{shown} an hour" if self.bills.base == "rate" else shown

    def side(self, saving: float) -> str:
        """Write a share as lower or higher."""
        size = percent(abs(saving))
        return f"{'under 1%' if size == '0%' else size} {'lower' if saving >= 0 else 'higher'}"

    def range(self, low: float, high: float, write: Callable[[float], str]) -> str:
        """Write an interval of savings."""
        if low >= 0:
            return f"{write(low)} to {write(high)} lower"
        if high <= 0:
            return f"{write(-high)} to {write(-low)} higher"
        return f"from {write(-low)} higher to {write(high)} lower"


def _refused(name: str, bills: Bills, level: float, reason: str, method: str) -> Result:
    result = not_estimable(
        name, reason, terms=("saving_share",), level=level, n_dropped=bills.n_left_out, method=method
    )
    return replace(result, checks=bills.checks)


def _reason(bills: Bills, unit: str) -> tuple[Panel | None, Control, str]:
    """Return the panel, who its controls are, and why not, if not."""
    panel = bills.panel
    if panel is None:
        return None, "stayed", bills.reason or "there is no panel"
    staggered = len(panel.cohorts) > 1
    enough = int((~panel.moved).sum()) >= 2
    control: Control = "stayed" if enough or not staggered else "not_yet"
    reason = why_not(panel, staggered=control == "not_yet")
    if reason is None and panel.n_moved_clusters == 1:
        reason = f"only one {_cluster(panel, unit)} moved, and one cannot show its own error"
    if reason is None and not staggered and len(np.unique(panel.codes[~panel.moved])) == 1:
        reason = f"only one {_cluster(panel, unit)} stayed, and one cannot show its own error"
    return panel, control, reason or ""


def _cluster(panel: Panel, unit: str) -> str:
    return "cluster" if panel.clustered else unit


def _estimate(
    panel: Panel, control: Control, method: Method, level: float, draws: int, seed: int
) -> tuple[_Found, tuple[float, float] | None]:
    """Return the main estimate, and the ends of the wild bootstrap where there is one start."""
    if method == "ratio":
        row = two_way_ratio(panel, level=level).table.iloc[0]
        return _Found.of(row, _RATIO), None
    if len(panel.cohorts) == 1:
        fit = two_way(panel, level=level, draws=draws, seed=seed)
        row = fit.table.iloc[0]
        wild = None if fit.wild is None else (fit.wild.conf_low, fit.wild.conf_high)
        return _Found.of(row, _DID), wild
    row = group_time(panel, control=control).aggregate("simple", level=level).overall
    return _Found.of(row, _STAGGERED), None


def realised_savings(
    bills: Bills,
    *,
    currency: str = "",
    unit: str = "matter",
    method: Method = "auto",
    level: float = 0.90,
    draws: int = 999,
    seed: int = 0,
) -> Result:
    """Estimate what moving work saved on the matters that moved it.

    Parameters
    ----------
    bills : Bills
        From `lpo_analysis.savings.billing.realised_panel.bills_panel`.
    currency : str, optional
        ISO 4217 code of the spend.
    unit : str, default 'matter'
        What a unit is called.
    method : str, default 'auto'
        `auto`: difference in differences where all moved in one month, group-time effects where they did not; `ratio`: ratio of means
        by Poisson pseudo-likelihood, for spend or hours as they are, zeros included, and one month of the move.
    level : float, default 0.90
        Level of all intervals.
    draws : int, default 999
        Draws of the wild cluster bootstrap.
    seed : int, default 0
        Its seed.

    Returns
    -------
    Result
        Terms: `saving_share` (share of what would have been without the move; above 0 is a saving), `effect` (moved less what would
        have been, on the outcome's scale), `wild_bootstrap` (one start: the share with bootstrap ends), `before_after` and, with
        several starts, `two_way`: what naive answers would be, as shares. Not estimable where nothing stays to compare with, nothing
        is seen before, or one cluster stands alone.

    Raises
    ------
    ParameterError
        If an option is unknown, or `ratio` is asked of a logarithm or a rate.

    Notes
    -----
    The estimand is the average effect on those that moved, if without the move they had gone in parallel with the others: in
    logarithms by the same factor, as they are by the same amount. The two differ, and neither can be proved.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. Journal of Econometrics 225(2).
    https://doi.org/10.1016/j.jeconom.2020.12.001
    Goodman-Bacon, A. (2021). Difference-in-differences with variation in treatment timing. Journal of Econometrics 225(2).
    https://doi.org/10.1016/j.jeconom.2021.03.014
    """
    if method not in get_args(Method):
        raise ParameterError(f"method: got {method!r}.", remedy=choices(method, get_args(Method)))
    if method == "ratio" and bills.outcome not in ("spend", "hours"):
        raise ParameterError(f"method: a ratio needs spend or hours as they are, got {bills.outcome}.")
    name = f"realised_{bills.outcome}"
    label = _RATIO if method == "ratio" else f"{_DID} or {_STAGGERED}"
    panel, control, reason = _reason(bills, unit)
    if panel is None or reason:
        return _refused(name, bills, level, reason, label)
    try:
        found, wild = _estimate(panel, control, method, level, draws, seed)
    except ParameterError as error:
        return _refused(name, bills, level, _because(error), label)
    words = _Words(bills, currency, unit, level, method == "ratio")
    rows = _rows(panel, found, wild, words)
    checks = (cluster_check(panel), _pre_check(panel, control, level), *_dates_check(panel), *bills.checks)
    return Result(
        name, tidy(rows), _text(panel, control, rows, words), checks, n_used=panel.n_rows, n_dropped=bills.n_left_out
    )  # fmt: skip


def _because(error: ParameterError) -> str:
    return (
        error.what.removeprefix("panel: ").removeprefix("design: ").removeprefix("not estimable, because ").rstrip(".")
    )


def _rows(panel: Panel, found: _Found, wild: tuple[float, float] | None, words: _Words) -> list[dict[str, object]]:
    common = {"level": words.level, "n_obs": panel.n_rows}

    def shared(term: str, label: str, estimate: float, low: float, high: float, method: str) -> dict[str, object]:
        error = np.nan
        if term == "saving_share":
            slope = np.exp(estimate) if words.scale == "log points" else words.after / (words.after - estimate) ** 2
            error = abs(slope) * found.std_error
        # A low effect is a high saving.
        return {
            "term": term, "label": label, "estimate": words.share(estimate), "std_error": error, "conf_low": words.share(high),
            "conf_high": words.share(low), "unit": "share", "method": method, **common,
        }  # fmt: skip

    rows = [
        shared("saving_share", "saving", found.estimate, found.conf_low, found.conf_high, found.method),
        {"term": "effect", "label": "effect of the move", "estimate": found.estimate, "std_error": found.std_error,
         "conf_low": found.conf_low, "conf_high": found.conf_high, "unit": words.scale, "method": found.method, **common},
    ]  # fmt: skip
    if wild is not None:
        rows.append(
            shared("wild_bootstrap", "saving, bootstrap interval", found.estimate, *wild, "wild cluster bootstrap")
        )
    if not words.ratio:
        naive = _Found.of(before_after(panel, level=words.level).iloc[0], "before and after")
        rows.append(
            shared(
                "before_after",
                "before and after alone (naive)",
                naive.estimate,
                naive.conf_low,
                naive.conf_high,
                naive.method,
            )
        )
        if len(panel.cohorts) > 1:
            try:
                mixed = _Found.of(two_way(panel, level=words.level, wild=False).table.iloc[0], _DID)
            except ParameterError:  # the naive answer does not exist; the other does
                return rows
            rows.append(
                shared("two_way", "two-way regression (naive)", mixed.estimate, mixed.conf_low, mixed.conf_high, _DID)
            )
    return rows


def _text(panel: Panel, control: Control, rows: list[dict[str, object]], words: _Words) -> str:
    table = tidy(rows).set_index("term")
    share, effect = table.loc["saving_share"], table.loc["effect"]
    moved, stayed = int(panel.moved.sum()), int((~panel.moved).sum())
    rest = f"the {count(stayed, words.unit)} that stayed" if control == "stayed" else f"each {words.unit} not yet moved"
    what = LABELS[words.bills.base]
    many = f"the {count(moved, words.unit)} that moved work"
    known = bool(np.isfinite(share["estimate"]))
    line = (
        words.side(float(share["estimate"]))
        if known
        else f"{words.amount(effect['estimate'])} {'lower' if effect['estimate'] <= 0 else 'higher'}"
    )
    frame = (share["conf_low"], share["conf_high"]) if known else (-effect["conf_high"], -effect["conf_low"])
    interval = ""
    if np.isfinite(frame).all():
        write = percent if known else words.amount
        interval = f" ({words.level:.0%} interval: {words.range(float(frame[0]), float(frame[1]), write)})"
    text = [f"On {many}, {what} was {line}{interval} than it would have been in parallel with {rest}."]
    if not interval:
        text.append("No interval can be given, because the moves show no error of their own.")
    elif frame[0] < 0 < frame[1]:
        text.append("The bills do not tell whether the move saved anything.")
    clear = bool(interval) and not frame[0] < 0 < frame[1]
    if words.scale != "log points" and known and clear:
        width = float(effect["conf_high"] - effect["conf_low"])
        text.append(
            f"That is {words.amount(effect['estimate'], width)} {'less' if effect['estimate'] <= 0 else 'more'} on average."
        )
    if "before_after" in table.index and np.isfinite(table.loc["before_after", "estimate"]):
        text.append(
            f"Before and after alone, with nothing to compare, would say {words.side(float(table.loc['before_after', 'estimate']))}."
        )
    if "two_way" in table.index and np.isfinite(table.loc["two_way", "estimate"]):
        text.append(f"A two-way regression would say {words.side(float(table.loc['two_way', 'estimate']))}.")
    if panel.n_clusters < NONE:
        text.append(f"With {count(panel.n_clusters, _cluster(panel, words.unit))} no interval can be relied on.")
    return " ".join(text)


def _pre_check(panel: Panel, control: Control, level: float) -> Check:
    name = "before the move"
    test: JointTest | PreTest | None = None
    try:
        if len(panel.cohorts) == 1:
            test = event_study(panel, level=level).pre_trend
        else:
            test = group_time(panel, control=control).aggregate("event", level=level, draws=99, seed=0).pre_trend
    except ParameterError:
        test = None
    if test is None:
        return Check(name, None, "There are too few months or clusters to test whether paths differed before the move.")
    p = "below 0.01" if test.p_value < 0.005 else f"= {test.p_value:.2f}"
    told = f"{count(test.df, 'difference')} before the move taken together: p {p}"
    if test.p_value < 0.10:
        return Check(
            name, False, f"{told}. Paths differed before the move, and the estimate mixes that with its effect."
        )
    return Check(
        name, None, f"{told}. That no difference is told from 0 does not prove that paths would have stayed parallel."
    )


def _dates_check(panel: Panel) -> list[Check]:
    if len(panel.cohorts) == 1:
        return []
    told = (
        f"Moves fall into {len(panel.cohorts)} months. A two-way regression also compares with those already under way"
    )
    parts = comparisons(panel)
    if parts is not None:
        told += f" ({percent(float(parts.loc[parts['kind'] == 'already', 'weight'].sum()))} of its weight)"
    alone = int((pd.Series(panel.start[panel.moved]).value_counts() == 1).sum())
    more = f" {count(alone, 'month')} with one move each are judged by the spread between them." if alone else ""
    return [Check("dates of the move", None, f"{told}; group-time effects do not.{more}")]


def realised_over_time(
    bills: Bills, *, currency: str = "", unit: str = "matter", level: float = 0.90, draws: int = 999, seed: int = 0
) -> Result:
    """Estimate effects by month since the move, and before it.

    Parameters
    ----------
    bills : Bills
        From `lpo_analysis.savings.billing.realised_panel.bills_panel`.
    currency : str, optional
        ISO 4217 code of the spend.
    unit : str, default 'matter'
        What a unit is called.
    level : float, default 0.90
        Level of the intervals: each by itself with one start, all at once (simultaneous) with several.
    draws : int, default 999
        Draws behind the simultaneous band.
    seed : int, default 0
        Its seed.

    Returns
    -------
    Result
        One term a month since the move (`month_-3` is three before): the change against what would have been, as a share in
        logarithms, else on the outcome's scale; the last month before the move is 0 by construction. Not estimable as for
        `realised_savings`.

    References
    ----------
    Roth, J. (2022). Pretest with caution: event-study estimates after testing for parallel trends. American Economic Review:
    Insights 4(3). https://doi.org/10.1257/aeri.20210236
    """
    name = f"realised_{bills.outcome}_over_time"
    panel, control, reason = _reason(bills, unit)
    if panel is None or reason:
        return _refused(name, bills, level, reason, "event study")
    words = _Words(bills, currency, unit, level, False)
    try:
        if len(panel.cohorts) == 1:
            study = event_study(panel, level=level).table
            frame = study.rename(columns={"event_time": "at"}).assign(n_moved=int(panel.moved.sum()))
            method = f"event study, {_DID}"
        else:
            found = group_time(panel, control=control).aggregate("event", level=level, draws=draws, seed=seed).table
            frame = found.assign(conf_low=found["band_low"], conf_high=found["band_high"])
            frame = pd.concat([frame, pd.DataFrame({"at": [-1.0], "estimate": [0.0]})]).sort_values("at")
            method = f"{_STAGGERED}, simultaneous band"
    except ParameterError as error:
        return _refused(name, bills, level, _because(error), "event study")
    values = frame[["estimate", "conf_low", "conf_high"]]
    if bills.log:
        frame = frame.assign(**np.expm1(values), std_error=np.exp(frame["estimate"]) * frame["std_error"])
    scale = "share" if bills.log else words.scale
    rows = [
        {"term": f"month_{int(r.at)}", "label": _when(int(r.at)), "estimate": r.estimate, "std_error": r.std_error,
         "conf_low": r.conf_low, "conf_high": r.conf_high, "level": level, "n_obs": panel.n_rows, "unit": scale, "method": method,
         "n_moved": r.n_moved}
        for r in frame.itertuples(index=False)
    ]  # fmt: skip
    table = tidy(rows)
    shown = frame.rename(columns={"at": "x"})[["x", "estimate", "conf_low", "conf_high"]].reset_index(drop=True)
    shown = shown.fillna({"conf_low": shown["estimate"], "conf_high": shown["estimate"]})
    since = frame[frame["at"] >= 0].dropna(subset=["conf_low"])
    clear = int(((since["conf_low"] > 0) | (since["conf_high"] < 0)).sum())
    pre = _pre_check(panel, control, level)
    text = (
        f"{sentence(LABELS[bills.base])} is told from what it would have been without the move in {clear} of "
        f"{count(len(since), 'month')} since the move{', all judged at once' if len(panel.cohorts) > 1 else ''}. {pre.text}"
    )
    draw = partial(
        band, title=f"{sentence(LABELS[bills.base])} against what it would have been", xlabel="months since the move",
        ylabel="change" if bills.log else scale, mark=-0.5, mark_text="move", percent_y=bills.log,
    )  # fmt: skip
    alt = f"{sentence(LABELS[bills.base])} by months since the move, with {words.level:.0%} intervals and a line at the move."
    return Result(
        name, table, text, (cluster_check(panel), pre, *bills.checks), n_used=panel.n_rows, n_dropped=bills.n_left_out,
        plot_data=shown, draw=draw, alt=alt,
    )  # fmt: skip


def _when(at: int) -> str:
    if at < 0:
        return f"{count(-at, 'month')} before"
    return "month of the move" if at == 0 else f"{count(at, 'month')} after"
