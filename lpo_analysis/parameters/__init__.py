"""Parameter models of reports: one definition for the notebook, the runner, the shell and the documentation.

A domain derives its model from `ReportParameters`; the notebook names it in its metadata, and both the notebook's first
cell and the runner (before any kernel starts) validate with it.
"""

from lpo_analysis.parameters.model import ReportParameters
from lpo_analysis.parameters.own import files_at, own_file, recorded_file
from lpo_analysis.parameters.synthetic import is_synthetic, notice, synthetic_kinds
from lpo_analysis.parameters.text import describe, parse_text, shown, type_in_words
from lpo_analysis.parameters.types import Level, Number, Range, Seed, Whole, rule, word

__all__ = [
    "Level",
    "Number",
    "Range",
    "ReportParameters",
    "Seed",
    "Whole",
    "describe",
    "files_at",
    "is_synthetic",
    "notice",
    "own_file",
    "parse_text",
    "recorded_file",
    "rule",
    "shown",
    "synthetic_kinds",
    "type_in_words",
    "word",
]
