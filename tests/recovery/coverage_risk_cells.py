"""Simulated coverage of the intervals that the risk report shows, one cell of a grid at a time.

``python tests/recovery/coverage_risk_cells.py`` from the root of the repository writes data/tables/coverage_risk.csv anew, in about ten
minutes on two cores. As in coverage_cells.py, a probability stands instead of a run where every outcome can be gone through.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special, stats
from simulated_cells import CONSERVATIVE, LEVEL, NOMINAL, Cell, Hits, stated, within, write

from lpo_analysis.methods.agreement import cohen_kappa, fleiss_kappa, gwet_ac, read_ratings
from lpo_analysis.methods.binned import fit_binned, profile_nll
from lpo_analysis.methods.binned_likelihood import fit_two
from lpo_analysis.methods.clustered_shares import clustered_share
from lpo_analysis.methods.control import control_chart
from lpo_analysis.methods.credibility import GammaRate
from lpo_analysis.methods.elusion import Reviewer, Stratum, finite_interval, recall
from lpo_analysis.methods.krippendorff import bootstrap_alpha
from lpo_analysis.methods.proportions import share_interval

TABLE = Path(__file__).resolve().parents[2] / "data" / "tables" / "coverage_risk.csv"
SIGMAS = float(1 - 2 * stats.norm.sf(3))
"""What three sigmas of a normal distribution hold."""


# Severity from bins

EDGES = np.append(500 * np.exp(0.5086 * np.arange(17)), np.inf)
"""Bins as wide as those of the US health register, 500 people and more."""
MU, SIGMA, SHAPE, SCALE = 7.0, 2.0, 0.8, 2000.0
QUANTILES = (0.5, 0.9, 0.99)


def severity(
    rng: np.random.Generator, runs: int, *, k: int, n: int, spread: float, tail: bool = False
) -> tuple[Hits, float]:
    """About n losses above 500 in k years whose locations scatter with variance `spread`; all losses together are lognormal. Refused fits count among the zeros."""
    family = "generalised_pareto" if tail else "lognormal"
    own = np.sqrt(SIGMA**2 - spread)
    above = float(stats.norm.sf((np.log(500) - MU) / SIGMA))
    truth = [np.exp(MU + SIGMA * stats.norm.isf((1 - p) * above)) for p in QUANTILES]
    if tail:
        truth = [500 + float(stats.genpareto.ppf(p, SHAPE, scale=SCALE)) for p in QUANTILES]
    ways = ("profile", "clustered")
    held = {f"severity_q{100 * p:g}_{way}": np.full(runs, np.nan) for p in QUANTILES for way in ways}
    refused, drop = 0.0, stats.chi2.ppf(LEVEL, 1) / 2
    lo, hi, year = np.tile(EDGES[:-1], k), np.tile(EDGES[1:], k), np.repeat(np.arange(k), len(EDGES) - 1)
    for run in range(runs):
        counts = []
        for shift in np.sqrt(spread) * rng.standard_normal(k):
            if tail:
                x = 500 + SCALE * special.expm1(SHAPE * rng.standard_exponential(rng.poisson(n / k))) / SHAPE
            else:
                x = np.exp(MU + shift + own * rng.standard_normal(rng.poisson(n / k / above)))
            counts.append(np.histogram(x, EDGES)[0])
        bins = EDGES[:-1], EDGES[1:], np.sum(counts, axis=0).astype(float)
        best = fit_two(*bins, family, 500.0)
        if best is None:
            refused += 1 / runs
            continue
        fit = fit_binned(
            lo,
            hi,
            np.concatenate(counts),
            family=family,
            truncation=500,
            quantiles=QUANTILES,
            level=LEVEL,
            clusters=year,
            draws=400,
            seed=run,
        )
        for p, true in zip(QUANTILES, truth, strict=True):
            row, name = fit.row(f"q{100 * p:g}"), f"severity_q{100 * p:g}"
            held[f"{name}_clustered"][run] = within(row["conf_low"], true, row["conf_high"])
            # A profile with one minimum holds what lies within its drop: the ends need not be found.
            held[f"{name}_profile"][run] = (
                profile_nll(true, p, best[0], *bins, family=family, truncation=500.0) - best[1] <= drop
            )
    return {name: hits[~np.isnan(hits)] for name, hits in held.items()}, refused


# Quality

NULL = 10_000


def left_behind(rng: np.random.Generator, runs: int, *, n: int, share: float) -> tuple[Hits, float]:
    """A sample of n from 10,000 documents not retrieved; every count is gone through with its probability."""
    del rng, runs
    bad = round(share * NULL)
    found = np.arange(min(n, bad) + 1)
    chance = stats.hypergeom.pmf(found, NULL, bad, n)
    held = {"elusion": 0.0, "elusion_at_most": 0.0}
    for x, weight in zip(found, chance, strict=True):
        if weight < 1e-12:
            continue
        for name, only in (("elusion", False), ("elusion_at_most", True)):
            low, high = finite_interval(int(x), sampled=n, size=NULL, level=LEVEL, upper_only=only)
            held[name] += weight * within(0 if only else low, bad, high)
    return {name: np.array([value]) for name, value in held.items()}, float(chance[0])


def recalled(rng: np.random.Generator, runs: int, *, n: int, share: float, errs: bool) -> tuple[Hits, float]:
    """n checked of 2,000 retrieved (three quarters relevant) and of 10,000 left behind (`share` relevant), by a reviewer or without error."""
    kept, gone = 1_500, round(share * NULL)
    names = ("recall_reviewer", "recall_error_ignored") if errs else ("recall",)
    held, zeros = {name: np.zeros(runs) for name in names}, 0.0
    for run in range(runs):
        hits = [int(rng.hypergeometric(bad, size - bad, n)) for bad, size in ((kept, 2_000), (gone, NULL))]
        judge = None
        if errs:
            hits = [int(rng.binomial(x, 0.9) + rng.binomial(n - x, 0.01)) for x in hits]
            judge = Reviewer(int(rng.binomial(200, 0.9)), 200, int(rng.binomial(1_000, 0.99)), 1_000)
        zeros += float(hits[1] == 0) / runs
        parts = [Stratum("kept", 2_000, n, hits[0], True), Stratum("left", NULL, n, hits[1], False)]
        for name in names:
            made = recall(
                parts, level=LEVEL, reviewer=judge if name == "recall_reviewer" else None, draws=1_000, seed=run
            )
            row = made.row("recall")
            held[name][run] = within(row["conf_low"], kept / (kept + gone), row["conf_high"])
    return held, zeros


def delivered(
    rng: np.random.Generator, runs: int, *, k: int, n: int, share: float, spread: float
) -> tuple[Hits, float]:
    """n items checked of each of k batches whose own shares scatter as a beta distribution, variance `spread` of its largest."""
    held, zeros = {"quality_level": np.zeros(runs), "quality_batches_ignored": np.zeros(runs)}, 0.0
    prior = np.inf if spread == 0 else 1 / spread - 1
    for run in range(runs):
        own = np.full(k, share) if spread == 0 else rng.beta(prior * share, prior * (1 - share), k)
        found = rng.binomial(n, own)
        zeros += (found == 0).mean() / runs
        made = clustered_share(found, np.full(k, n), level=LEVEL)
        held["quality_level"][run] = within(made.conf_low, share, made.conf_high)
        low, high = share_interval(found.sum() / (k * n), k * n, level=LEVEL)
        held["quality_batches_ignored"][run] = within(low, share, high)
    return held, zeros


def unchanged(
    rng: np.random.Generator, runs: int, *, k: int, n: int, share: float, spread: float
) -> tuple[Hits, float]:
    """Limits from k batches of n of an unchanged process; how many of the next 50 batches lie within them, or signal in no way."""
    names = {"p": "control_p", "laney": "control_laney"}
    held, zeros = {f"{name}_{what}": np.zeros(runs) for name in names.values() for what in ("limits", "signals")}, 0.0
    prior = np.inf if spread == 0 else 1 / spread - 1
    for run in range(runs):
        own = np.full(k + 50, share) if spread == 0 else rng.beta(prior * share, prior * (1 - share), k + 50)
        found = rng.binomial(n, own)
        zeros += (found == 0).mean() / runs
        for kind, name in names.items():
            made = control_chart(found, np.full(k + 50, n), kind=kind, baseline=k)
            if not made.estimable:
                held[f"{name}_limits"][run] = held[f"{name}_signals"][run] = 1.0  # no chart, no alarm
                continue
            signal = made.plot_data["signal"].iloc[k:]
            held[f"{name}_limits"][run] = (signal != "outside").mean()
            held[f"{name}_signals"][run] = (signal == "").mean()
    return held, zeros


# Agreement


@cache
def true_agreement(share: float, raters: int) -> dict[str, float]:
    """The coefficients of endless units: raters who find 85% of what is there and raise 5% false alarms, independent given it."""
    del raters  # alike for any number
    both = share * 0.85**2 + (1 - share) * 0.05**2
    yes = share * 0.85 + (1 - share) * 0.05
    observed = both + 1 - 2 * yes + both
    chance, ac = yes**2 + (1 - yes) ** 2, 2 * yes * (1 - yes)
    kappa = (observed - chance) / (1 - chance)
    return {"cohen": kappa, "fleiss": kappa, "alpha": kappa, "ac1": (observed - ac) / (1 - ac)}


def agreed(rng: np.random.Generator, runs: int, *, k: int, n: int, share: float) -> tuple[Hits, float]:
    """n units by k raters; a sample in which nobody ever said yes (or no) gives no interval, and none that holds."""
    truth = true_agreement(share, k)
    names = ("cohen", "fleiss", "alpha", "ac1") if k == 2 else ("fleiss", "alpha", "ac1")
    held, zeros = {f"agreement_{name}": np.zeros(runs) for name in names}, 0.0
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    for run in range(runs):
        there = rng.random((n, 1)) < share
        says = (rng.random((n, k)) < np.where(there, 0.85, 0.05)).astype(int)
        if says.min() == says.max():
            zeros += 1 / runs
            continue
        read = read_ratings(says, categories=(0, 1))
        found = {"fleiss": fleiss_kappa(read, level=LEVEL), "ac1": gwet_ac(read, level=LEVEL)}
        if k == 2:
            table = np.zeros((2, 2))
            np.add.at(table, (says[:, 0], says[:, 1]), 1)
            found["cohen"] = cohen_kappa(table, level=LEVEL)
        for name, made in found.items():
            held[f"agreement_{name}"][run] = within(made.conf_low, truth[name], made.conf_high)
        counts = np.stack([(says == 0).sum(axis=1), (says == 1).sum(axis=1)], axis=1).astype(float)
        boot = bootstrap_alpha(counts, scale="nominal", values=np.array([0.0, 1.0]), draws=400, seed=run)
        low, high = np.nanquantile(boot, tails)
        held["agreement_alpha"][run] = within(low, truth["alpha"], high)
    return held, zeros


# Frequency


def hazard(
    rng: np.random.Generator, runs: int, *, n: int, share: float, spread: float, memory: float = 1.0
) -> tuple[Hits, float]:
    """A yearly rate from the share of n firms ever breached: firms alike or of gamma rates (squared variation `spread`), who may remember longer."""
    del rng, runs
    years, rate = 3.0, -np.log1p(-share) / 3.0
    if spread > 0:  # the mean rate of firms of which this share was breached
        rate = ((1 - share) ** -spread - 1) / spread / years
    # Who remembers longer than is assumed tells of more: the true rate is lower.
    rate /= memory
    chance = stats.binom.pmf(np.arange(n + 1), n, share)
    held = 0.0
    for x, weight in enumerate(chance):
        if weight > 1e-12:
            low, high = (-np.log1p(-min(end, 1 - 1e-15)) / years for end in share_interval(x / n, n, level=LEVEL))
            held += weight * within(low, rate, high)
    return {"hazard": np.array([held])}, float(chance[0])


def updated(rng: np.random.Generator, runs: int, *, n: int, spread: float, off: float = 1.0) -> tuple[Hits, float]:
    """n years of a firm whose rate comes from a gamma of mean 0.1 and squared variation `spread`, or of `off` times that mean."""
    prior = GammaRate(1 / spread, 1 / spread / 0.1)
    rates = off * rng.gamma(prior.shape, 1 / prior.rate, runs)
    events = rng.poisson(rates * n)
    held = np.empty(runs)
    for run, (rate, seen) in enumerate(zip(rates, events, strict=True)):
        low, high = prior.updated(int(seen), float(n)).interval(LEVEL)
        held[run] = within(low, rate, high)
    return {"rate_updated": held}, float((events == 0).mean())


# The grid

JUMPS = stated("counts are whole numbers, so that the coverage of one share swings")
YEARS_DIFFER = stated("the profile takes losses as independent, and those of one year go together")
FEW_YEARS = stated("eleven years are few")
HEAVY = stated("so far out the interval rests on the few largest losses")
PRIOR = stated("the half prior draws rare shares up or down, most where hardly one is found")
IGNORED = stated("the error of those who checked is ignored")
BATCHES = stated("batches differ, which the interval does not know")
RARE = stated("one side is rare: the error is worked out for many units of both kinds")
FIFTY = stated("fifty units hold a handful of disagreements, and the error is worked out for many")
ESTIMATED = stated("limits come from few batches, and counts are whole numbers")
APART = stated("batches differ by more than the binomial says, which a p chart does not know")
RULES = stated("nine in a row on one side alarm, too, about once in 256 batches of an unchanged process")
ALIKE = stated("firms differ: from the share ever breached alone the mean rate is taken too low")
MEMORY = stated("firms remember half as long again as is assumed")
WRONG = stated("the firm is one whose kind has twice the rate that the prior says")


def severity_cells() -> list[Cell]:
    cells = []
    for k, n, spread, tail in (
        (11, 300, 0.0, False),
        (11, 1000, 0.0, False),
        (11, 1000, 0.25, False),
        (30, 1000, 0.25, False),
        (11, 300, 0.0, True),
    ):
        promises = {}
        for p in QUANTILES:
            name = f"severity_q{100 * p:g}"
            promises[f"{name}_profile"] = NOMINAL if spread == 0 else YEARS_DIFFER
            promises[f"{name}_clustered"] = FEW_YEARS if k < 30 else HEAVY if p == 0.99 else NOMINAL
        setting = (
            "generalised Pareto above 500, independent"
            if tail
            else "lognormal above 500, " + ("independent" if spread == 0 else "years that differ")
        )
        cells.append(Cell(severity, 1200, setting, {"k": k, "n": n, "spread": spread}, promises, {"tail": tail}))
    return cells


def quality_cells() -> list[Cell]:
    cells = [
        Cell(left_behind, 1, "10,000 documents not retrieved", {"n": n, "share": share}, dict.fromkeys(("elusion", "elusion_at_most"), CONSERVATIVE))
        for n in (100, 500, 1500)
        for share in (0.002, 0.01, 0.05)
    ]  # fmt: skip
    for n in (150, 500, 1500):
        for share in (0.002, 0.02):
            at = {"n": n, "share": share}
            plain = PRIOR if n * share < 5 else NOMINAL
            cells.append(Cell(recalled, 1000, "checked without error", at, {"recall": plain}, {"errs": False}))
            promises = {"recall_reviewer": PRIOR if n * share < 5 else NOMINAL, "recall_error_ignored": IGNORED}
            cells.append(
                Cell(recalled, 1000, "checked with sensitivity 0.9, specificity 0.99", at, promises, {"errs": True})
            )
    for k in (8, 25):
        for share in (0.01, 0.05):
            for spread in (0.0, 0.02):
                at = {"k": k, "n": 50, "share": share, "spread": spread}
                promises = {"quality_level": CONSERVATIVE, "quality_batches_ignored": JUMPS if spread == 0 else BATCHES}
                cells.append(Cell(delivered, 2000, "batches of an unchanged process", at, promises))
    for k in (10, 25, 100):
        for share in (0.02, 0.10):
            for spread in (0.0, 0.01):
                at = {"k": k, "n": 200, "share": share, "spread": spread}
                promises = {f"control_{kind}_{what}": RULES if what == "signals" else APART if kind == "p" and spread else ESTIMATED
                            for kind in ("p", "laney") for what in ("limits", "signals")}  # fmt: skip
                cells.append(Cell(unchanged, 1000, "next batches of an unchanged process", at, promises, level=SIGMAS))
    for k in (2, 3):
        for n in (50, 200, 500):
            for share in (0.05, 0.3):
                names = ("cohen", "fleiss", "alpha", "ac1") if k == 2 else ("fleiss", "alpha", "ac1")
                for_kappa = FIFTY if n == 50 else RARE if n * share < 25 else NOMINAL
                promises = {f"agreement_{name}": for_kappa for name in names}
                promises["agreement_ac1"] = FIFTY if n == 50 else NOMINAL
                cells.append(
                    Cell(
                        agreed, 1000, "raters alike, who err independently", {"k": k, "n": n, "share": share}, promises
                    )
                )
    return cells


def frequency_cells() -> list[Cell]:
    cells = []
    for n in (50, 200, 1000):
        for share in (0.05, 0.25):
            at = {"n": n, "share": share}
            cells.append(
                Cell(hazard, 1, "firms alike, three years remembered", {**at, "spread": 0.0}, {"hazard": JUMPS})
            )
            cells.append(Cell(hazard, 1, "firms of different rates", {**at, "spread": 1.0}, {"hazard": ALIKE}))
            cells.append(
                Cell(
                    hazard,
                    1,
                    "longer remembered than assumed",
                    {**at, "spread": 0.0},
                    {"hazard": MEMORY},
                    {"memory": 1.5},
                )
            )
    for n in (1, 5, 20):
        for spread in (0.5, 2.0):
            at = {"n": n, "spread": spread}
            cells.append(Cell(updated, 20_000, "the firm's kind as the prior says", at, {"rate_updated": NOMINAL}))
            cells.append(
                Cell(updated, 20_000, "the firm's kind has twice that rate", at, {"rate_updated": WRONG}, {"off": 2.0})
            )
    return cells


def grid() -> list[Cell]:
    """Return all cells."""
    return [*severity_cells(), *quality_cells(), *frequency_cells()]


def run_cell(at: int) -> pd.DataFrame:
    return grid()[at].run()


if __name__ == "__main__":
    write(TABLE, run_cell, len(grid()))
