"""How often firms of a size are breached, as published shares of firms tell it: inputs, their draws, and what these say of one firm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy import optimize, special, stats

from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import Candidate, Evidence, Evidenced, as_shares, climb, select
from lpo_analysis.methods.credibility import gamma_from_log
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.risk.breaches import borrowed_words, dont_know, newest_share
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.rates import rates
from lpo_analysis.wording import count

_OWN = {"midsize": "client_data_accessed_firms_50_99", "large": "client_data_accessed_firms_100_499"}
_LEAST_VARIATION = 1e-3
"""Firms that vary by less are alike; their gamma would be a point."""
_POINTS = stats.norm.ppf((np.arange(400) + 0.5) / 400)


def published_inputs(evidence: Evidence, parameters: Parameters) -> list[Input]:
    """Return the inputs of how often firms of the size are breached.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Size of firm, memory, variation between firms, widening, grades.

    Returns
    -------
    list of Input
        Share ever breached, those breached without knowing, years remembered, and how much the rate differs between firms.

    Raises
    ------
    NoEvidenceError
        If no share ever breached is on file, or it is 0 or 1.
    """
    p = parameters
    found, unknown = newest_share(evidence, p), dont_know(evidence, p)
    if found is None:
        raise NoEvidenceError(
            f"No share of such firms ever breached is on file at grade {'/'.join(p.grades)} (0 rows).",
            where=f"buyer_size {p.buyer_size}",
            remedy="Let grade B in, or ask for another size.",
        )
    share, rows = found
    if not 0 < share < 1:
        raise NoEvidenceError(
            "A share of 0 or 1 of firms ever breached has no finite rate.", where=f"buyer_size {p.buyer_size}"
        )
    low, high = (float(special.expit(special.logit(share) + side * np.log(p.widening))) for side in (-1, 1))
    basis = f"newest share published of firms of this size, its odds widened by {p.widening:g}"
    made = [Input("breached_share", "firms ever breached", "share of firms", low, high, "logitnormal", 3, basis, rows)]  # fmt: skip
    if unknown is not None:
        # Of those not said to be breached, so that both together never exceed all firms.
        most = min(1.0, unknown[0] / (1 - share))
        words = borrowed_words(evidence, p)
        basis = f"those who do not know: from none of them breached to all{'; their share is borrowed from firms of all sizes (' + words + ')' if words else ''}"
        made.append(Input("breached_unknown", "firms breached without the one asked knowing", "share of the other firms", 0.0, most, "uniform", 4, basis, unknown[1]))  # fmt: skip
    made += [told("memory_years", "years remembered", "years", p.memory_years, "lognormal"),
             told("firm_variation", "how much the rate differs between firms of the size", "coefficient of variation", p.firm_variation, "uniform")]  # fmt: skip
    return made


def told(name: str, label: str, unit: str, ends: list[float], kind: str, *, of: str = "") -> Input:
    """Return an input that a parameter tells, one of the same name by default.

    Parameters
    ----------
    name, label, unit : str
        As for `Input`.
    ends : list of float
        The parameter.
    kind : {'uniform', 'lognormal'}
        Its shape.
    of : str, optional
        Name of the parameter where it is another.

    Returns
    -------
    Input
        On rung 4.
    """
    return Input(name, label, unit, ends[0], ends[1], "uniform" if kind == "uniform" else "lognormal", 4, f"parameter {of or name}")  # fmt: skip


def reaching(evidence: Evidence, parameters: Parameters) -> Evidenced | None:
    """Return the share of breached firms whose client data were reached, no narrower than chance in few of them.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Size of firm, widening, assumed firms, grades.

    Returns
    -------
    Evidenced or None
        Of this size where it is on file, else of all firms; None where neither is.
    """
    p = parameters
    reached = select(evidence, metric="breach_outcome_share", grades=p.grades, required=False)
    candidates = []
    if p.buyer_size in _OWN:
        own = reached[reached["category"] == _OWN[p.buyer_size]]
        candidates.append(Candidate("firms of this size", as_shares(own)))
    every = as_shares(reached[reached["category"] == "client_data_accessed"])
    candidates.append(Candidate("all US law firms", every, own=p.buyer_size == "all"))
    found = climb(candidates, widening=p.widening, share=True)
    return None if found is None else by_chance(found, p.assumed_breached_firms)


def by_chance(found: Evidenced, n: int) -> Evidenced:
    """Widen what is known of a share to what chance alone leaves open if so few firms stand behind each study.

    Parameters
    ----------
    found : Evidenced
        A share, whose studies do not tell how many breached firms they asked.
    n : int
        Firms assumed behind each study.

    Returns
    -------
    Evidenced
        The same where it is wider than Wilson's 90% interval of its middle at n firms a study, else that interval. Wilson's ends lie
        evenly about the share on the scale of log odds, so that the middle stays.
    """
    middle = float(special.expit(np.mean(special.logit([found.low, found.high]))))
    low, high = share_interval(middle, float(n * found.n_studies), level=0.9)
    if low >= found.low and high <= found.high:
        return found
    basis = f"{found.basis}; at least as wide as chance in {count(n, 'breached firm')} a study, which no source tells"
    return replace(found, low=min(low, found.low), high=max(high, found.high), basis=basis)


def client_input(found: Evidenced) -> Input:
    """Return the input of the share of breached firms whose client data were reached.

    Parameters
    ----------
    found : Evidenced
        The published share.

    Returns
    -------
    Input
        Named client_share.
    """
    return Input("client_share", "breached firms whose client data were reached", "share of breached firms",
                 found.low, found.high, "logitnormal", found.rung, found.basis, found.rows)  # fmt: skip


@lru_cache(maxsize=8)
def published_draws(
    evidence: Evidence, parameters: Parameters, found: Evidenced | None = None
) -> tuple[Mapping[str, Floats], tuple[str, ...]]:
    """Draw how often firms of the size are breached.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    found : Evidenced, optional
        Share of breached firms whose client data were reached, drawn with the others as client_share.

    Returns
    -------
    tuple
        Draws by input of `published_inputs`, kept for all callers and not to be changed, and the rows behind them.

    Raises
    ------
    NoEvidenceError
        As for `published_inputs`.
    """
    p = parameters
    inputs = Inputs((*published_inputs(evidence, p), *(() if found is None else (client_input(found),))))
    rows = tuple(dict.fromkeys(row for item in inputs for row in item.rows))
    return inputs.draw(uniforms(inputs.names, draws=p.draws, seed=p.seed)), rows


def of_one_firm(draws: Mapping[str, Floats]) -> tuple[float, float]:
    """Return mean and mean logarithm of the rate of one firm, over what is not known of the mean and over firms.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        As `published_draws` gives them.

    Returns
    -------
    tuple of float
        Breaches of any kind a year, and the mean of its logarithm: given a draw the rate of a firm is gamma, with the mean rate and
        the variation drawn.
    """
    every, index = _mean_and_index(draws)
    return float(every.mean()), float(np.mean(np.log(every) + special.digamma(index) - np.log(index)))


def _mean_and_index(draws: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    every, _ = rates({**draws, "client_share": np.zeros(1)})
    return every, 1 / np.maximum(draws["firm_variation"], _LEAST_VARIATION) ** 2


def reaching_share(
    evidence: Evidence, parameters: Parameters, found: Evidenced, *, events: int = 0, years: float = 0.0
) -> Evidenced:
    """Turn the share of breached firms whose client data were reached into the share of breaches that reach them.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    found : Evidenced
        The share of breached firms.
    events, years : int and float, default none
        Breaches that the firm has seen itself, and in how many years.

    Returns
    -------
    Evidenced
        5% and 95% quantile of a logit-normal share of breaches.

    Raises
    ------
    NoEvidenceError
        As for `published_inputs`.

    Notes
    -----
    Each draw of the published shares gives the rate of breaches that reach client data over that of all (`rates`). A draw counts by
    the breaches that it makes expected of this firm, given what the firm has seen (gamma-Poisson). The mean share is such that times
    the mean of the firm's one gamma (`lpo_analysis.risk.incidents.prior`, updated) it is the exact posterior mean rate of breaches that reach
    client data; the standard deviation of the log odds is that over the draws so weighted.
    """
    draws, rows = published_draws(evidence, parameters, found)
    every, client = rates(draws)
    mean, index = _mean_and_index(draws)
    seen = mean * years
    likely = special.gammaln(events + index) - special.gammaln(index) + special.xlogy(events, mean) - events * np.log(index + seen) + index * np.log(index / (index + seen))  # fmt: skip
    chance = np.exp(likely - likely.max())
    breaches = chance / chance.sum() * (index + events) / (index / mean + years)
    known = gamma_from_log(*of_one_firm(draws))
    rate = known.updated(events, years).mean if years > 0 else known.mean
    weights = breaches / breaches.sum()
    logits = special.logit(np.clip(client / every, 1e-12, 1 - 1e-12))
    wanted, centre = min(float(breaches @ (client / every)) / rate, 0.999), float(weights @ logits)
    error = float(np.sqrt(weights @ (logits - centre) ** 2))
    middle = optimize.brentq(
        lambda at: float(special.expit(at + error * _POINTS).mean()) - wanted, centre - 20, centre + 20
    )
    low, high = (float(end) for end in special.expit(middle + error * stats.norm.ppf([0.05, 0.95])))
    basis = f"{found.basis}; of breaches, not of firms: rate of firms so reached over rate of firms breached"
    return replace(found, low=low, high=high, rung=max(3, found.rung), basis=basis, rows=rows)  # fmt: skip
