"""A file of own quotes: read whole or refused with every fault, and shrunk as numbers given by hand are."""

from __future__ import annotations

import pytest

from lpo_analysis import paths
from lpo_analysis.errors import DataError, ParameterError
from lpo_analysis.savings import Parameters, analyse
from lpo_analysis.savings.own_quotes import COLUMNS, in_money, own_quotes, quote_checks, read_quotes

TEMPLATE = paths.TEMPLATES / "quotes.csv"
HEAD = ",".join(COLUMNS)
SECRET = "Quoxbury Legal Outsourcing"


def write(folder, *rows, head=HEAD):
    path = folder / "mine.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def row(name="q1", task="document_review", model="hourly", price="24", currency="USD", year="2024", place="", volume="", least=""):  # fmt: skip
    return ",".join([name, task, model, price, currency, year, place, volume, least])


def test_the_template_is_read_as_it_stands():
    quotes = read_quotes(TEMPLATE)
    assert TEMPLATE.read_text(encoding="utf-8").splitlines()[0] == HEAD
    assert (quotes.task, quotes.pricing_model, quotes.currency) == ("document_review", "hourly", "USD")
    assert quotes.price.tolist() == [24, 29.5, 33, 27, 38]
    assert "Q1" not in repr(quotes)
    told = (
        (paths.TEMPLATES / "README.md").read_text(encoding="utf-8").partition("## quotes.csv")[2].partition("\n## ")[0]
    )
    assert all(f"| {name} |" in told for name in COLUMNS)


FAULTY = {
    "a price of nothing": ([row(price="0")], "row 2, column price: holds 1 character, which is no price"),
    "a price with its currency": ([row(price="USD 24")], "row 2, column price: holds 6 characters, which is no amount"),
    "no price": ([row(price="")], "row 2, column price: must not be empty"),
    "two tasks": (
        [row(), row("q2", task="legal_research")],
        "column task: has document_review and legal_research; quotes are compared for one",
    ),
    "two units": ([row(), row("q2", model="per_document")], "column pricing_model: has hourly and per_document"),
    "two currencies": ([row(), row("q2", currency="GBP")], "column currency: has USD and GBP"),
    "an unknown task": (
        [row(task="document_revieww")],
        "row 2, column task: 'document_revieww' is not a known code. Did you mean 'document_review'?",
    ),
    "a name for a task": ([row(task=SECRET)], "row 2, column task: holds 26 characters, which is not a known code"),
    "a quote twice": ([row(), row()], "row 3, column quote: repeats that of row 2"),
    "a year before the index": ([row(year="1850")], "row 2, column year: '1850' is no year from"),
    "a place": ([row(place=SECRET)], "row 2, column location: holds 26 characters, which is no place"),
    "hours below 0": ([row(volume="-5")], "row 2, column volume_hours: '-5' is no number of hours a year"),
}


@pytest.mark.parametrize(("rows", "said"), FAULTY.values(), ids=FAULTY.keys())
def test_a_fault_is_told_by_row_and_column_and_without_a_name(tmp_path, rows, said):
    with pytest.raises(DataError) as caught:
        read_quotes(write(tmp_path, *rows))
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path):
    path = write(tmp_path, row(price="x", currency="USDD"), row("q1", year="", task="legal_reserch"))
    with pytest.raises(DataError) as caught:
        read_quotes(path)
    assert {(f.row, f.column) for f in caught.value.faults} == {(2, "price"), (2, "currency"), (3, "quote"), (3, "year"), (3, "task")}  # fmt: skip


def test_words_and_other_spellings_are_read(tmp_path):
    quotes = read_quotes(write(tmp_path, row(task="Document review", model="per hour", currency="usd", place="India")))
    assert (quotes.task, quotes.pricing_model, quotes.currency, quotes.locations) == ("document_review", "hourly", "USD", ("IND",))  # fmt: skip


def test_a_file_gives_what_the_same_numbers_give(tmp_path):
    path = write(tmp_path, row("a", price="40"), row("b", price="25"), row("c", price="33"))
    by_hand = analyse(Parameters(quotes=[40.0, 25.0, 33.0])).lowest_quote
    by_file = analyse(Parameters(quotes_path=str(path))).lowest_quote
    assert by_file.text == by_hand.text
    assert by_file.table.equals(by_hand.table)
    assert [check.name for check in by_file.checks][:2] == [check.name for check in by_hand.checks]


def test_money_of_another_year_and_currency_is_converted_as_the_evidence_is(tmp_path):
    from lpo_analysis.evidence.money import real

    path = write(tmp_path, row("a", price="20", currency="GBP", year="2019"), row("b", price="30", currency="GBP", year="2024"))  # fmt: skip
    p = Parameters(quotes_path=str(path), currency="USD", price_year=2024)
    due = [real(20, "GBP", 2019, price_year=2024).amount, real(30, "GBP", 2024, price_year=2024).amount]
    assert list(in_money(own_quotes(p), p)) == pytest.approx(due)
    money = next(check for check in quote_checks(own_quotes(p), p) if check.name == "Money")
    assert "Quotes in GBP of 2019 to 2024 were put into USD of 2024" in money.text


def test_a_currency_without_a_rate_of_the_year_is_a_fault_of_its_row(tmp_path):
    path = write(tmp_path, row("a", currency="EUR", year="1990"))
    with pytest.raises(
        DataError, match=r"row 2, column year: cannot be converted: There is no yearly rate of EUR for 1990"
    ):
        Parameters(quotes_path=str(path)).check_evidence()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"task": "legal_research", "baseline": "associate"},
            "the quotes are for document_review, and the report asks about legal_research. Ask with -p task=document_review",
        ),
        ({"pricing_model": "fte"}, "the quotes are for hourly, and the report asks about fte"),
    ],
)
def test_quotes_for_another_question_are_refused(changed, said):
    with pytest.raises(ParameterError) as caught:
        Parameters(quotes_path=str(TEMPLATE), **changed).check_evidence()
    assert said in str(caught.value)


def test_a_file_and_numbers_together_are_refused():
    with pytest.raises(ParameterError, match="quotes_path: a file stands beside quotes; give one of the two"):
        Parameters.from_mapping({"quotes_path": str(TEMPLATE), "quotes": [20.0]})


def test_what_sets_quotes_apart_is_told_and_not_adjusted(tmp_path):
    path = write(tmp_path, row("a", place="IND", volume="1000", least="9000"), row("b", place="PHL", volume="5000"))
    p = Parameters(quotes_path=str(path))
    told = {check.name: check for check in quote_checks(own_quotes(p), p)}
    assert told["Volumes"].passed is False
    assert "The quotes are for 1,000 to 5,000 hours a year, the report asks about 5,000." in told["Volumes"].text
    assert told["Smallest contract"].passed is False
    assert "1 quote bills more hours a year at least than the 5,000 asked about" in told["Smallest contract"].text
    assert "work in India and the Philippines" in told["Places"].text
    assert in_money(own_quotes(p), p) == (24.0, 24.0)
    alike = write(tmp_path, row("a", volume="5000", least="0"), row("b", volume="5200"))
    p = Parameters(quotes_path=str(alike))
    told = {check.name: check.passed for check in quote_checks(own_quotes(p), p)}
    assert told == {"Volumes": True, "Smallest contract": True, "Money": True, "Columns": True}


def test_one_quote_is_no_choice_and_no_fault(tmp_path):
    result = analyse(Parameters(quotes_path=str(write(tmp_path, row())))).lowest_quote
    assert not result.estimable
    assert "one is given" in result.text


def test_names_of_quotes_and_own_columns_enter_nothing(tmp_path):
    path = write(tmp_path, *(f"{row(SECRET + n, price=x)},{SECRET}" for n, x in (("1", "20"), ("2", "30"))), head=f"{HEAD},remarks")  # fmt: skip
    result = analyse(Parameters(quotes_path=str(path))).lowest_quote
    everything = (
        f"{result!r}{result.text}{result.table.to_string()}{result.checks}{result.plot_data.to_string()}{result.alt}"
    )
    assert SECRET not in everything
    assert next(check for check in result.checks if check.name == "Columns").passed is False
