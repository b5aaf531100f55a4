"""Which rows may speak for an input, and what is refused."""

import re
from functools import cache

import numpy as np
import pytest

from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import climb, load
from lpo_analysis.savings import Parameters, coverage
from lpo_analysis.savings.candidates import LOOSER
from lpo_analysis.savings.collector import Collector
from lpo_analysis.savings.coverage import costed_baselines
from lpo_analysis.savings.gather import gather
from lpo_analysis.savings.gatherer import collect


@cache
def gathered(**changes):
    return gather(
        Parameters.from_mapping({name: list(v) if isinstance(v, tuple) else v for name, v in changes.items()})
    )


def rows_of(result, *, name=None):
    rows = [
        row for item in result.inputs if name in (None, item.name) for row in item.rows if not row.startswith("table:")
    ]
    return load().observations.loc[rows]


def refusal(**changes):
    with pytest.raises(NoEvidenceError) as caught:
        gather(Parameters.from_mapping(changes))
    return str(caught.value)


QUESTIONS = [
    {},
    {"task": "legal_research"},
    {"task": "ediscovery", "baseline": "associate"},
    {"task": "transcription", "location": "GBR", "baseline": "paralegal"},
    {"location": "PHL", "baseline": "in_house_counsel"},
    {"location": "IND", "delivery_model": "captive"},
    {"location": "US-OH", "baseline_location": "US-NY", "baseline": "associate"},
    {"location": "GB-NIR", "baseline": "associate", "baseline_location": "GBR"},
    {"location": "USA", "delivery_model": "contract_attorney", "baseline": "associate"},
    {"buyer": "law_firm", "buyer_size": "small", "baseline": "associate"},
    {"buyer": "law_firm", "baseline": "paralegal"},
]

each_question = pytest.mark.parametrize(
    "question", QUESTIONS, ids=lambda q: "-".join(map(str, q.values())) or "default"
)


@each_question
@pytest.mark.parametrize("grades", [("A", "B"), ("B", "C"), ("A", "B", "C", "D")], ids="".join)
def test_no_row_of_another_grade_is_used(question, grades):
    try:
        result = gathered(**question, grades=grades)
    except NoEvidenceError:
        pytest.skip("nothing on file at these grades")
    assert set(rows_of(result)["grade"]) <= set(grades)


@each_question
def test_no_forecast_is_used_as_an_actual(question):
    assert "forecast" not in set(rows_of(gathered(**question, grades=("A", "B", "C", "D")))["status"])


@each_question
def test_no_court_schedule_or_fee_claimed_in_court_speaks_for_a_price(question):
    categories = rows_of(gathered(**question, grades=("A", "B", "C", "D")))["category"]
    assert not [
        category for category in categories if "court" in category or "laffey" in category or "guideline" in category
    ]


@each_question
def test_every_input_is_on_a_rung_and_what_is_no_assumption_names_its_rows(question):
    for item in gathered(**question).inputs:
        assert item.rung in (1, 2, 3, 4)
        assert bool(item.rows) is (item.rung < 4)
        assert item.basis


@each_question
def test_the_rates_are_positive_and_complete(question):
    result = gathered(**question)
    medians = {name: np.array([value]) for name, value in result.inputs.medians().items()}
    rates = result.rates(medians)
    assert {"baseline_rate", "provider_rate", "reviewer_rate"} <= set(rates)
    assert all(rates[name][0] > 0 for name in ("baseline_rate", "provider_rate", "reviewer_rate"))


OTHER_WAYS = [
    {"delivery_model": "ai_assisted", "location": "USA"},
    {"delivery_model": "ai_assisted", "location": "USA", "task": "legal_research", "baseline": "associate"},
    {"delivery_model": "law_firm", "location": "US-OH", "baseline": "in_house_counsel"},
    {"delivery_model": "in_house", "location": "USA"},
    {"pricing_model": "per_document", "price": [0.5, 1.5]},
    {"pricing_model": "fte", "location": "IND"},
]


@pytest.mark.parametrize(
    "question", [*QUESTIONS, *OTHER_WAYS], ids=lambda q: "-".join(map(str, q.values())) or "default"
)
def test_rows_looked_up_once_for_many_assumptions_are_those_looked_up_for_this_one(question, monkeypatch):
    moved = {"productivity": [0.5, 0.6], "volume_hours": 123.0, "horizon_years": 7, "discount_rate": 0.11, "ai_check_share": [0.2, 0.3], "exit_share": [0.2, 0.3],
             "provider_hours": [1400.0, 1500.0], "level": 0.8, "draws": 512, "seed": 9}  # fmt: skip
    asked = Parameters.from_mapping(moved | question)
    kept = collect(asked, load())

    def anew(self, candidates, *arguments, share=False):
        return climb(candidates(self.evidence, self.p, *arguments), widening=self.p.widening, share=share)

    monkeypatch.setattr(Collector, "found", anew)
    due = collect(asked, load())
    assert (kept.inputs.items, kept.notes, kept.years, kept.n_set_aside) == (
        due.inputs.items,
        due.notes,
        due.years,
        due.n_set_aside,
    )


def test_a_place_with_prices_takes_the_price():
    result = gathered()
    assert result.route == "price"
    assert "provider_pay" not in result.inputs.names
    used = rows_of(result, name="provider_price")
    assert set(used["metric"]) == {"lpo_hourly_rate"}
    assert set(used["geography"]) == {"IND"}
    assert set(used["task"]) == {"document_review"}


def test_a_place_with_pay_only_builds_the_rate_up_and_says_so():
    result = gathered(location="PHL")
    assert result.route == "pay"
    assert {"provider_pay", "centre_overhead", "provider_margin"} <= set(result.inputs.names)
    assert any("No hourly price is used for the Philippines" in note for note in result.notes)


def test_a_captive_pays_its_staff_and_no_margin():
    result = gathered(location="IND", delivery_model="captive")
    assert result.route == "captive"
    assert "provider_pay" in result.inputs.names
    assert {"provider_price", "provider_margin"}.isdisjoint(result.inputs.names)


def test_the_rate_built_from_pay_is_worked_by_hand():
    result = gathered(location="PHL")
    v = {name: np.array([value]) for name, value in result.inputs.medians().items()}
    years = 2024 - result.years["provider_pay"]
    pay = v["provider_pay"] * (1 + v["price_drift"]) ** years
    hour = (pay / (1 - v["benefits_share"]) + pay * v["centre_overhead"]) / v["provider_hours"]
    assert result.rates(v)["provider_rate"] == pytest.approx(hour * (1 + v["provider_margin"]))


def test_a_price_drifts_from_the_year_it_was_observed():
    result = gathered()
    v = {name: np.array([value]) for name, value in result.inputs.medians().items()}
    years = 2024 - result.years["provider_price"]
    assert years > 10
    assert result.rates(v)["provider_rate"] == pytest.approx(v["provider_price"] * (1 + v["price_drift"]) ** years)


def test_a_neighbouring_task_is_borrowed_and_widened():
    own, borrowed = gathered(task="legal_research"), gathered(task="contract_drafting")
    assert own.inputs["provider_price"].rung == 2
    item = borrowed.inputs["provider_price"]
    assert item.rung == 3
    assert item.basis.startswith("borrowed")
    assert item.low == pytest.approx(own.inputs["provider_price"].low / 1.5)
    assert item.high == pytest.approx(own.inputs["provider_price"].high * 1.5)


def test_rows_that_say_less_than_their_codes_count_as_borrowed():
    item = gathered(task="document_review").inputs["provider_price"]
    assert item.rung == 3
    assert "of offshore vendors, mostly in India" in item.basis
    assert set(LOOSER) <= set(load().observations.index)


def test_work_that_stays_in_the_country_drifts_on_both_sides_alike():
    result = gathered(delivery_model="contract_attorney", location="USA", baseline="associate")
    assert "price_drift" not in result.inputs.names
    assert "transition_share" not in result.inputs.names
    v = {name: np.array([value]) for name, value in result.inputs.medians().items()}
    years = 2024 - result.years["provider_price"]
    assert result.rates(v)["provider_rate"] == pytest.approx(v["provider_price"] * (1 + v["baseline_drift"]) ** years)


def test_an_own_centre_has_no_provider_to_choose_or_to_manage():
    names = gathered(delivery_model="captive", location="PHL").inputs.names
    assert not {"oversight_share", "selection_share", "provider_margin"} & set(names)
    assert {"transition_share", "provider_hours", "centre_overhead"} <= set(names)


def test_review_in_the_united_states_is_priced_by_what_agencies_charge_for_it_before_pay():
    result = gathered(location="US-OH", baseline="associate")
    assert result.route == "price"
    assert set(rows_of(result, name="provider_price")["metric"]) == {"contract_attorney_bill_rate"}


def test_a_law_firm_has_no_number_on_its_budget_unless_told_the_share():
    assert "law firm's cost" in gathered(buyer="law_firm", baseline="associate").moved_reason
    told = gathered(buyer="law_firm", baseline="associate", moved_share=(0.02, 0.1))
    assert told.moved_reason is None
    assert told.inputs["moved_share"].rung == 4


def test_a_company_takes_the_share_of_its_budget_from_the_evidence():
    result = gathered()
    assert result.moved_reason is None
    assert set(rows_of(result, name="moved_share")["category"]) == {"non_law_firm_vendors"}


def test_the_size_of_a_law_firm_changes_the_pay_of_its_associates_only():
    small, whole = (gathered(buyer="law_firm", baseline="associate", buyer_size=size) for size in ("small", "all"))
    changed = {item.name for item, other in zip(small.inputs, whole.inputs, strict=True) if item != other}
    assert changed == {"baseline_pay"}
    assert set(rows_of(small, name="baseline_pay")["buyer_size"]) == {"small"}


def test_own_lawyers_who_do_the_work_also_check_it():
    result = gathered(baseline="in_house_counsel")
    assert result.baseline_route == "staff"
    assert "reviewer_pay" not in result.inputs.names
    v = {name: np.array([value]) for name, value in result.inputs.medians().items()}
    assert result.rates(v)["reviewer_rate"] == result.rates(v)["baseline_rate"]


def test_a_currency_changes_money_and_nothing_else():
    dollars, pounds = gathered(), gathered(currency="GBP")
    for here, there in zip(dollars.inputs, pounds.inputs, strict=True):
        factor = 0.782295 if here.unit.startswith("USD") else 1.0
        assert (there.low, there.high) == pytest.approx((here.low * factor, here.high * factor))


def test_a_place_without_evidence_is_refused_with_the_nearest():
    message = refusal(location="LKA")
    assert (
        "No price and no local pay on file for document review by an outside provider in Sri Lanka (grades A, B)"
        in message
    )
    assert "Nearest available: India (IND), Philippines (PHL)" in message


def test_a_captive_without_local_pay_is_refused():
    assert "No local pay on file" in refusal(location="LKA", delivery_model="captive")


def test_a_baseline_without_evidence_is_refused_with_the_nearest():
    message = refusal(baseline_location="DEU")
    assert "what an hour of a contract attorney costs a legal department in Germany" in message
    assert "Nearest available: associate in USA" in message


@pytest.mark.parametrize(
    "question",
    [
        {"baseline_location": "DEU"},
        {"baseline_location": "GBR", "baseline": "paralegal"},
        {"baseline_location": "US-PR", "baseline": "associate"},
        {"baseline": "contract_attorney", "grades": ["A"]},
    ],
    ids=lambda q: "-".join(map(str, q.values())),
)
def test_what_a_refused_baseline_is_pointed_to_can_be_computed(question):
    nearest = refusal(**question).split("Nearest available:")[1]
    for baseline, place in re.findall(r"(\w+) in ([A-Z-]+)[,.]", nearest):
        gather(Parameters.from_mapping(question | {"baseline": baseline, "baseline_location": place}))


@pytest.mark.parametrize("question", [{"location": "LKA"}, {"location": "POL", "delivery_model": "captive"}])
def test_what_a_refused_place_is_pointed_to_can_be_computed(question):
    nearest = refusal(**question).split("Nearest available:")[1]
    places = re.findall(r"\(([A-Z-]+)\)", nearest)
    assert places
    for place in places:
        gather(Parameters.from_mapping(question | {"location": place}))


def test_grades_that_leave_an_input_without_a_row_are_refused_naming_the_grade():
    assert "the same question with grade A and B let in" in refusal(grades=["C", "D"])


def test_the_coverage_table_says_what_the_gatherer_does():
    cells = coverage()
    assert cells.loc["document_review", "IND"] == "price (3)"
    for place, cell in cells.loc["document_review"].items():
        if cell:
            assert gathered(location=place).route == cell.split()[0]
    assert cells.loc["document_review", "LKA"] == ""


def test_every_baseline_listed_as_costed_can_be_computed():
    listed = costed_baselines(Parameters())
    assert "contract_attorney" in listed
    for baseline in listed:
        gathered(baseline=baseline)
