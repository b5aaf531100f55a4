"""Clustered errors against clubSandwich, and the wild bootstrap against refitting every change of sign."""

import itertools

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.cluster_robust import cr2, wild_bootstrap


def eight_clusters() -> pd.DataFrame:
    """Twenty units in eight clusters over five periods; clusters 2, 5 and 7 start in period 4. No random numbers."""
    sizes = [2 + c % 2 for c in range(8)]
    rows = [
        (u, c + 1, t, 4 if c in (1, 4, 6) else np.nan, (7 * u * u + 13 * t * t + 5 * u * t + 3 * c * t * t) % 23 + 2 * c + t)
        for u, c in enumerate(np.repeat(range(8), sizes).tolist(), start=1)
        for t in range(1, 6)
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["unit", "cluster", "time", "start", "y"])
    return frame.assign(y=frame["y"] - 6.0 * (frame["time"] >= frame["start"]))


def design(frame: pd.DataFrame, effects: dict[str, pd.Series]) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    columns = {**effects, **{f"t{t}": frame["time"] == t for t in range(2, 6)}}
    x = pd.DataFrame(columns).astype(float)
    x = x - x.groupby(frame["unit"]).transform("mean")
    y = frame["y"] - frame.groupby("unit")["y"].transform("mean")
    return list(columns), y.to_numpy(), x.to_numpy(), frame["cluster"].to_numpy() - 1


@pytest.fixture(scope="module")
def one_effect():
    frame = eight_clusters()
    return design(frame, {"D": frame["time"] >= frame["start"]})


def test_cr2_with_effects_of_units_taken_out_is_as_clubsandwich_prints_it_with_dummies(one_effect):
    # clubSandwich 0.5.8: lm(y ~ 0 + D + factor(unit) + factor(t)), vcovCR(type = "CR2"), coef_test(test = "Satterthwaite")
    names, y, x, codes = one_effect
    row = cr2(names, y, x, codes).table(0.9, ["D"]).iloc[0]
    assert row["estimate"] == pytest.approx(-4.98534798535, abs=1e-10)
    assert row["std_error"] == pytest.approx(3.48, abs=5e-3)
    assert (row["df"], row["p"]) == pytest.approx((3.97407327731, 0.226), abs=5e-4)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((-12.4, 2.45), abs=5e-2)


def test_event_effects_and_their_joint_tests_are_as_clubsandwich_prints_them():
    # clubSandwich 0.5.8: coef_test as above; Wald_test(constrain_zero(...), test = "HTZ")
    frame = eight_clusters()
    terms = {f"E{e}": (frame["start"] == 4) & (frame["time"] == e) for e in (1, 2, 4, 5)}
    fit = cr2(*design(frame, terms))
    table = fit.table(0.9, list(terms))
    assert table["std_error"].tolist() == pytest.approx(
        [3.30521653041, 2.66454595380, 4.66415481790, 2.64016553107], abs=1e-10
    )
    assert table["p"].tolist() == pytest.approx(
        [0.438031435081, 0.816818388707, 0.266645889331, 0.110418183716], abs=1e-10
    )
    two, four = fit.joint(["E1", "E2"]), fit.joint(list(terms))
    assert (two.statistic, two.df, two.df_error, two.p_value) == pytest.approx(
        (1.09821802719, 2, 2.97407327731, 0.43938079408), abs=1e-10
    )
    assert (four.statistic, four.df_error, four.p_value) == pytest.approx(
        (0.447373824206, 0.974073277313, 0.791552691984), abs=1e-9
    )


def test_more_effects_than_clusters_can_bear_have_no_joint_test():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(12, 3))
    fit = cr2(list("abc"), rng.normal(size=12), x, np.repeat(np.arange(3), 4))
    assert fit.joint(["a", "b", "c"]) is None


def test_a_working_covariance_of_ones_changes_nothing(one_effect):
    names, y, x, codes = one_effect
    blocks = [np.eye(int((codes == c).sum())) for c in range(8)]
    plain, given = (cr2(names, y, x, codes, working=w).table(0.9) for w in (None, blocks))
    pd.testing.assert_frame_equal(plain, given, rtol=1e-8)


def test_a_column_in_one_cluster_is_refused(one_effect):
    names, y, x, codes = one_effect
    rng = np.random.default_rng(0)
    with pytest.raises(ParameterError, match="'lone' rests on one cluster"):
        cr2([*names, "lone"], y, np.column_stack([x, (codes == 3) * rng.normal(size=len(y))]), codes).table(0.9)


def refitted_p_value(y, x, codes, value):
    """All changes of sign of clusters' residuals with the value imposed, each refitted; CR0 errors."""
    inverse = np.linalg.inv(x.T @ x)

    def t(response):
        beta = inverse @ x.T @ response
        residual = response - x @ beta
        scores = np.stack([x[codes == c].T @ residual[codes == c] for c in range(codes.max() + 1)])
        return (beta[0] - value) / np.sqrt((inverse @ (scores.T @ scores) @ inverse)[0, 0])

    others = x[:, 1:]
    shifted = y - value * x[:, 0]
    fitted = others @ np.linalg.lstsq(others, shifted, rcond=None)[0]
    drawn = [
        abs(t(value * x[:, 0] + fitted + np.array(signs)[codes] * (shifted - fitted)))
        for signs in itertools.product((-1, 1), repeat=codes.max() + 1)
    ]
    return np.mean(np.array(drawn) >= abs(t(y)) * (1 - 1e-9))


def test_the_wild_bootstrap_is_every_change_of_sign_refitted(one_effect):
    _, y, x, codes = one_effect
    found = wild_bootstrap(y, x, 0, codes, level=0.8)
    assert found.enumerated
    assert found.draws == 256
    assert found.p_value == refitted_p_value(y, x, codes, 0.0)
    for end, side in ((found.conf_low, -1), (found.conf_high, 1)):
        assert (
            refitted_p_value(y, x, codes, end - side * 0.05) > 0.2 >= refitted_p_value(y, x, codes, end + side * 0.05)
        )


def test_256_changes_of_sign_cannot_bear_an_interval_of_99_9_percent(one_effect):
    """The estimate's own t and its mirror image are two of them: no p-value is below 2/256."""
    _, y, x, codes = one_effect
    found = wild_bootstrap(y, x, 0, codes, level=0.999)
    assert (found.conf_low, found.conf_high) == (-np.inf, np.inf)


@pytest.mark.parametrize("clusters", [5, 20])
def test_the_wild_bootstrap_repeats_itself_with_its_seed(clusters):
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(clusters), 4)
    y, x = rng.normal(size=len(codes)), rng.normal(size=(len(codes), 2))
    first, again, other = (wild_bootstrap(y, x, 0, codes, seed=seed, draws=199) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert first.conf_low < np.linalg.lstsq(x, y, rcond=None)[0][0] < first.conf_high
