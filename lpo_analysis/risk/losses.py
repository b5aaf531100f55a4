"""What a breach of client data costs a year, and what one more provider adds under a stated exposure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from lpo_analysis.charts import band
from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import Candidate, Evidence, as_shares, climb, real_frame, select
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.methods.sensitivity import Model
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.breaches import dont_know, newest_share
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import money, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def loss_inputs(evidence: Evidence, parameters: Parameters) -> Inputs:
    """Gather the uncertain inputs of the annual loss, each on its rung.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    Inputs
        Share reached, cost per record, floor of the response, memory, share of records reached, don't-knows breached,
        third-party share.

    Raises
    ------
    NoEvidenceError
        If a figure the model needs is not on file at these grades.
    """
    p = parameters
    items: list[Input] = []

    def add(name: str, label: str, unit: str, candidates: list[Candidate], *, share: bool) -> None:
        found = climb(candidates, widening=p.widening, share=share)
        if found is None:
            raise NoEvidenceError(
                f"No figure of grade {'/'.join(p.grades)} gives {label}.", where="grades", remedy="Let grade B in."
            )
        kind = "logitnormal" if share else "lognormal"
        items.append(Input(name, label, unit, found.low, found.high, kind, found.rung, found.basis, found.rows))  # type: ignore[arg-type]

    reached = select(evidence, metric="breach_outcome_share", grades=p.grades, required=False)
    own = {"midsize": ["client_data_accessed_firms_50_99"], "large": ["client_data_accessed_firms_100_499"]}.get(
        p.buyer_size, []
    )
    candidates = [Candidate("firms of this size", as_shares(reached[reached["category"].isin(own)]))] if own else []
    candidates.append(
        Candidate(
            "all US law firms",
            as_shares(reached[reached["category"] == "client_data_accessed"]),
            own=p.buyer_size == "all",
        )
    )
    add("client_share", "breaches that reach client data", "share of breaches", candidates, share=True)

    records = select(
        evidence,
        metric="breach_cost_per_record",
        category="all_industries",
        geography="USA",
        grades=p.grades,
        required=False,
    )
    frame = real_frame(records, price_year=p.price_year)
    frame = frame.assign(low=frame["real_low"], high=frame["real_high"])
    add(
        "cost_per_record",
        "cost of a lost record",
        f"USD of {p.price_year}",
        [Candidate("US companies of all industries", frame, own=False)],
        share=False,
    )

    floor = select(
        evidence, metric="response_cost", category="forensic_investigation_mean", grades=p.grades, required=False
    )
    frame = real_frame(floor, price_year=p.price_year)
    frame = frame.assign(low=frame["real_low"] * 1e6, high=frame["real_high"] * 1e6)
    add(
        "response_floor",
        "least cost of responding",
        f"USD of {p.price_year}",
        [Candidate("forensic investigations, all industries", frame, own=False)],
        share=False,
    )

    third = select(
        evidence,
        metric="third_party_breach_share",
        category="third_party_dbir_2024_definition",
        grades=p.grades,
        required=False,
    )
    add(
        "third_party_share",
        "breaches that come through a third party",
        "share of breaches",
        [Candidate("breaches of all industries", as_shares(third), own=False)],
        share=True,
    )

    low, high = p.memory_years
    items.append(
        Input("memory_years", "years remembered", "years", low, high, "lognormal", 4, "parameter memory_years")
    )
    low, high = p.reached_share
    items.append(
        Input(
            "reached_share",
            "records a breach reaches",
            "share of records",
            low,
            high,
            "uniform",
            4,
            "parameter reached_share",
        )
    )
    basis = "those who do not know: breached with any share from none to all"
    items.append(
        Input("dont_know_breached", "of those who do not know, breached", "share", 0.0, 1.0, "uniform", 4, basis)
    )
    return Inputs(tuple(items))


def _events(values: dict[str, Floats], share: float, unknown: float, records: int) -> dict[str, Floats]:
    """Add the rates and the severity that draws of the inputs make."""
    breached = np.clip(share + unknown * values["dont_know_breached"], 1e-6, 1 - 1e-6)
    any_rate = -np.log1p(-breached) / values["memory_years"]
    severity = np.maximum(values["response_floor"], records * values["reached_share"] * values["cost_per_record"])
    return {**values, "any_rate": any_rate, "client_rate": any_rate * values["client_share"], "severity": severity}


def draw(evidence: Evidence, parameters: Parameters) -> tuple[dict[str, Floats], Inputs] | None:
    """Draw the inputs and the rates they make.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    tuple or None
        Draws by name with ``any_rate``, ``client_rate`` (events a year) and ``severity`` (USD an event), and the inputs; None
        where no prevalence is on file.
    """
    drawn = _drawn(evidence, parameters)
    return None if drawn is None else (dict(drawn[0]), drawn[1])


# The loss and the increment of a report read the same draws, one after the other; more would only hold memory.
@lru_cache(maxsize=1)
def _drawn(evidence: Evidence, parameters: Parameters) -> tuple[dict[str, Floats], Inputs] | None:
    found = newest_share(evidence, parameters)
    if found is None:
        return None
    unknown = dont_know(evidence, parameters)
    inputs = loss_inputs(evidence, parameters)
    values = inputs.draw(uniforms(inputs.names, draws=parameters.draws, seed=parameters.seed))
    return _events(values, found[0], 0.0 if unknown is None else unknown[0], parameters.records), inputs


def expected_loss_model(evidence: Evidence, parameters: Parameters) -> Model:
    """Return the expected yearly loss as a function of the inputs.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question; a share ever breached must be on file for it.

    Returns
    -------
    callable
        Takes draws by input, returns USD a year.
    """
    found, unknown = newest_share(evidence, parameters), dont_know(evidence, parameters)
    share, open_share = found[0] if found else float("nan"), unknown[0] if unknown else 0.0

    def model(values: Mapping[str, Floats]) -> Floats:
        made = _events(dict(values), share, open_share, parameters.records)
        return made["client_rate"] * made["severity"]

    return model


def _terms(p: Parameters) -> dict[str, str]:
    return {
        "p_client_breach": f"chance of a breach of client data within {p.horizon_years} years",
        "severity": "cost of one such breach",
        "expected_loss": "expected loss a year",
    }


def _held_terms(p: Parameters) -> dict[str, str]:
    ends = zip(("low", "high"), p.held_share, strict=True)
    return {term: f"added loss if a provider holds {percent(held)} of the records" for term, held in ends}


def _uncapitalised(text: str) -> str:
    return text[:1].lower() + text[1:]


def _spread(values: Floats, level: float) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return float(middle), float(low), float(high)


def annual_loss(evidence: Evidence, parameters: Parameters) -> Result:
    """Estimate the yearly loss from breaches that reach client data, and how often it exceeds an amount.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    Result
        Terms ``p_client_breach`` (over the horizon), ``severity`` (USD an event) and ``expected_loss`` (USD a year, median and
        interval over what is not known about the inputs); ``plot_data`` is the exceedance curve of a year.

    Notes
    -----
    Frequency and severity are the same event: the rate of any breach times the share that reaches client data; only then a
    cost is attached. Severity is records x cost a record with a floor for the response; study means per incident are not used,
    because the studies are of larger organisations. The number of events a year is Poisson given the inputs, so the
    exceedance is a mixture of exact Poisson tails.
    """
    p = parameters
    try:
        drawn = draw(evidence, p)
    except NoEvidenceError as error:
        return not_estimable("annual_loss", _uncapitalised(error.what), terms=_terms(p), level=p.level)
    if drawn is None:
        reason = f"no share of such firms ever breached is on file at grade {'/'.join(p.grades)} (0 rows)"
        return not_estimable("annual_loss", reason, terms=_terms(p), level=p.level)
    values, inputs = drawn
    table, data = _loss_table(values, inputs, p), _exceedance(values, p.level)
    chance, severity, expected = (table.iloc[i] for i in range(3))
    text = (
        f"A breach that reaches client data within {p.horizon_years} {'year' if p.horizon_years == 1 else 'years'} has a chance of "
        f"{percent(chance['estimate'], width=0.05)} ({p.level:.0%} interval {percent(chance['conf_low'], width=0.05)} to {percent(chance['conf_high'], width=0.05)}). "
        f"It would cost {money(severity['estimate'], 'USD', digits=2)} ({money(severity['conf_low'], 'USD', digits=2)} to {money(severity['conf_high'], 'USD', digits=2)}) "
        f"for {p.records:,} records, which makes an expected {money(expected['estimate'], 'USD', digits=2)} a year ({money(expected['conf_low'], 'USD', digits=2)} to "
        f"{money(expected['conf_high'], 'USD', digits=2)}). Fines, lost clients and claims for malpractice are not in it."
    )
    weak = sum(item.rung >= 3 for item in inputs)
    return Result(
        "annual_loss", table, text,
        checks=(
            Check("Same event", True, "The cost is attached only to the share of breaches that reaches client data."),
            Check("Rungs", not weak, f"{weak} of {len(inputs)} inputs are borrowed or assumed; none of the costs was observed at a law firm."),
            Check("Records", 2_000 <= p.records <= 100_000, "The cost a record comes from breaches of about 2,000 to 100,000 records; outside, it is carried over."),
        ),
        rows=tuple(dict.fromkeys(row for item in inputs for row in item.rows)), n_used=sum(len(i.rows) for i in inputs),
        plot_data=data,
        draw=partial(band, title="How often a year costs more than an amount", xlabel=f"USD of {p.price_year}", ylabel="probability of exceeding it in a year", log=True),
        alt=f"Exceedance curve: the chance that a year costs more falls from {percent(data['estimate'].iloc[0], width=0.01)} to {percent(data['estimate'].iloc[-1], width=0.01)}.",
        model={"inputs": inputs},
    )  # fmt: skip


def _loss_table(values: Mapping[str, Floats], inputs: Inputs, p: Parameters) -> pd.DataFrame:
    samples = {
        "p_client_breach": (-np.expm1(-values["client_rate"] * p.horizon_years), "probability"),
        "severity": (values["severity"], "USD"),
        "expected_loss": (values["client_rate"] * values["severity"], "USD a year"),
    }
    records = []
    for term, label in _terms(p).items():
        sample, unit = samples[term]
        middle, low, high = _spread(sample, p.level)
        records.append({"term": term, "label": label, "estimate": middle, "std_error": float(sample.std()), "conf_low": low, "conf_high": high,
                        "level": p.level, "n_obs": sum(len(i.rows) for i in inputs), "unit": unit, "method": f"median of {p.draws} joint draws"})  # fmt: skip
    return tidy(records)


def _exceedance(values: Mapping[str, Floats], level: float) -> pd.DataFrame:
    amounts = np.geomspace(
        max(1e3, float(np.quantile(values["severity"], 0.01)) / 2),
        float(np.quantile(values["severity"], 0.999)) * 1.5,
        40,
    )
    curve = []
    for amount in amounts:
        tail = stats.poisson.sf(np.floor(amount / values["severity"]), values["client_rate"])
        _, low, high = _spread(tail, level)
        curve.append((float(amount), float(tail.mean()), low, high))
    return pd.DataFrame(curve, columns=["x", "estimate", "conf_low", "conf_high"])


def loss_by_grades(evidence: Evidence, parameters: Parameters, sets: Iterable[Sequence[str]]) -> pd.DataFrame:
    """Ask for the loss with other grades let in.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    sets : iterable of sequence of str
        Grades to let in; sets that leave no estimate are left out.

    Returns
    -------
    pandas.DataFrame
        Columns grades, rows, p (chance of a breach of client data within the horizon), loss (USD a year).
    """
    records = []
    for grades in sets:
        changed = parameters.model_copy(update={"grades": list(grades)})
        try:
            drawn = _drawn(evidence, changed)
        except NoEvidenceError:
            drawn = None
        if drawn is not None:
            values, inputs = drawn
            estimates = _loss_table(values, inputs, changed).set_index("term")["estimate"]
            rows = {row for item in inputs for row in item.rows}
            found = float(estimates["p_client_breach"]), float(estimates["expected_loss"])
            records.append((", ".join(grades), len(rows), *found))
    return pd.DataFrame(records, columns=["grades", "rows", "p", "loss"])


def provider_increment(evidence: Evidence, parameters: Parameters) -> Result:
    """Compute what one more provider adds to the expected yearly loss, as a function of the records it holds.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    Result
        Terms ``low`` and ``high`` (at the ends of the share of records held): USD a year. A saving smaller than that is gone.

    Notes
    -----
    Not identified by the data, which do not compare outsourced with own work. The exposure model is stated: of today's
    breaches the third-party share comes through the vendors that hold records, equally; one more vendor adds one vendor's part.
    A breach there reaches the records it holds.
    """
    p = parameters
    try:
        drawn = draw(evidence, p)
    except NoEvidenceError as error:
        return not_estimable("provider_increment", _uncapitalised(error.what), terms=_held_terms(p), level=p.level)
    if drawn is None:
        reason = "no prevalence is on file to start from (0 rows)"
        return not_estimable("provider_increment", reason, terms=_held_terms(p), level=p.level)
    values, inputs = drawn
    rate = values["any_rate"] * values["client_share"] * values["third_party_share"] / p.vendors

    def added(held: float) -> tuple[float, float, float]:
        severity = np.maximum(
            values["response_floor"], p.records * held * values["reached_share"] * values["cost_per_record"]
        )
        return _spread(rate * severity, p.level)

    low_share, high_share = p.held_share
    records = []
    for term, held in (("low", low_share), ("high", high_share)):
        middle, low, high = added(held)
        records.append({"term": term, "label": _held_terms(p)[term], "estimate": middle, "conf_low": low, "conf_high": high,
                        "level": p.level, "n_obs": len(inputs), "unit": "USD a year", "method": "stated exposure model, not identified by data"})  # fmt: skip
    table = tidy(records)
    data = pd.DataFrame(
        [(held, *added(float(held))) for held in np.linspace(0.02, 1, 25)],
        columns=["x", "estimate", "conf_low", "conf_high"],
    )
    a, b = table.iloc[0], table.iloc[1]
    text = (
        f"Under the stated exposure (third-party breaches spread evenly over {p.vendors} {'vendor' if p.vendors == 1 else 'vendors'}), one more provider adds an expected "
        f"{money(a['estimate'], 'USD', digits=2)} a year if it holds {percent(low_share)} of the records and {money(b['estimate'], 'USD', digits=2)} if it holds "
        f"{percent(high_share)} ({p.level:.0%} interval up to {money(b['conf_high'], 'USD', digits=2)}). A yearly saving below that is gone in expectation. The data do not "
        "tell whether a provider is breached more or less often than the firm itself."
    )
    return Result(
        "provider_increment", table, text, checks=(Check("Identification", False, "No row on file compares breaches of outsourced with own work; the increment follows from the exposure model alone."),),
        rows=tuple(dict.fromkeys(row for item in inputs for row in item.rows)), n_used=len(inputs), plot_data=data,
        draw=partial(_curve, currency_year=p.price_year),
        alt=f"Curve of the added expected loss by the share of records held, {money(a['estimate'], 'USD', digits=2)} at {percent(low_share)} and {money(b['estimate'], 'USD', digits=2)} at {percent(high_share)}.",
    )  # fmt: skip


def _curve(frame: pd.DataFrame, *, ax: Axes | None = None, currency_year: int) -> Axes:
    return band(
        frame, ax=ax, title="What one more provider adds, by what it holds", xlabel="share of the firm's records it holds",
        ylabel=f"USD of {currency_year} a year", percent_x=True, percent_y=False,
    )  # fmt: skip
