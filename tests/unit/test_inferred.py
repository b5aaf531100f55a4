"""A notebook that names no model: its tagged cells, which are read and never run, say what its parameters are."""

from __future__ import annotations

import copy
import json
import pickle
import warnings
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from papermill.translators import PythonTranslator

from lpo_analysis.errors import NotebookError, ParameterError
from lpo_analysis.parameters import ReportParameters, describe, parse_text
from lpo_analysis.reporting import library
from lpo_analysis.reporting.inferred import Source, infer

CALL = "year = datetime.date.today().year"


def cell(source, *tags, kind="code"):
    return {"cell_type": kind, "source": source, "metadata": {"tags": list(tags)}}


def notebook(*sources, metadata=None):
    return {"cells": [cell(source, "parameters") for source in sources], "metadata": metadata or {}}


def model(*sources, **changes):
    return infer(notebook(*sources, **changes), where="mine.ipynb")


def takes(made, **values):
    return dict(made.from_mapping(values))


def refusal(made, **values):
    with pytest.raises(ParameterError) as caught:
        made.from_mapping(values)
    return str(caught.value)


def fault(*sources, **changes):
    with pytest.raises(NotebookError) as caught:
        model(*sources, **changes)
    return str(caught.value)


def described(made):
    return describe(made).set_index("parameter")


# What becomes a parameter


def test_literals_become_parameters_in_their_order():
    made = model('task = "review"\nhours: float = 10.0\n_hidden = 1\nyears = [2020, 2021]\n')
    assert issubclass(made, ReportParameters)
    assert made.report == "mine"
    assert takes(made) == {"task": "review", "hours": 10.0, "years": [2020, 2021]}
    assert list(made.model_fields) == ["task", "hours", "years"]
    assert takes(model(["a = 1\n", "b = 2"])) == {"a": 1, "b": 2}, "a source may be stored as lines"


@pytest.mark.parametrize(
    "source", ["", "# nothing yet", "import math", "print('hello')", "_a = 1", "n: int", "%matplotlib inline"]
)
def test_a_cell_that_assigns_nothing_gives_no_parameters(source):
    made = model(source)
    assert takes(made) == {}
    assert describe(made).empty
    assert "unknown parameter 'n'" in refusal(made, n=1)


def test_of_several_assignments_the_last_holds():
    made = model("n = 1\nm = 2\nn = 3")
    assert list(made.from_mapping({})) == [("n", 3), ("m", 2)]


def test_several_targets_are_parameters_each():
    assert takes(model("a = b = 1\nc, (d, e) = 2, ['x', 3]")) == {"a": 1, "b": 1, "c": 2, "d": "x", "e": 3}


def test_nothing_is_run(tmp_path):
    witness = tmp_path / "witness"
    made = model(f"import os\nx = open({str(witness)!r}, 'w')\nos.mkdir({str(witness)!r})")
    assert "x" in made.model_fields
    assert not witness.exists()


def test_only_cells_with_code_and_the_tag_are_read():
    untagged, injected = cell("a = 1"), cell("c = 3", "other", "injected-parameters")
    cells = [cell("d = 4", "parameters"), untagged, cell("*b* = 2", "parameters", kind="raw"), injected]
    assert takes(infer({"cells": cells, "metadata": {}}, where="mine.ipynb")) == {"d": 4}


def test_a_cell_behind_the_injected_values_would_undo_them():
    said = fault("a = 1", "b = 2")
    assert said.startswith("mine.ipynb, cell 2, line 1: this cell sets b after")
    assert "one cell tagged 'parameters'" in said
    # What stands before the injected cell of an executed notebook may be set in several.
    cells = [cell("a = 1", "parameters"), cell("b = 2", "parameters"), cell("a = 5", "injected-parameters")]
    assert takes(infer({"cells": cells, "metadata": {}}, where="mine.ipynb")) == {"a": 1, "b": 2}
    assert takes(model("a = 1", "import math")) == {"a": 1}


# Types


@pytest.mark.parametrize(
    ("source", "type_", "good", "bad"),
    [
        ("x = True", "true or false", [False], [0, 1, "true", None]),
        ("x = 3", "whole number", [0, -5, 10**30], [2.5, 5.0, "5", True, None, [1]]),
        ("x = 0.5", "number", [2, 2.5, -1e9], ["2.5", True, None, float("nan"), float("inf")]),
        ("x = 'a'", "text", ["", "5"], [5, None, ["a"], b"a"]),
        ("x = [1, 2]", "list of whole number", [[], [3]], [1, "1,2", [1.5], [True], {"a": 1}]),
        ("x = (1, 2)", "list of whole number", [[3]], [[1.5]]),
        ("x = [1, 2.5]", "list of number", [[1.5]], [["a"], [True]]),
        ("x = ['a']", "list of text", [["b", "c"]], ["b", [1]]),
        ("x = [True]", "list of true or false", [[False]], [[0]]),
        ("x = [[1], [2, 3]]", "list of list of whole number", [[[4]], []], [[4], [["a"]]]),
        ("x = [[1, 'a']]", "list of list", [[[4]], [[]]], [[4]]),
        ("x = [{'a': 1}]", "list of mapping", [[{}], [{"b": [1]}]], [{"a": 1}, [1]]),
        ("x = []", "any JSON value", [[1], "a", None, {"a": [1, None]}], [{1: 2}, {1}, b"a", date(2024, 1, 31), float("nan")]),
        ("x = [1, 'a']", "any JSON value", [[1], "a"], [[float("inf")]]),
        ("x = {'a': 1}", "any JSON value", [{"b": 2.5}, {}], [{"a": {1: 2}}]),
        ("x = None", "any JSON value", [1, "a", [None]], [object()]),
        ("x: float = 1", "number", [2.5], ["a"]),
        ("x: 'int' = 1", "whole number", [2], [2.5]),
        ("x: Any = 1", "any JSON value", ["a", [1]], [{1}]),
        ("x: typing.Any = 1", "any JSON value", ["a"], [{1}]),
        ("x: list = [1]", "list", [["a", 1]], ["a"]),
        ("x: list[int] = []", "list of whole number", [[1]], [["a"]]),
        ("x: List[str] = []", "list of text", [["a"]], [[1]]),
        ("x: list[list[float]] = []", "list of list of number", [[[1.5]]], [[1.5]]),
        ("x: dict = {}", "mapping", [{"a": [1]}], [[1], "a"]),
        ("x: dict[str, float] = {}", "mapping to number", [{"a": 1.5}], [{"a": "b"}, [1]]),
        ("x: Mapping[str, list[int]] = {}", "mapping to list of whole number", [{"a": [1]}], [{"a": 1}]),
        ("x: tuple[int, str] = (1, 'a')", "list of 2: whole number, text", [[2, "b"]], [[2], [2, "b", 3], ["b", "c"], "ab", 5]),
        ("x: tuple[int, ...] = (1, 2)", "list of whole number", [[], [3]], [["a"]]),
        ("x: Sequence[int] = (1, 2)", "list of whole number", [[3]], [["a"]]),
        ("x: Literal['a', 'b'] = 'a'", "choice", ["b"], ["c", 1, None]),
        ("x: Literal[1, 2] = 1", "choice", [2], [True, 1.0, 3, "1"]),
        ("x: Literal[True, 'auto'] = 'auto'", "choice", [True], [1, False]),
        ("x: Optional[int] = 3", "whole number or None", [None, 5], [2.5, "5", True]),
        ("x: typing.Optional['int'] = 3", "whole number or None", [None, 5], [2.5]),
        ("x: int | None = 3", "whole number or None", [None], ["5"]),
        ("x: int = None", "whole number or None", [5, None], ["5"]),
        ("x: Union[int, str] = 3", "whole number or text", ["a", 5], [2.5, None]),
        ("x: int | float | None = 3", "whole number or number or None", [2.5, None], ["a", True]),
        ("x: list[int] | None = None", "list of whole number or None", [[1], None], [["a"], 1]),
        ("x: Annotated[int, 'hours'] = 3", "whole number", [5], [2.5]),
        ("x = 3  # type: float", "number", [2.5], ["a"]),
        ("x = None  # type: Optional[list[int]] Years", "list of whole number or None", [[1]], [["a"]]),
        ("x: int = 3  # type: str", "whole number", [5], ["a"]),
        # An annotation that says nothing here: the default speaks.
        ("x: Path = 'a'", "text", ["b"], [5]),
        ("x: np.float64 = 0.5", "number", [2.5], ["a"]),
        ("x: list[Path] = ['a']", "list of text", [["b"]], [[5]]),
        ("x: int | Path = 3", "whole number", [5], ["a"]),
        ("x: set[int] = [1]", "list of whole number", [[2]], [["a"]]),
        ("x: dict[int, str] = {'a': 'b'}", "any JSON value", ["b"], [{1}]),
        ("x: Literal[b'a'] = 'a'", "text", ["b"], [5]),
        ("x: 'int or so' = 3", "whole number", [5], ["a"]),
        ("x: 3 = 3", "whole number", [5], ["a"]),
        ("x = 3  # type: of buyer", "whole number", [5], ["a"]),
        ("x: int\nx = 3\nx = 4", "whole number", [5], ["a"]),
        ("x: float = 1\nx = 2", "number", [2.5], ["a"]),
    ],
)  # fmt: skip
def test_the_type_is_kept_strictly(source, type_, good, bad):
    made = model(source)
    assert described(made).loc["x", "type"] == type_
    assert made.from_mapping({}).changed() == {}
    for value in good:
        got = takes(made, x=value)["x"]
        assert got == value
        assert isinstance(value, bool) == isinstance(got, bool)
    for value in bad:
        assert refusal(made, x=value).startswith("x: must ")


def test_a_wrong_value_is_refused_in_words():
    made = model(
        "n = 3\nwhen = None\nkind: Literal['a', 'b'] = 'a'\neither: int | str = 1\npair: tuple[int, int] = (1, 2)\ndeep = {}"
    )
    assert refusal(made, n=2.5) == "n: must be a whole number, got 2.5"
    assert refusal(made, when=date(2024, 1, 31)).startswith("when: must be a JSON value; write a date as text")
    assert refusal(made, kind="c") == "kind: must be one of 'a' or 'b', got 'c'"
    assert refusal(made, either=[1]) == "either: must be whole number or text, got [1]"
    assert refusal(made, pair=[1]) == "pair: must be a list of 2 values, got [1]"
    assert refusal(made, nn=1).startswith("unknown parameter 'nn'. Did you mean 'n'? Allowed: n, when,")
    assert "2 parameters are wrong" in refusal(made, n="a", kind=1)
    assert refusal(made, pair=["a", 0.5]).startswith(
        "pair is wrong in 2 places:\n  pair: must be a whole number, got 'a'\n"
    )
    nested: list = []
    for _ in range(5000):
        nested = [nested]
    assert "must not be nested so deeply" in refusal(made, deep=nested)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a = 1\nn: int = 'x'", "line 2: a default is not what the annotation says: n: must be a whole number"),
        ("kind: Literal['a'] = 'b'", "kind: must be one of 'a', got 'b'"),
        ("n: int = 2.5", "n: must be a whole number, got 2.5"),
        ("n: bool = 1", "n: must be true or false, got 1"),
        ("years: list[int] = ['a']", "years: must be a whole number, got 'a'"),
    ],
)
def test_a_default_against_its_annotation_is_the_notebooks_fault(source, said):
    assert said in fault(source)
    assert fault(source).startswith("mine.ipynb, cell 1, line ")


@pytest.mark.parametrize("name", sorted(name for name in dir(ReportParameters) if not name.startswith(("_", "model_"))))
def test_a_parameter_may_have_the_name_of_anything_in_the_model(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = model(f"{name} = 1\nother = 2")
    given = made.from_mapping({name: 5})
    assert given.changed() == {name: 5}
    assert given.model_dump() == {name: 5, "other": 2}
    assert set(given.table()["parameter"]) == {name, "other"}
    assert made.coverage() is None
    assert (made.report, made.coverage_title) == ("mine", ReportParameters.coverage_title)
    assert described(made).loc[name, "default"] == "1"
    assert made.from_namespace({name: 7}).changed() == {name: 7}
    assert parse_text(made, {name: "7"}) == {name: 7}


def test_names_that_only_a_model_can_have_are_refused():
    assert "line 2: no parameter can be called model_dump" in fault("a = 1\nmodel_dump = 2")
    assert "model_config" in fault("model_config = {}")
    assert takes(model("model_name = 'x'")) == {"model_name": "x"}


# Defaults that only running tells


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (CALL, "datetime.date.today().year"),
        ("x = 2 * 3", "2 * 3"),
        ("x = Path('a')  # where", "Path('a')"),
        ("x = f'{1}'", "f'{1}'"),
        ("x = (\n    1 +\n    2\n)", "1 + 2"),
        ("x = b'a'", "b'a'"),
        ("x = {1, 2}", "{1, 2}"),
        ("x = {1: 2}", "{1: 2}"),
        ("x = 1j", "1j"),
        ("x = ...", "..."),
        ("x = 1e999", "1e999"),
        ("x = float('nan')", "float('nan')"),
        ("x = [1, y]", "[1, y]"),
        ("x = !ls -l", "!ls -l"),
        ("x = %env HOME", "%env HOME"),
        ("x = {[1]: 2}", "{[1]: 2}"),
        ("é = 'ü' + 'x'", "'ü' + 'x'"),
        # The literal is not what the notebook goes on with.
        ("x = 1\nx += 2", "x += 2"),
        ("x = 1\nif True:\n    x = 2", "if True:"),
        ("x = 1\nfor x in range(3): pass", "for x in range(3): pass"),
        ("x = []\nx.append(1)", "x.append(1)"),
        ("x = {}\nx['a'] = 1", "x['a'] = 1"),
        ("x = {}\nx['a'].b = 1", "x['a'].b = 1"),
        ("x = 1\nfrom y import x", "from y import x"),
        ("x = 1\ndef x(): pass", "def x(): pass"),
        ("x = 1\ny = (x := 2)", "y = (x := 2)"),
        ("x = 1\nx, *y = f()", "x, *y = f()"),
    ],
)
def test_an_expression_is_shown_as_written_and_never_injected(source, shown):
    made = model(source)
    name = next(iter(made.model_fields))
    valid = made.from_mapping({})
    assert valid.changed() == {}
    assert valid.model_dump()[name] == shown
    assert json.loads(json.dumps(valid.model_dump()))[name] == shown
    assert described(made).loc[name, "default"] == shown
    table = valid.table().set_index("parameter")
    assert (table.loc[name, "value"], table.loc[name, "default"]) == (shown, "")


def test_any_json_may_be_given_for_an_expression():
    made = model(CALL)
    for value in (2024, "2024", [2024], {"a": None}, None):
        assert made.from_mapping({"year": value}).changed() == {"year": value}
    assert refusal(made, year={1}).startswith("year: must be a JSON value")


def test_an_annotation_holds_for_an_expression_too():
    made = model("year: int = date.today().year\nstart: date = date.today()\nyears: list[int] = list(range(3))")
    assert described(made)["type"].tolist() == ["whole number", "any JSON value", "list of whole number"]
    assert refusal(made, year="x") == "year: must be a whole number, got 'x'"
    assert refusal(made, years=["x"]) == "years: must be a whole number, got 'x'"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert made.from_mapping({}).model_dump()["years"] == "list(range(3))"
        assert takes(model("x: '1if 1else 2' = 'a\\d'")) == {"x": "a\\d"}


def test_the_text_of_an_expression_means_the_expression():
    made = model(f"{CALL}\nn = 1\nyears: list[int] = list(range(3))")
    assert made.from_mapping(made.from_mapping({"n": 5}).model_dump()).changed() == {"n": 5}
    typed = parse_text(made, {"year": "datetime.date.today().year", "years": "list(range(3))"})
    assert made.from_mapping(typed).changed() == {}


def test_an_expression_survives_what_jobs_do_with_their_parameters():
    default = model(CALL).from_mapping({}).model_dump()["year"]
    for again in (pickle.loads(pickle.dumps(default)), copy.deepcopy(default)):
        assert isinstance(again, Source)
        assert again == default


def test_a_literal_is_itself_again_once_plainly_assigned():
    assert model("if a:\n    x = 2\nx = 3").from_mapping({}).model_dump() == {"x": 3}
    assert type(model("x = 1\nx += 1\nx = 3").from_mapping({}).model_dump()["x"]) is int


# Injection


def test_a_value_equal_but_of_another_kind_is_given_to_the_notebook():
    made = model("x = {'a': 1}\ny = [1, 'a']\nz = None")
    assert made.from_mapping({"x": {"a": True}}).changed() == {"x": {"a": True}}
    assert made.from_mapping({"y": [1.0, "a"]}).changed() == {"y": [1.0, "a"]}
    assert made.from_mapping({"x": {"a": 1}, "y": [1, "a"], "z": None}).changed() == {}


def test_tuples_become_lists_for_papermill_cannot_write_them():
    made = model("x: tuple[int, int] = (1, 2)\ny = (1, 2)\nz = ((1, 2), 'a')")
    given = made.from_mapping({"x": (3, 4), "y": (3, 4), "z": (5, (6, 7))})
    assert given.changed() == {"x": [3, 4], "y": [3, 4], "z": [5, [6, 7]]}


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200)
@given(
    defaults=st.dictionaries(st.sampled_from("abcde"), VALUES), others=st.dictionaries(st.sampled_from("abcde"), VALUES)
)
def test_the_model_knows_what_the_cell_assigns_and_what_is_injected_arrives(defaults, others):
    source = "\n".join(f"{name} = {value!r}" for name, value in defaults.items())
    made = model(source)
    valid = made.from_mapping({})
    assert valid.changed() == {}
    namespace: dict = {}
    exec(source, namespace)
    assert valid.model_dump() == {name: namespace[name] for name in defaults}
    try:
        other = made.from_mapping({name: value for name, value in others.items() if name in defaults})
    except ParameterError:
        return
    exec(PythonTranslator.codify(other.changed()), namespace)
    assert other.model_dump() == {name: namespace[name] for name in defaults}


# Meanings


@pytest.mark.parametrize(
    ("source", "meaning"),
    [
        ("x = 1  # How many", "How many"),
        ("# How many\nx = 1", "How many"),
        ("# How many\n# of them\nx = 1", "How many of them"),
        ("# Section\n\nx = 1", ""),
        ("# How many\nx = 1  # exactly", "exactly"),
        ("x = [  # first\n    1,  # inner\n]  # last", "last"),
        ("x = [  # first\n    1,\n]", "first"),
        ("x = '# no comment'", ""),
        ("x = 1  # type: int How many", "How many"),
        ("x = []  # type: dict[str, list[int]] Years [AD]", "Years [AD]"),
        ("x = 1  # type: of buyer", "type: of buyer"),
        ("x = 1  # noqa: E501", ""),
        ("x = 1  # type: ignore", ""),
        ("# Parameters\nx = 1", ""),
        ("# parameters\n# ----------\n# How many\nx = 1", "How many"),
        ("#: How many\nx = 1", "How many"),
        ("x = 1  # How many\nx = 2", "How many"),
        ("x = 1  # How many\nx = 2  # Or so", "Or so"),
        ("y = 1  # Other\nx = 1", ""),
        ("%matplotlib inline\n# How many\nx = 1", "How many"),
    ],
)
def test_comments_tell_what_a_parameter_means(source, meaning):
    made = model(source.replace("x = []  # type: dict", "x = {}  # type: dict"))
    assert described(made).loc["x", "meaning"] == meaning
    table = made.from_mapping({}).table().set_index("parameter")
    assert table.loc["x", "meaning"] == meaning


# What is no plain Python


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nn = 1", "n = 1\n%load_ext autoreload\n%autoreload 2", "!pip install x\nn = 1", "!echo it's (\nn = 1",
        "!echo \"it's\nn = 1", "!pip install \\\n  pandas \\\n  numpy\nn = 1", "%%time\nn = 1", "?print\nn = 1\nprint??",
        "if True:\n    %matplotlib inline\nn = 1", "%matplotlib inline\r\nn = 1\r\n",
    ],
)  # fmt: skip
def test_lines_of_ipython_are_passed_over(source):
    assert takes(model(source)) == {"n": 1}


def test_text_that_looks_like_a_magic_stays():
    assert takes(model('%time\nx = """\n%s of\n!important\n"""\ny = 7'))["x"] == "\n%s of\n!important\n"


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("x = 1\ny = = 2", "cell 1, line 2: is no Python ("),
        ("x <- 1\ny := 2", "cell 1, line 2: is no Python ("),
        ("x = 'a", "cell 1, line 1: is no Python ("),
        ("x = 1\n  y = 2", "cell 1, line 2: is no Python ("),
        ("%%bash\necho hello there", "cell 1, line 2: is no Python ("),
        ("x = 1\0", "cell 1"),
        ("x = " + "(" * 500, "cell 1"),
        ("x = " + "9" * 5000, "cell 1"),
        (None, "cell 1: has no text"),
        ([1, 2], "cell 1: has no text"),
    ],
)
def test_a_cell_that_is_no_python_is_one_error_with_its_place(source, place):
    assert fault(source).startswith("mine.ipynb, ")
    assert place in fault(source)


@pytest.mark.parametrize(
    "metadata",
    [{"kernelspec": {"language": "R"}}, {"language_info": {"name": "R"}}, {"kernelspec": {"name": "x"}, "language_info": {"name": "R"}}],
)  # fmt: skip
def test_a_notebook_in_another_language_is_refused(metadata):
    said = fault("x <- 1", metadata=metadata)
    assert said.startswith("mine.ipynb: is a notebook in R.")
    assert "papermill" in said


@pytest.mark.parametrize(
    "metadata",
    [
        {}, {"kernelspec": None}, {"kernelspec": {"name": "my-env"}}, {"kernelspec": {"language": "python"}},
        {"kernelspec": {"language": ""}, "language_info": {"name": "ipython"}},
    ],
)  # fmt: skip
def test_a_notebook_in_python_or_that_does_not_say_is_read(metadata):
    assert takes(model("x = 1", metadata=metadata)) == {"x": 1}


# The command line


@pytest.mark.parametrize(
    ("source", "text", "value"),
    [
        ("x = 1", "5", 5),
        ("x = 0.5", "5", 5.0),
        ("x = True", "false", False),
        ("x = 'a'", "5", "5"),
        ("x = 'a'", "[1, 2]", "[1, 2]"),
        ("x = 'a'", " a ", " a "),
        ("x = [2019]", "2020,2021", [2020, 2021]),
        ("x = [2019]", "[2020, 2021]", [2020, 2021]),
        ("x = [2019]", "2020", [2020]),
        ("x = [2019]", "", []),
        ("x = ['a']", "b, c", ["b", "c"]),
        ("x = ['001']", "007,8", ["007", "8"]),
        ("x = ['a']", '["a, b", "c"]', ["a, b", "c"]),
        ("x = ['a']", "[b,c]", ["b", "c"]),
        ("x = [[1]]", "[[2], [3]]", [[2], [3]]),
        ("x = [{'a': 1}]", '{"a": 2}, {"b": 3}', [{"a": 2}, {"b": 3}]),
        ("x = (1, 2)", "3,4", [3, 4]),
        ("x: tuple[str, int] = ('a', 1)", "7,8", ["7", 8]),
        ("x = []", "2020,2021", [2020, 2021]),
        ("x = []", "a,b", ["a", "b"]),
        ("x = []", "[]", []),
        ("x = [1, 'a']", "2,b", [2, "b"]),
        ("x = {'a': 1}", '{"a": 2}', {"a": 2}),
        ("x = {'a': 1}", "{'a': None}", {"a": None}),
        ("x: dict[str, int] = {}", '{"a": 2}', {"a": 2}),
        ("x = None", '{"a": [1, null, true]}', {"a": [1, None, True]}),
        ("x = None", "None", None),
        ("x = None", "null", None),
        ("x = None", "5", 5),
        ("x = None", "True", True),
        ("x = None", "some text", "some text"),
        ("x = None", '"5"', "5"),
        ("x = None", "007", "007"),
        ("x = None", "NaN", "NaN"),
        ("x: Optional[int] = 3", "None", None),
        ("x: Optional[int] = 3", "5", 5),
        ("x: str | None = None", "5", "5"),
        ("x: str | None = 'a'", "null", None),
        ("x: list[int] | None = None", "1,2", [1, 2]),
        ("x: int | str = 1", "5", 5),
        ("x: int | str = 1", "a", "a"),
        ("x: Literal['1', '2'] = '1'", "2", "2"),
        ("x: Literal[1, 2] = 1", "2", 2),
        ("x: Literal['a'] | None = 'a'", "None", None),
        ("x = date.today()", "2024-01-31", "2024-01-31"),
        ("x = 2 * 3", "7", 7),
    ],
)
def test_a_text_of_the_command_line_is_read_as_its_parameter_says(source, text, value):
    made = model(source)
    got = takes(made, **parse_text(made, {"x": text}))["x"]
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("source", "text", "said"),
    [
        ("n = 1", "2.5", "n: must be a whole number, got 2.5"),
        ("n = 1", "many", "n: must be a whole number, got 'many'"),
        ("n = 0.5", "nan", "n: must be a finite number, got nan"),
        ("n = True", "1", "n: must be true or false, got 1"),
        ("n = [1]", "1,x", "n: must be a whole number, got 'x'"),
        ("n: dict[str, int] = {}", "a=1", """n: must be a mapping, such as {"key": 1}, got 'a=1'"""),
        ("n = {'a': 1}", "{a: 1}", "n: '{a: 1}' is no JSON"),
        ("n: tuple[int, int] = (1, 2)", "1,2,3", "n: must be a list of 2 values"),
    ],
)
def test_a_text_that_does_not_fit_is_refused_in_words(source, text, said):
    made = model(source)
    with pytest.raises(ParameterError) as caught:
        made.from_mapping(parse_text(made, {"n": text}))
    assert said in str(caught.value)


@settings(max_examples=200)
@given(default=VALUES.filter(lambda value: not isinstance(value, str | list)), value=VALUES)
def test_json_on_the_command_line_is_the_value(default, value):
    made = model(f"x = {default!r}")
    try:
        made.from_mapping({"x": value})
    except ParameterError:
        return
    typed = parse_text(made, {"x": json.dumps(value)})
    assert made.from_mapping(typed) == made.from_mapping({"x": value})


# The library


def test_the_library_infers_only_where_no_model_is_named():
    from lpo_analysis.savings import Parameters

    for metadata in ({}, {"lpo": {}}):
        assert takes(library.model(notebook("n = 1", metadata=metadata), where="mine.ipynb")) == {"n": 1}
    named = notebook("n = 1", metadata={"lpo": {"parameters": "lpo_analysis.savings:Parameters"}})
    assert library.model(named, where="mine.ipynb") is Parameters


@pytest.mark.parametrize("own", [{"parameters": "no_such:Model"}, {"parameters": ""}, {"parameters": 3}, [], "savings"])
def test_a_broken_name_of_a_model_is_still_a_fault(own):
    with pytest.raises(NotebookError, match=r"^mine\.ipynb: "):
        library.model(notebook("n = 1", metadata={"lpo": own}), where="mine.ipynb")


def test_a_model_whose_module_fails_is_a_fault_of_one_line(tmp_path, monkeypatch):
    (tmp_path / "broken_model_of_mine.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    named = notebook("n = 1", metadata={"lpo": {"parameters": "broken_model_of_mine:Model"}})
    with pytest.raises(NotebookError, match=r"cannot be imported \(ZeroDivisionError"):
        library.model(named, where="mine.ipynb")


@pytest.mark.parametrize("name", ["adoption", "savings", "risk", "decision", "evidence", "workbench"])
def test_of_the_kits_own_notebooks_the_same_defaults_are_read(name):
    read = library.read(library.find(name))
    due = library.model(read, where=f"{name}.ipynb")
    made = infer(read, where=f"{name}.ipynb")
    assert made.from_mapping({}).model_dump() == due().model_dump()
    assert list(made.model_fields) == list(due.model_fields)
