"""Write environment.yml from pyproject.toml: `python .ci/environment.py`."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """\
# Generated from pyproject.toml by `make generated`; a test compares the two. Do not edit.
name: lpo-analysis
channels:
  - conda-forge
dependencies:
"""


def render() -> str:
    """Return the text of environment.yml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    lines = [f"python{project['requires-python']}", "pip", *sorted({re.sub(r"\s+", "", item) for item in wanted})]
    body = "".join(f"  - {line}\n" for line in lines)
    return f"{HEAD}{body}  - pip:\n      - -e .\n"


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(render(), encoding="utf-8")
