"""Open research kit on the legal process outsourcing (LPO) market.

Rooms, from the ground floor up (a room imports only from the floors below it):

``errors``, ``paths``, ``vocabulary``
    What can go wrong, where the shipped files are, and what the words mean.
``wording``, ``parameters``, ``results``
    Numbers as prose, parameter models, and the result objects every estimator returns.
``charts``
    Drawings on tidy frames.
``methods``, ``evidence``
    General statistics without any LPO in them; what has been published.
``adoption``, ``savings``, ``risk``, ``databook``
    One room a question; the last asks what is on file.
``decision``, ``claims``, ``reporting``
    What to do, from savings and risk together; the claims of the field, judged; from parameters to notebook to report.
``cli``, ``workbench``
    The ``lpo`` command; sliders, scenarios and the browser of the evidence.

Nothing is imported here: ``import lpo_analysis`` stays free, and a room is imported when it is first asked for, by
``from lpo_analysis import savings`` or as ``lpo_analysis.savings``, which completion offers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from lpo_analysis import adoption as adoption
    from lpo_analysis import charts as charts
    from lpo_analysis import claims as claims
    from lpo_analysis import databook as databook
    from lpo_analysis import decision as decision
    from lpo_analysis import errors as errors
    from lpo_analysis import evidence as evidence
    from lpo_analysis import methods as methods
    from lpo_analysis import parameters as parameters
    from lpo_analysis import reporting as reporting
    from lpo_analysis import results as results
    from lpo_analysis import risk as risk
    from lpo_analysis import savings as savings
    from lpo_analysis import vocabulary as vocabulary
    from lpo_analysis import wording as wording
    from lpo_analysis import workbench as workbench

__version__ = "0.1.0"

ROOMS = (
    "adoption", "savings", "risk", "decision", "databook", "claims", "evidence", "workbench", "methods", "charts", "reporting", "parameters",
    "results", "vocabulary", "wording", "errors",
)  # fmt: skip
"""What can be asked for by its name, the questions first."""


def __getattr__(name: str) -> ModuleType:
    if name in ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*ROOMS, "__version__"})
