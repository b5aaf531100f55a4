"""What the report shows of ways and plans: saving after risk, the efficient plans, and who does what where."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import forest
from lpo_analysis.charts import frontier as draw_frontier
from lpo_analysis.decision.adjusted import LOSS
from lpo_analysis.decision.permits import conditions, silence
from lpo_analysis.decision.portfolio import Choice, Portfolio
from lpo_analysis.decision.ways import STAY, key
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.risk.inputs import provider_rate
from lpo_analysis.risk.opinions import DUTIES
from lpo_analysis.savings.analysis import quantiles
from lpo_analysis.wording import count, gain_or_loss, listing, money, percent, probability, sentence

THOUSAND = 1000.0
"""US dollars on the axes of figures are in thousands."""


def adjusted_result(portfolio: Portfolio) -> Result:
    """Set every way of doing every task side by side, risk-adjusted.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        One term a task and option, each as if it were moved alone: ``estimate`` the mean of the risk-adjusted saving, its ends quantiles; columns
        ``before`` (saving before quality cost and risk), ``quality``, ``increment``, ``controls`` (means of what is taken off it, so that the four add
        up), ``median``, ``p_beats_staying``, ``weak_share`` (share of the variance from borrowed and assumed inputs), ``state`` and ``why``
        (whether it may be chosen).
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    records = []
    for task in p.tasks:
        if task not in w.adjusted:
            continue
        one = w.adjusted[task]
        told = one.result.table.set_index("term")
        for (of, name), analysis in w.cells.items():
            if of != task:
                continue
            way, item = key(task, name), w.option(name)
            row = told.loc[way]
            before = one.saving[way] + one.quality[way]
            records.append({"term": f"{task}.{item.model}_{item.place}", "label": way, "task": task, "option": name, **{c: row[c] for c in ("estimate", "std_error", "conf_low", "conf_high", "level",
                            "n_obs", "unit", "method", "quality", "increment", "controls", "median", "p_beats_staying", "weak_share")},
                            "before": float(before.mean()), "rung_weak": sum(i.rung >= 3 for i in analysis.inputs), "n_inputs": len(analysis.inputs),
                            "state": item.permit.state, "why": item.permit.reason})  # fmt: skip
    table = tidy(records)
    order = table.sort_values("estimate", ascending=False, kind="stable").groupby("task", sort=False, group_keys=False)
    table = pd.concat([part for _, part in sorted(order, key=lambda pair: p.tasks.index(pair[0]))], ignore_index=True)
    said = partial(money, currency="USD", digits=2)
    lines = []
    for task, part in table.groupby("task", sort=False):
        allowed = part[part["state"] != "refused"]
        label = vocabulary.label("task", str(task))
        if allowed.empty:
            lines.append(f"{sentence(label)}: none of {count(len(part), 'way')} that can be costed may be chosen.")
            continue
        top = allowed.iloc[0]
        verb = "would save most" if top["estimate"] > 0 else "would lose least"
        span = gain_or_loss(top["conf_low"], top["conf_high"], said)
        lines.append(
            f"{sentence(label)}: of {count(len(allowed), 'way')} that may be chosen, {top['option']} {verb}, {said(abs(top['estimate']))} on average after risk "
            f"({p.level:.0%} interval {span}); probability of beating today's way {probability(top['p_beats_staying'])}. "
            + (
                f"Of its variance, {probability(top['weak_share'])} rests on borrowed and assumed inputs."
                if np.isfinite(top["weak_share"])
                else ""
            )
        )
        refused = part[part["state"] == "refused"]
        if len(refused) and refused.iloc[0]["estimate"] > top["estimate"]:
            best = refused.iloc[0]
            lines.append(f"{sentence(best['option'])} would come before it, but is refused: {best['why']}.")
    weak = sum(item.rung >= 3 for item in w.inputs)
    shared = w.joint.shared()
    amounts = ["estimate", "conf_low", "conf_high"]
    data = pd.DataFrame({"group": [sentence(vocabulary.label("task", task)) for task in table["task"]], "label": table["option"],
                         **table[amounts], "weak": table["state"].eq("refused")})  # fmt: skip
    data[amounts] /= THOUSAND
    return Result(
        "risk_adjusted", table, " ".join(line.strip() for line in lines), rows=w.rows, n_used=len(table), n_dropped=len(w.missing), plot_data=data,
        checks=(
            Check("One set of draws", True, f"{count(len(w.inputs), 'input')}, {len(shared)} of them shared between tasks, ways or with the loss, drawn once."),
            Check("Rungs", not weak, f"{weak} of {len(w.inputs)} inputs are borrowed or assumed (rungs 3 and 4)."),
            Check("Quality cost", None, "Quality control and rework are lines of the cost model; the sampling plan of the risk report is a way of spending those hours and is not counted again."),
            Check("Loss", False, "What a holder adds is not identified by data: it follows from the exposure that the parameters state, alike for every place."),
        ),
        draw=partial(forest, title=_ways_title(table, p.level), reference=0.0, percent=False,
                     xlabel=f"saving after risk, thousand USD of {p.price_year} over {count(p.horizon_years, 'year')}: mean and {p.level:.0%} interval; line: as today; open: refused"),
        alt="Risk-adjusted saving by task and way: " + "; ".join(f"{row.label} {said(row.estimate)}" for row in table.itertuples()) + ".",
    )  # fmt: skip


def _ways_title(table: pd.DataFrame, level: float) -> str:
    """Say of the ways that may be chosen how many save, and how many surely."""
    allowed = table[table["state"] != "refused"]
    if allowed.empty:
        return "No way of doing the work may be chosen"
    sure, mean = int((allowed["conf_low"] > 0).sum()), int((allowed["estimate"] > 0).sum())
    whole = f"{sure or 'none'} over the whole {level:.0%} interval"
    return (
        f"Of {count(len(allowed), 'way')} that may be chosen, {mean or 'none'} {'saves' if mean == 1 else 'save'} on average"
        + (f", {whole}" if mean else "")
    )


def _frontier_title(row: pd.Series, share: str) -> str:
    """Say what the plan chosen brings, and what it may cost."""
    said = partial(money, currency="USD", digits=2)
    gain = f"{'saves' if row['estimate'] > 0 else 'costs'} {said(abs(row['estimate']))} on average"
    return (
        "Staying as today is the plan chosen"
        if row["who"] == "everything as today"
        else f"The plan chosen {gain}; the worst {share} of cases come to {_tail(row['tail'])}"
    )


def frontier_result(portfolio: Portfolio) -> Result:
    """Show the efficient plans.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        One term an efficient plan, ``plan_1`` with the least tail loss: ``estimate`` the expected gain with the error of the simulation; columns
        ``tail``, ``tail_error`` and ``who``.
    """
    p, f = portfolio.ways.parameters, portfolio.frontier
    plans = [portfolio.fresh.plan(plan.shares) for plan in f.plans]
    records = []
    for number, (plan, again) in enumerate(zip(f.plans, plans, strict=True), start=1):
        who = in_words(portfolio, portfolio.choice(plan))
        records.append({"term": f"plan_{number}", "label": f"plan {number}: {who}", "estimate": again.mean, "std_error": again.mean_error, "conf_low": again.mean - 1.645 * again.mean_error,
                        "conf_high": again.mean + 1.645 * again.mean_error, "level": 0.9, "n_obs": p.draws, "unit": f"USD over {p.horizon_years} years",
                        "method": "mean of draws it was not chosen on", "tail": again.tail, "tail_error": again.tail_error, "who": who})  # fmt: skip
    table = tidy(records)
    number = 1 + f.plans.index(portfolio.chosen)
    said = partial(money, currency="USD", digits=2)
    share = percent(1 - p.tail_level)
    if len(table) == 1:
        text = f"One plan is efficient: {table['who'].iloc[0]}. No other brings more on average, none loses less in the worst {share} of cases."
    else:
        first, last = table.iloc[0], table.iloc[-1]
        text = (
            f"{len(table)} plans are efficient, from {first['who']} (expected {said(first['estimate'])}; {_tail(first['tail'])} in the worst {share} of cases) "
            f"to {last['who']} (expected {said(last['estimate'])}; {_tail(last['tail'])})."
        )
    limit = p.tail_limit
    if limit and not any(plan.tail <= limit for plan in f.plans):
        text += f" None keeps its tail within {said(limit)}; the one with the least is taken."
    data = table.assign(plan=range(1, len(table) + 1), mean=table["estimate"], mean_error=table["std_error"])
    data = data[["plan", "mean", "mean_error", "tail", "tail_error"]]
    data.iloc[:, 1:] = data.iloc[:, 1:] / THOUSAND
    data["name"] = table["who"]
    return Result(
        "frontier", table, text, rows=portfolio.ways.rows, n_used=len(table), plot_data=data,
        checks=(
            Check("Appraised on other draws", None, "Plans are chosen on one set of draws and appraised on another, as the best of many looks too good on its own."),
            Check("Constraints", True, f"{sentence(count(len(portfolio.rules), 'constraint'))} kept by all plans." if portfolio.rules else "No constraint is set."),
            _whole(portfolio),
        ),
        draw=partial(draw_frontier, title=_frontier_title(table.iloc[number - 1], share), xlabel=f"mean loss of the worst {share} of cases, thousand USD of {p.price_year} (below 0: still a saving)",
                     ylabel="expected saving after risk, thousand USD", mark=number, mark_text="chosen"),
        alt="Efficient plans: " + "; ".join(f"{row.who}, expected {said(row.estimate)}, {_tail(row.tail)} in the tail" for row in table.itertuples()) + ".",
    )  # fmt: skip


def _whole(portfolio: Portfolio) -> Check:
    """Say what is lost because tasks go whole."""
    more, best = portfolio.divided, max(abs(plan.mean) for plan in portfolio.frontier.plans)
    linear = "Saving is in proportion to hours but for what each way costs once, so in expectation only a constraint makes dividing pay"
    if more <= 1e-6 * max(best, 1.0):
        return Check(
            "Tasks go whole",
            True,
            f"{linear}; here dividing tasks between ways would bring nothing more (mixed-integer program over shares).",
        )
    said = money(more, "USD", digits=2)
    return Check(
        "Tasks go whole",
        False,
        f"{linear}; here it would bring at most {said} more (mixed-integer program over shares, on the draws plans are chosen on).",
    )


def _tail(tail: float) -> str:
    if abs(tail) < 0.5:
        return "nothing lost"
    said = money(abs(tail), "USD", digits=2)
    return f"a loss of {said}" if tail > 0 else f"still a saving of {said}"


def in_words(portfolio: Portfolio, choice: Choice) -> str:
    """Tell a plan in a few words.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    choice : tuple of str
        Name of an option for each task.

    Returns
    -------
    str
        Such as ``document review to outside provider, India; legal research as today``.
    """
    if set(choice) == {STAY}:
        return "everything as today"
    groups: dict[str, list[str]] = {}
    for task, name in zip(portfolio.ways.parameters.tasks, choice, strict=True):
        groups.setdefault(name, []).append(vocabulary.label("task", task))
    return "; ".join(f"{listing(tasks)} {name if name == STAY else 'by ' + name}" for name, tasks in groups.items())


def plan_result(portfolio: Portfolio) -> Result:
    """Show the plan chosen: who does what where, what it saves and risks, and which duties it triggers.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        Terms ``saving`` (mean of the risk-adjusted saving of the plan, its ends quantiles), ``median`` (of the same), ``tail``,
        ``p_beats_staying``, ``p_breach`` (of any breach of client data at a holder over the horizon) and ``transition``; ``model`` holds ``who``, a
        frame of the parts that add up to the saving, and ``conditions``.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    choice = portfolio.choice(portfolio.chosen)
    net = portfolio.net(choice, fresh=True)
    again = portfolio.fresh.plan(portfolio.shares(choice))
    middle, low, high = quantiles(net, p.level)
    holders = [name for name in dict.fromkeys(choice) if name != STAY and w.option(name).outside]
    # Events at holders are independent given the rate.
    breached = float(-np.expm1(-len(holders) * p.horizon_years * provider_rate(w.joint.draws[LOSS], p.risk())).mean())
    unit, fresh = f"USD over {p.horizon_years} years", "draws it was not chosen on"
    tail, error = again.tail, again.tail_error
    chance = float((net > 0).mean())
    records = [
        {"term": "saving", "label": "Risk-adjusted saving", "estimate": again.mean, "std_error": float(net.std(ddof=1)), "conf_low": low, "conf_high": high, "unit": unit, "method": f"mean, {fresh}"},
        {"term": "median", "label": "Median of the same", "estimate": middle, "unit": unit, "method": f"median, {fresh}"},
        {"term": "tail", "label": f"Mean loss of the worst {1 - p.tail_level:.0%}", "estimate": tail, "std_error": error, "unit": unit, "method": f"tail mean, {fresh}"},
        {"term": "p_beats_staying", "label": "Beats today's way", "estimate": chance, "unit": "probability", "method": fresh},
        {"term": "p_breach", "label": "Breach of client data at a holder", "estimate": breached, "unit": "probability", "method": "Poisson under the stated exposure"},
        {"term": "transition", "label": "Vetting, selection and slower first year", "estimate": portfolio.starting(choice), "unit": "USD", "method": "mean"},
    ]  # fmt: skip
    table = tidy({"level": p.level, "n_obs": len(w.rows), **record} for record in records)
    who = _who(portfolio, choice)
    used = [w.option(name).permit for name in dict.fromkeys(choice) if name != STAY]
    asked = conditions(used)
    said = partial(money, currency="USD", digits=2)
    if portfolio.stays:
        text = "The plan leaves everything as it is: no plan that keeps the constraints is expected to save anything." if p.tail_limit == 0 else (
            "The plan leaves everything as it is: no plan that keeps the constraints and the limit on the tail is expected to save anything."
        )  # fmt: skip
    else:
        text = (
            f"The plan: {in_words(portfolio, choice)}. It {'saves' if again.mean > 0 else 'costs'} {said(abs(again.mean))} over {p.horizon_years} {'year' if p.horizon_years == 1 else 'years'} "
            f"on average ({p.level:.0%} interval {gain_or_loss(low, high, said)}) and beats today's way with a probability of {probability(chance)}. "
            f"In the worst {percent(1 - p.tail_level)} of cases it comes, on average, to {_tail(tail)}."
        )
        if holders:
            text += f" A breach of client data at {listing(holders)} within that time has a probability of {probability(breached)} under the stated exposure."
        required = [item.label for item in w.controls.in_place]
        if holders and required:
            text += f" In place there, and paid for: {listing(required)}."
        if len(asked):
            known = asked.loc[asked["asked_in"] != "", "label"].tolist()
            silent = int((asked["asked_in"] == "").sum())
            were = "they were" if silent > 1 else "it was"
            text += f" It triggers {count(len(known), 'duty', 'duties')}: {listing(known)}." if known else ""
            if silent:
                text += f" {silence(asked, f'; to be met as if {were} asked for')}"
    return Result(
        "plan",
        table,
        text,
        rows=plan_rows(portfolio, choice),
        n_used=len(w.rows),
        model={
            "who": who,
            "conditions": asked.assign(
                **{name: asked[name].map(vocabulary.spelt_out) for name in ("asked_in", "not_known_in")}
            ),
        },
    )


def plan_rows(portfolio: Portfolio, choice: Choice) -> tuple[str, ...]:
    """Return the rows behind a plan: those of the inputs, and the opinions that speak of it.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    choice : tuple of str
        Name of an option for each task.

    Returns
    -------
    tuple of str
        Identifiers.
    """
    w = portfolio.ways
    opinions = [row for name in choice if name != STAY for row in w.option(name).permit.rows]
    return tuple(dict.fromkeys([*w.rows, *opinions]))


def _who(portfolio: Portfolio, choice: Choice) -> pd.DataFrame:
    """Return the parts of a plan: tasks before what each way costs once, that, and the whole, all means on the same draws."""
    w, p, a = portfolio.ways, portfolio.ways.parameters, portfolio.fresh
    net = portfolio.net(choice, fresh=True)
    records = []

    def add(part: str, values: np.ndarray, **more: object) -> None:
        _, low, high = quantiles(values, p.level)
        records.append({"part": part, "hours": np.nan, "who": "", "where": "", "saves": float(values.mean()), "saves_low": low, "saves_high": high, "p_beats_staying": np.nan, "duties": "", **more})  # fmt: skip

    for i, (task, name, hours) in enumerate(zip(p.tasks, choice, p.volume_hours, strict=True)):
        more: dict[str, object] = {
            "hours": float(round(hours)),
            "who": name,
            "where": vocabulary.label("place", p.baseline_location),
        }
        if name != STAY:
            item = w.option(name)
            alone = portfolio.appraised[task].net(key(task, name))
            more |= {"where": vocabulary.label("place", item.place), "p_beats_staying": float((alone > 0).mean()),
                     "duties": ", ".join(DUTIES[duty] for duty in item.permit.asked)}  # fmt: skip
        add(vocabulary.label("task", task), a.gain[:, i, portfolio.names.index(name)], **more)
    for name in dict.fromkeys(choice):
        if name == STAY:
            continue
        held = portfolio.held(name, portfolio.appraised)
        costs = {
            "vetting, contracting, instructing": held.once,
            "added to the expected loss": held.increment,
            "controls": held.controls,
        }
        for part, values in costs.items():
            if values.any():
                add(part, -values, who=name, where=vocabulary.label("place", w.option(name).place))
    if portfolio.stays:
        return pd.DataFrame(records)
    add("the whole plan", net, hours=float(round(sum(p.volume_hours))), p_beats_staying=float((net > 0).mean()))
    return pd.DataFrame(records)
