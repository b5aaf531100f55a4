"""What may be asked of the risk report."""

import pytest

from lpo_analysis.errors import NoEvidenceError, ParameterError
from lpo_analysis.evidence import table
from lpo_analysis.risk import Parameters, analyse
from lpo_analysis.vocabulary import PLACES

REFUSED = {
    "unknown jurisdiction": ({"jurisdictions": ["US-NYY"]}, ["jurisdictions: 'US-NYY' is not a place", "Did you mean 'US-NY'"]),
    "jurisdiction twice": ({"jurisdictions": ["US-NY", "GB-EAW", "US-NY"]}, ["jurisdictions: one stands there twice"]),
    "jurisdiction twice by another name": ({"jurisdictions": ["US-NY", "New York"]}, ["jurisdictions: one stands there twice, got US-NY, US-NY"]),
    "no jurisdiction": ({"jurisdictions": []}, ["jurisdictions: must not be empty"]),
    "jurisdiction that is no list": ({"jurisdictions": "US-NY"}, ["jurisdictions: must be a list", "got 'US-NY'"]),
    "records below zero": ({"records": -1}, ["records: must be at least 0", "got -1"]),
    "records in text": ({"records": "many"}, ["records: must be a whole number", "got 'many'"]),
    "no vendor": ({"vendors": 0}, ["vendors: must be at least 1", "got 0"]),
    "level above 1": ({"level": 1.5}, ["level: must be at most 0.999", "got 1.5"]),
    "horizon": ({"horizon_years": 0}, ["horizon_years: must be at least 1"]),
    "unknown size": ({"buyer_size": "huge"}, ["buyer_size: 'huge'", "Allowed: all, small, midsize, large"]),
    "unknown location": ({"location": "Atlantis"}, ["location: 'Atlantis' is not a place this kit knows", "Allowed:"]),
    "draws no power of two": ({"draws": 300}, ["draws: must be a power of two, got 300; nearest are 256 and 512"]),
    "grade twice": ({"grades": ["B", "B"]}, ["grades: one stands there twice, got B, B"]),
    "memory too short": ({"memory_years": [0.5, 3.0]}, ["memory_years: must be at least 1, got 0.5"]),
    "memory upside down": ({"memory_years": [15.0, 5.0]}, ["memory_years: its low end 15", "above its high end 5"]),
    "share of nothing": ({"held_share": [0.0, 0.5]}, ["held_share: must lie between 0 (excluded) and 1, got 0 to 0.5"]),
    "share above 1": ({"reached_share": [0.5, 1.5]}, ["reached_share: must lie between 0 (excluded) and 1"]),
    "hazard of nothing": ({"relative_hazard": [0.0, 2.0]}, ["relative_hazard: must be above 0, got 0"]),
    "every year the worst": ({"tail_years": 1}, ["tail_years: must be at least 2", "got 1"]),
    "saving below zero": ({"saving_at_stake": -1.0}, ["saving_at_stake: must be at least 0"]),
    "limit below zero": ({"insurance_limit": -1.0}, ["insurance_limit: must be at least 0"]),
    "retention below zero": ({"insurance_retention": -1.0}, ["insurance_retention: must be at least 0"]),
    "cap in text": ({"liability_cap": "much"}, ["liability_cap: must be a number", "got 'much'"]),
    "widening below 1": ({"widening": 0.5}, ["widening: must be at least 1"]),
    "price year": ({"price_year": 1900}, ["price_year: 1900 is outside the price index"]),
    "unknown name": ({"jurisdiction": ["US-NY"]}, ["unknown parameter 'jurisdiction'", "Did you mean 'jurisdictions'"]),
}  # fmt: skip


@pytest.mark.parametrize(("values", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_parameter_that_makes_no_sense_is_refused_with_a_reason(values, said):
    with pytest.raises(ParameterError) as caught:
        Parameters.from_mapping(values)
    for part in said:
        assert part in str(caught.value)


def test_more_than_twenty_jurisdictions_are_refused():
    with pytest.raises(ParameterError, match=r"jurisdictions: .*20"):
        Parameters.from_mapping({"jurisdictions": list(PLACES)[:21]})


def test_names_and_aliases_are_taken_for_their_codes():
    p = Parameters.from_mapping(
        {"jurisdictions": ["new york state", "england"], "location": "philippines", "buyer_size": "big"}
    )
    assert (p.jurisdictions, p.location, p.buyer_size) == (["US-NY", "GB-EAW"], "PHL", "large")


def test_no_records_are_a_question_too():
    assert Parameters.from_mapping({"records": 0}).records == 0


def test_a_location_without_governance_scores_is_refused_and_the_others_are_listed():
    with pytest.raises(NoEvidenceError) as caught:
        Parameters(location="JPN").check_evidence()
    message = str(caught.value)
    assert message.startswith("location JPN: No governance scores are on file for Japan. Available: ")
    assert "IND" in message
    assert "JPN," not in message.split("Available:")[1]


@pytest.mark.parametrize("location", ["IND", "GB-NIR", "US-OH", "USA"])
def test_a_location_or_its_country_with_scores_is_accepted(location):
    Parameters(location=location).check_evidence()
    assert analyse(Parameters(location=location)).governance.estimable


def test_the_coverage_counts_every_opinion_once():
    frame = Parameters.coverage()
    opinions = table("ethics_opinions")
    assert int(frame.to_numpy().sum()) == len(opinions)
    assert frame["outsourcing"].sum() == 14
    assert frame.loc["US-NY", "outsourcing"] == 1


def test_the_question_names_places_and_records_in_words():
    text = analyse(Parameters(jurisdictions=["US-NV", "GBR"], location="PHL", records=0, buyer_size="all")).question
    assert text.startswith(
        "What would a law firm with 0 client records risk by giving work to a provider in the Philippines"
    )
    assert text.endswith("required of it in Nevada and the United Kingdom?")
