"""Dependence between inputs: rank correlations, checked, and brought into draws by a Gaussian copula or by reordering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats, open_interval

Correlations = tuple[tuple[str, str, float], ...]
"""Rank correlations by pair: name, name, Spearman's coefficient; pairs not named are independent."""

TOLERANCE = 1e-9


def pearson_of_spearman(rank: Floats | float) -> Floats:
    """Turn Spearman's rank correlation into the correlation of the bivariate normal that has it.

    Parameters
    ----------
    rank : ndarray of float or float
        Spearman's coefficient, from -1 to 1.

    Returns
    -------
    ndarray of float
        ``2 sin(pi rank / 6)``. Taking the rank correlation itself instead makes the dependence too weak.

    References
    ----------
    Kruskal, W. H. (1958). Ordinal measures of association. Journal of the American Statistical Association 53.
    https://doi.org/10.2307/2281954
    """
    return np.asarray(2 * np.sin(np.pi * np.asarray(rank, dtype=float) / 6))


def spearman_of_pearson(correlation: Floats | float) -> Floats:
    """Turn the correlation of a bivariate normal into its Spearman's rank correlation.

    Parameters
    ----------
    correlation : ndarray of float or float
        Correlation, from -1 to 1.

    Returns
    -------
    ndarray of float
        ``6 / pi arcsin(correlation / 2)``.
    """
    return np.asarray(6 / np.pi * np.arcsin(np.asarray(correlation, dtype=float) / 2))


def nearest_correlation(matrix: Floats) -> Floats:
    """Find the correlation matrix nearest to a symmetric matrix, in the sum of squared differences.

    Parameters
    ----------
    matrix : ndarray of float, shape (inputs, inputs)
        Symmetric.

    Returns
    -------
    ndarray of float, shape (inputs, inputs)
        Symmetric, ones on the diagonal, no negative eigenvalue.

    References
    ----------
    Higham, N. J. (2002). Computing the nearest correlation matrix. IMA Journal of Numerical Analysis 22(3).
    https://doi.org/10.1093/imanum/22.3.329 (alternating projections with Dykstra's correction)
    """
    y = np.asarray(matrix, dtype=float).copy()
    correction = np.zeros_like(y)
    for _ in range(2000):
        r = y - correction
        eigenvalues, vectors = np.linalg.eigh(r)
        x = (vectors * np.maximum(eigenvalues, 0.0)) @ vectors.T
        correction = x - r
        before, y = y, x.copy()
        np.fill_diagonal(y, 1.0)
        if np.abs(y - before).max() < 1e-12:
            break
    # What is left of the last projection's error goes by shrinking towards independence, by as much as it takes.
    least = float(np.linalg.eigvalsh(y)[0])
    if least < 0:
        y = y / (1 - least)
        np.fill_diagonal(y, 1.0)
    return np.asarray((y + y.T) / 2)


def correlation_matrix(names: Sequence[str], correlations: Correlations) -> Floats:
    """Build and check the matrix of rank correlations.

    Parameters
    ----------
    names : sequence of str
        Inputs, in the order of the matrix.
    correlations : tuple of (str, str, float)
        Spearman's coefficients by pair; pairs not named get 0.

    Returns
    -------
    ndarray of float, shape (inputs, inputs)
        Rank correlations whose Gaussian copula exists.

    Raises
    ------
    ParameterError
        If a pair names an unknown input, an input and itself, or stands twice; if a coefficient is outside -1 to 1; or if
        no joint distribution has these correlations: names the pairs that must give way, and the nearest values that
        work.
    """
    names = tuple(names)
    matrix = np.eye(len(names))
    seen: set[frozenset[str]] = set()
    for first, second, rank in correlations:
        pair = f"correlations: {first} with {second}"
        for name in (first, second):
            if name not in names:
                raise ParameterError(f"{pair}: no input is called {name!r}.", remedy=choices(name, names))
        if first == second:
            raise ParameterError(f"{pair}: an input cannot be correlated with itself")
        if frozenset((first, second)) in seen:
            raise ParameterError(f"{pair}: the pair stands twice")
        if not -1 <= rank <= 1:
            raise ParameterError(f"{pair}: a rank correlation must lie between -1 and 1, got {rank:g}")
        seen.add(frozenset((first, second)))
        i, j = names.index(first), names.index(second)
        matrix[i, j] = matrix[j, i] = rank
    return check_correlation_matrix(matrix, names=names)


def check_correlation_matrix(matrix: Floats, *, names: Sequence[str]) -> Floats:
    """Check a whole matrix of rank correlations.

    Parameters
    ----------
    matrix : ndarray of float, shape (inputs, inputs)
        Spearman's coefficients.
    names : sequence of str
        Inputs, in the order of the matrix.

    Returns
    -------
    ndarray of float, shape (inputs, inputs)
        The matrix.

    Raises
    ------
    ParameterError
        If it is no correlation matrix; names the pairs, and the nearest values that work.
    """
    matrix = np.asarray(matrix, dtype=float)
    n = len(names)
    if matrix.shape != (n, n):
        raise ParameterError(
            f"correlations: must be {n} by {n} for {n} inputs, got {' by '.join(map(str, matrix.shape))}"
        )
    for i in range(n):
        if not abs(matrix[i, i] - 1) <= TOLERANCE:
            raise ParameterError(f"correlations: {names[i]} with itself must be 1, got {matrix[i, i]:g}")
        for j in range(i):
            pair = f"correlations: {names[j]} with {names[i]}"
            if not abs(matrix[i, j] - matrix[j, i]) <= TOLERANCE:
                raise ParameterError(
                    f"{pair}: is {matrix[j, i]:g} one way and {matrix[i, j]:g} the other; must be the same"
                )
            if not abs(matrix[i, j]) <= 1:
                raise ParameterError(f"{pair}: a rank correlation must lie between -1 and 1, got {matrix[i, j]:g}")
    normal = pearson_of_spearman(matrix)
    if n < 2 or float(np.linalg.eigvalsh(normal)[0]) >= -TOLERANCE:
        return matrix
    near = _in_two_decimals(matrix, spearman_of_pearson(nearest_correlation(normal)))
    told = [
        f"{names[j]} with {names[i]} {near[i, j]:g}" + (f" instead of {matrix[i, j]:g}" if matrix[i, j] else "")
        for j in range(n)
        for i in range(j + 1, n)
        if abs(near[i, j] - matrix[i, j]) > 0.005
    ]
    raise ParameterError(
        f"correlations: no inputs can have all of these at once: {', '.join(_clash(matrix, normal, names))}.",
        remedy=f"Nearest that can: {', '.join(told)}.",
    )


def _in_two_decimals(matrix: Floats, near: Floats) -> Floats:
    """Cut what moved to what can be typed, and pull it towards independence until that is a correlation matrix again."""
    moved = np.abs(near - matrix) > 0.005
    shown = near
    for step in range(101):
        shown = np.where(moved, np.trunc(100 * near * (1 - 0.01 * step)) / 100 + 0.0, matrix)
        if float(np.linalg.eigvalsh(pearson_of_spearman(shown))[0]) >= -TOLERANCE:
            break
    return shown


def _clash(matrix: Floats, normal: Floats, names: Sequence[str]) -> list[str]:
    """Name the pairs among the inputs that make the most negative direction."""
    direction = np.linalg.eigh(normal)[1][:, 0]
    guilty = [int(i) for i in np.argsort(-np.abs(direction)) if abs(direction[i]) > 0.1]
    pairs = [(i, j) for i in sorted(guilty) for j in sorted(guilty) if i < j and matrix[i, j] != 0]
    return [f"{names[i]} with {names[j]} {matrix[i, j]:g}" for i, j in pairs]


def factor(matrix: Floats) -> Floats:
    """Factor correlation matrices into lower triangles, where they are singular too.

    Parameters
    ----------
    matrix : ndarray of float, shape (..., inputs, inputs)
        Positive semidefinite.

    Returns
    -------
    ndarray of float, shape (..., inputs, inputs)
        Lower triangles whose product with their transpose is the matrix; a column is 0 where an input is a combination of
        those before it.
    """
    matrix = np.asarray(matrix, dtype=float)
    lower = np.zeros_like(matrix)
    for j in range(matrix.shape[-1]):
        known = lower[..., :, :j] @ lower[..., j, :j, None]
        column = matrix[..., :, j] - known[..., 0]
        pivot = column[..., j]
        root = np.sqrt(np.where(pivot > TOLERANCE, pivot, 1.0))
        lower[..., j:, j] = np.where((pivot > TOLERANCE)[..., None], column[..., j:] / root[..., None], 0.0)
    return lower


def gaussian_copula(uniforms: Floats, *, ranks: Floats) -> Floats:
    """Bring rank correlations into uniforms by a Gaussian copula.

    Parameters
    ----------
    uniforms : ndarray of float, shape (draws, inputs)
        Independent, strictly between 0 and 1.
    ranks : ndarray of float, shape (inputs, inputs)
        Spearman's coefficients, checked.

    Returns
    -------
    ndarray of float, shape (draws, inputs)
        Uniforms with these rank correlations. The first column is unchanged.
    """
    normals = ndtri(np.asarray(uniforms, dtype=float)) @ factor(pearson_of_spearman(ranks)).T
    return open_interval(ndtr(normals))


def iman_conover(
    columns: Mapping[str, Floats], *, names: Sequence[str], ranks: Floats, scores: Floats
) -> dict[str, Floats]:
    """Reorder draws so that they have rank correlations, each column keeping exactly its own values.

    Parameters
    ----------
    columns : mapping of str to ndarray of float, shape (draws,)
        Draws of each input.
    names : sequence of str
        Inputs, in the order of `ranks` and of the columns of `scores`.
    ranks : ndarray of float, shape (inputs, inputs)
        Spearman's coefficients, checked.
    scores : ndarray of float, shape (draws, inputs)
        Independent uniforms that decide the order.

    Returns
    -------
    dict of str to ndarray of float
        Draws by name.

    References
    ----------
    Iman, R. L. & Conover, W. J. (1982). A distribution-free approach to inducing rank correlation among input variables.
    Communications in Statistics - Simulation and Computation 11(3). https://doi.org/10.1080/03610918208812265

    Notes
    -----
    The scores are whitened by their own correlations first, so that chance correlation among them does not remain, and
    then given the normal correlations whose rank correlations are those wanted.
    """
    normals = ndtri(np.asarray(scores, dtype=float))
    own = factor(np.corrcoef(normals, rowvar=False).reshape(len(names), len(names)))
    white = np.linalg.solve(own, ((normals - normals.mean(axis=0)) / normals.std(axis=0)).T).T
    wanted = white @ factor(pearson_of_spearman(ranks)).T
    order = np.argsort(np.argsort(wanted, axis=0, kind="stable"), axis=0, kind="stable")
    return {name: np.sort(columns[name])[order[:, j]] for j, name in enumerate(names)}
