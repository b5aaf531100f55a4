"""Inputs of questions that stand beside the cost model: what hours earn, what an expert costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lpo_analysis.evidence import Candidate, climb
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.methods.inputs import Input, Inputs, Kind
from lpo_analysis.results import Result, not_estimable
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.wording import count


def climbed(
    name: str, label: str, unit: str, candidates: Sequence[Candidate], *, widening: float, kind: Kind = "lognormal"
) -> Input | None:
    """Put the first candidate that bears an input on its rung.

    Parameters
    ----------
    name, label, unit : str
        As in `lpo_analysis.methods.inputs.Input`.
    candidates : sequence of Candidate
        In order of preference.
    widening : float
        Factor by which a borrowed or lone figure is widened.
    kind : str, default 'lognormal'
        Shape; a share is ``logitnormal``.

    Returns
    -------
    Input or None
        None where no candidate has a usable figure.
    """
    found = climb(candidates, widening=widening, share=kind == "logitnormal")
    if found is None:
        return None
    return Input(name, label, unit, found.low, found.high, kind, found.rung, found.basis, found.rows)


def assumed(name: str, label: str, unit: str, bounds: Sequence[float], *, kind: Kind) -> Input:
    """Make an input of a parameter of the report.

    Parameters
    ----------
    name, label, unit : str
        As in `lpo_analysis.methods.inputs.Input`; the name is the parameter's.
    bounds : sequence of float
        The range.
    kind : str
        Shape.

    Returns
    -------
    Input
        On rung 4.
    """
    return Input(name, label, unit, bounds[0], bounds[1], kind, 4, f"parameter {name}")


def draw_beside(items: Sequence[Input], parameters: Parameters) -> dict[str, Floats]:
    """Draw inputs that the cost model does not have, independent of its draws.

    Parameters
    ----------
    items : sequence of Input
        The inputs.
    parameters : Parameters
        Number of draws and seed.

    Returns
    -------
    dict of str to ndarray of float
        Draws by name.

    Notes
    -----
    Two scramblings of Sobol' points share the order of their digits, so the rows are put into random order: only then may they
    stand beside the draws of the cost model row by row.
    """
    inputs = Inputs(tuple(items))
    drawn = inputs.draw(uniforms(inputs.names, draws=parameters.draws, seed=(parameters.seed + 2) % 2**32))
    order = np.random.default_rng(parameters.seed).permutation(parameters.draws)
    return {name: values[order] for name, values in drawn.items()}


def rungs_in_words(items: Sequence[Input]) -> str:
    """Say on which rungs inputs stand.

    Parameters
    ----------
    items : sequence of Input
        The inputs.

    Returns
    -------
    str
        The beginning of a sentence, such as ``None of 5 inputs is fitted or stated, 3 are borrowed or a lone figure, 2 assumed``.
    """
    n = {rung: sum(item.rung == rung for item in items) for rung in (1, 2, 3, 4)}
    firm = n[1] + n[2]
    weak = f"{n[3]} {'is' if n[3] == 1 else 'are'} borrowed or a lone figure, {n[4]} assumed"
    return f"{firm or 'None'} of {count(len(items), 'input')} {'is' if firm < 2 else 'are'} fitted or stated, {weak}"


def unknown(
    name: str, what: str, reason: str, *, terms: Mapping[str, str] | None = None, level: float, unit: str = "share"
) -> Result:
    """Return a result that says what is not estimable, and why.

    Parameters
    ----------
    name : str
        Name of the result.
    what : str
        The quantity, as the beginning of a sentence.
    reason : str
        Why not, as the words after "because".
    terms : mapping of str to str, optional
        Terms that would have been estimated, with their labels.
    level : float
        The level asked for.
    unit : str, default 'share'
        As in the table.

    Returns
    -------
    Result
        With ``estimable`` false.
    """
    result = not_estimable(name, reason, terms=terms or {name: what}, level=level, unit=unit)
    return replace(result, text=f"{what} is not estimable, because {reason}.")
