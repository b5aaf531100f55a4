"""The panel, difference in differences, event study and what a two-way estimate is made of."""

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.effects import before_after, comparisons, event_study, two_way
from lpo_analysis.methods.effects_panel import cluster_check, make_panel, why_not
from lpo_analysis.methods.effects_simulation import Design, simulate


def frame_of(starts, periods=4, effect=-5.0, seed=0):
    rng = np.random.default_rng(seed)
    rows = [
        (u, t, g, 10 * u + 2 * t + rng.normal() + (effect if t >= g else 0.0))
        for u, g in enumerate(starts)
        for t in range(1, periods + 1)
    ]
    return pd.DataFrame(rows, columns=["unit", "time", "start", "y"]).astype({"start": float})


def panel_of(frame, **names):
    return make_panel(frame, unit="unit", time="time", outcome="y", start="start", **names)


NEVER = np.nan


def test_two_by_two_is_the_difference_of_differences_worked_by_hand():
    """Moved: 10 and 14 to 9 and 11, -2 on average; stayed: 20 and 30 to 23 and 31, +2: the effect is -4."""
    frame = pd.DataFrame({
        "unit": [1, 1, 2, 2, 3, 3, 4, 4], "time": [1, 2] * 4, "start": [2, 2, 2, 2] + [NEVER] * 4,
        "y": [10, 9, 14, 11, 20, 23, 30, 31],
    })  # fmt: skip
    fit = two_way(panel_of(frame), level=0.9)
    row = fit.table.iloc[0]
    assert row["estimate"] == pytest.approx(-4)
    # Changes -1, -3 against 3, 1: variances 2 and 2, so the error of two independent samples is sqrt(2/2 + 2/2), Welch's df 2.
    assert row["std_error"] == pytest.approx(np.sqrt(2))
    assert row["df"] == pytest.approx(2)
    assert (fit.n_obs, fit.n_units, fit.cohorts) == (8, 4, (2,))


def test_two_way_holds_with_outcomes_missing_as_dummies_do():
    frame = frame_of([3, 3, NEVER, NEVER, 3, NEVER]).drop(index=[1, 9, 20])
    found = two_way(panel_of(frame), wild=False)
    dummies = pd.get_dummies(frame[["unit", "time"]].astype(str), dtype=float).drop(columns="time_1")
    x = np.column_stack([(frame["time"] >= frame["start"]).astype(float), dummies])
    assert found.table["estimate"].iloc[0] == pytest.approx(np.linalg.lstsq(x, frame["y"].to_numpy(), rcond=None)[0][0])
    assert found.wild is None


def test_event_study_of_a_balanced_panel_is_means_against_the_period_before():
    frame = frame_of([3] * 4 + [NEVER] * 5, periods=5)
    study = event_study(panel_of(frame))
    means = frame.assign(moved=frame["start"].notna()).groupby(["moved", "time"])["y"].mean()
    gap = means[True] - means[False]
    assert study.table["event_time"].tolist() == [-2, -1, 0, 1, 2]
    assert study.table["estimate"].tolist() == pytest.approx((gap - gap[2]).tolist())
    assert study.n_pre == 1
    assert study.pre_trend.df == 1
    assert study.pre_trend.p_value == pytest.approx(study.table["p"].iloc[0])


def test_event_study_refuses_several_starts():
    with pytest.raises(ParameterError, match="units start in 2 periods"):
        event_study(panel_of(frame_of([2, 3, NEVER, NEVER])))


@pytest.mark.parametrize("starts", [[2, 2, 3, 5, NEVER, NEVER], [2, 3, 3, 5, 5], [4, 4, NEVER, NEVER]])
def test_comparisons_add_up_to_the_two_way_estimate(starts):
    panel = panel_of(frame_of(starts, periods=6))
    parts = comparisons(panel)
    assert parts["weight"].sum() == pytest.approx(1)
    assert (parts["weight"] >= 0).all()
    total = two_way(panel, wild=False).table["estimate"].iloc[0]
    assert float(parts["weight"] @ parts["estimate"]) == pytest.approx(total)


def test_comparisons_of_an_unbalanced_panel_are_not_given():
    assert comparisons(panel_of(frame_of([2, NEVER]).drop(index=0))) is None


def test_the_panel_counts_what_it_leaves_out():
    frame = frame_of([1, 3, 9, NEVER])
    frame.loc[5, "y"] = np.nan
    panel = panel_of(frame)
    assert (panel.n_always, panel.n_later, panel.n_rows, panel.n_left_out) == (1, 1, 11, 5)
    assert panel.cohorts == (3,)
    assert panel.n_rows + panel.n_left_out == len(frame)
    assert not panel.balanced


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="y"), "no column 'y'"),
        (lambda f: pd.concat([f, f.head(2)]), "2 rows repeat a unit and period"),
        (lambda f: f.assign(start=range(len(f))), "start varies within 3 units"),
        (lambda f: f.assign(time=f["time"] + 0.5), "time must be a whole number"),
        (lambda f: f.assign(y=np.inf), "y must be a finite number"),
        (lambda f: f.assign(y="secret"), "y must be a finite number"),
        (lambda f: f[f["time"] != 2], "1 period between the first and the last"),
        (lambda f: f.assign(unit=None), "unit or time is missing in 12 rows"),
        (lambda f: f.assign(start=1.0), "every unit had started by the first period"),
        (lambda f: f.assign(y=np.nan), "no row has y"),
    ],
)
def test_a_bad_panel_is_refused_without_naming_units(change, message):
    frame = frame_of([3, NEVER, NEVER]).assign(unit=lambda f: f["unit"].map("Acme v. Smith {}".format))
    with pytest.raises(ParameterError, match=message) as caught:
        panel_of(change(frame))
    assert "Acme" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("starts", "staggered", "reason"),
    [
        ([NEVER, NEVER], True, "no unit moved"),
        ([1, NEVER], True, "moved had done so by the first period"),
        ([3, 3], True, "all units moved at once and none stayed"),
        ([2, 3], False, "every unit moved and none stayed"),
        ([2, 3], True, None),
        ([2, NEVER], False, None),
    ],
)
def test_why_not(starts, staggered, reason):
    found = why_not(panel_of(frame_of(starts)), staggered=staggered)
    assert found == reason if reason is None else reason in found


def test_one_cluster_bears_no_error():
    panel = panel_of(frame_of([3, 3, NEVER, NEVER]).assign(group="one"), cluster="group")
    assert "one cluster" in why_not(panel, staggered=False)
    with pytest.raises(ParameterError, match="one cluster"):
        two_way(panel)


def test_units_that_stay_must_be_seen_before_and_after():
    frame = frame_of([3, 3, NEVER, NEVER])
    alone = frame[(frame["start"].notna()) | (frame["time"] < 3)]
    with pytest.raises(ParameterError, match="cannot be told from the effects of units and periods"):
        two_way(panel_of(alone))


@pytest.mark.parametrize(
    ("starts", "passed", "words"),
    [
        ([3] * 4 + [NEVER] * 4, False, "below 10 no interval can be relied on"),
        ([3] * 2 + [NEVER] * 20, False, "fewer than three on a side"),
        ([3] * 10 + [NEVER] * 10, None, "read them with caution"),
        ([3] * 20 + [NEVER] * 20, True, "40 clusters, 20 of them with units that moved"),
    ],
)
def test_few_clusters_are_told(starts, passed, words):
    check = cluster_check(panel_of(frame_of(starts)))
    assert check.passed is passed
    assert words in check.text


def test_before_and_after_is_the_mean_of_paired_differences():
    """Units move by -2 and -4: mean -3, error 1 with one degree of freedom; the unit that stayed has no say."""
    frame = pd.DataFrame({
        "unit": [1, 1, 2, 2, 3, 3], "time": [1, 2] * 3, "start": [2.0] * 4 + [NEVER] * 2, "y": [10, 8, 14, 10, 20, 99],
    })  # fmt: skip
    row = before_after(panel_of(frame)).iloc[0]
    assert (row["estimate"], row["std_error"], row["df"]) == pytest.approx((-3, 1, 1))
    with pytest.raises(ParameterError, match="no unit is seen before and after its start"):
        before_after(panel_of(frame[(frame["start"].isna()) | (frame["time"] == 1)]))


def test_a_simulated_panel_has_the_effect_it_says():
    frame, truth = simulate(
        Design(units=4, moved=2, starts=(3, 5), periods=6, effect=-1, growth=-0.5, noise=0, spread=0, drift=0), seed=1
    )
    assert frame.loc[frame["y"] != 0, "y"].tolist() == [-1, -1.5, -2, -2.5, -1, -1.5]
    assert truth == pytest.approx(-9.5 / 6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"moved": 41}, "moved: must lie between 1 and the 40"),
        ({"starts": (1,)}, "starts: each"),
        ({"persistence": 1.0}, "persistence: "),
    ],
)
def test_a_simulation_that_makes_no_sense_is_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        Design(**options)
