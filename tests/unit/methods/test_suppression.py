"""Small cells are hidden, and what is hidden cannot be found by subtraction; checked by brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.suppression import suppress

TABLES = st.integers(1, 5).flatmap(
    lambda answers: st.lists(st.lists(st.integers(0, 30), min_size=answers, max_size=answers), min_size=1, max_size=7)
)


@pytest.mark.parametrize(
    ("counts", "marks"),
    [
        ([[10, 10], [20, 20]], ["", ""]),
        ([[10, 10], [20, 0]], ["", ""]),  # nobody is no small number
        ([[10, 10], [2, 1], [20, 20]], ["complement", "small", ""]),
        ([[2, 10], [3, 40], [20, 20]], ["small", "small", ""]),  # together 5 and 50
        ([[2, 10], [2, 40], [20, 20]], ["small", "small", "complement"]),  # together 4: too few still
        ([[4, 4]], ["small"]),
        ([[1, 50], [50, 50]], ["small", "complement"]),
    ],
)
def test_worked_cases(counts, marks):
    assert suppress(counts, least=5).tolist() == marks


@given(TABLES, st.integers(1, 8))
def test_what_is_hidden_is_large_enough_together_or_everything_is_hidden(counts, least):
    table = np.array(counts)
    marks = suppress(table, least=least)
    shown, hidden = table[marks == ""], table[marks != ""]
    for row in shown:
        assert row.sum() >= least
        assert all(count == 0 or count >= least for count in row)
    if len(hidden) and len(shown):
        together = hidden.sum(axis=0)
        assert len(hidden) >= 2
        assert together.sum() >= least
        assert all(count == 0 or count >= least for count in together)
    if not (marks == "small").any():
        assert not len(hidden)


def test_a_least_of_one_hides_only_what_is_empty():
    assert suppress([[1, 0], [0, 3]], least=1).tolist() == ["", ""]


@pytest.mark.parametrize(("counts", "least"), [([1, 2], 5), ([[1, -1]], 5), ([[1, 2]], 0)])
def test_what_is_no_table_of_counts_is_refused(counts, least):
    with pytest.raises(ParameterError):
        suppress(counts, least=least)
