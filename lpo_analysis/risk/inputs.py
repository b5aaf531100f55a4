"""The uncertain inputs of the loss from breaches, each on its rung, and the rates their draws make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy import special, stats

from lpo_analysis.errors import NoEvidenceError, ParameterError
from lpo_analysis.evidence import Candidate, Evidence, Evidenced, as_shares, climb, real_frame, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.methods.inputs import Input, Inputs, Kind
from lpo_analysis.risk.how_often import client_input, published_inputs, reaching, reaching_share, told
from lpo_analysis.risk.incidents import UPDATED, observed, own_reached, posterior_rate
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.rates import rates
from lpo_analysis.risk.reached import THIRD
from lpo_analysis.wording import count

Rate = tuple[float, float]
"""Shape and rate (years) of a gamma distribution of the breaches of any kind in a year, as own incidents leave it."""

EXPOSURE = ("third_party_share", "held_share", "relative_hazard")
"""Inputs of what one more provider adds, which today's loss does not know."""


def loss_inputs(evidence: Evidence, parameters: Parameters, *, rate: Rate | None = None) -> Inputs:
    """Gather the uncertain inputs of the annual loss and of the provider's increment.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    rate : tuple of float, optional
        Shape and rate of a gamma distribution of the firm's breaches of any kind a year, which then stands in the place of the share
        ever breached, of those who do not know, of the memory and of the variation between firms. What own incidents leave
        (`lpo_analysis.risk.incidents`), if there are any, where it is not given.

    Returns
    -------
    Inputs
        What is not known: how often, how much of it reaches client data, how many records a breach reaches on average, what a record
        and the response cost, and the exposure of one more provider. What merely differs from one breach to the next is none of them.

    Raises
    ------
    NoEvidenceError
        If a figure the model needs is not on file at these grades.
    ParameterError
        If the shape or rate is not above 0.
    """
    p = parameters
    rate = rate or posterior_rate(evidence, p)
    items = list(published_inputs(evidence, p) if rate is None else _own(rate))

    def add(name: str, label: str, unit: str, found: Evidenced | None, *, share: bool) -> None:
        if found is None:
            raise NoEvidenceError(
                f"No figure of grade {'/'.join(p.grades)} gives {label}.", where="grades", remedy="Let grade B in."
            )
        kind: Kind = "logitnormal" if share else "lognormal"
        items.append(Input(name, label, unit, found.low, found.high, kind, found.rung, found.basis, found.rows))

    found = reaching(evidence, p)
    if rate is None and found is not None:
        items.append(client_input(found))
    else:
        add("reaching_share", "breaches that reach client data", "share of breaches",
            None if found is None else with_own_answers(own_share(evidence, p, found), p), share=True)  # fmt: skip
    money, industries = f"USD of {p.price_year}", "US companies of all industries"
    add("cost_per_record", "cost of a lost record", money,
        _priced(evidence, p, "breach_cost_per_record", "all_industries", industries), share=False)  # fmt: skip
    forensic = "forensic investigations, all industries"
    add("response_floor", "least cost of responding", money,
        _priced(evidence, p, "response_cost", "forensic_investigation_mean", forensic), share=False)  # fmt: skip
    items.append(
        told(
            "mean_reach",
            "records that a breach reaches, on average",
            "share of records",
            p.reached_share,
            "uniform",
            of="reached_share",
        )
    )
    through = _through_third_parties(evidence, p)
    add("third_party_share", "breaches that come through a third party", "share of breaches", through, share=True)
    items += [
        told("held_share", "records that the new provider holds", "share of records", p.held_share, "uniform"),
        told("relative_hazard", "how often the provider is breached", "multiple of an average vendor", p.relative_hazard, "lognormal"),
    ]  # fmt: skip
    return Inputs(tuple(items))


def own_share(evidence: Evidence, parameters: Parameters, found: Evidenced) -> Evidenced:
    """Turn a share of breached firms into the share of this firm's breaches, given how many it has seen.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question, with `incidents_path`.
    found : Evidenced
        Share of breached firms whose client data were reached.

    Returns
    -------
    Evidenced
        As of `lpo_analysis.risk.how_often.reaching_share`.
    """
    own = observed(parameters)
    if own is None:
        return reaching_share(evidence, parameters, found)
    return reaching_share(evidence, parameters, found, events=len(own.of(UPDATED)), years=own.years)


def with_own_answers(found: Evidenced, parameters: Parameters) -> Evidenced:
    """Update the share of breaches that reach client data by what own incidents tell of theirs.

    Parameters
    ----------
    found : Evidenced
        The share of breaches.
    parameters : Parameters
        The question, with `incidents_path`.

    Returns
    -------
    Evidenced
        The same where no own breach of confidentiality tells; else the 5% and 95% quantile of the posterior of a logit-normal prior
        and binomial answers, integrated on a grid. Breaches that do not tell are left out.
    """
    yes, no = own_reached(parameters)
    if yes + no == 0:
        return found
    low, high = special.logit([found.low, found.high])
    middle, error = (low + high) / 2, (high - low) / (2 * stats.norm.ppf(0.95))
    logits = np.linspace(middle - 12 * max(error, 0.25), middle + 12 * max(error, 0.25), 8001)
    heights = (
        -0.5 * ((logits - middle) / max(error, 1e-9)) ** 2
        + yes * special.log_expit(logits)
        + no * special.log_expit(-logits)
    )
    below = np.cumsum(np.exp(heights - heights.max()))
    ends = special.expit(np.interp([0.05, 0.95], below / below[-1], logits))
    return replace(
        found,
        low=float(ends[0]),
        high=float(ends[1]),
        basis=f"{found.basis}; updated by what your own breaches reached",
    )


def _through_third_parties(evidence: Evidence, p: Parameters) -> Evidenced | None:
    """Return the range of the newest share of breaches by each definition of a part of third parties."""
    rows = select(evidence, metric="third_party_breach_share", category=list(THIRD), grades=p.grades, required=False)
    if rows.empty:
        return None
    newest = rows.sort_values("year_end", kind="stable").groupby("category", observed=True).tail(1)
    if len(newest) == 1:
        return climb(
            [Candidate("breaches of all industries", as_shares(newest), own=False)], widening=p.widening, share=True
        )
    # Definitions are set side by side, never pooled: their ends are the range of what may be meant.
    low, high = (end / 100 for end in ends(newest))
    basis = (
        f"borrowed: newest share by each of {count(len(newest), 'definition')} that count breaches, least to greatest"
    )
    studies, year = int(newest["study_id"].nunique()), float(newest["year_end"].mean())
    return Evidenced(
        float(np.nanmin(low)),
        float(np.nanmax(high)),
        3,
        basis,
        tuple(newest.index),
        studies,
        len(rows) - len(newest),
        year,
    )


def _priced(evidence: Evidence, p: Parameters, metric: str, category: str, name: str) -> Evidenced | None:
    return _in_dollars(evidence, metric, category, name, tuple(p.grades), p.price_year, p.widening)


@lru_cache(maxsize=64)
def _in_dollars(
    evidence: Evidence, metric: str, category: str, name: str, grades: tuple[str, ...], price_year: int, widening: float
) -> Evidenced | None:
    rows = select(evidence, metric=metric, category=category, geography="USA", grades=grades, required=False)
    frame = real_frame(rows, price_year=price_year)
    factor = np.where(rows["unit"].str.endswith("_mn"), 1e6, 1.0)
    frame = frame.assign(low=frame["real_low"] * factor, high=frame["real_high"] * factor)
    return climb([Candidate(name, frame, own=False)], widening=widening)


def _own(rate: Rate) -> list[Input]:
    shape, years = rate
    if not (np.isfinite([shape, years]).all() and shape > 0 and years > 0):
        raise ParameterError(f"rate: its shape and rate must be above 0, got {shape:g} and {years:g}")
    low, high = stats.gamma.ppf([0.05, 0.95], shape, scale=1 / years)
    basis = f"own incidents: gamma with shape {shape:.3g} and rate {years:.3g} years"
    return [Input("breach_rate", "breaches of any kind", "breaches a year", float(low), float(high), "gamma", 3, basis)]


def mean_cost(draws: Mapping[str, Floats], parameters: Parameters, *, held: Floats | float = 1.0) -> Floats:
    """Return the expected cost of a breach that reaches client data, over how many records it reaches.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws by input of `loss_inputs`.
    parameters : Parameters
        Records.
    held : ndarray of float or float, default 1
        Share of the firm's records at the place of the breach.

    Returns
    -------
    ndarray of float
        USD an event: the mean of the greater of the response and records x reach x cost of a record, over the reach of `at_floor`.

    Notes
    -----
    With t = min(1, response / (records x cost)) and a reach R of mean m and F(t) = P(R <= t) = t^(m / (1 - m)), E[max(f, w R)] =
    f F(t) + w m (1 - t F(t)).
    """
    floor, whole, mean = (
        draws["response_floor"],
        parameters.records * held * draws["cost_per_record"],
        draws["mean_reach"],
    )
    turn, below = at_floor(draws, parameters, held=held)
    return np.asarray(floor * below + whole * mean * (1 - turn * below))


def at_floor(
    draws: Mapping[str, Floats], parameters: Parameters, *, held: Floats | float = 1.0
) -> tuple[Floats, Floats]:
    """Return the share of records up to which a breach costs the response alone, and how many breaches reach no more.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws by input of `loss_inputs`.
    parameters : Parameters
        Records.
    held : ndarray of float or float, default 1
        Share of the firm's records at the place of the breach.

    Returns
    -------
    tuple of ndarray of float
        Share of records, at most 1, and share of breaches.

    Notes
    -----
    Assumption: the reach of one breach of mean m is U^((1 - m) / m) with U uniform, a beta distribution with shapes m / (1 - m) and
    1. At m = 1/2 every share is as likely; below, many breaches reach little and few reach much; at m = 1 each reaches all.
    """
    whole, mean = parameters.records * held * draws["cost_per_record"], draws["mean_reach"]
    with np.errstate(divide="ignore"):
        turn = np.minimum(np.divide(draws["response_floor"], whole), 1.0)
        shape = np.divide(mean, 1 - mean)
    # Where every breach reaches all, the shape is infinite and 1 ** inf is 1, as it should be.
    return np.asarray(turn), np.asarray(turn**shape)


def expected_loss_of(draws: Mapping[str, Floats], parameters: Parameters) -> Floats:
    """Return the expected yearly loss of today's breaches that reach client data.

    Parameters
    ----------
    draws : mapping of str to ndarray of float, each of shape (n,)
        Draws by input of `loss_inputs`, such as `lpo_analysis.methods.inputs.draw_jointly` makes.
    parameters : Parameters
        Records.

    Returns
    -------
    ndarray of float, shape (n,)
        USD a year.
    """
    return rates(draws)[1] * mean_cost(draws, parameters)


def increment_of(draws: Mapping[str, Floats], parameters: Parameters) -> Floats:
    """Return what one more provider adds to the expected yearly loss, before anybody else bears a part of it.

    Parameters
    ----------
    draws : mapping of str to ndarray of float, each of shape (n,)
        Draws by input of `loss_inputs`, such as `lpo_analysis.methods.inputs.draw_jointly` makes.
    parameters : Parameters
        Records, vendors.

    Returns
    -------
    ndarray of float, shape (n,)
        USD a year.

    Notes
    -----
    Not identified by data; it follows from the stated exposure. See `lpo_analysis.risk.increment`.
    """
    return provider_rate(draws, parameters) * mean_cost(draws, parameters, held=draws["held_share"])


def provider_rate(draws: Mapping[str, Floats], parameters: Parameters) -> Floats:
    """Return the breaches a year through one more provider that reach client data.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws by input of `loss_inputs`.
    parameters : Parameters
        Vendors.

    Returns
    -------
    ndarray of float
        Events a year: the third-party part of those that reach client data, spread evenly over the vendors of today, times how
        often this provider is breached against an average vendor.
    """
    return rates(draws)[1] * draws["third_party_share"] / parameters.vendors * draws["relative_hazard"]


def draw(evidence: Evidence, parameters: Parameters, *, rate: Rate | None = None) -> tuple[dict[str, Floats], Inputs]:
    """Draw the inputs of the loss.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    rate : tuple of float, optional
        As for `loss_inputs`.

    Returns
    -------
    tuple
        Draws by input, each of shape (parameters.draws,), and the inputs.

    Raises
    ------
    NoEvidenceError
        As for `loss_inputs`.
    """
    # A file of own incidents may have changed since: what it says now is part of the question.
    values, inputs = _drawn(evidence, parameters, rate or posterior_rate(evidence, parameters), own_reached(parameters))
    return dict(values), inputs


# The parts of a report read the same draws, one after the other; more would only hold memory.
@lru_cache(maxsize=2)
def _drawn(
    evidence: Evidence, parameters: Parameters, rate: Rate | None, answers: tuple[int, int]
) -> tuple[dict[str, Floats], Inputs]:
    # `answers` are read again below; here they tell a file that changed from the one kept.
    inputs = loss_inputs(evidence, parameters, rate=rate)
    return inputs.draw(uniforms(inputs.names, draws=parameters.draws, seed=parameters.seed)), inputs


def spread(values: Floats, level: float) -> tuple[float, float, float]:
    """Return the mean of draws and the ends of their central interval.

    Parameters
    ----------
    values : ndarray of float
        Draws.
    level : float
        Probability of the interval.

    Returns
    -------
    tuple of float
        Mean, lower and upper end. An expected loss is a mean, over what is not known of the inputs too; the interval is what is not
        known. A median would be neither additive nor what somebody neutral to risk pays.
    """
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(np.mean(values)), float(low), float(high)


def uncapitalised(text: str) -> str:
    """Start a text with a small letter, to stand within a sentence.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    str
        The same with its first letter lowered.
    """
    return text[:1].lower() + text[1:]
