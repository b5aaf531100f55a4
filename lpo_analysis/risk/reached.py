"""What breaches reach and whom they come through: shares side by side by study, each with its own definition."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, maker, select, table
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.rates import known_n
from lpo_analysis.wording import count, percent, sentence

_REACHED = {
    "client_data_accessed": "Client data accessed, of breached firms",
    "client_data_accessed_firms_50_99": "Client data accessed, of breached firms",
    "client_data_accessed_firms_100_499": "Client data accessed, of breached firms",
    "client_data_lost": "Confidential client data lost, of breached firms",
    "clients_notified": "Clients notified, of breached firms",
    "files_lost": "Files destroyed or lost, of breached firms",
}
_BANDS = {
    "client_data_accessed_firms_50_99": ", 50-99 lawyers",
    "client_data_accessed_firms_100_499": ", 100-499 lawyers",
}
THIRD = {
    "partner_actor_vcdb": "Partner among the actors (VERIS)",
    "partner_actor_vcdb_legal": "Partner among the actors (VERIS)",
    "partner_implicated_dbir": "Business partner implicated (DBIR to 2010)",
    "third_party_critical_infrastructure": "Partner compromised, critical infrastructure (IBM)",
    "third_party_dbir_2024_definition": "Third party, vendor software included (DBIR from 2024)",
}
_HAD = {
    "ever": "Organisations that ever had a breach by a third party",
    "past_year": "Organisations with one in the past year",
    "nth_party": "Organisations with a breach by an Nth party",
    "has_a_breached_vendor": "Organisations with a vendor breached in two years",
}
_FROM_TABLES = ("partner_actor_vcdb", "partner_actor_vcdb_legal")


def reached(evidence: Evidence, parameters: Parameters) -> Result:
    """Show the share of breaches in which client data were reached, by study and definition.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, grades.

    Returns
    -------
    Result
        One term a published share, by definition; an interval only where the number of breaches is told.

    Notes
    -----
    Estimand of each: the share of breached firms that say so, or of collected incidents coded so. Definitions differ, so nothing is pooled.
    """
    p = parameters
    rows = select(evidence, metric="breach_outcome_share", category=list(_REACHED), grades=p.grades, required=False)
    records = _records(rows, _REACHED, p, _BANDS, breached=_breached(evidence, rows))
    used = list(rows.index)
    if "B" in p.grades:
        vcdb = table("breaches_vcdb_legal").astype({"n": int, "n_data_disclosed": int})
        records.append(
            _counted(
                "vcdb_legal_disclosed",
                "2010-2018, VCDB legal services [B]",
                int(vcdb["n_data_disclosed"].sum()),
                int(vcdb["n"].sum()),
                "Data disclosed, of collected incidents at law firms",
                p,
            )
        )
        used.append("table:breaches_vcdb_legal:all")
    what = "client data were reached"
    return _side_by_side(
        "client_data_reached", records, used, p, what, "share of breaches in which client data were reached"
    )


def third_party(evidence: Evidence, parameters: Parameters) -> Result:
    """Show the part of third parties in breaches, by study and definition.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, grades.

    Returns
    -------
    Result
        One term a share: of breaches that came through a third party, and of organisations that had one. The US health register gives
        a range over its years, because a vendor's notices come in clusters.

    Notes
    -----
    A share of breaches and a share of organisations are different quantities, and so is each definition; nothing is pooled.
    """
    p = parameters
    shares = select(evidence, metric="third_party_breach_share", category=list(THIRD), grades=p.grades, required=False)
    had = select(evidence, metric="third_party_breach_prevalence", category=list(_HAD), grades=p.grades, required=False)
    used = [*shares.index, *had.index]
    records = _records(shares[~shares["category"].isin(_FROM_TABLES)], THIRD, p, {})
    if "B" in p.grades:
        vcdb = table("breaches_vcdb_by_year")
        years = vcdb[vcdb["year"].astype(int).between(2010, 2019)].astype(int)
        legal = table("breaches_vcdb_legal").astype({"n": int, "n_partner_involved": int})
        group = THIRD["partner_actor_vcdb"]
        records.append(
            _counted(
                "vcdb_all_partner",
                "2010-2019, VCDB all sectors [B]",
                int(years["partner_involved_all"].sum()),
                int(years["incidents_all"].sum()),
                group,
                p,
            )
        )
        records.append(
            _counted(
                "vcdb_legal_partner",
                "2010-2018, VCDB legal services [B]",
                int(legal["n_partner_involved"].sum()),
                int(legal["n"].sum()),
                group,
                p,
            )
        )
        records.append(_health())
        used += [
            f"table:{name}:all"
            for name in ("breaches_vcdb_by_year", "breaches_vcdb_legal", "breach_third_party_by_year")
        ]
    records += _records(had, _HAD, p, {})
    made = _side_by_side(
        "third_party_part",
        records,
        used,
        p,
        "a third party took part",
        "share of breaches, or of organisations, as each heading says",
    )
    if not made.estimable or shares.empty:
        return made
    span = f"{percent(_newest(shares).min())} to {percent(_newest(shares).max())}"
    used_in = (
        f" What one more provider adds, and how the loss divides over controls, takes the range of the newest share by each definition that counts breaches ({span}); "
        "the expected loss of the firm does not turn on it. Shares of organisations are another quantity and stay out."
    )
    return replace(made, text=made.text + used_in)


def _newest(shares: pd.DataFrame) -> pd.Series:
    return shares.sort_values("year_end", kind="stable").groupby("category", observed=True)["value"].last() / 100


def _breached(evidence: Evidence, rows: pd.DataFrame) -> pd.Series:
    """Return how many firms were breached, where the same study tells its sample and the share ever breached."""
    o = evidence.observations
    ever = o[(o["metric"] == "breach_prevalence") & (o["category"] == "ever_breached") & (o["form"] == "point")]
    base = (known_n(ever) * ever["value"] / 100).round()
    by_study = base.groupby([ever["study_id"].astype("str"), ever["year_end"]]).first()
    found = [by_study.get((str(row["study_id"]), row["year_end"]), np.nan) for _, row in rows.iterrows()]
    return pd.Series(found, rows.index, dtype=float).where(rows["buyer_size"] == "all")


def _records(
    rows: pd.DataFrame,
    groups: dict[str, str],
    p: Parameters,
    bands: dict[str, str],
    *,
    breached: pd.Series | None = None,
) -> list[dict[str, Any]]:
    if rows.empty:
        return []
    n = known_n(rows) if breached is None else breached
    order = {category: at for at, category in enumerate(groups)}
    rows = rows.assign(at=rows["category"].astype("str").map(order)).sort_values(["at", "year_end"], kind="stable")
    records = []
    for name, row in rows.iterrows():
        share = float(np.nanmean(ends(row))) / 100
        category, size = str(row["category"]), n[name]
        years = (
            f"{row['year_end']}" if row["year_start"] == row["year_end"] else f"{row['year_start']}-{row['year_end']}"
        )
        record = {"term": name, "label": f"{years}, {maker(row['publisher'])}{_where(row)}{bands.get(category, '')} [{row['grade']}]", "estimate": share, "conf_low": np.nan, "conf_high": np.nan, "level": np.nan,
                  "n_obs": size, "unit": "share", "method": "as published; n not told", "definition": groups[category], "grade": row["grade"]}  # fmt: skip
        if pd.notna(size):
            low, high = share_interval(share, float(size), level=p.level)
            record |= {
                "conf_low": low,
                "conf_high": high,
                "level": p.level,
                "method": "as published; Wilson interval"
                + ("" if breached is None else ", base derived from the sample and the share ever breached"),
            }
        records.append(record)
    return records


def _where(row: pd.Series) -> str:
    return {"USA": ", US", "GBR": ", UK", "WLD": ""}.get(str(row["geography"]), f", {row['geography']}")


def _counted(term: str, label: str, hits: int, n: int, definition: str, p: Parameters) -> dict[str, Any]:
    low, high = share_interval(hits / n, n, level=p.level, method="jeffreys")
    return {"term": term, "label": label, "estimate": hits / n, "conf_low": low, "conf_high": high, "level": p.level, "n_obs": n, "unit": "share",
            "method": f"{hits} of {n} incidents collected, Jeffreys interval as if drawn at random, which they were not", "definition": definition, "grade": "B"}  # fmt: skip


def _health() -> dict[str, Any]:
    years = table("breach_third_party_by_year").astype({"n": int, "n_third_party": int})
    by_year = years["n_third_party"] / years["n"]
    return {"term": "hhs_business_associate", "label": f"{years['year'].min()}-{years['year'].max()}, US health register [B]", "estimate": float(years["n_third_party"].sum() / years["n"].sum()),
            "conf_low": float(by_year.min()), "conf_high": float(by_year.max()), "n_obs": int(years["n"].sum()), "unit": "share", "method": "all years; ends are the lowest and highest year, no interval of chance",
            "definition": "Business associate present, health, 500 people or more", "grade": "B"}  # fmt: skip


_TOLD = 6
"""How many definitions a sentence takes."""


def _side_by_side(
    name: str, records: list[dict[str, Any]], used: list[str], p: Parameters, what: str, xlabel: str
) -> Result:
    if not records:
        return not_estimable(
            name, f"no figure of grade {'/'.join(p.grades)} tells how often {what} (0 rows)", level=p.level
        )
    found = tidy(records)
    parts = [
        f"{definition[:1].lower()}{definition[1:]}: {percent(part['estimate'].min())}"
        + (f" to {percent(part['estimate'].max())}" if len(part) > 1 else "")
        for definition, part in found.groupby("definition", sort=False)
    ]
    told = int(found["n_obs"].notna().sum())
    if len(parts) > _TOLD:
        # Of many definitions a sentence takes the ends; the table has all.
        least, most = (found.loc[found["estimate"].agg(end)] for end in ("idxmin", "idxmax"))
        one, other = (f"{row['definition'][:1].lower()}{row['definition'][1:]}" for row in (least, most))
        parts = [
            f"from {percent(least['estimate'])} ({one}) to {percent(most['estimate'])} ({other}), all of them in the table"
        ]
    text = (
        f"How often {what} depends on what is counted. {count(len(found), 'figure')} by {count(found['definition'].nunique(), 'definition')}: {'; '.join(parts)}. "
        "Nothing is pooled, because no definition has three makers with known n."
    )
    data = found.assign(group=found["definition"], weak=found["grade"].isin(["C", "D"]))
    return Result(
        name, found, text, checks=(Check(f"Bases: {what}", told == len(found), f"{told} of {len(found)} figures tell how many breaches or organisations are behind them; the others stand without an interval."),),
        rows=tuple(dict.fromkeys(used)), n_used=len(found), plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]],
        draw=partial(forest, title=sentence(f"{what}, by definition"), xlabel=xlabel),
        alt=f"{count(len(found), 'published share')} in {count(found['definition'].nunique(), 'definition')}, from {percent(found['estimate'].min())} to {percent(found['estimate'].max())}.",
    )  # fmt: skip
