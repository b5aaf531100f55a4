"""Where legal work goes: counts, published values, nulls that are told as nulls, and words that follow the numbers."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from lpo_analysis import paths
from lpo_analysis.adoption import Parameters, places, trade
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import load, references, table
from lpo_analysis.methods.gravity import LeftOut, linear_jackknife, ppml
from lpo_analysis.results import COLUMNS

mpl.use("Agg")

import matplotlib.pyplot as plt

ESTIMATORS = [
    places.imports_gravity,
    places.imports_excess,
    places.digital_exports,
    places.governance,
    places.onshore_wages,
    places.uk_legal_imports,
]
FLOWS = "uk_legal_accounting_imports_by_country"
README = (paths.DATA / "tables" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def evidence():
    return load()


@pytest.fixture(autouse=True)
def _no_figure_is_left_open():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def gravity(evidence):
    return places.imports_gravity(evidence, Parameters())


@pytest.fixture(scope="module")
def excess(evidence):
    return places.imports_excess(evidence, Parameters())


@pytest.fixture
def changed(monkeypatch):
    """Let the estimators read a table as changed by a function, and spare them the further regressors."""

    def change(name, how):
        def read(asked):
            return how(table(asked)) if asked == name else table(asked)

        monkeypatch.setattr(trade, "ADDED", {})
        monkeypatch.setattr(trade, "load_table", read)
        monkeypatch.setattr(places, "load_table", read)

    return change


def check(result, name):
    (found,) = [one for one in result.checks if one.name == name]
    return found


# All


@pytest.mark.parametrize("estimate", ESTIMATORS, ids=lambda f: f.__name__)
def test_every_result_has_the_usual_shape_a_figure_and_a_source(estimate, evidence):
    result = estimate(evidence, Parameters())
    assert result.estimable
    assert result.name == estimate.__name__
    assert list(result.table.columns[: len(COLUMNS)]) == COLUMNS
    assert result.table["term"].is_unique
    assert set(result.table.loc[result.table["estimate"].isna(), "term"]) <= {"price_level"}, "nothing on file tests it"
    assert result.alt
    assert all(row.startswith("table:") for row in result.rows)
    assert len(references(evidence, result.rows)) == len(result.rows)
    assert "nan" not in result.text.lower().split()
    assert "n/a" not in result.text


@pytest.mark.parametrize("estimate", ESTIMATORS, ids=lambda f: f.__name__)
def test_the_level_widens_intervals_and_moves_no_estimate(estimate, evidence):
    narrow, wide = (estimate(evidence, Parameters(level=level)).table for level in (0.8, 0.95))
    assert narrow["estimate"].to_numpy() == pytest.approx(wide["estimate"].to_numpy(), nan_ok=True)
    has = narrow["conf_high"].notna()
    width = [frame.loc[has, "conf_high"] - frame.loc[has, "conf_low"] for frame in (narrow, wide)]
    assert (width[1] > width[0]).all()


# Gravity


def test_the_coefficients_and_clustered_errors_are_those_of_the_readme(gravity):
    for term, label in (("ln_gdp", "ln GDP"), ("ln_distance", "ln distance"), ("common_official_language", "common official language"), ("rule_of_law", "rule of law")):  # fmt: skip
        row = gravity.row(term)
        assert f"| {label} | {row['estimate']:.3f} | {row['clustered_error']:.3f} |" in README
    assert "colony 0.456 (0.355)" in README
    colony = gravity.row("colony")
    assert (colony["estimate"], colony["clustered_error"]) == pytest.approx((0.456, 0.355), abs=0.0006)


def test_what_went_in_is_counted(gravity):
    flows = table(FLOWS)
    assert (gravity.n_used, gravity.n_dropped) == (211, 38)
    assert gravity.n_used + gravity.n_dropped == len(flows)
    assert set(gravity.table.loc[gravity.table["estimate"].notna(), "n_clusters"]) == {55}
    assert int(flows["imports_gbp_mn"].isna().sum()) == 34
    assert "34 import cells are suppressed" in check(gravity, "Suppressed and incomplete").text
    assert "4 flows lack a covariate (Taiwan)" in check(gravity, "Suppressed and incomplete").text
    assert check(gravity, "Zeros").text.startswith("25 of 211 flows are 0 and stay in")
    assert "(211 flows from 55 partners)" in gravity.text


def test_intervals_are_the_jackknife_over_partners(gravity):
    frame, _, _ = trade._flows()
    design = trade._design(frame, [*trade.TERMS])
    full = sm.GLM(frame["imports_gbp_mn"], design, family=sm.families.Poisson()).fit().params
    moved = []
    for code in frame["iso3"].unique():
        rest = frame["iso3"] != code
        one = sm.GLM(frame.loc[rest, "imports_gbp_mn"], design[rest], family=sm.families.Poisson()).fit().params
        moved.append(one - full)
    error = np.sqrt(54 / 55 * (pd.DataFrame(moved) ** 2).sum())
    for term in trade.TERMS:
        row = gravity.row(term)
        assert row["std_error"] == pytest.approx(error[term], rel=1e-4)
        assert row["conf_high"] - row["estimate"] == pytest.approx(stats.t.ppf(0.95, 54) * row["std_error"])
        assert row["std_error"] > row["clustered_error"]


def test_without_the_united_states_the_model_is_the_one_of_the_readme():
    frame, _, _ = trade._flows()
    without = trade._without_each(frame).coefficients.loc["USA", [*trade.TERMS]]
    assert without.tolist() == pytest.approx([0.548, -0.760, 1.464, 0.307], abs=0.0006)


def test_the_exports_of_the_readme_come_from_the_same_function():
    frame = table(FLOWS).dropna(subset=["exports_gbp_mn", "gdp_usd", "rule_of_law"])
    frame = frame.assign(ln_gdp=np.log(frame["gdp_usd"]), ln_distance=np.log(frame["distance_km"]))
    fit = ppml(frame["exports_gbp_mn"], trade._design(frame, [*trade.TERMS]), frame["iso3"])
    found = fit.table(0.9).loc[[*trade.TERMS]]
    assert (len(frame), fit.n_clusters) == (239, 60)
    assert found["estimate"].tolist() == pytest.approx([0.658, -0.548, 1.296, 0.868], abs=0.0006)
    assert found["std_error"].tolist() == pytest.approx([0.079, 0.079, 0.176, 0.174], abs=0.0006)


def test_a_null_is_told_as_a_null_with_its_interval_and_what_tells_is_not(gravity):
    row = gravity.row("colony")
    said = " to ".join(f"{end:.2g}" for end in np.exp(row[["conf_low", "conf_high"]].astype(float)))
    assert (
        f"No effect can be told of colonial ties ({np.exp(row['estimate']):.1f} times as much, {said})." in gravity.text
    )
    told = gravity.text.split("No effect can be told of ")[1].split(". ")[0]
    for row in gravity.table[gravity.table["term"].isin([*trade.TERMS, *trade.ADDED])].itertuples():
        assert (row.label in told) is (row.conf_low <= 0 <= row.conf_high), row.term


def test_the_language_beside_colonial_ties_is_a_row_and_a_sentence(gravity):
    frame, _, _ = trade._flows()
    design = trade._design(frame, [*trade.TERMS, "colony"])
    beside = sm.GLM(frame["imports_gbp_mn"], design, family=sm.families.Poisson()).fit().params
    row = gravity.row(trade.BESIDE)
    assert row["estimate"] == pytest.approx(beside["common_official_language"], rel=1e-6)
    assert "language 1.098: the two are hard to tell apart" in README
    assert "Of 2 further regressors tried one at a time, 1 goes with imports: political stability (" in gravity.text
    assert "the language goes with 3.0 times as much (1.1 to 8.2) instead of 4.7: 12 of the 13 partners" in gravity.text


def test_the_price_level_is_a_row_that_says_it_is_not_tested(gravity):
    row = gravity.row("price_level")
    assert np.isnan(row["estimate"])
    assert row["method"].startswith("not tested: no price level")
    assert "Whether cheap places sell more is not tested" in gravity.text
    assert "Price level" not in set(gravity.plot_data["label"])


def test_the_words_follow_the_numbers(gravity):
    for term, words in (("ln_gdp", "an economy 10% larger goes with {} more"), ("ln_distance", "a distance 10% longer goes with {} less")):  # fmt: skip
        change = abs(1.1 ** gravity.row(term)["estimate"] - 1)
        assert words.format(f"{100 * change:.1f}%") in gravity.text
    ratio = np.exp(gravity.row("common_official_language")["estimate"])
    assert f"common official language goes with {ratio:.1f} times as much" in gravity.text


def test_flows_that_grow_with_distance_turn_the_sentence(evidence, changed):
    def turned(frame):
        return frame.assign(distance_km=1e8 / frame["distance_km"])

    before = places.imports_gravity(evidence, Parameters()).row("ln_distance")["estimate"]
    changed(FLOWS, turned)
    result = places.imports_gravity(evidence, Parameters())
    assert result.row("ln_distance")["estimate"] == pytest.approx(-before)
    assert "a distance 10% longer goes with 7.4% more" in result.text


def test_flows_without_structure_show_nothing(evidence, changed):
    rng = np.random.default_rng(3)

    def shuffled(frame):
        known = frame["imports_gbp_mn"].notna()
        effect = frame.loc[known, "iso3"].map({code: rng.gamma(4) for code in frame["iso3"].unique()})
        return frame.assign(imports_gbp_mn=frame["imports_gbp_mn"].where(~known, np.round(10 * effect)))

    changed(FLOWS, shuffled)
    result = places.imports_gravity(evidence, Parameters(level=0.999))
    assert "no regressor tells. No effect can be told of size of the economy (elasticity " in result.text


def test_what_the_model_cannot_show_is_said(gravity):
    assert gravity.text.endswith("not legal process outsourcing.")
    assert "no measure of outsourcing" in check(gravity, "Reach").text
    assert "only the mean must be right" in check(gravity, "Dispersion").text
    assert check(gravity, "Form of the mean (RESET)").passed
    assert check(gravity, "One partner left out").passed is False
    assert "without Ireland" in check(gravity, "One partner left out").text


def test_too_few_partners_are_refused_and_counted(evidence, changed):
    changed(FLOWS, lambda frame: frame[frame["iso3"].isin(["IND", "POL", "USA"])])
    for estimate in (places.imports_gravity, places.imports_excess):
        result = estimate(evidence, Parameters())
        assert not result.estimable
        assert "3 partners with imports and covariates are on file, and 40 are needed for 4 coefficients" in result.text
    changed(FLOWS, lambda frame: frame[frame["iso3"] == "IND"])
    assert "because 1 partner with" in places.imports_gravity(evidence, Parameters()).text


def test_flows_that_do_not_identify_the_model_are_refused(evidence, changed):
    changed(FLOWS, lambda frame: frame.assign(common_official_language=0))
    result = places.imports_gravity(evidence, Parameters())
    assert not result.estimable
    assert "do not identify the model" in result.text
    changed(
        FLOWS, lambda frame: frame.assign(imports_gbp_mn=frame["imports_gbp_mn"] * frame["common_official_language"])
    )
    assert "separate" in places.imports_gravity(evidence, Parameters()).text


# Excess


def test_a_ratio_is_actual_over_what_the_others_lead_to_expect(excess):
    frame, _, _ = trade._flows()
    rest = frame["iso3"] != "IND"
    design = trade._design(frame, [*trade.TERMS])
    fit = sm.GLM(frame.loc[rest, "imports_gbp_mn"], design[rest], family=sm.families.Poisson()).fit()
    expected = fit.predict(design[~rest]).sum()
    row = excess.row("IND")
    assert row["actual_gbp_mn"] == 69 + 83 + 101 + 59
    assert row["expected_gbp_mn"] == pytest.approx(expected, rel=1e-5)
    assert row["estimate"] == pytest.approx(312 / expected, rel=1e-5)
    low, high = 310 / expected, 314 / expected
    reach = stats.t.ppf(0.95, 53) * row["std_error"] / row["estimate"]
    assert (row["line_low"], row["line_high"]) == pytest.approx((low * np.exp(-reach), high * np.exp(reach)))
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((low / row["chance_high"], high / row["chance_low"]))


def test_partners_are_ranked_and_the_named_ones_set_off(excess):
    assert len(excess.table) == 55
    assert excess.table["estimate"].is_monotonic_decreasing
    assert excess.table["rank"].tolist() == list(range(1, 56))
    assert excess.plot_data["main"].sum() == 4
    assert set(excess.plot_data.loc[excess.plot_data["main"], "label"]) == {
        "India",
        "Philippines",
        "Poland",
        "South Africa",
    }
    assert (excess.table["conf_low"] <= excess.table["estimate"]).all()
    assert (excess.table["estimate"] <= excess.table["conf_high"]).all()


def test_nobody_is_beyond_the_scatter_of_partners_and_that_is_told_first(excess):
    assert set(excess.table["verdict"]) == {"none", "alone"}
    assert excess.text.startswith(
        "Of 55 partners none sold the UK more legal and accounting services, and none less, than"
    )
    alone = (excess.table["verdict"] == "alone").sum()
    assert (
        f"(90% level, adjusted for 55 comparisons). One at a time {alone} are beyond the scatter, and about 5.5 would be by chance alone."
        in excess.text
    )


def test_each_named_place_is_told_with_its_interval_and_verdict(excess):
    assert (
        "Poland 3.5 times (1.6 to 15, rank 1): more than expected taken alone (p = 0.014), but not shown among 55 partners (p = 0.75)"
        in excess.text
    )
    assert "India 1.7 times (0.65 to 14, rank 9): no excess and no shortfall can be told" in excess.text
    for code, name in (("POL", "Poland"), ("PHL", "the Philippines"), ("ZAF", "South Africa")):
        row = excess.row(code)
        told = (
            excess.text.split("Of the delivery locations: ")[1]
            .split(f"{name[:1].upper()}{name[1:]} ")[1]
            .split(". ")[0]
        )
        assert f"rank {row['rank']})" in told
        assert ("can be told" in told) is bool(row["conf_low"] <= 1 <= row["conf_high"])


def test_a_partner_that_sold_nothing_is_below_and_its_interval_begins_at_nothing(excess):
    row = excess.row("HRV")
    assert (row["estimate"], row["conf_low"], row["line_low"], row["actual_gbp_mn"]) == (0, 0, 0, 0)
    assert 0 < row["line_high"] < row["conf_high"] < 1.5


def test_a_tenfold_flow_makes_an_excess_in_words_and_expects_no_more_of_it(evidence, changed, excess):
    def raised(frame):
        return frame.assign(
            imports_gbp_mn=frame["imports_gbp_mn"].where(frame["iso3"] != "ZAF", 10 * frame["imports_gbp_mn"])
        )

    changed(FLOWS, raised)
    result = places.imports_excess(evidence, Parameters())
    row = result.row("ZAF")
    assert row["expected_gbp_mn"] == pytest.approx(excess.row("ZAF")["expected_gbp_mn"])
    assert row["rank"] == 1
    assert row["verdict"] == "excess"
    assert "sold the UK more" in result.text.split(", and none less")[0]
    assert result.text.startswith("Of 55 partners 1 (South Africa 14 times) sold the UK more")
    assert "rank 1): an excess, among 55 partners, too (p below 0.001)" in result.text


def test_a_named_place_without_flows_is_said_to_be_missing(evidence, changed):
    changed(FLOWS, lambda frame: frame[frame["iso3"] != "PHL"])
    assert places.imports_excess(evidence, Parameters()).text.endswith("Not in the comparison: the Philippines.")


def test_the_figure_of_ratios_has_a_line_for_each_partner_on_a_logarithmic_scale(excess):
    ax = excess.plot()
    assert ax.get_xscale() == "log"
    assert len(ax.get_yticklabels()) == 55


@pytest.mark.slow
def test_on_these_partners_the_jackknife_covers_where_the_usual_errors_do_not():
    # Flows drawn round the fitted means, with an effect of each partner that has the spread of the ratios (logarithmic 0.8).
    frame, _, _ = trade._flows()
    fit = trade._fit(frame)
    codes, names = pd.factorize(fit.clusters)
    rng, runs, covered = np.random.default_rng(5), 300, []
    for _ in range(runs):
        effect = np.exp(0.8 * rng.normal(size=len(names)) - 0.32)[codes] * np.exp(
            0.3 * rng.normal(size=len(codes)) - 0.045
        )
        one = ppml(np.round(fit.model.fittedvalues.to_numpy() * effect), fit.design, fit.clusters)
        off = np.abs(one.model.params - fit.model.params)[[*trade.TERMS]]
        jackknife = pd.Series(np.sqrt(np.diag(linear_jackknife(one))), index=fit.design.columns)
        covered.append([off <= one.quantile(0.9) * error[off.index] for error in (one.model.bse, jackknife)])
    usual, jackknife = np.mean(covered, axis=0)
    assert usual[:3].max() < 0.70, "size, distance and language"
    assert 0.78 <= jackknife.min() <= jackknife.max() <= 0.95


@pytest.mark.parametrize("shape", ["gamma", "lognormal"])
def test_of_partners_on_the_line_few_are_called_off_it(shape):
    # Ratios of these partners, with the scatter found (0.68), the errors of their expectations and rounding to a million.
    frame, _, _ = trade._flows()
    ratios = trade._without_each(frame).ratios
    rng, runs, n = np.random.default_rng(7), 60, len(ratios)
    spread, error = np.sqrt(np.log1p(0.68**2)), ratios["log_error"].to_numpy()
    alone, adjusted = [], []
    for _ in range(runs):
        effect = rng.gamma(1 / 0.68**2, 0.68**2, n) if shape == "gamma" else np.exp(spread * rng.normal(size=n) - spread**2 / 2)  # fmt: skip
        ratio = (
            np.round(effect * np.exp(error * rng.normal(size=n) - error**2 / 2) * ratios["expected"])
            / ratios["expected"]
        )
        found = LeftOut(None, ratios.assign(ratio=ratio), pd.DataFrame()).against_scatter(0.9, step=1)
        alone.append((found["p_value"] < 0.1).mean())
        adjusted.append((found["p_adjusted"] < 0.1).any())
    assert 0.04 < np.mean(alone) < 0.10
    assert np.mean(adjusted) <= 0.25


# Digital exports


def test_zeros_of_the_emirates_are_set_aside_and_counted(evidence):
    result = places.digital_exports(evidence, Parameters())
    assert (result.n_used, result.n_dropped, len(result.table)) == (751, 9, 38)
    assert result.row("ARE")["first_year"] == 2014
    assert "9 figures are 0 or empty (United Arab Emirates 2005-2013)" in check(result, "Zeros").text
    assert check(result, "Zeros").passed is False
    assert (result.plot_data["estimate"] > 0).all()


def test_exports_and_growth_are_those_of_the_table(evidence):
    result = places.digital_exports(evidence, Parameters())
    frame = table("location_digital_exports").set_index(["iso3", "year"])["dds_exports_usd_mn"]
    row = result.row("IND")
    assert row["estimate"] == frame["IND", 2024]
    assert row["growth"] == pytest.approx((frame["IND", 2024] / frame["IND", 2005]) ** (1 / 19) - 1)
    assert "South Africa is not in the table." in result.text
    assert (
        f"India {row['estimate'] / 1000:.0f} (rank {row['rank']}, growing {100 * row['growth']:.1f}% a year since 2005)"
        in result.text
    )


def test_a_country_with_a_shorter_record_is_not_ranked_by_growth(evidence, changed):
    def late(frame):
        frame.loc[(frame["iso3"] == "ARE") & (frame["year"] == 2014), "dds_exports_usd_mn"] = 0.001
        return frame

    changed("location_digital_exports", late)
    result = places.digital_exports(evidence, Parameters())
    assert result.row("ARE")["growth"] > 1
    assert "Emirates" not in result.text


def test_one_zero_is_counted_in_the_singular_and_none_passes(evidence, changed):
    changed("location_digital_exports", lambda frame: frame[(frame["iso3"] != "ARE") | (frame["year"] >= 2013)])
    assert check(places.digital_exports(evidence, Parameters()), "Zeros").text.startswith("1 figure is 0 or empty")
    changed("location_digital_exports", lambda frame: frame[frame["iso3"] != "ARE"])
    assert check(places.digital_exports(evidence, Parameters()), "Zeros").passed
    changed("location_digital_exports", lambda frame: frame.assign(dds_exports_usd_mn=0.0))
    assert not places.digital_exports(evidence, Parameters()).estimable


# Governance


def test_a_change_is_told_only_beyond_its_errors(evidence):
    result = places.governance(evidence, Parameters())
    assert (len(result.table), result.n_used) == (39, 897)
    old, new = (
        table("location_governance").query(f"iso3 == 'PHL' and year == {year}").iloc[0] for year in (1996, 2021)
    )
    row = result.row("PHL")
    assert row["change"] == pytest.approx(new["rule_of_law"] - old["rule_of_law"])
    apart = stats.norm.ppf(0.95) * np.hypot(old["rule_of_law_se"], new["rule_of_law_se"])
    assert (row["change_low"], row["change_high"]) == pytest.approx((row["change"] - apart, row["change"] + apart))
    told = result.text.split("Since 1996")[1]
    for one in result.table.itertuples():
        assert (one.label in told) is (one.change_low > 0 or one.change_high < 0), one.term


def test_without_a_change_beyond_its_errors_none_is_told(evidence, changed):
    changed("location_governance", lambda frame: frame.assign(rule_of_law_se=3.0))
    assert places.governance(evidence, Parameters()).text.endswith("none changed by more than the errors explain.")


@pytest.mark.parametrize("indicator", list(places.INDICATORS))
def test_every_indicator_can_be_asked_for(evidence, indicator):
    result = places.governance(evidence, Parameters(), indicator=indicator)
    assert places.INDICATORS[indicator] in result.text.lower()
    scores = table("location_governance").query("year == 2021").set_index("iso3")
    assert result.table.set_index("term")["estimate"].to_dict() == scores[indicator].to_dict()


def test_an_unknown_indicator_is_refused_with_what_is_allowed(evidence):
    with pytest.raises(ParameterError, match="Did you mean 'rule_of_law'"):
        places.governance(evidence, Parameters(), indicator="rule_of_lav")


def test_the_named_places_stand_out_in_the_figure(evidence):
    ax = places.governance(evidence, Parameters()).plot()
    assert {"India", "Philippines", "Poland", "South Africa"} == {text.get_text() for text in ax.texts}


# Wages


@pytest.mark.parametrize(
    ("role", "soc", "states"),
    [("paralegal", "23-2011", 54), ("lawyer", "23-1011", 53), ("legal_secretary", "43-6012", 52)],
)
def test_states_are_compared_with_the_nation(evidence, role, soc, states):
    result = places.onshore_wages(evidence, Parameters(), role=role)
    usa = table("wages_us_national").query(f"soc_code == '{soc}' and year == 2025").iloc[0]
    rows = table("wages_us_state_2025").query(f"soc_code == '{soc}'").set_index("iso_3166_2")
    assert len(result.table) == states + 1 == rows["hourly_mean"].notna().sum() + 1
    assert result.n_dropped == len(rows) - states
    row, state = result.row("US-NY"), rows.loc["US-NY"]
    z = stats.norm.ppf(0.95)
    assert result.row("USA")["estimate"] == usa["hourly_mean"]
    assert row["conf_high"] == pytest.approx(state["hourly_mean"] * (1 + z * state["wage_rse_pct"] / 100))
    assert row["ratio"] == pytest.approx(state["hourly_mean"] / usa["hourly_mean"])
    reach = z * np.hypot(state["wage_rse_pct"], usa["wage_rse_pct"]) / 100
    assert row["ratio_low"] == pytest.approx(row["ratio"] * (1 - reach))
    assert row["employment_low"] == pytest.approx(state["employment"] * (1 - z * state["employment_rse_pct"] / 100))
    assert result.table["estimate"].iloc[1:].is_monotonic_increasing


def test_what_is_below_the_nation_is_counted_in_the_text(evidence):
    result = places.onshore_wages(evidence, Parameters())
    assert "hold 31% of their 394,000 jobs." in result.text
    parts = result.table.iloc[1:]
    below, above = int((parts["ratio_high"] < 1).sum()), int((parts["ratio_low"] > 1).sum())
    assert f"Of 54 states and territories {below} lie below the nation and {above} above it" in result.text
    assert "from 21.4 in Guam to 45.9 in the District of Columbia" in result.text


def test_pay_that_is_not_released_is_named(evidence):
    assert "(Puerto Rico)" in check(places.onshore_wages(evidence, Parameters(), role="lawyer"), "Not released").text
    assert "Montana" in check(places.onshore_wages(evidence, Parameters(), role="legal_secretary"), "Not released").text
    assert check(places.onshore_wages(evidence, Parameters()), "Not released").passed


def test_an_unknown_role_is_refused(evidence):
    with pytest.raises(ParameterError, match="Did you mean 'paralegal'"):
        places.onshore_wages(evidence, Parameters(), role="paralegals")


def test_without_the_nation_there_is_no_comparison(evidence, changed):
    changed("wages_us_national", lambda frame: frame[frame["year"] < 2025])
    result = places.onshore_wages(evidence, Parameters())
    assert not result.estimable
    assert "54 states and no nation" in result.text


# Yearly imports


def test_the_series_is_the_table_and_nothing_is_forecast(evidence):
    result = places.uk_legal_imports(evidence, Parameters())
    frame = table("uk_legal_services_trade")
    assert result.table["estimate"].tolist() == frame["imports_gbp_mn"].tolist()
    assert result.table["year"].max() == 2019
    assert result.table["term"].iloc[0] == "1997"
    falls = int((frame["imports_gbp_mn"].diff() < 0).sum())
    assert f"they fell in {falls} of 22 years" in result.text
    assert "1,098 million in 2019" in result.text
    assert "does not splice" in check(result, "No splice").text


def test_a_gap_in_the_series_is_no_change_on_the_year(evidence, changed):
    changed("uk_legal_services_trade", lambda frame: frame[frame["year"] != 2001])
    result = places.uk_legal_imports(evidence, Parameters())
    assert np.isnan(result.row("2002")["change"])
    assert "of 20 years" in result.text
    changed("uk_legal_services_trade", lambda frame: frame[frame["year"] == 2001])
    assert "1 year of imports is on file" in places.uk_legal_imports(evidence, Parameters()).text
