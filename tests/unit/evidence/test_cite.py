"""Every figure can be traced to a page."""

import dataclasses
import re

import pytest

from lpo_analysis.errors import NotFoundError, ParameterError
from lpo_analysis.evidence import cite, load, references


@pytest.fixture(scope="module")
def evidence():
    return load()


def test_a_citation_names_publisher_date_title_and_address(evidence):
    source = evidence.observations.at["valuenotes_low_2007", "source_id"]
    row = evidence.sources.loc[source]
    text = cite(evidence, "valuenotes_low_2007")
    assert text == cite(evidence, source)
    assert text.startswith(f"{row['publisher']} ({row['published']}). {row['title']}. {row['url']}")


def test_what_was_read_elsewhere_says_where(evidence):
    second_hand = evidence.sources.index[evidence.sources["via"].eq("secondary")][0]
    first_hand = evidence.sources.index[evidence.sources["via"].eq("primary")][0]
    assert f"(read on {evidence.sources.at[second_hand, 'seen_on']})" in cite(evidence, second_hand)
    assert "read on" not in cite(evidence, first_hand)


def test_each_source_is_cited_once_in_the_order_given(evidence):
    rows = ["fronterion_offshore_rate", "valuenotes_low_2007", "valuenotes_high_2007"]
    assert len(cite(evidence, rows).splitlines()) == len(evidence.observations.loc[rows, "source_id"].unique())


def test_bibtex_of_every_source_is_balanced_and_escaped(evidence):
    entries = cite(evidence, evidence.sources.index, style="bibtex").split("\n\n")
    assert len(entries) == len(evidence.sources)
    for entry in entries:
        assert re.match(r"@misc\{[A-Za-z0-9_]+,\n  author = \{\{", entry)
        assert entry.count("{") == entry.count("}")
        assert re.search(r"^  year = \{\d{4}\},$", entry, flags=re.MULTILINE)
        for line in entry.splitlines()[1:]:
            if not line.startswith("  url"):
                assert not re.search(r"(?<!\\)[&%$#_]", line), line


def test_bibtex_replaces_braces_and_escapes_signs(evidence):
    name = evidence.sources.index[0]
    sources = evidence.sources.copy()
    sources.loc[name, ["publisher", "title"]] = ["Smith & Sons", "50% {of} it_all #1 $"]
    entry = cite(dataclasses.replace(evidence, sources=sources), name, style="bibtex")
    assert r"author = {{Smith \& Sons}}" in entry
    assert r"title = {{50\% (of) it\_all \#1 \$}}" in entry


def test_an_unknown_identifier_is_refused_with_the_nearest(evidence):
    with pytest.raises(NotFoundError, match="Did you mean 'valuenotes_low_2007'"):
        cite(evidence, "valuenotes_low_2008x")


def test_an_unknown_style_is_refused(evidence):
    with pytest.raises(ParameterError, match="style: got 'apa', allowed: text, bibtex"):
        cite(evidence, "valuenotes_low_2007", style="apa")


def test_references_number_the_sources_of_a_report(evidence):
    rows = ["valuenotes_low_2007", "table:wages_us_national:USA:23-1011", "valuenotes_high_2007", "lexadigm_rate"]
    listed = references(evidence, rows)
    assert listed.index.tolist() == [1, 2, 3]
    assert listed.at[1, "figures"] == "valuenotes_low_2007, valuenotes_high_2007"
    assert listed["grade"].tolist() == ["B", "A", "C"]
    assert listed.at[2, "source_id"] == "table:wages_us_national"
    assert "Bureau of Labor Statistics" in listed.at[2, "publisher"]


def test_references_of_nothing_are_an_empty_list(evidence):
    assert len(references(evidence, [])) == 0


def test_references_take_a_source_as_well_and_refuse_the_unknown(evidence):
    assert len(references(evidence, [evidence.sources.index[0]])) == 1
    with pytest.raises(NotFoundError):
        references(evidence, ["nothing_of_the_kind"])
    with pytest.raises(NotFoundError):
        references(evidence, ["table:no_such_table:x"])
