"""Generative AI and outsourcing: who uses it, by sense of the word; what is expected of it, and what has been seen."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Literal, NamedTuple, get_args

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.adoption.use import size_check, spoken, with_intervals
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, maker, select
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, percent, sentence

FAMILIES = {
    "personal": "the person uses it",
    "organisation": "the firm or department uses it",
    "any_tool": "AI of any kind, older tools included",
    "task": "for one task",
    "plan": "no use yet",
}
"""Families of senses; not even the senses of one family are pooled."""


class Sense(NamedTuple):
    """What a question about use asks.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    words : str
        The sense in words.
    """

    family: str
    words: str


AI_SENSES = {
    "genai_personal": Sense("personal", "generative AI used by the person for work"),
    "genai_personal_incl_beta": Sense("personal", "generative AI used by the person, beta tests included"),
    "genai_personal_weekly": Sense("personal", "generative AI used by the person every week"),
    "genai_personal_3x_weekly": Sense("personal", "generative AI used by the person three times a week"),
    "legal_specific_ai_personal": Sense("personal", "AI made for law used by the person"),
    "raw_chatbot": Sense("personal", "a general chatbot used by the person"),
    "ai_personal_any": Sense("personal", "AI of any kind used by the person"),
    "genai_organisation": Sense("organisation", "generative AI used by the organisation"),
    "genai_exploring": Sense("organisation", "generative AI at least explored by the organisation"),
    "genai_tool_purchased": Sense("organisation", "generative AI bought by the organisation"),
    "copilot_pilot": Sense("organisation", "a general assistant piloted by the organisation"),
    "general_ai_tools_firm": Sense("organisation", "general-purpose AI used by the organisation"),
    "legal_specific_ai_firm": Sense("organisation", "AI made for law used by the organisation"),
    "ai_tools_any": Sense("any_tool", "AI-based tools of any kind in use"),
    "ai_tools_any_firms_solo": Sense("any_tool", "AI-based tools of any kind in use, solo practitioners"),
    "ai_tools_any_firms_10_49": Sense("any_tool", "AI-based tools of any kind in use, 10 to 49 lawyers"),
    "ai_tools_any_firms_100_plus": Sense("any_tool", "AI-based tools of any kind in use, 100 lawyers and more"),
    "ai_tool_implemented": Sense("any_tool", "an AI tool implemented"),
    "ai_any_adopted": Sense("any_tool", "AI adopted in some form, however little"),
    "ai_any_adopted_firms_solo": Sense("any_tool", "AI adopted in some form, solo practitioners"),
    "ai_at_scale": Sense("any_tool", "AI used at scale"),
    "ai_extensive": Sense("any_tool", "AI used extensively"),
    "ai_wide": Sense("any_tool", "AI adopted widely"),
    "ai_universal": Sense("any_tool", "AI adopted universally"),
    "genai_ediscovery": Sense("task", "generative AI in e-discovery, beta tests included"),
    "genai_ediscovery_production": Sense("task", "generative AI in e-discovery, on live matters"),
    "genai_ediscovery_organisation": Sense("task", "AI adopted by organisations in e-discovery"),
    "contract_review_ai": Sense("task", "AI in use for contract review"),
    "contract_review_ai_or_evaluating": Sense("task", "AI for contract review in use or under evaluation"),
    "no_plans_for_genai": Sense("plan", "no plan to use generative AI"),
}
"""Senses of "use of AI"; they answer different questions and are never pooled or joined by a line."""

Side = Literal["expected", "seen"]
Sign = Literal["substitute", "complement", "price", "none", "other"]


class Effect(NamedTuple):
    """What an item about the effect of AI says.

    Parameters
    ----------
    side : str
        ``expected`` (an intention or expectation) or ``seen``.
    sign : str
        ``substitute`` (less work goes out), ``complement`` (more does), ``price`` (the same work costs other money), ``none`` (nothing
        changed), ``other`` (something else).
    words : str
        The item in words.
    """

    side: Side
    sign: Sign
    words: str


EFFECTS = {
    "rely_less_on_outside_providers": Effect("expected", "substitute", "rely less on law firms and other providers"),
    "spend_less_on_outside_services": Effect("expected", "substitute", "spend less on outside services"),
    "more_work_in_house": Effect("expected", "substitute", "do more work in-house"),
    "routine_tasks_move_to_alsp": Effect("expected", "complement", "routine tasks move to ALSPs"),
    "outside_counsel_bills_fall": Effect("expected", "price", "bills of outside counsel fall"),
    "billable_hours_fall": Effect("expected", "price", "billable hours fall"),
    "billing_reshaped": Effect("expected", "price", "billing is reshaped"),
    "lower_operating_cost_expected": Effect("expected", "other", "own operating cost falls"),
    "would_delegate_first_pass_to_agent": Effect("expected", "other", "would leave first passes to an AI agent"),
    "lower_matter_cost_seen": Effect("seen", "price", "lower cost of matters at outside counsel"),
    "alternative_pricing_offered": Effect("seen", "price", "other pricing offered by law firms"),
    "no_change_in_bills_seen": Effect("seen", "none", "no change in bills"),
    "outside_counsel_charges_less": Effect("seen", "price", "law firms charge less"),
    "outside_counsel_charges_more": Effect("seen", "price", "law firms charge more"),
    "outside_counsel_rates_unchanged": Effect("seen", "none", "rates of law firms unchanged"),
    "cost_saving_reported": Effect("seen", "other", "savings reported"),
    "ai_as_cost_lever": Effect("seen", "other", "AI and other technology used to control cost"),
}
"""Items about the effect of AI on outsourcing. No item seen so far is about how much work goes out."""

_BUYERS = {"law_firm": "law firms", "corporate": "legal departments", "all": "lawyers of all kinds"}
_CORE = ("genai_personal", "genai_organisation", "ai_tools_any")


def _cells(row: pd.Series, level: float) -> dict[str, Any]:
    """Return what every table of this room tells of a published share."""
    return {
        "term": row.name, "estimate": row["share"], "conf_low": row["conf_low"], "conf_high": row["conf_high"], "level": level, "n_obs": row["n"],
        "unit": "share", "method": row["method"], "buyer": row["buyer"], "size": row["buyer_size"], "geography": row["geography"],
        "year": int(row["year_end"]), "grade": row["grade"], "publisher": row["publisher"], "wording": row["note"], "scenarios": row["scenarios"],
    }  # fmt: skip


def _who(row: pd.Series) -> str:
    size = "" if row["buyer_size"] in ("all", "") else f"{row['buyer_size']} "
    return f"{size}{_BUYERS.get(row['buyer'], str(row['buyer']))}, {vocabulary.label('scope', row['geography'])}"


def _drawn(table: pd.DataFrame, group: pd.Series, asked: pd.Series | None = None) -> pd.DataFrame:
    """Return what the figure shows; labels are kept short, for they take their room from the axis, and what was asked stands above."""
    sizes = table["size"].where(~table["size"].isin(["all", ""]), "").astype("str")
    who = (sizes + " " + table["buyer"].map(_BUYERS).fillna(table["buyer"])).str.strip()
    who = who + ", " + table["geography"].map(partial(vocabulary.label, "scope"))
    bound = table["method"].isin(["published as a floor", "published as a ceiling"])
    makers = table["publisher"].map(partial(maker, most=20))
    label = table["year"].astype("str") + ", " + who + ", " + makers + " [" + table["grade"] + "]"
    data = table.assign(
        group=group,
        weak=table["grade"].isin(["C", "D"]),
        label=label if asked is None else asked + "\n" + label,
        estimate=table["estimate"].mask(bound),
        # What is expected is no finding of what is, and looks different.
        ahead=table["side"].eq("expected") if "side" in table else False,
    )
    return data[["group", "label", "estimate", "conf_low", "conf_high", "weak", "ahead"]]


def ai_use(evidence: Evidence, parameters: Parameters) -> Result:
    """Show the published shares of those who use AI, sense by sense.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, sample sizes, grades. All buyers, places and tasks are shown, for few surveys ask each.

    Returns
    -------
    Result
        One term a published figure, with sense, family, buyer, place, year, grade, publisher and wording; never pooled. The figure shows
        the three senses that several makers ask for; the table has all.

    Notes
    -----
    Intervals are Wilson's where the source tells the size of its sample; what an unknown size or a foreign one does is said in
    ``method``.
    """
    p = parameters
    rows = select(evidence, metric="ai_use_share", grades=p.grades, required=False)
    if rows.empty:
        reason = f"no figure of grade {'/'.join(p.grades)} on the use of AI is on file (0 rows, 0 studies)"
        return not_estimable("ai_use", reason, terms={"ai_use": "use of AI"}, level=p.level, unit="share")
    senses = {code: i for i, code in enumerate(AI_SENSES)}
    rows = rows.assign(order=rows["category"].map(senses)).sort_values(
        ["order", "buyer", "geography", "buyer_size", "publisher_id", "year_end", "published"], kind="stable"
    )
    frame = with_intervals(rows, evidence, p)
    table = tidy(
        {**_cells(row, p.level), "label": f"{row['year_end']}, {_who(row)}, {maker(row['publisher'])}", "sense": row["category"],
         "asked": sentence(AI_SENSES[row["category"]].words), "family": AI_SENSES[row["category"]].family, "publisher_id": row["publisher_id"], "study_id": row["study_id"]}
        for _, row in frame.iterrows()
    )  # fmt: skip
    shown = table[table["sense"].isin(_CORE)]
    shown = shown if len(shown) else table
    checks = (
        size_check(frame),
        Check("Senses", None, f"{count(table['sense'].nunique(), 'sense')} in {count(table['family'].nunique(), 'family', 'families')}; none is pooled with another, and no line runs through two."),
        Check("Providers", None, _providers(table)),
        Check("Panel", None, "No panel follows the same organisations: successive waves are different samples."),
    )  # fmt: skip
    return Result(
        "ai_use", table, _use_text(table), checks=checks, rows=tuple(rows.index), n_used=len(rows),
        plot_data=_drawn(shown, shown["sense"].map(lambda code: sentence(AI_SENSES[code].words))),
        draw=partial(forest, title="AI use, by what was asked", xlabel=f"share of respondents, {p.level:.0%} interval"),
        alt=f"{count(len(shown), 'published share')} of users of AI in {count(shown['sense'].nunique(), 'sense')}, "
        f"{_range(shown['estimate'])}.",
    )  # fmt: skip


def _range(shares: pd.Series) -> str:
    low, high = percent(shares.min()), percent(shares.max())
    return low if low == high else f"from {low} to {high}"


def _providers(table: pd.DataFrame) -> str:
    others = sorted(set(table["buyer"]) - set(_BUYERS))
    asked = (
        f"{count(int(table['buyer'].isin(others).sum()), 'figure')} of others than buyers" if others else "No figure"
    )
    return f"{asked} {'are' if others else 'is'} of providers alone; where they were asked, it was together with their clients."


def _use_text(table: pd.DataFrame) -> str:
    n, senses = len(table), table["sense"].nunique()
    head = (
        f"{count(n, 'published share')} of users of AI {'is' if n == 1 else 'are'} on file, from {count(table['study_id'].nunique(), 'study', 'studies')}, in "
        f"{count(senses, 'sense')} of the word"
    )
    if n == 1:
        row = table.iloc[0]
        return f"{head}: {AI_SENSES[row['sense']].words}, {spoken(row)} ({row['label']})."
    said = [head + "."]
    for code in _CORE:
        part = table[(table["sense"] == code) & (table["size"] == "all")].sort_values("year", kind="stable")
        if len(part):
            said.append(f"{sentence(AI_SENSES[code].words)}: {_span(part)}.")
    if len(said) > 1:
        said.append("Makers, places and samples differ from one year to the next, so none of these is a curve.")
    return " ".join([one for one in (*said, _same_year(table), _waves(table)) if one])


def _span(part: pd.DataFrame) -> str:
    """Tell the figures of one sense buyer by buyer, every year of them."""
    told = []
    for buyer, words in _BUYERS.items():
        rows = part[part["buyer"] == buyer]
        if len(rows):
            years = [_figures(of_year, year) for year, of_year in rows.groupby("year", sort=True)]
            told.append(f"{words} {', '.join(years)}")
    return "; ".join(told)


def _figures(rows: pd.DataFrame, year: Any) -> str:
    """Tell the figures of one year: each where they are few, else the ends and how many."""
    said = list(dict.fromkeys(spoken(row) for row in rows.sort_values("estimate", kind="stable").itertuples()))
    if len(said) < 3:
        return f"{' and '.join(said)} ({year})"
    return f"{said[0]} to {said[-1]} ({len(rows)} figures of {year})"


def _same_year(table: pd.DataFrame) -> str:
    asked = table[(table["size"] == "all") & ~table["family"].isin(["task", "plan"])]
    groups = [
        part for _, part in asked.groupby(["year", "buyer", "geography"]) if len(part["sense"].drop_duplicates()) > 1
    ]
    if not groups:
        return ""
    rows = max(groups, key=lambda part: part["sense"].nunique())
    low, high = rows.loc[rows["estimate"].idxmin()], rows.loc[rows["estimate"].idxmax()]
    where = f"{_BUYERS.get(low['buyer'], low['buyer'])} in {vocabulary.in_words(low['geography'])}"
    return (
        f"Of {where} in {low['year']} alone, {rows['sense'].nunique()} senses run from {spoken(low)} ({AI_SENSES[low['sense']].words}) to "
        f"{spoken(high)} ({AI_SENSES[high['sense']].words}): the question decides the answer."
    )


def _waves(table: pd.DataFrame) -> str:
    """Tell the longest row of waves in which one maker asked one sense of the same kind of people."""
    by = ["sense", "buyer", "geography", "size", "publisher_id"]
    groups = [part for _, part in table.groupby(by, sort=False) if part["study_id"].nunique() >= 3]
    if not groups:
        return ""
    part = max(groups, key=len)
    row = part.iloc[0]
    figures = listing([f"{spoken(one)} ({one.year})" for one in part.itertuples()])
    return (
        f"The longest row of waves of one maker in one sense is that of {maker(row['publisher'])} ({AI_SENSES[row['sense']].words}; "
        f"{vocabulary.label('scope', row['geography'])}): {figures}."
    )


def _effects(evidence: Evidence, parameters: Parameters, side: Side) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the figures on one side, as frame and as table."""
    p = parameters
    rows = select(
        evidence, metric="ai_effect_on_outsourcing_share", grades=p.grades, status=("actual", "estimate", "forecast"), required=False
    )  # fmt: skip
    rows = rows[rows["category"].map(lambda code: EFFECTS[code].side).eq(side)]
    if rows.empty:
        return rows, tidy([])
    order = {code: i for i, code in enumerate(EFFECTS)}
    rows = rows.assign(order=rows["category"].map(order)).sort_values(["order", "year_end", "buyer"], kind="stable")
    frame = with_intervals(rows, evidence, p)
    table = tidy(
        {**_cells(row, p.level), "label": f"{_words(row['category'], row['provider'], row['buyer'])}: {row['year_end']}, {_who(row)}, {maker(row['publisher'])}",
         "item": row["category"], "side": side, "sign": EFFECTS[row["category"]].sign, "direction": _SIGNS[EFFECTS[row["category"]].sign], "provider": row["provider"], "study_id": row["study_id"], "publisher_id": row["publisher_id"]}
        for _, row in frame.iterrows()
    )  # fmt: skip
    return frame, table


def _effect_result(
    name: str, side: Side, evidence: Evidence, parameters: Parameters, *, title: str, what: str
) -> Result:
    p = parameters
    frame, table = _effects(evidence, p, side)
    if frame.empty:
        reason = f"no figure of grade {'/'.join(p.grades)} on {what} is on file (0 rows, 0 studies)"
        return not_estimable(name, reason, terms={name: what}, level=p.level, unit="share")
    n = len(table)
    told = listing([_item(row) for row in table.itertuples()])
    text = f"{count(n, 'figure')} on {what} {'is' if n == 1 else 'are'} on file, from {count(table['study_id'].nunique(), 'study', 'studies')}: {told}."
    return Result(
        name, table, text, checks=(size_check(frame),), rows=tuple(frame.index), n_used=n,
        plot_data=_drawn(table, pd.Series(sentence(side), index=table.index, dtype="str"), _groups(table)),
        draw=partial(forest, title=title, xlabel=f"share of respondents, {p.level:.0%} interval"),
        alt=f"{title}: {count(n, 'published share')}, {_range(table['estimate'])}.",
    )  # fmt: skip


_SIGNS = {
    "substitute": "Less work goes out",
    "complement": "More work goes out",
    "price": "The same work, other money",
    "none": "Nothing changed",
    "other": "Other effects",
}


def _groups(table: pd.DataFrame) -> pd.Series:
    return pd.Series(
        [_words(row.item, row.provider, row.buyer) for row in table.itertuples()], index=table.index, dtype="str"
    )


def _words(item: str, provider: str, buyer: str) -> str:
    """Say what an item asks; savings are those on law firms where the row is about them, and firms hear of bills from clients."""
    if item == "outside_counsel_bills_fall" and buyer == "law_firm":
        return "were told by clients that bills should fall"
    return EFFECTS[item].words + (" on law firms" if item == "cost_saving_reported" and provider == "law_firm" else "")


def _item(row: Any) -> str:
    return f"{_words(row.item, row.provider, row.buyer)} {spoken(row)} ({_BUYERS.get(row.buyer, row.buyer)}, {maker(row.publisher)} {row.year})"


def ai_expectations(evidence: Evidence, parameters: Parameters) -> Result:
    """Show what respondents expect AI to do to outsourcing: intentions, not outcomes.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, sample sizes, grades; all buyers and places are shown.

    Returns
    -------
    Result
        One term a published figure with item, sign (`Effect`) and direction (the sign in words), buyer, year, n, grade, publisher and wording.
    """
    return _effect_result(
        "ai_expectations", "expected", evidence, parameters,
        title="What AI is expected to do", what="what AI is expected to do to outsourcing",
    )  # fmt: skip


def ai_seen(evidence: Evidence, parameters: Parameters) -> Result:
    """Show what respondents say AI has done to outsourcing so far.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, sample sizes, grades; all buyers and places are shown.

    Returns
    -------
    Result
        As `ai_expectations`. What is seen is told by respondents, not measured.
    """
    return _effect_result(
        "ai_seen", "seen", evidence, parameters,
        title="What AI has done so far", what="what AI has been seen to do to outsourcing",
    )  # fmt: skip


def substitute_or_complement(evidence: Evidence, parameters: Parameters) -> Result:
    """Set what is expected beside what has been seen, and say whether AI replaces outsourcing or adds to it.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, sample sizes, grades; all buyers and places are shown.

    Returns
    -------
    Result
        One term a side and sign (such as ``expected_substitute``), its shares from ``conf_low`` to ``conf_high`` (smallest and largest
        published figure; no confidence interval, nothing is pooled), ``n_obs`` figures, ``n_studies``. Not estimable where nothing
        seen is about how much work goes out, which is the rule by which the answer is "not known" whatever is expected.

    Notes
    -----
    Rule: *substitute* or *complement* needs figures seen on how much work goes out, all of one sign; of both signs they are
    *mixed*; without any the answer is *not known*. Expectations and prices are told beside it and decide nothing.
    """
    p = parameters
    sides = {side: _effects(evidence, p, side) for side in get_args(Side)}
    items = pd.concat([table for _, table in sides.values() if len(table)] or [tidy([])], ignore_index=True)
    records = []
    for (side, sign), part in items.groupby(["side", "sign"], sort=False) if len(items) else ():
        shares = part["estimate"]
        records.append({"term": f"{side}_{sign}", "label": f"{side}: {_SIGNS[sign].lower()}", "estimate": shares.iloc[0] if len(part) == 1 else float("nan"),
                        "conf_low": shares.min(), "conf_high": shares.max(), "n_obs": len(part), "n_studies": part["study_id"].nunique(), "unit": "share",
                        "method": "smallest to largest published share, not pooled", "side": side, "sign": sign})  # fmt: skip
    if not records:
        reason = f"no figure of grade {'/'.join(p.grades)} on AI and outsourcing is on file (0 rows, 0 studies)"
        return not_estimable("substitute_or_complement", reason, unit="share")
    table = tidy(records)
    seen = _verdict(table, "seen")
    text = f"{_answer(seen, p)} {_told(items)}"
    checks = (
        Check("Intention is no outcome", None, "Expectations and what was seen stand side by side; samples, places and questions differ, so no gap between them is computed."),
        Check("Work that goes out", seen != "not known", f"{count(len(_volume(items, 'seen')), 'figure')} of what was seen {'tells' if len(_volume(items, 'seen')) == 1 else 'tell'} how much work goes out."),
    )  # fmt: skip
    frame = pd.concat([frame for frame, _ in sides.values() if len(frame)])
    group = items["side"].map({"expected": "Expected", "seen": "Seen so far"})
    result = Result(
        "substitute_or_complement", table, text, checks=(*checks, size_check(frame)), rows=tuple(frame.index), n_used=len(frame), plot_data=_drawn(items, group, _groups(items)),
        draw=partial(forest, title="AI: what is expected, and what is seen", xlabel=f"share of respondents, {p.level:.0%} interval; diamond: expected"),
        alt="; ".join(f"{count(len(part), 'share')} {side}, {_range(part['estimate'])}" for side, part in items.groupby("side")) + ".",
    )  # fmt: skip
    return result if seen != "not known" else replace(result, reason=_NOT_KNOWN)


_NOT_KNOWN = "no figure on file tells how much work goes out since AI came into use"


def _volume(items: pd.DataFrame, side: Side) -> pd.DataFrame:
    return items[(items["side"] == side) & items["sign"].isin(["substitute", "complement"])]


def _verdict(table: pd.DataFrame, side: Side) -> str:
    signs = sorted(set(_volume(table, side)["sign"]))
    return "not known" if not signs else signs[0] if len(signs) == 1 else "mixed"


def _answer(seen: str, p: Parameters) -> str:
    grades = f"at grade {'/'.join(p.grades)}"
    return {
        "not known": f"Whether AI replaces outsourcing or adds to it is not known: {_NOT_KNOWN} ({grades}).",
        "mixed": f"Whether AI replaces outsourcing or adds to it is mixed: what has been seen {grades} points both ways.",
        "substitute": f"What has been seen {grades} points to AI as a substitute for outsourcing.",
        "complement": f"What has been seen {grades} points to AI as a complement of outsourcing.",
    }[seen]


def _told(items: pd.DataFrame) -> str:
    """Tell both sides from the published figures: who says what."""
    expected = _volume(items, "expected")
    seen = items[(items["side"] == "seen") & items["sign"].isin(["price", "none"])]
    said = [
        f"{sentence(_BUYERS.get(str(buyer), str(buyer)))} expect {'less' if sign == 'substitute' else 'more'} work to go out in {count(len(part), 'figure')} "
        f"of {count(part['publisher_id'].nunique(), 'maker')}: {_itemised(part)}."
        for (buyer, sign), part in expected.groupby(["buyer", "sign"], sort=False)
    ]
    if expected.empty:
        said.append("No expectation on how much work goes out is on file at these grades.")
    elif len(set(expected["sign"])) > 1:
        both = expected.groupby(["study_id", "buyer"])["sign"].nunique().gt(1)
        said.append(
            f"{count(int(both.sum()), 'survey')} asked the same people for both directions."
            if both.any()
            else "No survey asked the same people for both directions, so the two do not answer each other."
        )
    prices = items[(items["side"] == "expected") & items["sign"].isin(["price", "none"])]
    if len(prices):
        said.append(
            f"Expected of bills and prices, each another question: {listing([_item(row) for row in prices.itertuples()])}."
        )
    if len(seen):
        said.append(f"Seen so far, of bills and prices only: {listing([_item(row) for row in seen.itertuples()])}.")
    else:
        said.append("Nothing seen of bills and prices is on file at these grades.")
    return " ".join(said)


def _itemised(part: pd.DataFrame) -> str:
    told = []
    for words, rows in part.groupby(_groups(part), sort=False):
        told.append(
            f"{words} {listing([f'{spoken(row)} ({maker(row.publisher)} {row.year})' for row in rows.itertuples()])}"
        )
    return "; ".join(told)


def ai_recall_claims(evidence: Evidence, parameters: Parameters) -> Result:
    """List what sellers say of the recall of review with generative AI: claims, whatever grades are let in.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Only the level is read; a claim has no interval.

    Returns
    -------
    Result
        One term a claim of grade C or D, with year, grade, publisher and wording; nothing is computed from them.
    """
    rows = select(
        evidence, metric="review_quality_rate", category=["recall_genai", "recall_genai_with_tar"], grades=("C", "D"), required=False
    )  # fmt: skip
    if rows.empty:
        return not_estimable(
            "ai_recall_claims", "no claim on the recall of generative AI review is on file", unit="share"
        )
    kept = with_intervals(rows.sort_values("year_end", kind="stable"), evidence, parameters)
    stated = kept["form"] != "point"
    frame = kept.assign(
        conf_low=kept["conf_low"].where(stated), conf_high=kept["conf_high"].where(stated), n=float("nan"), scenarios="",
        method=kept["method"].where(stated, "claim of a seller or provider, no interval"),
    )  # fmt: skip
    table = tidy(
        {
            **_cells(row, float("nan")),
            "label": f"{row['year_end']}, {maker(row['publisher'])}",
            "study_id": row["study_id"],
        }
        for _, row in frame.iterrows()
    )
    n = len(table)
    told = listing([f"{spoken(row)} ({maker(row.publisher)} {row.year})" for row in table.itertuples()])
    measured = select(
        evidence, metric="review_quality_rate", category=["recall_genai", "recall_genai_with_tar"], required=False
    )
    text = (
        f"{count(n, 'claim')} of sellers and providers on the recall of review with generative AI: {told}. "
        f"{'None' if measured.empty else count(len(measured), 'figure')} at grade A or B {'stands' if len(measured) < 2 else 'stand'} beside {'it' if n == 1 else 'them'}."
    )
    return Result(
        "ai_recall_claims", table, text, rows=tuple(frame.index), n_used=n,
        checks=(Check("Claims", None, "Listed as claims and used nowhere: whoever states them sells the software or the service."),),
    )  # fmt: skip
