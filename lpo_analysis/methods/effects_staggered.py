"""Effects where units start at different dates: group-time averages, what they add up to, and bands over all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.effects_panel import Panel, why_not
from lpo_analysis.methods.random_effects import check_choice, check_level

Control = Literal["stayed", "not_yet"]
Base = Literal["universal", "varying"]
Kind = Literal["simple", "group", "calendar", "event"]

LEAST_TESTED = 4
"""Units an effect before the start rests on if it is to be tested."""
LEAST_CONTROLS = 2
"""Units a comparison needs as controls: one shows no error of its own."""


@dataclass(frozen=True)
class PreTest:
    """A joint test that effects before the start are 0.

    Parameters
    ----------
    statistic : float
        The largest absolute t statistic; the Wald statistic without small-sample correction.
    df : int
        Effects tested.
    p_value : float
        The smallest p-value times the number of effects (Bonferroni), which is at most too large; from chi-squared without
        small-sample correction.
    """

    statistic: float
    df: int
    p_value: float


@dataclass(frozen=True, eq=False)
class Aggregate:
    """Group-time effects, averaged.

    Parameters
    ----------
    kind : str
        How: `simple`, `group`, `calendar` or `event`.
    overall : pandas.Series
        estimate, std_error, df, p, conf_low, conf_high, level.
    table : pandas.DataFrame
        One average a row: at (start, period, or periods since the start), estimate, std_error, df, p, conf_low, conf_high (each by
        itself), band_low, band_high (all at once), n_moved, level. Empty for `simple`.
    critical : float
        Standard errors to each side of the simultaneous band were all averages normal; each takes the quantile of its own t
        distribution at that probability. NaN without a band.
    pre_trend : PreTest or None
        For `event`: the test that all averages before the start are 0.
    """

    kind: Kind
    overall: pd.Series
    table: pd.DataFrame
    critical: float = np.nan
    pre_trend: PreTest | None = None


@dataclass(frozen=True, eq=False)
class GroupTime:
    """Average effects on those who started in one period, period by period.

    Parameters
    ----------
    cells : pandas.DataFrame
        group (start), time, base (period compared with), estimate, std_error, n_moved, n_controls, before (whether the period lies
        before the start). The error is missing where one unit started, which cannot show its own.
    panel : Panel
        The panel.
    control : str
        Who the controls are.
    small_sample : bool
        Whether errors are corrected for small groups.
    n_left_out : int
        Group-time effects left out: fewer than two controls, or nobody seen in both periods.
    """

    cells: pd.DataFrame
    panel: Panel
    control: Control
    small_sample: bool
    n_left_out: int
    _psi: Floats = field(repr=False)  # influence of each unit on each cell, units x cells
    _own: Floats = field(repr=False)  # each started unit's own effect, over the number of its group
    _share: NDArray[np.float64] = field(repr=False)  # one over that number where the unit is in the cell

    def _influence(self, weights: Floats, sway: Floats) -> tuple[Floats, bool]:
        """Return units' influence on a weighted sum of cells, and whether it shows an error at all.

        `sway` is what units do to the weights by the size of their group, which is fixed in small samples.
        """
        n, start = len(self.panel.y), self.panel.start
        psi = self._psi @ weights
        if not self.small_sample:
            return psi + sway, True
        used = np.abs(self._share) @ (weights != 0)
        counts = pd.Series(start).map(pd.Series(start).value_counts()).to_numpy()
        lone = (used > 0) & (counts < 2)
        if not lone.any():
            return psi, True
        if lone.sum() == 1:  # measured with the smallest other group in the sum
            others = (used > 0) & ~lone
            if not others.any():
                return psi, False
            smallest = counts[others].min()
            lone = lone | (others & (start == start[others & (counts == smallest)][0]))
        own, share = self._own @ weights, self._share @ weights
        centred = own[lone] - share[lone] * own[lone].sum() / share[lone].sum()
        factor = np.sqrt(lone.sum() / (lone.sum() - 1))
        old = (self._own - self._share * self.cells["estimate"].to_numpy()) @ weights
        scale = np.sqrt(np.maximum(counts, 2) / (np.maximum(counts, 2) - 1))
        psi = psi.copy()
        psi[lone] += n * (factor * centred - (scale * old)[lone])
        return psi, True

    def _error(self, psi: Floats) -> tuple[float, float]:
        """Return the standard error of an influence, and its degrees of freedom."""
        n, panel = len(psi), self.panel
        by = np.bincount(panel.codes, psi) if panel.clustered else psi
        variance = float((by**2).sum()) / n**2
        if not self.small_sample:
            return float(np.sqrt(variance)), np.inf
        if panel.clustered:
            clusters = panel.n_clusters
            return float(np.sqrt(variance * clusters / (clusters - 1))), float(clusters - 1)
        parts = [
            (float((psi[panel.start == g] ** 2).sum()), int((panel.start == g).sum())) for g in np.unique(panel.start)
        ]
        lone = [(v, m) for v, m in parts if m < 2]
        freedom = sum(v**2 / (m - 1) for v, m in parts if m >= 2)
        if lone:
            freedom += sum(v for v, _ in lone) ** 2 / max(len(lone) - 1, 1)
        return float(np.sqrt(variance)), float(sum(v for v, _ in parts) ** 2 / freedom) if freedom else np.inf

    def _cell_errors(self) -> Floats:
        """Return the standard errors of all cells; missing where a unit started alone, or where a period is its own base."""
        by = self._clustered(self._psi) if self.panel.clustered else self._psi
        error = np.sqrt((by**2).sum(axis=0)) / len(self._psi)
        if self.small_sample and self.panel.clustered:
            error = error * np.sqrt(len(by) / (len(by) - 1))
        hidden = (self.cells["time"] == self.cells["base"]) | (self.small_sample & (self.cells["n_moved"] < 2))
        return np.where(hidden, np.nan, error)

    def _row(self, estimate: float, psi: Floats, shown: bool, level: float) -> dict[str, float]:
        error, df = self._error(psi)
        if not shown or error <= 1e-12 * max(1.0, abs(estimate)):
            error = np.nan
        t = estimate / error
        half = _quantile((1 + level) / 2, df) * error
        p = 2 * float(special.ndtr(-abs(t)) if np.isinf(df) else special.stdtr(df, -abs(t)))
        return {
            "estimate": estimate, "std_error": error, "df": df, "p": p,
            "conf_low": estimate - half, "conf_high": estimate + half, "level": level,
        }  # fmt: skip

    def _sizes(self, cells: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Return the cells' weights by size of group, and how units sway them."""
        start, groups = self.panel.start, self.cells["group"].to_numpy(dtype=float)
        member = (start[:, None] == groups[None, :]).astype(float)
        p = member.mean(axis=0) * cells
        total = float(p.sum())
        centred = (member - member.mean(axis=0)) * cells
        sway = centred / total - centred.sum(axis=1, keepdims=True) * p / total**2
        return p / total, sway @ self.cells["estimate"].to_numpy()

    def aggregate(
        self, kind: Kind = "simple", *, level: float = 0.90, draws: int = 999, seed: int | None = None
    ) -> Aggregate:
        """Average the group-time effects.

        Parameters
        ----------
        kind : str, default 'simple'
            `simple`: all effects since the start, by size of group; `group`: by start, then by size of group; `calendar`: by period,
            then evenly; `event`: by periods since the start, those since then evenly.
        level : float, default 0.90
            Level of all intervals.
        draws : int, default 999
            Draws of the multiplier bootstrap behind the simultaneous band.
        seed : int, optional
            Its seed.

        Returns
        -------
        Aggregate
            The overall average, and the averages it is made of.

        Raises
        ------
        ParameterError
            If the kind is unknown, or no effect since a start is estimable.
        """
        check_choice("kind", kind, get_args(Kind))
        check_level(level)
        group, time = (self.cells[name].to_numpy(dtype=float) for name in ("group", "time"))
        since = ~self.cells["before"].to_numpy(dtype=bool)
        if not since.any():
            raise ParameterError("effects: no effect since a start can be estimated with two controls or more")
        estimate = self.cells["estimate"].to_numpy()
        if kind == "simple":
            w, sway = self._sizes(since)
            overall = self._row(float(w @ estimate), *self._influence(w, sway), level)
            return Aggregate(kind, pd.Series(overall), pd.DataFrame(columns=_COLUMNS))
        key = {"group": group, "calendar": time, "event": time - group}[kind]
        chosen = since if kind != "event" else self.cells["time"].ne(self.cells["base"]).to_numpy()
        rows, influences = [], []
        weights, sways = [], []
        for at in np.unique(key[chosen]):
            cells = chosen & (key == at)
            w, sway = self._sizes(cells) if kind != "group" else (cells / cells.sum(), np.zeros(len(self.panel.y)))
            psi, shown = self._influence(w, sway)
            row = self._row(float(w @ estimate), psi, shown, level)
            rows.append({"at": at, **row, "n_moved": int(((self._share != 0) @ cells > 0).sum())})
            influences.append(psi)
            weights.append(w)
            sways.append(sway)
        table = pd.DataFrame(rows)
        after = table["at"].to_numpy() >= 0
        if kind == "group":
            member = self.panel.start[:, None] == table["at"].to_numpy(dtype=float)
            sizes = member.mean(axis=0) / member.mean(axis=0).sum()
            centred = member - member.mean(axis=0)
            total = member.mean(axis=0).sum()
            parts = (centred / total - centred.sum(axis=1, keepdims=True) * sizes / total) @ table[
                "estimate"
            ].to_numpy()
        else:
            sizes = after / after.sum()
            parts = np.zeros(len(self.panel.y))
        w = np.stack(weights, axis=1) @ sizes
        sway = np.stack(sways, axis=1) @ sizes + parts
        overall = self._row(float(w @ estimate), *self._influence(w, sway), level)
        psi = np.stack(influences, axis=1)
        critical = self._critical(psi, table["std_error"].to_numpy(), level, draws, seed)
        # Each average keeps the chance of missing that it has in the joint normal band, at its own degrees of freedom.
        tail = max(float(special.ndtr(critical)), (1 + level) / 2) if np.isfinite(critical) else np.nan
        half = np.array([_quantile(tail, df) for df in table["df"]]) * table["std_error"]
        table = table.assign(band_low=table["estimate"] - half, band_high=table["estimate"] + half)[_COLUMNS]
        pre = self._pre_test(psi[:, ~after], table[~after]) if kind == "event" else None
        return Aggregate(kind, pd.Series(overall), table, critical, pre)

    def _clustered(self, psi: Floats) -> Floats:
        codes = self.panel.codes
        return np.stack([np.bincount(codes, column) for column in psi.T], axis=1)

    def _critical(self, psi: Floats, error: Floats, level: float, draws: int, seed: int | None) -> float:
        """Return the quantile of the largest of all absolute t statistics, by changes of sign of clusters' influence."""
        shown = np.isfinite(error)
        if not shown.any():
            return np.nan
        by = self._clustered(psi[:, shown] / len(psi))
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(draws, len(by)))
        spread = np.sqrt((by**2).sum(axis=0))
        return float(np.quantile(np.abs(signs @ by / spread).max(axis=1), level))

    def _pre_test(self, psi: Floats, table: pd.DataFrame) -> PreTest | None:
        shown = table["std_error"].notna().to_numpy()
        if self.small_sample:
            shown = shown & (table["n_moved"].to_numpy() >= LEAST_TESTED)
        q, clusters = int(shown.sum()), self.panel.n_clusters
        if q == 0:
            return None
        if self.small_sample:
            # Small groups leave the covariance of many averages too poorly known for a Wald test: it would reject far too often.
            t = (table["estimate"] / table["std_error"]).to_numpy()[shown]
            df = np.array([self._error(column)[1] for column in psi[:, shown].T])
            each = 2 * np.where(np.isinf(df), special.ndtr(-np.abs(t)), special.stdtr(df, -np.abs(t)))
            return PreTest(float(np.abs(t).max()), q, min(1.0, q * float(each.min())))
        by = self._clustered(psi[:, shown] / len(psi))
        covariance = by.T @ by
        if clusters <= q + 1 or np.linalg.matrix_rank(covariance) < q:
            return None
        z = table["estimate"].to_numpy()[shown]
        statistic = float(z @ np.linalg.solve(covariance, z))
        return PreTest(statistic, q, float(special.chdtrc(q, statistic)))

    def pre_test(self) -> PreTest | None:
        """Test that all group-time effects before the start are 0.

        Returns
        -------
        PreTest or None
            The test; None where there is no such effect, or more of them than clusters can bear. Finding nothing proves nothing.

        References
        ----------
        Roth, J. (2022). Pretest with caution: event-study estimates after testing for parallel trends. American Economic Review:
        Insights 4(3). https://doi.org/10.1257/aeri.20210236
        """
        before = (self.cells["before"] & self.cells["time"].ne(self.cells["base"])).to_numpy()
        return self._pre_test(self._psi[:, before], self.cells[before])


_COLUMNS = [
    "at", "estimate", "std_error", "df", "p", "conf_low", "conf_high", "band_low", "band_high", "n_moved", "level",
]  # fmt: skip


def _quantile(p: float, df: float) -> float:
    return float(special.ndtri(p) if np.isinf(df) else special.stdtrit(df, p))


def group_time(
    panel: Panel, *, control: Control = "stayed", base: Base = "universal", small_sample: bool = True
) -> GroupTime:
    """Estimate average effects by start and period, comparing only with units not under the change.

    Parameters
    ----------
    panel : Panel
        Outcomes and starts; a unit enters a comparison if it has an outcome in both its periods.
    control : str, default 'stayed'
        `stayed`: units that never start in the window; `not_yet`: those, and units that start later than both periods.
    base : str, default 'universal'
        What periods before the start are compared with: the last period before it, or the period before each (`varying`).
    small_sample : bool, default True
        Whether errors are corrected for small groups: variances divided by n - 1, Welch's degrees of freedom, units that started
        alone measured against each other, sizes of groups taken as given, since the estimate is for the units that did start.
        Without, errors are those of the asymptotic theory.

    Returns
    -------
    GroupTime
        Effects on those who started (ATT(g, t)), under parallel trends of groups and controls and no anticipation.

    Raises
    ------
    ParameterError
        If an option is unknown, or the panel bears no estimate.

    Notes
    -----
    A unit that started alone shows no error of its own: the asymptotic theory takes it as 0. Here the effects of such units are
    compared with each other within each average, which counts real differences between them as error, too.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. Journal of Econometrics 225(2).
    https://doi.org/10.1016/j.jeconom.2020.12.001
    """
    check_choice("control", control, get_args(Control))
    check_choice("base", base, get_args(Base))
    reason = why_not(panel, staggered=control == "not_yet")
    if reason:
        raise ParameterError(f"panel: not estimable, because {reason}")
    n, start = len(panel.y), panel.start
    rows: list[dict[str, object]] = []
    psis, owns, shares, left_out = [], [], [], 0
    for g in panel.cohorts:
        for t in panel.times.astype(int):
            before = t < g
            from_period = g - 1 if base == "universal" or not before else t - 1
            if from_period < panel.first:
                continue
            change = panel.y[:, t - panel.first] - panel.y[:, from_period - panel.first]
            seen = np.isfinite(change)
            moved = seen & (start == g)
            never = np.isinf(start)
            free = never if control == "stayed" else never | ((start > max(t, from_period)) & (start != g))
            free = free & seen
            n_moved, n_free = int(moved.sum()), int(free.sum())
            if n_moved == 0 or n_free < LEAST_CONTROLS:
                left_out += 1
                continue
            there, here = float(change[free].mean()), float(change[moved].mean())
            grow = [np.sqrt(m / (m - 1)) if small_sample and m > 1 else 1.0 for m in (n_moved, n_free)]
            psi = np.zeros(n)
            psi[moved] = n / n_moved * grow[0] * (change[moved] - here)
            psi[free] = -n / n_free * grow[1] * (change[free] - there)
            psis.append(psi)
            owns.append(np.where(moved, np.where(seen, change, 0.0) - there, 0.0) / n_moved)
            shares.append(moved / n_moved)
            rows.append({
                "group": g, "time": t, "base": from_period, "estimate": here - there, "std_error": np.nan,
                "n_moved": n_moved, "n_controls": n_free, "before": before,
            })  # fmt: skip
    if not rows:
        raise ParameterError(
            "panel: not estimable, because no unit that moved was seen before and after it together with two controls"
        )
    cells = pd.DataFrame(rows)
    found = GroupTime(
        cells, panel, control, small_sample, left_out, *(np.stack(m, axis=1) for m in (psis, owns, shares))
    )
    return GroupTime(
        cells.assign(std_error=found._cell_errors()), panel, control, small_sample, left_out, found._psi, found._own,
        found._share,
    )  # fmt: skip
