"""Incidents of law firms on file beside what a register of another industry says: sizes, and what they cost."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis.charts import dotplot
from lpo_analysis.evidence import Evidence, real_frame, select, table
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.register import TRUNCATION, register
from lpo_analysis.wording import count, listing, money, number

OTHER_UNITS = {
    "hwle_files_2023": "files",
    "proskauer_files_2023": "files",
    "tuckers_cases": "court cases",
    "mossack_records_2015": "documents",
}
"""Rows that do not count people."""

COSTS = {
    "fine_or_settlement": {
        "settlement_bryan_cave_2023": ("Bryan Cave 2023", "settlement"),
        "settlement_gunster_2022": ("Gunster 2022", "settlement"),
        "settlement_orrick_2023": ("Orrick 2023", "settlement"),
        "fine_dpp_law": ("DPP Law 2025", "fine"),
    },
    "ransom_amount": {
        "demanded_grubman_shire_2020": ("Grubman Shire 2020", "ransom demanded"),
        "demanded_hwl_ebsworth_2023": ("HWL Ebsworth 2023", "ransom demanded"),
        "demanded_mean_of_11_law_firms": ("mean of 11 law firms", "ransom demanded"),
        "paid_mean_of_8_law_firms": ("mean of 8 law firms", "ransom paid"),
        "paid_remy_le_bonnois_2021": ("Remy Le Bonnois 2021", "ransom paid"),
    },
    "response_cost": {
        "dla_piper_2017_it_labour": ("DLA Piper 2017", "response, IT labour alone"),
        "hwl_ebsworth_2023_experts": ("HWL Ebsworth 2023", "response, experts alone"),
        "one_uk_firm_lost_billable_hours": ("a UK firm, 2020", "lost billable hours"),
        "simplify_group": ("Simplify Group", "cost reported"),
    },
}
"""Costs of breaches at law firms by metric and category: the incident, and what was paid or asked for."""
_SPELT = {"dla": "DLA", "hwl": "HWL", "trialworks": "TrialWorks"}


def listed_incidents(evidence: Evidence, parameters: Parameters) -> Result:
    """Set the listed incidents of law firms beside the register's sizes.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Price year, level, grades.

    Returns
    -------
    Result
        One term an incident: people affected. ``plot_data`` shows them with the notices of law firms to Washington State, the
        median and the 5% to 95% range of the register's fit behind; ``model`` holds ``costs`` (what such incidents cost) and
        ``kinds`` (law-firm incidents of the VERIS Community Database by action).

    Notes
    -----
    Incidents are listed because somebody reported them: no sample, no rate, and large ones are over-represented. Washington counts its own
    residents only, and only breaches of more than 500 of them.
    """
    p = parameters
    rows = select(evidence, metric="records_affected", buyer="law_firm", grades=p.grades, required=False)
    rows = rows[~rows["category"].str.endswith("_all")].sort_values("value", ascending=False, kind="stable")
    if rows.empty:
        return not_estimable(
            "listed_incidents",
            f"no incident of a law firm with its size is on file at grade {'/'.join(p.grades)} (0 rows)",
            level=p.level,
        )
    fitted = register(p.level).sizes
    units = [OTHER_UNITS.get(str(name), "people") for name in rows.index]
    above = fitted.model.sf(rows["value"].to_numpy(dtype=float)) / fitted.model.sf(TRUNCATION)
    listed = tidy(
        {"term": name, "label": incident_named(row["category"]), "estimate": row["value"], "level": np.nan, "n_obs": 1, "unit": unit,
         "method": "as reported", "year": int(row["year_end"]), "grade": row["grade"],
         "share_above": float(share) if unit == "people" and row["value"] >= TRUNCATION else np.nan}
        for (name, row), unit, share in zip(rows.iterrows(), units, above, strict=True)
    )  # fmt: skip
    washington = table("breaches_legal_washington")
    people = listed[listed["share_above"].notna()]
    median, far = fitted.row("q50")["estimate"], fitted.row("q90")["estimate"]
    costs = _costs(evidence, p, listed)
    kinds = _kinds()
    text = (
        f"{count(len(listed), 'incident')} of law firms with a size are on file, {len(people)} of them with {TRUNCATION} people or more; {int((people['estimate'] > far).sum())} of these "
        f"reach more than nine in ten of the register's breaches ({number(far, digits=2)} people): they are listed because they were large. {count(len(washington), 'notice')} of law firms to "
        f"Washington State have a median of {number(float(washington['residents_affected'].median()), digits=2)} residents, against {number(median, digits=2)} people in the register, "
        f"but count the residents of one state only.{_of_costs(costs)}"
    )
    data = pd.concat([
        pd.DataFrame({"label": [f"{row.label}{'' if row.unit == 'people' else f' ({row.unit})'}" for row in listed.itertuples()],
                      "estimate": listed["estimate"].astype(float), "main": True}),
        pd.DataFrame({"label": [f"Washington notice, {int(year)}" for year in washington["year"]],
                      "estimate": washington["residents_affected"].astype(float), "main": False}),
    ], ignore_index=True).sort_values("estimate", ascending=False, kind="stable", ignore_index=True)  # fmt: skip
    low, high = (float(fitted.model.isf((1 - q) * fitted.model.sf(TRUNCATION))) for q in (0.05, 0.95))
    return Result(
        "listed_incidents", listed, text,
        checks=(Check("Listed, not sampled", False, "Incidents of law firms stand in the press and in court files because they were large; nothing is fitted to them."),
                Check("Carried over", False, f"The register is of US health care; among {count(int(kinds['n'].sum()), 'law-firm incident')} of another collection {int(kinds['n_partner_involved'].sum())} involved a partner.")),
        rows=(*rows.index, *(row for listing in costs["rows"] for row in listing.split(", ")), "table:breaches_legal_washington:all", "table:breaches_vcdb_legal:all"),
        n_used=len(rows), plot_data=data.assign(conf_low=np.nan, conf_high=np.nan),
        draw=partial(dotplot, title="Law-firm incidents beside the register", xlabel="people, files or cases affected", log=True, reference=float(median),
                     reference_text="register's median", band=(low, high)),
        alt=f"Sizes of {len(listed)} law-firm incidents and {len(washington)} Washington notices as dots on a logarithmic axis, the register's middle 90% of {number(low, digits=2)} to {number(high, digits=2)} people behind.",
        model={"costs": costs, "kinds": kinds},
    )  # fmt: skip


def incident_named(category: str) -> str:
    """Write the name of an incident, from its category.

    Parameters
    ----------
    category : str
        Such as ``dla_piper_2017``.

    Returns
    -------
    str
        Such as ``DLA Piper 2017``.
    """
    words = category.split("_")
    year = words.pop() if words[-1].isdigit() and len(words[-1]) == 4 else ""
    name = " ".join(_SPELT.get(word, word.capitalize()) for word in words)
    return f"{name} {year}".strip()


def _costs(evidence: Evidence, p: Parameters, listed: pd.DataFrame) -> pd.DataFrame:
    """Return what incidents of law firms cost, in dollars of the price year, beside the people they reached."""
    people = {row.label: (float(row.estimate), str(row.term)) for row in listed.itertuples() if row.unit == "people"}
    found = []
    for metric, kinds in COSTS.items():
        rows = select(evidence, metric=metric, buyer="law_firm", grades=p.grades, required=False)
        frame = real_frame(rows[rows["category"].isin(list(kinds))], price_year=p.price_year)
        for name, row in frame.iterrows():
            label, kind = kinds[row["category"]]
            reached, source = people.get(label, (np.nan, "")) if kind == "settlement" else (np.nan, "")
            amount = 1e6 * float(row["real_low"])
            behind = ", ".join(filter(None, (str(name), source)))
            found.append((label, int(row["year_end"]), kind, amount, reached, amount / reached, behind))
    columns = ["incident", "year", "kind", "amount", "people", "per_person", "rows"]
    return pd.DataFrame(found, columns=columns)


def _of_costs(costs: pd.DataFrame) -> str:
    if costs.empty:
        return ""
    both = costs.dropna(subset=["per_person"])
    asked = costs["kind"].eq("ransom demanded")
    text = ""
    for rows, what in (
        (costs[~asked], "paid or spent"),
        (costs[asked], "demanded as a ransom, which need not have been paid,"),
    ):
        if rows.empty:
            continue
        least, most = (money(rows["amount"].agg(how), "USD", digits=3) for how in ("min", "max"))
        text += f" What is on file as {what} {'is' if len(rows) == 1 else 'runs from'} {least}{'' if len(rows) == 1 else f' to {most}'}."
    text += " Each is a part of a whole that nobody told."
    if len(both) >= 2:
        text += (
            f" The {'two' if len(both) == 2 else len(both)} settlements of known size come to {money(both['per_person'].min(), 'USD', digits=2)} to {money(both['per_person'].max(), 'USD', digits=2)} a person; "
            "how a cost grows with the number of people cannot be estimated from so few."
        )
    return text


def _kinds() -> pd.DataFrame:
    """Count the law-firm incidents of the community database by what happened."""
    rows = table("breaches_vcdb_legal")
    counts = rows.groupby("action", as_index=False)[["n", "n_data_disclosed", "n_partner_involved"]].sum()
    counts = counts.sort_values(["n", "action"], ascending=[False, True], kind="stable", ignore_index=True)
    said = [
        listing(["social engineering" if part == "social" else part for part in action.split("+")])
        for action in counts["action"]
    ]
    return counts.assign(action=said)
