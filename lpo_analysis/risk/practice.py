"""How many organisations do what the checklist asks for, as far as surveys tell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lpo_analysis.evidence import Evidence, select
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import count, listing, percent, sentence

STEPS = {
    "third_party_risk_assessment": ("competence", "assess the risk of those they give work or data to"),
    "regular_vendor_review": ("competence", "review the controls of their vendors regularly"),
    "audited_by_client": ("competence", "were audited by a client at least once"),
    "full_vendor_inventory": ("confidentiality", "have a full list of those who hold their data"),
    "confident_vendor_would_notify": ("communication", "are confident that a vendor would report a breach"),
}
"""Security practices that answer an item of the checklist."""


def steps_in_use(evidence: Evidence, parameters: Parameters) -> Result:
    """Show how common steps of the checklist are.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades and level.

    Returns
    -------
    Result
        One term a published share of organisations, with the item of the checklist it answers and a Wilson interval at the size of the
        study (at least this wide) where that is told. Nothing is pooled: law firms and companies, and years, are apart.
    """
    p = parameters
    rows = select(evidence, metric="security_practice_share", category=list(STEPS), grades=p.grades, required=False)
    if rows.empty:
        return not_estimable(
            "steps_in_use", f"no figure of grade {'/'.join(p.grades)} is on file (0 rows)", level=p.level
        )
    records = []
    for name, row in rows.sort_values(["category", "year_end"], kind="stable").iterrows():
        share, n = float(row["value"]) / 100, row["sample_size"]
        known = pd.notna(n) and row["form"] == "point"
        low, high = share_interval(share, float(n), level=p.level) if known else (np.nan, np.nan)
        item, words = STEPS[row["category"]]
        records.append(
            {"term": name, "label": words, "estimate": share, "conf_low": low, "conf_high": high, "level": p.level if known else np.nan, "n_obs": n, "unit": "share",
             "method": "Wilson at the size of the study, at least this wide" if known else "as published; size not told", "item": item, "year": int(row["year_end"]),
             "who": {"law_firm": "law firms", "corporate": "companies"}.get(row["buyer"], "organisations"), "grade": row["grade"], "publisher": row["publisher"]}
        )  # fmt: skip
    table = tidy(records)
    said = ". ".join(
        sentence(
            f"of {who}, {listing([f'{percent(row.estimate)} {row.label} ({row.year})' for row in part.itertuples()])}"
        )
        for who, part in table.groupby("who", sort=False)
    )
    firms = table[table["who"] == "law firms"]
    text = f"How common some of these steps are is on file. {said}. {count(len(firms), 'figure is', 'figures are')} of law firms, and none asked about providers of legal work."
    return Result("steps_in_use", table, text, rows=tuple(map(str, rows.index)), n_used=len(rows), checks=(Check("Steps of the checklist", None, "Vendors of any kind are meant; no survey on file asked how firms vet a provider of legal work (0 rows)."),))  # fmt: skip
