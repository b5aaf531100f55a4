"""Real runs of all four reports side by side: the committed notebook against a run that asks for something else."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from lpo_analysis.reporting.compare import Comparison, compare, read_finished

pytestmark = pytest.mark.slow

ASKED: dict[str, dict[str, Any]] = {
    "adoption": {"buyer": "law_firm"},
    "savings": {"location": "PHL", "draws": 256},
    "risk": {"buyer_size": "small", "draws": 512},
    "decision": {"baseline": "contract_attorney", "draws": 512},
}


@pytest.fixture(scope="module", params=ASKED)
def compared(request, tmp_path_factory, finished) -> tuple[str, Comparison]:
    name, folder = request.param, tmp_path_factory.mktemp(request.param)
    runs = [finished(name, folder, "usual"), finished(name, folder, "other", **ASKED[name])]
    return name, compare(read_finished(runs))


def test_what_was_asked_differently_is_told(compared):
    name, c = compared
    assert set(c.parameters["parameter"]) == set(ASKED[name])
    assert c.title == f"{name.capitalize()} reports side by side"


def test_every_headline_number_has_its_change_or_says_why_not(compared):
    _, c = compared
    there = c.numbers[(c.numbers["run"] == "other") & c.numbers["headline"]]
    assert len(there) >= 3
    for row in there.to_dict("records"):
        assert row["note"] or row["same"] or row["change_low"] <= row["change"] <= row["change_high"], row["term"]
        if row["change"] == row["change"] and row["change"] is not None:
            before = c.numbers[(c.numbers["run"] == "usual") & (c.numbers["term"] == row["term"])].iloc[0]
            assert row["change"] == pytest.approx(row["estimate"] - before["estimate"])


def test_what_the_change_comes_from_is_told(compared):
    name, c = compared
    if name == "adoption":
        # It has no inputs to draw: what differs are the rows of evidence.
        assert c.inputs.empty
        assert any("only in other" in told for told in c.evidence)
        assert any("only in usual" in told for told in c.evidence)
        assert "Evidence that differs:" in c.text()
    else:
        assert len(c.inputs)
        assert c.inputs["input"].is_unique, "two inputs cannot be told apart"


def test_the_page_and_the_csv_tell_the_same(compared):
    _, c = compared
    page, frame = c.html(), c.frame()
    assert "<script" not in page
    for label in c.numbers["label"].unique():
        assert str(label)[1:] in unescape(page)
    assert set(frame["what"]) <= {"parameter", "number", "input", "evidence"}
    assert "because not estimable, because" not in c.text()


def test_a_decision_tells_its_verdict_and_its_plan_first_hand(compared):
    name, c = compared
    if name == "decision":
        told = c.numbers.set_index(["term", "run"])["estimate"]
        assert told["verdict", "usual"] == "trial"
        assert told["verdict", "other"] == "uncertain"
        assert "outside provider, Philippines" in told["plan_in_words", "usual"]
        # What moves an input of the plan alone is read off its table of drivers.
        assert "baseline" in set(c.parameters["parameter"])


def test_runs_of_different_reports_are_one_clear_error(finished, tmp_path, lpo):
    runs = [finished(name, tmp_path, f"my_{name}") for name in ("adoption", "decision")]
    said = lpo("compare", *runs)
    assert said.code == 2
    assert "The reports are of different kinds: my_adoption (adoption) and my_decision (decision)" in said.err
    assert "Traceback" not in said.err
