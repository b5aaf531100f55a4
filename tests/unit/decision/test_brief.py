"""The brief of a decision: every number in it is recorded, reads as it is recorded, and says what it rests on."""

import json
import re

import pytest

from lpo_analysis.decision import Parameters, analyse
from lpo_analysis.reporting import notebook as show
from lpo_analysis.wording import traces

INDIA = {"locations": ["IND"], "delivery_models": ["provider"]}
CASES = {
    "tried": {"locations": ["IND", "US-OH"], "delivery_models": ["provider", "ai_assisted"]},
    "dear": {"tasks": ["document_review"], "volume_hours": [2000.0], "baseline": "contract_attorney", "locations": ["IND"]},
    "refused": {"jurisdictions": ["US-WY"], "delivery_models": ["provider", "captive"], "locations": ["IND"]},
    "reviewed": {**INDIA, "jurisdictions": ["US-WY"], "unknown_duties": "allow_with_review", "control_costs": [1000.0, 5000.0]},
}  # fmt: skip


@pytest.fixture(scope="module", params=CASES)
def decided(request):
    return analyse(Parameters(draws=512, **CASES[request.param]))


@pytest.fixture
def recorded(decided, emitted):
    a = decided
    show.record(a.brief, a.plan, a.flips, a.overtaken, a.information)
    values = {key: item for output in emitted for key, item in output["data"][show.VALUES].items()}
    emitted.clear()
    return json.loads(json.dumps({"values": values, "parameters": a.parameters.model_dump()}))


def numbers_of(text):
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*\.?\d*", text)]


def reads_as(text, value):
    """Whether a text tells a value, to the two or three figures that it shows."""
    (told,) = numbers_of(text)
    shares = [value, 1 - value] if "%" in text and 0 <= value <= 1 else [value]
    told /= 100 if "%" in text else 1
    if text.casefold().startswith(("over", "under")):
        return any(abs(share - round(share)) < 0.01 for share in shares)
    return any(told == pytest.approx(abs(share), rel=0.05, abs=0.005 if "%" in text else 0) for share in shares)


def test_every_number_is_recorded_and_reads_as_recorded(decided, recorded):
    seen = 0
    for _, statements in decided.brief.model["parts"]:
        for statement in statements:
            for text, where in traces(statement.text):
                if not where:
                    # Names of jurisdictions and inputs hold none; what is left must be words.
                    assert not numbers_of(text), text
                    continue
                kind, _, rest = where.partition("/")
                name, _, end = rest.rpartition("/")
                found = recorded[kind][rest] if not name else recorded[kind][name]
                value = found if not name else found[int(end)] if isinstance(found, list) else found[end]
                assert reads_as(text, float(value)), (text, where, value)
                seen += 1
    assert seen >= 2


def test_the_six_parts_stand_in_their_order_and_none_is_empty(decided):
    parts = decided.brief.model["parts"]
    assert [title for title, _ in parts] == [
        "Recommendation",
        "How sure",
        "For",
        "Against",
        "Conditions",
        "Measure first",
    ]
    assert all(statements for _, statements in parts)
    assert all(len(statements) <= 3 for title, statements in parts if title in ("For", "Against", "Measure first"))


def test_what_a_statement_rests_on_is_among_the_rows_of_the_report(decided):
    rows = {row for _, statements in decided.brief.model["parts"] for statement in statements for row in statement.rows}
    known = {*decided.rows, *decided.plan.rows, *decided.brief.rows}
    if decided.brief.model["verdict"] != "stay":
        assert rows
    assert rows <= known | {row for item in decided.ways.options for row in item.permit.rows}


def test_conditions_are_consents_clauses_and_controls():
    model = analyse(Parameters(draws=512, **CASES["tried"])).brief.model
    kinds = [re.split("[:,]", text)[0] for text in model["conditions"]]
    assert kinds == sorted(kinds, key=["Consents", "Clauses", "Controls"].index)
    assert set(kinds) == {"Consents", "Clauses", "Controls"}
    assert all("[" in text for text in model["conditions"] if ", asked for in" in text)
    grounds = [
        (text.partition(":")[0], text.partition("[")[2]) for text in model["conditions"] if ", asked for in" in text
    ]
    assert len(set(grounds)) == len(grounds), "what rests on the same is told together"


def test_of_many_jurisdictions_a_few_are_named():
    from lpo_analysis.decision.brief import _few

    assert _few("US-NY and US-CA") == "New York and California"
    assert _few("US-NY, US-CA, US-FL and US-OH") == "New York, California, Florida and others"


def test_silence_and_a_limit_of_ones_own_cite_no_opinion():
    brief = analyse(Parameters(draws=512, **CASES["refused"])).brief
    against = dict(brief.model["parts"])["Against"]
    assert len(against) == 2
    assert not any(statement.rows for statement in against)
    assert any("Wyoming" in statement.plain for statement in against)
