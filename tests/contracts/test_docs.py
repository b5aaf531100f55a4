"""Every public function says what it takes, gives back and raises, in the form of numpydoc."""

import importlib
import inspect
import pkgutil

import pytest
from numpydoc.validate import validate

import lpo_analysis

# Undocumented, parameters missing, unknown, without type or description, return section missing, no summary.
CODES = {"GL08", "SS01", "PR01", "PR02", "PR03", "PR04", "PR07", "RT01", "RT03", "YD01"}


def public_functions() -> list[str]:
    names = []
    for info in pkgutil.walk_packages(lpo_analysis.__path__, "lpo_analysis."):
        if ".bundle" in info.name or info.name == "lpo_analysis.cli":
            continue
        module = importlib.import_module(info.name)
        for name, item in vars(module).items():
            if not name.startswith("_") and inspect.isfunction(item) and item.__module__ == info.name:
                names.append(f"{info.name}.{name}")
    return sorted(names)


@pytest.mark.parametrize("name", public_functions())
def test_a_public_function_is_documented(name: str) -> None:
    faults = [f"{code} {text}" for code, text in validate(name)["errors"] if code in CODES]
    assert not faults, faults


def test_no_function_hides_its_options() -> None:
    for name in public_functions():
        module, _, function = name.rpartition(".")
        for parameter in inspect.signature(getattr(importlib.import_module(module), function)).parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty, f"{name}: {parameter.name} has no type"
