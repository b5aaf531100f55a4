"""What a question of the savings report may ask: one clear error, with the place, for what it may not."""

import pytest

from lpo_analysis import vocabulary
from lpo_analysis.errors import ParameterError
from lpo_analysis.savings import Parameters


def refused(**changes):
    with pytest.raises(ParameterError) as caught:
        Parameters.from_mapping(changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"horizon_years": 0}, "horizon_years: must be at least 1"),
        ({"discount_rate": 9.0}, "discount_rate: must be at most 0.5"),
        ({"volume_hours": 0.0}, "volume_hours: must be greater than 0"),
        ({"minimum_hours": -1.0}, "minimum_hours: must be at least 0"),
        ({"productivity": [1.0, 0.7]}, "productivity: its low end 1.0 is above its high end 0.7"),
        ({"price": [2.0, 1.0]}, "price: must be empty or two amounts above 0, low and high"),
        ({"turnover_share": [0.5, 1.2]}, "turnover_share: must be empty or two shares between 0 and 1"),
        ({"tax_share": [0.0, 0.1]}, "tax_share: must lie between 0 and 1 (both excluded), or be 0, 0"),
        ({"rework_share": [0.0, 0.0]}, "rework_share: must lie between 0 and 1 (both excluded), got 0 to 0"),
        ({"ai_error_multiple": [0.0, 1.0]}, "ai_error_multiple: must be above 0"),
        ({"delivery_model": "contract_attorney", "location": "USA"}, "contract_attorney is the baseline already"),
        ({"delivery_model": "law_firm", "baseline": "associate", "location": "USA"}, "law_firm is the baseline already"),
        ({"delivery_model": "in_house", "baseline": "in_house_counsel", "location": "USA"}, "in_house is the baseline already"),
        ({"buyer": "law_firm", "baseline": "associate", "delivery_model": "in_house", "location": "USA"},
         "in_house is the baseline already"),
        ({"buyer": "law_firm", "delivery_model": "law_firm", "location": "USA"}, "the buyer is a law firm itself"),
        ({"delivery_model": "ai_assisted"}, "use location USA, not IND"),
        ({"delivery_model": "law_firm"}, "use location USA or GBR, not IND"),
        ({"delivery_model": "captive", "pricing_model": "fte"}, "pricing_model: fte is a way of paying an outside provider"),
        ({"delivery_model": "captive", "price": [1.0, 2.0]}, "price: nobody quotes a price for captive"),
        ({"delivery_model": "captive", "minimum_hours": 1.0}, "minimum_hours: captive has no smallest contract"),
        ({"pricing_model": "per page"}, "is not a pricing model this kit knows"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(changes, said):
    message = refused(**changes)
    assert said in message
    assert "\n" not in message


def test_a_cost_that_does_not_arise_is_switched_off_by_two_zeros():
    assert Parameters(tax_share=[0.0, 0.0], local_currency_share=[0.0, 0.0]).tax_share == [0.0, 0.0]


def test_what_was_a_question_before_is_one_still():
    old = {
        "task": "legal_research", "buyer": "law_firm", "buyer_size": "small", "baseline": "associate", "location": "PHL",
        "delivery_model": "captive", "volume_hours": 100.0, "horizon_years": 30, "price_drift": [-0.03, 0.03], "moved_share": [0.1, 0.2],
    }  # fmt: skip
    assert Parameters.from_mapping(old).changed() == {
        name: value for name, value in old.items() if name != "price_drift"
    }


@pytest.mark.parametrize(
    ("typed", "code"), [("GenAI", "ai_assisted"), ("in-house", "in_house"), ("outside counsel", "law_firm")]
)
def test_people_type_other_names_of_the_ways_of_doing_the_work(typed, code):
    assert vocabulary.resolve("delivery model", typed) == code


@pytest.mark.parametrize(
    ("typed", "code"), [("hour", "hourly"), ("per unit", "per_document"), ("flat fee", "fixed_fee")]
)
def test_people_type_other_names_of_the_ways_of_paying(typed, code):
    assert vocabulary.resolve("pricing model", typed) == code


@pytest.mark.parametrize(
    ("home", "place", "shore"),
    [
        ("USA", "USA", "onshore"),
        ("US-NY", "US-OH", "onshore"),
        ("GBR", "GB-NIR", "onshore"),
        ("GB-EAW", "POL", "nearshore"),
        ("USA", "MEX", "nearshore"),
        ("USA", "IND", "offshore"),
        ("ZAF", "GBR", "offshore"),
    ],
)
def test_how_far_work_moves(home, place, shore):
    assert vocabulary.shore(home, place) == shore


def test_near_countries_are_places_and_never_the_country_itself():
    for home, near in vocabulary.NEAR.items():
        assert home in vocabulary.PLACES
        assert set(near) <= set(vocabulary.PLACES)
        assert home not in near
    assert all(vocabulary.PLACES[place].country == home for home, place in vocabulary.LOW_COST_CENTRES.items())
