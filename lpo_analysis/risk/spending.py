"""How much to spend on security under a stated breach probability function; all of it assumption but the loss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from lpo_analysis.charts import band
from lpo_analysis.evidence import Evidence
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.security_spend import breach_probability, optimal_spend
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.controls import found_losses
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import money, percent

_TERMS = {
    "spend": "spending that costs least",
    "bound": "bound, expected loss over e",
    "left": "expected loss left at it",
}


def security_spending(evidence: Evidence, parameters: Parameters) -> Result:
    """Find the yearly spending on security at which spending and loss together cost least.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question, with the parameters of the breach probability function.

    Returns
    -------
    Result
        Terms ``spend`` (USD a year on top of today's, least on average over the draws; its interval is that of the spending that would be
        least if a draw were known to be true), ``bound`` (expected loss over e, which no spending of the model exceeds) and ``left``.

    Notes
    -----
    The vulnerability is the probability of a breach of client data in a year and the loss what one costs, as drawn. The productivity of
    spending is not on file anywhere; without `spend_alpha` nothing is computed.

    References
    ----------
    Gordon, L. A. & Loeb, M. P. (2002). The economics of information security investment. ACM Transactions on Information and System
    Security 5(4). https://doi.org/10.1145/581271.581274
    """
    p = parameters
    if p.spend_alpha == 0:
        return not_estimable(
            "security_spending",
            "no productivity of spending on security is on file, and none was given (spend_alpha)",
            terms=_TERMS,
            level=p.level,
            unit="USD a year",
        )
    found, reason = found_losses(evidence, p)
    if found is None:
        return not_estimable("security_spending", reason, terms=_TERMS, level=p.level, unit="USD a year")
    v, loss = found.chance, found.severity
    alpha, beta, form = p.spend_alpha, p.spend_beta, p.spend_class

    def left(spend: float) -> Floats:
        return breach_probability(spend, vulnerability=v, alpha=alpha, beta=beta, form=form) * loss

    each = optimal_spend(vulnerability=v, loss=loss, alpha=alpha, beta=beta, form=form)
    expected = float((v * loss).mean())
    bound = expected / np.e
    if form == "I":  # linear in v, so that only the expected loss counts
        best = float(optimal_spend(vulnerability=1.0, loss=expected, alpha=alpha, beta=beta))
    else:
        # Convex in the spending, and the least lies between those of the draws.
        best = float(
            minimize_scalar(
                lambda z: float(left(z).mean()) + z,
                bounds=(0.0, max(float(each.max()), 1e-9)),
                method="bounded",
                options={"xatol": 0.01},
            ).x
        )
        best = best if float(left(best).mean()) + best < expected else 0.0
    records = []
    for term, value, sample in (
        ("spend", best, each),
        ("bound", bound, v * loss / np.e),
        ("left", float(left(best).mean()), left(best)),
    ):
        low, high = np.quantile(sample, [(1 - p.level) / 2, (1 + p.level) / 2])
        records.append({"term": term, "label": _TERMS[term], "estimate": value, "conf_low": float(low), "conf_high": float(high), "level": p.level, "n_obs": len(found.rows),
                        "unit": "USD a year", "method": f"Gordon-Loeb, class {form}, stated productivity"})  # fmt: skip
    table = tidy(records)
    spend = table.iloc[0]
    formula = f"alpha {alpha:g}" + (f" and beta {beta:g}" if form == "I" else "")
    text = (
        (f"With a breach probability function of class {form} and {formula}, {money(best, 'USD', digits=2)} a year on top of today's security would cost least "
         f"({p.level:.0%} of the draws: {money(spend['conf_low'], 'USD', digits=2)} to {money(spend['conf_high'], 'USD', digits=2)})"
         if best > 0 else f"With a breach probability function of class {form} and {formula}, no spending on top of today's pays: the first dollar prevents less than a dollar")
        + f". In either class it never exceeds the expected loss over e, {money(bound, 'USD', digits=2)} ({percent(1 / np.e)} of {money(expected, 'USD', digits=2)}). Other functions have no such bound."
    )  # fmt: skip
    return Result(
        "security_spending", table, text,
        checks=(
            Check("Below the bound", bool(best <= bound * (1 + 1e-9) + 0.01), f"{money(best, 'USD', digits=2)} against {money(bound, 'USD', digits=2)}."),
            Check("Productivity", False, "No row tells what a dollar of security prevents: class, alpha and beta are assumptions, and the outcome is theirs."),
        ),
        rows=found.rows, n_used=len(found.rows), plot_data=_curve(left, best, bound, p.level),
        draw=partial(band, title="Expected loss and spending together, by spending", xlabel="USD a year on top of today's", ylabel=f"USD of {p.price_year} a year", percent_y=False, mark=best, mark_text="least"),
        alt=f"Curve of expected loss plus spending by spending, least at {money(best, 'USD', digits=2)}.",
    )  # fmt: skip


def _curve(left: Callable[[float], Floats], best: float, bound: float, level: float) -> pd.DataFrame:
    rows = []
    for spend in np.linspace(0.0, 1.5 * max(bound, best), 31):
        total = left(float(spend)) + spend
        low, high = np.quantile(total, [(1 - level) / 2, (1 + level) / 2])
        rows.append((float(spend), float(total.mean()), float(low), float(high)))
    return pd.DataFrame(rows, columns=["x", "estimate", "conf_low", "conf_high"])
