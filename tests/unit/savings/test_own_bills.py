"""A buyer's own bills in the savings report: what the model makes of them, what moved, what may be shown, and what is refused."""

import re

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.errors import DataError, ParameterError
from lpo_analysis.evidence.money import real
from lpo_analysis.methods.bridge import rate_volume_mix
from lpo_analysis.savings import Parameters, analyse, own_bills
from lpo_analysis.savings.billing import model_inputs, protected, read_billing, spend
from lpo_analysis.savings.billing.lists import read_moved, read_providers
from lpo_analysis.savings.billing.seen import HIDDEN
from lpo_analysis.savings.costs import Terms, costs

HEAD = "invoice,line,date,firm,matter,type,task_code,activity_code,timekeeper,timekeeper_class,units,unit_cost,adjustment,amount,currency"


def bill(rows):
    """A table of bills: month, matter, task code, keeper, class, hours, rate; firm and currency where told."""
    lines = [HEAD]
    for i, (month, matter, code, keeper, role, hours, rate, *rest) in enumerate(rows):
        firm, currency = [*rest, "firm", "USD"][:2] if len(rest) < 2 else rest
        lines.append(
            f"{matter}-{month},{i},{month}-15,{firm},{matter},F,{code},A104,{keeper},{role},{hours},{rate},0,{hours * rate:.2f},{currency}"
        )
    return "\n".join(lines) + "\n"


def months(n, first=2023):
    return [f"{first + i // 12}-{i % 12 + 1:02d}" for i in range(n)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A year of review by four associates and three partners, a task nobody prices, and one lone paralegal."""
    rows = []
    for month in months(12, 2024):
        rows += [(month, "m1", "L320", f"a{i}", "ASSOC", 10, 300) for i in range(4)]
        rows += [(month, "m2", "L320", f"p{i}", "PARTNR", 2, 600) for i in range(3)]
        rows += [(month, "m3", "L240", f"q{i}", "ASSOC", 1, 400) for i in range(3)]
        rows += [(month, "m1", "L320", "solo", "PRLGL", 1, 150)]
    at = tmp_path_factory.mktemp("bills")
    (at / "bills.csv").write_text(bill(rows))
    return at


@pytest.fixture(scope="module")
def analysis(folder):
    return analyse(Parameters(billing_path=str(folder / "bills.csv"), draws=1024))


def test_the_model_on_bills_is_the_cost_model_at_their_hours_and_rates(analysis):
    result = analysis.own_bills.model
    row = result.row("document_review")
    # 40 and 6 hours a month; the paralegal's are hidden, and a cell with them, so that they cannot be found.
    shown = result.table[result.table["term"].str.startswith("document_review")]
    assert row["hours"] in (12 * 40, 12 * 46)
    other = analysis.with_changes(task="document_review")
    values = other.gathered.rates(other.draws)
    rate = shown.iloc[0]["rate"]
    made = costs(values | {"baseline_rate": np.full(1024, rate)}, Terms(row["hours"], 3, 0.05))
    assert row["estimate"] == pytest.approx(np.median(made.net_saving), abs=0.01)
    assert row["today"] == pytest.approx(row["hours"] * rate)
    assert rate == pytest.approx(300 * real(1.0, "USD", 2024, price_year=2024).factor)


def test_what_is_not_modelled_is_listed_with_reason_and_amount(analysis):
    table = analysis.own_bills.model.table.set_index("term")
    left = table[table.index.str.startswith("left_out_")]
    assert list(left.index) == ["left_out_other_legal_work"]
    assert left.iloc[0]["method"].startswith("not modelled: no task")
    assert left.iloc[0]["amount"] == 12 * 3 * 400
    assert "Not modelled: 1 kind of work on the bills, $14,400" in analysis.own_bills.model.text


def test_hours_and_rates_of_what_spend_hides_are_hidden_too(tmp_path):
    # Support has two timekeepers: spend hides it and one task more beside a total; that task's hours times its rate would give it away.
    rows = []
    for month in months(12, 2024):
        rows += [(month, "m", "L320", f"a{i}", "ASSOC", 50, 300) for i in range(4)]
        rows += [(month, "m", "L120", f"r{i}", "ASSOC", 10, 400) for i in range(3)]
        rows += [(month, "m", "P280", f"c{i}", "ASSOC", 2, 350) for i in range(3)]
        rows += [(month, "m", "L110", f"d{i}", "ASSOC", 5, 300) for i in range(2)]
    (tmp_path / "b.csv").write_text(
        bill(rows).replace("L120,A104", "L120,A102").replace("P280,A104", "P280,A106").replace("L110,A104", "L110,A103")
    )
    billing = read_billing(tmp_path / "b.csv")
    for by, axis in (("task", 0), ("role", 1)):
        shown = spend(billing, by=by).table.dropna(subset=["estimate"])["term"]
        assert {cell[axis] for cell in model_inputs(billing)} <= set(shown)
    assert ("document_review", "associate") in model_inputs(billing)


def test_several_tasks_add_up_draw_by_draw(tmp_path):
    rows = [
        (month, "m", code, f"{code}{i}", "ASSOC", 5, 300)
        for month in months(12, 2024)
        for code in ("L320", "L120")
        for i in range(3)
    ]
    text = bill(rows).replace("L120,A104", "L120,A102")
    (tmp_path / "b.csv").write_text(text)
    table = analyse(Parameters(billing_path=str(tmp_path / "b.csv"), draws=1024)).own_bills.model.table.set_index(
        "term"
    )
    parts = table.loc[["document_review", "legal_research"]]
    assert table.loc["all", "hours"] == parts["hours"].sum() == 360
    assert table.loc["all", "today"] == pytest.approx(parts["today"].sum())
    # Between the two, for it is their mean weighted by what they cost.
    assert parts["estimate"].min() < table.loc["all", "estimate"] < parts["estimate"].max()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "the bills state no currency and billing_currency names none"),
        ({"billing_currency": "XTS"}, "the tables have no rate of XTS"),
        ({"min_cell": 9, "billing_currency": "USD"}, "no task and role has 9 timekeepers"),
    ],
)  # fmt: skip
def test_what_cannot_be_modelled_says_why(tmp_path, bills_1998b, changes, says):
    result = analyse(Parameters(billing_path=str(bills_1998b), draws=256, **changes)).own_bills.model
    assert not result.estimable
    assert says in result.text


@pytest.fixture
def bills_1998b(tmp_path):
    text = bill([("2024-01", "m", "L320", f"a{i}", "ASSOC", 5, 300) for i in range(4)])
    (tmp_path / "b.csv").write_text(re.sub(r",(USD|currency)$", "", text, flags=re.MULTILINE))
    return tmp_path / "b.csv"


def test_without_bills_one_sentence_and_no_number():
    bills = analyse(Parameters()).own_bills
    assert bills.findings == (own_bills.NONE_GIVEN,)
    assert bills.recorded == bills.glance == bills.sourced == ()


def test_other_questions_do_not_read_bills_and_know_the_same(folder, monkeypatch):
    plain, own = (analyse(Parameters(draws=256, **more)) for more in ({}, {"billing_path": str(folder / "bills.csv")}))
    monkeypatch.setattr("lpo_analysis.parameters.own.digest", lambda path: pytest.fail("hashed again"))
    pd.testing.assert_frame_equal(plain.comparators.table, own.comparators.table)
    pd.testing.assert_frame_equal(plain.delivery_models.table, own.delivery_models.table)


def test_bills_are_read_once_for_check_and_report_and_again_when_they_change(folder, tmp_path, monkeypatch):
    (tmp_path / "b.csv").write_text((folder / "bills.csv").read_text())
    p, reads = Parameters(billing_path=str(tmp_path / "b.csv")), []
    monkeypatch.setattr(own_bills, "read_billing", lambda *a, **k: reads.append(1) or read_billing(*a, **k))
    p.check_evidence()
    _ = analyse(p).own_bills.account
    assert len(reads) == 1
    (tmp_path / "b.csv").write_text((folder / "bills.csv").read_text().replace("300", "310"))
    p.check_evidence()
    assert len(reads) == 2


def moved_bills(tmp_path, *, n=8, moved=4, effect=0.8, groups=False, **options):
    rng, rows = np.random.default_rng(4), []
    for matter in range(n):
        for t, month in enumerate(months(12)):
            hours = 20 * (effect if matter < moved and t >= 6 else 1.0) * rng.lognormal(0, 0.01)
            rows += [(month, f"m{matter}", "L320", f"k{matter}{i}", "ASSOC", round(hours, 2), 300) for i in range(2)]
    (tmp_path / "b.csv").write_text(bill(rows))
    moves = {f"m{i}": "2023-07" for i in range(moved)}
    told = {f"m{i}": f"secret {i // 2}" for i in range(n)} if groups else None
    return read_billing(tmp_path / "b.csv", moved=moves, groups=told, **options)


def test_what_moving_saved_is_found(tmp_path):
    result = protected.realised(moved_bills(tmp_path))
    row = result.row("saving_share")
    assert row["estimate"] == pytest.approx(0.2, abs=0.01)
    assert row["conf_low"] < 0.2 < row["conf_high"]
    # Nothing on these bills was billed by a provider, and that is told.
    assert any(check.name == "What the provider was paid" and check.passed is False for check in result.checks)


def test_practice_groups_are_compared_where_they_are_told(tmp_path):
    billing = moved_bills(tmp_path, n=16, moved=8, groups=True)
    assert sorted(billing.groups["group"].unique()) == [f"G{i}" for i in range(1, 9)]
    assert "secret" not in repr(billing) + billing.groups.to_csv()
    bills, unit, reason = protected.moved_bills(billing)
    assert (unit, reason) == ("practice group", "")
    assert bills.panel.y.shape == (8, 12)
    assert "4 practice groups that moved work" in protected.realised(billing).text


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"moved": 2}, "2 matters moved work, and what rests on fewer than 3 is not shown"),
        ({"moved": 6}, "2 matters stayed, and what rests on fewer than 3 is not shown"),
        ({"moved": 0}, "no matter named as moved has a bill"),
        ({"moved": 8}, "every matter moved"),
    ],
)  # fmt: skip
def test_too_few_to_compare_is_said(tmp_path, options, says):
    billing = moved_bills(tmp_path, **options)
    for result in (protected.realised(billing), protected.over_time(billing)):
        assert not result.estimable
    if options["moved"] != 8:
        assert says in protected.realised(billing).text


def test_months_in_which_few_had_moved_are_hidden(tmp_path):
    rows, rng = [], np.random.default_rng(1)
    starts = [3, 3, 9, 9, 9, 9]
    for matter in range(12):
        for month in months(12):
            rows += [(month, f"m{matter}", "L320", f"k{matter}", "ASSOC", round(20 * rng.lognormal(0, 0.05), 2), 300)]
    (tmp_path / "b.csv").write_text(bill(rows))
    moves = {f"m{i}": f"2023-{start + 1:02d}" for i, start in enumerate(starts)}
    found = protected.over_time(read_billing(tmp_path / "b.csv", moved=moves))
    table = found.table.set_index("term")
    gone = table.index[table["method"].eq(HIDDEN)]
    # From the fourth month on only the two early ones are seen; both of them are fewer than three.
    assert {"month_3", "month_8"} <= set(gone)
    assert table.loc[gone, ["estimate", "conf_low", "n_moved"]].isna().all(axis=None)
    assert len(found.plot_data) == len(table) - len(gone)


def test_the_bridge_of_cells_that_may_be_shown_is_that_of_the_method(tmp_path):
    rows = [
        (month, "m", "L320", f"a{i}", "ASSOC", 10 + (k >= 12), 300 + 10 * (k >= 12))
        for k, month in enumerate(months(24))
        for i in range(3)
    ]
    rows += [(month, "m", "L320", f"p{i}", "PARTNR", 2, 600) for month in months(24) for i in range(3)]
    (tmp_path / "b.csv").write_text(bill(rows))
    result = protected.bridge(read_billing(tmp_path / "b.csv"))
    before, after = (
        pd.DataFrame({"task": "t", "role": ["a", "p"], "hours": [36 * (10 + k), 72.0], "spend": [36 * (10 + k) * (300 + 10 * k), 72 * 600.0]}) for k in (0, 1)
    )  # fmt: skip
    parts = rate_volume_mix(before, after, by=("task", "role")).parts
    for name in ("volume", "mix_role", "rate"):
        assert result.row(name)["estimate"] == pytest.approx(parts[name])
    assert result.row("after")["estimate"] == pytest.approx(after["spend"].sum())


def test_rates_that_stayed_are_no_part_of_the_bridge_down_to_the_last_digit(tmp_path):
    rows = [(month, "m", "L320", f"a{i}", role, 0.1 + 0.3 * i + 0.7 * (k >= 12), 333.33) for k, month in enumerate(months(24)) for i, role in enumerate(("ASSOC", "PARTNR") * 3)]  # fmt: skip
    (tmp_path / "b.csv").write_text(bill([(*row[:5], round(row[5], 1), 300) for row in rows]))
    result = protected.bridge(read_billing(tmp_path / "b.csv"))
    assert result.row("rate")["estimate"] == 0.0
    assert result.row("volume")["estimate"] > 0


def test_a_small_cell_does_not_show_in_the_bridge(tmp_path):
    """Two bills that differ by whose hours they are within the pool alone have one bridge."""
    texts = []
    for first, second in ((5, 3), (3, 5)):
        rows = [(month, "m", "L320", f"a{i}", "ASSOC", 10, 300) for month in months(24) for i in range(5)]
        for month in months(24):
            rows += [
                (month, "m", "L320", f"x{i}", role, hours, 200)
                for i, (role, hours) in enumerate((("PRLGL", first), ("PARTNR", second), ("PARTNR", 1)))
            ]
        (tmp_path / "b.csv").write_text(bill(rows))
        result = protected.bridge(read_billing(tmp_path / "b.csv"))
        texts.append(result.table[["term", "estimate"]].round(6).to_csv())
        assert any(check.name == "Small cells" for check in result.checks)
    assert texts[0] == texts[1]


def test_one_month_has_no_bridge(bills_1998b):
    result = protected.bridge(read_billing(bills_1998b))
    assert result.reason == "all bills are of one month, 2024-01"


def test_naive_answers_miss_where_theory_says_and_the_one_used_does_not():
    at = protected.naive_answers().table.set_index("term")
    # exp(-0.2): the effect put in; six months of a common fall of 0.03 before and after add 0.18 on average to before and after alone.
    assert at.loc["all_fall_used", "estimate"] == pytest.approx(-np.expm1(-0.2), abs=1e-4)
    assert at.loc["all_fall_before_after", "estimate"] == pytest.approx(-np.expm1(-0.2 - 0.18), abs=1e-4)
    assert at.loc["staggered_used", "estimate"] == pytest.approx(at.loc["staggered_used", "truth"], abs=1e-4)
    assert at.loc["staggered_two_way", "estimate"] < at.loc["staggered_two_way", "truth"] - 0.03
    assert at.loc["chosen_used", "estimate"] > at.loc["chosen_used", "truth"] + 0.03


def test_lists_are_read_as_spreadsheets_save_them(tmp_path):
    (tmp_path / "p.csv").write_bytes("\ufeffid;note\r\nfirm 9;ours\r\n".encode())
    assert read_providers(tmp_path / "p.csv") == ["firm 9"]
    (tmp_path / "m.csv").write_text("matter,month,group\nm1,2024-01-01,a\nm2,,b\n")
    moves = read_moved(tmp_path / "m.csv")
    assert (moves.months, moves.groups) == ({"m1": "2024-01"}, {"m1": "a", "m2": "b"})
    assert "m1" not in repr(moves)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("matter,month\nzq1xk,zqmay1xk\n", "row 2, column month: holds 8 characters, which is no month"),
        ("matter,month\nzq1xk,\n", "column month: is empty in every row: nothing moved"),
        ("matter,month,group\na,2024-01,zqg1xk\nb,2024-02,zqg1xk\n", "row 3, column month: differs from line 2"),
        ("matter,month,group\na,2024-01,zqg1xk\nb,,\n", "row 3, column group: is empty"),
        ("matter,month\n,2024-01\n", "row 2, column matter: is empty"),
        ("", "is empty; the first line must be matter,month,group"),
    ],
)  # fmt: skip
def test_faults_of_lists_tell_place_and_nothing_else(tmp_path, text, says):
    (tmp_path / "zqname1xk.csv").write_text(text)
    with pytest.raises(DataError) as error:
        read_moved(tmp_path / "zqname1xk.csv")
    assert says in str(error.value)
    assert "zq" not in str(error.value)


def test_templates_are_read_as_they_are_shipped():
    from lpo_analysis.paths import DATA

    assert read_providers(DATA / "templates" / "billed_providers.csv") == ["firm-9", "firm-10"]
    moves = read_moved(DATA / "templates" / "moved.csv")
    assert set(moves.months) == {"m-1", "m-2", "m-3"}
    assert len(moves.groups) == 6


def test_lists_without_bills_and_a_currency_of_no_form_are_refused(tmp_path):
    (tmp_path / "p.csv").write_text("id\nx\n")
    with pytest.raises(ParameterError, match="providers: says something of bills, but there are none"):
        Parameters.from_mapping({"providers": str(tmp_path / "p.csv")})
    with pytest.raises(ParameterError, match="billing_currency: must be an ISO 4217 code"):
        Parameters.from_mapping({"billing_currency": "dollars"})


@pytest.mark.parametrize(
    "text",
    [
        bill([("2024-01", "m1", "L320", "a", "ASSOC", 1, 300)]),
        bill([("2024-01", f"m{i}", "L320", f"a{i}", "ASSOC", 1, 300) for i in range(2)]),
        bill([("2024-01", f"m{i}", "L320", f"a{i}", "ASSOC", 1, 300) for i in range(6)]).replace(",F,L320,A104,", ",E,,,").replace("ASSOC", ""),
        bill([("2024-01", f"m{i}", "L320", f"a{i}", "ASSOC", 1, 300) for i in range(6)]) + "A,9,1899-01-01,f,m,F,L320,A104,a,ASSOC,1,1,0,1,USD\nA,10,2024-01-15,f,m,F,L320,A104,a,ASSOC,-1,300,0,-300,USD\nA,11",
    ],
    ids=["one line", "two lines", "expenses alone", "odd dates, negative hours, an end cut off"],
)  # fmt: skip
def test_bills_too_thin_or_odd_for_most_of_it_still_make_a_section(tmp_path, text):
    (tmp_path / "b.csv").write_text(text)
    (tmp_path / "m.csv").write_text("matter,month\nm1,2024-01\n")
    bills = analyse(
        Parameters(billing_path=str(tmp_path / "b.csv"), moved=str(tmp_path / "m.csv"), draws=256)
    ).own_bills
    assert bills.account.checks[0].passed
    for result in bills.recorded:
        assert result.text.endswith(".")
        assert "nan" not in result.text
        if result.draw is not None:
            result.plot()
    for billed in bills.spend.values():
        assert not (billed.table["estimate"].notna() & (billed.table["n_obs"] < 3)).any()
