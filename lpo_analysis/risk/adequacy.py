"""Whether the European Commission has found data protection in the provider's place adequate."""

from __future__ import annotations

from collections.abc import Sequence

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, sentence

INSIDE = (
    "AUT", "BEL", "BGR", "HRV", "CYP", "CZE", "DNK", "EST", "FIN", "FRA", "DEU", "GRC", "HUN", "IRL", "ITA", "LVA", "LTU", "LUX", "MLT",
    "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "ESP", "SWE", "ISL", "LIE", "NOR",
)  # fmt: skip
"""Members of the European Economic Area, within which no decision is needed."""


def adequacy(location: str, *, evidence: Evidence, grades: Sequence[str] = ("A", "B")) -> Result:
    """Say what is on file about the adequacy of data protection in a place.

    Parameters
    ----------
    location : str
        Code of a place; a part takes the row of its country.
    evidence : Evidence
        The evidence base.
    grades : sequence of str, default ('A', 'B')
        Grades let in.

    Returns
    -------
    Result
        One term a country on file: ``estimate`` 1 where it is on the Commission's list and 0 where it is not, with the year the list
        was read, the grade and the ``note`` of the row; ``state`` in words. No interval: a list is no sample.
    """
    country = vocabulary.PLACES[location].country
    name = vocabulary.in_words(country)
    rows = select(evidence, metric="eu_adequacy", grades=grades, context=True, required=False)
    if rows.empty:
        return not_estimable(
            "adequacy", f"no row of grade {'/'.join(grades)} tells which places are on the Commission's list"
        )
    rows = rows.sort_values(["value", "geography"], ascending=[False, True], kind="stable")
    table = tidy(
        {"term": row_id, "label": vocabulary.in_words(row["geography"]), "estimate": float(row["value"]), "n_obs": 1, "unit": "on the list (1) or not (0)",
         "method": "list as read", "place": row["geography"], "year": int(row["year_end"]), "grade": row["grade"], "note": row["note"],
         "state": "adequate" if row["value"] == 1 else "no decision"}
        for row_id, row in rows.iterrows()
    )  # fmt: skip
    mine = table[table["place"] == country]
    years = listing([str(year) for year in sorted(table["year"].unique())])
    if country in INSIDE:
        text = f"{name} lies within the European Economic Area, where personal data under the EU's law move without a decision on adequacy."
    elif mine.empty:
        text = f"Whether the Commission has found data protection in {name} adequate is not on file: not known, and no permission."
    elif mine["estimate"].iloc[0] == 1:
        limit = mine["note"].iloc[0].partition(";")[2].strip()
        text = (
            f"{name} was on the Commission's list of adequate places as read in {mine['year'].iloc[0]}"
            + (f" ({limit})" if limit else "")
            + "."
        )
    else:
        text = (
            f"{name} was not on the Commission's list of adequate places as read in {mine['year'].iloc[0]}: personal data under the EU's law need another basis for the "
            "transfer."
        )
    text = sentence(text)
    if country not in INSIDE:
        text += " The rows give neither the day of a decision nor the day it lapses, so look it up before signing."
    return Result(
        "adequacy", table, text,
        checks=(
            Check("Date of the list", None, f"{count(len(table), 'place')} as read in {years}; decisions lapse, are renewed and struck down, and none of their dates is on file."),
            Check("Other transfer rules", None, "Only the European Commission's list is on file; those of the United Kingdom and of other places are not (0 rows)."),
        ),
        rows=tuple(rows.index), n_used=len(rows),
    )  # fmt: skip
