"""What goes with use in a researcher's own survey: a logit of use on buyer, size, place, practice and stated reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
import pandas as pd

from lpo_analysis.adoption.survey_data import DRIVERS, NO, YES, Survey
from lpo_analysis.adoption.survey_weights import (
    CAP,
    GROUP_LABELS,
    Weighed,
    answers_by,
    group_label,
    hidden_check,
    rows_check,
    weigh,
    weights_check,
)
from lpo_analysis.charts import intervals
from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.logit import LogitFit, events_per_term, fit_logit, separated
from lpo_analysis.methods.suppression import SHOWN, suppress
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, number, percent

Variable = Literal["buyer", "buyer_size", "geography", "practice", "drivers"]
Outcome = Literal["uses_lpo", "uses_alsp"]
OUTCOMES: dict[Outcome, str] = {
    "uses_lpo": "legal process outsourcing",
    "uses_alsp": "alternative legal service providers",
}
LEAST_EVENTS, GOOD_EVENTS = 5.0, 10.0
LEAST_CLUSTERS, GOOD_CLUSTERS = 10, 40
MOST_BLANK = 0.2
POOLED = "pooled"


@dataclass(frozen=True, eq=False)
class _Design:
    """Columns of the model with the meaning of each."""

    frame: pd.DataFrame
    columns: pd.DataFrame
    labels: dict[str, str]
    variables: dict[str, str]
    bases: dict[str, str]
    levels: dict[str, pd.Series]
    left_out: list[str]
    n_incomplete: int


def survey_model(
    survey: Survey,
    *,
    outcome: Outcome = "uses_lpo",
    variables: Sequence[Variable] = get_args(Variable),
    level: float = 0.90,
    min_cell: int = 5,
    cap: float | None = CAP,
) -> Result:
    """Fit a logit of use on what is known of the respondents, and give average marginal effects.

    Parameters
    ----------
    survey : Survey
        The answers.
    outcome : {'uses_lpo', 'uses_alsp'}, default 'uses_lpo'
        Use of what.
    variables : sequence of {'buyer', 'buyer_size', 'geography', 'practice', 'drivers'}, optional
        What enters; all by default. Fewer need fewer respondents.
    level : float, default 0.90
        Confidence level.
    min_cell : int, default 5
        Categories with fewer respondents are pooled, and effects that would give away fewer are hidden.
    cap : float or None, default 5
        Largest weight as a multiple of the mean weight.

    Returns
    -------
    Result
        One term a category (``buyer_size:large``) or reason (``drivers:cost``): ``estimate`` is the difference of the
        probability of use to the base category, other things as they are; extra columns odds_ratio, odds_low, odds_high,
        variable, base. Not estimable with too few users or non-users for the terms, with separation, or with fewer than ten
        clusters. The fit is not handed out, for it holds the answers of single respondents.

    Raises
    ------
    ParameterError
        If an outcome or variable is unknown.

    Notes
    -----
    Associations, not effects of anything: who outsources may come to see other reasons. Base is the most frequent category. A
    variable that more than a fifth left blank, or that does not vary, is left out; so are reasons that only users were asked
    for. Respondents with a blank in what stays are set aside.
    """
    _allowed(outcome, variables)
    weighed = weigh(survey, cap=cap)
    aside = dict(weighed.set_aside)
    answered = weighed.frame[weighed.frame[outcome].isin([YES, NO])]
    if silent := len(weighed.frame) - len(answered):
        aside[f"without a yes or no on {OUTCOMES[outcome]}"] = silent
    n = len(survey.frame)
    refuse = partial(not_estimable, "survey_model", terms=("use",), level=level, n_dropped=n, unit="probability")
    if answered[outcome].nunique() < 2:
        said = "nobody answered" if answered.empty else "all who answered said " + answered[outcome].iloc[0]
        return refuse(f"{said} on {OUTCOMES[outcome]}, so nothing can tell users from non-users")
    design = _design(answered, outcome, variables, survey, min_cell)
    if design.n_incomplete:
        aside["with a blank in a variable of the model"] = design.n_incomplete
    y = design.frame[outcome].eq(YES)
    n_obs, events = len(y), int(y.sum())
    if design.columns.empty:
        return refuse("no variable of the model varies and was answered by enough respondents" + _told(design.left_out))
    if y.nunique() < 2:
        return refuse("all respondents without a blank gave the same answer on use" + _told(design.left_out))
    terms, few = design.columns.shape[1], min(events, n_obs - events)
    per_term = events_per_term(y, terms)
    if per_term < LEAST_EVENTS or few < min_cell:
        rarer, needed = ("users" if events == few else "non-users"), max(LEAST_EVENTS * terms, min_cell)
        there = f"are {few}" if few >= min_cell else f"are fewer than {min_cell}"
        return refuse(
            f"{count(terms, 'term')} need at least {needed:.0f} {rarer}, and there {there} of {n_obs}; name fewer variables, or ask "
            "more respondents"
        )
    clusters = design.frame["cluster"] if survey.clustered else None
    n_clusters = None if clusters is None else int(clusters.nunique())
    if n_clusters is not None and n_clusters < LEAST_CLUSTERS:
        return refuse(
            f"respondents come from {count(n_clusters, 'cluster')}, and errors by cluster need {LEAST_CLUSTERS} at least"
        )
    if apart := separated(y, design.columns):
        words = listing([design.labels.get(term, term) for term in apart])
        return refuse(
            f"{words} tell users from non-users without error (separation), so no finite estimate exists; merge categories or name fewer variables"
        )
    families = [[c for c, v in design.variables.items() if v == variable] for variable in design.levels]
    fit = fit_logit(y, design.columns, weights=design.frame["weight"], clusters=clusters, factors=families)
    return _result(fit, design, weighed, survey, outcome, level, min_cell, per_term, aside)


def _allowed(outcome: str, variables: Sequence[str]) -> None:
    if outcome not in OUTCOMES:
        raise ParameterError(f"outcome: got {outcome!r}.", remedy=choices(outcome, OUTCOMES))
    for variable in variables:
        if variable not in get_args(Variable):
            raise ParameterError(f"variables: got {variable!r}.", remedy=choices(variable, get_args(Variable)))
    if not variables:
        raise ParameterError("variables: none is named.", remedy=choices("", get_args(Variable)))


def _told(left_out: Sequence[str]) -> str:
    return f"; left out: {'; '.join(left_out)}" if left_out else ""


def _design(frame: pd.DataFrame, outcome: str, variables: Sequence[str], survey: Survey, least: int) -> _Design:
    left_out: list[str] = []
    groups = [v for v in dict.fromkeys(variables) if v != "drivers"]
    kept = [v for v in groups if _usable(v, frame[v].eq(""), survey, left_out)]
    drivers = "drivers" in variables and _usable(
        "drivers", frame["drivers"].isna(), survey, left_out, frame[outcome].eq(NO)
    )
    complete = np.ones(len(frame), dtype=bool)
    for variable in kept:
        complete &= frame[variable].ne("").to_numpy(dtype=bool)
    if drivers:
        complete &= frame["drivers"].notna().to_numpy(dtype=bool)
    used = frame[complete].reset_index(drop=True)
    columns: dict[str, pd.Series] = {}
    labels: dict[str, str] = {}
    of: dict[str, str] = {}
    bases: dict[str, str] = {}
    levels: dict[str, pd.Series] = {}
    for variable in kept:
        pooled = _pool(used[variable], least)
        if pooled.nunique() < 2:
            left_out.append(f"{GROUP_LABELS[variable]} (one category only)")
            continue
        counts = pooled.value_counts()
        base = min(counts.index[counts == counts.max()])
        levels[variable], bases[variable] = pooled, _level_label(variable, base)
        for code in sorted(set(pooled) - {base}):
            key = f"{variable}:{code}"
            columns[key], of[key] = pooled.eq(code).astype(float), variable
            labels[key] = f"{GROUP_LABELS[variable]} {_level_label(variable, code)}"
    for code in DRIVERS if drivers else ():
        named = used["drivers"].map(lambda codes, code=code: code in codes).astype(float)
        if min(named.sum(), len(named) - named.sum()) < least:
            continue
        key = f"drivers:{code}"
        columns[key], of[key], labels[key] = named, key, f"names {DRIVERS[code]}"
        levels[key], bases[key] = named.map({1.0: code, 0.0: "not named"}), "not named"
    made = pd.DataFrame(columns, index=used.index)
    return _Design(used, made, labels, of, bases, levels, left_out, int((~complete).sum()))


def _usable(
    variable: str, blank: pd.Series, survey: Survey, left_out: list[str], of_others: pd.Series | None = None
) -> bool:
    """Decide whether a variable enters, and note why not."""
    words = GROUP_LABELS.get(variable, "stated reasons")
    if variable not in survey.columns:
        left_out.append(f"{words} (not in the file)")
    elif of_others is not None and of_others.any() and blank[of_others].all():
        left_out.append(f"{words} (only users were asked, so they cannot tell users from others)")
    elif blank.mean() > MOST_BLANK:
        left_out.append(f"{words} (blank for {blank.mean():.0%})")
    else:
        return True
    return False


def _pool(column: pd.Series, least: int) -> pd.Series:
    """Put categories with too few respondents together, and with the next smallest while they are still too few."""
    counts = column.value_counts().sort_index().sort_values(kind="stable")
    few = list(counts.index[counts < least])
    if not few:
        return column
    rest = [code for code in counts.index if code not in few]
    while rest and counts[few].sum() < least:
        few.append(rest.pop(0))
    return column.where(~column.isin(few), POOLED)


def _level_label(variable: str, code: str) -> str:
    return "others, pooled" if code == POOLED else group_label(variable, code)


def _marks(design: _Design, y: pd.Series, least: int) -> dict[str, str]:
    """Hide effects from which, with the shares by group, a small cell could be worked out."""
    marks: dict[str, str] = {}
    for variable, column in design.levels.items():
        groups, table = answers_by(column, y)
        found = dict(zip(groups, suppress(table, least=least).tolist(), strict=True))
        terms = [term for term, of in design.variables.items() if of == variable]
        codes = {term: term.split(":", 1)[1] for term in terms}
        base = next(code for code in found if code not in codes.values())
        for term in terms:
            # Every effect is against the base, so a hidden base hides them all.
            marks[term] = found[codes[term]] or found[base]
    return marks


def _result(
    fit: LogitFit, design: _Design, weighed: Weighed, survey: Survey, outcome: Outcome, level: float, least: int,
    per_term: float, aside: dict[str, int],
) -> Result:  # fmt: skip
    y = design.frame[outcome].eq(YES)
    marks = _marks(design, y, least)
    effects = fit.effects(level).set_index("term")
    odds = np.exp(fit.coefficients(level).set_index("term")[["estimate", "conf_low", "conf_high"]])
    how = "errors by cluster" if survey.clustered else "robust errors"
    records = []
    for term in design.columns:
        record = {"term": term, "label": f"{design.labels[term]} (base: {design.bases[design.variables[term]]})", "level": level,
                  "unit": "probability", "variable": term.split(":")[0], "base": design.bases[design.variables[term]]}  # fmt: skip
        if marks[term] != SHOWN:
            records.append(record | {"method": "suppressed"})
            continue
        records.append(record | effects.loc[term].to_dict() | {
            "n_obs": fit.n_obs, "method": f"average marginal effect of a logit, {how}, delta method",
            "odds_ratio": odds.loc[term, "estimate"], "odds_low": odds.loc[term, "conf_low"], "odds_high": odds.loc[term, "conf_high"],
        })  # fmt: skip
    table = tidy(records)
    for column in ("odds_ratio", "odds_low", "odds_high"):
        if column not in table:
            table[column] = np.nan
    shown = table[table["estimate"].notna()]
    if shown.empty:
        reason = f"every effect would tell the answers of fewer than {least} respondents"
        return not_estimable(
            "survey_model",
            reason,
            terms=list(table["term"]),
            level=level,
            n_dropped=len(survey.frame),
            unit="probability",
        )
    n = len(survey.frame)
    checks = (
        rows_check(n, fit.n_obs, aside, least),
        _events_check(fit, per_term),
        _clusters_check(fit),
        Check("Separation", True, "No term tells users from non-users without error; the estimate exists."),
        Check("Left out", None, f"{'; '.join(design.left_out)}." if design.left_out else "No variable was left out."),
        hidden_check([marks[term] if marks[term] else SHOWN for term in design.columns], least),
        weights_check(survey, weighed),
        Check("Meaning", None, "Associations among those who answered; they are no effects of size, place or reasons."),
    )
    return Result(
        "survey_model", table, _text(shown, fit, outcome, level), checks=checks, n_used=fit.n_obs, n_dropped=n - fit.n_obs,
        plot_data=shown[["label", "estimate", "conf_low", "conf_high"]].reset_index(drop=True),
        draw=partial(intervals, title=f"What goes with the use of {OUTCOMES[outcome]}", xlabel=f"difference in the probability of use, {level:.0%} interval"),
        alt=f"{count(len(shown), 'average marginal effect')} on the use of {OUTCOMES[outcome]}, from {percent(shown['estimate'].min())} to {percent(shown['estimate'].max())}.",
    )  # fmt: skip


def _events_check(fit: LogitFit, per_term: float) -> Check:
    text = f"{number(per_term, digits=2)} of the rarer answer for each term (n {fit.n_obs}); ten is the usual rule, five the least here."
    return Check("Events per term", per_term >= GOOD_EVENTS, text)


def _clusters_check(fit: LogitFit) -> Check:
    if fit.n_clusters is None:
        return Check(
            "Clusters",
            None,
            "The file names none: errors take respondents as independent, which colleagues of one firm are not.",
        )
    few = fit.n_clusters < GOOD_CLUSTERS
    text = f"{fit.n_clusters} clusters, t with {fit.df:.0f} degrees of freedom"
    text += f"; under {GOOD_CLUSTERS} the errors tend to be too small." if few else "."
    return Check("Clusters", not few, text)


def _text(shown: pd.DataFrame, fit: LogitFit, outcome: Outcome, level: float) -> str:
    clear = shown[(shown["conf_low"] > 0) | (shown["conf_high"] < 0)]
    clear = clear.iloc[np.argsort(-clear["estimate"].abs().to_numpy(), kind="stable")]
    head = f"Of {fit.n_obs} respondents with all answers, {percent(fit.n_events / fit.n_obs)} (unweighted) use {OUTCOMES[outcome]}."
    chance = f"{len(shown) * (1 - level):.1f} of {count(len(shown), 'interval')} would leave out zero by chance alone"
    if clear.empty:
        return f"{head} No interval of a difference leaves out zero: the survey shows nothing that goes with use."
    said = [
        f"{row.label} {100 * row.estimate:+.0f} points ({level:.0%} interval {100 * row.conf_low:+.0f} to {100 * row.conf_high:+.0f})"
        for row in clear.head(4).itertuples()
    ]
    more = f" and {len(clear) - 4} more" if len(clear) > 4 else ""
    return f"{head} Use goes with {listing(said)}{more}, other things equal; {chance}. These are associations, not effects."
