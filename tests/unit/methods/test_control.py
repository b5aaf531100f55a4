"""Control charts: limits by their formula, overdispersion, shifts, and what is refused."""

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.control import control_chart


def test_limits_of_the_p_chart_are_those_of_the_formula():
    defects, items = [4, 6, 5, 3, 7, 5, 4, 6], [100, 120, 100, 80, 140, 100, 100, 120]
    made = control_chart(defects, items, kind="p")
    p = sum(defects) / sum(items)
    assert made.row("centre")["estimate"] == pytest.approx(p)
    assert made.plot_data["high"].tolist() == pytest.approx([p + 3 * np.sqrt(p * (1 - p) / n) for n in items])
    assert (made.plot_data["low"] == 0).all()
    assert "no batch" in made.text


def test_laneys_limits_widen_with_the_moving_range():
    # In turn 2% and 6% of 1,000: every step of z is 40 / sqrt(1000 * 0.04 * 0.96).
    made = control_chart([20, 60] * 6, [1000] * 12)
    step = 40 / np.sqrt(1000 * 0.04 * 0.96)
    assert made.row("sigma_z")["estimate"] == pytest.approx(step / (2 / np.sqrt(np.pi)))
    assert made.row("outside")["estimate"] == 0
    assert made.checks[0].passed is False
    assert control_chart([20, 60] * 6, [1000] * 12, kind="p").row("outside")["estimate"] == 12


def test_in_control_the_spread_is_that_of_the_binomial():
    rng = np.random.default_rng(2)
    made = control_chart(rng.binomial(400, 0.05, 2000), np.full(2000, 400))
    assert made.row("sigma_z")["estimate"] == pytest.approx(1, abs=0.05)
    assert made.checks[0].passed is True


def test_a_jump_is_outside_and_a_small_shift_is_a_run():
    steady = [10, 9, 11, 10, 9, 11, 10, 12, 9, 10]
    jump = control_chart([*steady, 40], [200] * 11, kind="p", baseline=10)
    assert jump.plot_data["signal"].tolist() == [""] * 10 + ["outside"]
    assert "batch 11 (outside)" in jump.text
    shift = control_chart(steady + [14] * 9, [200] * 19, kind="p", baseline=10)
    assert shift.plot_data["signal"].tolist() == [""] * 18 + ["run"]


@pytest.mark.parametrize(("defects", "words"), [([1, 2, 3], "too few"), ([0] * 10, "all alike")])
def test_what_sets_no_limits_is_said(defects, words):
    made = control_chart(defects, [50] * len(defects))
    assert not made.estimable
    assert words in made.text


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: control_chart([1, 2], [10]), "as many"),
        (lambda: control_chart([11, 2], [10, 10]), "batch 1: 11 is more than 10"),
        (lambda: control_chart([1.5, 2], [10, 10]), "whole number"),
        (lambda: control_chart([1, 2], [10, 10], kind="np"), "Allowed"),
        (lambda: control_chart([1] * 9, [10] * 9, baseline=12), "the batches"),
    ],
)
def test_mistakes_are_named(call, words):
    with pytest.raises(ParameterError, match=words):
        call()


def test_the_chart_marks_what_signals():
    steady = [10, 9, 11, 10, 9, 11, 10, 12, 9, 10]
    made = control_chart([*steady, *[14] * 9, 40], [200] * 20, kind="p", baseline=10)
    ax = made.plot(title="Drift")
    marked = {line.get_label(): list(line.get_xdata()) for line in ax.get_lines() if line.get_marker() in "sD"}
    assert marked == {"beyond a limit": [20], "ends a run on one side": [19]}
    assert "batch 19 (run) and batch 20 (outside)" in made.alt
    plain = control_chart(steady, [200] * 10)
    assert not [line for line in plain.plot().get_lines() if line.get_marker() in "sD"]
    assert "None is marked" in plain.alt
