"""What fits of diffusion curves refuse, and what they leave alone."""

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.diffusion import (
    CURVES,
    PUBLISHED,
    Prior,
    bootstrap,
    bootstrap_interval,
    fit_curve,
    identified,
    profile_ceiling,
)

T, Y = [1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 5.0, 9.0, 14.0, 16.0]
FAULTS = {
    "unknown curve": (("bas", T, Y), {"kind": "adopters"}, "Did you mean 'bass'"),
    "unknown kind": (("logistic", T, Y), {"kind": "adopter"}, "Did you mean 'adopters'"),
    "unknown errors": (("logistic", T, Y), {"kind": "level", "errors": "lgo"}, "errors: got 'lgo'"),
    "unequal length": (("logistic", T, Y[:4]), {"kind": "level"}, "5 dates and 4 values"),
    "date twice": (("logistic", [1, 1, 2, 3, 4], Y), {"kind": "level"}, "a date stands twice"),
    "missing date": (("logistic", [1, 2, np.nan, 4, 5], Y), {"kind": "level"}, "every date must be a finite"),
    "missing value": (("logistic", T, [1, 2, np.nan, 4, 5]), {"kind": "level"}, "every value must be a finite"),
    "infinite value": (("logistic", T, [1, 2, np.inf, 4, 5]), {"kind": "adopters"}, "every value must be a finite"),
    "zero level": (("logistic", T, [0, 2, 3, 4, 5]), {"kind": "level"}, "above 0"),
    "negative adopters": (("logistic", T, [-1, 2, 3, 4, 5]), {"kind": "adopters"}, "above 0"),
    "negative additions": (("logistic", T, [1, 2, -3, 4, 5]), {"kind": "new_adopters", "start": 0}, "0 or more"),
    "no additions": (("logistic", T, [0, 0, 0, 0, 0]), {"kind": "new_adopters", "start": 0}, "not all 0"),
    "falling adopters": (("logistic", T, [1, 2, 4, 3, 5]), {"kind": "adopters"}, "fall at 4"),
    "constant": (("logistic", T, [3, 3, 3, 3, 3]), {"kind": "level"}, "all values are the same"),
    "two points": (("logistic", [1, 2], [3, 4]), {"kind": "level"}, "3 parameters, and there are 2 points"),
    "one point": (("logistic", [1], [3]), {"kind": "level"}, "at least 2 points"),
    "nothing": (("logistic", [], []), {"kind": "level"}, "at least 2 points"),
    "no launch": (("bass", T, Y), {"kind": "adopters"}, "starts at its launch date"),
    "launch too late": (("bass", T, Y), {"kind": "adopters", "launch": 1}, "must lie before the first date"),
    "launch not a number": (("bass", T, Y), {"kind": "adopters", "launch": np.nan}, "must lie before the first date"),
    "launch of a level": (("gompertz", T, Y), {"kind": "level", "launch": 0}, "its position is a parameter"),
    "no begin": (("logistic", T, Y), {"kind": "new_adopters"}, "first interval begins"),
    "start of totals": (("logistic", T, Y), {"kind": "adopters", "start": 0}, "goes with kind new_adopters"),
    "start before launch": (("bass", T, Y), {"kind": "new_adopters", "launch": 0, "start": -1}, "before the launch"),
    "pause on logs": (("logistic", T, [1, 2, 2, 3, 4]), {"kind": "adopters", "errors": "log"}, "adopters above 0"),
    "no starts": (("logistic", T, Y), {"kind": "level", "starts": 0}, "starts: must be at least 1"),
    "level": (("logistic", T, Y), {"kind": "level", "level": 90}, "between 0 and 1"),
    "foreign prior": (("logistic", T, Y), {"kind": "level", "prior": PUBLISHED}, "prior: got 'p'"),
}  # fmt: skip


def bass():
    return fit_curve("bass", T, Y, kind="adopters", launch=0)


@pytest.mark.parametrize(("given", "options", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_input_that_makes_no_sense_is_refused(given, options, said):
    with pytest.raises(ParameterError, match=said):
        fit_curve(*given, **options)


def test_options_of_what_follows_a_fit_are_checked():
    fit = bass()
    for call in (
        lambda: profile_ceiling(fit, level=2),
        lambda: identified(fit, level=0),
        lambda: profile_ceiling(fit, most=0.5),
        lambda: bootstrap(fit, seed=0, draws=0),
        lambda: bootstrap(fit, seed=0, kind="residuals"),
        lambda: bootstrap_interval(bootstrap(fit, seed=0, draws=5), level=1),
        lambda: Prior({"p": 0.03}, {"q": 1.0}),
        lambda: Prior({"p": -0.03}, {"p": 1.0}),
        lambda: CURVES["bass"].share(1.0, {"p": 0.1}, launch=0),
        lambda: CURVES["bass"].share(1.0, {"p": 0.1, "q": -1}, launch=0),
        lambda: CURVES["bass"].share(1.0, {"p": 0.1, "q": 1}),
    ):
        with pytest.raises(ParameterError):
            call()


def test_the_repr_of_a_fit_holds_no_address():
    assert "0x" not in repr(bass())
    assert repr(bass()) == repr(bass())


def test_nothing_given_is_changed():
    time, value = np.array(T), np.array(Y)
    fit_curve("logistic", time, value, kind="adopters")
    assert time.tolist() == T
    assert value.tolist() == Y
