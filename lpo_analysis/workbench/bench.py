"""One question to the savings model and what is seen of its answer; no widget in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import Any

from lpo_analysis import savings
from lpo_analysis.charts import live_frontier, live_tornado, live_waterfall
from lpo_analysis.errors import LpoError
from lpo_analysis.reporting.notebook import clean, spoken
from lpo_analysis.results import Result
from lpo_analysis.savings import Analysis
from lpo_analysis.wording import lead, money, number
from lpo_analysis.workbench.frontier import Others, frontier
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
    waterfall, tornado, frontier : str
        SVG elements; empty where there is no answer.
    beside : str
        What the frontier says in sentences.
    analysis : Analysis or None
        The analysis behind the answer.
    ways : Result or None
        The result behind the frontier.
    """

    text: str
    numbers: tuple[tuple[str, str, str], ...] = ()
    waterfall: str = ""
    tornado: str = ""
    frontier: str = ""
    beside: str = ""
    analysis: Analysis | None = None
    ways: Result | None = None

    @property
    def html(self) -> str:
        """The view as HTML: three numbers, sentences, the figures."""
        big = "".join(
            f'<td style="padding:2px 24px 8px 0;text-align:left"><div style="font-size:1.7em;font-weight:600">{escape(estimate)}</div>'
            f"<div>{escape(label)}</div><div>{escape(span)}</div></td>"
            for label, estimate, span in self.numbers
        )
        table = f"<table><tr>{big}</tr></table>" if big else ""
        said = [f'<p style="line-height:1.4">{escape(text)}</p>' if text else "" for text in (self.text, self.beside)]
        return f"{table}{said[0]}{self.waterfall}{self.tornado}{said[1]}{self.frontier}"


def view(values: Mapping[str, object], *, others: Others | None = None) -> View:
    """Answer a question, or say why it cannot be answered.

    Parameters
    ----------
    values : mapping of str to object
        Parameters of the savings report.
    others : Others, optional
        What the frontier sets beside it.

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
    return _seen(analysis, frontier(parameters, others=others))


def _seen(analysis: Analysis, ways: Result) -> View:
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
    data = ways.plot_data
    plane = live_frontier(
        data, title="What a way brings, and what it may cost", alt=ways.alt, text=lambda value: number(value, digits=3),
        xlabel="mean loss of the worst cases, thousand USD (below 0: still a saving)", ylabel="expected saving after risk, thousand USD",
    ) if data is not None else ""  # fmt: skip
    text = f"{analysis.question} {found.text} {lead(drivers.text)}"
    return View(text, numbers, waterfall, tornado, plane, ways.text, analysis, ways)


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
    others : Others
        What the frontier sets beside the question.
    """

    values: dict[str, Any] = field(default_factory=dict)
    kept: list[Scenario] = field(default_factory=list)
    others: Others = field(default_factory=Others)
    _listeners: list[Callable[[], None]] = field(default_factory=list, repr=False)

    @property
    def rows(self) -> tuple[str, ...]:
        """Identifiers of the rows behind the question and the scenarios kept."""
        now = self.answer()
        asked = [found.rows for found in (now.analysis, now.ways) if found is not None]
        every = [*asked, *(savings.analyse(item.parameters).rows for item in self.kept)]
        return tuple(dict.fromkeys(row for rows in every for row in rows))

    def answer(self) -> View:
        """Answer the question as it stands."""
        return view(self.values, others=self.others)

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
        return self.answer()

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
