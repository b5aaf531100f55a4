"""Controls: which loss each acts on, how common it is, and the most that is worth paying for an effect."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
import pandas as pd

from lpo_analysis.charts import forest
from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.evidence import table as load_table
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.inputs import draw, expected_loss_of, increment_of, mean_cost
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.rates import at_least_one, rates, variation_of
from lpo_analysis.wording import count, listing, money, number, percent

PATHS = MappingProxyType(
    {
        "own": "breaches of the firm itself",
        "third_party": "breaches through any vendor of today",
        "provider": "breaches at the new provider",
        "all": "all breaches of client data",
        "quality": "quality of the work",
        "continuity": "continuity of the work",
    }
)
"""Ways on which a loss comes, and what they are called."""

UNPRICED = MappingProxyType(
    {
        "quality": "no row prices an error in the work",
        "continuity": "no row prices a day without the work",
    }
)
"""Ways whose loss no row puts into money, and why."""

EFFECTS = (0.1, 0.25, 0.5)
"""Shares of a loss at which the most worth paying is read off; points on a line, no estimates."""


@dataclass(frozen=True, eq=False)
class PathLosses:
    """What the ways of loss cost a year, draw by draw.

    Parameters
    ----------
    by_path : dict of str to ndarray of float, shape (draws,)
        USD a year by way of loss, those in money only.
    chance : ndarray of float, shape (draws,)
        Probability of a breach of client data in a year.
    severity : ndarray of float, shape (draws,)
        USD such a breach costs.
    rows : tuple of str
        Rows behind it.
    """

    by_path: dict[str, Floats]
    chance: Floats
    severity: Floats
    rows: tuple[str, ...]


def beside(names: tuple[str, ...], parameters: Parameters) -> dict[str, Floats]:
    """Draw uniforms that go with the draws of the loss and are independent of them.

    Parameters
    ----------
    names : tuple of str
        What needs a column.
    parameters : Parameters
        Number of draws and seed.

    Returns
    -------
    dict of str to ndarray of float, shape (draws,)
        By name, strictly between 0 and 1.
    """
    found = uniforms(names, draws=parameters.draws, seed=parameters.seed)
    # Two nets laid side by side row by row are not independent; a shuffle of one makes them so.
    order = np.random.default_rng(parameters.seed).permutation(parameters.draws)
    return {name: found[name][order] for name in names}


def path_losses(evidence: Evidence, parameters: Parameters) -> PathLosses:
    """Split the yearly loss by the way it comes; the one place that knows the model of the loss.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    PathLosses
        The losses, one element a draw.

    Raises
    ------
    NoEvidenceError
        If a figure the loss needs is not on file.

    Notes
    -----
    The new provider's part is that of `lpo_analysis.risk.increment`, over the shares of records held and the hazards that the
    parameters allow; the parts of the firm and of today's vendors share the loss of today.
    """
    values, inputs = draw(evidence, parameters)
    client_rate, one = rates(values)[1], mean_cost(values, parameters)
    whole, third = expected_loss_of(values, parameters), values["third_party_share"]
    by_path = {
        "own": whole * (1 - third),
        "third_party": whole * third,
        "provider": increment_of(values, parameters),
        "all": whole,
    }
    rows = tuple(dict.fromkeys(row for item in inputs for row in item.rows))
    return PathLosses(by_path, at_least_one(client_rate, 1.0, variation_of(values)), one, rows)


def found_losses(evidence: Evidence, parameters: Parameters) -> tuple[PathLosses | None, str]:
    """Split the yearly loss, or say why it cannot be.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    tuple of (PathLosses or None, str)
        The losses, and the reason where there are none.
    """
    try:
        found = path_losses(evidence, parameters)
    except NoEvidenceError as error:
        return None, f"{error.what[:1].lower()}{error.what[1:]}"
    return found, ""


def control_use(evidence: Evidence, parameters: Parameters) -> Result:
    """List the controls, the loss each acts on, and what is on file about their use.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades.

    Returns
    -------
    Result
        One term a control and row on file: ``estimate`` is the published share of organisations with it (NaN for a count, with
        ``count``, and where nothing is on file); ``way`` and ``acts`` say what it acts on, and ``use`` how common it is.

    Notes
    -----
    A share of firms with a control tells how common it is, not what it prevents: no row compares breaches with and without one.
    """
    listed = load_table("controls")
    records, used = [], []
    for item in listed.itertuples():
        found = _rows_of(item.metric, item.categories, evidence, parameters)
        common = {
            "control": item.control,
            "name": item.label,
            "path": item.path,
            "way": PATHS[item.path],
            "acts": item.acts,
        }
        common["use"] = _common(found)
        if found.empty:
            records.append(
                {
                    "term": item.control,
                    "label": f"{item.label}: nothing on file",
                    "n_obs": 0,
                    "unit": "share",
                    "method": "not estimable, because no row tells its use",
                    **common,
                }
            )
            continue
        used += list(found.index)
        low, high = ends(found)
        for (row_id, row), a, b in zip(found.iterrows(), low, high, strict=True):
            shares = row["unit"] == "percent"
            point = (
                float(row["value"]) / 100 if shares and pd.notna(row["value"]) and row["form"] == "point" else np.nan
            )
            records.append({"term": f"{item.control}:{row_id}", "label": f"{_words(row['category'])}, {row['year_end']} [{row['grade']}]", "estimate": point,
                            "conf_low": a / 100 if shares else np.nan, "conf_high": b / 100 if shares else np.nan, "n_obs": 1, "unit": "share" if shares else "firms",
                            "method": "as published", "count": np.nan if shares else float(row["value"]), "grade": row["grade"], **common})  # fmt: skip
    table = tidy(records)
    without = table[table["n_obs"] == 0]["name"].tolist()
    about = listing(without) if len(without) <= 6 else f"{len(without)} of them"
    text = (
        f"{count(len(listed), 'control')} are listed, and {count(len(dict.fromkeys(used)), 'row')} on file {'tells' if len(dict.fromkeys(used)) == 1 else 'tell'} how common some of them are"
        + (f"; nothing is on file about {about}" if without else "")
        + ". No row gives what a control costs, and none compares breaches with and without one: what each prevents is not known."
    )
    data = table[table["unit"].eq("share") & (table["conf_low"].notna() | table["conf_high"].notna())]
    data = data.assign(
        group=data["name"].str[:1].str.upper() + data["name"].str[1:], weak=data["grade"].isin(["C", "D"])
    )
    return Result(
        "control_use", table, text, checks=(Check("Effects on file", False, "0 rows give the effect of a control on breaches, their cost or the quality of work; none is assumed unless it is given."),),
        rows=tuple(dict.fromkeys(used)), n_used=len(dict.fromkeys(used)), plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]],
        draw=partial(forest, title="How common controls are", xlabel="share of the organisations asked; use, not effect") if len(data) else None,
        alt=f"Published shares of organisations with {count(data['group'].nunique(), 'control')}, {percent(data['estimate'].min())} to {percent(data['estimate'].max())}.",
    )  # fmt: skip


def _rows_of(metric: str, categories: str, evidence: Evidence, parameters: Parameters) -> pd.DataFrame:
    if not metric:
        return pd.DataFrame()
    rows = select(evidence, metric=metric, grades=parameters.grades, required=False)
    wanted = categories.split(";")
    rows = rows[rows["category"].isin(wanted)]
    order = {name: at for at, name in enumerate(wanted)}
    return rows.assign(order=rows["category"].map(order)).sort_values(["order", "year_end"], kind="stable")


def _common(rows: pd.DataFrame) -> str:
    """Say in a few words what rows tell of the use of a control; rows of people without it are told as such."""
    if rows.empty:
        return "nothing on file"
    low, high = ends(rows)
    least, most = float(np.nanmin([low, high])), float(np.nanmax([low, high]))
    first, last = int(rows["year_end"].min()), int(rows["year_end"].max())
    years = f"{first}" if first == last else f"{first} to {last}"
    if (rows["unit"] != "percent").all():
        return f"{least:.0f} to {most:.0f} law firms, {years}"
    span = percent(least / 100) if least == most else f"{percent(least / 100)} to {percent(most / 100)}"
    return f"{span} {'without it' if rows['category'].str.startswith('no_').all() else 'of those asked'}, {years}"


def _words(category: str) -> str:
    text = re.sub(r"_firms_(\d+)_(\d+)$", r", firms of \1 to \2", category)
    text = re.sub(r"_firms_(\d+)_plus$", r", firms of \1 and more", text).replace("_firms_solo", ", solo lawyers")
    return (
        text.replace("iso27001", "ISO/IEC 27001")
        .replace("no_staff_training", "staff without training")
        .replace("_", " ")
    )


def control_worth(evidence: Evidence, parameters: Parameters) -> Result:
    """Tell the most that is worth paying for a control, by the loss it acts on.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    Result
        One term a way of loss: ``estimate`` is the expected loss on it a year (USD, mean over the draws, with their quantiles);
        ``worth_10``, ``worth_25`` and ``worth_50`` are the most worth paying a year for a control that prevents that percentage of it.

    Notes
    -----
    For a buyer who cares for expected money, a control that prevents the share e of the loss on its way is worth its cost c where
    e >= c / E[loss]. The mean is over all that is not known about the loss, and a few bad draws make much of it.
    """
    p = parameters
    found, reason = found_losses(evidence, p)
    if found is None:
        return not_estimable("control_worth", reason, terms=dict(PATHS), level=p.level, unit="USD a year")
    records = []
    for path, label in PATHS.items():
        common = {"term": path, "label": label, "level": p.level, "n_obs": len(found.rows), "unit": "USD a year"}
        if path in UNPRICED:
            records.append({**common, "n_obs": 0, "method": f"not estimable, because {UNPRICED[path]}"})
            continue
        sample = found.by_path[path]
        low, high = np.quantile(sample, [(1 - p.level) / 2, (1 + p.level) / 2])
        mean = float(sample.mean())
        worth = {f"worth_{100 * effect:.0f}": effect * mean for effect in EFFECTS}
        records.append(
            {
                **common,
                "estimate": mean,
                "std_error": float(sample.std()),
                "conf_low": float(low),
                "conf_high": float(high),
                "method": f"mean of {p.draws:,} joint draws",
                **worth,
            }
        )
    table = tidy(records)
    priced = table.dropna(subset=["estimate"])
    at = {row.term: row for row in priced.itertuples()}
    half = EFFECTS[-1]
    text = (
        f"A control that prevented {percent(half)} of the breaches at the new provider would be worth at most {money(at['provider'].worth_50, 'USD', digits=2)} a year, one that prevented "
        f"{percent(half)} of all breaches of client data {money(at['all'].worth_50, 'USD', digits=2)}; whatever costs more than the whole of it, {money(at['provider'].estimate, 'USD', digits=2)} "
        f"and {money(at['all'].estimate, 'USD', digits=2)}, cannot pay by preventing breaches alone. What bad quality or a standstill costs is not computed in money, so controls against those cannot be judged that way."
    )
    data = priced.assign(group="Expected loss a year", weak=False)
    said = [f"{row.label} {money(row.estimate, 'USD', digits=2)}" for row in priced.itertuples()]
    means = [
        f"{row.label}: mean {number(row.estimate, digits=2)}, median {number(float(np.median(found.by_path[row.term])), digits=2)}"
        for row in priced.itertuples()
    ]
    return Result(
        "control_worth", table, text,
        checks=(
            Check("What is not in the loss", None, "Fines, lost clients and malpractice are not in the loss, so a control may be worth more than what is shown; duties hold whatever they cost."),
                Check("Mean and median", None, "; ".join(means) + "."),
        ),
        rows=found.rows, n_used=len(found.rows), plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]],
        draw=partial(forest, title="What there is to prevent, by the way it comes", xlabel=f"USD of {p.price_year} a year", percent=False, log=True),
        alt=f"Expected loss a year by way of loss with {p.level:.0%} intervals: {listing(said)}.",
    )  # fmt: skip
