"""The random-effects model behind meta-analysis: what goes in, tau2, and generalised least squares under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats

Method = Literal["reml", "pm", "dl"]
Interval = Literal["wald", "hk", "hk_modified"]

INTERCEPT = "intercept"


def check_choice(name: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a word that is not among those allowed.

    Parameters
    ----------
    name : str
        Name of the argument.
    value : str
        What was given.
    allowed : sequence of str
        What may be given.

    Raises
    ------
    ParameterError
        If the value is not allowed.
    """
    if value not in allowed:
        raise ParameterError(f"{name}: got {value!r}.", remedy=choices(value, allowed))


def check_level(level: float) -> None:
    """Refuse a confidence level outside 0 to 1.

    Parameters
    ----------
    level : float
        Confidence level.

    Raises
    ------
    ParameterError
        If it is not strictly between 0 and 1.
    """
    if not 0 < level < 1:
        raise ParameterError(f"level: must lie between 0 and 1, got {level!r}")


def checked(effects: ArrayLike, variances: ArrayLike) -> tuple[Floats, Floats]:
    """Return estimates and sampling variances as arrays, or refuse them.

    Parameters
    ----------
    effects : array_like of float, shape (k,)
        Estimates, on the scale on which they are about normal (logarithms of ratios, logits of shares).
    variances : array_like of float, shape (k,)
        Their sampling variances: squares of the standard errors.

    Returns
    -------
    tuple of ndarray
        Both, as floats.

    Raises
    ------
    ParameterError
        If lengths differ, there are fewer than two, a number is missing, infinite or beyond 1e50, or a variance is not above 0.
    """
    try:
        y, v = np.asarray(effects, dtype=float), np.asarray(variances, dtype=float)
    except (TypeError, ValueError):
        raise ParameterError("effects, variances: every value must be a number") from None
    if y.ndim != 1 or v.ndim != 1 or len(y) != len(v):
        raise ParameterError(f"effects, variances: must be two lists of one length, got shapes {y.shape} and {v.shape}")
    if len(y) < 2:
        raise ParameterError(f"effects: two estimates are needed for a spread between studies, got {len(y)}")
    for name, values, wrong, must in (
        ("effects", y, ~np.isfinite(y), "be a finite number"),
        ("variances", v, ~(np.isfinite(v) & (v > 0)), "be finite and above 0"),
        ("effects", y, np.abs(y) > 1e50, "lie within 1e50"),
        ("variances", v, (v < 1e-50) | (v > 1e50), "lie between 1e-50 and 1e50"),
    ):
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            raise ParameterError(f"{name}: every value must {must}, got {values[at]} at position {at}")
    return y, v


def design_matrix(design: pd.DataFrame | None, n: int, *, intercept: bool = True) -> tuple[tuple[str, ...], Floats]:
    """Return the names and values of a model's columns, or refuse them.

    Parameters
    ----------
    design : pandas.DataFrame or None, shape (n, moderators)
        Moderators as numbers, categories as 0/1 columns; None for a model of the intercept alone.
    n : int
        Number of estimates.
    intercept : bool, default True
        Whether to put a column of ones first.

    Returns
    -------
    tuple
        Names, and the matrix of shape (n, coefficients).

    Raises
    ------
    ParameterError
        If rows do not match, a value is not a finite number, a name stands twice, nothing is left, or columns are collinear.
    """
    frame = pd.DataFrame(index=range(n)) if design is None else design
    if len(frame) != n:
        raise ParameterError(f"design: has {len(frame)} rows for {n} estimates")
    names = (*([INTERCEPT] if intercept else []), *map(str, frame.columns))
    if len(set(names)) != len(names):
        raise ParameterError(f"design: a column name stands twice among {', '.join(names)}")
    if not names:
        raise ParameterError("design: there is neither an intercept nor a moderator")
    try:
        values = frame.to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise ParameterError("design: every column must be numbers; write a category as 0/1 columns") from None
    x = np.column_stack([np.ones(n), values]) if intercept else values
    if not np.isfinite(x).all():
        raise ParameterError("design: every value must be a finite number")
    scaled = x / np.where(np.abs(x).max(axis=0) > 0, np.abs(x).max(axis=0), 1.0)
    for j in range(x.shape[1]):
        if np.linalg.matrix_rank(scaled[:, : j + 1]) <= j:
            raise ParameterError(
                f"design: column {names[j]!r} follows from the columns before it, so its coefficient is not identified"
            )
    return names, x


@dataclass(frozen=True, eq=False)
class Contrasts:
    """The error contrasts K'y, turned so that their covariance is diagonal for every tau2: variance d + tau2 each.

    Likelihood, Q and all estimators of tau2 are then sums over k - p independent squares, whatever the moderators.
    """

    d: Floats
    squares: Floats

    @classmethod
    def of(cls, y: Floats, v: Floats, x: Floats) -> Contrasts:
        """Turn estimates with these variances and this design."""
        basis = np.linalg.qr(x, mode="complete")[0][:, x.shape[1] :]
        d, turn = np.linalg.eigh(basis.T @ (v[:, None] * basis))
        return cls(np.maximum(d, v.min()), (turn.T @ (basis.T @ y)) ** 2)

    def q(self, tau2: float) -> float:
        """Return the weighted sum of squared residuals under a tau2."""
        return float((self.squares / (self.d + tau2)).sum())

    def log_likelihood(self, tau2: Floats) -> Floats:
        """Return the restricted log likelihood without its constants, for any number of tau2."""
        total = self.d + np.asarray(tau2)[..., None]
        return -0.5 * (np.log(total) + self.squares / total).sum(axis=-1)

    def where_q_is(self, target: float) -> float:
        """Return the tau2 at which Q has fallen to the target; 0 if it starts below."""
        if self.q(0.0) <= target:
            return 0.0
        most = 2 * float(self.squares.sum()) / target
        return float(optimize.brentq(lambda t: self.q(t) - target, 0.0, most, xtol=1e-14 * most, rtol=1e-14))

    def dl(self) -> float:
        """Return DerSimonian and Laird's tau2."""
        return max(0.0, (self.q(0.0) - len(self.d)) / float((1 / self.d).sum()))

    def pm(self) -> float:
        """Return Paule and Mandel's tau2."""
        return self.where_q_is(float(len(self.d)))

    def reml(self) -> float:
        """Maximise the restricted likelihood: scoring from the best point of a grid, within its neighbours."""
        peaks = self.squares - self.d
        most = float(peaks.max())
        if most <= 0:
            return 0.0
        # No maximum lies above the largest single peak; the likelihood may have several below it.
        grid = np.unique(np.concatenate([[0.0], peaks[peaks > 0], most * np.linspace(0, 1, 17) ** 2, [2 * most]]))
        best = int(np.argmax(self.log_likelihood(grid)))
        low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
        found = self._score(float(grid[best]), low, high)
        if found is not None:
            return found
        bounded = optimize.minimize_scalar(
            lambda t: -float(self.log_likelihood(t)),
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-12 * most},
        )
        return float(bounded.x)

    def _score(self, tau2: float, low: float, high: float) -> float | None:
        """Newton steps, Fisher's where the likelihood is not concave; None if they run out of the bracket."""
        for _ in range(60):
            s = 1 / (self.d + tau2)
            score, expected = float((self.squares * s * s - s).sum()), float((s * s).sum())
            observed = 2 * float((self.squares * s**3).sum()) - expected
            new = min(max(tau2 + score / (observed if observed > 0 else expected), low), high)
            if abs(new - tau2) <= 1e-13 * (new + float(self.d[0])):
                return new if low < new < high or new == 0 else None
            tau2 = new
        return None

    def tau2(self, method: Method) -> float:
        """Return tau2 by the method named."""
        return {"reml": self.reml, "pm": self.pm, "dl": self.dl}[method]()

    def tau2_interval(self, level: float) -> tuple[float, float]:
        """Return the Q-profile interval."""
        m, tail = len(self.d), (1 - level) / 2
        return self.where_q_is(float(special.chdtri(m, tail))), self.where_q_is(float(special.chdtri(m, 1 - tail)))

    def i2_h2(self, tau2: float) -> tuple[float, float]:
        """Return I2 (a share) and H2 against the typical sampling variance."""
        typical = len(self.d) / float((1 / self.d).sum())
        return tau2 / (tau2 + typical), 1 + tau2 / typical


@dataclass(frozen=True, eq=False)
class Fit:
    """Generalised least squares under one tau2."""

    y: Floats
    v: Floats
    x: Floats
    contrasts: Contrasts
    tau2: float
    beta: Floats
    bread: Floats

    @classmethod
    def of(cls, y: Floats, v: Floats, x: Floats, method: Method) -> Fit:
        """Estimate tau2, then the coefficients."""
        contrasts = Contrasts.of(y, v, x)
        tau2 = contrasts.tau2(method)
        root = 1 / np.sqrt(v + tau2)
        q, r = np.linalg.qr(root[:, None] * x)
        inverse = np.linalg.inv(r)
        return cls(y, v, x, contrasts, tau2, inverse @ (q.T @ (root * y)), inverse @ inverse.T)

    @property
    def weights(self) -> Floats:
        """Weights, not summing to anything in particular."""
        return 1 / (self.v + self.tau2)

    @property
    def hat(self) -> Floats:
        """Diagonal of the hat matrix."""
        return np.einsum("ij,jk,ik->i", self.x, self.bread, self.x) * self.weights

    def covariance(self, interval: Interval) -> Floats:
        """Return the covariance of the coefficients that an interval is made of."""
        if interval == "wald":
            return self.bread
        spread = self.contrasts.q(self.tau2) / len(self.contrasts.d)
        if interval == "hk" and float(self.contrasts.squares.sum()) <= 1e-24 * float(self.y @ self.y):
            raise ParameterError(
                "interval: the estimates do not differ at all, so the Hartung-Knapp variance is 0 and its interval has no width.",
                remedy="Use 'hk_modified' or 'wald'.",
            )
        return self.bread * (max(1.0, spread) if interval == "hk_modified" else spread)

    def quantile(self, interval: Interval, level: float) -> float:
        """Return how many standard errors an interval reaches to each side."""
        upper = (1 + level) / 2
        return float(special.ndtri(upper) if interval == "wald" else special.stdtrit(len(self.contrasts.d), upper))

    def ahead(self, variance: ArrayLike, level: float) -> Floats:
        """Return half the width of the prediction interval around fitted values of these variances."""
        df = len(self.contrasts.d) - 1
        quantile = float(special.stdtrit(df, (1 + level) / 2)) if df else np.inf
        return quantile * np.sqrt(self.tau2 + np.asarray(variance, dtype=float))

    def heterogeneity(self) -> dict[str, float]:
        """Return tau2, q, q_p, i2 and h2."""
        q = self.contrasts.q(0.0)
        i2, h2 = self.contrasts.i2_h2(self.tau2)
        return {"tau2": self.tau2, "q": q, "q_p": float(special.chdtrc(len(self.contrasts.d), q)), "i2": i2, "h2": h2}


def coefficient_table(
    names: Sequence[str], estimate: Floats, error: Floats, df: ArrayLike, *, level: float
) -> pd.DataFrame:
    """Lay out coefficients with t tests and intervals.

    Parameters
    ----------
    names : sequence of str
        Terms.
    estimate, error : ndarray of float
        Coefficients and their standard errors.
    df : array_like of float
        Degrees of freedom; infinite for the normal distribution.
    level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        term, estimate, std_error, statistic, df, p, conf_low, conf_high, level.
    """
    freedom = np.broadcast_to(np.asarray(df, dtype=float), estimate.shape)
    normal = np.isinf(freedom)
    held = np.where(normal, 1.0, freedom)
    quantile = np.where(normal, special.ndtri((1 + level) / 2), special.stdtrit(held, (1 + level) / 2))
    statistic = estimate / error
    p = 2 * np.where(normal, special.ndtr(-np.abs(statistic)), special.stdtr(held, -np.abs(statistic)))
    return pd.DataFrame({
        "term": list(names), "estimate": estimate, "std_error": error, "statistic": statistic, "df": freedom, "p": p,
        "conf_low": estimate - quantile * error, "conf_high": estimate + quantile * error, "level": level,
    })  # fmt: skip
