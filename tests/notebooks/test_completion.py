"""In a kernel, names, arguments and docstrings are there when a researcher asks for them by tab and shift-tab."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from jupyter_client.manager import start_new_kernel

import lpo_analysis

pytestmark = pytest.mark.slow

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def kernel() -> Iterator:
    manager, client = start_new_kernel(kernel_name="python3", env=os.environ | {"MPLBACKEND": "agg"})
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def run(kernel):
    def call(code: str) -> None:
        reply = kernel.execute_interactive(code, silent=True, timeout=60)
        assert reply["content"]["status"] == "ok", reply["content"]

    call("import lpo_analysis\nfrom lpo_analysis import savings")
    return call


def complete(kernel, code: str) -> set[str]:
    reply = kernel.complete(code, reply=True, timeout=30)["content"]
    start = reply["cursor_start"]
    assert reply["status"] == "ok"
    # What is offered replaces the code from where it begins, with the dots before it or without.
    return {match.rpartition(".")[2] for match in reply["matches"]} if start <= len(code) else set()


def inspect(kernel, code: str) -> str:
    reply = kernel.inspect(code, detail_level=0, reply=True, timeout=30)["content"]
    assert reply["found"], code
    return COLOURS.sub("", reply["data"]["text/plain"])


def test_the_rooms_are_offered_before_any_is_imported(kernel, run):
    assert set(lpo_analysis.ROOMS) <= complete(kernel, "lpo_analysis.")
    run("lpo_analysis.errors.ParameterError")


def test_a_room_offers_what_it_has(kernel, run):
    offered = complete(kernel, "savings.")
    assert {"Parameters", "analyse", "coverage"} <= offered
    assert complete(kernel, "savings.ana") == {"analyse", "analysis"}


def test_the_parameters_are_offered_as_arguments_and_explained(kernel, run):
    assert {"location=", "location"} & complete(kernel, "savings.Parameters(loc")
    told = inspect(kernel, "savings.Parameters")
    assert "what outsourcing it would save" in told
    assert "baseline" in told


def test_a_function_tells_its_signature_and_what_it_returns(kernel, run):
    told = inspect(kernel, "savings.analyse")
    assert re.search(r"parameters: '?Parameters'?", told)
    assert "NoEvidenceError" in told


def test_an_analysis_offers_its_results_and_each_is_explained(kernel, run):
    run("analysis = savings.analyse(savings.Parameters(draws=256))")
    assert {"numbers", "waterfall", "tornado", "rows"} <= complete(kernel, "analysis.")
    run("numbers = analysis.numbers")
    assert {"table", "text", "checks", "plot"} <= complete(kernel, "numbers.")
    assert "Draw the result" in inspect(kernel, "numbers.plot")
