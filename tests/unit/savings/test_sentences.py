"""Every sentence of the report reads, whatever is asked."""

import re

import pytest

from lpo_analysis.savings import Parameters, analyse

SECTIONS = (
    "numbers", "payoff", "variance", "thresholds", "claims_contrasted", "claims_restated", "lowest_quote", "drift", "currency", "hours", "hours_value", "turnaround", "expertise",
    "expertise_by_size", "expertise_by_practice",
)  # fmt: skip

FIRM = {"buyer": "law_firm", "baseline": "associate"}
ASKED = {
    "default": {},
    "own centre": {**FIRM, "grades": ["A", "B", "C"], "delivery_model": "captive", "location": "GB-NIR", "baseline_location": "GBR"},
    "small firm, rupees": {**FIRM, "buyer_size": "small", "currency": "INR", "task": "legal_research"},
    "large firm, quotes": {**FIRM, "buyer_size": "large", "quotes": [31.0, 22.0, 40.0], "location": "PHL", "contract_currency": "provider"},
    "paralegals, all grades": {**FIRM, "baseline": "paralegal", "grades": ["A", "B", "C", "D"], "task": "paralegal", "horizon_years": 1},
    "British, euros": {**FIRM, "baseline_location": "GBR", "location": "IND", "currency": "EUR", "expert_hours": 5000.0},
    "Belfast": {**FIRM, "baseline_location": "GBR", "location": "GB-NIR", "currency": "GBP"},
    "Ohio": {"location": "US-OH", "baseline_location": "US-NY", "baseline": "associate", "volume_hours": 50.0},
    "South Africa, one quote": {"location": "ZAF", "price": [20.0, 40.0], "quotes": [9.0]},
    "own lawyers": {"delivery_model": "in_house", "location": "USA"},
    "AI": {"delivery_model": "ai_assisted", "location": "USA", "baseline": "associate"},
    "by the person": {"pricing_model": "fte", "price": [30_000.0, 60_000.0], "price_year": 2015},
    "before it was observed": {"price_year": 2000, "baseline": "associate"},
}  # fmt: skip
BROKEN = re.compile(r"\bnan\b|n/a|\binf\b|  |\.\.|\s,|\b1 (?:years|hours|studies|rows|cases|claims are)\b|-0%|\{|\}|_")
NAMES = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
"""Parameters that sentences name."""


@pytest.fixture(scope="module", params=ASKED, ids=str)
def analysis(request):
    return analyse(Parameters.from_mapping({"draws": 256, **ASKED[request.param]}))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_sentence_reads(analysis, section):
    result = getattr(analysis, section)
    for text in (result.text, result.alt, *(check.text for check in result.checks)):
        told = NAMES.sub(lambda found: "x" if found[0] in Parameters.model_fields else found[0], text)
        hit = BROKEN.search(told)
        assert hit is None, f"{hit[0]!r} in {text}"
    assert result.text.endswith(".")
    assert result.text[0].isupper() or result.text[0].isdigit()
    assert result.estimable == (result.reason is None)
    if result.draw is not None and result.estimable:
        assert result.alt
