"""Write what is generated from other files: environment.yml, and the table of claims in the README."""

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
CLAIMS = re.compile(r"(<!-- claims: .*? -->\n).*?(<!-- /claims -->)", re.DOTALL)


def environment() -> str:
    """Return the text of environment.yml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    lines = [f"python{project['requires-python']}", "pip", *sorted({re.sub(r"\s+", "", item) for item in wanted})]
    body = "".join(f"  - {line}\n" for line in lines)
    return f"{HEAD}{body}  - pip:\n      - -e .\n"


def readme() -> str:
    """Return the README with the table of claims as the evidence now judges them."""
    from lpo_analysis.claims import claims, summary

    rows = [
        f"| {row.claim} | **{row.verdict}** | {row.n_rows} ({row.n_studies}) | {row.grade} | {row.section} |"
        for row in summary(claims()).itertuples()
    ]
    head = ["| claim | verdict | rows (studies) | best grade | shown in |", "|---|---|---:|---|---|"]
    table = "\n".join([*head, *rows])
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return CLAIMS.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", text)


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(environment(), encoding="utf-8")
    (ROOT / "README.md").write_text(readme(), encoding="utf-8")
