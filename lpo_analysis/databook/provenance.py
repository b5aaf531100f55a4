"""Who is behind the figures, what was left out and why, and under which licence everything stands."""

from __future__ import annotations

import pandas as pd

from lpo_analysis.databook.coverage import chosen
from lpo_analysis.databook.parameters import Parameters
from lpo_analysis.evidence import Evidence, maker, table
from lpo_analysis.evidence.schema import package
from lpo_analysis.results import Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, percent

STAKES = {
    "independent": "no stake in the market",
    "interested": "sells reports, software or advice around it",
    "vendor": "sells legal outsourcing",
}
"""What makers have at stake, as the sources are coded."""


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
        many, ``n_studies`` of how many studies.
    """
    p, rows = parameters, chosen(evidence, parameters)
    if rows.empty:
        return not_estimable("makers", f"no figure of {listing(p.topics)} at grade {'/'.join(p.grades)} is on file")

    def record(term: str, label: str, part: pd.DataFrame) -> dict[str, object]:
        return {"term": term, "label": label, "estimate": len(part) / len(rows), "n_obs": len(part), "n_studies": part["study_id"].nunique(),
                "unit": "share", "method": "figures among those of these grades"}  # fmt: skip

    stakes = [record(f"stake_{code}", words, rows[rows["independence"] == code]) for code, words in STAKES.items()]
    sizes = rows["publisher_id"].value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")
    named = [
        record(str(who), maker(str(rows.loc[rows["publisher_id"] == who, "publisher"].iloc[0]), most=60), rows[rows["publisher_id"] == who])
        for who in sizes.index[:most]
    ]  # fmt: skip
    result = tidy([*stakes, *named])
    half = int((sizes.cumsum() < len(rows) / 2).sum()) + 1
    free = stakes[0]["estimate"]
    text = (
        f"Of the {count(len(rows), 'figure')} that count here (grade {'/'.join(p.grades)}), {percent(float(free))} come from makers without a stake in the market. "  # type: ignore[arg-type]
        f"{count(half, 'maker')} of {len(sizes)} {'is' if half == 1 else 'are'} behind half of them, so rows are weighed by study and not counted."
    )
    return Result("makers", result, text, n_used=len(rows))


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
