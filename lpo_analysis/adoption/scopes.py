"""Other markets than the one consistent series: how far publishers disagree, and whether anything can be pooled."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, maker, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.wording import count, lead, listing, number, percent, sentence

SCOPES = {
    "alsp_total": "alternative legal service providers, worldwide (staffing, Big Four, e-discovery and captives included)",
    "lpo_global": "legal process outsourcing, worldwide",
    "lpo_offshore_india": "legal work offshored to India",
    "lpo_offshore_india_philippines": "legal work offshored to India and the Philippines",
}
"""Scopes of market figures; they are never mixed."""


def disagreement(evidence: Evidence, parameters: Parameters) -> Result:
    """Set all figures of the same scope, place and year side by side, whatever their grade.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Only the level is read: disagreement always shows all grades.

    Returns
    -------
    Result
        One term for the estimates and one for the forecasts of each scope and year with two makers or more: ``estimate`` is the
        ratio of the ``largest`` to the ``smallest`` single figure, where two makers told one of that kind; ``at_least`` and
        ``at_most`` are the bounds told (the highest floor, the lowest ceiling), ``range_low`` and ``range_high`` the ends of the
        ranges. ``n_obs`` and ``n_makers`` count figures of the kind, ``n_single`` makers of single figures, ``n_ab`` those of
        them of grade A or B.

    Notes
    -----
    Described, not pooled: no scope has ten estimates of four makers, and makers repeat each other. A bound, a range and a
    forecast are no figure that another could be a multiple of, so they enter no ratio.
    """
    del parameters
    return _disagreement(evidence).copy()


@lru_cache(maxsize=4)
def _disagreement(evidence: Evidence) -> Result:
    rows = evidence.observations.query("metric == 'market_size' and topic == 'market'")
    rows = rows[rows["category"].isin(SCOPES)].sort_values(["category", "year_end", "grade"], kind="stable")
    kinds = np.where(rows["status"] == "forecast", "forecasts", "estimates")
    records, drawn, used = [], [], 0
    for (category, geography, year), part in rows.assign(kind_of=kinds).groupby(
        ["category", "geography", "year_end"], sort=False
    ):
        if part["publisher_id"].nunique() < 2:
            continue
        used += len(part)
        label = f"{SCOPES[str(category)]}, {year}"
        for kind, same in part.groupby("kind_of"):
            records.append(
                {
                    "term": f"{category}_{year}_{kind}",
                    "label": label,
                    "kind": kind,
                    "geography": geography,
                    **_apart(same),
                }
            )
        group = f"{_short(str(category))} {vocabulary.label('scope', str(geography))}, {year}"
        drawn += [_line(group, row) for _, row in part.iterrows()]
    table = tidy(records)
    text = _disagreement_text(table)
    return Result(
        "disagreement", table, text, rows=tuple(rows.index), n_used=used, n_dropped=len(rows) - used, plot_data=pd.DataFrame(drawn),
        draw=partial(forest, title="One market, one year, several sizes", xlabel="USD billion; diamond: forecast; open: grades C and D", percent=False, log=True),
        alt=f"Published sizes by scope and year, estimates, forecasts, ranges and bounds told apart. {lead(text)}",
    )  # fmt: skip


def _apart(rows: pd.DataFrame) -> dict[str, object]:
    """Tell single figures of one kind from ranges and bounds, and compare what two makers told as one number."""
    single = rows[rows["form"] == "point"]
    strong = single.loc[single["grade"].isin(["A", "B"]), "publisher_id"].nunique()
    by_form = {form: rows[rows["form"] == form] for form in ("floor", "ceiling", "range")}
    low, high = single["value"].min(), single["value"].max()
    makers = single["publisher_id"].nunique()
    return {
        "estimate": high / low if makers >= 2 else np.nan, "smallest": low, "largest": high,
        "at_least": by_form["floor"]["lower"].max(), "at_most": by_form["ceiling"]["upper"].min(),
        "range_low": by_form["range"]["lower"].min(), "range_high": by_form["range"]["upper"].max(),
        "n_obs": len(rows), "n_makers": rows["publisher_id"].nunique(), "n_single": makers, "n_ab": strong,
        "unit": "ratio of largest to smallest", "method": "single figures of one kind, all grades",
    }  # fmt: skip


def _line(group: str, row: pd.Series) -> dict[str, object]:
    low, high = (float(end) for end in ends(row))
    forecast = f", forecast of {str(row['published'])[:4]}" if row["status"] == "forecast" else ""
    return {"group": group, "label": f"{maker(row['publisher'])}{forecast} [{row['grade']}]", "estimate": np.sqrt(low * high),
            "conf_low": low, "conf_high": high, "weak": row["grade"] in ("C", "D"), "ahead": row["status"] == "forecast"}  # fmt: skip


def _disagreement_text(table: pd.DataFrame) -> str:
    years = table["label"].nunique()
    compared = table.dropna(subset=["estimate"])
    told = []
    for kind, part in compared.groupby("kind", sort=False):
        worst = part.loc[part["estimate"].idxmax()]
        most, middle = number(worst["estimate"], digits=2), number(part["estimate"].median(), digits=2)
        told.append(
            f"{middle} times the smallest in the median of {len(part)} sets of {kind} (at most {most} times, for {worst['label']})"
            if len(part) > 1
            else f"{most} times the smallest in the one set of {kind} ({worst['label']})"
        )
    strong, rest = int((compared["n_ab"] >= 2).sum()), years - compared["label"].nunique()
    bases = (
        f"The largest single figure is {listing(told)}; {strong or 'none'} of these {count(len(compared), 'set')} {'has' if strong < 2 else 'have'} two makers of grade A or B. "
        if told
        else "In none do two makers tell single figures of the same kind. "
    )
    others = f"In the other {rest} a bound, a range or a forecast faces another kind of figure, which gives no ratio. "
    return (
        f"Two makers or more put a size on the same market in the same year {count(years, 'time')}. {bases}{others if rest and told else ''}"
        "No mean is formed: no scope has ten estimates from four makers, and makers repeat each other."
    )


def _short(category: str) -> str:
    return {
        "lpo_global": "LPO,",
        "lpo_offshore_india": "Offshored to",
        "lpo_offshore_india_philippines": "Offshored to",
    }.get(category, "ALSP,")


LEAST_ESTIMATES, LEAST_MAKERS = 10, 4
"""What a scope must have before its estimates are pooled: one moderator for every ten estimates, and makers to tell apart."""

ROUNDING = 0.01
"""Relative error of a printed size, standing for the sampling error that it does not have."""


def pooled(evidence: Evidence, parameters: Parameters) -> Result:
    """Pool the estimates of a scope over their makers where there are enough of both; elsewhere say how many there are.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, grades.

    Returns
    -------
    Result
        One term a scope with ``n_obs`` estimates (no forecasts, no bounds), ``n_makers``, ``first`` and ``last`` year; where the scope
        qualifies, ``estimate`` is the growth a year of the estimates, makers being random effects, with a cluster-robust interval.

    Notes
    -----
    Estimand: the slope over years of the logarithm of what is estimated for a scope, the makers of the estimates being a
    sample of makers. Market sizes come without sampling errors: but for the rounding, all variance is between makers or within them.

    References
    ----------
    Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust variance estimation and hypothesis testing in
    fixed effects models. Journal of Business & Economic Statistics 36(4). https://doi.org/10.1080/07350015.2016.1247004
    """
    p = parameters
    records, rows, models = [], [], {}
    for code, words in SCOPES.items():
        chosen = _estimates(evidence, code, p.grades)
        rows += list(chosen.index)
        record: dict[str, object] = {
            "term": code, "label": words, "n_obs": len(chosen), "n_makers": chosen["publisher_id"].nunique(), "level": p.level,
            "first": chosen["year_end"].min(), "last": chosen["year_end"].max(), "unit": "share a year", "method": "too few estimates or makers",
        }  # fmt: skip
        if _qualifies(chosen):
            models[code] = _model(chosen, p.level)
            slope = models[code].robust.iloc[1]
            growth = {name: np.expm1(slope[name]) for name in ("estimate", "conf_low", "conf_high")}
            record |= growth | {
                "std_error": slope["std_error"],
                "method": "three levels, restricted likelihood, CR2 errors",
            }
        records.append(record)
    table = tidy(records)
    text = _pooled_text(table, evidence, p)
    if not models:
        near = table.sort_values(["n_obs", "n_makers"]).iloc[-1]
        reason = (
            f"{LEAST_ESTIMATES} estimates from {LEAST_MAKERS} makers are needed in one scope, and the most at grade {'/'.join(p.grades)} are "
            f"{near['n_obs']} from {near['n_makers']} ({near['label']})"
        )
        return Result("pooled_market", table, text, rows=tuple(rows), n_dropped=len(rows), reason=reason)
    used = int(table.loc[table["term"].isin(models), "n_obs"].sum())
    return Result(
        "pooled_market", table, text, rows=tuple(rows), n_used=used, n_dropped=len(rows) - used, model=models,
        checks=(Check("Independence", False, "Makers repeat each other; an interval that takes them for independent is too narrow."),),
    )  # fmt: skip


def _estimates(evidence: Evidence, code: str, grades: Sequence[str]) -> pd.DataFrame:
    """Return what is estimated for a scope: no forecasts, and no figure that is only a bound."""
    rows = select(evidence, metric="market_size", category=code, grades=grades, required=False)
    return rows[(rows["status"] != "forecast") & rows["form"].isin(["point", "range"])]


def _qualifies(rows: pd.DataFrame) -> bool:
    return len(rows) >= LEAST_ESTIMATES and rows["publisher_id"].nunique() >= LEAST_MAKERS


def _model(rows: pd.DataFrame, level: float) -> Any:
    from lpo_analysis.methods.multilevel import three_level

    low, high = ends(rows)
    years = rows["year_end"].astype(float)
    return three_level(
        np.log(np.sqrt(np.asarray(low) * np.asarray(high))), np.full(len(rows), ROUNDING**2), rows["publisher_id"].to_numpy(),
        pd.DataFrame({"year": (years - years.mean()).to_numpy()}), level=level,
    )  # fmt: skip


def _pooled_text(table: pd.DataFrame, evidence: Evidence, p: Parameters) -> str:
    told = [
        f"{sentence(row.label)}: {row.n_obs} estimates from {row.n_makers} makers ({row.first} to {row.last}) grow "
        f"{percent(row.estimate, width=row.conf_high - row.conf_low)} a year ({p.level:.0%} interval {percent(row.conf_low)} to "
        f"{percent(row.conf_high)}), makers taken as independent, which they are not."
        for row in table.dropna(subset=["estimate"]).itertuples()
    ]
    if not told:
        near = table.sort_values(["n_obs", "n_makers"]).iloc[-1]
        told.append(
            f"No scope has {LEAST_ESTIMATES} estimates from {LEAST_MAKERS} makers at grade {'/'.join(p.grades)}; the nearest is {near['label']} with "
            f"{near['n_obs']} from {near['n_makers']}. So nothing is pooled."
        )
    more = [code for code in SCOPES if _qualifies(_estimates(evidence, code, ["A", "B", "C"]))]
    if "C" not in p.grades and more:
        told.append(f"With grade C let in, {listing([SCOPES[code] for code in more])} would qualify.")
    return " ".join(told)


def market_break(evidence: Evidence, parameters: Parameters) -> Result:
    """Show the figures of legal process outsourcing worldwide before and after the gap in which its definition changed.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level; all grades are shown, marked.

    Returns
    -------
    Result
        Terms ``before`` and ``after`` (smallest to largest figure, USD billion, forecasts left out) and ``bridge`` (growth a year that a
        line from the middle of one to the middle of the other would read, which is no estimate).
    """
    rows = evidence.observations.query("metric == 'market_size' and topic == 'market' and category == 'lpo_global'")
    rows = rows[rows["status"] != "forecast"].sort_values("year_end", kind="stable")
    years = rows["year_end"].astype(int)
    gap = years.diff().idxmax()
    parts = {"before": rows.loc[years < years[gap]], "after": rows.loc[years >= years[gap]]}
    records, middles = [], {}
    for term, part in parts.items():
        low, high = (np.array(end, dtype=float) for end in ends(part))
        span = f"{part['year_end'].min()} to {part['year_end'].max()}"
        middles[term] = (
            float(part["year_end"].mean()),
            float(np.nanmean(np.nanmean(np.log([low, high]), axis=0))),
        )
        records.append({"term": term, "label": f"figures of {span}", "conf_low": np.nanmin(low), "conf_high": np.nanmax(np.fmax(low, high)), "n_obs": len(part),
                        "n_makers": part["publisher_id"].nunique(), "n_ab": int(part["grade"].isin(["A", "B"]).sum()), "unit": "USD bn",
                        "method": "smallest to largest, all grades"})  # fmt: skip
    (x0, y0), (x1, y1) = middles.values()
    bridge = float(np.expm1((y1 - y0) / (x1 - x0)))
    records.append({"term": "bridge", "label": "growth a year, if the gap were bridged", "estimate": bridge, "unit": "share a year",
                    "n_obs": len(rows), "method": "between the geometric means; no estimate, for the definition changed"})  # fmt: skip
    table = tidy(records)
    old, new = table.iloc[0], table.iloc[1]
    text = (
        f"{sentence(SCOPES['lpo_global'])}: {count(len(parts['before']), 'figure')} of {old['label'][11:]} run from {number(old['conf_low'])} to "
        f"{number(old['conf_high'])} billion dollars, {count(len(parts['after']), 'figure')} of {new['label'][11:]} from {number(new['conf_low'])} to "
        f"{number(new['conf_high'])}. No maker has a figure on both sides. A line across the gap would read {percent(bridge)} a year, and "
        "nobody can say how much of that is growth and how much is the other definition: the break is shown and not bridged."
    )
    drawn = [
        {"group": sentence(records[term == "after"]["label"]), "label": f"{row['year_end']}, {maker(row['publisher'])} [{row['grade']}]",
         "estimate": np.nan if np.isnan([a, b]).any() else np.mean([a, b]), "conf_low": a, "conf_high": b, "weak": row["grade"] in ("C", "D")}
        for term, part in parts.items()
        for (_, row), a, b in zip(part.iterrows(), *ends(part), strict=True)
    ]  # fmt: skip
    shared = set(parts["before"]["publisher_id"]) & set(parts["after"]["publisher_id"])
    return Result(
        "market_break", table, text, rows=tuple(rows.index), n_used=len(rows), plot_data=pd.DataFrame(drawn),
        checks=(Check("A maker on both sides", not shared, f"{count(len(shared), 'maker')} told a size before and after the gap."),),
        draw=partial(forest, title="LPO: one name, two definitions", xlabel="USD billion; open: grades C and D", percent=False, log=True),
        alt=f"Published sizes from {number(old['conf_low'])} to {number(old['conf_high'])} before the gap and from {number(new['conf_low'])} to {number(new['conf_high'])} after it.",
    )  # fmt: skip
