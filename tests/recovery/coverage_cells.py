"""Simulated coverage of the intervals that the adoption report shows, one cell of a grid at a time.

``python tests/recovery/coverage_cells.py`` from the root of the repository writes data/tables/coverage_adoption.csv anew, in about
half an hour on two cores. Each function draws data whose truth is known, estimates as the report does, and returns for each
estimator how often its interval held the truth, a run each (a probability where that is known exactly, which is less noisy).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special, stats
from simulated_cells import CONSERVATIVE, LEVEL, NOMINAL, Cell, Hits, stated, within, write

from lpo_analysis.adoption.matching import log_ratio
from lpo_analysis.adoption.record import error_summary
from lpo_analysis.errors import LpoError
from lpo_analysis.evidence import table as load_table
from lpo_analysis.methods import diffusion
from lpo_analysis.methods.diffusion import CURVES, CurveFit, bootstrap, bootstrap_interval, fit_curve, forecast_paths
from lpo_analysis.methods.forecasting import combine_paths
from lpo_analysis.methods.gravity import ppml
from lpo_analysis.methods.growth import log_growth
from lpo_analysis.methods.multilevel import three_level
from lpo_analysis.methods.pooled_shares import pool_shares
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.methods.trends import constant_growth, saturating
from lpo_analysis.methods.weighting import rake, weighted_share

TABLE = Path(__file__).resolve().parents[2] / "data" / "tables" / "coverage_adoption.csv"

# Shares


def plain_shares(rng: np.random.Generator, runs: int, *, n: int, share: float) -> tuple[Hits, float]:
    """Every count is gone through with its binomial probability: exact, no simulation."""
    del rng, runs
    chance = stats.binom.pmf(np.arange(n + 1), n, share)
    held = {}
    for method in ("wilson", "jeffreys"):
        ends = [share_interval(x / n, n, level=LEVEL, method=method) for x in range(n + 1)]
        held[f"share_{method}"] = np.array([sum(c for c, (a, b) in zip(chance, ends, strict=True) if a <= share <= b)])
    return held, float(chance[0])


def mean_over_shares(rng: np.random.Generator, runs: int, *, n: int) -> tuple[Hits, float]:
    """The mean of the exact coverage over all shares alike, by a fine grid."""
    del rng, runs
    grid = (np.arange(2000) + 0.5) / 2000
    chance = stats.binom.pmf(np.arange(n + 1)[:, None], n, grid)
    held = {}
    for method in ("wilson", "jeffreys"):
        ends = np.array([share_interval(x / n, n, level=LEVEL, method=method) for x in range(n + 1)])
        inside = (ends[:, :1] <= grid) & (grid <= ends[:, 1:])
        held[f"share_{method}"] = np.array([(chance * inside).sum(axis=0).mean()])
    return held, float(chance[0].mean())


def pooled(rng: np.random.Generator, runs: int, *, k: int, share: float, spread: float) -> tuple[Hits, float]:
    """Counts of k studies of 40 to 300; their log odds scatter with variance `spread` round that of the typical share."""
    held = {f"pooled_{method}": np.zeros(runs) for method in ("logit", "glmm")}
    zeros = 0.0
    for run in range(runs):
        totals = rng.integers(40, 300, k)
        counts = rng.binomial(totals, special.expit(special.logit(share) + np.sqrt(spread) * rng.standard_normal(k)))
        zeros += (counts == 0).mean() / runs
        for method in ("logit", "glmm"):
            try:
                fit = pool_shares(counts, totals, method=method, level=LEVEL)
            except LpoError:  # all counts are 0: no interval, and so none that holds
                continue
            held[f"pooled_{method}"][run] = within(fit.conf_low, share, fit.conf_high)
    return held, zeros


def nested(rng: np.random.Generator, runs: int, *, k: int, spread: float) -> tuple[Hits, float]:
    """One to five estimates of each of k makers; the makers scatter with variance `spread`."""
    held = np.empty(runs)
    for run in range(runs):
        codes = np.repeat(np.arange(k), rng.integers(1, 6, k) + (np.arange(k) == 0))
        v = rng.uniform(0.02, 0.2, len(codes))
        y = 0.3 + rng.normal(0, np.sqrt(spread), k)[codes] + rng.normal(0, np.sqrt(v + 0.04))
        row = three_level(y, v, codes, level=LEVEL).robust.iloc[0]
        held[run] = within(row["conf_low"], 0.3, row["conf_high"])
    return {"three_level_cr2": held}, 0.0


# Own survey

SIZES = ["small", "midsize", "large"]
POPULATION = {
    "size": dict(zip(SIZES, (0.6, 0.3, 0.1), strict=True)),
    "place": {"home": 0.7, "abroad": 0.3},
}
ODDS = np.array([-0.6, 0.5, 1.9])
"""Log odds of use by size, before they are moved so that the share of the population is the one asked for."""
ANSWERS = np.array([0.05, 0.12, 0.3])


@cache
def use_by_size(share: float) -> np.ndarray:
    weights = np.array(list(POPULATION["size"].values()))
    low, high = -20.0, 20.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if weights @ special.expit(ODDS + middle) > share else (middle, high)
    return np.asarray(special.expit(ODDS + low))


def raked(rng: np.random.Generator, runs: int, *, n: int, share: float) -> tuple[Hits, float]:
    """n respondents, the large ones six times as readily as the small; raked to the margins of the population."""
    weights = np.array(list(POPULATION["size"].values())) * ANSWERS
    held = {"survey_raked": np.empty(runs), "survey_unweighted": np.empty(runs)}
    zeros = 0.0
    for run in range(runs):
        size = rng.choice(3, n, p=weights / weights.sum())
        size[:3] = [0, 1, 2]  # a category without a respondent cannot be weighted up, and is refused
        place = np.where(rng.random(n) < 0.7, "home", "abroad")
        place[:2] = ["home", "abroad"]
        uses = rng.random(n) < use_by_size(share)[size]
        frame = pd.DataFrame({"size": np.array(SIZES)[size], "place": place})
        zeros += float(not uses.any()) / runs
        for name, w in (("survey_raked", rake(frame, POPULATION).weights), ("survey_unweighted", None)):
            found = weighted_share(uses, weights=w, level=LEVEL)
            held[name][run] = within(found.conf_low, share, found.conf_high)
    return held, zeros


def clustered(rng: np.random.Generator, runs: int, *, k: int, n: int, share: float) -> tuple[Hits, float]:
    """n respondents in k firms whose own shares scatter as a beta distribution of ten prior answers."""
    held = {"survey_clustered": np.empty(runs), "survey_clusters_ignored": np.empty(runs)}
    firms = np.repeat(np.arange(k), n // k)
    for run in range(runs):
        y = rng.random(len(firms)) < rng.beta(10 * share, 10 * (1 - share), k)[firms]
        for name, clusters in (("survey_clustered", firms), ("survey_clusters_ignored", None)):
            found = weighted_share(y, clusters=clusters, level=LEVEL)
            held[name][run] = within(found.conf_low, share, found.conf_high)
    return held, 0.0


# Growth, curves, forecasts


def errors(rng: np.random.Generator, n: int, spread: float, memory: float) -> np.ndarray:
    """Errors of one size, each holding `memory` of the one before."""
    out = spread * rng.standard_normal(n)
    for i in range(1, n):
        out[i] = memory * out[i - 1] + np.sqrt(1 - memory**2) * out[i]
    return out


def growth(rng: np.random.Generator, runs: int, *, n: int, spread: float, memory: float) -> tuple[Hits, float]:
    """n yearly levels that grow by 15% a year; the level five years on is a new one with an error of its own."""
    held = {"growth_rate": np.empty(runs), "growth_prediction": np.empty(runs)}
    time = np.arange(float(n))
    for run in range(runs):
        e = errors(rng, n + 5, spread, memory)
        fit = log_growth(time, np.exp(0.14 * time + e[:n]))
        low, high = fit.rate(LEVEL)[1:]
        held["growth_rate"][run] = within(low, np.expm1(0.14), high)
        ahead = fit.predict([n + 4.0], LEVEL).iloc[0]
        held["growth_prediction"][run] = within(ahead["conf_low"], np.exp(0.14 * (n + 4.0) + e[-1]), ahead["conf_high"])
    return held, 0.0


def market(rng: np.random.Generator, runs: int, *, n: int, spread: float, ceiling: float) -> tuple[Hits, float]:
    """n totals two years apart that grow by 16% a year at first, for ever or towards `ceiling` times the last; five years ahead."""
    time, ahead = 2.0 * np.arange(n), 2.0 * (n - 1) + 5.0
    held = {name: np.empty(runs) for name in ("forecast_pooled", "forecast_constant_growth", "forecast_ceiling")}

    def level(t: np.ndarray | float) -> np.ndarray:
        if not np.isfinite(ceiling):
            return np.exp(0.15 * (np.asarray(t) - time[-1]))
        return ceiling / (1 + (ceiling - 1) * np.exp(-0.3 * (np.asarray(t) - time[-1])))

    for run in range(runs):
        e = spread * rng.standard_normal(n + 1)
        values, truth = level(time) * np.exp(e[:n]), float(level(ahead)) * np.exp(e[n])
        paths = [model(time, values, [ahead], draws=1000, rng=rng) for model in (constant_growth, saturating())]
        for name, drawn in zip(held, (combine_paths(paths), *paths), strict=True):
            low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
            held[name][run] = within(low, truth, high)
    return held, 0.0


def bass(rng: np.random.Generator, runs: int, *, n: int, spread: float) -> tuple[Hits, float]:
    """Additions of a Bass curve (p 0.02, q 0.4, peak at 7.1) over n years, errors of `spread` times the largest addition."""
    shape, time = {"p": 0.02, "q": 0.4}, np.arange(1.0, n + 4)
    added = np.diff(CURVES["bass"].share(time, shape, launch=0), prepend=0)
    held = {name: np.empty(runs) for name in ("ceiling_profile", "ceiling_bootstrap", "curve_fan")}
    zeros = 0.0
    for run in range(runs):
        seen = np.maximum(added + spread * added.max() * rng.standard_normal(n + 3), 0.0)
        zeros += (seen[:n] == 0).mean() / runs
        fit = fit_curve("bass", time[:n], seen[:n], kind="new_adopters", launch=0, starts=8, level=LEVEL)
        _judge(held, run, fit, 1.0, time[n:], seen[n:], rng)
    return held, zeros


def logistic(rng: np.random.Generator, runs: int, *, n: int, spread: float, memory: float) -> tuple[Hits, float]:
    """n levels of a logistic curve (midpoint 5, rate 0.6), errors of `spread` on the logarithms."""
    time = np.arange(1.0, n + 4)
    held = {
        name: np.empty(runs)
        for name in ("ceiling_profile", "ceiling_profile_reached", "ceiling_bootstrap", "curve_fan")
    }
    for run in range(runs):
        seen = np.exp(errors(rng, n + 3, spread, memory)) / (1 + np.exp(-0.6 * (time - 5)))
        fit = fit_curve("logistic", time[:n], seen[:n], kind="level", starts=8, level=LEVEL)
        _judge(held, run, fit, 1.0, time[n:], seen[n:], rng)
    return held, 0.0


def ceiling_held(fit: CurveFit, m: float, reached: float) -> tuple[float, float]:
    """Say whether the profile interval of `identified` holds m, without and with what was reached as floor.

    Only the profile at m and at the floor is computed: an interval of a profile with one minimum holds m if m itself is within.
    """
    cost = diffusion._profile(fit, np.array([m, reached]))[0]
    least = min(diffusion._cost(fit), float(cost.min()))
    free = cost[0] <= diffusion._bound(fit, least, LEVEL)
    missed = fit.params["m"] < reached and cost[1] > diffusion._bound(fit, least, LEVEL)
    above = least if fit.params["m"] >= reached else float(cost[1] if m < reached else cost.min())
    return float(free), float(m >= reached and (missed or cost[0] <= diffusion._bound(fit, above, LEVEL)))


def _judge(
    held: Hits, run: int, fit: CurveFit, m: float, ahead: np.ndarray, came: np.ndarray, rng: np.random.Generator
) -> None:
    free, floored = ceiling_held(fit, m, float(fit.value.max()))
    held["ceiling_profile"][run] = free
    if "ceiling_profile_reached" in held:
        held["ceiling_profile_reached"][run] = floored
    held["ceiling_bootstrap"][run] = held["curve_fan"][run] = 0.0
    if not fit.converged:
        return
    boot = bootstrap(fit, draws=400, seed=int(rng.integers(2**31)))
    ends = bootstrap_interval(boot, level=LEVEL).set_index("term").loc["m"]
    held["ceiling_bootstrap"][run] = within(ends["conf_low"], m, ends["conf_high"])
    paths = forecast_paths(fit, boot, ahead, seed=int(rng.integers(2**31)))
    low, high = np.quantile(paths, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    held["curve_fan"][run] = ((low <= came) & (came <= high)).mean()


# Record of forecasts


def _rounded(value: float) -> float:
    return float(round(value, 1 - int(np.floor(np.log10(value)))))


def record(rng: np.random.Generator, runs: int, *, k: int, ranges: bool) -> tuple[Hits, float]:
    """One to four forecasts against each of k outcomes, printed to two digits; mean error 0.12 a year, spread 0.10 between outcomes."""
    terms = ["mean", "next"] if k < 5 else ["mean", "median", "next"]  # fewer allow no interval of the median
    held = {f"record_{term}": np.empty(runs) for term in terms}
    for run in range(runs):
        rows = []
        for outcome in range(k):
            truth, shared = np.exp(rng.normal(0, 2)), rng.normal(0.12, 0.10)
            told = (_rounded(truth),) * 2
            if ranges and rng.random() < 0.3:
                told = _rounded(truth * np.exp(-rng.uniform(0.1, 0.4))), _rounded(truth * np.exp(rng.uniform(0.1, 0.4)))
            for _ in range(rng.integers(1, 5)):
                horizon = rng.integers(2, 8)
                forecast = _rounded(truth * np.exp(horizon * (shared + rng.normal(0, 0.05))))
                low, high = log_ratio(forecast, forecast, *told)
                rows.append((low / horizon, high / horizon, outcome))
        found = error_summary(pd.DataFrame(rows, columns=["low", "high", "outcome"]), level=LEVEL)
        new = rng.normal(0.12, 0.10) + rng.normal(0, 0.05 / np.sqrt(rng.integers(1, 5)))
        for term in terms:
            value = new if term == "next" else 0.12
            held[f"record_{term}"][run] = within(found.at[term, "conf_low"], value, found.at[term, "conf_high"])
    return held, 0.0


# Gravity

TERMS = ["ln_gdp", "ln_distance", "common_official_language", "rule_of_law"]


@cache
def _partners() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The design of the shipped flows, their partners, and the means its fit expects: the truth of the simulation."""
    frame = load_table("uk_legal_accounting_imports_by_country")
    frame = frame.assign(ln_gdp=np.log(frame["gdp_usd"]), ln_distance=np.log(frame["distance_km"]))
    frame = frame.dropna(subset=["imports_gbp_mn", *TERMS]).reset_index(drop=True)
    years = {f"year_{y}": (frame["year"] == y).astype(float) for y in sorted(frame["year"].unique())[1:]}
    design = pd.DataFrame({"const": np.ones(len(frame)), **years, **{t: frame[t].astype(float) for t in TERMS}})
    fit = ppml(frame["imports_gbp_mn"], design, frame["iso3"])
    return design, frame["iso3"].to_numpy(), fit.model.params.to_numpy()


def poisson_fits(flows: np.ndarray, x: np.ndarray, weights: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Fit Poisson regressions with one row of weights each by Newton steps; NaN where one does not settle."""
    beta = np.tile(start, (len(weights), 1))
    moved = np.full(len(beta), np.inf)
    outer = (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    for _ in range(40):
        mean = weights * np.exp(np.clip(beta @ x.T, -50.0, 50.0))
        information = (mean @ outer).reshape(len(beta), x.shape[1], x.shape[1])
        step = np.linalg.solve(information, ((weights * flows - mean) @ x)[:, :, None])[:, :, 0]
        beta = beta + step
        moved = np.abs(step).max(axis=1)
        if moved.max() < 1e-9:
            break
    return np.where(moved[:, None] < 1e-6, beta, np.nan)


def gravity_errors(flows: np.ndarray, x: np.ndarray, codes: np.ndarray, start: np.ndarray) -> dict[str, np.ndarray]:
    """Coefficients with their jackknife and usual clustered errors, as `left_out` and `ppml` have them, many times as fast."""
    member = np.eye(codes.max() + 1)[codes]
    k, n, p = member.shape[1], *x.shape
    beta = poisson_fits(flows, x, np.ones((1, n)), start)[0]
    mean = np.exp(x @ beta)
    moved = poisson_fits(flows, x, 1 - member.T, beta) - beta
    score = member.T @ ((flows - mean)[:, None] * x)
    bread = np.linalg.inv((x * mean[:, None]).T @ x)
    factor = k / (k - 1) * (n - 1) / (n - p)
    return {
        "estimate": beta,
        "jackknife": np.sqrt((k - 1) / k * (moved**2).sum(axis=0)),
        "clustered": np.sqrt(factor * np.diag(bread @ score.T @ score @ bread)),
    }


def gravity(rng: np.random.Generator, runs: int, *, k: int, spread: float) -> tuple[Hits, float]:
    """Flows of k of the partners on file; partners differ by a lognormal factor of mean 1 and log variance `spread`, rounded to 1."""
    design, partners, truth = _partners()
    names = np.unique(partners)
    at = [list(design.columns).index(term) for term in TERMS]
    kinds = [f"gravity_{kind}_{term}" for kind in ("jackknife", "clustered") for term in TERMS]
    held: dict[str, list[float]] = {name: [] for name in kinds}
    zeros: list[float] = []
    reach = stats.t.ppf((1 + LEVEL) / 2, k - 1)
    for _ in range(4 * runs):
        chosen = np.isin(partners, rng.choice(names, k, replace=False))
        x, codes = design[chosen].to_numpy(), pd.factorize(partners[chosen])[0]
        scatter = np.exp(np.sqrt(spread) * rng.standard_normal(k) - spread / 2)[codes]
        flows = np.rint(np.exp(x @ truth) * scatter * np.exp(0.2 * rng.standard_normal(len(x)) - 0.02))
        try:
            with np.errstate(all="ignore"):
                found = gravity_errors(flows, x, codes, truth)
        except np.linalg.LinAlgError:
            continue
        if not np.isfinite(found["jackknife"]).all():  # not identified without some partner: the report refuses, too
            continue
        zeros.append(float((flows == 0).mean()))
        for kind in ("jackknife", "clustered"):
            for term, i in zip(TERMS, at, strict=True):
                gap = abs(found["estimate"][i] - truth[i])
                held[f"gravity_{kind}_{term}"].append(float(gap <= reach * found[kind][i]))
        if len(zeros) == runs:
            break
    return {name: np.array(hits) for name, hits in held.items()}, float(np.mean(zeros))


# The grid


JUMPS = stated("counts are whole numbers, so that the coverage of one share swings round the mean over all shares")
FEW = stated("so few studies hardly tell how far studies differ")
RARE = stated("most counts are small, and their log odds are not normal")
LIKELIHOOD = stated("maximum likelihood takes the spread between few studies for smaller than it is")
MEMORY = stated("errors of successive dates hang together, which the interval does not know")
OTHER = stated("the world is not the one the model assumes")
HALF = stated(
    "half of the forecast's paths follow constant growth and half a ceiling, and one of the two is wrong in each case"
)
SHORT = stated("the series ends hardly past the inflection")
READING = stated(
    "the highest level is taken as reached; where it is a reading with errors, it may lie above the ceiling"
)
LEVERAGE = stated("few partners hold most of the trade, and the theory is one of many alike")
IGNORED = stated("answers of one firm hang together, which the interval does not know")
LEANING = stated("large buyers answered more readily, and nothing repairs it")
TEN = stated("ten firms are few for an error between firms")
T_PROOF = stated("outcomes differ in precision; the t interval is proven for that from 95% on only")


def share_cells() -> list[Cell]:
    both = ("share_wilson", "share_jeffreys")
    cells = [
        Cell(plain_shares, 1, "one share", {"n": n, "share": share}, dict.fromkeys(both, JUMPS))
        for n in (10, 30, 100, 300, 1000)
        for share in (0.01, 0.05, 0.2, 0.5)
    ]
    cells += [
        Cell(mean_over_shares, 1, "mean over all shares", {"n": n}, dict.fromkeys(both, NOMINAL))
        for n in (10, 30, 100, 300)
    ]
    for k in (3, 5, 8, 15):
        for share in (0.03, 0.38):
            for spread in (0.0, 0.25):
                promise = CONSERVATIVE if spread == 0 else FEW if k == 3 else RARE if share < 0.1 else NOMINAL
                at = {"k": k, "share": share, "spread": spread}
                promises = {
                    "pooled_logit": promise,
                    "pooled_glmm": LIKELIHOOD if promise == NOMINAL and k < 10 else promise,
                }
                cells.append(Cell(pooled, 1000, "studies of 40 to 300 answers", at, promises))
    cells += [
        Cell(nested, 1000, "one to five estimates a maker", {"k": k, "spread": 0.09}, {"three_level_cr2": NOMINAL if k > 4 else FEW})
        for k in (4, 6, 12)
    ]  # fmt: skip
    for share in (0.05, 0.3):
        for n in (60, 200, 600):
            promises = {"survey_raked": CONSERVATIVE, "survey_unweighted": LEANING}
            cells.append(Cell(raked, 2000, "raked to size and place", {"n": n, "share": share}, promises))
        for k, n in ((10, 150), (40, 600)):
            promises = {"survey_clustered": NOMINAL if k > 10 else TEN, "survey_clusters_ignored": IGNORED}
            cells.append(Cell(clustered, 2000, "15 answers a firm", {"k": k, "n": n, "share": share}, promises))
    return cells


def series_cells() -> list[Cell]:
    cells = []
    for memory, words in ((0.0, "independent errors"), (0.5, "errors with a memory of 0.5")):
        promises = dict.fromkeys(("growth_rate", "growth_prediction"), MEMORY if memory else NOMINAL)
        cells += [
            Cell(growth, 4000, words, {"n": n, "spread": 0.05}, promises, {"memory": memory}) for n in (3, 4, 6, 10)
        ]
    for n in (4, 8):
        for ceiling, words in (
            (np.inf, "constant growth for ever"),
            (5.0, "a ceiling at 5 times the last total"),
            (2.0, "a ceiling at twice the last total"),
        ):
            line = NOMINAL if np.isinf(ceiling) else OTHER
            promises = {"forecast_constant_growth": line, "forecast_pooled": HALF, "forecast_ceiling": OTHER}
            cells.append(Cell(market, 2000, words, {"n": n, "spread": 0.03}, promises, {"ceiling": ceiling}))  # fmt: skip
    for n in (8, 14):
        for spread in (0.05, 0.15):
            promises = {"ceiling_profile": NOMINAL, "ceiling_bootstrap": NOMINAL, "curve_fan": CONSERVATIVE}  # cut at 0
            cells.append(
                Cell(bass, 1000, "additions of a Bass curve past its peak", {"n": n, "spread": spread}, promises)
            )
    for n, spread, memory in (
        (6, 0.02, 0.0),
        (6, 0.1, 0.0),
        (10, 0.02, 0.0),
        (10, 0.1, 0.0),
        (14, 0.02, 0.0),
        (14, 0.1, 0.0),
        (14, 0.1, 0.5),
    ):
        promise = MEMORY if memory else SHORT if n == 6 else NOMINAL
        promises = dict.fromkeys(("ceiling_profile", "ceiling_bootstrap", "curve_fan"), promise)
        words = "levels of a logistic curve, " + ("errors with a memory of 0.5" if memory else "independent errors")
        promises["ceiling_profile_reached"] = READING
        cells.append(Cell(logistic, 1000, words, {"n": n, "spread": spread}, promises, {"memory": memory}))  # fmt: skip
    for k in (3, 5, 10):
        for ranges, words in ((False, "single figures"), (True, "three outcomes of ten told as ranges")):
            safe = CONSERVATIVE if ranges else NOMINAL
            promises = {
                "record_mean": T_PROOF if k == 3 and not ranges else safe,
                "record_median": CONSERVATIVE,
                "record_next": safe,
            }
            if k < 5:
                del promises["record_median"]  # no interval of a median
            cells.append(Cell(record, 2000, words, {"k": k}, promises, {"ranges": ranges}))  # fmt: skip
    for k in (30, 55):
        for spread in (0.25, 1.0):
            promises = {f"gravity_{kind}_{term}": LEVERAGE for kind in ("jackknife", "clustered") for term in TERMS}
            cells.append(Cell(gravity, 2000, "partners of the shipped flows", {"k": k, "spread": spread}, promises))
    return cells


def grid() -> list[Cell]:
    """Return all cells."""
    return [*share_cells(), *series_cells()]


def run_cell(at: int) -> pd.DataFrame:
    return grid()[at].run()


if __name__ == "__main__":
    write(TABLE, run_cell, len(grid()))
