"""Codes, labels and aliases of the field."""

import pytest

from lpo_analysis import vocabulary
from lpo_analysis.errors import NotFoundError
from lpo_analysis.vocabulary import in_words, label, resolve


@pytest.mark.parametrize(
    ("kind", "typed", "code"),
    [
        ("task", "Legal Research", "legal_research"),
        ("task", "doc-review", "document_review"),
        ("task", " E-Discovery ", "ediscovery"),
        ("buyer", "law firms", "law_firm"),
        ("buyer", "in-house", "corporate"),
        ("buyer size", "mid-size", "midsize"),
        ("baseline", "in house counsel", "in_house_counsel"),
        ("baseline", "law-firm-associate", "associate"),
        ("delivery model", "LPO", "provider"),
        ("delivery model", "captive-centre", "captive"),
        ("place", "philippines", "PHL"),
        ("place", "uk", "GBR"),
        ("place", "gb nir", "GB-NIR"),
        ("place", "us_ny", "US-NY"),
        ("place", "New   York", "US-NY"),
        ("place", "IN", "IND"),
        ("place", "Georgia", "US-GA"),
    ],
)
def test_what_people_type_becomes_a_code(kind, typed, code):
    assert resolve(kind, typed) == code


def test_an_unknown_word_is_refused_with_the_nearest():
    with pytest.raises(NotFoundError, match="Did you mean 'document_review'") as caught:
        resolve("task", "documnt_review")
    assert "Allowed: legal_research" in str(caught.value)


def test_a_misspelt_place_is_refused_with_the_nearest():
    with pytest.raises(NotFoundError, match="Did you mean 'philippines'"):
        resolve("place", "philipines")


def test_only_the_allowed_codes_resolve():
    assert resolve("place", "india", allowed=["IND"]) == "IND"
    with pytest.raises(NotFoundError, match=r"Allowed: IND\."):
        resolve("place", "poland", allowed=["IND"])


@pytest.mark.parametrize("typed", [None, 3, "", "   "])
def test_nonsense_is_refused(typed):
    with pytest.raises(NotFoundError):
        resolve("task", typed)


def test_a_scope_of_figures_is_no_place_but_has_a_label():
    assert label("place", "WLD") == "the world"
    with pytest.raises(NotFoundError):
        resolve("place", "WLD")


@pytest.mark.parametrize("code", vocabulary.codes_of("scope"))
def test_every_scope_resolves_by_code_and_by_label(code):
    assert resolve("scope", code.lower()) == code
    assert resolve("scope", label("scope", code)) == code


def test_labels_fall_back_to_readable_codes():
    assert label("task", "document_review") == "document review"
    assert label("task", "not_listed") == "not listed"
    assert label("place", "XKX") == "XKX"


def test_a_place_stands_in_a_sentence_with_its_article():
    assert in_words("PHL") == "the Philippines"
    assert in_words("US-DC") == "the District of Columbia"
    assert in_words("IND") == "India"


def test_every_part_of_a_country_lies_in_a_listed_country():
    assert all(place.country in vocabulary.PLACES for place in vocabulary.PLACES.values())
    assert vocabulary.PLACES["USA"].is_country
    assert not vocabulary.PLACES["US-OH"].is_country


@pytest.mark.parametrize("kind", vocabulary._KINDS)
def test_no_spelling_of_one_code_is_taken_by_another(kind):
    owners = {}
    for word in vocabulary._KINDS[kind].values():
        for spelling in (word.code, word.label, *word.aliases):
            owners.setdefault(vocabulary._folded(spelling), set()).add(word.code)
    assert {spelling: codes for spelling, codes in owners.items() if len(codes) > 1} == {}


def test_codes_of_places_in_a_text_are_spelt_out_and_nothing_else():
    assert (
        vocabulary.spelt_out("US-NY, GB-EAW (on LPO) and PHL")
        == "New York, England and Wales (on LPO) and the Philippines"
    )
    assert vocabulary.spelt_out("US-XX, USD and the ABA") == "US-XX, USD and the ABA"
