"""Parameter models of the benchmark notebooks, importable by their bare name in the runner and in the notebooks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from lpo_analysis.parameters import Number, ReportParameters, Seed


class Small(ReportParameters):
    """Parameters of small.ipynb."""

    report = "small"

    n: Annotated[int, Strict(), Field(ge=10, le=100_000)] = 400
    """Rows of the frame."""
    slope: Number = 0.5
    """True slope of the line."""
    seed: Seed = 1
    """Seed of the random numbers."""


class Reference(ReportParameters):
    """Parameters of reference.ipynb."""

    report = "reference"

    n: Annotated[int, Strict(), Field(ge=10, le=100_000)] = 400
    """Rows of the frame."""
    slope: Number = 0.5
    """True slope of the line."""
    resamples: Annotated[int, Strict(), Field(ge=10, le=10_000)] = 100
    """How often the slope is resampled."""
    seed: Seed = 1
    """Seed of the random numbers."""
