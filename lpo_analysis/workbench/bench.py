"""One question to the savings model and what is seen of its answer; no widget in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import Any

from lpo_analysis import savings
from lpo_analysis.charts import live_tornado, live_waterfall
from lpo_analysis.errors import LpoError
from lpo_analysis.reporting.notebook import clean, spoken
from lpo_analysis.savings import Analysis
from lpo_analysis.wording import lead, money
from lpo_analysis.workbench.scenarios import Scenario


@dataclass(frozen=True)
class View:
    """What is seen of one question.

    Parameters
    ----------
    text : str
        Question and answer in sentences, or why there is none.
    numbers : tuple of (str, str, str)
        Label, estimate and interval of the three numbers; empty where there is no answer.
    waterfall, tornado : str
        SVG elements; empty where there is no answer.
    analysis : Analysis or None
        The analysis behind it.
    """

    text: str
    numbers: tuple[tuple[str, str, str], ...] = ()
    waterfall: str = ""
    tornado: str = ""
    analysis: Analysis | None = None

    @property
    def html(self) -> str:
        """The view as HTML: three numbers, sentences, both figures."""
        big = "".join(
            f'<td style="padding:2px 24px 8px 0;text-align:left"><div style="font-size:1.7em;font-weight:600">{escape(estimate)}</div>'
            f"<div>{escape(label)}</div><div>{escape(span)}</div></td>"
            for label, estimate, span in self.numbers
        )
        table = f"<table><tr>{big}</tr></table>" if big else ""
        return f'{table}<p style="line-height:1.4">{escape(self.text)}</p>{self.waterfall}{self.tornado}'


def view(values: Mapping[str, object]) -> View:
    """Answer a question, or say why it cannot be answered.

    Parameters
    ----------
    values : mapping of str to object
        Parameters of the savings report.

    Returns
    -------
    View
        A refusal is a view with its reason as text: a slider must not raise.
    """
    try:
        parameters = savings.Parameters.from_mapping(values)
        parameters.check_evidence()
        analysis = savings.analyse(parameters)
    except LpoError as error:
        return View(str(error))
    return _seen(analysis)


def _seen(analysis: Analysis) -> View:
    p, found, steps, drivers = analysis.parameters, analysis.numbers, analysis.waterfall, analysis.tornado
    told = [spoken(clean(row)) for row in found.table.to_dict("records")]
    numbers = tuple(
        (str(label), say["big"], say["span"]) for label, say in zip(found.table["label"], told, strict=True)
    )
    waterfall = live_waterfall(
        steps.plot_data, title="What an hour of the work costs, today and moved", xlabel=f"{p.currency} of {p.price_year} an hour, means of the draws",
        text=lambda value: money(value, p.currency, digits=2), alt=steps.alt,
    ) if steps.plot_data is not None else ""  # fmt: skip
    tornado = live_tornado(
        drivers.plot_data, title="What moves the net saving most", alt=drivers.alt,
        xlabel="Net saving with one input at its ends; [1] fitted, [2] stated, [3] borrowed, [4] assumed",
    ) if drivers.plot_data is not None else ""  # fmt: skip
    return View(f"{analysis.question} {found.text} {lead(drivers.text)}", numbers, waterfall, tornado, analysis)


@lru_cache(maxsize=64)
def _default(name: str) -> Any:
    return getattr(savings.Parameters(), name)


@dataclass
class Bench:
    """The question at hand, the scenarios kept, and who wants to know of changes.

    Parameters
    ----------
    values : dict
        Parameters of the savings report that the question sets.
    kept : list of Scenario
        Scenarios kept for the comparison.
    """

    values: dict[str, Any] = field(default_factory=dict)
    kept: list[Scenario] = field(default_factory=list)
    _listeners: list[Callable[[], None]] = field(default_factory=list, repr=False)

    @property
    def rows(self) -> tuple[str, ...]:
        """Identifiers of the rows behind the question and the scenarios kept."""
        now = view(self.values).analysis
        asked = [now] if now is not None else []
        every = [*asked, *(savings.analyse(item.parameters) for item in self.kept)]
        return tuple(dict.fromkeys(row for analysis in every for row in analysis.rows))

    def value(self, name: str) -> Any:
        """Return a parameter of the question, its default where the question does not set it."""
        return self.values.get(name, _default(name))

    def change(self, **changes: object) -> View:
        """Change the question and answer it.

        Parameters
        ----------
        **changes : object
            Parameters of the savings report by name.

        Returns
        -------
        View
            The answer.
        """
        self.values.update(changes)
        return view(self.values)

    def keep(self, name: str) -> Scenario:
        """Keep the question as a scenario, in place of one of the same name.

        Parameters
        ----------
        name : str
            What to call it.

        Returns
        -------
        Scenario
            The scenario kept.

        Raises
        ------
        ParameterError
            If the name is empty, or the question has no answer.
        """
        made = Scenario.of(name, self.values)
        self.kept[:] = [item for item in self.kept if item.name != made.name] + [made]
        for listener in self._listeners:
            listener()
        return made

    def drop(self, name: str) -> None:
        """Forget a scenario; nothing happens where there is none of that name."""
        self.kept[:] = [item for item in self.kept if item.name != name]
        for listener in self._listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call a function whenever the scenarios kept change."""
        self._listeners.append(listener)
