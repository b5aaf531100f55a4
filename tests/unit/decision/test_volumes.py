"""The decision from a buyer's own bills: hours and rates as billed, what is left out told, and nothing that names anybody."""

import re

import numpy as np
import pytest

from lpo_analysis.decision import Parameters, analyse
from lpo_analysis.decision.ways import key
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence.money import real
from lpo_analysis.savings.billing import model_inputs, read_billing

HEAD = "invoice,line,date,firm,matter,type,task_code,activity_code,timekeeper,timekeeper_class,units,unit_cost,adjustment,amount,currency"
BASE = {"draws": 512, "locations": ["IND"], "delivery_models": ["provider"]}
DEPARTMENT = {**BASE, "buyer": "corporate", "baseline": "associate"}
SECRET = re.compile(r"zq\w+xk")


def bill(rows, currency="USD"):
    """A table of bills: month, task code, activity code, keeper, class, hours, rate."""
    lines = [HEAD]
    lines += [
        f"zqinvoice{i}xk,{i},{month}-15,{firm[0] if firm else 'zqfirmxk'},zqmatter{i % 5}xk,F,{task},{activity},{keeper},{role},{hours},{rate},0,{hours * rate:.2f},{currency}"
        for i, (month, task, activity, keeper, role, hours, rate, *firm) in enumerate(rows)
    ]
    return "\n".join(lines) + "\n"


def year(months=12):
    """Review by four, research by four, due diligence by three, support by two; and a provider that reviews already."""
    rows = []
    for month in (f"2024-{m:02d}" for m in range(1, months + 1)):
        rows += [(month, "L320", "A104", f"zqa{i}xk", "ASSOC", 50, 300) for i in range(4)]
        rows += [(month, "L120", "A102", f"zqr{i}xk", "ASSOC", 10, 400) for i in range(4)]
        rows += [(month, "P280", "A106", f"zqc{i}xk", "ASSOC", 2, 350) for i in range(3)]
        rows += [(month, "L320", "A104", f"zqs{i}xk", "OTHER", 30, 40, "zqsellerxk") for i in range(3)]
        rows += [(month, "L110", "A103", f"zqd{i}xk", "ASSOC", 5, 300) for i in range(2)]
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    at = tmp_path_factory.mktemp("zqfolderxk")
    (at / "zqbillsxk.csv").write_text(bill(year()))
    (at / "zqlistxk.csv").write_text("id\nzqsellerxk\n")
    return at


@pytest.fixture(scope="module")
def given(folder):
    return {"billing_path": str(folder / "zqbillsxk.csv"), "billed_providers": str(folder / "zqlistxk.csv")}


@pytest.fixture(scope="module")
def department(given):
    return analyse(Parameters(**DEPARTMENT, **given))


def test_hours_are_those_billed_and_not_outsourced_and_rates_those_paid(department, given, folder):
    p = department.parameters
    assert dict(zip(p.tasks, p.volume_hours, strict=True)) == {
        "document_review": 12 * 4 * 50,
        "legal_research": 12 * 4 * 10,
    }
    cells = model_inputs(read_billing(folder / "zqbillsxk.csv", providers=["zqsellerxk"]))
    assert cells["document_review", "associate"]["hours_per_year"] == p.volume_hours[0]
    w = department.ways
    analysis = w.cells["document_review", "outside provider, India"]
    assert "baseline_price" not in analysis.inputs.names
    drawn = w.joint.draws[key("document_review", "outside provider, India")]
    due = 300 * real(1.0, "USD", 2024, price_year=2024).factor
    np.testing.assert_allclose(analysis.gathered.rates(drawn)["baseline_rate"], due)
    assert department.volumes.row("legal_research")["rate"] == pytest.approx(400)
    assert "legal research $400" in department.volumes.text


def test_what_is_on_the_bills_and_not_decided_on_is_counted_and_told(department):
    text, table = department.volumes.text, department.volumes.table.set_index("term")
    left = table[table["use"] == "left out"]
    assert {"left_out_outsourced"} < set(left.index)
    assert f"Left out, {len(left)} kinds of work" in text
    assert "observed as outsourced (outsourced already)" in text
    # Two timekeepers stand behind support; their hours are nowhere, nor is what would give them away.
    assert left["estimate"].isna().all()
    assert {"litigation support", "due diligence"} <= set(left["label"])
    assert "amount" not in table
    assert "fewer than 3 timekeepers" in text
    assert any(check.name == "Small cells" and check.passed is False for check in department.volumes.checks)


def test_a_law_firm_takes_hours_and_not_what_it_charges(given):
    a = analyse(Parameters(**BASE, **given))
    assert a.parameters.volume_hours[0] == 2400
    assert a.ways.cells["document_review", "outside provider, India"].gathered.rates.billed is None
    assert "whom no bill pays" in a.volumes.text
    assert a.question.startswith("Should a midsize law firm have document review (2,400 hours a year)")


def test_months_are_carried_on_to_a_year(tmp_path):
    (tmp_path / "b.csv").write_text(bill(year(months=6)))
    a = analyse(Parameters(**BASE, tasks=["legal_research"], billing_path=str(tmp_path / "b.csv")))
    assert a.parameters.volume_hours == [480]
    assert any(check.name == "A whole year" and check.passed is False for check in a.volumes.checks)


def test_without_tasks_all_of_the_bills_that_have_evidence_are_decided_on(given):
    a = analyse(Parameters(**BASE, tasks=[], **given))
    assert {"document_review", "legal_research"} <= set(a.parameters.tasks)
    assert all((task, "outside provider, India") in a.ways.cells for task in a.parameters.tasks)


def test_nothing_that_names_anybody_is_in_what_is_shown_or_recorded(department, given, folder):
    a, p = department, Parameters(**DEPARTMENT, **given)
    parts = (a.volumes, a.adjusted, a.frontier, a.plan, a.brief, a.flips, a.waiting, a.choices, a.option_to_wait)
    shown = [repr(part) + str(part.checks) + part.alt + (part.table.to_csv()) for part in parts]
    shown += [
        a.plan.model["who"].to_csv(),
        str(a.brief.model),
        a.question,
        repr(a),
        repr(a.parameters),
        repr(p),
        str(p.model_dump()),
        p.table().to_csv(),
    ]
    assert not [found for text in shown if (found := SECRET.search(text))]
    assert not [text for text in shown if str(folder) in text]
    assert re.fullmatch(r"billing, sha256 [0-9a-f]{16}", p.model_dump()["billing_path"])
    # What may not be shown is in no number: each volume has enough timekeepers behind it.
    used = a.volumes.table.dropna(subset=["estimate"])
    assert (used["n_obs"] >= 3).all()


def test_fewer_timekeepers_than_asked_for_is_one_error(given):
    with pytest.raises(ParameterError, match="no task and role has 9 timekeepers") as error:
        Parameters(**BASE, min_cell=9, **given).check_evidence()
    assert not SECRET.search(str(error.value))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"volume_hours": [1.0, 2.0]}, "volume_hours: billing_path tells the hours of each task"),
        ({"billing_path": ""}, "billed_providers: says something of bills, but there are none"),
        ({"billing_path": "", "billed_providers": "", "tasks": []}, "tasks: name one or more, or give billing_path"),
        ({"billing_path": "zqgonexk.csv"}, "billing_path: the path means no file"),
        ({"billing_currency": "dollars"}, "billing_currency: must be an ISO 4217 code"),
    ],
)  # fmt: skip
def test_parameters_that_do_not_go_together_are_refused(given, changes, says):
    with pytest.raises(ParameterError, match=says) as error:
        Parameters.from_mapping({**BASE, **given, **changes})
    assert not SECRET.search(str(error.value))


@pytest.mark.parametrize(
    ("changes", "currency", "says"),
    [
        ({"tasks": ["ediscovery"]}, "USD", "no task asked about has hours on the bills that may be used; legal research has"),
        ({"billing_currency": "XTS"}, "XTS", "billing_currency: the tables have no rate of XTS for 2024"),
        ({}, "", "billing_currency: the bills state no currency"),
    ],
)  # fmt: skip
def test_bills_that_answer_nothing_are_refused_with_what_to_do(tmp_path, changes, currency, says):
    (tmp_path / "b.csv").write_text(bill(year(), currency))
    with pytest.raises(ParameterError, match=says):
        Parameters(**DEPARTMENT, billing_path=str(tmp_path / "b.csv"), **changes).check_evidence()
