"""What a review left behind: elusion and recall of a finite collection from samples, with the error of those who check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv
from scipy.stats import hypergeom, norm

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.counts import fraction, whole
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, percent, sentence

_HALF = 0.5
_LOST = 0.05


@dataclass(frozen=True)
class Stratum:
    """A part of the collection and the simple random sample taken from it.

    Parameters
    ----------
    name : str
        Name of the part.
    size : int
        Documents in it.
    sampled : int
        Documents drawn without replacement and checked.
    relevant : int
        Documents of the sample called relevant.
    retrieved : bool
        Whether the review retrieved (produced) this part; False for the null set.

    Raises
    ------
    ParameterError
        If a number is no count, the sample is larger than the part, or more are relevant than were sampled.
    """

    name: str
    size: int
    sampled: int
    relevant: int
    retrieved: bool

    def __post_init__(self) -> None:
        whole(f"size of {self.name}", self.size, low=1)
        whole(f"sample of {self.name}", self.sampled, low=1, high=self.size, high_name="its size")
        whole(f"relevant in {self.name}", self.relevant, high=self.sampled, high_name="its sample")


@dataclass(frozen=True)
class Reviewer:
    """How well those who check the samples do, from documents whose status is known.

    Parameters
    ----------
    true_positives : int
        Relevant documents that they called relevant.
    relevant : int
        Relevant documents shown to them.
    true_negatives : int
        Irrelevant documents that they called irrelevant.
    irrelevant : int
        Irrelevant documents shown to them.

    Raises
    ------
    ParameterError
        If a number is no count, or more were called right than were shown.
    """

    true_positives: int
    relevant: int
    true_negatives: int
    irrelevant: int

    def __post_init__(self) -> None:
        whole("relevant documents shown", self.relevant, low=1)
        whole("irrelevant documents shown", self.irrelevant, low=1)
        whole("true_positives", self.true_positives, high=self.relevant, high_name="relevant documents shown")
        whole("true_negatives", self.true_negatives, high=self.irrelevant, high_name="irrelevant documents shown")

    @property
    def sensitivity(self) -> float:
        """Share of the relevant documents called relevant."""
        return self.true_positives / self.relevant

    @property
    def specificity(self) -> float:
        """Share of the irrelevant documents called irrelevant."""
        return self.true_negatives / self.irrelevant


def finite_interval(
    found: int, *, sampled: int, size: int, level: float = 0.90, upper_only: bool = False
) -> tuple[int, int]:
    """Return the exact interval for the number of defects in a finite population.

    Parameters
    ----------
    found : int
        Defects in the sample.
    sampled : int
        Size of the sample, drawn without replacement.
    size : int
        Size of the population.
    level : float, default 0.90
        Confidence level.
    upper_only : bool, default False
        Spend all of the error on the upper end; the lower one is then what was found.

    Returns
    -------
    tuple of int
        Least and greatest number of defects that the sample does not contradict.

    Raises
    ------
    ParameterError
        If more were found than sampled, or more sampled than there are.

    References
    ----------
    Buonaccorsi, J. P. (1987). A note on confidence intervals for proportions in finite populations. The American Statistician.
    """
    fraction("level", level)
    whole("size", size, low=1)
    whole("sampled", sampled, low=1, high=size, high_name="the population")
    whole("found", found, high=sampled, high_name="the sample")
    tail = 1 - level if upper_only else (1 - level) / 2
    low, high = found, size - (sampled - found)
    while low < high:  # the largest number of defects under which so few are still found often enough
        middle = (low + high + 1) // 2
        if hypergeom.cdf(found, size, middle, sampled) > tail:
            low = middle
        else:
            high = middle - 1
    top = low
    if upper_only:
        return found, top
    low, high = found, top
    while low < high:
        middle = (low + high) // 2
        if hypergeom.sf(found - 1, size, middle, sampled) > tail:
            high = middle
        else:
            low = middle + 1
    return low, top


def elusion(found: int, *, sampled: int, null_set: int, level: float = 0.90) -> Result:
    """Test what a review left behind in the documents it did not retrieve.

    Parameters
    ----------
    found : int
        Relevant documents in a random sample of the null set.
    sampled : int
        Size of the sample.
    null_set : int
        Documents not retrieved.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    Result
        Terms elusion (share of the null set) and missed (documents) with two-sided intervals; elusion_at_most and missed_at_most
        with the one-sided upper bound as `conf_high`.

    Raises
    ------
    ParameterError
        As in `finite_interval`.

    References
    ----------
    Grossman, M. R. and Cormack, G. V. (2011). Technology-assisted review in e-discovery can be more effective and more efficient
    than exhaustive manual review. Richmond Journal of Law and Technology 17(3), article 11.
    https://scholarship.richmond.edu/jolt/vol17/iss3/5
    """
    low, high = finite_interval(found, sampled=sampled, size=null_set, level=level)
    most = finite_interval(found, sampled=sampled, size=null_set, level=level, upper_only=True)[1]
    share = found / sampled
    method = "exact hypergeometric"
    table = tidy(
        {"term": term, "estimate": estimate, "conf_low": ends[0], "conf_high": ends[1], "level": level, "n_obs": sampled, "unit": unit, "method": how}
        for term, estimate, ends, unit, how in (
            ("elusion", share, (low / null_set, high / null_set), "share", method),
            ("missed", share * null_set, (low, high), "documents", method),
            ("elusion_at_most", share, (0.0, most / null_set), "share", f"{method}, one-sided"),
            ("missed_at_most", share * null_set, (0.0, float(most)), "documents", f"{method}, one-sided"),
        )
    )  # fmt: skip
    text = (
        f"{found} of {sampled:,} documents sampled from the {null_set:,} not retrieved were relevant: with {percent(level)} confidence at "
        f"most {most:,} were missed, an elusion of {percent(most / null_set, width=0.001)}."
    )
    check = Check(
        "Elusion is not 1 - recall",
        None,
        "How much of what is relevant was found also depends on how much was retrieved: low elusion in a large null set can be low recall.",
    )
    return Result("elusion", table, text, checks=(check,), n_used=sampled)


def recall(
    strata: Sequence[Stratum],
    *,
    level: float = 0.90,
    reviewer: Reviewer | None = None,
    draws: int = 20_000,
    seed: int | None = 0,
) -> Result:
    """Estimate the recall of a review of a finite collection from stratified samples.

    Parameters
    ----------
    strata : sequence of Stratum
        Disjoint parts that make up the collection, some retrieved and some not.
    level : float, default 0.90
        Level of the interval.
    reviewer : Reviewer, optional
        Error of those who checked the samples, the same in all parts; by default none.
    draws : int, default 20000
        Draws of the posterior.
    seed : int, optional
        Seed; None for another result each time.

    Returns
    -------
    Result
        Terms recall, relevant, missed and elusion; without `reviewer` also recall_normal, the normal approximation in common use.
        The intervals are equal-tailed from beta-binomial posteriors under the half prior. With `reviewer`, sensitivity and
        specificity are drawn from their beta posteriors, weighted by how well they agree with the samples (fewer called relevant
        than there would be false alarms speaks for a higher specificity); the share called relevant is drawn between its bounds
        1 - specificity and sensitivity, and the true status of sampled and unsampled documents given them; without error this is
        the plain posterior. Not estimable
        where nothing relevant was found, or the reviewers cannot be told from guessing.

    Raises
    ------
    ParameterError
        If nothing or all is retrieved, or a name stands twice.

    References
    ----------
    Webber, W. (2012). Approximate recall confidence intervals. https://arxiv.org/abs/1202.2880
    Rogan, W. J. and Gladen, B. (1978). Estimating prevalence from the results of a screening test. American Journal of
    Epidemiology 107(1), 71-76. https://doi.org/10.1093/oxfordjournals.aje.a112510
    """
    fraction("level", level)
    whole("draws", draws, low=100)
    names = [part.name for part in strata]
    if len(set(names)) != len(names):
        raise ParameterError(f"strata: a name stands twice among {', '.join(names)}")
    kept = np.array([part.retrieved for part in strata], dtype=bool)
    if not kept.any() or kept.all():
        raise ParameterError("strata: recall needs a part that was retrieved and one that was not")
    terms = ["recall", "relevant", "missed", "elusion"]
    sampled = sum(part.sampled for part in strata)
    method = "beta-binomial posterior, half prior" + ("" if reviewer is None else ", reviewers' error inside")

    def refuse(reason: str) -> Result:
        return not_estimable("recall", reason, terms=terms, level=level, method=method)

    if not any(part.relevant for part in strata):
        return refuse("no document of any sample was called relevant")
    if reviewer is not None and reviewer.sensitivity + reviewer.specificity <= 1:
        return refuse("the reviewers call relevant documents relevant no more often than irrelevant ones")
    best = np.array([part.size * _corrected(part.relevant / part.sampled, reviewer) for part in strata])
    if best.sum() == 0:
        return refuse("the reviewers' false alarms explain all that was called relevant")
    rng = np.random.default_rng(seed)
    yields, lost = _yields(strata, reviewer, draws, rng)
    total = yields.sum(axis=1)
    lost = lost | (total == 0)
    if lost.mean() > _LOST:
        return refuse(
            f"in {percent(float(lost.mean()))} of the draws the reviewers guess, or their false alarms explain all that was called relevant"
        )
    yields, total = yields[~lost], total[~lost]
    missed, left = yields[:, ~kept].sum(axis=1), sum(part.size for part in strata if not part.retrieved)
    drawn = {"recall": 1 - missed / total, "relevant": total, "missed": missed, "elusion": missed / left}
    gone = best[~kept].sum()
    points = {"recall": 1 - gone / best.sum(), "relevant": best.sum(), "missed": gone, "elusion": gone / left}
    units = {"recall": "share", "relevant": "documents", "missed": "documents", "elusion": "share"}
    tails = [0.5 - level / 2, 0.5 + level / 2]
    rows = []
    for term in terms:
        low, high = np.quantile(drawn[term], tails)
        rows.append(
            {"term": term, "estimate": float(points[term]), "std_error": float(drawn[term].std(ddof=1)), "conf_low": float(low), "conf_high": float(high),
             "level": level, "n_obs": sampled, "unit": units[term], "method": method}
        )  # fmt: skip
    if reviewer is None:
        error = _normal_error(strata, kept)
        width = float(norm.ppf(tails[1])) * error
        centre = float(points["recall"])
        rows.append(
            {"term": "recall_normal", "estimate": centre, "std_error": error, "conf_low": centre - width, "conf_high": centre + width,
             "level": level, "n_obs": sampled, "unit": "share", "method": "normal approximation"}
        )  # fmt: skip
    table = tidy(rows)
    at = table.iloc[0]
    ends_text = (
        f"({percent(level)} interval {percent(at['conf_low'], width=0.1)} to {percent(at['conf_high'], width=0.1)})"
    )
    # The estimate is 100% whenever the samples show nothing left behind: that says as much of their size as of the review.
    bound = bool(gone == 0 and at["conf_low"] < 1)
    if bound:
        text = (
            f"The review found at least {percent(at['conf_low'], width=0.1)} of what is relevant {ends_text}; {_none_left(strata)}, "
            "so the point estimate is 100%, which is no finding of its own."
        )
    else:
        text = f"The review found {percent(at['estimate'], width=at['conf_high'] - at['conf_low'])} of what is relevant {ends_text}."
    checks = [
        Check(
            "Elusion is not 1 - recall", None,
            f"Elusion is {percent(float(points['elusion']), width=0.001)}, 1 - recall is {percent(1 - float(points['recall']), width=0.01)}.",
        )
    ]  # fmt: skip
    if bound:
        n = sum(part.sampled for part in strata if not part.retrieved)
        why = "Fewer left behind than none cannot be, so the estimate stops at 100%."
        if not any(part.relevant for part in strata if not part.retrieved):
            rare = percent(1 - 0.5 ** (1 / n), width=0.001)
            why = f"A sample of {n:,} shows none more often than not wherever less than {rare} of what was left behind is relevant."
        checks.append(Check("Recall of 100% is shown", False, f"{sentence(_none_left(strata))}. {why}"))
    if reviewer is None:
        checks.append(
            Check(
                "Reviewers' error",
                None,
                "Those who checked the samples are taken to be right; their error would widen the interval.",
            )
        )
    else:
        told = f"Sensitivity {percent(reviewer.sensitivity)}, specificity {percent(reviewer.specificity)}, as checked; {percent(float(lost.mean()), width=0.01)} of the draws could not be used."
        checks.append(Check("Reviewers' error", not lost.any(), told))
    return Result("recall", table, text, checks=tuple(checks), n_used=sampled)


def _none_left(strata: Sequence[Stratum]) -> str:
    left = [part for part in strata if not part.retrieved]
    called, of = (
        sum(part.relevant for part in left),
        f"{count(sum(part.sampled for part in left), 'document')} sampled from what was not retrieved",
    )
    if called:
        return f"the {called:,} called relevant among {of} are no more than the reviewers' false alarms explain"
    return f"none of {of} was relevant"


def _corrected(share: float, reviewer: Reviewer | None) -> float:
    if reviewer is None:
        return share
    se, sp = reviewer.sensitivity, reviewer.specificity
    return float(np.clip((share + sp - 1) / (se + sp - 1), 0, 1))


def _yields(
    strata: Sequence[Stratum], reviewer: Reviewer | None, draws: int, rng: np.random.Generator
) -> tuple[Floats, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Draw the relevant documents of each part; say in which draws the reviewers are no better than guessing."""
    made = np.empty((draws, len(strata)))
    lost: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = np.zeros(draws, dtype=bool)
    se = sp = np.ones(draws)
    if reviewer is not None:
        se, sp, lost = _reviewers(strata, reviewer, draws, rng)
    for k, part in enumerate(strata):
        hits, misses = part.relevant + _HALF, part.sampled - part.relevant + _HALF
        if reviewer is None:
            true = rng.beta(hits, misses, draws)
        else:
            # With false alarms and misses the share called relevant lies between 1 - sp and se.
            low, high = betainc(hits, misses, 1 - sp), betainc(hits, misses, se)
            called = betaincinv(hits, misses, low + rng.random(draws) * (high - low))
            true = np.clip((called + sp - 1) / (se + sp - 1), 0, 1)
        made[:, k] = rng.binomial(part.size - part.sampled, true)
        if reviewer is None:
            made[:, k] += part.relevant
            continue
        # What a call says about a sampled document, by Bayes' rule.
        yes, no = true * se + (1 - true) * (1 - sp), true * (1 - se) + (1 - true) * sp
        right = np.divide(true * se, yes, out=np.zeros(draws), where=yes > 0)
        wrong = np.divide(true * (1 - se), no, out=np.zeros(draws), where=no > 0)
        made[:, k] += rng.binomial(part.relevant, np.clip(right, 0, 1))
        made[:, k] += rng.binomial(part.sampled - part.relevant, np.clip(wrong, 0, 1))
    return made, lost


def _reviewers(
    strata: Sequence[Stratum], reviewer: Reviewer, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Draw sensitivity and specificity from their posteriors given both the known documents and the samples."""
    se = rng.beta(reviewer.true_positives + _HALF, reviewer.relevant - reviewer.true_positives + _HALF, draws)
    sp = rng.beta(reviewer.true_negatives + _HALF, reviewer.irrelevant - reviewer.true_negatives + _HALF, draws)
    guess = se + sp <= 1
    weight = np.where(guess, 0.0, 1.0)
    for part in strata:
        hits, misses = part.relevant + _HALF, part.sampled - part.relevant + _HALF
        with np.errstate(divide="ignore", invalid="ignore"):
            likely = (betainc(hits, misses, se) - betainc(hits, misses, 1 - sp)) / (
                betainc(_HALF, _HALF, se) - betainc(_HALF, _HALF, 1 - sp)
            )
        weight *= np.where(guess, 0.0, likely)
    if not weight.sum() > 0:
        return np.ones(draws), np.ones(draws), np.full(draws, True)
    reached = weight.cumsum() / weight.sum()
    picked = np.minimum(np.searchsorted(reached, (np.arange(draws) + rng.random()) / draws), draws - 1)
    # Draws that no sample bears out are replaced; reviewers who guess stay counted as lost.
    return np.where(guess, 1.0, se[picked]), np.where(guess, 1.0, sp[picked]), guess


def _normal_error(strata: Sequence[Stratum], kept: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    """Return the standard error of recall by the delta method, with the finite population correction."""
    size = np.array([part.size for part in strata], dtype=float)
    n = np.array([part.sampled for part in strata], dtype=float)
    p = np.array([part.relevant for part in strata]) / n
    variance = size**2 * (1 - n / size) * p * (1 - p) / np.maximum(n - 1, 1)
    found, missed = (size * p)[kept].sum(), (size * p)[~kept].sum()
    return float(np.sqrt(missed**2 * variance[kept].sum() + found**2 * variance[~kept].sum()) / (found + missed) ** 2)
