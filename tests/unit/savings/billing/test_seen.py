"""Spend, rates, shares and volumes, against sums done by hand; what is hidden cannot be found by subtraction."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.savings.billing import (
    accounting,
    addressable,
    model_inputs,
    rates,
    rates_against_evidence,
    read_billing,
    spend,
    volumes,
)
from lpo_analysis.savings.billing.confidential import hidden
from lpo_analysis.savings.billing.seen import HIDDEN


@pytest.fixture(scope="module")
def billing(tmp_path_factory, bills):
    """Five associates at 300 with 2 hours each, four partners at 500 with 1, one paralegal; two months; E118 and a provider."""
    lines = [bills.item(i, timekeeper_id=f"a{i}", invoice_number=f"A{i}") for i in range(5)]
    lines += [
        bills.item(
            10 + i,
            timekeeper_id=f"p{i}",
            timekeeper_classification="PARTNR",
            line_item_number_of_units="1",
            line_item_unit_cost="500",
            line_item_task_code="L450",
            line_item_activity_code="A109",
            line_item_date="20240210",
            invoice_number=f"B{i}",
        )
        for i in range(4)
    ]
    lines += [
        bills.item(
            20,
            timekeeper_id="l",
            timekeeper_classification="PRLGL",
            line_item_task_code="",
            line_item_activity_code="",
            line_item_unit_cost="100",
            invoice_number="C",
        )
    ]
    lines += [
        bills.item(
            30 + i,
            typ="E",
            line_item_expense_code="E118",
            line_item_task_code="",
            line_item_activity_code="",
            timekeeper_id="",
            timekeeper_name="",
            timekeeper_classification="",
            line_item_number_of_units="1",
            line_item_unit_cost="1000",
            invoice_number=f"D{i}",
        )
        for i in range(3)
    ]
    lines += [
        bills.item(
            40,
            typ="IF",
            line_item_adjustment_amount="-140",
            line_item_number_of_units="",
            line_item_unit_cost="",
            timekeeper_id="",
            timekeeper_name="",
            timekeeper_classification="",
            line_item_task_code="",
            line_item_activity_code="",
            invoice_number="A0",
        )
    ]
    path = tmp_path_factory.mktemp("bills") / "a.txt"
    return read_billing(bills.write(path, lines), currency="USD", seed=1)


def test_spend_by_task_adds_up_and_small_cells_are_hidden(billing):
    table = spend(billing, by="task").table.set_index("term")
    assert table.loc["total", "estimate"] == 3000 + 2000 + 200 + 3000 - 140
    assert table.loc["total", "hours"] == 16
    assert table.loc["document_review", ["estimate", "hours", "n_obs"]].tolist() == [3000, 10, 5]
    # One paralegal and one adjusted invoice are too few, and two contributors together still are: a third cell goes with them.
    gone = table[table["method"].eq(HIDDEN)].index.tolist()
    # Nor may hours give it away, which neither of these has: a cell with hours goes, too.
    assert set(gone) == {"not_coded", "adjustment", "litigation_support", "other_legal_work"}
    assert table.loc[gone, ["estimate", "hours", "lines", "n_obs", "share", "outsourced"]].isna().all(axis=None)


def test_spend_by_role_month_and_firm(billing):
    roles = spend(billing, by="role").table.set_index("term")
    assert roles.loc["total", "estimate"] == 8060, (
        "the total of all lines, so that no difference of totals tells anything"
    )
    assert roles.loc["associate", "estimate"] == 3000
    assert roles.loc[["paralegal", "partner"], "estimate"].isna().all()
    months = spend(billing, by="month").table.set_index("term")
    assert months.loc["2024-02", ["estimate", "hours"]].tolist() == [2000, 4]
    assert spend(billing, by="firm").table["term"].tolist() == ["total", "F1"]


def test_rates_are_fees_by_hours(billing):
    table = rates(billing).table.set_index("term")
    assert table.loc["all", "estimate"] == pytest.approx(5200 / 16)
    assert np.isnan(table.loc["all_after_adjustments", "estimate"]), "one adjusted invoice could be told from it"
    assert table.loc["associate", "estimate"] == 300
    assert np.isnan(table.loc["paralegal", "estimate"])


def test_the_addressable_share_is_bounded_by_what_codes_do_not_tell(tmp_path, bills):
    lines = [bills.item(i, timekeeper_id=i) for i in range(4)]
    lines += [
        bills.item(10 + i, timekeeper_id=10 + i, line_item_task_code="Q999", line_item_activity_code="")
        for i in range(4)
    ]
    lines += [
        bills.item(20 + i, timekeeper_id=20 + i, line_item_task_code="L450", line_item_activity_code="")
        for i in range(4)
    ]
    lines += [bills.item(30 + i, timekeeper_id=30 + i, law_firm_id="LPO", invoice_number=f"P{i}") for i in range(4)]
    billing = read_billing(bills.write(tmp_path / "a.txt", lines), providers=["LPO"])
    row = addressable(billing).table.set_index("term")
    assert row.loc["addressable", ["estimate", "conf_low", "conf_high"]].tolist() == [0.25, 0.25, 0.5]
    assert row.loc["outsourced", "estimate"] == 0.25
    assert row.loc["uncoded", "estimate"] == 0.25
    assert addressable(billing, tasks=["compliance"]).table.loc[0, "conf_high"] == 0.25
    few = addressable(read_billing(tmp_path / "a.txt", providers=["LPO"], min_cell=5)).table
    assert few["estimate"].isna().all()


def test_volumes_are_what_the_savings_model_takes(billing):
    table = volumes(billing).table.set_index("term")
    assert table.loc["document_review|associate", ["estimate", "rate", "hours"]].tolist() == [60, 300, 10]
    assert model_inputs(billing) == {
        ("document_review", "associate"): {"hours_per_year": 60.0, "rate": 300.0, "timekeepers": 5.0}
    }


def test_the_account_is_told(billing):
    result = accounting(billing)
    assert result.row("lines")["estimate"] == billing.account.lines == 16
    assert result.row("header")["estimate"] == 2
    assert result.checks[0].passed
    assert list(result.plot_data) == ["file", "line", "field", "kind", "code", "value"]


def test_rates_stand_beside_published_ones_of_the_same_scope_only(billing):
    table = rates_against_evidence(billing).table
    assert set(table["role"]) == {"associate"}
    row = table.iloc[0]
    assert row["estimate"] == pytest.approx(300 / row["published_low"])
    assert not table["category"].astype(str).str.contains("laffey|ghr|matrix|vendor|york|phoenix").any()
    elsewhere = rates_against_evidence(billing, geography="DEU")
    assert not elsewhere.estimable
    assert "Germany" in elsewhere.text


def test_without_a_currency_nothing_is_compared(tmp_path, bills):
    silent = read_billing(bills.write(tmp_path / "a.txt", [bills.item(i, timekeeper_id=i) for i in range(4)]))
    result = rates_against_evidence(silent)
    assert result.reason == "the bills state no currency and none was given"
    assert any(check.name == "Currency" and check.passed is False for check in spend(silent).checks)


def test_results_have_figures_and_say_the_same_again(billing):
    for make in (spend, rates, volumes, addressable, accounting):
        result = make(billing)
        assert repr(result) == repr(make(billing))
        if result.draw is not None:
            result.plot()


def test_bills_of_expenses_only_have_no_rates(tmp_path, bills):
    line = bills.item(1, typ="E", line_item_expense_code="E101")
    billing = read_billing(bills.write(tmp_path / "a.txt", [line]))
    for result in (
        rates(billing),
        volumes(billing),
        addressable(billing),
        spend(billing, by="role"),
        rates_against_evidence(billing),
    ):
        assert not result.estimable
    assert model_inputs(billing) == {}


@pytest.mark.parametrize("seed", range(30))
def test_what_is_hidden_cannot_be_found_from_the_totals(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 80))
    grains = pd.DataFrame(
        {
            "task": rng.choice(list("abcd"), n),
            "role": rng.choice(list("xyz"), n),
            "who": rng.integers(0, 12, n).astype(str),
        }
    )
    least = int(rng.integers(2, 6))
    marks = hidden(grains, ["task", "role"], least=least)
    members = {cell: set(part) for cell, part in grains.groupby(["task", "role"])["who"]}
    for cell, mark in marks.items():
        assert (len(members[cell]) >= least) or mark == "small"
    for axis in (0, 1):
        for value in {cell[axis] for cell in members}:
            line = [cell for cell in members if cell[axis] == value]
            out = [cell for cell in line if marks[cell]]
            if out and len(out) < len(line):
                assert len(out) >= 2
                assert len(set().union(*(members[cell] for cell in out))) >= least
