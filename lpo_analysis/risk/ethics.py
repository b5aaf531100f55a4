"""What the opinions on file ask for in a matter that touches several jurisdictions; what is not known is never permission."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts.heatmap import State, heatmap
from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.risk.opinions import (
    DUTIES,
    SCOPES,
    SEEN,
    STATES,
    TRIGGERS,
    cells,
    check_scope,
    jurisdictions_on_file,
    place_named,
    register,
    rules,
    superseded,
)
from lpo_analysis.wording import count, listing

RANK = {state: rank for rank, state in enumerate(STATES)}
NOT_ADVICE = "Research, not legal advice."
_SEEN, _SILENT, _NONE = "stated", "not seen in what was read", "no opinion on file"

LOOKS = (
    State("required", "req", "#0b3c5d"),
    State("conditional", "cond", "#3f88b5", "//"),
    State("recommended", "rec", "#9cc3d9", ".."),
    State("not required", "no", "#eec3ab", "\\\\"),
    State("not known: an opinion is on file, the duty not seen in what was read", "?", "#eceff2"),
    State("not known: no opinion on file", "–", "#ffffff", "xx"),
)
"""Looks of the states in the heat map, from dark to light."""


def places(jurisdictions: Sequence[str]) -> list[str]:
    """Turn what somebody typed into codes of jurisdictions.

    Parameters
    ----------
    jurisdictions : sequence of str
        Codes or names of countries or parts of them.

    Returns
    -------
    list of str
        Codes, in the order given.

    Raises
    ------
    NotFoundError
        If one is unknown; names the nearest.
    ParameterError
        If none is given, or one twice.
    """
    codes = [place_named(name) for name in jurisdictions]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise ParameterError(f"jurisdictions: {listing(twice)} stands there twice.", remedy="Name each once.")
    if not codes:
        raise ParameterError("jurisdictions: none is given.", remedy="Name at least one, such as US-NY.")
    return codes


def duties(
    jurisdictions: Sequence[str], *, scopes: Sequence[str] = ("outsourcing",), as_of: int | None = None
) -> Result:
    """Show the duties that the opinions on file name, cell by cell.

    Parameters
    ----------
    jurisdictions : sequence of str
        Codes or names of countries or parts of them.
    scopes : sequence of str, default ('outsourcing',)
        Scopes of the opinions that count, each kept apart.
    as_of : int, optional
        Year as of which opinions count; all on file that are not known to be replaced by default.

    Returns
    -------
    Result
        One term a scope, jurisdiction and duty. ``state`` is one of `STATES`, the strictest among the opinions; ``kind`` is
        ``own``, or ``persuasive`` for the opinions of a national body in a country of which only parts are asked for: these are
        shown beside the parts and enter neither their cells nor the union. ``condition`` says on what a state hangs, ``trigger``
        in codes; ``opinions`` and ``year`` are what the cell rests on, ``basis`` whether it is stated, not seen in what was read, or
        without an opinion, and ``in_force`` what is told of that. ``seen`` is what was read (`SEEN`) and ``second_hand`` whether that is
        a summary or list of others (yes, in part, no). ``superseded`` names opinions no longer in force that named the
        duty, ``superseded_by`` what took their place: they enter no state. Not known is never permission.

    Raises
    ------
    NotFoundError
        If a jurisdiction is unknown.
    ParameterError
        If a scope is unknown, or a jurisdiction stands there twice.
    """
    codes, asked = places(jurisdictions), [check_scope(scope) for scope in dict.fromkeys(scopes)]
    found, gone = cells(as_of), superseded(as_of)
    records: list[dict[str, Any]] = []
    used: list[str] = []
    for scope in asked:
        on_file = {place for of, place, _ in found if of == scope}
        for code, kind in _columns(codes, on_file):
            for duty in DUTIES:
                here = found.get((scope, code, duty), ())
                used += [str(row["opinion_id"]) for row in here]
                records.append(_cell(here, scope, code, kind, duty) | _once(gone.get((scope, code, duty), ())))
    table = tidy(records)
    dead = _left_out(codes, asked, as_of)
    silent = _silent(table)
    text = " ".join(_said(table, scope, codes) for scope in asked)
    return Result(
        "duties", table, text, checks=(
            Check("In force", None, "Whether an opinion still stands is told for few; verify before relying on one." + (f" Left out: {'; '.join(dead)}." if dead else "")),
            Check("Whose word", None, _whose(used)),
            Check("Coverage", silent.empty, _covered(table, silent)),
        ),
        rows=tuple(f"opinion:{name}" for name in dict.fromkeys(used)), n_used=len(set(used)), n_dropped=len(dead),
    )  # fmt: skip


def _columns(codes: Sequence[str], on_file: Collection[str]) -> list[tuple[str, str]]:
    """Put the national opinions of a country behind the jurisdictions asked for, where only parts of it are."""
    above = dict.fromkeys(vocabulary.PLACES[code].country for code in codes if not vocabulary.PLACES[code].is_country)
    national = [country for country in above if country not in codes and country in on_file]
    return [*((code, "own") for code in codes), *((country, "persuasive") for country in national)]


def _cell(here: Sequence[Mapping[Any, Any]], scope: str, code: str, kind: str, duty: str) -> dict[str, Any]:
    known = [row for row in here if row["state"] != "not known"]
    told = [row for row in here if row in known or row["condition"]]
    state = min((str(row["state"]) for row in known), key=RANK.__getitem__, default="not known")
    cited = known or list(here)
    several = len({row["state"] for row in known}) > 1
    conditions = [(f"{row['cited']}: " if len(told) > 1 else "") + row["condition"] for row in told if row["condition"]]
    strictest = [str(row["trigger"]) for row in known if row["state"] == state]
    return {
        "term": f"{scope}:{code}:{duty}", "label": DUTIES[duty], "scope": scope, "jurisdiction": code, "place": vocabulary.label("place", code), "kind": kind,
        "duty": duty, "state": state, "condition": "; ".join(conditions), "trigger": "|".join(dict.fromkeys("|".join(strictest).split("|"))), "n_obs": len(known), "unit": "state",
        "method": "strictest of the opinions on file", "basis": _SEEN if known else _SILENT if here else _NONE,
        "opinions": "; ".join(f"{row['cited']}{': ' + row['state'] if several else ''}" for row in cited) or _NONE,
        "year": ", ".join(dict.fromkeys(str(row["year"]) for row in cited)), "in_force": ", ".join(dict.fromkeys(row["in_force"] for row in cited)).replace("_", " "),
        "opinion_ids": ", ".join(row["opinion_id"] for row in cited), "seen": ", ".join(dict.fromkeys(SEEN[str(row["seen"])] for row in cited)),
        "second_hand": _second_hand([str(row["seen"]) for row in cited]),
    }  # fmt: skip


def _second_hand(seen: Sequence[str]) -> str:
    """Say whether opinions are known from others alone."""
    others = [what in ("second_hand", "list_entry") for what in seen]
    return "" if not others else "yes" if all(others) else "in part" if any(others) else "no"


def _once(gone: Sequence[Mapping[Any, Any]]) -> dict[str, str]:
    """Say what opinions no longer in force named, and what took their place."""
    return {
        "superseded": "; ".join(f"{row['cited']}: {row['state']}" for row in gone),
        "superseded_by": "; ".join(dict.fromkeys(str(row["superseded_by"]) or "not told" for row in gone)),
    }


def _left_out(codes: Sequence[str], scopes: Sequence[str], as_of: int | None) -> list[str]:
    frame = register(as_of=as_of)
    frame = frame[~frame["counts"] & frame["place"].isin(codes) & frame["scope"].isin(scopes)]
    return [
        f"{row.cited}, {'no longer in force' if row.in_force == 'no' else 'issued later'}"
        + (f" ({row.superseded_by})" if row.superseded_by else "")
        for row in frame.itertuples()
    ]


def _silent(table: pd.DataFrame) -> pd.DataFrame:
    gone = table[(table["kind"] == "own") & (table["basis"] == _NONE)]
    return gone.drop_duplicates(["scope", "jurisdiction"])


def _whose(used: Collection[str]) -> str:
    frame = register()
    local = frame[(frame["level"] == "local") & frame["opinion_id"].isin(used)]
    told = [f"{row.cited} for {vocabulary.in_words(row.place)}" for row in local.itertuples()]
    counted = (
        f"Of a local bar and counted, for want of a better, though it speaks for no whole jurisdiction: {listing(told)}. "
        if told
        else ""
    )
    return f"{counted}Opinions of bars advise; whether one binds is not coded."


def _covered(table: pd.DataFrame, silent: pd.DataFrame) -> str:
    asked = table.loc[table["kind"] == "own", "jurisdiction"].nunique()
    said = []
    for scope in dict.fromkeys(table["scope"]):
        found = asked - int((silent["scope"] == scope).sum())
        has = "has" if asked == 1 else "have"
        said.append(
            f"{found} of {count(asked, 'jurisdiction')} {has} an opinion on {SCOPES[scope]} on file that counts."
        )
    return " ".join(said)


def _said(table: pd.DataFrame, scope: str, codes: Sequence[str]) -> str:
    own = table[(table["scope"] == scope) & (table["kind"] == "own")]
    taken = union(table)
    taken = taken[taken["scope"] == scope].set_index("duty")["state"]
    found = {state: [DUTIES[duty] for duty in DUTIES if taken[duty] == state] for state in STATES}
    parts = []
    one = len(codes) == 1
    who = vocabulary.in_words(codes[0]) if one else "at least one of the chosen jurisdictions"
    lead = f"On {SCOPES[scope]}, what is on file for {who}" if one else f"On {SCOPES[scope]}, {who}"
    if found["required"]:
        parts.append(f"{lead} requires {listing(found['required'])}.")
    if found["conditional"]:
        parts.append(f"Under a condition{'' if found['required'] else f' ({SCOPES[scope]})'}: {listing(found['conditional'])}.")  # fmt: skip
    if found["recommended"]:
        parts.append(f"Recommended{'' if parts else f' ({SCOPES[scope]})'}: {listing(found['recommended'])}.")
    silent = own.loc[own["basis"] == _NONE, "jurisdiction"].drop_duplicates().tolist()
    if silent:
        parts.append(
            f"No opinion on {SCOPES[scope]} that counts is on file for {listing([vocabulary.in_words(code) for code in silent])}: what is required there is not known, which is not permission."
            + "".join(_instead(code, scope) for code in silent)
        )
    unknown = int((own["state"] == "not known").sum())
    verb = "is" if unknown == 1 else "are"
    parts.append(f"{unknown} of {len(own)} cells {verb} not known.")
    persuasive = table[(table["scope"] == scope) & (table["kind"] == "persuasive")]
    for country in dict.fromkeys(persuasive["jurisdiction"]):
        named = persuasive[(persuasive["jurisdiction"] == country) & (persuasive["state"] != "not known")]
        parts.append(
            f"Opinions of national bodies of {vocabulary.in_words(country)} name {count(len(named), 'duty', 'duties')}; they are persuasive at most and counted for no part of it."
        )
    return " ".join(parts)


def _instead(code: str, scope: str) -> str:
    """Say what else is on file for a place without an opinion of the scope, so that nobody takes it for one."""
    frame = register()
    other = frame[(frame["place"] == code) & (frame["scope"] != scope)]
    said = ""
    if len(other):
        numbers = other["scope"].value_counts(sort=False)
        named = listing([f"{n} on {SCOPES[str(name)]}" for name, n in numbers.items()])
        said += f" Of other scopes there {'is' if len(other) == 1 else 'are'}, for {vocabulary.in_words(code)}, {named}; not read as on {SCOPES[scope]}."
    parts = [name for name in jurisdictions_on_file(scope) if name != code and vocabulary.PLACES[name].country == code]
    if parts:
        said += f" Opinions of {listing([vocabulary.in_words(name) for name in parts])} are not read as those of {vocabulary.in_words(code)}."
    return said


def union(table: pd.DataFrame) -> pd.DataFrame:
    """Take the strictest state of each duty over the jurisdictions asked for.

    Parameters
    ----------
    table : pandas.DataFrame
        Table of `duties`.

    Returns
    -------
    pandas.DataFrame
        One row a scope and duty: scope, duty, label, state, and one column a state with the names of the jurisdictions in it (``required``,
        ``conditional``, ``recommended``, ``not_required``, ``not_known``); ``conditions`` with citation and year. Opinions of
        national bodies do not enter for a part of their country. Meeting the strictest state meets all of them; which rule
        governs is a question of law that this does not answer.
    """
    own = table[table["kind"] == "own"]
    records = []
    for (scope, duty), part in own.groupby(["scope", "duty"], sort=False):
        by = {state: "; ".join(part.loc[part["state"] == state, "place"]) for state in STATES}
        hung = part[part["condition"] != ""]
        conditions = "; ".join(f"{row.place}: {row.condition} [{row.opinions}]" for row in hung.itertuples())
        state = min(part["state"], key=RANK.__getitem__)
        records.append(
            {"scope": scope, "duty": duty, "label": DUTIES[str(duty)], "state": state, **{name.replace(" ", "_"): who for name, who in by.items()}, "conditions": conditions}
        )  # fmt: skip
    return pd.DataFrame(records)


def matrix(result: Result, *, scope: str | None = None, named: bool = False) -> pd.DataFrame:
    """Arrange the states with one duty a row and one jurisdiction a column.

    Parameters
    ----------
    result : Result
        From `duties`.
    scope : str, optional
        Which scope; the first by default.
    named : bool, default False
        Whether columns have the names of jurisdictions instead of their codes.

    Returns
    -------
    pandas.DataFrame
        Column duty, one a jurisdiction, then the national ones as ``USA (persuasive)``.
    """
    table = result.table[result.table["scope"] == (scope or result.table["scope"].iloc[0])]
    column = table["place" if named else "jurisdiction"]
    column = column.where(table["kind"] == "own", column + " (persuasive)")
    wide = table.assign(column=column).set_index(["label", "column"])["state"].unstack()  # noqa: PD010
    return wide.reindex(list(DUTIES.values()))[list(dict.fromkeys(column))].rename_axis(None, axis=1).reset_index(names="duty")  # fmt: skip


def coverage(jurisdictions: Sequence[str] = (), *, scope: str = "outsourcing", as_of: int | None = None) -> Result:
    """Show which duties the opinions on file name, over all jurisdictions that have one.

    Parameters
    ----------
    jurisdictions : sequence of str, optional
        Jurisdictions to set off, with or without an opinion.
    scope : str, default 'outsourcing'
        Scope of the opinions.
    as_of : int, optional
        As in `duties`.

    Returns
    -------
    Result
        One term a duty: ``estimate`` is the number of jurisdictions whose opinions say anything of it, ``n_obs`` those with an
        opinion that counts. A count of what is on file, no share of all jurisdictions. The figure is a heat map.
    """
    code = check_scope(scope)
    chosen = places(jurisdictions) if jurisdictions else []
    frame = rules(as_of=as_of)
    on_file = sorted(frame.loc[frame["scope"] == code, "place"].unique())
    if not on_file and not chosen:
        chosen = ["USA"]
    order = [*chosen, *(name for name in on_file if name not in chosen)]
    found = duties(order, scopes=[code], as_of=as_of)
    table = found.table[found.table["kind"] == "own"]
    records = []
    for duty, label in DUTIES.items():
        states = table.loc[table["duty"] == duty, "state"]
        by = {state.replace(" ", "_"): int((states == state).sum()) for state in STATES[:-1]}
        records.append({"term": duty, "label": label, "estimate": float(sum(by.values())), "n_obs": len(on_file), "unit": "jurisdictions", "method": "count of what is on file", **by})  # fmt: skip
    counted = tidy(records)
    counts = counted["estimate"]
    most = [str(label) for label in counted.loc[counts == counts.max(), "label"]]
    least = [str(label) for label in counted.loc[counts == counts.min(), "label"]]
    text = (
        f"{count(len(on_file), 'jurisdiction has', 'jurisdictions have')} an opinion on {SCOPES[code]} on file. Most often they name {listing(most)} (in {int(counts.max())}), "
        f"most rarely {listing(least)} (in {int(counts.min())}). These are counts of what was found and read, not shares of all jurisdictions; a blank is not permission."
    )
    unknown = {_SILENT: LOOKS[4].name, _NONE: LOOKS[5].name}
    shown = [unknown.get(basis, state) for state, basis in zip(table["state"], table["basis"], strict=True)]
    data = pd.DataFrame(
        {"row": table["place"], "column": table["label"], "state": shown, "main": table["jurisdiction"].isin(chosen)}
    )
    return Result(
        "duties_on_file", counted, text, rows=found.rows, n_used=found.n_used, plot_data=data.reset_index(drop=True),
        draw=partial(heatmap, states=LOOKS, title=f"Duties named by opinions on {SCOPES[code]}"),
        alt=f"{len(order)} jurisdictions by {len(DUTIES)} duties; " + "; ".join(f"{row.label}: named in {int(row.estimate)}" for row in counted.itertuples()) + ".",
    )  # fmt: skip


def triggered(
    jurisdictions: Sequence[str], *, location: str, shore: str | None = None, scopes: Sequence[str] = ("outsourcing",),
    facts: Mapping[str, bool] | None = None, as_of: int | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Say what each duty means as a constraint on a choice of where and how the work is done.

    Parameters
    ----------
    jurisdictions : sequence of str
        Jurisdictions that the matter touches.
    location : str
        Where the provider works.
    shore : {'onshore', 'nearshore', 'offshore'}, optional
        How far that is; worked out for each jurisdiction by default.
    scopes : sequence of str, default ('outsourcing',)
        Scopes of the opinions that count.
    facts : mapping of str to bool, optional
        What is known of the conditions in `TRIGGERS`; one left out is not known. ``abroad`` follows from the location.
    as_of : int, optional
        As in `duties`.

    Returns
    -------
    pandas.DataFrame
        Columns jurisdiction, duty, state, condition, citation, year, scope, opinion_ids; for each jurisdiction and scope the row ``permission``,
        then one a duty. ``forbidden``: an opinion does not permit it. ``conditional``: permitted if the duty is met, or if the
        condition told is found not to hold. ``recommended``; ``free``: an opinion says that it is not required, or the facts given
        rule its condition out. ``unknown``: nothing on file tells, which is never permission. Opinions of national bodies do
        not count for a part of their country.

    Raises
    ------
    NotFoundError
        If a place is unknown.
    ParameterError
        If a scope, shore or fact is unknown.
    """
    given = dict(facts or {})
    for name in given:
        if name not in TRIGGERS:
            raise ParameterError(f"facts: got {name!r}.", remedy=choices(name, TRIGGERS))
    if shore is not None and shore not in vocabulary.SHORES:
        raise ParameterError(f"shore: got {shore!r}.", remedy=choices(shore, vocabulary.SHORES))
    there = vocabulary.resolve("place", location)
    result = duties(jurisdictions, scopes=scopes, as_of=as_of)
    found = cells(as_of)
    records = []
    own = result.table[result.table["kind"] == "own"]
    for (scope, code), part in own.groupby(["scope", "jurisdiction"], sort=False):
        far = (shore or vocabulary.shore(str(code), there)) != "onshore"
        known = {**given, "abroad": far}
        records.append(_permission(str(code), str(scope), found.get((str(scope), str(code), "supervision"), ())))
        for row in part.to_dict("records"):
            state, condition = _constraint(row, known)
            records.append({"jurisdiction": code, "duty": row["duty"], "state": state, "condition": condition, "citation": row["opinions"], "year": row["year"], "scope": scope, "opinion_ids": row["opinion_ids"]})  # fmt: skip
    columns = ["jurisdiction", "duty", "state", "condition", "citation", "year", "scope", "opinion_ids"]
    return pd.DataFrame(records, columns=columns)


def _permission(code: str, scope: str, here: Sequence[Mapping[Any, Any]]) -> dict[str, Any]:
    """Read what the opinions of a place permit, which stands at each of their duties alike."""
    strictest = next(
        (level for level in ("no", "conditional", "yes") if any(row["permits"] == level for row in here)), ""
    )
    part = [row for row in here if row["permits"] == strictest] if strictest else list(here)
    state = {"no": "forbidden", "conditional": "conditional", "yes": "free"}.get(strictest, "unknown")
    condition = {"conditional": "permitted if the duties are met", "unknown": "nothing on file tells"}.get(state, "")
    return {
        "jurisdiction": code, "duty": "permission", "state": state, "condition": condition, "citation": "; ".join(row["cited"] for row in part) or _NONE,
        "year": ", ".join(dict.fromkeys(str(row["year"]) for row in part)), "scope": scope, "opinion_ids": ", ".join(str(row["opinion_id"]) for row in part),
    }  # fmt: skip


def _constraint(row: Mapping[Any, Any], facts: Mapping[str, bool]) -> tuple[str, str]:
    state, said = str(row["state"]), str(row["condition"])
    if state == "required":
        return "conditional", said or f"{row['label']}: required"
    if state == "recommended":
        return "recommended", said
    if state == "not required":
        return "free", said
    if state == "not known":
        return "unknown", said or str(row["basis"])
    triggers = str(row["trigger"]).split("|")
    held = [facts.get(name) for name in triggers]
    if any(held):
        return "conditional", said
    if all(value is False for value in held):
        return "free", f"only {said}"
    return "conditional", f"unless found not to apply: {said}"
