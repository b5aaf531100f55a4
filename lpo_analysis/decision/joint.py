"""Several models on one set of draws: what they share is one input, what differs by name only is kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.inputs import Coupling, Inputs, draw_jointly


@dataclass(frozen=True, eq=False)
class Joint:
    """Joint draws of several models.

    Parameters
    ----------
    draws : dict of str to dict of str to ndarray of float
        Draws by model and the model's own name of the input. What models share is the same array in each.
    inputs : Inputs
        Every input once; one that differs between models is called ``name@model`` in all but the first that has it.
    names : dict of str to dict of str to str
        Name in `inputs` by model and the model's own name.
    """

    draws: Mapping[str, Mapping[str, Floats]]
    inputs: Inputs
    names: Mapping[str, Mapping[str, str]]

    @property
    def every(self) -> dict[str, Floats]:
        """Draws of every input under its name in `inputs`."""
        return {self.names[model][own]: drawn for model, found in self.draws.items() for own, drawn in found.items()}

    def shared(self) -> tuple[str, ...]:
        """Names of the inputs that more than one model has."""
        told = [name for found in self.names.values() for name in found.values()]
        return tuple(name for name in self.inputs.names if told.count(name) > 1)


def joint(models: Mapping[str, Inputs], *, draws: int, seed: int = 0) -> Joint:
    """Draw the inputs of several models from one matrix of uniforms.

    Parameters
    ----------
    models : mapping of str to Inputs
        Inputs by model.
    draws : int
        Number of draws, a power of two.
    seed : int, default 0
        Seed of the scrambling.

    Returns
    -------
    Joint
        The draws.

    Raises
    ------
    ParameterError
        If models couple the same inputs differently.

    Notes
    -----
    Inputs of one name and one distribution are one and the same in all models: the price of today's work is what it is, wherever the work may go.
    Inputs of one name and different distributions (pay in one country and in another) are different inputs and drawn
    independently, as nothing on file tells how they move together.
    """
    seen: dict[str, dict[object, str]] = {}
    names: dict[str, dict[str, str]] = {}
    renamed: dict[str, Inputs] = {}
    for model, inputs in models.items():
        found: dict[str, str] = {}
        for item in inputs:
            known = seen.setdefault(item.name, {})
            found[item.name] = known.setdefault(item.shape, item.name if not known else f"{item.name}@{model}")
        names[model] = found
        items = tuple(replace(item, name=found[item.name]) for item in inputs)
        ranks = tuple((found[one], found[other], rank) for one, other, rank in inputs.correlations)
        renamed[model] = Inputs(items, correlations=ranks, coupling=inputs.coupling)
    drawn = draw_jointly(renamed, draws=draws, seed=seed)
    own = {model: {name: drawn[model][called] for name, called in found.items()} for model, found in names.items()}
    once = {item.name: item for inputs in renamed.values() for item in inputs}
    ranked = {
        (one, other): (one, other, rank) for inputs in renamed.values() for one, other, rank in inputs.correlations
    }
    coupled: list[Coupling] = [inputs.coupling for inputs in renamed.values() if inputs.coupled]
    coupling: Coupling = coupled[0] if coupled else "gaussian_copula"
    return Joint(own, Inputs(tuple(once.values()), correlations=tuple(ranked.values()), coupling=coupling), names)
