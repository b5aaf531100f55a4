"""Controls: what the rows say of their use, break-evens by hand, rankings under priors, and files at fault."""

from pathlib import Path

import numpy as np
import pytest

from lpo_analysis.errors import DataError, ParameterError
from lpo_analysis.evidence import convert, load, table
from lpo_analysis.methods.security_spend import optimal_spend
from lpo_analysis.risk import (
    Parameters,
    break_even,
    control_ranking,
    control_use,
    control_worth,
    security_spending,
)
from lpo_analysis.risk.control_costs import COLUMNS, drawn_costs, read_controls
from lpo_analysis.risk.controls import PATHS, UNPRICED, beside, path_losses
from lpo_analysis.risk.inputs import draw, increment_of, mean_cost
from lpo_analysis.risk.rates import rates

TEMPLATE = Path(__file__).resolve().parents[3] / "data" / "templates" / "control_costs.csv"
HEADER = ",".join(COLUMNS)


def given(tmp_path, *rows, header=HEADER):
    path = tmp_path / "costs.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return str(path)


def asked(tmp_path, *rows, **changes):
    return Parameters(controls_path=given(tmp_path, *rows), **({"draws": 1024} | changes))


def test_the_table_of_controls_names_ways_and_rows_that_are_there():
    listed, observations = table("controls"), load().observations
    assert set(listed["path"]) <= set(PATHS)
    for row in listed.itertuples():
        for category in filter(None, row.categories.split(";")):
            assert len(observations[(observations["metric"] == row.metric) & (observations["category"] == category)]), (
                row.control,
                category,
            )


def test_use_is_what_the_rows_say_and_a_gap_is_told():
    result, observations = control_use(load(), Parameters()), load().observations
    row = result.row("encryption:aba2020_enc_file")
    assert row["estimate"] == observations.loc["aba2020_enc_file", "value"] / 100
    assert result.row("clean_room")["n_obs"] == 0
    counted = result.row("certification:ilta_iso_certified_2016")
    assert np.isnan(counted["estimate"])
    assert counted["count"] == 44
    assert "none compares breaches with and without one" in result.text
    few = control_use(load(), Parameters(grades=["A"]))
    assert few.n_used == 2


def test_the_ways_of_loss_share_the_loss_of_the_report():
    p = Parameters(draws=1024)
    found, (values, _) = path_losses(load(), p), draw(load(), p)
    whole = rates(values)[1] * mean_cost(values, p)
    assert found.by_path["all"] == pytest.approx(whole)
    assert found.by_path["own"] + found.by_path["third_party"] == pytest.approx(whole)
    assert found.by_path["provider"] == pytest.approx(increment_of(values, p))


def test_the_most_worth_paying_is_the_effect_times_the_expected_loss():
    result = control_worth(load(), Parameters(draws=1024))
    for row in result.table.itertuples():
        if row.term in UNPRICED:
            assert np.isnan(row.estimate)
            assert UNPRICED[row.term] in row.method
        else:
            assert row.worth_25 == pytest.approx(0.25 * row.estimate)
    assert not control_worth(load(), Parameters(grades=["A"])).estimable


def test_what_is_drawn_beside_the_loss_does_not_go_along_with_it():
    p = Parameters(draws=4096)
    found, u = path_losses(load(), p), beside(("held_share", "cost:a", "effect:a"), p)
    for column in u.values():
        for sample in found.by_path.values():
            if sample is not found.by_path["provider"]:
                assert abs(np.corrcoef(column, np.log(sample))[0, 1]) < 0.05


def test_break_even_by_hand(tmp_path):
    p = asked(tmp_path, "encryption,5000,5000,USD,,", "staff_training,9e9,9e9,USD,,", "second_review,1,2,USD,,")
    result, found = break_even(load(), p), path_losses(load(), p)
    loss = found.by_path["all"]
    row = result.row("encryption")
    assert row["estimate"] == pytest.approx(5000 / loss.mean())
    assert (row["conf_low"], row["conf_high"]) == pytest.approx(tuple(np.quantile(5000 / loss, [0.05, 0.95])))
    assert row["reachable"] == np.mean(loss > 5000)
    assert result.row("staff_training")["estimate"] > 1
    assert "times the whole expected loss it acts on" in result.text
    assert np.isnan(result.row("second_review")["estimate"])
    assert "Second review of a sample acts on a loss that is not in money" in result.text
    # What cannot be reached is a bound at the edge of the figure.
    edge = result.plot_data.set_index("label").loc["training of the staff"]
    assert np.isnan(edge["estimate"])
    assert edge["conf_low"] == 1


def test_a_free_control_is_worth_it_whatever_it_prevents(tmp_path):
    p = asked(tmp_path, "multi_factor,0,0,USD,0.5,0.5")
    assert break_even(load(), p).row("multi_factor")["estimate"] == 0
    ranked = control_ranking(load(), p)
    assert ranked.row("multi_factor")["first"] == 1
    assert ranked.row("multi_factor")["estimate"] == pytest.approx(0.5 * path_losses(load(), p).by_path["own"].mean())


def test_the_ranking_is_that_of_the_draws(tmp_path):
    p = asked(
        tmp_path,
        "multi_factor,2000,2000,USD,0.1,0.6",
        "encryption,3000,6000,GBP,,",
        "dual_sourcing,1,2,,,",
        control_effect=[0.0, 0.4],
        seed=0,
    )
    result, found = control_ranking(load(), p), path_losses(load(), p)
    items = read_controls(p.controls_path, price_year=p.price_year)
    costs, effects = drawn_costs(items, p)
    net = np.column_stack(
        [
            effects["multi_factor"] * found.by_path["own"] - costs["multi_factor"],
            effects["encryption"] * found.by_path["all"] - costs["encryption"],
            np.zeros(p.draws),
        ]
    )
    first = np.bincount(net.argmax(axis=1), minlength=3) / p.draws
    assert result.table["first"].to_numpy() == pytest.approx(first)
    assert result.table[["rank_1", "rank_2", "rank_3"]].sum(axis=1).to_numpy() == pytest.approx(1)
    assert effects["encryption"].max() <= 0.4
    assert effects["multi_factor"].min() >= 0.1
    assert result.n_dropped == 1
    assert "A second provider or site is left out" in result.text
    assert control_ranking(load(), p).table.equals(result.table)


def test_without_costs_nothing_is_ranked():
    p = Parameters(draws=256)
    for result in (break_even(load(), p), control_ranking(load(), p)):
        assert not result.estimable
        assert "controls_path names a file" in result.text


def test_only_controls_without_a_price_are_not_ranked(tmp_path):
    result = control_ranking(load(), asked(tmp_path, "backup,1,2,USD,,"))
    assert "acts on a loss that is not in money" in result.text


def test_the_template_is_read_in_the_money_of_the_report():
    first, second, third = read_controls(TEMPLATE, price_year=2024)
    assert (first.control, first.cost, first.effect) == ("security_audit", (8000, 15000), (0.05, 0.3))
    assert second.cost[0] == pytest.approx(convert(3000, "GBP", "USD", 2024).amount)
    assert second.effect is None
    assert third.path == "own"


def test_labels_are_read_and_decimal_commas(tmp_path):
    path = given(tmp_path, "Encryption of files and disks;1000,5;2000;gbp;0,1;0,5", header=HEADER.replace(",", ";"))
    (item,) = read_controls(path, price_year=2024)
    assert item.control == "encryption"
    assert item.effect == (0.1, 0.5)


def test_all_faults_of_a_file_are_named_at_once_and_nothing_private_is_repeated(tmp_path):
    path = given(
        tmp_path,
        "encrypton,1,2,USD,,", "Project Quoxbury,1,2,USD,,", "backup,5,2,USD,,", "multi_factor,-3,2,USD,,", "clean_room,1,2,XXX,,", "second_review,,2,USD,,",
        "onshore_only,1,2,USD,0.2,", "data_minimisation,1,2,USD,0.5,1.5", "backup,1,2,USD,,", ",1,2,USD,,",
    )  # fmt: skip
    with pytest.raises(DataError) as error:
        read_controls(path, price_year=2024)
    text = str(error.value)
    for words in (
        "encryption", "row 3", "is below cost_low", "is no cost", "cost_low", "is empty; it takes a number", "told both or not at all", "is no share", "stands there twice",
        "it takes a code",
    ):  # fmt: skip
        assert words in text, words
    assert "Quoxbury" not in text
    assert str(tmp_path) not in text


def test_a_year_without_a_rate_is_refused(tmp_path):
    with pytest.raises(
        DataError, match="row 2, column currency: cannot be converted: There is no yearly rate of EUR for 1990"
    ):
        read_controls(given(tmp_path, "backup,1,2,EUR,,"), price_year=1990)


def test_spending_needs_a_productivity_and_stays_under_the_bound():
    assert "none was given (spend_alpha)" in security_spending(load(), Parameters(draws=256)).text
    p = Parameters(draws=1024, spend_alpha=2e-5, spend_beta=1.5)
    result, found = security_spending(load(), p), path_losses(load(), p)
    expected = float((found.chance * found.severity).mean())
    assert result.row("bound")["estimate"] == pytest.approx(expected / np.e)
    best = result.row("spend")["estimate"]
    assert best == pytest.approx(float(optimal_spend(vulnerability=1.0, loss=expected, alpha=2e-5, beta=1.5)))
    assert 0 < best < expected / np.e


def test_class_two_is_the_least_over_all_draws():
    p = Parameters(draws=1024, spend_alpha=1e-4, spend_class="II")
    result, found = security_spending(load(), p), path_losses(load(), p)
    best = result.row("spend")["estimate"]

    def total(z):
        return float((found.chance ** (1e-4 * z + 1) * found.severity).mean()) + z

    assert all(total(best) <= total(best + step) + 1e-6 for step in (-500, -5, 5, 500))
    assert result.checks[0].passed


def test_a_productivity_too_small_spends_nothing():
    result = security_spending(load(), Parameters(draws=256, spend_alpha=1e-9))
    assert result.row("spend")["estimate"] == 0
    assert "no spending on top of today's pays" in result.text


def test_effects_outside_of_shares_are_refused():
    with pytest.raises(ParameterError, match="control_effect: must lie between 0 and 1"):
        Parameters.from_mapping({"control_effect": [0.2, 1.4]})
