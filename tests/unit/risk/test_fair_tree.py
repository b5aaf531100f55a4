"""The FAIR tree stands on the inputs of the loss and names its convention."""

import numpy as np
import pytest

from lpo_analysis.evidence import load
from lpo_analysis.methods.fair import pert
from lpo_analysis.risk import Parameters, analyse, fair_tree


@pytest.fixture(scope="module")
def tree():
    return fair_tree(load(), Parameters(draws=1024))


def test_the_mean_of_the_tree_is_the_product_of_its_pert_means(tree):
    # Compound Poisson with independent nodes: E S = E[frequency] E[vulnerability] E[magnitude].
    nodes = tree.model["nodes"]
    means = [(row.low + 4 * row.mode + row.high) / 6 for row in nodes.itertuples()]
    assert tree.row("mean")["estimate"] == pytest.approx(np.prod(means), rel=1e-6)
    assert pert(*nodes.loc[0, ["low", "mode", "high"]]).mean() == pytest.approx(means[0])


def test_the_tree_says_its_convention_and_stands_near_the_joint_draws(tree):
    assert "beta-PERT with lambda 4" in tree.text
    assert tree.row("mean")["ratio"] == pytest.approx(1, abs=0.25)
    assert tree.row("tvar")["ratio"] < 1, "a PERT distribution ends where it is told to"


@pytest.mark.parametrize("changes", [{"records": 0}, {"widening": 1.0, "records": 0, "memory_years": [10.0, 10.0]}, {"reached_share": [0.5, 0.5]}])  # fmt: skip
def test_a_tree_of_nearly_known_inputs_stands_too(changes):
    made = analyse(Parameters(draws=256, **changes)).tree
    assert made.row("mean")["estimate"] > 0
    assert all(check.passed for check in made.checks if check.name == "FAIR moments")
