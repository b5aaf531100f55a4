"""What the committed reports say reads well: no slip of a template, no sentence without end, nothing told twice."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest

from lpo_analysis.workbench import catalogue

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = [FOLDER / f"{name}.ipynb" for name in catalogue.SHIPPED]
"""Those of the kit; one of a researcher's own may be written otherwise."""
FINDING, FIGURE, TABLE = (f"application/vnd.lpo.{kind}+json" for kind in ("finding", "figure", "table"))
MOST_WORDS = 60
"""Words that a sentence of a finding may have."""
SLIPS = {
    "two spaces": r"\S  +\S",
    "a space before a sign": r"\w [,;:.](?:\s|$)",
    "a doubled sign": r"[,;]\s*[,;.]|\.\.(?!\.)",
    "a missing number": r"\bnan\b|\bNaN\b|[a-z=] None\b|\bn/a\b|\binf\b",
    "minus zero": r"(?<![\w.,])-0(?:\.0+)?%?(?![\d.,])",
    "one of many": r"(?<![\d.,-])1 (?:years|rows|studies|figures|points|makers|inputs|hours|shares|surveys|pairs|outcomes|tests|registers|ways|opinions|draws)\b",
    "many of one": r"\b(?:[02-9]|\d{2,}) (?:year|row|study|figure|point|maker|input|hour|share|survey|pair|outcome|register|opinion)\b(?!-)(?= (?:is|has|was|are|have|were)\b)",
    "a doubled word": r"\b(?!that\b|had\b)([a-z]+) \1\b",
    "an empty bracket": r"\(\s*[,;]?\s*\)",
    "an open end": r"[,;:]$",
    "none or all as a count": r"\b0 of (?:the )?\d+\b|\b(?P<n>\d+) of (?:the )?(?P=n) (?!draws|rows)[a-z]",
    "a loss of nothing": r"\ba loss of [$£€₹]?0(?:\.0+)?(?![\d.,])",
    "a list of lists by commas alone": r"\bA, B, C or A, B\b",
    "a name with a comma in a sentence": r"\bbought, when observed\b|\bAI, as in trials\b",
    "a turning point at the end": r"\bonce a person goes over (?:all|nothing) of\b",
    "a large number without separators": r"(?<![\d.,/_-])\d{5,}(?![\d_])",
    "a number in computer notation": r"\de\+\d",
    "an empty grade": r"\bGrade \.",
}
"""What a template leaves behind where nobody looked at its outcome."""
CODE = r"\b[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+\b|\b[A-Z]{2}-[A-Z]{2,3}\b(?!\s?\d)|\b(?:AUD|BRL|CAD|CNY|CZK|HUF|ILS|INR|LKR|MXN|MYR|PHP|PLN|RON|SGD|ZAR|IND|PHL|GBR|USA)\b"
"""Codes of rows, categories, places and currencies; those of the money that reports are printed in are read as names."""
CODED = {"parameters", "parameters_of", "assumptions", "codes", "licences"}
"""Tables that show codes on purpose: what to type, or the names of licences."""


def spoken(notebook):
    """What a report says in sentences, each with its cell: findings, notes, captions and alternative texts."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and cell.source.startswith("## Parameters"):
            yield number, "parameters", ""
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            for paragraph in data.get(FINDING, ()):
                yield number, "finding", paragraph["text"]
            if FIGURE in data:
                yield number, "caption", data[FIGURE]["caption"]
                yield number, "alt", data[FIGURE]["alt"]
            if TABLE in data:
                yield from ((number, "note", note) for note in data[TABLE].get("notes", ()))


def shown(notebook):
    """What stands in the cells and headings of tables and on figures, each with its cell, and the lists of sources."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            table, figure = data.get(TABLE, {}), data.get(FIGURE, {})
            if table.get("name") == "sources":
                yield number, str(data["text/plain"])
            elif table.get("name") not in CODED:
                for key, heading, kind in table.get("shown", ()):
                    place = table["columns"].index(key)
                    if heading != key.capitalize():  # what its author named; a checklist is set in words of its own
                        yield number, heading
                    yield from ((number, str(row[place])) for row in table["rows"] if kind == "text")
            for name in {"label", "group", "row", "column", "series", "panel"} & set(figure.get("columns", ())):
                place = figure["columns"].index(name)
                yield from ((number, str(row[place])) for row in figure["rows"])


def coded(text, allowed=frozenset()):
    """Codes in a text that are no names of parameters, files or addresses."""
    plain = re.sub(r"https?://\S+|`[^`]*`|\S+\.(?:csv|ipynb|md)\b|\bCC BY-SA\b", "x", text)
    return [code for code in re.findall(CODE, plain) if code not in allowed]


def glance_of(said):
    """The last cell above the parameters."""
    return next((number for number, kind, _ in said if kind == "parameters"), 0)


def sentences(text):
    return re.split(r"(?<=[.!?])\s+(?=[A-Z0-9“])", text.strip())


def slips(text):
    plain = re.sub(r"https?://\S+|`[^`]*`", "x", text)
    return [what for what, pattern in SLIPS.items() if re.search(pattern, plain)]


@pytest.fixture(scope="module")
def asked_for():
    """Names of the parameters of all reports: what to type, so a text may have them."""
    cells = [cell for path in NOTEBOOKS for cell in nbformat.read(path, as_version=4).cells]
    tagged = [cell.source for cell in cells if "parameters" in cell.metadata.get("tags", ())]
    return frozenset(name for source in tagged for name in re.findall(r"^(\w+) =", source, re.MULTILINE))


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def said(request):
    return list(spoken(nbformat.read(request.param, as_version=4)))


def test_no_template_slips_into_what_is_said(said):
    found = [f"cell {number}: {what} in {text!r}" for number, _, text in said for what in slips(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_code_stands_where_a_name_belongs(path, asked_for):
    notebook = nbformat.read(path, as_version=4)
    texts = [*((number, text) for number, _, text in spoken(notebook)), *shown(notebook)]
    found = {f"cell {number}: {code} in {text!r}" for number, text in texts for code in coded(text, asked_for)}
    assert not found, "\n".join(sorted(found))


def test_no_source_has_an_empty_grade():
    lists = [
        text for path in NOTEBOOKS for _, text in shown(nbformat.read(path, as_version=4)) if text.startswith("[1] ")
    ]
    assert lists
    assert not [text for text in lists if "an empty grade" in slips(text)]


def test_no_sentence_of_a_finding_runs_on(said):
    long = [
        f"cell {number}, {len(sentence.split())} words: {sentence}"
        for number, kind, text in said
        if kind == "finding"
        for sentence in sentences(text)
        if len(sentence.split()) > MOST_WORDS
    ]
    assert not long, "\n".join(long)


def test_no_number_is_told_twice_in_the_same_words_below_the_glance(said):
    # What stands above the parameters is the glance, which repeats what sections tell; a caveat may stand in several.
    later = Counter(
        sentence
        for number, kind, text in said
        if kind == "finding" and number > glance_of(said)
        for sentence in set(sentences(text))
        if len(sentence.split()) > 6 and re.search(r"\d", sentence)
    )
    assert not [sentence for sentence, times in later.items() if times > 1]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Gives alm_2013_corp_ever (54% of 77).", ["alm_2013_corp_ever"]), ("Asked for in US-NY and GB-EAW.", ["US-NY", "GB-EAW"]), ("One INR lost 5%.", ["INR"]),
        ("As `by_vendors` has it, see data/templates/own_file.csv and seed_path; USD and CC BY-SA 4.0.", []), ("A re-run of A-B tests, BY-SA 4.0 and the LPO.", []),
    ],
)  # fmt: skip
def test_the_check_on_codes_bites(text, codes):
    assert coded(text, {"seed_path"}) == codes


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Beyond the grid's 3.60404e+07 it is nothing.", "a number in computer notation"), ("A title. Grade .", "an empty grade"),
        ("It costs 1 years of work.", "one of many"), ("Of 3 row are left.", "many of one"), ("The saving is -0% here.", "minus zero"), ("A gap of nan points.", "a missing number"),
        ("It is is so.", "a doubled word"), ("This , that.", "a space before a sign"), ("Two  spaces.", "two spaces"), ("It ends with:", "an open end"),
        ("It would take 0 of the 7 claims.", "none or all as a count"), ("9 of 9 would need more.", "none or all as a count"), ("A loss: a loss of $0 to $9.", "a loss of nothing"), ("The change is a loss of $0 in money of 2024.", "a loss of nothing"),
        ("Grades A, B, C or A, B, C, D give 5%.", "a list of lists by commas alone"), ("Price of an hour bought, when observed and pay matter.", "a name with a comma in a sentence"),
        ("Once a person goes over it; once a person goes over all of the work.", "a turning point at the end"), ("Median of 16384 draws.", "a large number without separators"), ("None () here.", "an empty bracket"),
    ],
)  # fmt: skip
def test_the_check_bites(text, what):
    assert what in slips(text)


@pytest.mark.parametrize(
    "text", ["The saving is -0.5% (-0.03 to 1,000,000).", "1 row of 21 years is told.", "None of the 24 inputs is fitted.", "From 2015 to 2023 it grew; a bound, too."]
)  # fmt: skip
def test_good_prose_passes(text):
    assert not slips(text)
