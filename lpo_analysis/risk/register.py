"""How many people a breach reaches: the US health register of breaches of 500 people and more, by interval-censored likelihood.

The register is of health care. Reading law firms by it is an assumption that the report names; no estimate of the loss rests on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
import pandas as pd
from scipy import stats

from lpo_analysis.charts import dotplot, exceedance, forest
from lpo_analysis.evidence import table
from lpo_analysis.methods.binned import fit_binned
from lpo_analysis.methods.binned_likelihood import fit_many, quantiles_of
from lpo_analysis.methods.binned_shifts import fit_shifts
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.wording import count, listing, number, percent

TRUNCATION = 500
"""People from whom on a breach is listed."""
TOP = 100_000_000
BINS = 24
TAIL_FROM = 29_240
"""End of a bin from which on the generalised Pareto tail is fitted; `Register.tails` shows other ends."""
CLUSTER_YEAR = 2020
CLUSTER = "notices that stem from one attack on one vendor, Blackbaud"
"""What the third-party breaches of that year hold, as HIPAA Journal and DataBreaches.net reported it in 2020."""
QUANTILES = (0.5, 0.9, 0.99)
RESAMPLES = 1000
SEED = 20_260
_ROWS = ("table:breach_size_bins_us_health:all", "table:breach_third_party_by_year:all")


@dataclass(frozen=True, eq=False)
class Register:
    """What the register says of sizes.

    Parameters
    ----------
    sizes : Result
        Lognormal above the truncation, clustered by year; generalised Pareto tail.
    third_party : Result
        Sizes of third-party breaches against the others, quantile by quantile and year by year.
    years : Result
        One location a year.
    left_out : pandas.DataFrame
        Quantiles and tail with one year left out at a time: year, n, q50, q90, q99, tail_shape.
    tails : pandas.DataFrame
        The tail from several ends of bins on: above, n, shape, conf_low, conf_high, fits (p of the goodness of fit).
    """

    sizes: Result
    third_party: Result
    years: Result
    left_out: pd.DataFrame
    tails: pd.DataFrame


def register(level: float = 0.9) -> Register:
    """Fit the register.

    Parameters
    ----------
    level : float, default 0.9
        Confidence level.

    Returns
    -------
    Register
        The same for every question of this level, so it is computed once.

    Notes
    -----
    Notices of a year hang together (rules, waves of attacks, vendors that serve many), so intervals come from resampling whole
    years, of which there are eleven: few. The register is truncated at 500 people and heaped there, which bins that begin at 500
    hold. Beyond health care, below 500 people, and before and after 2010-2020 it says nothing.

    References
    ----------
    Klugman, S. A., Panjer, H. H. and Willmot, G. E. Loss Models: From Data to Decisions. Wiley. (Grouped and truncated data.)
    McNeil, A. J. and Frey, R. (2000). Estimation of tail-related risk measures for heteroscedastic financial time series: an
    extreme value approach. Journal of Empirical Finance 7. (Generalised Pareto tails.)
    """
    return _register(level)


@lru_cache(maxsize=8)
def _register(level: float) -> Register:
    cells = _cells()
    years = cells.groupby(["year", "lower", "upper"], as_index=False)["n"].sum()
    left_out, tails = _left_out(years), _tails(years, level)
    shifts = fit_shifts(
        years["lower"], years["upper"], years["n"], groups=years["year"], truncation=TRUNCATION, level=level
    )
    sizes = _sizes(years, tails, shifts, left_out, level)
    return Register(sizes, _third_party(cells, level), _by_year(shifts, level), left_out, tails)


@lru_cache(maxsize=1)
def _cells() -> pd.DataFrame:
    """Return the counts in every bin of every year, empty ones as 0, by whether a third party took part."""
    listed = table("breach_size_bins_us_health")
    ends = np.round(TRUNCATION * (TOP / TRUNCATION) ** (np.arange(BINS + 1) / BINS))
    third = listed["business_associate_involved"].eq("yes").astype(int)
    counts = listed.assign(third=third).groupby(["year", "third", "bin"])["n"].sum()
    full = pd.MultiIndex.from_product([sorted(listed["year"].unique()), (0, 1), range(BINS)], names=["year", "third", "bin"])  # fmt: skip
    cells = counts.reindex(full, fill_value=0).reset_index().astype(float)
    at = cells["bin"].astype(int).to_numpy()
    return cells.assign(year=cells["year"].astype(int), third=cells["third"].astype(int), lower=ends[at], upper=ends[at + 1])  # fmt: skip


def _sizes(years: pd.DataFrame, tails: pd.DataFrame, shifts: Result, left_out: pd.DataFrame, level: float) -> Result:
    bins = years["lower"], years["upper"], years["n"]
    body = fit_binned(*bins, truncation=TRUNCATION, quantiles=QUANTILES, clusters=years["year"], draws=RESAMPLES, seed=SEED, level=level)  # fmt: skip
    whole = fit_binned(*bins, family="generalised_pareto", truncation=TRUNCATION, quantiles=(), clusters=years["year"], draws=RESAMPLES, seed=SEED, level=level)  # fmt: skip
    tail, shape = tails[tails["above"] == TAIL_FROM].iloc[0], pd.DataFrame(body.plot_data)
    labels = {"q50": "median", "q90": "90% quantile", "q99": "99% quantile"}
    records = [
        {**body.row(term).to_dict(), "label": f"people affected, {label}", "unit": "people"}
        for term, label in labels.items()
    ]
    records.append({"term": "tail_shape", "label": f"shape of the tail above {TAIL_FROM:,} people", "estimate": tail["shape"], "conf_low": tail["conf_low"],
                    "conf_high": tail["conf_high"], "level": level, "n_obs": tail["n"], "unit": "",
                    "method": "generalised Pareto, interval-censored, clustered bootstrap by year"})  # fmt: skip
    shown = tidy(records)
    middle, far = shown.iloc[0], shown.iloc[1]
    extreme = left_out.loc[(left_out["q90"] / float(far["estimate"])).map(np.log).abs().idxmax()]
    text = (
        f"Among {count(int(years['n'].sum()), 'US health breach', 'US health breaches')} of {TRUNCATION} people and more ({years['year'].min()}-{years['year'].max()}), half "
        f"reach {_people(middle)} or more, and one in ten {_people(far)} or more (intervals by resampling whole years). "
        f"The tail above {TAIL_FROM:,} people has a shape of {number(tail['shape'], digits=2)} ({number(tail['conf_low'], digits=2)} to {number(tail['conf_high'], digits=2)}): "
        f"{'from 1 on a mean need not exist, so a mean breach is not a number to plan by' if tail['conf_high'] >= 1 else 'below 1, so its mean exists'}. "
        f"Without {extreme['year']:.0f} the one in ten reach {number(extreme['q90'], digits=2)}. Health care, not law: reading a law firm by it is an assumption."
    )
    checks = [
        *(Check(f"Register: {check.name}", check.passed, f"{check.text}.") for check in body.checks if check.name != "standard errors"),
        *(Check(f"Register, generalised Pareto throughout: {check.name}", check.passed, f"{check.text}.") for check in whole.checks if check.name == "goodness of fit"),
        *(Check(f"Register by year: {check.name}", check.passed, f"{check.text}.") for check in shifts.checks),
        Check("Heaping", None, f"Sizes are heaped at {TRUNCATION} and {TRUNCATION + 1}; both lie within the first bin, so its width hides them."),
    ]  # fmt: skip
    return Result(
        "register_sizes", shown, text, tuple(checks), _ROWS[:1], n_used=int(years["n"].sum()),
        plot_data=shape[shape["kind"] != "bin"].reset_index(drop=True),
        draw=partial(exceedance, title="How many people a breach reaches", xlabel="people affected", ylabel="Share of breaches above",
                     curve_text=f"lognormal above {TRUNCATION}, {percent(level)} interval", seen_text="US health register"),
        alt=f"Falling curve on two logarithmic axes with the counted shares on it: half of the breaches lie above {_people(middle)} people, one in ten above {_people(far)}.",
        model=body.model,
    )  # fmt: skip


def _by_year(shifts: Result, level: float) -> Result:
    """Say in words of this room what the shifts from year to year are."""
    shown = pd.DataFrame(shifts.plot_data)
    top, least = (shown.loc[pick(shown["estimate"])] for pick in (pd.Series.idxmax, pd.Series.idxmin))
    told = [
        f"{row['label']} ({number(row['estimate'], digits=2)} times, {percent(level)} interval {number(row['conf_low'], digits=2)} to {number(row['conf_high'], digits=2)})"
        for row in (top, least)
    ]
    text = (
        f"Against the mean of {count(len(shown), 'year')} breaches are largest in {told[0]} and smallest in {told[1]}, on the scale of all breaches, those below {TRUNCATION} people too, which "
        "the fit carries on. No one size holds for all years, so years are resampled whole."
    )
    draw = partial(
        dotplot,
        title="How sizes shift from year to year",
        xlabel="size against the mean of the years",
        reference=1.0,
        log=True,
    )
    return replace(shifts, name="register_years", text=text, draw=draw, alt=f"Dots with intervals, one a year. {text}")


def _people(row: pd.Series) -> str:
    return f"{number(row['estimate'], digits=2)} ({number(row['conf_low'], digits=2)} to {number(row['conf_high'], digits=2)})"


def _left_out(years: pd.DataFrame) -> pd.DataFrame:
    """Fit all years but one."""
    counts = years.pivot_table(index="year", columns="lower", values="n").to_numpy()
    ends = years.drop_duplicates("lower").sort_values("lower")
    lo, hi = ends["lower"].to_numpy(), ends["upper"].to_numpy()
    left = counts.sum(axis=0) - counts
    thetas, inner = fit_many(left, lo, hi, start=np.array([4.0, 1.2]), family="lognormal", truncation=TRUNCATION)
    above = lo >= TAIL_FROM
    start = np.array([1.0, np.log(TAIL_FROM)])
    tails, ended = fit_many(
        left[:, above], lo[above], hi[above], start=start, family="generalised_pareto", truncation=TAIL_FROM
    )
    found = {f"q{100 * q:g}": np.where(inner, quantiles_of(thetas, q, "lognormal", TRUNCATION), np.nan) for q in QUANTILES}  # fmt: skip
    shape = np.where(ended, tails[:, 0], np.nan)
    return pd.DataFrame(
        {"year": sorted(years["year"].unique()), "n": left.sum(axis=1).astype(int), **found, "tail_shape": shape}
    )


def _tails(years: pd.DataFrame, level: float) -> pd.DataFrame:
    """Fit the tail from several ends of bins on, each clustered by year."""
    rows = []
    for above in (10_574, TAIL_FROM, 80_860):
        part = years[years["lower"] >= above]
        fit = fit_binned(part["lower"], part["upper"], part["n"], family="generalised_pareto", truncation=above, quantiles=(),
                         clusters=part["year"], draws=RESAMPLES, seed=SEED, level=level)  # fmt: skip
        shape = fit.row("shape")
        (goodness,) = [check.text for check in fit.checks if check.name == "goodness of fit"]
        rows.append((above, int(part["n"].sum()), *map(float, shape[["estimate", "conf_low", "conf_high"]]), goodness))
    return pd.DataFrame(rows, columns=["above", "n", "shape", "conf_low", "conf_high", "fits"])


def _third_party(cells: pd.DataFrame, level: float) -> Result:
    """Set the quantiles of third-party breaches against those of the others, year by year and over the years."""
    listed = table("breach_third_party_by_year").set_index("year")
    z = float(stats.norm.ppf((1 + level) / 2))
    shown, over = [], []
    for q in (25, 50, 75):
        log_ratio = np.log(listed[f"affected_third_party_p{q}"] / listed[f"affected_other_p{q}"].astype(float))
        errors = _resampled(cells, q / 100)
        shown += [
            {"group": _NAMES[q].capitalize(), "label": str(year), "year": year, "quantile": q / 100, "estimate": np.exp(value), "conf_low": np.exp(value - z * error),
             "conf_high": np.exp(value + z * error), "weak": year == CLUSTER_YEAR}
            for (year, value), error in zip(log_ratio.items(), errors, strict=True)
        ]  # fmt: skip
        for name, kept in (("all", log_ratio), (f"without_{CLUSTER_YEAR}", log_ratio.drop(CLUSTER_YEAR))):
            half = stats.t.ppf((1 + level) / 2, len(kept) - 1) * kept.std(ddof=1) / np.sqrt(len(kept))
            years = "all years" if name == "all" else f"without {CLUSTER_YEAR}"
            over.append({"term": f"p{q}_{name}", "label": f"{_NAMES[q]}, {years}", "estimate": float(np.exp(kept.mean())), "std_error": np.nan,
                         "conf_low": float(np.exp(kept.mean() - half)), "conf_high": float(np.exp(kept.mean() + half)), "level": level, "n_obs": len(kept),
                         "unit": "ratio", "method": "mean log ratio over the years, t between years"})  # fmt: skip
    frame, result = pd.DataFrame(shown), tidy(over)
    share = listed["n_third_party"] / listed["n"]
    before = share.drop(CLUSTER_YEAR)
    told = [f"{_NAMES[q]} {_ratio(result, f'p{q}_without_{CLUSTER_YEAR}')}" for q in (25, 50, 75)]
    far = frame[(frame["year"] == CLUSTER_YEAR) & (frame["quantile"] == 0.75)].iloc[0]
    calm = result.set_index("term").loc[[f"p{q}_without_{CLUSTER_YEAR}" for q in (25, 50, 75)]]
    above = [_NAMES[q] for q, low in zip((25, 50, 75), calm["conf_low"], strict=True) if low > 1]
    apart = (
        "all above 1"
        if len(above) == 3
        else f"{listing(above) if above else 'none'} above 1 by more than the years scatter"
    )
    text = (
        f"People reached by breaches in which an outsourced processor took part, against the others, without {CLUSTER_YEAR}: {listing(told)}; {apart}. "
        f"In {CLUSTER_YEAR} the upper quartile is {number(far['estimate'], digits=2)} times that of the others, but that year holds many {CLUSTER}, and {percent(share[CLUSTER_YEAR])} of its "
        f"breaches involve a processor, against {percent(before.min())} to {percent(before.max())} in the years before. "
        "Until about 2014 some breaches at vendors were filed under those they worked for, which blurs the earlier years."
    )
    return Result(
        "register_third_party", result, text,
        checks=(Check("One vendor", False, f"Many of {CLUSTER_YEAR} are {CLUSTER}: they are not independent, so the interval of that year is too narrow."),),
        rows=_ROWS, n_used=int(cells["n"].sum()), plot_data=frame,
        draw=partial(forest, title="Third-party breaches against the others", xlabel=f"people reached, as a multiple of the others; {level:.0%} interval; open: {CLUSTER_YEAR}", percent=False, reference=1.0, log=True),
        alt=f"Ratios of the quartiles of third-party breaches to those of the others, by year; those of {CLUSTER_YEAR} are set off and the upper quartile stands at {number(far['estimate'], digits=2)}.",
    )  # fmt: skip


_NAMES = {25: "lower quartile", 50: "median", 75: "upper quartile"}


def _ratio(result: pd.DataFrame, term: str) -> str:
    row = result[result["term"] == term].iloc[0]
    return f"{number(row['estimate'], digits=2)} ({number(row['conf_low'], digits=2)} to {number(row['conf_high'], digits=2)})"


def _resampled(cells: pd.DataFrame, q: float) -> Floats:
    """Return the error of each year's log ratio of a quantile, from resampled counts read between the ends of bins."""
    rng = np.random.default_rng(SEED)
    errors = []
    for _, year in cells.groupby("year"):
        logs = []
        for third in (1, 0):
            part = year[year["third"] == third]
            n = int(part["n"].sum())
            drawn = rng.multinomial(n, part["n"] / n, 400)
            below = np.concatenate([np.zeros((len(drawn), 1)), np.cumsum(drawn, axis=1) / n], axis=1)
            ends = np.log(np.append(part["lower"].to_numpy(), part["upper"].iloc[-1]))
            cell = np.clip((below < q).sum(axis=1) - 1, 0, BINS - 1)
            row = np.arange(len(drawn))
            low, high = below[row, cell], below[row, cell + 1]
            logs.append(ends[cell] + (ends[cell + 1] - ends[cell]) * (q - low) / (high - low))
        errors.append(float((logs[0] - logs[1]).std(ddof=1)))
    return np.array(errors)
