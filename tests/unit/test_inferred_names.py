"""Names that no parameter of a notebook without a model can have: words of Python, and commands of IPython alone in a cell."""

from __future__ import annotations

import pytest

from lpo_analysis.errors import NotebookError
from lpo_analysis.reporting.inferred import infer


def model(source):
    cell = {"cell_type": "code", "source": source, "metadata": {"tags": ["parameters"]}}
    return infer({"cells": [cell], "metadata": {}}, where="mine.ipynb")


def takes(made):
    return dict(made.from_mapping({}))


def fault(source):
    with pytest.raises(NotebookError) as caught:
        model(source)
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "line", "word"),
    [
        ("class: str = 'x'", 1, "class"),
        ("n = 1\nlambda = 0.5", 2, "lambda"),
        ("# how\nyield: float = 2", 2, "yield"),
        ("None = 1", 1, "None"),
        ("from = 'IND'", 1, "from"),
    ],
)
def test_a_word_of_python_can_name_no_parameter(source, line, word):
    said = fault(source)
    assert said.startswith(f"mine.ipynb, cell 1, line {line}: sets {word}, which is a word of Python")
    assert said.endswith("Rename it.")


@pytest.mark.parametrize("source", ["n: int = = 3", "if x = 3:", "else: n = 1", "n = (1\nclass"])
def test_what_is_wrong_otherwise_is_not_blamed_on_a_word(source):
    assert "is no Python (" in fault(source)


@pytest.mark.parametrize(
    "source", ["time: int = 3", "\n\nstore: str = 'x'  # where\n", "ls: list[int] = [1]", "hist: float = 2.5"]
)
def test_a_lone_line_that_a_kernel_takes_for_a_command_is_refused_with_what_to_do(source):
    name = source.strip().partition(":")[0]
    said = fault(source)
    assert said.startswith(
        f"mine.ipynb, cell 1: IPython takes a cell of one line that begins with `{name}:` for its command %{name}"
    )
    assert "Put a comment on a line of its own above it" in said
    # What the message says helps, and in company or without annotation there is no trouble.
    mended = [f"# mine\n{source.strip()}", f"n = 1\n{source.strip()}", f"{name} = 1", f"{name} = 1  # type: int"]
    assert all(name in takes(model(text)) for text in mended)


def test_the_commands_are_those_of_a_kernel_and_it_fails_on_what_is_refused():
    from ipykernel.zmqshell import KernelMagics
    from IPython.core.interactiveshell import InteractiveShell

    from lpo_analysis.reporting.commands import COMMANDS

    shell = InteractiveShell()
    known = shell.magics_manager.lsmagic()["line"]
    assert {str(name) for name in known} <= COMMANDS
    assert set(KernelMagics.magics["line"]) <= COMMANDS
    for source in ("time: int = 3", "ls: list[int] = [1]"):
        assert shell.transform_cell(source).startswith("get_ipython().run_line_magic("), (
            "no longer taken: the refusal can go"
        )
        assert shell.transform_cell(f"# mine\n{source}") == f"# mine\n{source}\n"
    assert shell.transform_cell("time = 3") == "time = 3\n"
