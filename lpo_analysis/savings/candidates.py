"""Which rows of the evidence may speak for a rate: the very task and place first, then named neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Candidate, Evidence, climb, comparable, real, real_frame, select, table
from lpo_analysis.savings.parameters import Parameters

PAID_HOURS = 2080
"""Hours by which the US wage statistics turn hourly into yearly wages."""
QUARTILES = (0.25, 0.75)
"""What the ends of official wages stand for."""

NEIGHBOURS: dict[str, tuple[str, ...]] = {
    "legal_research": ("contract_drafting",),
    "document_review": ("ediscovery", "due_diligence"),
    "contract_drafting": ("legal_research", "contract_management"),
    "litigation_support": ("document_review", "ediscovery"),
    "contract_management": ("contract_drafting", "legal_research"),
    "ediscovery": ("document_review", "litigation_support"),
    "due_diligence": ("document_review",),
    "compliance": ("legal_research",),
    "ip_services": ("legal_research",),
    "paralegal": ("document_review",),
    "transcription": ("paralegal", "document_review"),
}
"""Tasks whose price may stand in, nearest first; analysts put research and drafting in one band of advanced work, and
review, discovery and diligence in one of volume work."""

LOOSER = {
    "fronterion_midwest_rate": "of the US Midwest",
    "fronterion_offshore_rate": "of offshore vendors, mostly in India",
    "valuenotes_low_2007": "of low-end work, not review alone",
}
"""Rows that say less than their codes, by their own notes: they count as borrowed."""

PARALEGAL_TASKS = ("paralegal", "transcription")
_PROVIDER_ROLES = {
    "lawyer": ("lpo_lawyer", "lpo_newly_qualified", "lpo_lawyer_3y_qualified"),
    "paralegal": ("lpo_paralegal", "lpo_assistant", "lpo_junior"),
}
_SOC = {"lawyer": "23-1011", "paralegal": "23-2011"}


def in_money(frame: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Put money observations into columns ``low`` and ``high`` in the money of the report.

    Parameters
    ----------
    frame : pandas.DataFrame
        Observations of money.
    parameters : Parameters
        The question: currency and price year.

    Returns
    -------
    pandas.DataFrame
        A copy with low, high and observed; missing on the open side of a floor or ceiling.
    """
    # Under prices and pay, category says who states the figure or which statistic it is; the sense is the same.
    comparable(frame, across=["category"])
    result = real_frame(frame, to=parameters.currency, price_year=parameters.price_year)
    return result.assign(low=result["real_low"], high=result["real_high"])


def price_candidates(evidence: Evidence, parameters: Parameters) -> list[Candidate]:
    """List the price observations that may speak for the provider's hour, the nearest first.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    list of Candidate
        Rows in the money of the report.
    """
    place = vocabulary.PLACES[parameters.location]
    country = vocabulary.in_words(place.country)
    tasks = (parameters.task, *NEIGHBOURS[parameters.task], "all")
    temps = _contract_attorneys(evidence, parameters, place.country)
    if parameters.delivery_model == "contract_attorney":
        return [
            _of_task(temps, parameters, task, f"contract attorneys for {_task(task)} in {country}", place)
            for task in tasks
        ]
    pool = select(evidence, metric="lpo_hourly_rate", geography=place.country, grades=parameters.grades, required=False)
    # A freelancer's own rate is not the price of a provider.
    pool = in_money(pool[pool["category"] != "freelance_rate"], parameters)
    candidates = [_of_task(pool, parameters, task, f"{_task(task)} in {country}", place) for task in tasks]
    # Where no provider's price is on file, what agencies charge for the same work at the same place is nearer than pay.
    return candidates + [
        Candidate(f"contract attorneys for {_task(task)} in {country}", temps[temps["task"] == task], own=False)
        for task in tasks[:-1]
    ]


def _task(task: str) -> str:
    return "legal work of any kind" if task == "all" else vocabulary.label("task", task)


def _of_task(pool: pd.DataFrame, parameters: Parameters, task: str, name: str, place: vocabulary.Place) -> Candidate:
    rows = pool[pool["task"] == task]
    exact = rows.dropna(subset=["low", "high"]).index.difference(list(LOOSER))
    loose = [LOOSER[row] for row in rows.index if row in LOOSER]
    own = task == parameters.task and place.is_country and len(exact) > 0
    return Candidate(name + (f" ({', '.join(loose)})" if loose and not own else ""), rows, own=own)


def _contract_attorneys(evidence: Evidence, parameters: Parameters, country: str) -> pd.DataFrame:
    rows = select(
        evidence, metric="contract_attorney_bill_rate", geography=country, grades=parameters.grades, required=False
    )
    # Bill rates argued over in court are fee awards, not what an agency charges.
    return in_money(rows[~rows["category"].isin(["accepted_by_court", "requested_in_court"])], parameters)


def pay_candidates(evidence: Evidence, parameters: Parameters) -> list[Candidate]:
    """List the pay observations at the place of the provider, the nearest first.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    list of Candidate
        Rows of yearly pay in the money of the report.
    """
    place = vocabulary.PLACES[parameters.location]
    kind = "paralegal" if parameters.task in PARALEGAL_TASKS else "lawyer"
    if place.country == "USA":
        return [_us_wages(parameters, place, kind)]
    if place.country == "GBR":
        return _uk_pay(evidence, parameters, place, kind)
    rows = select(
        evidence, metric="annual_pay", geography=place.country, provider="offshore", role=_PROVIDER_ROLES[kind],
        grades=parameters.grades, required=False,
    )  # fmt: skip
    return [Candidate(f"pay of providers' {kind}s in {vocabulary.in_words(place.code)}", in_money(rows, parameters))]


def _us_wages(parameters: Parameters, place: vocabulary.Place, kind: str) -> Candidate:
    soc = _SOC[kind]
    if place.is_country:
        name, wages = "wages_us_national", table("wages_us_national")
        hits = wages[(wages["year"] == wages["year"].max()) & (wages["soc_code"] == soc)]
    else:
        name, wages = "wages_us_state_2025", table("wages_us_state_2025")
        hits = wages[(wages["iso_3166_2"] == place.code) & (wages["soc_code"] == soc)]
    hits = hits.dropna(subset=["hourly_p25", "hourly_p75"])
    if hits.empty:
        return Candidate(
            f"wages of {kind}s in {vocabulary.in_words(place.code)}",
            pd.DataFrame(columns=["low", "high", "study_id", "observed"]),
            at=QUARTILES,
        )
    row = hits.iloc[0]
    factor = _last_price_year_factor(parameters, int(row["year"]))
    frame = pd.DataFrame(
        {
            "low": [float(row["hourly_p25"]) * PAID_HOURS * factor],
            "high": [float(row["hourly_p75"]) * PAID_HOURS * factor],
            "study_id": [name],
            "observed": [int(row["year"])],
        },
        index=[f"table:{name}:{place.code}:{soc}"],
    )
    name = f"official wages of {kind}s in {vocabulary.in_words(place.code)}, quartiles of persons"
    return Candidate(name, frame, at=QUARTILES)


def _last_price_year_factor(parameters: Parameters, year: int) -> float:
    return real(1.0, "USD", year, to=parameters.currency, price_year=parameters.price_year).factor


def _uk_pay(evidence: Evidence, parameters: Parameters, place: vocabulary.Place, kind: str) -> list[Candidate]:
    def pay(role: str | Sequence[str], category: str | Sequence[str]) -> pd.DataFrame:
        rows = select(
            evidence, metric="annual_pay", geography="GBR", role=role, category=category, grades=parameters.grades,
            required=False,
        )  # fmt: skip
        return in_money(rows, parameters)

    candidates = []
    if place.code == "GB-NIR" and kind == "lawyer":
        rows = pay(("newly_qualified", "law_graduate"), "mean_northern_ireland")
        candidates.append(Candidate("pay of junior lawyers in Northern Ireland", rows))
    if kind == "lawyer":
        candidates.append(
            Candidate("median pay of solicitors in the United Kingdom", pay("lawyer", "median"), own=place.is_country)
        )
    else:
        rows = pay("paralegal", ("mean", "range"))
        candidates.append(Candidate("pay of paralegals in the United Kingdom", rows, own=place.is_country))
    return candidates


def staff_candidates(evidence: Evidence, parameters: Parameters, kind: str) -> list[Candidate]:
    """List the pay observations for the buyer's own staff, the nearest first.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    kind : {'lawyer', 'paralegal'}
        Whose pay.

    Returns
    -------
    list of Candidate
        Rows of yearly pay in the money of the report.
    """
    place = vocabulary.PLACES[parameters.baseline_location]
    if place.country == "GBR":
        return _uk_pay(evidence, parameters, place, kind)
    if place.country != "USA":
        return []
    wages = _us_wages(parameters, place, kind)
    if parameters.buyer != "law_firm" or kind != "lawyer":
        return [wages]
    rows = select(
        evidence, metric="annual_pay", category="median", role="junior_associate", geography="USA", grades=parameters.grades,
        buyer_size=parameters.buyer_size, years=(2019, 2026), required=False,
    )  # fmt: skip
    frame, ratio = in_money(rows, parameters), 1.0 if place.is_country else wage_ratio(place, kind)
    if ratio is None:
        return [wages]
    size = "" if parameters.buyer_size == "all" else f"{vocabulary.label('buyer size', parameters.buyer_size)} "
    moved = "" if place.is_country else f", times the wage ratio of {vocabulary.in_words(place.code)} ({ratio:.2f})"
    frame = frame.assign(low=frame["low"] * ratio, high=frame["high"] * ratio)
    return [Candidate(f"pay of first-year associates in {size}US firms{moved}", frame, own=place.is_country), wages]


def bill_rate_candidates(evidence: Evidence, parameters: Parameters) -> tuple[list[Candidate], str | None]:
    """List the prices a buyer pays to others for the work today, the nearest first.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    candidates : list of Candidate
        Prices an hour in the money of the report.
    note : str or None
        How figures were carried from one place to another.
    """
    place = vocabulary.PLACES[parameters.baseline_location]
    if place.country not in ("USA", "GBR"):
        return [], None
    if parameters.baseline == "contract_attorney":
        pool = _contract_attorneys(evidence, parameters, place.country)
        country, tasks = vocabulary.in_words(place.country), (parameters.task, *NEIGHBOURS[parameters.task])
        candidates = [
            _of_task(pool, parameters, task, f"contract attorneys for {_task(task)} in {country}", place)
            for task in tasks
        ]
        rest = pool[~pool["task"].isin(tasks)]
        return [*candidates, Candidate(f"contract attorneys for other work in {country}", rest, own=False)], None
    if place.country == "GBR":
        if parameters.baseline != "associate":
            return [], None
        rows = select(
            evidence, metric="law_firm_hourly_rate", category="rate_survey_city_other", role="newly_qualified", geography="GBR",
            grades=parameters.grades, required=False,
        )  # fmt: skip
        return [
            Candidate(
                "City firms' rates for newly qualified solicitors", in_money(rows, parameters), own=place.is_country
            )
        ], None
    rows = select(
        evidence, metric="law_firm_hourly_rate", category="billing_data_mean", role=parameters.baseline, geography="USA",
        grades=parameters.grades, required=False,
    )  # fmt: skip
    role = vocabulary.label("baseline", parameters.baseline)
    rows, note = in_money(rows, parameters), None
    if not place.is_country:
        ratio = wage_ratio(place, "paralegal" if parameters.baseline == "paralegal" else "lawyer")
        if ratio is None:
            return [], None
        rows = rows.assign(low=rows["low"] * ratio, high=rows["high"] * ratio)
        note = f"US billing rates were carried to {place.name} by the ratio of official median wages, {ratio:.2f}."
    return [Candidate(f"US {role} billing rates", rows, own=place.is_country)], note


def wage_ratio(place: vocabulary.Place, kind: str) -> float | None:
    """Return the median wage of a US state over that of the nation.

    Parameters
    ----------
    place : Place
        A US state.
    kind : {'lawyer', 'paralegal'}
        Whose wage.

    Returns
    -------
    float or None
        None where a wage is withheld.
    """
    states, nation = table("wages_us_state_2025"), table("wages_us_national")
    state = states[(states["iso_3166_2"] == place.code) & (states["soc_code"] == _SOC[kind])]["hourly_median"].dropna()
    whole = nation[(nation["year"] == states["year"].max()) & (nation["soc_code"] == _SOC[kind])][
        "hourly_median"
    ].dropna()
    return None if state.empty or whole.empty else float(state.iloc[0] / whole.iloc[0])


def is_own_staff(parameters: Parameters) -> bool:
    """Say whether the work is done today by the buyer's own staff rather than bought by the hour.

    Parameters
    ----------
    parameters : Parameters
        The question.

    Returns
    -------
    bool
        True for in-house counsel, and for a law firm's associates and paralegals.
    """
    firm_staff = parameters.buyer == "law_firm" and parameters.baseline in ("associate", "paralegal")
    return parameters.baseline == "in_house_counsel" or firm_staff


def baseline_candidates(evidence: Evidence, parameters: Parameters) -> tuple[list[Candidate], str | None]:
    """List the observations that may speak for today's cost, the nearest first.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    candidates : list of Candidate
        Rows of yearly pay for own staff, else of prices an hour, in the money of the report.
    note : str or None
        What a reader must know of them.
    """
    if not is_own_staff(parameters):
        return bill_rate_candidates(evidence, parameters)
    note = (
        "Today's cost is that of own staff: pay with benefits over productive hours. Rent and other overhead are not counted "
        "as saved, because they stay until space is given up."
    )
    return staff_candidates(evidence, parameters, "paralegal" if parameters.baseline == "paralegal" else "lawyer"), note


def provider_rung(evidence: Evidence, parameters: Parameters) -> tuple[str, int] | None:
    """Say where a provider's rate would come from, and on which rung it would stand.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    tuple of (str, int) or None
        ``price`` or ``pay`` and the rung; None where the cell has neither.
    """
    if parameters.delivery_model != "captive":
        found = climb(price_candidates(evidence, parameters), widening=parameters.widening)
        if found is not None:
            return "price", found.rung
    if parameters.delivery_model == "contract_attorney":
        return None
    found = climb(pay_candidates(evidence, parameters), widening=parameters.widening)
    # A rate made from pay borrows its multiple, whatever the pay stands on.
    return None if found is None else ("pay", 3 if parameters.delivery_model == "provider" else found.rung)
