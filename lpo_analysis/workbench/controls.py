"""Which parameters of the savings report have a slider or a list, and how far these reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lpo_analysis import vocabulary
from lpo_analysis.savings import Parameters
from lpo_analysis.savings.coverage import PLACES


@dataclass(frozen=True)
class Control:
    """One thing to change.

    Parameters
    ----------
    name : str
        Parameter of the savings report.
    label : str
        What stands beside it.
    kind : {'choice', 'range', 'number'}
        A list, a slider with two ends, or a slider with one.
    options : tuple of (str, str)
        Labels and codes of a list.
    low, high, step : float
        Reach of a slider. It stays within what the parameter allows.
    percent : bool
        Whether the slider shows percent.
    meaning : str
        Description of the parameter.
    """

    name: str
    label: str
    kind: Literal["choice", "range", "number"]
    options: tuple[tuple[str, str], ...] = ()
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    percent: bool = True
    meaning: str = ""


_LISTS = {
    "task": ("Work", "task"),
    "buyer": ("Buyer", "buyer"),
    "baseline": ("Done today by", "baseline"),
    "location": ("Moved to", "place"),
    "delivery_model": ("Done there by", "delivery model"),
}
_SLIDERS: tuple[tuple[str, str, Literal["range", "number"], float, float, float, bool], ...] = (
    ("volume_hours", "Hours a year", "number", 500.0, 50_000.0, 500.0, False),
    ("horizon_years", "Years", "number", 1.0, 10.0, 1.0, False),
    ("discount_rate", "Discount rate", "number", 0.0, 0.2, 0.005, True),
    ("productivity", "Work done in an hour", "range", 0.3, 1.5, 0.05, True),
    ("quality_control_share", "Checking", "range", 0.01, 0.5, 0.01, True),
    ("rework_share", "Done again", "range", 0.01, 0.4, 0.01, True),
    ("setup_hours", "Hours to set up", "range", 10.0, 1000.0, 10.0, False),
    ("price_drift", "Price drift a year", "range", -0.1, 0.1, 0.005, True),
    ("exit_share", "Getting out", "range", 0.01, 0.5, 0.01, True),
)


def controls() -> tuple[Control, ...]:
    """List what can be changed, lists first.

    Returns
    -------
    tuple of Control
        In the order in which they are shown.
    """
    fields = Parameters.model_fields
    listed = []
    for name, (label, kind) in _LISTS.items():
        codes = PLACES if name == "location" else vocabulary.codes_of(kind)
        options = tuple((vocabulary.label(kind, code), code) for code in codes)
        listed.append(Control(name, label, "choice", options, meaning=fields[name].description or ""))
    sliders = [
        Control(name, label, kind, (), low, high, step, percent, fields[name].description or "")
        for name, label, kind, low, high, step, percent in _SLIDERS
    ]
    return (*listed, *sliders)
