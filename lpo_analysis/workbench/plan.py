"""Scenarios as a plan for the batch."""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lpo_analysis.errors import PlanError
from lpo_analysis.reporting.jobs import slug
from lpo_analysis.reporting.plans import read_plan
from lpo_analysis.workbench.scenarios import Scenario

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


def plan_text(scenarios: Sequence[Scenario], *, title: str, draws: int | None = 16384) -> str:
    """Write scenarios as a plan, one savings report each.

    Parameters
    ----------
    scenarios : sequence of Scenario
        What to make reports of.
    title : str
        Heading of the batch.
    draws : int or None, default 16384
        Draws of every report; None keeps those of the scenario, which are few so that sliders answer at once.

    Returns
    -------
    str
        TOML.

    Raises
    ------
    PlanError
        If there is no scenario, no title, or two scenarios would make reports of one name.
    """
    if not scenarios:
        raise PlanError("There is no scenario to save.", remedy="Keep one first.")
    if not title.strip() or not title.isprintable():
        raise PlanError(f"The plan needs a printable title, got {title!r}.")
    names = [slug(item.name) for item in scenarios]
    twice = sorted({name for name in names if names.count(name) > 1 or not name})
    if twice:
        raise PlanError(
            f"Two scenarios would make reports of one name: {', '.join(map(repr, twice))}.",
            remedy="Rename one of them.",
        )
    lines = [f"title = {_toml(title.strip())}"]
    for name, item in zip(names, scenarios, strict=True):
        values = item.changed
        if draws is not None:
            values.pop("draws", None)
            values |= {} if draws == type(item.parameters).model_fields["draws"].default else {"draws": draws}
        lines += [
            "",
            "[[report]]",
            'notebook = "savings"',
            f"name = {_toml(name.replace('{', '{{').replace('}', '}}'))}",
        ]
        lines += ["[report.parameters]", *[f"{key} = {_toml(value)}" for key, value in values.items()]]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A JSON string is a TOML string, but for the one control character that JSON lets stand.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return repr(value)


def plans_folder() -> Path:
    """Return where plans of one's own stand: ``reports/plans`` here, or beside the folder of notebooks that one is in.

    Returns
    -------
    Path
        The folder; it need not exist.
    """
    here = Path.cwd()
    root = here.parent if here.name == "notebooks" else here
    return root / "reports" / "plans"


def save_plan(
    name: str,
    scenarios: Sequence[Scenario],
    *,
    title: str = "",
    folder: Path | None = None,
    replace: bool = False,
    draws: int | None = 16384,
) -> Path:
    """Write scenarios as a plan that `lpo batch` takes.

    Parameters
    ----------
    name : str
        Name of the plan: small letters, digits, ``-`` and ``_``.
    scenarios : sequence of Scenario
        What to make reports of.
    title : str, optional
        Heading of the batch; the name by default.
    folder : Path, optional
        Where to write; `plans_folder` by default.
    replace : bool, default False
        Whether a plan of that name may be replaced.
    draws : int or None, default 16384
        See `plan_text`.

    Returns
    -------
    Path
        The plan. It was read and validated as the batch would before it got its name, so what stands there runs.

    Raises
    ------
    PlanError
        If the name is none, a plan of that name exists, or the batch would refuse it.
    """
    if not _NAME.fullmatch(name):
        raise PlanError(
            f"{name!r} is no name of a plan.", remedy="Use small letters, digits, - and _, at most 60 of them."
        )
    target = (folder or plans_folder()) / f"{name}.toml"
    if target.exists() and not replace:
        raise PlanError(f"There is a plan {name!r} already.", remedy="Choose another name, or replace it.")
    text = plan_text(scenarios, title=title or name, draws=draws)
    tomllib.loads(text)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as aside:
        draft = Path(aside) / target.name
        draft.write_text(text, encoding="utf-8")
        read_plan(draft)
        os.replace(draft, target)
    return target
