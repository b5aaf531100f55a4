"""Where the shipped files are: in a checkout beside the package, in an installed wheel inside it."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLE = _PACKAGE / "bundle"
ROOT = _BUNDLE if _BUNDLE.is_dir() else _PACKAGE.parent
"""Folder that holds ``data/``, ``notebooks/`` and ``reports/plans/``."""

DATA = Path(os.environ["LPO_DATA"]).resolve() if os.environ.get("LPO_DATA") else ROOT / "data"
"""The evidence and its tables; the environment variable ``LPO_DATA`` names another folder of the same form."""
EVIDENCE = DATA / "evidence"
TABLES = DATA / "tables"
TEMPLATES = ROOT / "data" / "templates"
"""The forms for own data with their examples: always those that the kit ships."""
NOTEBOOKS = ROOT / "notebooks"
PLANS = ROOT / "reports" / "plans"
PACKAGE = _PACKAGE
SHARED = "LPO_SHARED"
"""Environment variable that names the folder in which the reports of one batch share what they draw, while the batch lasts."""
