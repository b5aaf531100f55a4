"""A researcher's own series: every fault of the file is named, and the curves give back what they were drawn from."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from lpo_analysis.adoption import Parameters
from lpo_analysis.adoption.own_series import OwnSeries, own_curves, own_forecast, read_series
from lpo_analysis.errors import DataError, NotFoundError, ParameterError
from lpo_analysis.methods.diffusion import CURVES, fit_curve

TEMPLATES = Path(__file__).resolve().parents[3] / "data" / "templates"
YEARS = np.arange(2004.0, 2024.0)


def levels(n=20, noise=0.03, seed=0):
    """A logistic towards 100 with its midpoint in 2014."""
    scatter = np.exp(noise * np.random.default_rng(seed).normal(size=20))
    return OwnSeries(YEARS[:n], (100 / (1 + np.exp(-0.5 * (YEARS - 2014))) * scatter)[:n], "level", None, 0)


def counted(launch=2003.0):
    share = CURVES["bass"].share(YEARS[:14], {"p": 0.02, "q": 0.5}, launch=2003)
    noise = 3 * np.random.default_rng(1).normal(size=14)
    return OwnSeries(YEARS[:14], np.maximum(np.diff(1000 * share, prepend=0) + noise, 0), "new_adopters", launch, 0)


def written(tmp_path, text):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_template_is_read_whole_and_described():
    series = read_series(TEMPLATES / "series.csv")
    assert (len(series.year), series.kind, series.launch, series.n_ignored) == (10, "new_adopters", 2013, 0)
    description = (TEMPLATES / "README.md").read_text(encoding="utf-8")
    for word in ("series.csv", "| year |", "| value |", "| kind |", "| launch |", "level, adopters, new_adopters"):
        assert word in description


def test_what_spreadsheets_save_is_read_and_a_level_is_the_default(tmp_path):
    series = read_series(written(tmp_path, "\ufeffYear;Value;note\n2015,5;1,25;\n2017;2,5;x\n2018;4;\n2020;6;\n"))
    assert series.year.tolist() == [2015.5, 2017, 2018, 2020]
    assert series.value.tolist() == [1.25, 2.5, 4, 6]
    assert (series.kind, series.launch, series.n_ignored) == ("level", None, 1)
    assert repr(series) == "OwnSeries(4 levels, 2015.5 to 2020)"


FAULTS = {
    "no value": ("year\n2015\n", ["column value: this column is missing"]),
    "misspelt": ("year,values\n2015,1\n", ["column values: this column is not known; did you mean 'value'?"]),
    "too few": ("year,value\n2015,1\n2016,2\n2017,3\n", ["has 3 rows; a curve with a ceiling has three parameters, and 4 rows are the least"]),
    "zero": ("year,value\n2015,1\n2016,0\n2017,3\n2018,4\n", ["row 3, column value: '0' is not above 0; levels are not"]),
    "negative": ("year,value,kind\n2015,1,new_adopters\n2016,-2,\n2017,3,\n2018,4,\n", ["row 3, column value: '-2' is below 0"]),
    "twice": ("year,value\n2015,1\n2016,2\n2016,3\n2018,4\n", ["row 4, column year: repeats the date of row 3; keep one value a date"]),
    "unsorted": ("year,value\n2017,1\n2016,2\n2018,3\n2019,4\n", ["row 3, column year: goes back; sort the rows by date"]),
    "no number": ("year,value\n2015,1\n2016,about two\n2017,3\n2018,4\n", ["row 3, column value: holds 9 characters, which is no number; write 1250 or 12.5, without unit or thousands separator"]),
    "no year": ("year,value\n15,1\n2016,2\n2017,3\n2018,4\n", ["row 2, column year: '15' is no date from 1900 to 2100"]),
    "empty": ("year,value\n2015,1\n2016,\n2017,3\n,4\n", ["row 3, column value: must not be empty; leave the row out", "row 5, column year: must not be empty"]),
    "kind": ("year,value,kind\n2015,1,adopter\n2016,2,\n2017,3,\n2018,4,\n", ["'adopter' is no kind of series", "Did you mean 'adopters'?"]),
    "two kinds": ("year,value,kind\n2015,1,level\n2016,2,adopters\n2017,3,\n2018,4,\n", ["has level and adopters; a file holds one series of one kind"]),
    "fall": ("year,value,kind\n2015,1,adopters\n2016,5,\n2017,3,\n2018,6,\n", ["row 4, column value: falls, and cumulative adopters do not; use kind level"]),
    "flat": ("year,value\n2015,3\n2016,3\n2017,3\n2018,3\n", ["never changes, so that there is no growth to fit"]),
    "all zero": ("year,value,kind\n2015,0,new_adopters\n2016,0,\n2017,0,\n2018,0,\n", ["never changes"]),
    "late launch": ("year,value,launch\n2015,1,2016\n2016,2,\n2017,3,\n2018,4,\n", ["column launch: must lie before the first date 2015"]),
    "two launches": ("year,value,launch\n2015,1,2010\n2016,2,2011\n2017,3,\n2018,4,\n", ["column launch: has several dates; a series was launched once"]),
    "mixed": ("year;value\n2015;1,5\n2016;2.5\n2017;3\n2018;4\n", ["column value: has decimal commas and decimal points"]),
    "infinite": ("year,value\n2015,1e999\n2016,2\n2017,3\n2018,4\n", ["is no number"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_every_fault_names_file_row_and_column(tmp_path, text, said):
    with pytest.raises(DataError) as caught:
        read_series(written(tmp_path, text))
    for part in (*said, "mine.csv", "data/templates/README.md"):
        assert part in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path):
    with pytest.raises(DataError) as caught:
        read_series(written(tmp_path, "year,value,kind\n2016,0,levels\n2015,x,\n2015,4,\n"))
    for part in ("is not above 0", "is no kind", "goes back", "is no number", "repeats the date of row 3"):
        assert part in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NotFoundError, match="does not exist"):
        read_series(tmp_path / "none.csv")


def test_without_a_series_both_results_say_how_to_give_one():
    for result in (own_curves(None, Parameters()), own_forecast(None, Parameters())):
        assert not result.estimable
        assert "data/templates/series.csv" in result.text


def test_the_ceiling_behind_a_series_is_found_and_curves_with_a_launch_need_its_date():
    result = own_curves(levels(), Parameters())
    row = result.row("logistic")
    assert row["conf_low"] <= 100 <= row["conf_high"]
    assert row["conf_low"] <= row["estimate"] <= row["conf_high"]
    assert result.table["term"].tolist() == ["logistic", "gompertz"]
    assert "No launch date is given" in result.checks[2].text
    reached = levels().value.max()
    assert reached > row["conf_high"], "readings scatter round the ceiling"
    assert not result.checks[1].passed
    assert "either that reading was too high, or the curve misses the end" in result.checks[1].text


def test_adopters_are_fitted_by_the_curves_of_their_launch_and_no_ceiling_lies_below_their_total():
    series = counted()
    result = own_curves(series, Parameters())
    assert set(result.table["term"]) == set(CURVES)
    row = result.row("bass")
    direct = fit_curve("bass", series.year, series.value, kind="new_adopters", launch=2003)
    assert row["fitted"] == direct.params["m"]
    assert row["conf_low"] <= 1000 <= row["conf_high"]
    assert (result.table["conf_low"] >= series.value.sum() * (1 - 1e-9)).all()


def test_a_young_series_shows_no_ceiling_and_says_so():
    result = own_curves(levels(n=6), Parameters())
    assert not result.estimable
    assert "No ceiling shows" in result.text
    assert result.table["estimate"].isna().all()


def test_a_curve_with_more_parameters_than_points_is_left_out_and_counted():
    short = dataclasses.replace(counted(), year=YEARS[:4], value=counted().value[:4])
    before = short.value.copy()
    result = own_curves(short, Parameters())
    assert (short.value == before).all(), "nothing given is changed"
    assert set(result.table["term"]) == {"bass", "logistic", "gompertz", "exponential"}
    assert "1 curve has too many parameters for 4 points." in result.checks[2].text


def test_a_forecast_starts_behind_the_series_and_weighs_the_curves():
    result = own_forecast(levels(), Parameters(horizon_year=2028))
    wide, narrow = result.row("own_90"), result.row("own_50")
    assert wide["conf_low"] < narrow["conf_low"] < wide["estimate"] < narrow["conf_high"] < wide["conf_high"]
    assert wide["conf_low"] < 100 < wide["conf_high"]
    weights = result.table["weight"].dropna()
    assert weights.sum() == pytest.approx(1)
    assert result.row("logistic_90")["weight"] > 0.99, "the curve it was drawn from"
    path = result.plot_data.query("kind == 'path'")
    assert (path["x"].min(), path["x"].max()) == (2023, 2028)
    assert (
        "Scored on its own past up to 3 steps ahead: On 8 origins a logistic curve has the lowest score" in result.text
    )


def test_a_short_series_is_forecast_and_not_scored():
    result = own_forecast(counted(), Parameters())
    assert "not scored: 14 points, and 15 are the least" in result.text
    assert result.row("exponential_90")["weight"] < 0.001, "it fits far worse"
    assert result.row("bass_90")["weight"] > result.row("gompertz_90")["weight"]


def test_a_horizon_within_the_series_is_refused_before_and_told_after(tmp_path):
    late = "year,value\n" + "".join(f"{year},{value}\n" for year, value in zip(range(2025, 2031), (1, 2, 3, 5, 7, 8), strict=True))  # fmt: skip
    path = written(tmp_path, late)
    with pytest.raises(ParameterError, match="horizon_year: 2028 is not ahead of your series, which ends 2030"):
        Parameters(series_path=str(path)).check_evidence()
    result = own_forecast(read_series(path), Parameters())
    assert "your series reaches to 2030, and horizon_year is 2028" in result.text


def test_a_faulty_series_is_refused_before_a_report_starts(tmp_path):
    with pytest.raises(DataError, match="goes back"):
        Parameters(series_path=str(written(tmp_path, FAULTS["unsorted"][0]))).check_evidence()
