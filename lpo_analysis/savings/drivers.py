"""What drives the answer: the inputs, the rungs they stand on, the comparator, and the grades let in."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache, partial
from types import MappingProxyType

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import intervals
from lpo_analysis.charts import tornado as draw_tornado
from lpo_analysis.evidence import Evidence
from lpo_analysis.methods.sensitivity import sobol_indices, tornado
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.analysis import Analysis, analyse, quantiles, take_rows
from lpo_analysis.savings.coverage import costed_baselines
from lpo_analysis.savings.gather import attempt
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.wording import article, count, listing, number, percent, probability, sentence

RESAMPLES = 100
"""Bootstrap samples for the intervals of Sobol' indices."""


def one_at_a_time(analysis: Analysis) -> Result:
    """Move one input at a time between its quantiles, the others at their medians.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term an input: ``estimate`` is the net saving with all inputs at their medians, ``conf_low`` and ``conf_high``
        its ends as the input moves.
    """
    p = analysis.parameters
    inputs = analysis.counted
    frame = tornado(analysis.net_saving_of, analysis.inputs, level=p.level)
    frame = frame[frame["input"].isin(inputs.names)].reset_index(drop=True)
    frame["low_text"] = [amount(value, unit) for value, unit in zip(frame["input_low"], frame["unit"], strict=True)]
    frame["high_text"] = [amount(value, unit) for value, unit in zip(frame["input_high"], frame["unit"], strict=True)]
    table = tidy(
        {"term": row.input, "label": row.label, "estimate": row.base, "conf_low": min(row.at_low, row.at_high),
         "conf_high": max(row.at_low, row.at_high), "level": p.level, "unit": "share", "rung": row.rung,
         "method": "one input at a time"}
        for row in frame.itertuples(index=False)
    )  # fmt: skip
    first = frame.iloc[0]
    text = (
        f"Of {len(inputs)} inputs, {first['label']} moves the net saving most: from {percent(first['at_low'])} when it is "
        f"{first['low_text']} to {percent(first['at_high'])} when it is {first['high_text']}, the others at their medians."
    )
    return Result(
        "tornado", table, text, rows=analysis.rows, n_used=len(analysis.rows), plot_data=frame,
        draw=partial(draw_tornado, title="What moves the net saving", xlabel=f"net saving as one input moves over its {p.level:.0%} range"),
        alt="Tornado of the net saving; the widest bars are " + listing([str(v) for v in frame["label"].head(3)]) + ".",
    )  # fmt: skip


def amount(value: float, unit: str) -> str:
    """Write a value of an input with its unit.

    Parameters
    ----------
    value : float
        The value.
    unit : str
        Unit of the input.

    Returns
    -------
    str
        Such as ``USD 27/h`` or ``4.5%``.
    """
    if unit.startswith("share") or unit == "a year":
        return f"{100 * value:.0f}%" if abs(value) >= 0.095 else f"{round(100 * value, 1) + 0.0:.1f}%"
    shown = number(value, digits=2 if value < 100 else 3)
    for ending, short in ((" an hour", "/h"), (" a year", "/year")):
        if unit.endswith(ending):
            return f"{unit[:3]} {shown}{short}"
    return f"{shown} h" if unit == "hours" else f"{shown}x" if unit.startswith("multiple") else shown


def variance_by_rung(analysis: Analysis) -> Result:
    """Share the variance of the net saving out to inputs and rungs.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms ``weak`` (rungs 3 and 4 together), ``rung_1`` to ``rung_4``, and every input. ``estimate`` is the total-order
        index, ``first`` the part explained alone, both with the ends of their intervals; totals overlap where inputs act together
        and need not add up to one. With correlated inputs ``estimate`` is the Shapley effect instead, which does add up, and ``first`` is
        missing.
    """
    p = analysis.parameters
    inputs = analysis.inputs
    counted = analysis.counted
    groups: dict[str, Sequence[str]] = {"weak": counted.by_rung((3, 4))}
    groups |= {f"rung_{rung}": counted.by_rung((rung,)) for rung in (1, 2, 3, 4)}
    groups |= {item.name: [item.name] for item in counted}
    if inputs.coupled:
        frame, method = _added_up(analysis.shapley.table, groups), "Shapley effects, those of a rung added up"
    else:
        frame = sobol_indices(
            analysis.net_saving_of,
            inputs,
            groups=groups,
            draws=max(p.draws, 4096),
            seed=p.seed,
            resamples=RESAMPLES,
            level=p.level,
        )
        method = "Jansen (total) and Saltelli (first) estimators, bootstrap interval"
    labels = {"weak": "borrowed and assumed together"} | {
        f"rung_{r}": f"rung {r}: {vocabulary.RUNGS[r]}" for r in (1, 2, 3, 4)
    }
    labels |= {item.name: item.label for item in counted}
    singles = frame.iloc[5:].sort_values("total", ascending=False, kind="stable")
    frame = pd.concat([frame.iloc[:5], singles], ignore_index=True)
    table = tidy(
        {"term": row.group, "label": labels[row.group], "estimate": row.total, "std_error": row.total_error, "conf_low": row.total_low,
         "conf_high": row.total_high, "level": p.level, "first": row.first, "first_low": row.first_low, "first_high": row.first_high,
         "unit": "share of the variance", "n_obs": len(groups[row.group]), "method": method}
        for row in frame.itertuples(index=False)
    )  # fmt: skip
    by_rung = {rung: len(groups[f"rung_{rung}"]) for rung in (1, 2, 3, 4)}
    weak = float(frame["total"].iloc[0])
    most = [
        (labels[row.group], percent(row.first), percent(row.total)) for row in singles.head(3).itertuples(index=False)
    ]
    if inputs.coupled:
        # Shapley effects add up, so that each is a share of the whole.
        part, largest = (
            "account for",
            f"The largest single shares are {listing([f'{label} ({total})' for label, _, total in most])}.",
        )
    else:
        part = "have a part in"
        (label, first, total), *others = most
        told = [f"{label} ({first} alone, {total} with what it does together with others)"]
        told += [f"{label} ({first}, {total})" for label, first, total in others]
        largest = f"Those that matter most are {listing(told)}; what inputs do together counts for each of them, so that the second figures overlap."
    fitted = "None" if by_rung[1] == 0 else str(by_rung[1])
    text = (
        f"{fitted} of the {len(counted)} inputs {'is' if by_rung[1] < 2 else 'are'} fitted from three or more studies of this task and "
        f"place, {by_rung[2]} {'is' if by_rung[2] == 1 else 'are'} stated by one or two, {by_rung[3]} borrowed or a lone figure, and "
        f"{by_rung[4]} assumed. Borrowed and assumed inputs together {part} {probability(min(weak, 1.0))} of the variance of the net "
        f"saving. {largest}"
    )
    checks = () if inputs.coupled else (_adds_up(frame),)
    return Result("variance", table, text, rows=analysis.rows, n_used=len(analysis.rows), checks=checks)


def ranked(analysis: Analysis) -> list[str]:
    """Name the inputs of the net saving by their share of its variance.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    list of str
        The most influential first.
    """
    return list(analysis.variance.table["term"].iloc[5:])


def _added_up(effects: pd.DataFrame, groups: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Shapley effects of groups, in the form of Sobol' indices; a sum of several has no interval of its own."""
    by = effects.set_index("term")
    records = []
    for group, members in groups.items():
        alone = by.loc[members[0]] if len(members) == 1 else None
        ends = (np.nan,) * 3 if alone is None else (alone["std_error"], alone["conf_low"], alone["conf_high"])
        records.append((group, float(by.loc[list(members), "estimate"].sum()), *ends))
    frame = pd.DataFrame(records, columns=["group", "total", "total_error", "total_low", "total_high"])
    return frame.assign(first=np.nan, first_low=np.nan, first_high=np.nan)


def _adds_up(frame: pd.DataFrame) -> Check:
    singles = frame.iloc[5:]
    first, total = float(singles["first"].sum()), float(singles["total"].sum())
    fine = first <= 1.02 and total >= 0.98
    # Of inputs or groups, none can explain more alone than in all; estimates can.
    over = (frame["first"] - frame["total"]).round(3)
    odd = int((over > 0).sum())
    error = (
        f" {sentence(count(odd, 'group'))} of inputs {'explains' if odd == 1 else 'explain'} more alone than in all by these estimates, by up to "
        f"{100 * over.max():.1f} percentage points, which is the error of the computation: in truth none can."
        if odd
        else ""
    )
    return Check(
        "Sobol' indices", fine,
        f"First-order indices add up to {first:.2f} (at most 1), total ones to {total:.2f} (at least 1); the difference is what the "
        f"inputs do together.{error}",
    )  # fmt: skip


def _signed(saving: float) -> str:
    return f"{percent(abs(saving))} {'less' if saving >= 0 else 'more'}"


def comparators(analysis: Analysis) -> Result:
    """Ask the same question against every baseline with a cost on file.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term a baseline: the net saving; columns ``rate_gap`` and ``budget_saving`` hold the other two numbers, with
        their ends. The share of the budget is that of this work at what it costs today, so ``budget_saving`` is told for the baseline asked
        for only; ``budget_text`` says it in words, as at most where all vendors of a budget stand in for one task.
    """
    p = analysis.parameters
    records: list[dict[str, object]] = []
    for baseline in costed_baselines(p, evidence=analysis.evidence):
        if baseline == p.baseline:
            records.append(_against(analysis))
        elif found := attempt(p, analysis.evidence, baseline=baseline):
            other = dict(_against_other(found[0], analysis.evidence))
            records.append(other | dict.fromkeys(("budget_saving", "budget_low", "budget_high"), np.nan))
    rows = take_rows(records)
    table = tidy(records)
    table["budget_text"] = [_on_the_budget(analysis, row) for row in table.to_dict("records")]
    ranked = table.sort_values("estimate", kind="stable")
    low, high = ranked.iloc[0], ranked.iloc[-1]
    if len(table) == 1:
        text = f"Only one baseline has a cost on file here: {low['label']}."
    else:
        turns = high["estimate"] >= 0 > low["estimate"]
        head = "The comparator decides" if turns else "The comparator changes how much, not which"
        text = (
            f"{head}: measured against {article(high['label'])} the work moved costs {_signed(high['estimate'])}, against "
            f"{article(low['label'])} {_signed(low['estimate'])} (medians)."
        )
    return Result(
        "comparators", table, text, rows=rows, n_used=len(table),
        plot_data=table[["label", "estimate", "conf_low", "conf_high"]].assign(main=table["term"] == p.baseline),
        draw=partial(intervals, title="Net saving, by whom it is measured against", xlabel=f"net saving on the work, median and {p.level:.0%} interval"),
        alt="Net saving against each comparator: "
        + "; ".join(f"{row.label} {percent(row.estimate)} ({percent(row.conf_low)} to {percent(row.conf_high)})"
                    for row in table.itertuples(index=False)) + ".",
    )  # fmt: skip


@lru_cache(maxsize=64)
def _against_other(parameters: Parameters, evidence: Evidence) -> Mapping[str, object]:
    """Kept without the draws: questions of one batch differ by their baseline, and then share their comparators."""
    return MappingProxyType(_against(analyse(parameters, evidence=evidence)))


def _against(analysis: Analysis) -> dict[str, object]:
    p, c = analysis.parameters, analysis.costs
    middle, low, high = quantiles(c.net_saving, p.level)
    budget = (np.nan,) * 3
    if analysis.gathered.moved_reason is None:
        budget = quantiles(c.net_saving * analysis.values["moved_share"], p.level)
    gap = quantiles(c.rate_gap, p.level)
    return {"term": p.baseline, "label": vocabulary.label("baseline", p.baseline), "estimate": middle, "conf_low": low, "conf_high": high,
            "std_error": float(c.net_saving.std()), "level": p.level, "unit": "share", "n_obs": len(analysis.rows),
            "method": "the same model against another baseline", "rate_gap": gap[0], "rate_gap_low": gap[1], "rate_gap_high": gap[2],
            "budget_saving": budget[0], "budget_low": budget[1], "budget_high": budget[2],
            "today_rate": quantiles(c.baseline_rate, p.level)[0], "p_loss": float(np.mean(c.net_saving <= 0)), "rows": analysis.rows}  # fmt: skip


def _on_the_budget(analysis: Analysis, row: Mapping[Hashable, float]) -> str:
    """Say the saving on the budget with its interval; nothing for a baseline that was not asked for."""
    if row["term"] != analysis.parameters.baseline:
        return ""
    middle, low, high = (row[name] for name in ("budget_saving", "budget_low", "budget_high"))
    if np.isnan(middle):
        return "not estimable"
    said = partial(percent, width=high - low)
    return f"{said(middle)} ({said(low)} to {said(high)}){', at most' if analysis.gathered.moved_at_most else ''}"


def by_grades(analysis: Analysis) -> Result:
    """Ask the same question with weaker evidence let in.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term a set of grades: the net saving; columns ``rate_gap`` and ``n_obs`` (rows behind the inputs).
    """
    p = analysis.parameters
    sets = [["A", "B"], ["A", "B", "C"], ["A", "B", "C", "D"]]
    if sorted(p.grades) not in sets:
        sets.insert(0, sorted(p.grades))
    records: list[dict[str, object]] = []
    for grades in sets:
        other = analysis if grades == sorted(p.grades) else analysis.with_changes(grades=grades)
        record: dict[str, object] = {"term": "".join(grades), "label": ", ".join(grades), "level": p.level, "unit": "share",
                                     "method": "the same model with other grades let in"}  # fmt: skip
        if other is not None:
            middle, low, high = quantiles(other.costs.net_saving, p.level)
            weak = sum(item.rung >= 3 for item in other.counted)
            record |= {"rows": other.rows, "estimate": middle, "conf_low": low, "conf_high": high, "std_error": float(other.costs.net_saving.std()),
                       "n_obs": len({row for item in other.inputs if item.name != "moved_share" for row in item.rows}), "rate_gap": quantiles(other.costs.rate_gap, p.level)[0], "n_weak": weak}  # fmt: skip
        records.append(record)
    rows = take_rows(records)
    table = tidy(records)
    own = table[table["term"] == "".join(sorted(p.grades))].iloc[0]
    here = f"{percent(own['estimate'])} from {count(int(own['n_obs']), 'row')} at the grades of this report"
    by_outcome: dict[str, list[str]] = {}
    for row in table[table["term"] != own["term"]].itertuples(index=False):
        if pd.isna(row.estimate):
            outcome = "leave nothing to compute"
        elif row.n_obs == own["n_obs"] and row.estimate == own["estimate"]:
            outcome = "change nothing"
        else:
            outcome = f"give {percent(row.estimate)} ({percent(row.conf_low)} to {percent(row.conf_high)}) from {count(int(row.n_obs), 'row')}"
        by_outcome.setdefault(outcome, []).append(str(row.label).replace(", ", "/"))
    # Sets of grades that come to the same are told together.
    said = [f"grades {listing(sets, last='or')} {outcome}" for outcome, sets in by_outcome.items()]
    same = list(by_outcome) == ["change nothing"]
    text = (
        f"Other grades change nothing: the net saving stays {here}."
        if same
        else f"{sentence(listing(said))}, against {here}."
    )
    return Result("by_grades", table, text, rows=rows, n_used=len(table))
