"""Write what is generated from other files: environment.yml, and the claims, counts and numbers in the README."""

import json
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
NUMBERS = {
    "headline rate gap": "rate_gap",
    "net saving on the work": "net_saving",
    "saving on the whole legal budget": "budget_saving",
}
"""Rows of the table of three savings, and what they are recorded as."""
CLAIMS = re.compile(r"(<!-- claims: .*? -->\n).*?(<!-- /claims -->)", re.DOTALL)


def environment() -> str:
    """Return the text of environment.yml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    lines = [f"python{project['requires-python']}", "pip", *sorted({re.sub(r"\s+", "", item) for item in wanted})]
    body = "".join(f"  - {line}\n" for line in lines)
    return f"{HEAD}{body}  - pip:\n      - -e .\n"


def recorded(notebook: str) -> dict[str, dict[str, float]]:
    """Return the values that a committed notebook recorded."""
    cells = json.loads((ROOT / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return {k: v for data in shown for k, v in data.get("application/vnd.lpo.values+json", {}).items()}


def counts() -> str:
    """Return the sentence that counts the evidence."""
    from lpo_analysis.evidence import load

    e = load()
    studies, makers = e.sources["study_id"].nunique(), e.sources["publisher_id"].nunique()
    return f"{len(e.observations):,} observations of {len(e.metrics)} metrics from {studies} studies by {makers} makers"


def counted(text: str) -> str:
    """Return a README with the counts of the evidence and the savings of the committed notebook."""
    text = re.sub(r"[\d,]+ observations of \d+ metrics from \d+ studies by \d+ makers", counts(), text)
    values = recorded("savings")
    for label, term in NUMBERS.items():
        one, low, high = (
            f"{round(100 * values[f'three_numbers.{term}'][key])}%" for key in ("estimate", "conf_low", "conf_high")
        )
        text = re.sub(
            rf"^(\| {label}\b.*?\|) -?\d+% \| -?\d+% to -?\d+% \|$",
            rf"\1 {one} | {low} to {high} |",
            text,
            flags=re.MULTILINE,
        )
    saved = round(100 * values["comparators.associate"]["estimate"])
    return re.sub(r"(associates the same model saves) \d+%", rf"\1 {saved}%", text)


def readme() -> str:
    """Return the README with claims, counts and numbers as the evidence now has them."""
    from lpo_analysis.claims import claims, summary

    rows = [
        f"| {row.claim} | **{row.verdict}** | {row.n_rows} ({row.n_studies}) | {row.grade} | {row.section} |"
        for row in summary(claims()).itertuples()
    ]
    head = ["| claim | verdict | rows (studies) | best grade | shown in |", "|---|---|---:|---|---|"]
    table = "\n".join([*head, *rows])
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return counted(CLAIMS.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", text))


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(environment(), encoding="utf-8")
    (ROOT / "README.md").write_text(readme(), encoding="utf-8")
