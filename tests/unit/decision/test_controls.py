"""Controls priced from an own file: paid for by every outside holder, effects as told, never counted twice."""

import numpy as np
import pytest

from lpo_analysis import risk
from lpo_analysis.decision import Parameters, analyse
from lpo_analysis.decision.adjusted import LOSS
from lpo_analysis.decision.ways import key
from lpo_analysis.errors import ParameterError

BASE = {
    "draws": 512,
    "tasks": ["document_review"],
    "volume_hours": [4000.0],
    "locations": ["IND", "PHL"],
    "delivery_models": ["provider", "ai_assisted"],
}
INDIA = "outside provider, India"
FILE = "control,cost_low,cost_high,currency,effect_low,effect_high\nsecurity_audit,900,900,USD,0.2,0.2\nclean_room,400,600,USD,,\nmulti_factor,100,100,USD,0.5,0.5\nencryption,1,1,USD,0.5,0.5\n"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    at = tmp_path_factory.mktemp("controls") / "costs.csv"
    at.write_text(FILE)
    return str(at)


def made(path, **changes):
    return analyse(Parameters(**{**BASE, "controls_path": path, **changes}))


@pytest.fixture(scope="module")
def plain():
    return analyse(Parameters(**BASE))


def test_required_controls_are_paid_by_every_outside_holder_and_prevent_what_the_file_says(path):
    a = made(path, required_controls=["security_audit", "multi_factor"])
    w = a.ways
    one, annuity = w.adjusted["document_review"], w.cells["document_review", INDIA].terms.annuity
    for name in (INDIA, "outside provider, Philippines"):
        np.testing.assert_allclose(one.controls[key("document_review", name)], 1000 * annuity)
    assert not one.controls[key("document_review", "own lawyers with AI")].any()
    # The audit prevents a fifth of what a holder adds; multi-factor authentication acts on the firm's own breaches, and nothing of that.
    added = risk.increment_of(w.joint.draws[LOSS], a.parameters.risk()) * annuity
    np.testing.assert_allclose(one.increment[key("document_review", INDIA)], 0.8 * added)
    # The frontier pays for them: on the same draws each outside way brings that much less.
    o = a.portfolio.names.index(INDIA)
    np.testing.assert_allclose(
        a.portfolio.assignment.setup[:, o], one.once[key("document_review", INDIA)] + 0.8 * added + 1000 * annuity
    )
    assert "security audit of the provider and multi-factor authentication, $1,000 a year" in a.controls.text
    assert any("your controls file" in text for text in a.brief.model["conditions"])


def test_what_several_controls_leave_is_multiplied_and_further_ones_add_without_counting_twice(path):
    two = made(path, required_controls=["security_audit", "encryption"])
    added = risk.increment_of(two.ways.joint.draws[LOSS], two.parameters.risk())
    annuity = two.ways.cells["document_review", INDIA].terms.annuity
    np.testing.assert_allclose(
        two.ways.adjusted["document_review"].increment[key("document_review", INDIA)], 0.8 * 0.5 * added * annuity
    )
    # A row without an effect takes control_effect, which then is nothing of its own.
    row = made(path, required_controls=["clean_room"], control_effect=[0.25, 0.25])
    assert "control_effect" not in row.ways.loss.inputs.names
    drawn = row.ways.joint.draws[LOSS]
    np.testing.assert_allclose(row.ways.loss.increment(drawn), 0.75 * risk.increment_of(drawn, row.parameters.risk()))
    # Unless further controls are paid for, which have that effect, too.
    more = made(path, required_controls=["clean_room"], control_effect=[0.25, 0.25], control_costs=[50.0, 50.0])
    drawn = more.ways.joint.draws[LOSS]
    np.testing.assert_allclose(
        more.ways.loss.increment(drawn), 0.75**2 * risk.increment_of(drawn, more.parameters.risk())
    )
    np.testing.assert_allclose(more.ways.loss.controls(drawn), drawn["control_cost:clean_room"] + 50)
    assert drawn["control_cost:clean_room"].min() >= 400
    assert drawn["control_cost:clean_room"].max() <= 600


def test_a_file_without_required_controls_changes_no_plan_and_tells_what_each_would_bring(path, plain):
    a = made(path)
    assert a.plan.table.equals(plain.plan.table)
    drawn = a.ways.joint.draws[LOSS]
    added = float(risk.increment_of(drawn, a.parameters.risk()).mean())
    row = a.controls.row("security_audit")
    assert row["estimate"] == pytest.approx(0.2 * added - 900)
    assert a.controls.row("multi_factor")["prevents"] == 0
    assert "none is in the plan" in a.controls.text
    assert "encryption" in a.controls.text
    assert not plain.controls.estimable


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"required_controls": ["backups"]}, "required_controls: 'backups' is not in the table of controls. Did you mean 'backup'"),
        ({"required_controls": ["security_audit"], "controls_path": ""}, "required_controls: what they cost is on no row of the evidence; give controls_path"),
        ({"required_controls": ["security_audit", "security_audit"]}, "required_controls: one stands there twice"),
        ({"required_controls": ["backup", "security_audit", "response_plan"]}, "your controls file has no cost of backup and response_plan"),
    ],
)  # fmt: skip
def test_controls_that_are_unknown_or_have_no_cost_are_one_error(path, changes, says):
    with pytest.raises(ParameterError, match=says):
        Parameters.from_mapping({**BASE, "controls_path": path, **changes}).check_evidence()


def test_a_cost_that_eats_the_saving_changes_the_plan(path, tmp_path):
    (tmp_path / "dear.csv").write_text("control,cost_low,cost_high\nsecurity_audit,5000000,5000000\n")
    a = made(str(tmp_path / "dear.csv"), required_controls=["security_audit"])
    assert not any(a.ways.option(name).outside for name in a.portfolio.choice(a.portfolio.chosen) if name != "as today")
