"""Parameter model of the reference notebook, importable by its bare name in the runner and in the kernels."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from lpo_analysis.parameters import Number, ReportParameters, Seed


class Reference(ReportParameters):
    """Parameters of reference.ipynb."""

    report = "reference"

    n: Annotated[int, Strict(), Field(ge=10, le=100_000)] = 400
    """Rows of the frame."""
    slope: Number = 0.5
    """True slope of the line."""
    seed: Seed = 1
    """Seed of the random numbers."""
