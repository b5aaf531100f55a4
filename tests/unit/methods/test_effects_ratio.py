"""Ratios with zeros: against the plain fit with dummies, and by hand."""

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.effects_panel import make_panel
from lpo_analysis.methods.effects_ratio import two_way_ratio
from lpo_analysis.methods.gravity import linear_jackknife, ppml


def frame_of(starts, seed=0, periods=4):
    rng = np.random.default_rng(seed)
    n = len(starts)
    frame = pd.DataFrame({
        "unit": np.repeat(np.arange(n), periods), "time": np.tile(np.arange(1, periods + 1), n), "start": np.repeat(starts, periods),
    }).astype({"start": float})  # fmt: skip
    mean = (3 + frame["unit"]) * (1 + 0.1 * frame["time"]) * np.where(frame["time"] >= frame["start"], 0.6, 1.0)
    return frame.assign(y=rng.poisson(mean) * 100.0)


def panel_of(frame):
    return make_panel(frame, unit="unit", time="time", outcome="y", start="start")


def test_it_is_the_poisson_fit_with_dummies_and_its_jackknife():
    frame = frame_of([3] * 4 + [np.nan] * 5).drop(index=[5, 30])
    frame.loc[[2, 14], "y"] = 0.0
    dummies = pd.get_dummies(frame[["unit", "time"]].astype(str), dtype=float).drop(columns="time_1")
    fit = ppml(
        frame["y"], dummies.assign(att=(frame["time"] >= frame["start"]).astype(float).to_numpy()), frame["unit"]
    )
    row = two_way_ratio(panel_of(frame)).table.iloc[0]
    assert row["estimate"] == pytest.approx(fit.model.params["att"], abs=1e-8)
    assert row["std_error"] == pytest.approx(np.sqrt(linear_jackknife(fit).loc["att", "att"]), rel=1e-6)
    assert row["df"] == 8


def test_two_by_two_is_the_ratio_of_ratios_of_sums():
    """Moved 100 + 0 to 30 + 20, stayed 200 + 100 to 250 + 50: (50 / 100) / (300 / 300) = 0.5."""
    frame = pd.DataFrame({
        "unit": [1, 1, 2, 2, 3, 3, 4, 4], "time": [1, 2] * 4, "start": [2.0] * 4 + [np.nan] * 4,
        "y": [100, 30, 0, 20, 200, 250, 100, 50],
    })  # fmt: skip
    fit = two_way_ratio(panel_of(frame))
    assert np.exp(fit.table["estimate"].iloc[0]) == pytest.approx(0.5)


def test_units_without_any_outcome_are_counted():
    frame = frame_of([3] * 4 + [np.nan] * 5)
    frame.loc[frame["unit"] == 6, "y"] = 0.0
    fit = two_way_ratio(panel_of(frame))
    assert (fit.n_units, fit.n_empty, fit.n_obs) == (8, 1, 32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.assign(y=f["y"] - 1e4), "outcomes are negative"),
        (lambda f: f.assign(start=f["start"].where(f["unit"] != 0, 2.0)), "units start in 2 periods"),
        (lambda f: f.assign(y=f["y"].where(f["time"] < f["start"].fillna(9), 0.0)), "no finite ratio"),
        (lambda f: f.assign(start=3.0), "all units moved at once"),
    ],
)
def test_what_bears_no_ratio_is_refused(change, message):
    with pytest.raises(ParameterError, match=message):
        two_way_ratio(panel_of(change(frame_of([3] * 4 + [np.nan] * 5))))
