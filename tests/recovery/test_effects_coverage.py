"""Which estimators of an effect find the simulated truth, which are misled, and that the committed table says so.

``python tests/recovery/test_effects_coverage.py`` from the root of the repository writes data/tables/coverage_effects.csv anew.

Settings, on twelve periods with a common drift of -0.02 a period (`lpo_analysis.methods.effects_simulation.Design`):

* one_start: all who move do so in period 7, effect -0.2;
* growing: they move in periods 4, 7 and 10, the effect starts at -0.1 and grows by -0.05 a period;
* alone: they move one by one from period 3 to 11, the effect is -0.2 throughout;
* selected: as one_start, but the units that move were rising by 0.03 a period before, and would have gone on.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.methods.effects import before_after, event_study, two_way
from lpo_analysis.methods.effects_panel import Panel, make_panel
from lpo_analysis.methods.effects_simulation import Design, simulate
from lpo_analysis.methods.effects_staggered import group_time

TABLE = Path(__file__).resolve().parents[2] / "data" / "tables" / "coverage_effects.csv"
LEVEL = 0.90
SETTINGS = {
    "one_start": Design(),
    "growing": Design(starts=(4, 7, 10), effect=-0.1, growth=-0.05),
    "alone": Design(starts=tuple(range(3, 12))),
    "selected": Design(selection=0.03),
}
SIZES = ((8, 4), (12, 6), (20, 10), (40, 20), (40, 4))
ESTIMATORS = ("before_after", "two_way", "two_way_wild", "group_time", "group_time_not_yet", "group_time_asymptotic")
COLUMNS = ["setting", "estimator", "units", "moved", "level", "truth", "bias", "coverage", "mc_error", "runs"]
GRID = [(s, *size) for s in SETTINGS for size in SIZES if s == "one_start" or size in ((20, 10), (40, 20))]


def estimators(setting: str) -> tuple[str, ...]:
    skipped = {"two_way_wild"} if setting != "one_start" else set()
    skipped |= {"group_time_not_yet"} if setting in ("one_start", "selected") else set()
    skipped |= {"group_time_asymptotic"} if setting in ("growing", "selected") else set()
    return tuple(name for name in ESTIMATORS if name not in skipped)


def laid_out(frame: pd.DataFrame, design: Design) -> Panel:
    """What `make_panel` makes of a simulated frame, without its checks, which take most of the time."""
    y = frame["y"].to_numpy().reshape(design.units, design.periods)
    start = frame["start"].to_numpy()[:: design.periods]
    start = np.where(np.isnan(start), np.inf, start)
    return Panel(y, 1, start, np.arange(design.units), False, 0, 0, y.size, 0)


def estimates(panel, names, seed):
    """Estimate and interval by estimator."""
    fits = {}
    if "before_after" in names:
        fits["before_after"] = before_after(panel, level=LEVEL).iloc[0]
    fit = two_way(panel, level=LEVEL, wild="two_way_wild" in names, draws=399, seed=seed)
    fits["two_way"] = fit.table.iloc[0]
    if fit.wild is not None:
        ends = {"conf_low": fit.wild.conf_low, "conf_high": fit.wild.conf_high}
        fits["two_way_wild"] = pd.Series({"estimate": fits["two_way"]["estimate"], **ends})
    for name, options in (
        ("group_time", {}), ("group_time_not_yet", {"control": "not_yet"}), ("group_time_asymptotic", {"small_sample": False}),
    ):  # fmt: skip
        if name in names:
            fits[name] = group_time(panel, **options).aggregate("simple", level=LEVEL).overall
    return {name: fits[name][["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float) for name in names}


def cell(setting: str, units: int, moved: int, *, runs: int, seed: int) -> pd.DataFrame:
    """Bias and coverage of every estimator in one cell, with the Monte Carlo standard error of the coverage."""
    rng = np.random.default_rng([seed, list(SETTINGS).index(setting), units, moved])
    design, names = replace(SETTINGS[setting], units=units, moved=moved), estimators(setting)
    found = {name: np.empty((runs, 3)) for name in names}
    for run in range(runs):
        frame, truth = simulate(design, seed=rng)
        panel = laid_out(frame, design)
        for name, values in estimates(panel, names, run).items():
            found[name][run] = values
    rows = []
    for name, values in found.items():
        held = (values[:, 1] <= truth) & (truth <= values[:, 2])
        rows.append((
            setting, name, units, moved, LEVEL, truth, values[:, 0].mean() - truth, held.mean(),
            held.std(ddof=1) / np.sqrt(runs), runs,
        ))  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def coverage_table(*, runs: int = 1000, seed: int = 20240711) -> pd.DataFrame:
    """All cells of the grid."""
    table = pd.concat([cell(*key, runs=runs, seed=seed) for key in GRID], ignore_index=True)
    return table.round({"truth": 4, "bias": 4, "coverage": 4, "mc_error": 4})


def write(path: Path = TABLE) -> None:
    coverage_table().to_csv(path, index=False, lineterminator="\n")


@pytest.fixture(scope="module")
def committed() -> pd.DataFrame:
    return pd.read_csv(TABLE)


def of(table: pd.DataFrame, setting: str, estimator: str) -> pd.DataFrame:
    return table[(table["setting"] == setting) & (table["estimator"] == estimator)].set_index(["units", "moved"])


def test_the_committed_table_is_the_whole_grid(committed):
    assert committed.columns.tolist() == COLUMNS
    keys = {tuple(row) for row in committed[["setting", "estimator", "units", "moved"]].itertuples(index=False)}
    assert keys == {(setting, name, *size) for setting, *size in GRID for name in estimators(setting)}
    assert len(committed) == len(keys)
    assert (committed["runs"] >= 1000).all()
    assert (committed["level"] == LEVEL).all()


def test_a_frame_laid_out_quickly_is_the_panel():
    frame, _ = simulate(SETTINGS["growing"], seed=1)
    slow = make_panel(frame, unit="unit", time="time", outcome="y", start="start")
    quick = laid_out(frame, SETTINGS["growing"])
    for name in vars(slow):
        assert np.array_equal(getattr(slow, name), getattr(quick, name)), name


def test_with_one_start_both_estimators_keep_their_word_even_with_four_against_four(committed):
    for name in ("two_way", "group_time"):
        table = of(committed, "one_start", name)
        assert table["coverage"].between(0.87, 0.93).all(), table
        assert (table["bias"].abs() < 0.02).all(), table


def test_before_and_after_takes_the_drift_for_an_effect(committed):
    """Six periods later on average, at -0.02 a period."""
    table = of(committed, "one_start", "before_after")
    assert table["bias"].between(-0.15, -0.09).all(), table
    assert (table.loc[[(20, 10), (40, 20)], "coverage"] < 0.75).all(), table


def test_two_way_misses_effects_that_grow_where_group_time_finds_them(committed):
    naive, found = of(committed, "growing", "two_way"), of(committed, "growing", "group_time")
    assert (naive["bias"] > 0.05).all(), naive
    assert (naive["coverage"] < 0.85).all(), naive
    assert (found["bias"].abs() < 0.02).all(), found
    assert found["coverage"].between(0.87, 0.93).all(), found


def test_asymptotic_errors_fall_short_where_units_are_few_or_start_alone(committed):
    for setting in ("one_start", "alone"):
        wide, narrow = of(committed, setting, "group_time"), of(committed, setting, "group_time_asymptotic")
        assert (narrow["coverage"] <= wide["coverage"]).all(), narrow
        assert (wide["coverage"] >= 0.86).all(), wide
    assert of(committed, "one_start", "group_time_asymptotic").loc[(8, 4), "coverage"] < 0.85


def test_nothing_helps_where_units_were_chosen_for_their_trend(committed):
    """What rose by 0.03 a period is 0.18 higher in the six periods since than in the six before, and 0.105 than in the last of them."""
    for name in ("two_way", "group_time"):
        table = of(committed, "selected", name)
        assert (table["bias"] > 0.08).all(), table
        assert (table["coverage"] < 0.85).all(), table


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "units", "moved"), [("one_start", 12, 6), ("growing", 20, 10), ("alone", 20, 10)])
def test_a_cell_computed_anew_agrees_with_the_table(committed, setting, units, moved):
    anew = cell(setting, units, moved, runs=300, seed=7).set_index("estimator")
    rows = (committed["setting"] == setting) & (committed["units"] == units) & (committed["moved"] == moved)
    told = committed[rows].set_index("estimator").loc[anew.index]
    allowed = 4 * np.hypot(anew["mc_error"], told["mc_error"]) + 1e-3
    assert ((anew["coverage"] - told["coverage"]).abs() <= allowed).all(), anew.join(told, rsuffix="_told")
    assert anew["bias"].to_numpy() == pytest.approx(told["bias"].to_numpy(), abs=0.05)


@pytest.mark.slow
def test_the_band_holds_all_effects_at_once_nine_times_of_ten():
    """With fourteen units a start; with six or seven it held 85 times of 100."""
    design, rng, runs, held = replace(SETTINGS["growing"], units=80, moved=42), np.random.default_rng(20240712), 200, 0
    for _ in range(runs):
        panel = laid_out(simulate(design, seed=rng)[0], design)
        table = group_time(panel).aggregate("event", level=LEVEL, draws=399, seed=rng.integers(2**31)).table
        truth = np.where(table["at"] >= 0, design.effect + design.growth * table["at"], 0.0)
        held += ((table["band_low"] <= truth) & (truth <= table["band_high"])).all()
    assert 0.83 <= held / runs <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "units", "moved"), [("one_start", 8, 4), ("one_start", 20, 10), ("growing", 20, 10), ("alone", 20, 9)]
)
def test_tests_before_the_start_reject_parallel_paths_once_in_ten_at_most(setting, units, moved):
    design, rng, runs = replace(SETTINGS[setting], units=units, moved=moved), np.random.default_rng(20240713), 200
    rejected = 0
    for _ in range(runs):
        panel = laid_out(simulate(design, seed=rng)[0], design)
        if setting == "one_start":
            test = event_study(panel, level=LEVEL).pre_trend
        else:
            test = group_time(panel).aggregate("event", level=LEVEL, draws=9).pre_trend
        rejected += test.p_value < 0.10
    assert rejected / runs <= 0.10 + 4 * np.sqrt(0.1 * 0.9 / runs)


if __name__ == "__main__":
    write()
