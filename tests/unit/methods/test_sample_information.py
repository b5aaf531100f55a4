"""What a pilot is worth: its shape, its bounds and what is refused; the numbers are in tests/reference/test_information_normal.py."""

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import uniforms
from lpo_analysis.methods.information import Measured, evppi, evsi

U = uniforms(("rate", "share", "other"), draws=4096, seed=1)
DRAWS = {"rate": np.exp(0.5 * (2 * U["rate"] - 1)), "share": 0.1 + 0.3 * U["share"], "other": U["other"]}
BENEFIT = np.column_stack([np.zeros(4096), 1.2 - DRAWS["rate"] * (1 + DRAWS["share"]) + 0.2 * (DRAWS["other"] - 0.5)])


def test_a_larger_pilot_is_worth_more_and_never_more_than_knowing():
    pilot = {"rate": Measured("log_mean", 0.4), "share": Measured("share")}
    frame = evsi(BENEFIT, DRAWS, pilot, sizes=[2, 10, 100, 10_000], fixed_cost=0.01, unit_cost=0.0001)
    knowing = evppi(BENEFIT, DRAWS, groups={"both": ["rate", "share"]})
    assert frame["value"].is_monotonic_increasing
    assert frame["value"].iloc[-1] <= knowing["value"].iloc[0] + 2 * knowing["error"].iloc[0]
    assert frame["value"].iloc[-1] == pytest.approx(knowing["value"].iloc[0], rel=0.1)
    assert frame["cost"].tolist() == pytest.approx([0.0102, 0.011, 0.02, 1.01])
    np.testing.assert_allclose(frame["net"], frame["value"] - frame["cost"])


def test_a_pilot_of_what_does_not_matter_is_worth_nothing():
    frame = evsi(
        np.column_stack([np.zeros(4096), 5 - DRAWS["rate"]]), DRAWS, {"other": Measured("mean", 0.1)}, sizes=[50]
    )
    assert frame["value"].iloc[0] == 0


def test_the_same_seed_gives_the_same_and_zero_is_a_seed():
    made = [evsi(BENEFIT, DRAWS, {"rate": Measured("log_mean", 0.4)}, sizes=[5], seed=s) for s in (0, 0, 1)]
    assert made[0].equals(made[1])
    assert not made[0].equals(made[2])


def test_the_error_over_resamples_is_that_of_pilots_run_again():
    # A normal gain with a known pilot; each run has other draws and another pilot.
    found = []
    for seed in range(60):
        x = np.random.default_rng(seed).normal(0.1, 1.0, 512)
        table = np.column_stack([np.zeros(512), x])
        found.append(
            evsi(table, {"x": x}, {"x": Measured("mean", 2.0)}, sizes=[4], seed=seed, resamples=40 if seed < 12 else 0)
        )
    made = pd.concat(found)
    assert made["resampled"].iloc[:12].mean() == pytest.approx(made["value"].std(ddof=1), rel=0.3)
    assert made["resampled"].iloc[12:].isna().all()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Measured("median"), "kind: got 'median'"),
        (lambda: Measured("mean", -1.0), "spread: must be a number of at least 0"),
        (lambda: evsi(BENEFIT, DRAWS, {}, sizes=[5]), "measures nothing"),
        (lambda: evsi(BENEFIT, DRAWS, {"rates": Measured("mean", 1.0)}, sizes=[5]), "no input is called 'rates'. Did you mean 'rate'"),
        (lambda: evsi(BENEFIT, DRAWS, {"rate": Measured("mean", 1.0)}, sizes=[0]), "sizes: must be whole numbers of at least 1"),
        (lambda: evsi(BENEFIT, DRAWS, {"rate": Measured("mean", 1.0)}, sizes=[]), "got none"),
        (lambda: evsi(BENEFIT, DRAWS, {"rate": Measured("mean", 1.0)}, sizes=[5], unit_cost=-1.0), "unit_cost: must be a number"),
        (lambda: evsi(BENEFIT, DRAWS, {"rate": Measured("share")}, sizes=[5]), "must lie between 0 and 1"),
        (lambda: evsi(BENEFIT, {"rate": -DRAWS["rate"]}, {"rate": Measured("log_mean", 1.0)}, sizes=[5]), "must be above 0"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_a_reason(call, said):
    with pytest.raises(ParameterError, match=said):
        call()
