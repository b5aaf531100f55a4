"""Where two makers tell the same thing of the same year, and by how much they differ."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis.charts import dotplot
from lpo_analysis.databook.coverage import ALIKE, plain, published, unit
from lpo_analysis.databook.parameters import Parameters
from lpo_analysis.evidence import Evidence
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, number


def disagreement(evidence: Evidence, parameters: Parameters) -> Result:
    """Compare what different makers say of the same question in the same year.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Topic; the grades only decide what is counted as known.

    Returns
    -------
    Result
        One term a metric: ``estimate`` is the median over its questions of the largest over the smallest single figure, ``least``
        and ``most`` the ends over the questions, ``n_obs`` the questions, ``n_known`` those in which two makers are of the grades
        asked for. All grades enter, forecasts are compared with forecasts only, ranges and bounds with nothing.

    Notes
    -----
    Described, not estimated: the makers are no sample, so there is no interval. A question is one value of metric, category, unit,
    place, buyer, size, task, provider, role, year and kind (forecast or not). Within a maker the studies are averaged first.
    """
    p = parameters
    o = evidence.observations
    rows = o[o["topic"].isin(p.topics) & (o["form"] == "point") & (o["value"] > 0)]
    rows = rows.assign(ahead=rows["status"].eq("forecast"), known=rows["grade"].isin(p.grades))
    key = [*ALIKE, "year_start", "year_end", "ahead"]
    by_maker = rows.groupby([*key, "publisher_id"], observed=True).agg(value=("value", "mean"), known=("known", "max"))
    cells = by_maker.groupby(key, observed=True).agg(
        low=("value", "min"), high=("value", "max"), makers=("value", "size"), known=("known", "sum")
    )
    cells = cells[cells["makers"] >= 2].reset_index()
    if cells.empty:
        none = not_estimable(
            "disagreement_by_metric",
            f"no two makers tell the same of {listing(p.topics)} in the same year",
            n_dropped=len(rows),
        )
        return replace(none, table=none.table.assign(label="", least=np.nan, most=np.nan, n_known=0))
    cells["ratio"] = cells["high"] / cells["low"]
    records = [
        {"term": metric, "label": plain(str(metric)), "estimate": part["ratio"].median(), "least": part["ratio"].min(), "most": part["ratio"].max(),
         "n_obs": len(part), "n_known": int((part["known"] >= 2).sum()), "unit": "ratio of largest to smallest",
         "method": "single figures of one question and year, all grades"}
        for metric, part in cells.groupby("metric", observed=True)
    ]  # fmt: skip
    table = (
        tidy(records).sort_values(["estimate", "term"], ascending=[False, True], kind="stable").reset_index(drop=True)
    )
    behind = _behind(rows, cells, key)
    worst = cells.loc[cells["ratio"].idxmax()]
    twice, known = int((cells["ratio"] >= 2).sum()), int((cells["known"] >= 2).sum())
    text = (
        f"{count(len(cells), 'question')} of one year {'is' if len(cells) == 1 else 'are'} answered by two makers or more with single figures; "
        f"in {known} of them two are of grade {'/'.join(p.grades)}. The larger figure is {number(float(cells['ratio'].median()), digits=2)} times the "
        f"smaller one in the median, and at least twice in {twice}. Furthest apart: {plain(str(worst['metric']))} of {worst['year_end']} "
        f"({plain(str(worst['category']))}), {published(worst['low'])} against {published(worst['high'])}{unit(str(worst['unit']))}."
    )
    drawn = table.assign(conf_low=table["least"], conf_high=table["most"], main=False)
    drawn["label"] = [f"{label} ({n})" for label, n in zip(table["label"], table["n_obs"], strict=True)]
    return Result(
        "disagreement_by_metric", table, text, rows=tuple(behind), n_used=len(behind), n_dropped=len(rows) - len(behind),
        checks=(Check("Second makers are few", None, f"Of {len(rows):,} single figures, {len(behind)} have a second maker's figure to be held against."),),
        plot_data=drawn[["label", "estimate", "conf_low", "conf_high", "main"]],
        draw=partial(dotplot, title="How far makers are apart", xlabel="largest over smallest figure; line: all questions, no interval",
                     reference=1.0, log=True),
        alt=f"One row a metric with the number of its questions: the median ratio as a dot, a line over all of them. {text}",
    )  # fmt: skip


def _behind(rows: pd.DataFrame, cells: pd.DataFrame, key: list[str]) -> list[str]:
    """Find the rows of the questions that have two makers."""
    wanted = set(cells[key].astype(str).agg("|".join, axis=1))
    mine = rows[key].astype(str).agg("|".join, axis=1)
    return list(rows.index[np.asarray(mine.isin(wanted))])
