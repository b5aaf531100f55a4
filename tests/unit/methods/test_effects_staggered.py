"""Group-time effects against csdid and an independent computation, and what the asymptotic theory leaves out."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.effects_panel import make_panel
from lpo_analysis.methods.effects_staggered import group_time

STARTS = [0] * 9 + [3] * 4 + [4] * 6 + [6] * 5
# csdid 0.4.3 (whose own tests compare it with R's did) on `staggered()`: fit(est_method="dr", base_period="varying", bstrap=False)
CELLS = {
    "stayed": """3 2 -4.6944444444 4.2359340178 3 3 0.5833333333 6.3144669042 3 4 2.2222222222 2.6476300970
        3 5 0.3611111111 5.6243636281 3 6 -3.0833333333 4.5964249057 4 2 -9.2777777778 4.7597816402 4 3 5.8333333333 3.9147946669
        4 4 -3.9444444444 3.9161960141 4 5 -8.2222222222 4.6687238264 4 6 -14.0000000000 4.3454247260
        6 2 -11.2444444444 4.0587266479 6 3 3.1333333333 3.9777653631 6 4 2.6888888889 5.4116026344
        6 5 4.2888888889 3.2659426425 6 6 -4.2444444444 4.7060956298""",
    "not_yet": """3 2 0.9000000000 3.7713724292 3 3 -1.9500000000 5.4129358947 3 4 0.1428571429 2.7559900307
        3 5 -3.2500000000 5.4516368540 3 6 -3.0833333333 4.5964249057 4 2 -5.1111111111 4.3130261751 4 3 4.7142857143 2.7459219697
        4 4 -4.9047619048 3.8778976055 4 5 -10.7142857143 4.0405901354 4 6 -14.0000000000 4.3454247260
        6 2 -7.3263157895 3.5437154556 6 3 0.8000000000 2.7674296137 6 4 2.6888888889 5.4116026344
        6 5 4.2888888889 3.2659426425 6 6 -4.2444444444 4.7060956298""",
}
# aggte(typec, bstrap=False): overall estimate and error, then those of each average
AVERAGES = {
    ("stayed", "simple"): (-4.561253561253561, 2.2371173586883564, [], []),
    ("stayed", "group"): (
        -4.898148148148148, 2.109280846925228, [0.0208333333, -8.7222222222, -4.2444444444],
        [3.6082570853, 3.5275468963, 4.7060956298],
    ),
    ("stayed", "calendar"): (
        -3.380092592592592, 2.3734157880976534, [0.5833333333, -1.4777777778, -4.7888888889, -7.837037037],
        [6.3144669042, 2.5970937117, 4.0550804728, 3.0387525016],
    ),
    ("stayed", "event"): (
        -4.555092592592592, 2.309424531442523,
        [-11.2444444444, 3.1333333333, -3.8383838384, 2.5111111111, -2.837037037, -4.0444444444, -8.2555555556, -3.0833333333],
        [4.0587266479, 3.9777653631, 4.2620312049, 1.9460430818, 2.3953768407, 3.2747560878, 3.9927143869, 4.5964249057],
    ),
    ("not_yet", "simple"): (-5.935856735856736, 2.1338929178263046, [], []),
    ("not_yet", "group"): (
        -5.906719576719576, 1.9669362628845533, [-2.0351190476, -9.873015873, -4.2444444444],
        [3.2654463722, 3.2422730732, 4.7060956298],
    ),
    ("not_yet", "calendar"): (
        -5.100330687830688, 2.2713592121018134, [-1.95, -2.8857142857, -7.7285714286, -7.837037037],
        [5.4129358947, 2.8926376838, 3.7193540773, 3.0387525016],
    ),
    ("not_yet", "event"): (
        -5.76287037037037, 2.219801567372953,
        [-7.3263157895, 0.8, -1.5656565657, 3.5553439153, -3.8967195767, -6.3714285714, -9.7, -3.0833333333],
        [3.5437154556, 2.7674296137, 4.0504601416, 1.6956958664, 2.1802945173, 3.2533221415, 3.7106700961, 4.5964249057],
    ),
}  # fmt: skip


def staggered(starts=STARTS, periods=6):
    """Units that start in three periods, and nine that never do, without random numbers; 0 is never."""
    rows = [
        (u, t, g or np.nan, (7 * u * u + 13 * t * t + 5 * u * t + 3 * (u % 4) * t * t) % 23 + 2 * (u % 5) + t
         - ((4 + 2 * (t - g) + 3 * (g == 4)) if g and t >= g else 0), u % 8)
        for u, g in enumerate(starts, start=1)
        for t in range(1, periods + 1)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["unit", "time", "start", "y", "cluster"])


def panel_of(frame, **names):
    return make_panel(frame, unit="unit", time="time", outcome="y", start="start", **names)


@pytest.fixture(scope="module")
def panel():
    return panel_of(staggered())


@pytest.mark.parametrize("control", CELLS)
def test_group_time_effects_and_errors_are_those_of_csdid(panel, control):
    found = group_time(panel, control=control, base="varying", small_sample=False).cells
    told = np.array(CELLS[control].split(), dtype=float).reshape(-1, 4)
    assert found[["group", "time", "estimate", "std_error"]].to_numpy(dtype=float) == pytest.approx(told, abs=1e-9)


@pytest.mark.parametrize(("control", "kind"), AVERAGES)
def test_averages_and_their_errors_are_those_of_csdid(panel, control, kind):
    found = group_time(panel, control=control, base="varying", small_sample=False).aggregate(kind, draws=9)
    estimate, error, parts, errors = AVERAGES[control, kind]
    assert (found.overall["estimate"], found.overall["std_error"]) == pytest.approx((estimate, error), abs=1e-9)
    assert found.table["estimate"].tolist() == pytest.approx(parts, abs=1e-9)
    assert found.table["std_error"].tolist() == pytest.approx(errors, abs=1e-9)


def test_periods_before_are_compared_with_the_last_one_before_the_start(panel):
    cells = group_time(panel).cells
    assert (cells["base"] == cells["group"] - 1).all()
    frame = staggered()
    for row in cells.itertuples():
        wide = frame.pivot(index="unit", columns="time", values="y")
        change = (wide[row.time] - wide[row.base]).to_numpy()
        starts = np.array(STARTS)
        assert row.estimate == pytest.approx(change[starts == row.group].mean() - change[starts == 0].mean())


def test_a_cell_has_the_error_of_two_independent_samples(panel):
    """With the small-sample correction a cell is Welch's two-sample comparison of changes."""
    found = group_time(panel)
    wide = staggered().pivot(index="unit", columns="time", values="y")
    change, starts = (wide[6] - wide[5]).to_numpy(), np.array(STARTS)
    welch = stats.ttest_ind(change[starts == 6], change[starts == 0], equal_var=False)
    row = found.cells.query("group == 6 and time == 6").iloc[0]
    assert row["estimate"] / row["std_error"] == pytest.approx(welch.statistic)
    part = found.aggregate("group", draws=9).table.iloc[-1]
    assert (part["df"], part["p"]) == pytest.approx((welch.df, welch.pvalue))


def test_clustered_errors_are_of_summed_influence(panel):
    """Against a jackknife-free recomputation: two identical copies of every unit, clustered, are one unit."""
    frame = staggered()
    twins = pd.concat([frame, frame.assign(unit=frame["unit"] + 100)]).assign(pair=lambda f: f["unit"] % 100)
    single = group_time(panel, small_sample=False)
    double = group_time(panel_of(twins, cluster="pair"), small_sample=False)
    for kind in ("simple", "event"):
        one, two = (g.aggregate(kind, draws=9).overall for g in (single, double))
        assert (two["estimate"], two["std_error"]) == pytest.approx((one["estimate"], one["std_error"]))


def test_an_unbalanced_panel_compares_units_seen_in_both_periods():
    frame = staggered().drop(index=[2, 60, 61, 77])
    found = group_time(panel_of(frame)).cells.query("group == 3 and time == 5").iloc[0]
    wide = frame.pivot(index="unit", columns="time", values="y")
    change = wide[5] - wide[2]
    starts = pd.Series(STARTS, index=range(1, 25))
    told = change[starts == 3].mean() - change[starts == 0].mean()
    assert found["estimate"] == pytest.approx(told)
    assert found["n_moved"] == change[starts == 3].notna().sum()


def test_the_band_holds_all_intervals_and_repeats_itself(panel):
    found = group_time(panel)
    one, two = (found.aggregate("event", seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, two.table)
    assert one.critical > stats.norm.ppf(0.95)
    assert (one.table["band_low"] < one.table["conf_low"]).all()
    assert (one.table["band_high"] > one.table["conf_high"]).all()
    assert one.pre_trend.df == (one.table["at"] < 0).sum()


def test_the_pre_test_does_not_depend_on_the_base():
    frame = staggered([0] * 30 + [3] * 12 + [4] * 13)
    one, two = (
        group_time(panel_of(frame), base=base, small_sample=False).pre_test() for base in ("universal", "varying")
    )
    assert (one.statistic, one.df) == pytest.approx((two.statistic, two.df))


def test_units_that_start_alone_show_their_error_together_only():
    rng = np.random.default_rng(2)
    starts = [0] * 20 + [4, 5, 6, 7, 8]
    frame = staggered(starts, 9).assign(y=lambda f: rng.normal(size=len(f)))
    strict, plain = (group_time(panel_of(frame), small_sample=s) for s in (True, False))
    assert strict.cells.query("n_moved == 1")["std_error"].isna().all()
    honest, naive = (g.aggregate("simple").overall["std_error"] for g in (strict, plain))
    assert honest > naive
    assert strict.aggregate("group", draws=9).table["std_error"].isna().all()
    assert np.isfinite(strict.aggregate("event", draws=9).overall["std_error"])


def test_one_unit_that_started_has_an_estimate_without_error():
    overall = group_time(panel_of(staggered([0] * 9 + [4]))).aggregate("simple").overall
    assert np.isfinite(overall["estimate"])
    assert overall[["std_error", "conf_low", "conf_high", "p"]].isna().all()


def test_comparisons_with_one_control_are_left_out_and_counted():
    found = group_time(panel_of(staggered([3, 3, 4, 4, 6])), control="not_yet")
    assert found.n_left_out > 0
    assert (found.cells["n_controls"] >= 2).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"control": "all"}, "control: got 'all'"), ({"base": "first"}, "base: got 'first'")],
)
def test_options_are_checked(panel, options, message):
    with pytest.raises(ParameterError, match=message):
        group_time(panel, **options)


def test_what_bears_nothing_is_refused(panel):
    with pytest.raises(ParameterError, match="kind: got 'dynamic'"):
        group_time(panel).aggregate("dynamic")
    with pytest.raises(ParameterError, match="every unit moved and none stayed"):
        group_time(panel_of(staggered([3, 4])))
    with pytest.raises(ParameterError, match="together with two controls"):
        group_time(panel_of(staggered([3, 0])))
