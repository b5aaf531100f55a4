"""What the UK buys abroad from legal and accounting firms: what imports follow, who exceeds it, and the yearly total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from lpo_analysis import vocabulary
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.charts import intervals
from lpo_analysis.charts.dotplot import dotplot, lines
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import Evidence
from lpo_analysis.evidence import table as load_table
from lpo_analysis.methods.gravity import GravityFit, LeftOut, left_out, ppml, reset_test
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, number, percent, sentence

NAMED = ("IND", "PHL", "POL", "ZAF")
"""Delivery locations that the texts name, whatever they show."""
TERMS = {
    "ln_gdp": "size of the economy",
    "ln_distance": "distance",
    "common_official_language": "a common official language",
    "rule_of_law": "rule of law",
}
ADDED = {"colony": "colonial ties", "political_stability": "political stability"}
"""Added to the model one at a time."""
UNTESTED = "not tested: no price level or pay by partner is in the table"
_TONGUE = "common_official_language"
BESIDE = f"{_TONGUE}_beside_colony"
"""Term of the language where colonial ties stand beside it."""
_IMPORTS = "table:uk_legal_accounting_imports_by_country:all"
_HALF = 0.5
"""Flows are rounded to a whole million: each is known within half a million."""
_OPEN = 100
"""A multiple from which on an upper limit is told as none: where partners scatter much, next to nothing is within chance."""
_REACH = "Law and accountancy together, every service their firms trade, trade within firms included; one importer: "


def called(code: str, country: str) -> str:
    """Return the name of a country as a sentence takes it.

    Parameters
    ----------
    code : str
        ISO 3166 code.
    country : str
        Its name in the table, taken where the vocabulary has none.

    Returns
    -------
    str
        Such as ``the Philippines``.
    """
    return vocabulary.in_words(code) if code in vocabulary.PLACES else country


def label_of(code: str, country: str) -> str:
    """Return the name of a country for a table or a figure.

    Parameters
    ----------
    code, country : str
        As in `called`.

    Returns
    -------
    str
        Such as ``Philippines``.
    """
    return vocabulary.label("place", code) if code in vocabulary.PLACES else country


def some(names: Sequence[str], *, most: int = 6) -> str:
    """List names, of many only the first and how many more.

    Parameters
    ----------
    names : sequence of str
        The names.
    most : int, default 6
        How many are listed.

    Returns
    -------
    str
        A list as a sentence takes it.
    """
    return listing([*names[:most], f"{len(names) - most} more"]) if len(names) > most + 1 else listing(list(names))


def _flows() -> tuple[pd.DataFrame, int, pd.DataFrame]:
    """Return the usable flows, the number of suppressed ones, and those without a covariate."""
    frame = load_table("uk_legal_accounting_imports_by_country")
    frame = frame.assign(ln_gdp=np.log(frame["gdp_usd"]), ln_distance=np.log(frame["distance_km"]))
    known = frame[frame["imports_gbp_mn"].notna()]
    bare = known[[*TERMS, *ADDED]].isna().any(axis=1)
    return known[~bare].reset_index(drop=True), len(frame) - len(known), known[bare]


def _design(frame: pd.DataFrame, terms: Sequence[str]) -> pd.DataFrame:
    years = sorted(frame["year"].unique())[1:]
    effects = {f"year_{year}": (frame["year"] == year).astype(float) for year in years}
    return pd.DataFrame(
        {"const": np.ones(len(frame)), **effects, **{term: frame[term].astype(float) for term in terms}}
    )


def _fit(frame: pd.DataFrame, *added: str) -> GravityFit:
    return ppml(frame["imports_gbp_mn"], _design(frame, [*TERMS, *added]), frame["iso3"])


@lru_cache(maxsize=8)
def _left_out(rows: tuple[tuple[Any, ...], ...], columns: tuple[str, ...], added: tuple[str, ...]) -> LeftOut:
    return left_out(_fit(pd.DataFrame(list(rows), columns=list(columns)), *added))


def _without_each(frame: pd.DataFrame, *added: str) -> LeftOut:
    """Leave out each partner in turn; kept, because the model and who exceeds it both need it."""
    needed = frame[["iso3", "year", "imports_gbp_mn", *TERMS, *added]]
    return _left_out(tuple(needed.itertuples(index=False, name=None)), tuple(needed.columns), added)


def _added(frame: pd.DataFrame) -> dict[str, LeftOut]:
    """Return the model with each further regressor, where it is identified without any one partner."""
    found = {}
    for term in ADDED:
        try:
            found[term] = _without_each(frame, term)
            found[term].covariance()
        except ParameterError:
            found.pop(term, None)
    return found


def _fit_or_refuse(
    name: str, frame: pd.DataFrame, level: float, dropped: int, terms: Mapping[str, str]
) -> LeftOut | Result:
    """Refuse where the flows bear no model; the least is ten partners a coefficient."""
    partners, least = frame["iso3"].nunique(), 10 * len(TERMS)
    reason = f"{count(partners, 'partner')} with imports and covariates {'is' if partners == 1 else 'are'} on file, and {least} are needed for {len(TERMS)} coefficients"
    if partners >= least:
        try:
            found = _without_each(frame)
            found.covariance()
            return found
        except ParameterError as error:
            reason = f"the flows do not identify the model ({error.what})"
    return not_estimable(name, reason, terms=terms, level=level, rows=[_IMPORTS], n_dropped=dropped)


def imports_gravity(evidence: Evidence, parameters: Parameters) -> Result:
    """Say what UK imports of legal and accounting services follow: size, distance, language, law.

    Parameters
    ----------
    evidence : Evidence
        The evidence base; the flows come from its analysis tables.
    parameters : Parameters
        Only the level is read.

    Returns
    -------
    Result
        Terms ``ln_gdp``, ``ln_distance`` (elasticities), ``common_official_language``, ``rule_of_law`` (log ratios), each of `ADDED` as
        the one further regressor, `BESIDE` (the language with colonial ties beside it) and ``price_level``, which nothing on file
        tests; ``n_clusters``, ``p_value`` and ``clustered_error`` beside them.

    Notes
    -----
    Estimand: coefficients of the logarithm of mean imports from a partner in a year, with year effects, over the partners the
    statistic publishes. One importer, so no partner effects. Errors are clustered by partner, by the cluster jackknife: in
    simulations on these partners (a test repeats them) the usual clustered intervals at 90% cover the effects of size, distance and
    language about three times in five, those of the jackknife 84 to 91%. ``clustered_error`` holds the usual standard error.

    References
    ----------
    MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2023). Fast and reliable jackknife and bootstrap methods for cluster-robust
    inference. Journal of Applied Econometrics 38(5). https://doi.org/10.1002/jae.2969
    Santos Silva, J. M. C. and Tenreyro, S. (2006). The log of gravity. Review of Economics and Statistics 88(4).
    https://doi.org/10.1162/rest.88.4.641
    """
    del evidence
    level = parameters.level
    frame, suppressed, bare = _flows()
    dropped = suppressed + len(bare)
    left = _fit_or_refuse("imports_gravity", frame, level, dropped, {**TERMS, **ADDED})
    if isinstance(left, Result):
        return left
    fit, found = left.fit, left.table(level).loc[[*TERMS]]
    wider = {term: one.table(level) for term, one in _added(frame).items()}
    method = f"PPML with year effects, jackknife over partners, t with {fit.n_clusters - 1} degrees of freedom"
    rows = [(term, TERMS[term], "", row) for term, row in found.iterrows()]
    for added, one in wider.items():
        rows.append((added, ADDED[added], ", added to the four", one.loc[added]))
        if added == "colony":
            rows.append(
                (
                    BESIDE,
                    f"{TERMS[_TONGUE]}, beside {ADDED[added]}",
                    f", {ADDED[added]} added to the four",
                    one.loc[_TONGUE],
                )
            )
    table = tidy(
        [{"term": term, "label": label, **row.to_dict(), "level": level, "n_obs": len(frame),
          "unit": "elasticity" if term.startswith("ln_") else "log ratio", "n_clusters": fit.n_clusters, "method": method + how}
         for term, label, how, row in rows]
        + [{"term": "price_level", "label": "price level", "level": level, "n_obs": 0, "unit": "elasticity", "n_clusters": 0, "method": UNTESTED}]
    )  # fmt: skip
    data = table[["label", "estimate", "conf_low", "conf_high"]].dropna(subset=["estimate"])
    return Result(
        "imports_gravity", table, _gravity_text(table, frame), checks=_gravity_checks(left, frame, found, suppressed, bare, level), rows=(_IMPORTS,),
        n_used=len(frame), n_dropped=dropped, plot_data=data.assign(label=data["label"].map(sentence), main=table["term"].isin(list(TERMS))[data.index]),
        draw=partial(intervals, title="What UK imports follow", percent=False,
                     xlabel=f"effect on the log of legal and accounting imports, {level:.0%} interval; grey: tried beside the four"),
        alt=f"Coefficients of {len(data)} regressors with their intervals, from {number(table['estimate'].min(), digits=2)} to {number(table['estimate'].max(), digits=2)}.",
        model=fit.model,
    )  # fmt: skip


def _effect(row: Any) -> str:
    if row.term in ("ln_gdp", "ln_distance"):
        what = "an economy 10% larger" if row.term == "ln_gdp" else "a distance 10% longer"
        low, high = sorted(abs(1.1**v - 1) for v in (row.conf_low, row.conf_high))
        change, width = abs(1.1**row.estimate - 1), high - low
        said = f"{percent(change, width=width)} {'more' if row.estimate > 0 else 'less'} ({percent(low, width=width)} to {percent(high, width=width)})"
    else:
        what = row.label if row.term != "rule_of_law" else "one more point of rule of law (of about five)"
        said = _factor(row)
    return f"{what} goes with {said}"


def _gravity_text(table: pd.DataFrame, frame: pd.DataFrame) -> str:
    rows = table[table["estimate"].notna() & (table["term"] != BESIDE)]
    told = (rows["conf_low"] > 0) | (rows["conf_high"] < 0)
    main = rows["term"].isin(list(TERMS))
    seen, null, further = rows[told & main], rows[~told], rows[told & ~main]
    text = f"In UK imports of legal and accounting services, {frame['year'].min()}-{frame['year'].max()} ({count(len(frame), 'flow')} from {count(frame['iso3'].nunique(), 'partner')}), "
    effects = [_effect(row) for row in seen.itertuples()]
    # Two at a time: four factors with their intervals make no sentence.
    pairs = [listing(effects[at : at + 2]) for at in range(0, len(effects), 2)]
    text += f"{'. '.join([*pairs[:1], *map(sentence, pairs[1:])])}." if effects else "no regressor tells."
    if len(null):
        text += f" No effect can be told of {listing([f'{row.label} ({_span(row)})' for row in null.itertuples()], last='or')}."
    if len(further):
        tried = int((~main).sum())
        shown = listing([f"{row.label} ({_span(row)})" for row in further.itertuples()])
        text += f" Of {count(tried, 'further regressor')} tried one at a time, {len(further)} {'goes' if len(further) == 1 else 'go'} with imports: {shown}."
    beside = table[table["term"] == BESIDE]
    if len(beside):
        alone = float(table.loc[table["term"] == _TONGUE, "estimate"].iloc[0])
        speakers = frame[frame[_TONGUE] == 1].drop_duplicates("iso3")
        text += (
            f" With {ADDED['colony']} beside it the language goes with {_factor(beside.iloc[0])} instead of {number(np.exp(alone), digits=2)}: "
            f"{int(speakers['colony'].sum())} of the {count(len(speakers), 'partner')} with the language have the ties, so the two are hard to tell apart."
        )
    text += " Whether cheap places sell more is not tested, for no price level or pay by partner is in the table."
    return f"{text} These are all services of legal and accounting firms together, trade within firms included: not legal process outsourcing."


def _factor(row: Any) -> str:
    low, high = np.exp([row.conf_low, row.conf_high])
    return (
        f"{number(np.exp(row.estimate), digits=2)} times as much ({number(low, digits=2)} to {number(high, digits=2)})"
    )


def _span(row: Any) -> str:
    """Say a coefficient beside the name of its regressor: as a factor, or as it is where the regressor is a logarithm."""
    if row.unit == "elasticity":
        return f"elasticity {number(row.estimate, digits=2)}, {number(row.conf_low, digits=2)} to {number(row.conf_high, digits=2)}"
    return _factor(row).replace(" (", ", ").removesuffix(")")


def _gravity_checks(
    left: LeftOut, frame: pd.DataFrame, found: pd.DataFrame, suppressed: int, bare: pd.DataFrame, level: float
) -> tuple[Check, ...]:
    fit, flows = left.fit, frame["imports_gbp_mn"]
    names = dict(zip(frame["iso3"], frame["country"], strict=True))
    reset, zeros = reset_test(fit), int((flows == 0).sum())
    straight = reset.p_value >= 1 - level
    without = left.coefficients[list(found.index)]
    moves = ((without - found["estimate"]) / found["clustered_error"]).abs()
    wide = found["std_error"] / found["clustered_error"]
    most, term = float(moves.max(axis=None)), str(moves.max().idxmax())
    who = str(moves[term].idxmax())
    turning = int(((without * found["estimate"]) < 0).any(axis=1).sum())
    spans = listing([f"{TERMS[t]} {without[t].min():.2f} to {without[t].max():.2f}" for t in without])
    shares = frame.groupby("iso3")["imports_gbp_mn"].sum().sort_values(ascending=False) / flows.sum()
    largest = str(shares.index[0])
    lacking = sorted(set(bare["country"]))
    dispersion = fit.model.pearson_chi2 / fit.model.df_resid
    return (
        Check("Form of the mean (RESET)", straight,
              f"The square of the linear index has t = {reset.statistic:.2f} with {reset.df} degrees of freedom (p = {reset.p_value:.2f})"
              + ("; a test that finds nothing proves nothing." if straight else ": the form of the mean is in doubt.")),
        Check("One partner left out", most <= 1 and not turning,
              f"Over all fits without one partner the coefficients run: {spans}. The largest move is {most:.1f} of the usual clustered standard errors ({TERMS[term]}, "
              f"without {called(who, names[who])}); {'no sign turns' if not turning else count(turning, 'partner turns', 'partners turn') + ' a sign'}."),
        Check("Clusters", fit.n_clusters >= 50,
              f"{fit.n_clusters} partners are the clusters, and unequal ({called(largest, names[largest])} alone is {percent(float(shares.iloc[0]))} of all imports). The usual clustered errors, with the factor "
              f"G/(G-1) x (n-1)/(n-k), are too small then; shown are those of the jackknife over partners, {wide.min():.1f} to {wide.max():.1f} times as large, with Student's t of {fit.n_clusters - 1} degrees of freedom."),
        Check("Zeros", None, f"{zeros} of {count(len(frame), 'flow')} {'is' if zeros == 1 else 'are'} 0 and stay in; a 0 may be anything below half a million pounds."),
        Check("Separation", True, "No combination of regressors separates zeros from flows, so the estimates exist."),
        Check("Suppressed and incomplete", None,
              f"{count(suppressed, 'import cell is', 'import cells are')} suppressed by the statistical office and left out, neither 0 nor guessed; {count(len(bare), 'flow lacks', 'flows lack')} "
              f"a covariate{f' ({listing(lacking)})' if lacking else ''}. Suppression falls on small partners: the model speaks for those published."),
        Check("Dispersion", None, f"Pearson's statistic is {dispersion:.1f} times its degrees of freedom. That does not matter here: only the mean must be right, and the clustered errors do not assume the Poisson variance."),
        Check("Reach", None, _REACH + "an association over partners, no effect of a policy, and no measure of outsourcing."),
    )  # fmt: skip


def imports_excess(evidence: Evidence, parameters: Parameters) -> Result:
    """Rank partners by what the UK imports over what size, distance, language and law lead to expect.

    Parameters
    ----------
    evidence : Evidence
        The evidence base; the flows come from its analysis tables.
    parameters : Parameters
        Only the level is read.

    Returns
    -------
    Result
        One term a partner (ISO 3166 alpha-3), largest first: ``estimate`` is actual over expected imports of all its years, with
        ``conf_low`` and ``conf_high`` that carry the scatter of partners, ``line_low`` and ``line_high`` that carry the error of the
        expectation alone, ``chance_low`` and ``chance_high`` (where a partner on the line lies), ``p_value``, ``p_adjusted``,
        ``actual_gbp_mn``, ``expected_gbp_mn``, ``rank`` and ``verdict`` (``excess``, ``shortfall``, ``alone`` or ``none``).

    Notes
    -----
    Estimand: the sum of a partner's imports over its expected sum under the model of `imports_gravity` fitted to the others. Partners
    scatter round the line for reasons the model does not hold, so a ratio is called an excess or a shortfall only where it is beyond
    that scatter (`lpo_analysis.methods.gravity.LeftOut.against_scatter`) after Holm's adjustment for all partners; ``alone`` is beyond
    it before the adjustment only. In simulations of ratios of these partners (a test repeats them) fewer than one in ten on the line
    is beyond it alone at 90%; after the adjustment up to two in ten tables still hold one, for the scatter itself is only estimated.
    """
    del evidence
    level = parameters.level
    frame, suppressed, bare = _flows()
    dropped = suppressed + len(bare)
    terms = {code: f"actual over expected imports, {vocabulary.label('place', code)}" for code in NAMED}
    left = _fit_or_refuse("imports_excess", frame, level, dropped, terms)
    if isinstance(left, Result):
        return left
    ratios = left.ratios.join(left.against_scatter(level, step=2 * _HALF)).sort_values(
        "ratio", ascending=False, kind="stable"
    )
    half = stats.t.ppf((1 + level) / 2, len(ratios) - 2) * ratios["log_error"]
    slack = _HALF * ratios["n_obs"]
    low = (ratios["actual"] - slack).clip(lower=0) / (ratios["expected"] * np.exp(half))
    high = (ratios["actual"] + slack) / (ratios["expected"] * np.exp(-half))
    names = frame.drop_duplicates("iso3").set_index("iso3")["country"]
    table = tidy(
        {"term": code, "label": label_of(str(code), names[code]), "estimate": row.ratio, "std_error": row.ratio * row.log_error, "conf_low": row.conf_low, "conf_high": row.conf_high,
         "level": level, "n_obs": int(row.n_obs), "unit": "ratio", "method": "over the expectation of the model fitted to the others; with the scatter of partners and rounding",
         "line_low": low[code], "line_high": high[code], "chance_low": row.low, "chance_high": row.high, "p_value": row.p_value, "p_adjusted": row.p_adjusted,
         "actual_gbp_mn": row.actual, "expected_gbp_mn": row.expected, "rank": rank, "verdict": _verdict(row, level)}
        for rank, (code, row) in enumerate(ratios.iterrows(), start=1)
    )  # fmt: skip
    small = int((table["actual_gbp_mn"] < 10 * _HALF * table["n_obs"]).sum())
    checks = (
        Check("Scatter of partners", None, f"The ratios of partners have a standard deviation of {number(float(ratios['scatter'].median()), digits=2)} round 1 beyond the error of their expectations. {_line_text(table)}"),
        Check("Rounding", small == 0, f"Flows are rounded to a million. For {count(small, 'partner')} the sum is so small that rounding alone can move the ratio by a tenth or more; the intervals carry it."),
        _other_models(table, frame),
        Check("Suppressed", None, f"{count(suppressed, 'import cell is', 'import cells are')} suppressed and in neither sum; a partner's years may therefore be fewer than four."),
        Check("Reach", None, "Legal and accounting services together, trade within firms included: a ratio above 1 need not be legal work, and one below 1 does not exclude it."),
    )  # fmt: skip
    return Result(
        "imports_excess", table, _excess_text(table, level), checks=checks, rows=(_IMPORTS,), n_used=int(table["n_obs"].sum()),
        n_dropped=dropped,
        plot_data=table[["label", "estimate", "conf_low", "conf_high"]].assign(main=table["term"].isin(NAMED)),
        draw=partial(dotplot, title=_title(table), xlabel=f"actual over expected imports; {level:.0%} interval of each alone",
                     reference=1.0, reference_text="as expected", log=True),
        alt=f"Ranked ratios of actual to expected imports of {count(len(table), 'partner')}, from {number(table['estimate'].min(), digits=2)} to {number(table['estimate'].max(), digits=2)}, with intervals.",
    )  # fmt: skip


def _title(table: pd.DataFrame) -> str:
    """Say what the figure shows: how many partners stand out among all of them."""
    out = int(table["verdict"].isin(["excess", "shortfall"]).sum())
    if not out:
        return "No partner stands out beyond the usual scatter"
    return f"{count(out, 'partner')} of {len(table)} {'stands' if out == 1 else 'stand'} out beyond the usual scatter"


def _line_text(table: pd.DataFrame) -> str:
    """Say how many partners are off the line by more than the error of the line, which is not the scatter of partners."""
    off = int(((table["line_low"] > 1) | (table["line_high"] < 1)).sum())
    return f"By the error of the expectation alone {off} of {len(table)} would be off the line: that error says where the line lies, not how far partners stray from it."


def _other_models(table: pd.DataFrame, frame: pd.DataFrame) -> Check:
    """Say how the named ratios change with each further regressor."""
    here = table[table["term"].isin(NAMED)]
    others = {ADDED[term]: one.ratios["ratio"] for term, one in _added(frame).items()}
    said = [
        f"{called(row.term, row.label)} {number(row.estimate, digits=2)} ("
        + listing([f"{number(float(ratio[row.term]), digits=2)} with {name}" for name, ratio in others.items()])
        + ")"
        for row in here.itertuples()
    ]
    text = (
        f"With a further regressor the ratios are others: {listing(said)}."
        if said and others
        else "None could be fitted."
    )
    return Check("Other models", None, text)


def _verdict(row: Any, level: float) -> str:
    if row.p_value >= 1 - level:
        return "none"
    if row.p_adjusted >= 1 - level:
        return "alone"
    return "excess" if row.ratio > 1 else "shortfall"


def _chance(p: float) -> str:
    return f"p = {number(p, digits=2)}" if p >= 0.001 else "p below 0.001"


def _excess_text(table: pd.DataFrame, level: float) -> str:
    n = len(table)
    found = {verdict: table[table["verdict"] == verdict] for verdict in ("excess", "shortfall", "alone")}

    def told(part: pd.DataFrame) -> str:
        names = [f"{called(r.term, r.label)} {number(r.estimate, digits=2)} times" for r in part.itertuples()]
        return f"{len(part)} ({listing(names)})" if names else "none"

    usual = [number(float(table[end].median()), digits=2) for end in ("chance_low", "chance_high")]
    alone = sum(map(len, found.values()))
    text = (
        f"Of {count(n, 'partner')} {told(found['excess'])} sold the UK more legal and accounting services, and {told(found['shortfall'])} less, than size, distance, language and rule of law "
        f"lead to expect by more than partners scatter anyway ({level:.0%} level, adjusted for {n} comparisons). One at a time {alone} {'is' if alone == 1 else 'are'} beyond the scatter, "
        f"and about {number((1 - level) * n, digits=2)} would be by chance alone. A partner on the line may well sell from {usual[0]} to {usual[1]} times what is expected of it."
    )
    said = [_named_text(r, n) for r in table[table["term"].isin(NAMED)].itertuples()]
    text += f" Of the delivery locations: {'. '.join(map(sentence, said))}." if said else ""
    missing = [vocabulary.in_words(code) for code in NAMED if code not in set(table["term"])]
    return text + (f" Not in the comparison: {listing(missing)}." if missing else "")


def _named_text(row: Any, partners: int) -> str:
    said = {
        "none": "no excess and no shortfall can be told",
        "alone": f"{'more' if row.estimate > 1 else 'less'} than expected taken alone ({_chance(row.p_value)}), but not shown among {partners} partners ({_chance(row.p_adjusted)})",
        "excess": f"an excess, among {partners} partners, too ({_chance(row.p_adjusted)})",
        "shortfall": f"a shortfall, among {partners} partners, too ({_chance(row.p_adjusted)})",
    }[row.verdict]
    low, high = (number(end, digits=2) for end in (row.conf_low, row.conf_high))
    span = f"{low} to {high}" if row.conf_high < _OPEN else f"{low} or more"
    return f"{called(row.term, row.label)} {number(row.estimate, digits=2)} times ({span}, rank {row.rank}): {said}"


def uk_legal_imports(evidence: Evidence, parameters: Parameters) -> Result:
    """Describe the yearly UK imports of legal services; nothing is fitted or forecast.

    Parameters
    ----------
    evidence : Evidence
        The evidence base; the series comes from its analysis tables.
    parameters : Parameters
        Not read: these are published totals without sampling errors.

    Returns
    -------
    Result
        One term a year: ``estimate`` is imports in GBP million at current prices, ``exports`` and ``change`` (on the year) beside it.
    """
    del evidence, parameters
    whole = load_table("uk_legal_services_trade").sort_values("year")
    frame = whole.dropna(subset=["imports_gbp_mn"]).reset_index(drop=True)
    if len(frame) < 2:
        return not_estimable(
            "uk_legal_imports",
            f"{count(len(frame), 'year')} of imports {'is' if len(frame) == 1 else 'are'} on file, and two are needed",
            n_dropped=len(whole) - len(frame),
        )
    change = frame["imports_gbp_mn"].pct_change().where(frame["year"].diff() == 1)
    table = tidy(
        {"term": str(int(row["year"])), "label": str(int(row["year"])), "estimate": row["imports_gbp_mn"], "n_obs": 1, "unit": "GBP mn, current", "method": "as published",
         "year": int(row["year"]), "exports": row["exports_gbp_mn"], "change": change[at]}
        for at, row in frame.astype({"year": int}).iterrows()
    )  # fmt: skip
    first, last = table.iloc[0], table.iloc[-1]
    falls, steps = int((change < 0).sum()), int(change.notna().sum())
    text = (
        f"UK imports of legal services went from {number(first['estimate'], digits=4)} million pounds in {first['year']} to {number(last['estimate'], digits=4)} million in {last['year']}, "
        f"{number(last['estimate'] / first['estimate'], digits=2)} times as much in current prices; they fell in {falls} of {count(steps, 'year')}. "
        f"Exports were {number(last['exports'] / last['estimate'], digits=2)} times the imports in {last['year']} ({number(first['exports'] / first['estimate'], digits=2)} times in {first['year']})."
    )
    flows = load_table("uk_legal_accounting_imports_by_country")
    same = flows.loc[flows["year"] == last["year"], "imports_gbp_mn"]
    other = (
        f" Published partners of the survey by country add up to {number(float(same.sum()), digits=4)} million for {last['year']}, accountancy included: not the same thing."
        if same.notna().any()
        else ""
    )
    checks = (
        Check("Provisional", None, f"{last['year']} is provisional; prices are current, so inflation is within the growth."),
        Check("No splice", None, f"This is the balance of payments, without partners; it does not splice with the survey of trade in services.{other}"),
        Check("Reach", None, "All legal services bought abroad, of law firms above all: outsourced process work is a small and unknown part."),
    )  # fmt: skip
    drawn = pd.DataFrame(
        {
            "series": "imports",
            "x": table["year"],
            "estimate": table["estimate"],
            "conf_low": np.nan,
            "conf_high": np.nan,
            "main": True,
        }
    )
    return Result(
        "uk_legal_imports", table, text, checks=checks, rows=("table:uk_legal_services_trade:all",), n_used=len(frame), n_dropped=len(whole) - len(frame), plot_data=drawn,
        draw=partial(lines, title="UK imports of legal services", ylabel="GBP million, current prices", zero=True),
        alt=f"Line of UK imports of legal services from {first['estimate']:.0f} million pounds in {first['year']} to {last['estimate']:.0f} in {last['year']}.",
    )  # fmt: skip
