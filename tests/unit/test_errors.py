"""Errors say what is wrong, where, and what to do."""

import pickle

import pytest

from lpo_analysis import errors
from lpo_analysis.errors import DataError, Fault, LpoError, NotFoundError, choices, closest

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, LpoError)]


def test_an_error_reads_place_fault_and_remedy_in_this_order():
    assert str(LpoError("is wrong.", where="row 3", remedy="Mend it.")) == "row 3: is wrong. Mend it."
    assert str(LpoError("is wrong.")) == "is wrong."


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_crosses_a_process_border_unchanged(kind):
    if kind is DataError:
        error = DataError([Fault("a.csv", 2, "x", "1", "is bad")], remedy="Mend it.")
    else:
        error = kind("what", where="where", remedy="remedy")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
    assert copy.args == error.args


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_is_of_the_family(kind):
    assert issubclass(kind, LpoError)


def test_a_notebook_shows_one_line_instead_of_a_traceback():
    assert NotFoundError("no such table")._render_traceback_() == ["NotFoundError: no such table"]


def test_a_fault_names_file_row_column_and_value():
    assert str(Fault("a.csv", 7, "value", "140", "is too much")) == "a.csv, row 7, column value: '140' is too much"
    assert str(Fault("a.csv", None, None, None, "is empty")) == "a.csv: is empty"


def test_a_data_error_shows_twenty_faults_counts_the_rest_and_carries_all():
    faults = [Fault("a.csv", row, "x", "1", "is bad") for row in range(2, 27)]
    error = DataError(faults)
    assert str(error).startswith("25 faults in the data:")
    assert str(error).endswith("... and 5 more")
    assert error.faults == tuple(faults)
    assert str(DataError(faults[:1])).startswith("1 fault in the data:")


def test_closest_ignores_case_and_gives_up_when_nothing_is_near():
    assert closest("LOCATON", ["location", "task"]) == "location"
    assert closest("zzz", ["location", "task"]) is None


def test_choices_puts_the_nearest_first_and_counts_what_it_does_not_list():
    assert choices("tsk", ["buyer", "task"]) == "Did you mean 'task'? Allowed: buyer, task."
    assert choices("zzz", ["a", "b", "c"], limit=2) == "Allowed: a, b and 1 more."
