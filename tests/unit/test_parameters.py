"""Parameters are validated by name, all at once, with the nearest name for a misspelt one."""

import math
from typing import Annotated, ClassVar, Literal

import pydantic
import pytest
from pydantic import Field

from lpo_analysis.errors import ParameterError
from lpo_analysis.parameters import (
    Level,
    Number,
    Range,
    ReportParameters,
    Seed,
    Whole,
    describe,
    parse_text,
    rule,
    shown,
    word,
)


class Example(ReportParameters):
    report: ClassVar[str] = "example"

    task: word("task") = "document_review"
    """Kind of work."""
    place: word("place", ["IND", "PHL"]) = "IND"
    """Where."""
    hours: Annotated[Number, Field(gt=0, le=100)] = 10.0
    """Hours."""
    years: Annotated[Whole, Field(ge=1)] = 3
    """Years."""
    level: Level = 0.9
    """Level."""
    seed: Seed = 1
    """Seed."""
    grades: Annotated[list[Literal["A", "B"]], Field(min_length=1)] = Field(default=["A"])
    """Grades."""
    drift: Range = Field(default=[0.0, 0.1])
    """Drift."""
    numbers: list[float] = Field(default=[])
    """Numbers."""
    name: str = "x"
    """Name."""

    @pydantic.model_validator(mode="after")
    def _together(self):
        if self.name == "forbidden":
            raise rule("name: must not be 'forbidden'")
        return self


def refusal(**values):
    with pytest.raises(ParameterError) as caught:
        Example.from_mapping(values)
    return str(caught.value)


def test_defaults_hold_where_nothing_is_given():
    assert Example.from_mapping({}) == Example()
    assert Example().changed() == {}


def test_labels_and_aliases_become_codes():
    given = Example.from_mapping({"task": "Legal Research", "place": "philippines"})
    assert (given.task, given.place) == ("legal_research", "PHL")
    assert given.changed() == {"task": "legal_research", "place": "PHL"}


def test_an_unknown_name_is_refused_with_the_nearest():
    message = refusal(tsk="compliance")
    assert "unknown parameter 'tsk'" in message
    assert "Did you mean 'task'?" in message


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"task": 3}, "task: must be text, such as legal_research"),
        ({"task": "reserch"}, "task: 'reserch' is not a task this kit knows. Did you mean 'research'?"),
        ({"place": "USA"}, "Allowed: IND, PHL."),
        ({"hours": "many"}, "hours: must be a number (allowed: > 0, ≤ 100), got 'many'"),
        ({"hours": "10"}, "hours: must be a number"),
        ({"hours": 0}, "hours: must be greater than 0"),
        ({"hours": 101.0}, "hours: must be at most 100"),
        ({"hours": math.nan}, "hours: must be a finite number"),
        ({"hours": True}, "hours: must be a number"),
        ({"years": 2.5}, "years: must be a whole number"),
        ({"years": True}, "years: must be a whole number"),
        ({"years": 0}, "years: must be at least 1"),
        ({"level": 95}, "level: must be at most 0.999"),
        ({"level": 0.2}, "level: must be at least 0.5"),
        ({"seed": -1}, "seed: must be at least 0"),
        ({"grades": "A"}, "grades: must be a list"),
        ({"grades": ["E"]}, "grades: must be one of 'A' or 'B'"),
        ({"grades": []}, "grades: must not be empty"),
        ({"drift": 0.1}, "drift: must be two numbers, low and high"),
        ({"drift": [0.1, 0.2, 0.3]}, "drift: must be two numbers, low and high"),
        ({"drift": [0.1, True]}, "drift: must be two numbers, low and high"),
        ({"drift": [0.2, 0.1]}, "drift: its low end 0.2 is above its high end 0.1"),
        ({"drift": [math.nan, 0.1]}, "drift: must be two finite numbers"),
        ({"drift": [0.0, math.inf]}, "drift: must be two finite numbers"),
        ({"drift": [0, 10**400]}, "drift: must be two finite numbers"),
        ({"name": 5}, "name: must be text"),
        ({"name": "forbidden"}, "name: must not be 'forbidden'"),
    ],
)
def test_a_wrong_value_is_refused_in_words_that_name_it(values, said):
    assert said in refusal(**values)


def test_all_faults_are_reported_at_once():
    message = refusal(tsk=1, hours=-1, years="x", drift=[1, 0])
    assert message.startswith("4 parameters are wrong:")
    for name in ("'tsk'", "hours:", "years:", "drift:"):
        assert name in message


def test_parameters_cannot_be_changed_afterwards():
    with pytest.raises(pydantic.ValidationError):
        Example().hours = 5.0


def test_a_whole_number_is_a_number_and_a_tuple_a_pair():
    given = Example.from_mapping({"hours": 7, "drift": (0, 1)})
    assert (given.hours, given.drift) == (7.0, [0.0, 1.0])


def test_the_seed_may_be_zero():
    assert Example.from_mapping({"seed": 0}).seed == 0


# What a notebook's namespace looks like when its check cell runs: `In` holds the cells so far, the running one last.
IMPORTS = "from lpo_analysis.savings import Parameters"
DEFAULTS = 'task = "document_review"\nhours = 10.0'
CHECK = "parameters = Parameters.from_namespace(globals())"


def test_a_plain_namespace_is_validated_by_name():
    assert Example.from_namespace({"task": "compliance", "_private": 1, "math": math}).task == "compliance"


def test_a_plain_namespace_with_a_misspelt_name_is_refused():
    with pytest.raises(ParameterError, match="Did you mean 'hours'"):
        Example.from_namespace({"hous": 5.0})


def test_an_injected_value_wins_over_the_default_of_the_cell_above():
    namespace = {
        "In": ["", IMPORTS, DEFAULTS, "# Parameters\nhours = 20.0\n", CHECK],
        "task": "compliance",
        "hours": 20.0,
    }
    given = Example.from_namespace(namespace)
    assert (given.task, given.hours) == ("compliance", 20.0)


def test_a_misspelt_injected_name_is_found():
    namespace = {
        "In": ["", IMPORTS, DEFAULTS, "# Parameters\nhous = 20.0\n", CHECK],
        "task": "compliance",
        "hours": 10.0,
    }
    with pytest.raises(ParameterError, match=r"unknown parameter 'hous'.*Did you mean 'hours'"):
        Example.from_namespace(namespace | {"hous": 20.0})


def test_a_second_run_all_does_not_take_the_reports_own_variables_for_parameters():
    once = [IMPORTS, DEFAULTS, CHECK, "answer = compute(parameters)\nanswer", "figure = answer.plot()"]
    namespace = {"In": ["", *once, *once[:3]], "task": "compliance", "hours": 10.0, "answer": 42, "figure": object()}
    assert Example.from_namespace(namespace).task == "compliance"


def test_a_parameter_cell_run_again_alone_counts():
    history = ["", DEFAULTS, CHECK, "answer = f()", "hours = 20.0", CHECK]
    given = Example.from_namespace({"In": history, "task": "compliance", "hours": 20.0, "answer": 42})
    assert given.hours == 20.0


@pytest.mark.parametrize("odd", ["%matplotlib inline", "x = {[1]: 2}", "a, b = 1, 2", "!ls", ""])
def test_odd_cells_in_the_history_do_no_harm(odd):
    namespace = {"In": ["", odd, DEFAULTS, CHECK], "task": "compliance", "hours": 5.0}
    assert Example.from_namespace(namespace).hours == 5.0


def test_texts_of_a_command_line_become_values():
    texts = {"grades": "A,B", "drift": "[0.1, 0.2]", "numbers": "", "hours": "7", "name": "12", "seed": "0"}
    assert parse_text(Example, texts) == {
        "grades": ["A", "B"],
        "drift": [0.1, 0.2],
        "numbers": [],
        "hours": 7,
        "name": "12",
        "seed": 0,
    }


def test_a_text_that_is_no_number_is_left_to_validation():
    assert parse_text(Example, {"hours": "many", "unknown": "true"}) == {"hours": "many", "unknown": True}


def test_describe_gives_type_default_limits_and_meaning():
    table = describe(Example).set_index("parameter")
    assert list(table.columns) == ["type", "default", "allowed", "meaning"]
    assert list(table.index) == list(Example.model_fields)
    assert table.loc["hours"].tolist() == ["number", "10", "> 0, ≤ 100", "Hours."]
    assert table.loc["years", "type"] == "whole number"
    assert table.loc["drift"].tolist() == ["low, high", "0, 0.1", "", "Drift."]
    assert table.loc["grades", "allowed"] == "A, B"
    assert table.loc["place", "allowed"] == "IND, PHL"
    assert table.loc["numbers", "default"] == "-"


def test_the_table_marks_what_differs_from_the_default():
    table = Example.from_mapping({"hours": 5000.0 / 100}).table().set_index("parameter")
    assert table.loc["hours", ["value", "default"]].tolist() == ["50", "10"]
    assert table.loc["years", "default"] == ""


def test_values_are_shown_as_a_reader_sees_them():
    assert shown([0.1, 2.0]) == "0.1, 2"
    assert shown([]) == "-"
    assert shown([4000.0, 20.0]) == "4,000; 20"
    assert shown(5000.0) == "5,000"
    assert shown("x") == "x"
