"""A list to tick and sign: nothing of it is markup of others, and it needs no script."""

import re

import pandas as pd

from lpo_analysis.reporting import notebook
from lpo_analysis.reporting.checklist import BOX, FIELDS, html, plain
from lpo_analysis.results import Result

EVIL = '<script>alert(1)</script> & "so"'
TABLE = pd.DataFrame(
    {"term": ["one", "two"], "label": ["First", EVIL], "state": ["required", "not known"], "steps": ["do this\nand that", EVIL],
     "basis": ["US-NY: required [X (2006)]", EVIL], "not_known": ["IND", ""], "persuasive": ["", "USA: required\nAUS: required"],
     "superseded": ["GB-EAW: Outcome X, superseded by Y", ""]}
)  # fmt: skip
RESULT = Result("checklist", TABLE, "")


def test_every_step_has_a_box_and_every_list_its_lines_to_sign():
    made = html(RESULT, title="T", subject="S", note="N")
    assert made.count(BOX) == 3
    for name in FIELDS:
        assert f"<p>{name}: ____" in made
    assert "Not known: IND" in made
    assert made.count("Persuasive only: ") == 2
    assert made.count("No longer in force: GB-EAW: Outcome X, superseded by Y") == 1


def test_nothing_is_let_through_unescaped():
    made = html(Result("checklist", TABLE, ""), title=EVIL, subject=EVIL, note=EVIL)
    assert "<script" not in made
    assert made.count("&lt;script&gt;") == 6
    assert set(re.findall(r"<(\w+)", made)) == {"section", "p", "ol", "li", "strong", "em", "ul", "div"}


def test_the_plain_list_says_the_same_in_lines_of_100():
    made = plain(RESULT, title="T", subject="S", note="N " * 80)
    assert made.count("[ ] ") == 3
    assert max(map(len, made.splitlines())) <= 100
    assert made.splitlines()[-4:] == [f"{name}: {'_' * 36}" for name in FIELDS]
    assert "persuasive only: AUS: required" in made
    assert "not known: IND" in made


def test_the_notebook_shows_it_with_its_rows_for_the_csv(monkeypatch):
    shown = []
    monkeypatch.setattr(notebook, "_emit", lambda data, metadata=None: shown.append(data))
    notebook.checklist(RESULT, title="T")
    (data,) = shown
    assert data[notebook.TABLE]["name"] == "checklist"
    assert len(data[notebook.TABLE]["rows"]) == 2
    assert BOX in data["text/html"]
    assert data["text/plain"].startswith("T\n")
