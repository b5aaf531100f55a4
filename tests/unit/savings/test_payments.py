"""What is paid for the work, and which cost lines arise: which rows may speak, and what is refused."""

from functools import cache

import numpy as np
import pytest

from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import load
from lpo_analysis.savings import Parameters
from lpo_analysis.savings.costs import LINES, Terms, costs
from lpo_analysis.savings.gather import gather, refusal
from lpo_analysis.savings.unit_candidates import ai_productivity_candidates


@cache
def gathered(**changes):
    return gather(
        Parameters.from_mapping({name: list(v) if isinstance(v, tuple) else v for name, v in changes.items()})
    )


def refused(**changes):
    with pytest.raises(NoEvidenceError) as caught:
        gather(Parameters.from_mapping(changes))
    return str(caught.value)


def medians(result):
    return {name: np.array([value]) for name, value in result.inputs.medians().items()}


HOME = {"location": "USA"}
AI = HOME | {"delivery_model": "ai_assisted"}
QUESTIONS = [
    {},
    {"delivery_model": "captive"},
    {"location": "US-OH"},
    HOME | {"delivery_model": "in_house"},
    HOME | {"delivery_model": "law_firm"},
    HOME | {"delivery_model": "contract_attorney", "baseline": "associate"},
    AI,
    AI | {"task": "legal_research"},
    {"pricing_model": "fte"},
    HOME | {"pricing_model": "per_document"},
    {"pricing_model": "fixed_fee", "price": (10_000.0, 20_000.0)},
    {"price": (10.0, 20.0)},
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: "-".join(map(str, q.values())) or "default")
def test_a_line_is_counted_or_said_to_be_off_never_both(question):
    result = gathered(**question)
    p = Parameters.from_mapping({k: list(v) if isinstance(v, tuple) else v for k, v in question.items()})
    terms = Terms(1000.0, 3, 0.05, p.delivery_model, p.pricing_model)
    counted = set(costs(result.rates(medians(result)), terms).lines)
    assert counted | set(result.off) == set(LINES)
    assert not counted & set(result.off)
    assert all(result.off.values())


def test_an_own_quote_is_an_assumption_of_today():
    item = gathered(price=(10.0, 20.0)).inputs["provider_price"]
    assert (item.low, item.high, item.rung, item.basis) == (10.0, 20.0, 4, "parameter price")
    assert "price_drift" not in gathered(price=(10.0, 20.0)).inputs.names


def test_a_document_has_a_price_at_home_and_none_abroad():
    item = gathered(**HOME, pricing_model="per_document").inputs["price"]
    assert item.rows == ("edp2026_human",)
    assert item.rung == 3  # whether on- or offshore is not told
    assert "the price of a document for document review by an outside provider in India" in refused(
        pricing_model="per_document"
    )


def test_a_document_takes_as_long_as_the_studies_of_human_review_say():
    item = gathered(**HOME, pricing_model="per_document").inputs["documents_per_hour"]
    assert set(item.rows) == {"rand_docs_per_hour_std", "rand_docs_per_hour_range", "rosenthal_docs_hr"}
    assert (item.low, item.high, item.rung) == (pytest.approx(50.0), pytest.approx(100.0), 2)


def test_an_own_pace_and_quote_make_a_contract_computable():
    asked = {"task": "contract_management", "pricing_model": "per_contract", "price": (100.0, 200.0)}
    assert set(gathered(**asked).inputs["hours_per_unit"].rows) == {"iaccm_legal_hours"}
    assert gathered(**asked, hours_per_unit=(2.0, 4.0)).inputs["hours_per_unit"].rung == 4


def test_work_that_comes_in_no_contracts_is_refused_by_the_contract():
    assert "Document review is not counted in contracts; give hours_per_unit and price." in refused(
        pricing_model="per_contract"
    )


@pytest.mark.parametrize("pricing", ["per_document", "fixed_fee"])
def test_a_pricing_model_without_a_price_is_refused_with_what_is_nearest(pricing):
    message = refused(pricing_model=pricing)
    assert message.startswith(f"pricing_model {pricing}, location IND: No figure of grade A/B gives the price of a ")
    assert "Nearest available: pricing_model hourly, pricing_model fte, the same question with an own quote" in message


def test_a_dedicated_person_is_priced_by_the_day_at_a_and_b_and_by_the_year_where_sellers_may_speak():
    day, year = gathered(pricing_model="fte"), gathered(pricing_model="fte", grades=("A", "B", "C"))
    assert (day.route, day.inputs["price"].rows) == ("day", ("riotinto_cpa_day_rate_2009",))
    assert (year.route, year.inputs["price"].rows) == ("unit", ("f5_weekly_price",))
    v = medians(day)
    drift = (1 + v["price_drift"]) ** (2024 - day.years["price"])
    assert day.rates(v)["unit_price"] == pytest.approx(v["price"] * drift * v["working_days"])


def test_review_with_ai_is_priced_by_the_document():
    result = gathered(**AI)
    assert result.inputs["ai_price"].rows == ("edp2026_genai",)
    assert result.inputs["ai_price"].rung == 2
    v = medians(result)
    drift = (1 + v["baseline_drift"]) ** (2024 - result.years["ai_price"])
    assert result.rates(v)["software_rate"] == pytest.approx(v["ai_price"] * drift * v["documents_per_hour"])


def test_what_ai_achieves_comes_from_the_randomised_trials_in_one_sense():
    """11.8% of the time saved is 1 / 0.882 of the output an hour; drafts timed in a firm and the preprint stay out."""
    item = gathered(**AI).inputs["ai_productivity"]
    assert item.rows == ("schwarcz_2026_ratio", "choi_time")
    assert (item.rung, item.low, item.high) == (3, pytest.approx(1 / (1 - 0.118) / 1.5), pytest.approx(2.3 * 1.5))
    assert "five of the six tasks of one and time saved at hardly changed quality in one" in item.basis


def test_trials_of_a_weaker_grade_stay_out():
    candidates = ai_productivity_candidates(load(), Parameters(grades=["A"]))
    assert list(candidates[0].frame.index) == ["schwarcz_2026_ratio"]
    assert candidates[0].name == "randomised trials with law students (five of the six tasks of one)"


def test_errors_of_research_tools_speak_for_research_only():
    research, review = (
        gathered(**AI, task=task).inputs["ai_error_share"] for task in ("legal_research", "document_review")
    )
    assert set(research.rows) == {"stanford_lexis", "stanford_westlaw", "stanford_practical_law"}
    assert research.rung == 3
    assert (review.rung, review.basis) == (4, "parameter ai_error_share")


def test_work_that_comes_in_no_pieces_pays_licences_only_and_says_so():
    result = gathered(**AI, task="legal_research")
    assert "ai_price" not in result.inputs.names
    assert any("No price of AI for legal research by the piece" in note for note in result.notes)


def test_review_with_ai_where_nothing_prices_it_is_refused():
    message = refused(**AI | {"location": "GBR", "baseline_location": "GBR", "baseline": "associate"})
    assert "what review of a document with AI costs in the United Kingdom" in message


def test_staff_turnover_is_what_providers_told_or_the_own_figure():
    told, own = gathered().inputs["turnover_share"], gathered(turnover_share=(0.2, 0.4)).inputs["turnover_share"]
    assert (told.rows, told.rung) == (("lse_lpo_turnover",), 3)
    assert (own.low, own.high, own.rung) == (0.2, 0.4, 4)
    assert load().observations.loc["lse_lpo_turnover", "value"] == 15


def test_what_is_switched_off_is_no_input_and_no_line():
    result = gathered(tax_share=(0.0, 0.0), relearning_share=(0.0, 0.0), local_currency_share=(0.0, 0.0))
    assert not {"tax_share", "relearning_share", "turnover_share", "currency_change"} & set(result.inputs.names)
    assert {"tax", "attrition", "currency"} <= set(result.off)


def test_a_fee_in_the_currency_of_the_provider_follows_it_whole():
    names = gathered(contract_currency="provider").inputs.names
    assert "currency_change" in names
    assert "local_currency_share" not in names


def test_work_that_stays_in_the_country_crosses_no_border():
    result = gathered(location="US-OH")
    assert {"communication", "travel", "tax", "currency", "transition"} <= set(result.off)


def test_a_volume_below_the_smallest_contract_is_told_with_the_place():
    notes = gathered(volume_hours=300.0, minimum_hours=1000.0).notes
    assert any(
        "volume_hours, 300 hours a year) is below the smallest contract (minimum_hours, 1,000)" in n for n in notes
    )
    assert not any("smallest contract" in note for note in gathered(minimum_hours=1000.0).notes)


def test_both_ways_priced_from_the_same_rows_are_told():
    assert any("Both ways are priced from the same rows" in note for note in gathered(location="US-OH").notes)
    assert not any("same rows" in note for note in gathered().notes)


def test_a_refusal_is_a_clause_without_looking_for_what_is_nearest():
    asked = Parameters(location="LKA")
    assert refusal(asked, load()).startswith("no price and no local pay on file for document review")
    assert refusal(Parameters(), load()) is None
