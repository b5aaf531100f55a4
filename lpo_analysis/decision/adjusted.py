"""Saving less what it adds to the expected loss, for every way of doing the work, from one set of draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from lpo_analysis import savings
from lpo_analysis.charts import dotplot
from lpo_analysis.decision.joint import Joint, joint
from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.information import evpi
from lpo_analysis.methods.inputs import Inputs
from lpo_analysis.methods.sensitivity import sobol_indices
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.analysis import quantiles
from lpo_analysis.wording import count, listing, money, probability

LOSS = "loss"
"""Name of the model of losses among the models drawn jointly."""
SENSITIVITY_DRAWS = 4096
"""Size of each of the two sample matrices behind the share that rests on weak inputs."""
QUALITY = ("quality_control", "rework")
"""Cost lines that quality takes."""
ONCE = "setup"
"""Cost line that does not follow the work: own lawyers' hours to vet, contract and instruct."""
_NO_PROVIDER = ("in_house", "ai_assisted")
"""Delivery models under which nobody else holds the records: an assumption for AI tools, whose maker may see them; a centre of the buyer's own
and contract attorneys count as one more holder."""


@dataclass(frozen=True)
class LossModel:
    """What one more holder of the records adds to the expected loss of a year.

    Parameters
    ----------
    inputs : Inputs
        Uncertain inputs.
    increment : callable
        Takes draws by input, returns money a year.
    currency : str
        Of that money.
    price_year : int
        Whose prices it is in.
    controls : callable, optional
        Takes the same draws, returns what the controls asked of one holder cost a year; nothing by default.
    """

    inputs: Inputs
    increment: Callable[[Mapping[str, Floats]], Floats]
    currency: str
    price_year: int
    controls: Callable[[Mapping[str, Floats]], Floats] | None = None


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Ways of doing the work, each with what it saves and what it adds to the loss, draw by draw.

    Parameters
    ----------
    ways : dict of str to lpo_analysis.savings.Analysis
        The ways, all with the same work, baseline, money and horizon.
    drawn : Joint
        The one set of draws.
    saving : dict of str to ndarray of float, shape (draws,)
        Net present value of the saving, quality control, rework and oversight being among its costs.
    increment : dict of str to ndarray of float, shape (draws,)
        Present value of what is added to the expected loss over the horizon.
    loss : LossModel
        What it was computed from.
    quality : dict of str to ndarray of float, shape (draws,)
        Present value of quality control and rework, which `saving` has among its costs already.
    controls : dict of str to ndarray of float, shape (draws,)
        Present value of what controls cost.
    once : dict of str to ndarray of float, shape (draws,)
        What own lawyers' vetting, contracting and instructing cost, which `saving` has among its costs already; whoever does several tasks
        is vetted once.
    """

    ways: Mapping[str, savings.Analysis]
    drawn: Joint
    saving: Mapping[str, Floats]
    increment: Mapping[str, Floats]
    loss: LossModel
    quality: Mapping[str, Floats]
    controls: Mapping[str, Floats]
    once: Mapping[str, Floats]

    def weak_share(self, way: str) -> float:
        """Return how much of the variance of one way's risk-adjusted saving comes from borrowed and assumed inputs.

        Parameters
        ----------
        way : str
            Its name.

        Returns
        -------
        float
            Total-order index of the inputs on rungs 3 and 4 together; NaN where inputs are correlated, and it would mean nothing.
        """
        names = set(self.drawn.names[way].values())
        if _outside(self.ways[way]):
            names |= set(self.drawn.names[LOSS].values())
        used = Inputs(tuple(item for item in self.drawn.inputs if item.name in names))
        if set(self.drawn.inputs.coupled) & set(used.names):
            return float("nan")
        analysis = self.ways[way]

        def model(draws: Mapping[str, Floats]) -> Floats:
            own = {name: draws[called] for name, called in self.drawn.names[way].items()}
            lost = {name: draws[called] for name, called in self.drawn.names[LOSS].items() if called in draws}
            return (
                saving_of(analysis, own) - added_of(analysis, self.loss, lost) - controls_of(analysis, self.loss, lost)
            )

        found = sobol_indices(
            model, used, groups={"weak": used.by_rung((3, 4))}, draws=SENSITIVITY_DRAWS, seed=analysis.parameters.seed
        )
        return float(min(found["total"].iloc[0], 1.0))

    def net(self, way: str) -> Floats:
        """Return the risk-adjusted saving of one way.

        Parameters
        ----------
        way : str
            Its name.

        Returns
        -------
        ndarray of float, shape (draws,)
            Money of today; above 0 it beats staying in that draw.
        """
        return np.asarray(self.saving[way] - self.increment[way] - self.controls[way])

    @property
    def benefits(self) -> Floats:
        """Net benefits by draw and option, staying (0) first, as the value of information wants them."""
        return np.column_stack([np.zeros(len(next(iter(self.saving.values())))), *(self.net(way) for way in self.ways)])

    @property
    def result(self) -> Result:
        """The ways side by side.

        One term a way: ``estimate`` is the mean of the risk-adjusted saving over the horizon, its ends are quantiles; columns ``saving``,
        ``increment``, ``quality`` (in the saving already) and ``controls`` (means, so that they add up), ``median``, ``p_beats_staying`` and ``p_best``
        (probability of being better than staying and than every other way), and ``weak_share`` (share of its variance that rests on borrowed and
        assumed inputs).
        """
        p = next(iter(self.ways.values())).parameters
        table_of = self.benefits
        best = table_of.argmax(axis=1)
        records = []
        for k, way in enumerate(self.ways, start=1):
            middle, low, high = quantiles(table_of[:, k], p.level)
            n_rows = len(self.ways[way].rows)
            records.append({"term": way, "label": way.replace("_", " "), "estimate": float(table_of[:, k].mean()), "std_error": float(table_of[:, k].std(ddof=1)), "conf_low": low, "conf_high": high,
                            "level": p.level, "n_obs": n_rows, "unit": f"{p.currency} over {p.horizon_years} years", "method": f"mean of {p.draws:,} joint draws",
                            "saving": float(self.saving[way].mean()), "increment": float(self.increment[way].mean()),
                            "quality": float(self.quality[way].mean()), "controls": float(self.controls[way].mean()), "median": middle,
                            "p_beats_staying": float((table_of[:, k] > 0).mean()), "p_best": float((best == k).mean()),
                    "weak_share": self.weak_share(way)})  # fmt: skip
        table = tidy(records).sort_values("estimate", ascending=False, kind="stable", ignore_index=True)
        said = partial(money, currency=p.currency, digits=2)
        top = table.iloc[0]
        reach = f"{p.level:.0%} interval {said(top['conf_low'])} to {said(top['conf_high'])}"
        stay = float((best == 0).mean())
        text = (
            f"Of {count(len(table), 'way')} of moving the work, {top['label']} brings most on average: a risk-adjusted saving of {said(top['estimate'])} over {p.horizon_years} "
            f"{'year' if p.horizon_years == 1 else 'years'} (mean; {reach}), after {said(top['increment'])} for the loss it adds. It beats staying with a probability of "
            f"{probability(top['p_beats_staying'])}; staying is best of all with {probability(stay)}."
        )
        if np.isfinite(top["weak_share"]):
            text += f" Of the variance of that answer, {probability(top['weak_share'])} rests on borrowed and assumed inputs."
        if top["estimate"] <= 0:
            text += " On average none of them beats staying."
        items = list(self.drawn.inputs)
        weak = sum(item.rung >= 3 for item in items)
        rows = tuple(dict.fromkeys(row for item in items for row in item.rows))
        value = evpi(table_of)
        shared = self.drawn.shared()
        checks = (
            Check(
                "One set of draws",
                True,
                f"{count(len(items), 'input')}, {len(shared)} of them shared between models, drawn once.",
            ),
            Check("Rungs", not weak, f"{weak} of {len(items)} inputs are borrowed or assumed."),
            Check(
                "Worth of knowing",
                None,
                f"Knowing every input before choosing would be worth {said(value.value)} (standard error {said(value.std_error)}).",
            ),
        )
        drawn = table[["label", "estimate", "conf_low", "conf_high"]].assign(main=table.index == 0)
        return Result(
            "risk_adjusted", table, text, checks=checks, rows=rows, n_used=len(rows), plot_data=drawn,
            draw=partial(dotplot, title="What each way saves, less what it adds to the loss", reference=0.0, reference_text="staying",
                         xlabel=f"{p.currency} of {p.price_year} over {p.horizon_years} years, mean and {p.level:.0%} interval"),
            alt="Risk-adjusted saving by way: " + listing([f"{row.label} {said(row.estimate)}" for row in table.itertuples()], last="and") + ".",
        )  # fmt: skip


def adjusted(ways: Mapping[str, savings.Analysis], loss: LossModel) -> Adjusted:
    """Set the ways of doing the work on one set of draws, with what each adds to the loss.

    Parameters
    ----------
    ways : mapping of str to lpo_analysis.savings.Analysis
        Analyses of the same work for different places, delivery models or providers.
    loss : LossModel
        What one more holder of the records adds a year. The same inputs for every way: nothing on file tells places apart.

    Returns
    -------
    Adjusted
        Saving and increment by way.

    Raises
    ------
    ParameterError
        If there is no way, the ways are not of the same work and money, or the loss is in other money.

    Notes
    -----
    The increment is for each year of the horizon at the same discount rate as the saving. Where the buyer's own people do the
    work nobody else holds the records, and nothing is added.
    """
    if not ways:
        raise ParameterError("ways: there is none to choose.")
    first = next(iter(ways.values())).parameters
    same = (
        "task",
        "buyer",
        "buyer_size",
        "baseline",
        "baseline_location",
        "volume_hours",
        "horizon_years",
        "discount_rate",
        "currency",
        "price_year",
        "draws",
        "level",
        "seed",
    )
    for name, way in ways.items():
        differ = [what for what in same if getattr(way.parameters, what) != getattr(first, what)]
        if differ:
            raise ParameterError(
                f"ways: {name} differs from the first in {listing(differ)}.",
                remedy="Compare ways of doing the same work.",
            )
    if (loss.currency, loss.price_year) != (first.currency, first.price_year):
        told = (
            f"the loss is in {loss.currency} of {loss.price_year}, the saving in {first.currency} of {first.price_year}"
        )
        raise ParameterError(f"currency, price_year: {told}.", remedy="Ask both for the same money.")
    drawn = joint(
        {**{name: way.inputs for name, way in ways.items()}, LOSS: loss.inputs}, draws=first.draws, seed=first.seed
    )
    return on_draws(ways, loss, drawn)


def on_draws(ways: Mapping[str, savings.Analysis], loss: LossModel, drawn: Joint) -> Adjusted:
    """Set ways of doing the work on draws that are made already, which other work may share.

    Parameters
    ----------
    ways : mapping of str to lpo_analysis.savings.Analysis
        The ways, by the name they have among the models drawn.
    loss : LossModel
        What one more holder of the records adds a year.
    drawn : Joint
        Draws of these models and of the loss.

    Returns
    -------
    Adjusted
        Saving, quality cost, increment, cost of controls and of vetting by way.
    """
    size = len(next(iter(drawn.draws[LOSS].values())))
    lost = drawn.draws[LOSS]
    made = {name: savings.costs(way.gathered.rates(drawn.draws[name]), way.terms) for name, way in ways.items()}
    saving = {name: found.net_present_value for name, found in made.items()}
    quality = {
        name: np.asarray(sum(found.lines[line] for line in QUALITY if line in found.lines) + np.zeros(size))
        for name, found in made.items()
    }
    once = {name: found.lines[ONCE] for name, found in made.items()}
    increment = {name: np.broadcast_to(added_of(way, loss, lost), size) for name, way in ways.items()}
    controls = {name: np.broadcast_to(controls_of(way, loss, lost), size) for name, way in ways.items()}
    return Adjusted(ways, drawn, saving, increment, loss, quality, controls, once)


def _outside(way: savings.Analysis) -> bool:
    return outside(way.parameters.delivery_model)


def outside(delivery_model: str) -> bool:
    """Say whether somebody else holds the records under a way of doing the work.

    Parameters
    ----------
    delivery_model : str
        Its code.

    Returns
    -------
    bool
        False for the buyer's own lawyers, with AI or without.
    """
    return delivery_model not in _NO_PROVIDER


def controls_of(way: savings.Analysis, loss: LossModel, draws: Mapping[str, Floats]) -> Floats:
    """Return the present value of what controls cost over the horizon.

    Parameters
    ----------
    way : lpo_analysis.savings.Analysis
        The way.
    loss : LossModel
        What a year costs.
    draws : mapping of str to ndarray of float
        Draws by input of the loss.

    Returns
    -------
    ndarray of float
        Money; one 0 where nobody else holds the records, or controls cost nothing.
    """
    if loss.controls is None or not _outside(way):
        return np.zeros(1)
    return np.asarray(loss.controls(draws), dtype=float) * way.terms.annuity


def parts_of(way: savings.Analysis, draws: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Return what a way saves before own lawyers' vetting, and what that costs.

    Parameters
    ----------
    way : lpo_analysis.savings.Analysis
        The way.
    draws : mapping of str to ndarray of float
        Draws by the way's own names of its inputs.

    Returns
    -------
    tuple of ndarray of float
        Money of today over the horizon; the first less the second is `saving_of`.
    """
    made = savings.costs(way.gathered.rates(draws), way.terms)
    return made.net_present_value + made.lines[ONCE], made.lines[ONCE]


def saving_of(way: savings.Analysis, draws: Mapping[str, Floats]) -> Floats:
    """Return the net present value of the saving, before what is added to the loss.

    Parameters
    ----------
    way : lpo_analysis.savings.Analysis
        The way.
    draws : mapping of str to ndarray of float
        Draws by the way's own names of its inputs.

    Returns
    -------
    ndarray of float
        Money of today over the horizon.
    """
    return savings.costs(way.gathered.rates(draws), way.terms).net_present_value


def added_of(way: savings.Analysis, loss: LossModel, draws: Mapping[str, Floats]) -> Floats:
    """Return the present value of what one more holder of the records adds over the horizon.

    Parameters
    ----------
    way : lpo_analysis.savings.Analysis
        The way.
    loss : LossModel
        What a year adds.
    draws : mapping of str to ndarray of float
        Draws by input of the loss.

    Returns
    -------
    ndarray of float
        Money; one 0 where nobody else holds the records.
    """
    if not _outside(way):
        return np.zeros(1)
    return np.asarray(loss.increment(draws), dtype=float) * way.terms.annuity
