"""Finished reports of one kind side by side: what was asked differently, what came out, and which inputs differ."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lpo_analysis.errors import LpoError, NotFoundError, ParameterError
from lpo_analysis.parameters import notice, shown
from lpo_analysis.reporting import provenance
from lpo_analysis.reporting.causes import differing, other_evidence
from lpo_analysis.reporting.notebook import spoken
from lpo_analysis.reporting.page import environment, style
from lpo_analysis.reporting.store import RUN
from lpo_analysis.wording import listing, number, percent, sentence

_MONEY = ("currency", "price_year")
"""Parameters that say what money the amounts are in."""
_PURE = ("share", "probability")
"""Units that no currency and no price year changes."""
DEPENDENCE = (
    "A report records the summary of its draws, not the draws, so how far the errors of two runs move together is not known. The interval of a change is that for independent "
    "errors (MOVER, Zou & Donner 2008). Runs share evidence and assumptions, so their errors mostly move together, and then it is wider than it need be; were they to "
    "move against each other, it would be too narrow."
)


@dataclass(frozen=True, eq=False)
class Finished:
    """One finished report.

    Parameters
    ----------
    name : str
        What it is called in the comparison.
    kind : str
        Its notebook.
    parameters : dict
        All parameters.
    values : dict
        Recorded values by name.
    run : dict
        What it was made from.
    inputs : dict of str to dict of str to str
        Rows of its table of inputs by name; empty where it has none.
    tornado : dict of str to dict of str to str
        Rows of its table of one-at-a-time effects by name of the input; empty where it has none.
    evidence : dict of str to str
        Publisher of each row of the evidence that it lists among its sources.
    """

    name: str
    kind: str
    parameters: Mapping[str, Any]
    values: Mapping[str, Mapping[str, Any]]
    run: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, str]]
    tornado: Mapping[str, Mapping[str, str]]
    evidence: Mapping[str, str]


def read_finished(runs: Sequence[str | Path], *, output: Path = Path("reports")) -> list[Finished]:
    """Read finished reports from their folders.

    Parameters
    ----------
    runs : sequence of str or Path
        Folders, or names of folders below `output`.
    output : Path, default ``reports``
        Where names are looked for.

    Returns
    -------
    list of Finished
        In the order given.

    Raises
    ------
    ParameterError
        If there are fewer than two, one is given twice, or they are of different kinds.
    NotFoundError
        Naming every one that is no finished report.
    """
    if len(runs) < 2:
        raise ParameterError(f"A comparison needs two or more reports, got {len(runs)}.", remedy="Name their folders.")
    folders = [_folder(run, output) for run in runs]
    told: list[str] = []
    found: list[Finished] = []
    for given, folder, name in zip(runs, folders, _names(folders), strict=True):
        try:
            found.append(_read(folder, name))
        except LpoError as error:
            told.append(f"{str(given)!r} {error.what}")
    if told:
        raise NotFoundError(
            f"{listing(told)}.", remedy="Name the folder of a report that was made by lpo report or lpo batch."
        )
    twice = sorted(
        {
            str(run)
            for run, folder in zip(runs, folders, strict=True)
            if [f.resolve() for f in folders].count(folder.resolve()) > 1
        }
    )
    if twice:
        raise ParameterError(f"{listing(twice)}: one report is given twice.", remedy="Name different reports.")
    kinds = {item.kind for item in found}
    if len(kinds) > 1:
        each = listing([f"{item.name} ({item.kind})" for item in found])
        raise ParameterError(f"The reports are of different kinds: {each}.", remedy="Compare reports of one notebook.")
    return found


def _folder(run: str | Path, output: Path) -> Path:
    path = Path(run)
    if path.is_file():
        return path.parent
    return path if path.is_dir() or not (output / path).is_dir() else output / path


def _names(folders: Sequence[Path]) -> list[str]:
    """Call each by its folder, and by the one above where that does not tell them apart."""
    ends = [folder.resolve().name for folder in folders]
    return [
        end if ends.count(end) == 1 else "/".join(folder.resolve().parts[-2:])
        for end, folder in zip(ends, folders, strict=True)
    ]


def _read(folder: Path, name: str) -> Finished:
    if not folder.is_dir():
        raise NotFoundError("is no folder")
    loaded = {}
    for file in (RUN, "results.json"):
        try:
            loaded[file] = json.loads((folder / file).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NotFoundError(f"has no {file}, so no report was finished there") from None
        except (OSError, ValueError):
            raise NotFoundError(f"has a {file} that cannot be read") from None
    results, run = loaded["results.json"], loaded[RUN]
    known = (isinstance(results, dict), isinstance(run, dict)) == (True, True)
    if not known or results.get("schema") != "lpo-results/1" or not str(run.get("schema", "")).startswith("lpo-run/"):
        raise NotFoundError("was made by a version of the kit whose records this one cannot read")
    return Finished(
        name,
        results["notebook"],
        results["parameters"],
        results["values"],
        run,
        _rows(folder / "tables" / "inputs.csv", "input"),
        _rows(folder / "tables" / "figure_tornado.csv", "input") or _rows(folder / "tables" / "drivers.csv", "input"),
        _evidence(folder / "tables" / "sources.csv"),
    )


def _rows(path: Path, key: str) -> dict[str, dict[str, str]]:
    """Read a table of a report by one of its columns; nothing where it has no such table."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row[key]: row for row in csv.DictReader(file) if row.get(key)}
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}


def _evidence(path: Path) -> dict[str, str]:
    """Read from the table of sources who published each row that was used."""
    listed = _rows(path, "source_id").values()
    return {row: item["publisher"] for item in listed for row in item.get("figures", "").split(", ") if row}


@dataclass(frozen=True, eq=False)
class Comparison:
    """Reports side by side, each against the first.

    Parameters
    ----------
    runs : tuple of Finished
        The reports.
    parameters : pandas.DataFrame
        Parameters that differ: ``parameter`` and a column a report.
    numbers : pandas.DataFrame
        One number and report a row: term, label, unit, run, estimate, conf_low, conf_high, level, change, change_low, change_high (against the first
        report), note (why there is no change or no interval), headline.
    inputs : pandas.DataFrame
        One input that differs from the first report's and report a row: input, run, before, after, what (what differs), alone (by how much
        the first report's main answer moves if this input alone takes the other median, read off its tornado; NaN where that cannot be read).
    made : tuple of str
        What besides the parameters differs between reports: data, kit, libraries.
    evidence : tuple of str
        Which rows of the evidence one of two reports uses and the other does not, with who published them.
    """

    runs: tuple[Finished, ...]
    parameters: pd.DataFrame
    numbers: pd.DataFrame
    inputs: pd.DataFrame
    made: tuple[str, ...]
    evidence: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What is compared."""
        return sentence(f"{self.runs[0].kind} reports side by side")

    def frame(self) -> pd.DataFrame:
        """Return everything as one tidy frame.

        Returns
        -------
        pandas.DataFrame
            Columns what (parameter, number, input or evidence), name, label, unit, run, value, conf_low, conf_high, change, change_low, change_high, note.
        """
        records: list[dict[str, object]] = []
        for row in self.parameters.to_dict("records"):
            records += [
                {"what": "parameter", "name": row["parameter"], "run": run.name, "value": row[run.name]}
                for run in self.runs
            ]
        for row in self.numbers.to_dict("records"):
            kept = {
                key: row[key]
                for key in (
                    "label",
                    "unit",
                    "run",
                    "conf_low",
                    "conf_high",
                    "change",
                    "change_low",
                    "change_high",
                    "note",
                )
            }
            records.append({"what": "number", "name": row["term"], "value": row["estimate"], **kept})
        records += [
            {
                "what": "input",
                "name": row["input"],
                "run": row["run"],
                "value": row["after"],
                "note": row["what"] + effect(row["alone"]),
            }
            for row in self.inputs.to_dict("records")
        ]
        records += [{"what": "evidence", "name": "rows", "note": told} for told in self.evidence]
        columns = [
            "what",
            "name",
            "label",
            "unit",
            "run",
            "value",
            "conf_low",
            "conf_high",
            "change",
            "change_low",
            "change_high",
            "note",
        ]
        return pd.DataFrame(records, columns=columns)

    def text(self) -> str:
        """Return the comparison as lines for a terminal.

        Returns
        -------
        str
            Reports, parameters, headline numbers with their changes, inputs, and what is not known.
        """
        first = self.runs[0]
        lines = [f"{self.title}; changes are against {first.name}.", *self.notices, "", "Parameters that differ:"]
        lines += [
            f"  {row['parameter']}: " + " | ".join(f"{run.name} {row[run.name]}" for run in self.runs)
            for row in self.parameters.to_dict("records")
        ] or ["  none"]
        lines += [f"  besides: {what}" for what in self.made]
        for heading, part in self._headed():
            lines += ["", heading]
            for row in part.to_dict("records"):
                told = said(row)
                note = f"; {row['note']}" if row["note"] and row["run"] != first.name else ""
                change = f"; change {told['change']}" if told["change"] else ""
                lines.append(f"  {row['run']}: {told['value']}{change}{note}")
        lines += ["", "Inputs that differ:" if len(self.inputs) else self._no_input]
        lines += [
            f"  {row['input']}, {row['run']}: {row['what']} ({row['before']} -> {row['after']}){effect(row['alone'])}"
            for row in self.inputs.to_dict("records")
        ]
        lines += ["", "Evidence that differs:", *(f"  {told}" for told in self.evidence)] if self.evidence else []
        return "\n".join([*lines, "", self.caveat])

    def _headed(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the numbers of each label with a heading that tells the unit, where the number does not."""
        for label, part in self.numbers.groupby("label", sort=False):
            units = [unit for unit in dict.fromkeys(part["unit"].dropna()) if unit not in _PURE]
            yield sentence(str(label)) + (f" ({units[0]})" if len(units) == 1 else ""), part

    @property
    def _no_input(self) -> str:
        """What is told where no input differs."""
        held = all(run.inputs for run in self.runs)
        return (
            "No recorded input differs."
            if held
            else "These reports record no table of inputs: what each number rests on is told by its rows of the evidence."
        )

    @property
    def notices(self) -> list[str]:
        """Which reports rest on synthetic example data; empty for none."""
        return [f"{run.name}: {told}" for run in self.runs if (told := notice(run.parameters))]

    @property
    def caveat(self) -> str:
        """What the records cannot tell."""
        held = all(run.inputs for run in self.runs)
        inputs = (
            "The inputs listed are those whose recorded range, rung or rows differ. What one makes alone is read off the tornado of the first report, on straight lines between its ends and its middle "
            "with the other inputs at their medians; an input that only one report has cannot be told apart so, and effects do not add up: change one parameter at a time to be sure."
            if held
            else "Some of these reports record no table of inputs; which of the rows of evidence that differ made a change cannot be told."
        )
        return f"{DEPENDENCE} {inputs}"

    def html(self) -> str:
        """Return the comparison as a page.

        Returns
        -------
        str
            Self-contained, no script, no request.
        """
        numbers = []
        for heading, part in self._headed():
            by_run = {row["run"]: {**said(row), "note": row["note"]} for row in part.to_dict("records")}
            numbers.append(
                {
                    "label": heading,
                    "cells": [by_run.get(run.name, {"value": "", "change": "", "note": ""}) for run in self.runs],
                }
            )
        page: str = environment().get_template("compare.html.j2").render(
            title=self.title, notices=self.notices, runs=[run.name for run in self.runs], parameters=self.parameters.to_dict("records"), numbers=numbers,
            inputs=[{**row, "alone": effect(row["alone"])} for row in self.inputs.to_dict("records")], made=self.made, caveat=self.caveat, style=style("index"), evidence=self.evidence, no_input=self._no_input,
        )  # fmt: skip
        return page


def effect(alone: float) -> str:
    """Put what one input makes alone into words.

    Parameters
    ----------
    alone : float
        By how much the main answer moves.

    Returns
    -------
    str
        A clause; empty where it cannot be told.
    """
    return "" if math.isnan(alone) else f"; alone it moves the main answer by about {number(alone, digits=2)}"


def said(row: Mapping[str, Any]) -> dict[str, str]:
    """Put a number and its change into words.

    Parameters
    ----------
    row : mapping
        A row of `Comparison.numbers`.

    Returns
    -------
    dict of str to str
        Keys ``value`` and ``change``; empty where there is none.
    """
    plain = {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}
    words = (
        spoken({**plain, "level": plain.get("level") or 0.0})
        if plain["unit"] is not None
        else {"big": str(plain["estimate"]), "range": ""}
    )
    value = words["big"] + (f" ({words['range']})" if words["range"] else "")
    change = plain["change"]
    if change is None:
        return {"value": value, "change": ""}
    if plain["same"]:
        return {"value": value, "change": "none, the same number"}
    low, high = plain["change_low"], plain["change_high"]
    share = plain["unit"] in _PURE
    width = None if low is None or high is None else high - low

    def step(amount: float) -> str:
        # Of shares the change is in percentage points, not percent.
        text = percent(amount, width=width).rstrip("%") if share else number(amount, digits=2, width=width)
        return f"+{text}" if amount > 0 and text.strip("0.") else text

    # Numbers that read otherwise have not changed by nothing, however little that is beside the interval.
    told = ("" if step(change).strip("-0.%") else "about ") + step(change) + (" points" if share else "")
    return {"value": value, "change": told if low is None or high is None else f"{told} ({step(low)} to {step(high)})"}


def compare(runs: Sequence[Finished], *, every: bool = False) -> Comparison:
    """Set finished reports of one kind side by side.

    Parameters
    ----------
    runs : sequence of Finished
        Two or more; the first is what the others are compared with.
    every : bool, default False
        Whether all recorded numbers are compared, not the headline ones alone.

    Returns
    -------
    Comparison
        What differs.

    References
    ----------
    Zou, G. Y. & Donner, A. (2008). Construction of confidence limits about effect measures: a general approach. Statistics in
    Medicine 27(10). https://doi.org/10.1002/sim.3095

    Notes
    -----
    The interval of a change combines the distances of each estimate from its own ends in quadrature, side by side, as if the
    errors of the reports were independent. It needs one level in both.
    """
    first = runs[0]
    names = list(dict.fromkeys(name for run in runs for name in run.parameters))
    texts = {
        name: [shown(run.parameters[name]) if name in run.parameters else "(not a parameter)" for run in runs]
        for name in names
    }
    differ = [name for name in names if len({json.dumps(run.parameters.get(name), sort_keys=True) for run in runs}) > 1]
    parameters = pd.DataFrame([{"parameter": name, **dict(zip((run.name for run in runs), texts[name], strict=True))} for name in differ],
                              columns=["parameter", *(run.name for run in runs)])  # fmt: skip
    terms = list(
        dict.fromkeys(
            term
            for run in runs
            for term, item in run.values.items()
            if every or item.get("headline") or _says_otherwise(term, runs)
        )
    )
    numbers = [_number(term, run, first) for term in terms for run in runs]
    columns = [
        "term",
        "label",
        "unit",
        "run",
        "estimate",
        "conf_low",
        "conf_high",
        "level",
        "change",
        "change_low",
        "change_high",
        "note",
        "headline",
        "same",
    ]
    inputs = [row for run in runs[1:] for row in differing(first, run)]
    made = [f"{run.name}: {told}" for run in runs[1:] if (told := _made(first, run))]
    return Comparison(
        tuple(runs),
        parameters,
        pd.DataFrame(numbers, columns=columns),
        pd.DataFrame(inputs, columns=["input", "run", "before", "after", "what", "alone"]),
        tuple(made),
        tuple(told for run in runs[1:] for told in other_evidence(first, run)),
    )


def _says_otherwise(term: str, runs: Sequence[Finished]) -> bool:
    """Whether reports record different words under a name, such as their verdict, which stand beside the headline numbers."""
    told = [run.values[term].get("value") for run in runs if term in run.values]
    return all(isinstance(value, str) for value in told) and len({*told}) > 1


def _number(term: str, run: Finished, first: Finished) -> dict[str, Any]:
    here, there = run.values.get(term), first.values.get(term)
    known = here or there or {}
    label = next((item["label"] for item in (there, here) if item and "label" in item), term.replace("_", " "))
    record: dict[str, Any] = {
        "term": term,
        "label": label,
        "run": run.name,
        "unit": known.get("unit"),
        "estimate": None,
        "note": "",
        "headline": bool(known.get("headline")),
        "same": False,
    }
    if here is None:
        return record | {"note": "not recorded in this report"}
    if "value" in here:
        record["estimate"] = here["value"]
        both = run is not first and there is not None and _is_number(here["value"]) and _is_number(there.get("value"))
        return record | ({"change": here["value"] - there["value"]} if both and there is not None else {})
    record |= {key: here.get(key) for key in ("estimate", "conf_low", "conf_high", "level", "unit")}
    if run is first:
        return record
    return record | _change(here, there, run, first)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _change(here: Mapping[str, Any], there: Mapping[str, Any] | None, run: Finished, first: Finished) -> dict[str, Any]:
    """Return the change against the first report, or why there is none."""
    if there is None:
        return {"note": f"not recorded in {first.name}"}
    a, b = there.get("estimate"), here.get("estimate")
    if b is None or a is None:
        why = here if b is None else there
        return {
            "note": f"no change: not estimable in {run.name if b is None else first.name}"
            + (f", because {str(why['reason']).removeprefix('not estimable, because ')}" if why.get("reason") else "")
        }
    if not (_is_number(a) and _is_number(b)):
        return {"note": "no change: one of the two is not finite"}
    if here.get("unit") != there.get("unit"):
        return {"note": f"no change: {there.get('unit')} and {here.get('unit')} are different units"}
    money = [name for name in _MONEY if run.parameters.get(name) != first.parameters.get(name)]
    if money and here.get("unit") not in _PURE:
        return {"note": f"no change: the reports differ in {listing(money)}, and with it in what an amount means"}
    ends = [item.get(end) for item in (there, here) for end in ("conf_low", "conf_high")]
    change = b - a
    if all(here.get(key) == there.get(key) for key in ("estimate", "conf_low", "conf_high", "level")):
        return {"change": change, "same": True}
    if ends == [None] * 4:
        return {"change": change, "note": "no interval: none is recorded of either"}
    if not all(_is_number(end) for end in ends):
        return {"change": change, "note": "no interval: one of the two has none"}
    if here.get("level") != there.get("level"):
        return {
            "change": change,
            "note": f"no interval: the reports' own are at {there.get('level'):.0%} and {here.get('level'):.0%}",
        }
    low_a, high_a, low_b, high_b = (float(end) for end in ends)  # type: ignore[arg-type]
    down, up = math.hypot(b - low_b, high_a - a), math.hypot(high_b - b, a - low_a)
    return {"change": change, "change_low": change - down, "change_high": change + up}


def _made(first: Finished, run: Finished) -> str:
    """Say what the reports were made from, where that differs."""
    now = {**run.run, "notebook_sha256": run.run["notebook"]["sha256"], "parameters": first.run["parameters"]}
    keys = ("data", "libraries", "python", "platform", "inputs")
    same = (
        first.run["package"]["sha256"] == run.run["package"]["sha256"]
        and first.run["notebook"]["sha256"] == run.run["notebook"]["sha256"]
    )
    if same and all(first.run.get(key) == run.run.get(key) for key in keys):
        return ""
    return provenance.change(first.run, now)
