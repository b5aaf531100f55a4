"""Who is behind the figures, what was left out and why, and under which licence everything stands."""

from __future__ import annotations

from typing import get_args

import pandas as pd

from lpo_analysis.databook.coverage import chosen
from lpo_analysis.databook.parameters import Grade, Parameters
from lpo_analysis.evidence import Evidence, maker, select, table
from lpo_analysis.evidence.schema import package
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, percent

STAKES = {
    "independent": "no stake in the market",
    "interested": "sells reports, software or advice around it",
    "vendor": "sells legal outsourcing",
}
"""What makers have at stake, as the sources are coded."""
GRADES = get_args(Grade)
"""All grades of the evidence."""
SELLERS = {"C", "D"}
"""Grades that a seller's figure may have (`lpo evidence check` holds that)."""


def makers(evidence: Evidence, parameters: Parameters, *, most: int = 8) -> Result:
    """Say who made the figures, and what they have at stake.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Topic, grades.
    most : int, default 8
        Makers to list by name.

    Returns
    -------
    Result
        Terms ``stake_<independence>``, then the makers with most figures: ``estimate`` is their share of the figures, ``n_obs`` how
        many, ``n_studies`` of how many studies; ``every`` and ``n_every`` are the same over all grades, forecasts left out.

    Notes
    -----
    The evidence grades a seller's figure C or D whatever it says, so among figures of A and B the share of sellers is 0 by that rule
    and that of makers without a stake is raised by it. Only the shares over all grades describe who makes the figures of this field.
    """
    p, rows = parameters, chosen(evidence, parameters)
    every = select(evidence, grades=GRADES, topic=p.topics, required=False)
    if every.empty:
        return not_estimable("makers", f"no figure of {listing(p.topics)} is on file")

    def record(term: str, label: str, column: str, value: str) -> dict[str, object]:
        part, whole = rows[rows[column] == value], every[every[column] == value]
        return {"term": term, "label": label, "estimate": len(part) / len(rows) if len(rows) else None, "n_obs": len(part),
                "n_studies": part["study_id"].nunique(), "every": len(whole) / len(every), "n_every": len(whole), "unit": "share",
                "method": "figures among those of these grades, and among those of all grades"}  # fmt: skip

    stakes = [record(f"stake_{code}", words, "independence", code) for code, words in STAKES.items()]
    sizes = rows["publisher_id"].value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")
    named = [
        record(str(who), maker(str(rows.loc[rows["publisher_id"] == who, "publisher"].iloc[0]), most=60), "publisher_id", str(who))
        for who in sizes.index[:most]
    ]  # fmt: skip
    result = tidy([*stakes, *named])
    grades, shares = "/".join(p.grades), result.set_index("term")
    free, interested, sellers = (float(shares.loc[f"stake_{code}", "every"]) for code in STAKES)
    said = (
        f"Of {count(len(every), 'figure')} of all grades, forecasts and comparison rows aside, {percent(free)} come from makers without a stake in the market, "
        f"{percent(interested)} from makers who sell reports, software or advice around it and {percent(sellers)} from sellers of legal outsourcing."
    )
    if set(p.grades) == set(GRADES):
        said += _half(rows, sizes, "them")
    elif rows.empty:
        said += f" None of them is of grade {grades}."
    else:
        known = float(shares.loc["stake_independent", "estimate"])
        said += f" Of the {count(len(rows), 'figure')} that count here (grade {grades}), {percent(known)} come from makers without a stake"
        rule = "no seller is among them, because a seller's figure is graded C or D by rule, so this share tells how grades are given and not who writes"
        said += "." if SELLERS & set(p.grades) else f"; {rule}."
        said += _half(rows, sizes, f"the figures of grade {grades}")
    checks = (
        Check(
            "Sellers' grade",
            None,
            "A seller's figure is graded C or D whatever it says, so no figure of grade A or B can be a seller's: that is a rule of the evidence and no finding.",
        ),
    )
    return Result("makers", result, said, checks=checks, n_used=len(rows), n_dropped=len(every) - len(rows))


def _half(rows: pd.DataFrame, sizes: pd.Series, what: str) -> str:
    half = int((sizes.cumsum() < len(rows) / 2).sum()) + 1
    return f" {count(half, 'maker')} of {len(sizes)} {'is' if half == 1 else 'are'} behind half of {what}, so rows are weighed by study and not counted."


def left_out() -> Result:
    """Say how many collected figures were left out of the evidence, and why.

    Returns
    -------
    Result
        One term a reason that several have: ``estimate`` counts figures; the others are told one by one in ``dropped.csv``.
    """
    frame = table("dropped")
    alike = frame["reason"].str.replace(r"^duplicate of .*", "repeats a figure that is kept", regex=True)
    several = alike.map(alike.value_counts()) > 1
    kinds = alike.where(several, "a reason of its own, told there")
    counts = kinds.value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")
    result = tidy(
        {"term": f"left_out_{n}", "label": str(kind), "estimate": int(size), "n_obs": int(size), "unit": "figures",
         "method": "collected, then left out; each with its reason in dropped.csv"}
        for n, (kind, size) in enumerate(counts.items(), start=1)
    )  # fmt: skip
    repeated = int((alike == "repeats a figure that is kept").sum())
    text = (
        f"{count(len(frame), 'collected figure')} {'was' if len(frame) == 1 else 'were'} left out, each with its reason in dropped.csv; "
        f"{repeated} of them because they repeat a figure that is kept."
    )
    return Result("left_out", result, text, n_used=0, n_dropped=len(frame))


def licences() -> pd.DataFrame:
    """List the files of the data package with their licence and the line to print.

    Returns
    -------
    pandas.DataFrame
        Columns file, title, licence, attribution.
    """
    return pd.DataFrame(
        [
            (
                item["path"],
                item.get("title", item["name"]),
                ", ".join(x["name"] for x in item["licenses"]),
                item["attribution"],
            )
            for item in package()["resources"]
        ],
        columns=["file", "title", "licence", "attribution"],
    )
