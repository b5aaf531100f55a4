"""A room imports only from floors below it, and the README's map of the house is the house."""

import ast
import re
from pathlib import Path

import pytest

from lpo_analysis.workbench.catalogue import SHIPPED

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "lpo_analysis"
FLOORS = {
    "errors": 1, "paths": 1, "vocabulary": 1,
    "wording": 2, "parameters": 2, "results": 2,
    "charts": 3,
    "methods": 4, "evidence": 4,
    "adoption": 5, "savings": 5, "risk": 5, "databook": 5,
    "decision": 6, "reporting": 6, "claims": 6,
    "cli": 7, "workbench": 7,
}  # fmt: skip
# On the ground floors single modules may lean on each other in this order.
WITHIN = {("vocabulary", "errors"), ("paths", "errors"), ("parameters", "wording"), ("results", "wording")}
DOMAINS = {"adoption", "savings", "risk", "decision", "databook"}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lpo_analysis"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("lpo_analysis.")}
    return {name for name in found if (PACKAGE / name).exists() or (PACKAGE / f"{name}.py").exists()}


MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p.name != "__init__.py" or p.parent != PACKAGE)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_from_floors_below(path: Path) -> None:
    here = room(path)
    assert here in FLOORS, f"{here} is a new room: give it a floor here and in the README"
    for other in imports(path) - {here}:
        assert FLOORS[other] < FLOORS[here] or (here, other) in WITHIN, f"{path.relative_to(ROOT)} imports {other}"


def test_methods_know_nothing_of_legal_outsourcing() -> None:
    for path in (PACKAGE / "methods").rglob("*.py"):
        assert imports(path) <= {"errors", "results", "wording", "charts", "methods"}, path


def test_reporting_imports_no_domain() -> None:
    for path in (PACKAGE / "reporting").rglob("*.py"):
        assert not imports(path) & DOMAINS, path


def test_files_can_be_read_in_one_sitting() -> None:
    long = {p.name: n for p in PACKAGE.rglob("*.py") if (n := len(p.read_text(encoding="utf-8").splitlines())) > 600}
    assert not long, f"ask for a second room: {long}"


def test_the_readme_maps_the_rooms() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    mapped = {name: int(floor) for floor, name in re.findall(r"^\| (\d) \| `(\w+)` \|", readme, flags=re.MULTILINE)}
    present = {room(path) for path in MODULES}
    assert mapped == {name: FLOORS[name] for name in present}


def test_the_readme_maps_the_notebooks() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split("| notebook | question |")[1].split("\n\n")[0]
    # Those of the kit: a researcher may have put others beside them.
    assert set(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)) == set(SHIPPED)
