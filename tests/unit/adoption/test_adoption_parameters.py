"""What may be asked of the adoption report."""

import pytest

from lpo_analysis.adoption import Parameters
from lpo_analysis.errors import NoEvidenceError, ParameterError
from lpo_analysis.evidence import load

REFUSED = {
    "horizon in the past": ({"horizon_year": 2020}, ["horizon_year: 2020 is not ahead of the series, which ends 2023", "use 2024 to 2040"]),
    "horizon at the end": ({"horizon_year": 2023}, ["is not ahead of the series"]),
    "horizon too far": ({"horizon_year": 2041}, ["horizon_year: must be at most 2040", "got 2041"]),
    "horizon no whole number": ({"horizon_year": 2028.5}, ["horizon_year: must be a whole number"]),
    "level above 1": ({"level": 1.5}, ["level: must be at most 0.999", "got 1.5"]),
    "level below a half": ({"level": 0.2}, ["level: must be at least 0.5"]),
    "unknown geography": ({"geography": "Untied States"}, ["geography: 'Untied States'", "Did you mean 'united states'"]),
    "unknown buyer": ({"buyer": "law_frm"}, ["buyer: 'law_frm'", "Did you mean 'law_firm'"]),
    "unknown task": ({"task": "legal_reserch"}, ["task: 'legal_reserch'", "Did you mean 'legal_research'"]),
    "grade twice": ({"grades": ["A", "A"]}, ["grades: one stands there twice, got A, A"]),
    "grade unknown": ({"grades": ["E"]}, ["grades: must be one of", "got 'E'"]),
    "no grade": ({"grades": []}, ["grades: must not be empty"]),
    "sample too small": ({"sample_sizes": [1]}, ["sample_sizes: must be at least 5, got 1"]),
    "no sample size": ({"sample_sizes": []}, ["sample_sizes: must not be empty"]),
    "price year": ({"price_year": 1900}, ["price_year: 1900 is outside the price index, which covers"]),
    "ceiling below what was reached": ({"ceiling_most": 1}, ["ceiling_most: must be at least 1.5", "got 1"]),
    "no ceiling": ({"ceiling_most": "none"}, ["ceiling_most: must be a number"]),
    "series that is not there": ({"series_path": "none.csv"}, ["series_path: there is no file of this name"]),
    "seed": ({"seed": -1}, ["seed: must be at least 0"]),
    "unknown name": ({"geografy": "USA"}, ["unknown parameter 'geografy'", "Did you mean 'geography'"]),
}  # fmt: skip


@pytest.mark.parametrize(("values", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_parameter_that_makes_no_sense_is_refused_with_a_reason(values, said):
    with pytest.raises(ParameterError) as caught:
        Parameters.from_mapping(values)
    for part in said:
        assert part in str(caught.value)


def test_two_mistakes_are_told_at_once():
    with pytest.raises(ParameterError, match="2 parameters are wrong"):
        Parameters.from_mapping({"level": 2, "buyer": "nobody"})


def test_names_and_aliases_are_taken_for_their_codes():
    p = Parameters.from_mapping({"geography": "uk", "buyer": "law firms", "task": "research"})
    assert (p.geography, p.buyer, p.task) == ("GBR", "law_firm", "legal_research")
    assert Parameters.from_mapping({"geography": "WLD"}).geography == "WLD"


def test_the_defaults_have_evidence():
    Parameters().check_evidence()


def test_a_place_without_a_figure_is_refused_and_the_nearest_are_counted():
    with pytest.raises(NoEvidenceError) as caught:
        Parameters(geography="IND", buyer="corporate").check_evidence()
    message = str(caught.value)
    assert message.startswith(
        "geography IND, buyer corporate: No figure of grade A/B on use by legal departments in India is on file."
    )
    assert "Nearest available, with their number of figures: Australia (AUS, 5), United States (USA, 16)." in message


def test_where_no_place_has_a_figure_the_refusal_says_so():
    with pytest.raises(NoEvidenceError, match="none at these grades"):
        Parameters(geography="IND", grades=["A"]).check_evidence()


def test_the_coverage_counts_the_rows_of_grades_a_and_b():
    frame = Parameters.coverage()
    o = load().observations
    rows = o[
        (o["metric"] == "adoption_rate") & o["grade"].isin(["A", "B"]) & o["buyer"].isin(["law_firm", "corporate"])
    ]
    rows = rows[(rows["topic"] != "context") & (rows["status"] != "forecast")]
    assert int(frame.to_numpy().sum()) == len(rows)
    assert frame.loc["USA", "corporate"] == 16
