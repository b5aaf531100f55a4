"""What moving work saved: sentences, signs, what is set aside, and what is not estimable."""

import re

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.effects_simulation import Design, simulate
from lpo_analysis.savings.billing.bridge import spend_bridge
from lpo_analysis.savings.billing.realised import realised_over_time, realised_savings
from lpo_analysis.savings.billing.realised_panel import bills_panel

SECRET = "Roe v. Wade Holdings"


def month(t):
    return f"{2022 + (int(t) - 1) // 12}-{(int(t) - 1) % 12 + 1:02d}"


def bills(design=None, seed=1):
    """Bills of simulated matters: spend is exp(8 + y), hours follow no move; and the months of the moves."""
    frame, _ = simulate(design or Design(), seed=seed)
    hours = np.exp(3 + 0.1 * np.random.default_rng(seed).normal(size=len(frame)))
    matter = [f"{SECRET} {u}" for u in frame["unit"]]
    made = frame.assign(matter=matter, month=frame["time"].map(month), amount=np.exp(8 + frame["y"]), hours=hours)
    moved = made.dropna(subset="start").drop_duplicates("matter").set_index("matter")["start"].map(month).to_dict()
    return made[["matter", "month", "amount", "hours"]], moved


QUIET = Design(noise=0.02, effect=-0.2)
GROWING = Design(starts=(4, 7, 10), effect=-0.1, growth=-0.05, noise=0.02)
OUTCOMES = ("log_spend", "spend", "log_hours", "hours", "log_rate", "rate")


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("design", [Design(), GROWING, Design(units=8, moved=4)], ids=["one", "several", "few"])
def test_sentences_read_for_all_outcomes(outcome, design):
    made, moved = bills(design)
    panel = bills_panel(made, moved=moved, outcome=outcome)
    for result in (realised_savings(panel, currency="USD"), realised_over_time(panel, currency="USD")):
        assert result.estimable
        for text in (result.text, *(check.text for check in result.checks)):
            assert not re.search(r"nan|n/a|inf\b|  |\.\.|\(\)", text), text
            assert text.endswith("."), text
            assert text[0].isupper() or text[0].isdigit(), text
        assert SECRET not in repr(result) + result._repr_html_()


def test_the_share_saved_is_that_of_the_simulation():
    made, moved = bills(QUIET)
    result = realised_savings(bills_panel(made, moved=moved))
    row = result.row("saving_share")
    assert row["conf_low"] < -np.expm1(-0.2) < row["conf_high"]
    assert row["estimate"] == pytest.approx(-np.expm1(-0.2), abs=0.01)
    assert row["std_error"] == pytest.approx(
        np.exp(result.row("effect")["estimate"]) * result.row("effect")["std_error"]
    )
    assert result.text.startswith("On the 20 matters that moved work, monthly spend was 18% lower (90% interval: ")
    assert "in parallel with the 20 matters that stayed" in result.text
    assert result.row("wild_bootstrap")["conf_low"] < row["estimate"] < result.row("wild_bootstrap")["conf_high"]


def test_naive_answers_stand_beside_and_are_wrong_where_starts_differ():
    made, moved = bills(GROWING)
    _, truth = simulate(GROWING, seed=1)
    result = realised_savings(bills_panel(made, moved=moved))
    assert result.row("effect")["estimate"] == pytest.approx(truth, abs=0.01)
    assert result.row("two_way")["estimate"] < result.row("saving_share")["conf_low"]
    assert result.row("before_after")["estimate"] > result.row("saving_share")["conf_high"]
    dates = next(check for check in result.checks if check.name == "dates of the move")
    assert "Moves fall into 3 months" in dates.text
    assert re.search(r"\(\d+% of its weight\)", dates.text)


def test_a_share_of_levels_is_of_what_would_have_been():
    """Moved 100 to 60, stayed 100 to 90, each twice: 90 would have been, so 30 are saved, a third."""
    rows = [("a", "2022-01", 99), ("a", "2022-02", 61), ("b", "2022-01", 101), ("b", "2022-02", 59),
            ("c", "2022-01", 99), ("c", "2022-02", 88), ("d", "2022-01", 101), ("d", "2022-02", 92)]  # fmt: skip
    made = pd.DataFrame(rows, columns=["matter", "month", "amount"]).assign(hours=1.0)
    result = realised_savings(
        bills_panel(made, moved={"a": "2022-02", "b": "2022-02"}, outcome="spend"), currency="USD"
    )
    assert result.row("effect")["estimate"] == pytest.approx(-30)
    assert result.row("saving_share")["estimate"] == pytest.approx(1 / 3)
    low, high = result.row("effect")[["conf_low", "conf_high"]]
    assert result.row("saving_share")["conf_high"] == pytest.approx(-low / (60 - low))
    assert result.row("saving_share")["conf_low"] == pytest.approx(-high / (60 - high))
    assert result.row("effect")["unit"] == "USD"


def test_the_mean_ratio_keeps_zeros():
    made, moved = bills(QUIET)
    made.loc[::9, "amount"] = 0.0
    result = realised_savings(bills_panel(made, moved=moved, outcome="spend"), method="ratio")
    assert result.n_used == len(made)
    assert result.row("saving_share")["estimate"] == pytest.approx(-np.expm1(-0.2), abs=0.05)


def test_months_that_cannot_be_had_are_counted_and_told():
    made, moved = bills()
    made = made.copy()
    made.loc[made["matter"].isin(moved) & (made["month"] >= "2022-07") & (made.index % 3 == 0), "amount"] = -50.0
    lost = int((made["amount"] < 0).sum())
    panel = bills_panel(made, moved=moved, outcome="log_spend")
    result = realised_savings(panel)
    assert result.n_dropped == lost
    assert result.n_used + result.n_dropped == len(made)
    check = next(c for c in result.checks if c.name == "months without this outcome")
    assert check.passed is False
    assert f"{lost} matter-months of 480" in check.text
    level = realised_savings(bills_panel(made, moved=moved, outcome="spend"))
    assert level.n_dropped == 0
    assert any(c.name == "credits" and f"{lost} matter-months" in c.text for c in level.checks)


def test_absent_months_are_missing_or_zero_as_asked():
    made, moved = bills()
    holes = made.drop(index=[4, 5, 20])
    missing = bills_panel(holes, moved=moved, outcome="spend")
    zero = bills_panel(holes, moved=moved, outcome="spend", absent="zero")
    assert (missing.panel.n_rows, zero.panel.n_rows) == (477, 480)
    assert any("Counted as 0: 3 months" in check.text for check in zero.checks)
    assert any("477 of 480 matter-months" in check.text for check in missing.checks)


def test_finer_rows_are_added_up_and_moves_may_be_a_frame():
    made, moved = bills()
    halves = pd.concat([made.assign(amount=made["amount"] / 2, hours=made["hours"] / 2)] * 2)
    frame = pd.DataFrame({"matter": list(moved), "month": pd.PeriodIndex(list(moved.values()), freq="M")})
    one, two = (realised_savings(bills_panel(b, moved=m)).table for b, m in ((made, moved), (halves, frame)))
    pd.testing.assert_frame_equal(one, two, rtol=1e-9)


def test_matters_can_be_clustered_by_practice_group():
    made, moved = bills(Design(units=48, moved=24))
    group = made["matter"].map({m: i % 12 for i, m in enumerate(made["matter"].unique())})
    result = realised_savings(bills_panel(made.assign(group=group), moved=moved, cluster="group"))
    assert any("12 clusters" in check.text and check.passed is None for check in result.checks)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda made, moved: (made, {}), "no unit moved within the periods given"),
        (lambda made, moved: (made, dict.fromkeys(made["matter"], "2022-05")), "all units moved at once and none stayed"),
        (lambda made, moved: (made, dict.fromkeys(made["matter"], "2021-05")), "every matter had moved by the first month"),
        (lambda made, moved: (made, dict.fromkeys(moved, "2022-01")), "had done so by the first period, so there is no period before"),
        (lambda made, moved: (made, dict(list(moved.items())[:1])), "only one matter moved"),
        (lambda made, moved: (made, dict.fromkeys(list(made["matter"].unique())[1:], "2022-05")), "only one matter stayed"),
        (lambda made, moved: (made.assign(amount=0.0), moved), "no matter has a month with spend above 0"),
        (lambda made, moved: (made[made["month"] != "2022-03"], moved), "no bill at all falls into 1 month"),
        (lambda made, moved: (made.assign(amount=100.0), moved), "do not differ from their fit"),
    ],
)  # fmt: skip
def test_what_the_bills_do_not_bear_is_a_result(change, reason):
    made, moved = change(*bills())
    panel = bills_panel(made, moved=moved)
    for result in (realised_savings(panel), realised_over_time(panel)):
        assert not result.estimable
        assert result.text.startswith("Not estimable, because ")
        assert reason in result.text
        assert SECRET not in repr(result)
        assert result.table["estimate"].isna().all()


def test_one_cluster_is_not_estimable():
    made, moved = bills()
    result = realised_savings(bills_panel(made.assign(group="all"), moved=moved, cluster="group"))
    assert "there is one cluster" in result.reason


def test_when_all_move_in_turn_the_later_ones_are_controls():
    made, moved = bills(Design(units=30, moved=30, starts=(4, 7, 10), noise=0.02))
    result = realised_savings(bills_panel(made, moved=moved))
    assert "in parallel with each matter not yet moved" in result.text
    assert result.row("saving_share")["estimate"] == pytest.approx(-np.expm1(-0.2), abs=0.02)


def test_matters_chosen_for_their_trend_are_told():
    made, moved = bills(Design(selection=0.06, noise=0.05))
    check = next(c for c in realised_savings(bills_panel(made, moved=moved)).checks if c.name == "before the move")
    assert check.passed is False
    assert "Paths differed before the move" in check.text


def test_a_passed_test_before_the_move_is_not_called_proof():
    made, moved = bills()
    check = next(c for c in realised_savings(bills_panel(made, moved=moved)).checks if c.name == "before the move")
    assert check.passed is None
    assert "does not prove" in check.text


def test_effects_over_time_are_drawn_and_the_month_before_is_zero():
    made, moved = bills(QUIET)
    result = realised_over_time(bills_panel(made, moved=moved))
    assert result.row("month_-1")["estimate"] == 0
    assert result.row("month_0")["label"] == "month of the move"
    assert result.row("month_3")["estimate"] == pytest.approx(np.expm1(-0.2), abs=0.03)
    assert "in 6 of 6 months since the move" in result.text
    assert result.plot().get_xlabel() == "months since the move"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcome": "logspend"}, "outcome: got 'logspend'. Did you mean 'log_spend'"),
        ({"absent": "none"}, "absent: got 'none'"),
        ({"spend": "spent"}, "bills: have no column 'spent'"),
        ({"moved": {SECRET: "soon"}}, "moved: no month in 1 row"),
        ({"moved": {SECRET: None}}, "moved: no month in 1 row"),
        ({"moved": pd.DataFrame({"m": [SECRET]})}, "moved: two columns are needed"),
        ({"moved": pd.DataFrame({"m": [SECRET] * 2, "t": ["2022-05"] * 2})}, "moved: 1 row repeat"),
        ({"cluster": "month"}, "month varies within a matter"),
    ],
)
def test_bad_input_is_one_clear_error_without_names(options, message):
    made, moved = bills()
    with pytest.raises(ParameterError, match=message) as caught:
        bills_panel(made, **{"moved": moved, **options})
    assert SECRET not in str(caught.value)


def test_unknown_moves_and_unplaced_rows_are_counted():
    made, moved = bills()
    panel = bills_panel(
        made.assign(month=made["month"].where(made.index != 3)), moved={**moved, "elsewhere": "2022-05"}
    )
    assert panel.n_left_out == 1
    assert {"rows placed", "moves found"} <= {check.name for check in panel.checks}
    assert "elsewhere" not in " ".join(check.text for check in panel.checks)


def test_a_ratio_of_logarithms_is_refused():
    made, moved = bills()
    panel = bills_panel(made, moved=moved)
    with pytest.raises(ParameterError, match="a ratio needs spend or hours"):
        realised_savings(panel, method="ratio")
    with pytest.raises(ParameterError, match="method: got 'iv'"):
        realised_savings(panel, method="iv")


def lines():
    rows = [
        ("2022-01", "review", "associate", 10, 1000), ("2022-02", "drafting", "associate", 10, 2000),
        ("2023-01", "review", "associate", 30, 3300), ("2023-02", "drafting", "associate", 10, 1900),
        ("2024-01", "review", "partner", 99, 9999),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["month", "task", "role", "hours", "amount"])


YEARS = {"before": ("2022-01", "2022-12"), "after": ("2023-01", "2023-12")}


def test_the_bridge_is_that_worked_by_hand():
    """The numbers are worked in the test of `lpo_analysis.methods.bridge`."""
    result = spend_bridge(lines(), **YEARS, by=["task"], currency="USD")
    assert result.table.set_index("term")["estimate"].tolist() == pytest.approx(
        [3000, 2783.33333, -666.66667, 83.33333, 0, 5200], abs=1e-4
    )
    assert result.text == (
        "Spend rose by $2,200, from $3,000 (2022-01 to 2022-12) to $5,200 (2023-01 to 2023-12). Volume added $2,780, mix of tasks took "
        "away $667 and rates added $83.3."
    )
    assert (result.n_used, result.n_dropped) == (4, 1)
    assert result.checks[0].passed
    assert result.plot().get_title(loc="left") or result.plot().get_title()


def test_the_bridge_tells_new_and_vanished_work():
    data = lines()
    data.loc[3, "task"] = "research"
    result = spend_bridge(data, **YEARS, currency="USD")
    told = {check.name: check.text for check in result.checks}
    assert told["new work"].startswith("1 category with hours only after, $1,900")
    assert told["vanished work"].startswith("1 category with hours only before, $2,000")
    assert "mix_role" in result.table["term"].tolist()


def test_a_bridge_without_hours_is_not_estimable():
    result = spend_bridge(lines(), before=("2020-01", "2020-12"), after=("2022-01", "2022-12"))
    assert result.reason == "before: has no volume, so there is no rate"


@pytest.mark.parametrize(
    "options",
    [
        {"before": ("2023-01", "2022-01"), "after": ("2023-02", "2023-03")},
        {"before": ("2022-01", "2023-01"), "after": ("2023-01", "2023-03")},
    ],
)
def test_periods_must_follow_each_other(options):
    with pytest.raises(ParameterError, match="the second must begin after the first has ended"):
        spend_bridge(lines(), **options)
