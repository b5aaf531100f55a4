"""What a firm's own incidents change: by how much one moves the rate, what none is worth, and what stays out."""

from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

from lpo_analysis.evidence import load
from lpo_analysis.methods.count_rates import poisson_interval
from lpo_analysis.methods.inputs import Input
from lpo_analysis.risk import Parameters, analyse, loss_inputs, posterior_rate
from lpo_analysis.risk.how_often import reaching, reaching_share
from lpo_analysis.risk.incident_file import read_incidents
from lpo_analysis.risk.incidents import by_kind, own_reached, own_severity, prior, update
from lpo_analysis.risk.inputs import draw, expected_loss_of
from lpo_analysis.risk.rates import rates

TEMPLATE = Path(__file__).resolve().parents[3] / "data" / "templates" / "incidents.csv"
HEAD = "date,kind,records,cost,currency,client_data_reached,third_party,observed_from,observed_to\n"


@pytest.fixture
def asked(tmp_path):
    def make(rows, first="2021-01-01", last="2023-12-31", **changes):
        path = tmp_path / "mine.csv"
        lines = rows or [",none,,,,,"]
        text = HEAD + "".join(
            f"{row},{first if at == 0 else ''},{last if at == 0 else ''}\n" for at, row in enumerate(lines)
        )
        path.write_text(text, encoding="utf-8")
        return Parameters(incidents_path=str(path), **changes)

    return make


ONE = ["2022-05-01,confidentiality,,,,,"]


def test_without_a_file_it_says_how_to_give_one():
    result = update(load(), Parameters())
    assert not result.estimable
    assert "incidents_path names a file" in result.text
    assert posterior_rate(load(), Parameters()) is None
    assert not by_kind(load(), Parameters()).estimable


def test_the_prior_has_the_mean_and_the_mean_logarithm_of_firms_drawn_one_by_one():
    p = Parameters()
    known, rows = prior(load(), p)
    values, _ = draw(load(), p)
    rng = np.random.default_rng(8)
    index = values["firm_variation"] ** -2
    firms = rates(values)[0] * rng.gamma(index, 1 / index, (100, p.draws))
    assert known.mean == pytest.approx(firms.mean(), rel=0.02)
    log = stats.gamma(known.shape, scale=1 / known.rate).expect(np.log)
    # The rate of a firm that varies much may be 0 to the precision of a float.
    assert log == pytest.approx(np.log(np.maximum(firms, 1e-300)).mean(), abs=0.03)
    assert "aba2021_breach_10_49" in rows
    alike = prior(load(), Parameters(firm_variation=[0.0, 0.0]))[0]
    assert known.shape < alike.shape


@pytest.mark.parametrize("size", ["small", "midsize", "large", "all"])
def test_no_year_watched_leaves_the_loss_as_it_was_and_clean_years_lower_it(asked, size):
    known = prior(load(), Parameters(buyer_size=size))[0]
    p = Parameters(buyer_size=size)
    before = expected_loss_of(draw(load(), p)[0], p).mean()
    none = expected_loss_of(draw(load(), p, rate=(known.shape, known.rate))[0], p).mean()
    assert none == pytest.approx(before, rel=0.03)
    lost = [expected_loss_of(draw(load(), q)[0], q).mean() for q in (asked([], first=first, buyer_size=size) for first in ("2023-12-30", "2023-01-01", "2014-01-01"))]  # fmt: skip
    assert lost[0] == pytest.approx(before, rel=0.04)
    assert before > lost[1] > lost[2] > 0


@pytest.mark.parametrize("size", ["midsize", "large"])
@pytest.mark.parametrize(("n", "years"), [(0, 1), (1, 3), (2, 10)])
def test_the_posterior_mean_is_near_that_of_the_mixture_it_stands_for(size, n, years):
    # Exact: each draw is a gamma prior of its own, and weighs by the negative binomial chance of what was seen.
    p = Parameters(buyer_size=size)
    values, _ = draw(load(), p)
    mean, index = rates(values)[0], values["firm_variation"] ** -2
    weights = stats.nbinom.pmf(n, index, index / (index + mean * years))
    exact = np.average((index + n) / (index / mean + years), weights=weights)
    assert prior(load(), p)[0].updated(n, years).mean == pytest.approx(exact, rel=0.2 if size == "midsize" else 0.6)


def test_the_share_of_own_breaches_that_reach_client_data_is_below_that_of_breached_firms():
    found = reaching(load(), Parameters())
    share = reaching_share(load(), Parameters(), found)
    values, _ = draw(load(), Parameters())
    every, client = rates(values)
    item = Input("x", "x", "share", share.low, share.high, "logitnormal", 3, "")
    mean = item.ppf((np.arange(4000) + 0.5) / 4000).mean()
    assert mean == pytest.approx(client.mean() / every.mean(), rel=0.01)
    assert mean < 0.2 < 0.25
    assert share.rung == 3
    assert {"aba2016_client_50_99", "aba2021_breach_50_99"} <= set(share.rows)


def test_the_posterior_is_shape_and_years_added(asked):
    p = asked(ONE * 2)
    known = prior(load(), p)[0]
    shape, rate = posterior_rate(load(), p)
    assert shape == pytest.approx(known.shape + 2)
    assert rate == pytest.approx(known.rate + 1095 / 365.25)
    result = update(load(), p)
    row = result.row("rate_posterior")
    assert row["estimate"] == pytest.approx(shape / rate)
    assert [row["conf_low"], row["conf_high"]] == pytest.approx(stats.gamma.interval(0.9, shape, scale=1 / rate))
    chance = result.row("chance_posterior")
    assert chance["estimate"] == pytest.approx(1 - stats.nbinom.pmf(0, shape, rate / (rate + p.horizon_years)))


def test_own_incidents_alone_stand_beside_with_their_exact_interval(asked):
    row = update(load(), asked(ONE)).row("rate_own")
    years = 1095 / 365.25
    assert row["estimate"] == pytest.approx(1 / years)
    assert [row["conf_low"] * years, row["conf_high"] * years] == pytest.approx(poisson_interval(1))


@pytest.mark.parametrize("size", ["small", "midsize", "all"])
def test_one_incident_does_not_swing_the_estimate_wildly(asked, size):
    p = asked(ONE, buyer_size=size)
    result = update(load(), p)
    before, alone, after = (result.row(f"rate_{term}")["estimate"] for term in ("prior", "own", "posterior"))
    assert before < after < alone
    assert after / before < 1 + 1 / prior(load(), p)[0].shape
    assert after < 3 * before
    if size == "small":
        assert alone > 5 * after, "taken alone, one incident in three years would be a rate of 0.33"


@pytest.mark.parametrize("size", ["small", "midsize", "large", "all"])
def test_none_is_not_proof_of_safety(asked, size):
    result = update(load(), asked([], buyer_size=size))
    before, after = result.row("rate_prior"), result.row("rate_posterior")
    assert 0 < after["estimate"] < before["estimate"]
    assert after["conf_high"] > 0
    assert result.row("rate_own")["conf_high"] > 0
    assert "None seen is not proof of safety" in result.text


def test_more_years_weigh_more(asked):
    short = update(load(), asked([], first="2023-01-01")).row("rate_posterior")["estimate"]
    long = update(load(), asked([], first="2005-01-01")).row("rate_posterior")["estimate"]
    assert long < short


def test_firms_that_vary_more_learn_more_from_their_own(asked):
    moved = []
    for variation in ([0.0, 0.0], [1.0, 1.0], [2.0, 2.0]):
        rates = [
            update(load(), asked(rows, firm_variation=variation)).row("rate_posterior")["estimate"]
            for rows in (ONE, [])
        ]
        moved.append(rates[0] / rates[1])
    assert moved[0] < moved[1] < moved[2]


def test_only_breaches_of_confidentiality_move_the_rate(asked):
    other = ["2022-05-01,deadline,,,,,", "2022-06-01,quality,,,,,"]
    assert posterior_rate(load(), asked(other)) == posterior_rate(load(), asked([]))


def test_a_conflict_with_the_published_range_is_told(asked):
    assert not next(c for c in update(load(), asked(ONE * 40)).checks if c.name == "Prior and own experience").passed
    assert next(c for c in update(load(), asked(ONE)).checks if c.name == "Prior and own experience").passed


def test_the_cost_factor_is_the_credibility_mean_of_logarithms(asked):
    # Two breaches that cost twice what is expected of their records, whatever the floor: both above it.
    p = asked(["2024-05-01,confidentiality,20000,1,USD,,"], last="2024-12-31")
    own = read_incidents(p.incidents_path, price_year=p.price_year)
    first = own_severity(load(), p, own)
    expected = 1 / np.exp(first.after.mean / first.before.credibility(1))
    rows = [f"2024-05-01,confidentiality,20000,{2 * expected:.2f},USD,,"] * 2
    own = read_incidents(asked(rows, last="2024-12-31").incidents_path, price_year=2024)
    found = own_severity(load(), p, own)
    z = 2 / (2 + found.before.weight)
    assert np.exp(found.after.mean) == pytest.approx(2**z, rel=1e-4)
    assert found.after.std_error == pytest.approx(found.before.std_error * np.sqrt(1 - z))
    assert found.before.mean == 0


def test_a_small_breach_is_expected_to_cost_the_floor(asked):
    p = asked(["2024-05-01,confidentiality,0,50000,USD,,"], last="2024-12-31")
    few = own_severity(load(), p, read_incidents(p.incidents_path, price_year=2024))
    p = asked(["2024-05-01,confidentiality,10,50000,USD,,"], last="2024-12-31")
    some = own_severity(load(), p, read_incidents(p.incidents_path, price_year=2024))
    assert few.after.mean == some.after.mean


def test_one_cost_cannot_run_away(asked):
    rows = ["2024-05-01,confidentiality,10,90000000,USD,,"]
    result = update(load(), asked(rows, last="2024-12-31", min_incidents=1))
    assert 1 < result.row("cost_posterior")["estimate"] < 3


@pytest.mark.parametrize("n", [1, 2])
def test_what_few_breaches_cost_is_not_told(asked, n):
    rows = ["2022-05-01,confidentiality,10,90000000,USD,,"] * n
    result = update(load(), asked(rows))
    row = result.row("cost_posterior")
    assert np.isnan([row["estimate"], row["conf_low"], row["conf_high"], row["n_obs"]]).all()
    assert row["method"] == "hidden: fewer than 3"
    assert (
        "What they cost is not told, because fewer than 3 of your breaches tell both records and cost." in result.text
    )
    told = update(load(), asked(["2022-05-01,confidentiality,10,90000000,USD,,"] * 3)).row("cost_posterior")
    assert told["estimate"] > 1
    assert told["n_obs"] == 3


def test_how_many_incidents_of_other_kinds_there_are_is_not_told(asked):
    # One hidden kind could be found by subtraction.
    rows = ["2022-05-01,quality,,,,,"] * 5 + ["2022-06-01,deadline,,,,,"] + ONE * 3
    result = update(load(), asked(rows))
    assert result.n_dropped == 0
    assert "set aside" not in result._repr_html_()
    shown = by_kind(load(), asked(rows)).table.set_index("term")["estimate"]
    assert shown[["quality", "confidentiality"]].notna().all()
    assert np.isnan(shown["deadline"])


@pytest.mark.parametrize(("yes", "no", "enters"), [(1, 0, False), (2, 5, False), (5, 2, False), (3, 3, True), (4, 0, True)])  # fmt: skip
def test_what_breaches_reached_enters_only_where_it_may_be_shown(asked, yes, no, enters):
    rows = ["2022-05-01,confidentiality,,,,yes,no"] * yes + ["2022-05-01,confidentiality,,,,no,no"] * no
    p = asked(rows)
    assert own_reached(p) == ((yes, no) if enters else (0, 0))
    shown = by_kind(load(), p).table.set_index("term")["estimate"]
    assert bool(np.isfinite(shown["client_data_reached"])) is enters
    basis = loss_inputs(load(), p)["reaching_share"].basis
    assert ("updated by what your own breaches reached" in basis) is enters


def test_costs_that_are_not_told_leave_the_factor_open(asked):
    result = update(load(), asked(ONE))
    assert np.isnan(result.row("cost_posterior")["estimate"])
    assert result.row("cost_prior")["estimate"] == 1
    assert "not estimable" in result.text


def test_kinds_with_few_incidents_are_hidden():
    shown = by_kind(load(), Parameters(incidents_path=str(TEMPLATE)))
    assert shown.table.dropna(subset=["estimate"])["term"].tolist() == ["confidentiality"]
    assert shown.n_used == 0, "no total from which a hidden number could be found"
    hidden = shown.table[shown.table["estimate"].isna()]
    assert hidden["n_obs"].isna().all()
    assert hidden["method"].str.startswith("hidden: fewer than 3").all()
    every = by_kind(load(), Parameters(incidents_path=str(TEMPLATE), min_incidents=1))
    assert every.table.dropna(subset=["estimate"])["term"].tolist() == [
        "confidentiality",
        "quality",
        "deadline",
        "client_data_reached",
        "third_party",
    ]
    assert not by_kind(load(), Parameters(incidents_path=str(TEMPLATE), min_incidents=10)).estimable


def test_nothing_of_a_row_is_in_what_comes_out():
    p = Parameters(incidents_path=str(TEMPLATE))
    out = repr(update(load(), p)) + repr(by_kind(load(), p)) + update(load(), p)._repr_html_()
    for private in ("I-01", "2022-03-14", "18000", "18,000", "templates/incidents.csv'"):
        assert private not in out


@pytest.mark.parametrize("grades", [["A"], ["C"], ["D"], ["A", "B", "C", "D"]], ids="".join)
@pytest.mark.parametrize("size", ["small", "midsize", "large", "all"])
def test_every_set_of_grades_answers_or_says_why_not(grades, size):
    analysis = analyse(Parameters(buyer_size=size, grades=grades, incidents_path=str(TEMPLATE)))
    for result in (analysis.own_incidents, analysis.own_kinds):
        assert result.text.endswith(".")
        assert "nan" not in result.text
    if not analysis.own_incidents.estimable:
        assert "nothing to start from" in analysis.own_incidents.text
        assert posterior_rate(load(), analysis.parameters) is None


def test_a_report_of_own_incidents_has_its_figure(asked):
    result = update(load(), asked(ONE))
    axis = result.plot()
    assert "logarithmic" in axis.get_xlabel()
    assert len(result.plot_data) == 3
    none = update(load(), asked([]))
    assert none.plot() is not None


def test_what_own_breaches_reached_moves_the_share_that_reaches_client_data(asked):
    # The same five without an answer: what the number of breaches alone says of their share.
    before = loss_inputs(load(), asked(ONE * 5))["reaching_share"]
    after = loss_inputs(load(), asked(["2022-05-01,confidentiality,,,,yes,no"] * 4 + ["2022-05-01,confidentiality,,,,no,no"], min_incidents=1))["reaching_share"]  # fmt: skip
    # The posterior of a logit-normal prior and 4 of 5, by quadrature over the density.
    middle = np.log(before.low / (1 - before.low)) / 2 + np.log(before.high / (1 - before.high)) / 2
    prior_ = stats.norm(middle, (np.log(before.high / (1 - before.high)) - middle) / stats.norm.ppf(0.95))

    def density(x):
        share = 1 / (1 + np.exp(-x))
        return prior_.pdf(x) * share**4 * (1 - share)

    whole = integrate.quad(density, -10, 10)[0]
    for end, q in ((after.low, 0.05), (after.high, 0.95)):
        assert integrate.quad(density, -10, np.log(end / (1 - end)))[0] / whole == pytest.approx(q, abs=1e-3)
    assert "updated by what your own breaches reached" in after.basis


def test_answers_that_are_not_told_or_of_another_kind_move_nothing(asked):
    for row, same in (("2022-05-01,confidentiality,,,,,", ONE), ("2022-05-01,quality,,,,yes,no", [])):
        before = loss_inputs(load(), asked(same))["reaching_share"]
        after = loss_inputs(load(), asked([row]))["reaching_share"]
        assert (after.low, after.high, after.basis) == (before.low, before.high, before.basis)
    assert own_reached(asked(["2022-05-01,confidentiality,,,,yes,no", *ONE], min_incidents=1)) == (1, 0)


def test_a_changed_answer_in_the_same_file_is_read_anew(asked):
    shares = [draw(load(), asked([f"2022-05-01,confidentiality,,,,{answer},no"], min_incidents=1))[1]["reaching_share"].median for answer in ("yes", "no")]  # fmt: skip
    assert shares[0] > shares[1]
