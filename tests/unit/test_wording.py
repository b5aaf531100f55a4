"""Numbers are shown as their intervals bear them."""

import math

import pytest

from lpo_analysis import wording

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("width", "places"), [(0.35, 2), (1, 1), (9.9, 1), (10, 0), (350, -1), (0, 2), (INF, 2), (1e-9, 6)]
)
def test_an_interval_bears_two_digits_of_its_width(width, places):
    assert wording.decimals(width) == places


@pytest.mark.parametrize(
    ("value", "width", "text"),
    [
        (1234.5678, None, "1,230"),
        (0.6231, 0.35, "0.62"),
        (0, None, "0"),
        (-0.0001, 1, "0.0"),
        (1234.5, 350, "1,230"),
        (999.9, None, "1,000"),
        (0.00012345, None, "0.000123"),
        (NAN, None, "n/a"),
        (INF, 1, "n/a"),
        (None, None, "n/a"),
    ],
)
def test_a_number_is_rounded_to_what_is_known(value, width, text):
    assert wording.number(value, width=width) == text


@pytest.mark.parametrize(
    ("share", "width", "text"),
    [
        (0.623, None, "62%"),
        (0.623, 0.5, "62%"),
        (0.0123, 0.05, "1.2%"),
        (-0.004, None, "0%"),
        (-0.25, None, "-25%"),
        (NAN, None, "n/a"),
        (-INF, None, "n/a"),
    ],
)
def test_a_share_becomes_a_percentage_of_at_most_one_decimal(share, width, text):
    assert wording.percent(share, width=width) == text


@pytest.mark.parametrize(
    ("p", "text"), [(0, "under 1%"), (0.46, "46%"), (0.999, "over 99%"), (1, "over 99%"), (NAN, "n/a")]
)
def test_a_probability_is_never_shown_as_certain(p, text):
    assert wording.probability(p) == text


@pytest.mark.parametrize(
    ("value", "currency", "width", "text"),
    [
        (1234.5, "USD", None, "$1,230"),
        (410.2, "PHP", None, "PHP 410"),
        (-12.3, "GBP", None, "-£12.3"),
        (0, "EUR", None, "€0"),
        (-0.001, "USD", 1, "$0.0"),
        (NAN, "INR", None, "₹n/a"),
    ],
)
def test_money_carries_its_currency_and_no_minus_before_zero(value, currency, width, text):
    assert wording.money(value, currency, width=width) == text


def test_words_are_listed_as_a_sentence_lists_them():
    assert wording.listing([]) == ""
    assert wording.listing(["a"]) == "a"
    assert wording.listing(["a", "b"]) == "a and b"
    assert wording.listing(["a", "b", "c"], last="or") == "a, b or c"


def test_a_count_agrees_with_its_noun():
    assert wording.count(1, "study", "studies") == "1 study"
    assert wording.count(3, "study", "studies") == "3 studies"
    assert wording.count(1200, "row") == "1,200 rows"
    assert wording.count(0, "row") == "0 rows"


def test_a_sentence_starts_with_a_capital_and_keeps_the_rest():
    assert wording.sentence("grades A, B") == "Grades A, B"
    assert wording.sentence("") == ""


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (3.0, 9.0, "$3 to $9"),
        (0.0, 9.0, "$0 to $9"),
        (-20.0, 5.0, "a loss of $20 to a gain of $5"),
        (-0.2, 5.0, "nothing to a gain of $5"),
        (-5.0, 0.2, "a loss of $5 to nothing"),
        (-9.0, -3.0, "a loss of $3 to $9"),
        (-9.0, -0.2, "a loss of up to $9"),
    ],
)
def test_an_interval_of_gains_and_losses_is_said_without_a_minus(low, high, said):
    assert wording.gain_or_loss(low, high, lambda value: f"${value:.0f}") == said


def test_as_many_sentences_lead_as_are_asked_for():
    text = "One is 1.5 (e.g. so). Two follows. 3 ends it."
    assert wording.lead(text) == "One is 1.5 (e.g. so)."
    assert wording.lead(text, 2) == "One is 1.5 (e.g. so). Two follows."
    assert wording.lead(text, 9) == text
