"""What must hold whatever is put in."""

import csv
import shutil
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_analysis import vocabulary
from lpo_analysis.errors import DataError, SelectionError
from lpo_analysis.evidence import load, real, select
from lpo_analysis.evidence.money import currencies, price_years
from lpo_analysis.evidence.schema import read_csv
from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.methods.sensitivity import sobol_indices

# The package exports a function of the same name, which hides the module.
load_module = sys.modules["lpo_analysis.evidence.load"]

# Every code and label, but for the labels that belong to two places or lose to a code.
WORDS = [
    (kind, code, text)
    for kind, words in vocabulary._KINDS.items()
    for code, word in words.items()
    for text in (code, word.label)
]
WORDS += [("place", code, text) for code, place in vocabulary.PLACES.items() for text in (code, place.name)]


@given(st.sampled_from(WORDS), st.randoms(use_true_random=False), st.sampled_from([" ", "-", "_", "  ", " - "]))
@settings(max_examples=400)
def test_any_case_and_spacing_of_a_code_or_label_resolves(word, random, joint):
    kind, code, text = word
    typed = "".join(random.choice((str.upper, str.lower))(letter) for letter in text)
    typed = joint.join(typed.replace("-", " ").replace("_", " ").split())
    assert vocabulary.resolve(kind, f" {typed} ") == code


ENDS = {
    "lognormal": st.floats(1e-3, 1e6),
    "logitnormal": st.floats(1e-4, 1 - 1e-4),
    "normal": st.floats(-1e4, 1e4),
    "uniform": st.floats(-1e4, 1e4),
}


@given(st.data(), st.sampled_from(list(ENDS)))
def test_an_input_is_monotone_and_hits_its_two_ends(data, kind):
    low, high = sorted((data.draw(ENDS[kind]), data.draw(ENDS[kind])))
    item = Input("x", "x", "", low, high, kind, 4, "by chance")
    values = item.ppf(np.linspace(0.001, 0.999, 101))
    scale = max(abs(low), abs(high))
    assert (np.diff(values) >= -1e-9 * scale).all()
    at = np.array([0.0, 1.0]) if kind == "uniform" else np.array([0.05, 0.95])
    assert item.ppf(at) == pytest.approx([low, high], rel=1e-9, abs=1e-9 * scale)
    if kind == "lognormal":
        assert (values > 0).all()
    if kind == "logitnormal":
        assert ((values > 0) & (values < 1)).all()


FIRST, LAST = price_years()


@given(
    st.floats(0.01, 1e6), st.floats(0.01, 1e3), st.sampled_from(["USD", "GBP", "EUR", "INR", "PHP"]), st.sampled_from(["USD", "GBP", "INR"]),
    st.integers(1999, LAST), st.integers(1999, LAST),
)  # fmt: skip
def test_money_is_linear_in_the_amount(amount, factor, currency, to, year, price_year):
    one, many = (real(x, currency, year, to=to, price_year=price_year) for x in (amount, amount * factor))
    assert many.amount == pytest.approx(one.amount * factor)
    assert one.amount == pytest.approx(amount * one.factor)
    assert one.factor > 0


@given(st.sampled_from(["USD", "GBP", "EUR", "INR", "PHP"]), st.integers(1999, LAST), st.integers(1999, LAST))
def test_money_there_and_back_is_where_it_began(currency, year, price_year):
    assert currency in currencies()
    there = real(100.0, currency, year, to="USD", price_year=price_year)
    assert real(there.amount, "USD", price_year, to=currency, price_year=year).amount == pytest.approx(100.0)


@given(st.lists(st.floats(0.1, 10.0), min_size=2, max_size=4), st.floats(0.0, 1.0), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_variance_shares_lie_between_none_and_all(coefficients, together, seed):
    names = [f"x{i}" for i in range(len(coefficients))]
    inputs = Inputs(tuple(Input(name, name, "", -1.0, 1.0, "normal", 4, "by chance") for name in names))

    def model(v):
        return sum(c * v[name] for c, name in zip(coefficients, names, strict=True)) + together * v["x0"] * v["x1"]

    frame = sobol_indices(
        model, inputs, groups={name: [name] for name in names} | {"all": names}, draws=4096, seed=seed
    )
    assert frame[["first", "total"]].to_numpy().min() > -0.03
    assert frame[["first", "total"]].to_numpy().max() < 1.03
    assert (frame["first"] <= frame["total"] + 0.03).all()
    singles = frame[frame["group"] != "all"]
    assert singles["first"].sum() < 1.03
    assert singles["total"].sum() > 0.97
    assert frame.set_index("group").loc["all"].tolist() == pytest.approx([1.0, 1.0], abs=0.03)


GRADES = st.lists(st.sampled_from("ABCD"), min_size=1, unique=True)
STATUS = st.lists(st.sampled_from(["actual", "estimate", "forecast"]), min_size=1, unique=True)


@given(GRADES, STATUS, st.booleans(), st.data())
@settings(max_examples=60)
def test_a_selection_never_holds_what_was_not_let_in(grades, status, context, data):
    o = load().observations
    column = data.draw(st.sampled_from(["metric", "geography", "buyer", "task", "provider", "unit", "year_start"]))
    value = str(data.draw(st.sampled_from(sorted(o[column].unique()))))
    try:
        frame = select(load(), grades=grades, status=status, context=context, **{column: value})
    except SelectionError:
        frame = select(load(), grades=grades, status=status, context=context, required=False, **{column: value})
        assert frame.empty
    assert set(frame["grade"]) <= set(grades)
    assert set(frame["status"]) <= set(status)
    assert set(frame[column].astype(str)) <= {value}
    assert context or "context" not in set(frame["topic"])


GARBAGE = st.one_of(
    st.sampled_from(
        ["", " ", "nan", "inf", "-inf", "1e400", "1e30", "-1", "0", "140", "2010.5", "99999999999999999999", "None", "True", "0x1F",
         "1,5", '"', '"open', "a,b", "line\nbreak", "\r", "\t", "\x00", "é", "\ufeff", "𝟙", "٣", "[", "(?", "%s", "{0}", "=1+1", "x" * 200_000]
    ),
    st.text(max_size=12).filter(lambda text: text.isprintable() or text.isspace()),
    st.floats().map(repr),
    st.integers().map(str),
)  # fmt: skip


@pytest.fixture
def sound_files_read_once(monkeypatch):
    """Only observations.csv is broken; reading the other four once halves the time."""
    seen = {}

    def read(path, schema, **options):
        if path.stem == "observations":
            return read_csv(path, schema, **options)
        if path.stem not in seen:
            seen[path.stem] = read_csv(path, schema, **options)
        frame, faults = seen[path.stem]
        return frame.copy(), list(faults)

    monkeypatch.setattr(load_module, "read_csv", read)


@given(st.data(), GARBAGE, st.sampled_from(["quoted", "raw"]))
@settings(max_examples=150)
def test_garbage_in_one_cell_loads_or_is_refused_as_a_fault_in_the_data(
    small, sound_files_read_once, tmp_path_factory, data, garbage, how
):
    folder = tmp_path_factory.mktemp("broken")
    shutil.copytree(small, folder, dirs_exist_ok=True)
    path = folder / "observations.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    line = data.draw(st.integers(1, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[0]) - 1))
    rows[line][column] = garbage
    with path.open("w", encoding="utf-8", newline="") as file:
        if how == "quoted":
            csv.writer(file, lineterminator="\n").writerows(rows)
        else:
            file.write("\n".join(",".join(row) for row in rows))
    faults, evidence = (), None
    try:
        evidence = load(folder)
    except DataError as error:
        faults = error.faults
    finally:
        load_module._load.cache_clear()
        shutil.rmtree(folder)
    assert (evidence is None) == bool(faults)
    assert all(fault.file and fault.message for fault in faults)
    if evidence is not None:
        assert len(evidence.observations) == len(rows) - 1
        assert not np.isinf(evidence.observations[["value", "lower", "upper"]].to_numpy(dtype=float)).any()


def test_the_small_folder_itself_has_no_fault(small):
    assert len(load(small).observations) > 30
