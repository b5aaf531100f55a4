"""Own quality checks: read without repeating a name, the level by severity, drift, deliveries and agreement."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

from lpo_analysis.errors import DataError, NotFoundError, ParameterError
from lpo_analysis.methods.acceptance import cheapest_plan
from lpo_analysis.methods.agreement import cohen_kappa
from lpo_analysis.methods.clustered_shares import clustered_share
from lpo_analysis.risk import (
    Parameters,
    analyse,
    own_acceptance,
    own_agreement,
    own_drift,
    own_level,
    read_checks,
)
from lpo_analysis.risk.quality_data import SEVERITIES, own_checks

TEMPLATE = Path(__file__).resolve().parents[3] / "data" / "templates" / "quality.csv"
SECRET = "Acme v. Smith"


def write(folder: Path, rows: list[str], header: str = "batch,lot_size,item,severity,severity_2") -> Path:
    path = folder / "mine.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def made(folder: Path, found: list[int], sampled: int, *, lot: int = 400, severity: str = "major") -> Path:
    """Write deliveries of `lot` items with `sampled` checked, of which `found` have a defect."""
    rows = [
        f"{SECRET} {b},{lot},i{i},{severity if i < d else 'none'}," for b, d in enumerate(found) for i in range(sampled)
    ]
    return write(folder, rows)


def test_the_template_is_read_as_it_stands():
    checks = read_checks(TEMPLATE)
    with TEMPLATE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    batches = list(dict.fromkeys(row["batch"] for row in rows))
    assert len(checks.frame) == len(rows) == 144
    assert checks.sizes.tolist() == [int(next(row["lot_size"] for row in rows if row["batch"] == b)) for b in batches]
    for least, counted in (("minor", {"minor", "major", "critical"}), ("major", {"major", "critical"})):
        due = [sum(row["batch"] == b and row["severity"] in counted for row in rows) for b in batches]
        assert checks.counts(least)["found"].tolist() == due
    analysis = analyse(Parameters(quality_path=str(TEMPLATE)))
    for part in (analysis.own_level, analysis.own_drift, analysis.own_acceptance, analysis.own_agreement):
        assert part.text


FAULTY = {
    "unknown severity": (["d1,40,a,majr,"], ["row 2, column severity", "'majr'", "Did you mean 'major'"]),
    "a name for a severity": ([f"d1,40,a,{SECRET},"], ["row 2, column severity", "holds 13 characters"]),
    "no severity": (["d1,40,a,,"], ["must not be empty; write none where no defect was found"]),
    "no batch": ([",40,a,none,"], ["row 2, column batch", "must not be empty"]),
    "item twice": (["d1,40,a,none,", "d1,40,a,none,"], ["row 3, column item", "repeats the item of row 2"]),
    "sizes that differ": (["d1,40,a,none,", "d1,50,b,none,"], ["is 50, but row 2 of the same delivery says 40"]),
    "a size for one only": (["d1,40,a,none,", "d2,,b,none,"], ["is empty in all rows of this delivery"]),
    "sample larger than the lot": (["d1,2,a,none,", "d1,2,b,none,", "d1,2,c,none,"], ["is 2, but 3 items", "the sample is larger than the lot"]),
    "half an item": (["d1,40.5,a,none,"], ["is no whole number of items from 1 on"]),
    "text for a size": ([f"d1,{SECRET},a,none,"], ["column lot_size", "is no number; write 5000"]),
    "second checker": (["d1,40,a,none,worse"], ["column severity_2", "is not a known code"]),
    "too few fields": (["d1,40"], ["has 2 fields, expected 5"]),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "said"), FAULTY.values(), ids=FAULTY.keys())
def test_a_fault_is_named_with_its_place_and_no_free_text(tmp_path, rows, said):
    with pytest.raises(DataError) as caught:
        read_checks(write(tmp_path, rows))
    for part in (*said, "mine.csv", "data/templates/README.md"):
        assert part in str(caught.value)
    assert SECRET not in str(caught.value)


def test_all_faults_come_at_once(tmp_path):
    with pytest.raises(DataError) as caught:
        read_checks(write(tmp_path, ["d1,40,a,,", ",40,b,none,", "d2,x,c,bad,bad"]))
    assert len(caught.value.faults) >= 5


@pytest.mark.parametrize("text", ["", "batch,severity\n", "batch,item\nd1,a\n"], ids=["empty", "header", "no severity"])
def test_an_empty_or_mistyped_file_is_refused(tmp_path, text):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.csv"):
        read_checks(path)
    with pytest.raises(NotFoundError):
        read_checks(tmp_path / "none.csv")


def test_a_sample_above_the_size_of_the_parameters_is_refused(tmp_path):
    path = write(tmp_path, ["d1,none", "d1,none", "d1,none"], "batch,severity")
    with pytest.raises(
        ParameterError, match="lot_size: 3 items of a delivery were checked, and a delivery is said to have 2"
    ):
        Parameters(quality_path=str(path), lot_size=2).check_evidence()


def test_without_a_file_nothing_is_estimated():
    p = Parameters()
    assert own_checks(p) is None
    for result in (own_level(None, p), own_drift(None, p), own_acceptance(None, p), own_agreement(None, p)):
        assert not result.estimable
        assert "data/templates/quality.csv" in result.text


def test_the_level_counts_a_severity_and_all_that_is_worse(tmp_path):
    found = [0, 1, 3, 0, 2, 1, 0, 4, 1]
    p = Parameters(quality_path=str(made(tmp_path, found, 50)), class_limits=[0.2, 0.2, 0.002])
    result = own_level(own_checks(p), p)
    expected = clustered_share(found, [50] * 9, sizes=[400] * 9, level=p.level)
    for term in ("minor", "major"):
        row = result.row(term)
        assert (row["estimate"], row["conf_low"], row["conf_high"]) == pytest.approx(
            (expected.share, expected.conf_low, expected.conf_high)
        )
        assert row["verdict"] == "kept"
    assert result.row("critical")["estimate"] == 0
    assert result.row("critical")["verdict"] == "not decided"
    tight = Parameters(quality_path=p.quality_path, class_limits=[0.009, 0.008, 0.007])
    assert own_level(own_checks(tight), tight).row("minor")["verdict"] == "exceeded"
    assert len(result.plot().get_yticklabels()) == 3


def test_a_provider_that_grows_worse_shows_in_the_chart(tmp_path):
    p = Parameters(quality_path=str(made(tmp_path, [1, 2, 1, 2, 1, 2, 1, 2, 1, 30], 60)))
    result = own_drift(own_checks(p), p)
    assert "delivery 10 (outside)" in result.text
    assert "batch" not in result.text
    assert result.plot().get_xlabel() == "Delivery"
    (few,) = [check for check in result.checks if check.name == "Defects a delivery"]
    assert few.passed is False


def test_seven_deliveries_set_no_limits(tmp_path):
    p = Parameters(quality_path=str(made(tmp_path, [1] * 7, 20)))
    result = own_drift(own_checks(p), p)
    assert not result.estimable
    assert "7 deliveries are too few to set limits; 8 are needed" in result.text


def test_deliveries_are_accepted_rejected_or_left_open(tmp_path):
    plan = cheapest_plan(aql=0.01, ltpd=0.05, producer_risk=0.05, consumer_risk=0.1, lot=400)
    found, sampled = [0, plan.c, plan.c + 1, 0, plan.c + 1], [plan.n, plan.n, plan.n, 20, 20]
    rows = [
        f"{SECRET} {b},400,i{i},{'critical' if i < d else 'minor'},"
        for b, (d, n) in enumerate(zip(found, sampled, strict=True))
        for i in range(n)
    ]
    p = Parameters(quality_path=str(write(tmp_path, rows)), checked_per_hour=10.0, checker_hourly_cost=50.0)
    result = own_acceptance(own_checks(p), p)
    assert result.model["decision"].tolist() == ["accept", "accept", "reject", "check more", "reject"]
    assert result.model["more"].tolist() == [0, 0, 0, plan.n - 20, 0]
    assert result.row("cost")["estimate"] == pytest.approx(sum(sampled) * 5)
    assert result.row("cost_missing")["estimate"] == pytest.approx((plan.n - 20) * 5)
    assert "2 can be accepted, 2 should be rejected and 1 cannot be decided yet" in result.text
    assert "2 deliveries had fewer items checked than their plans ask for" in result.checks[1].text


def test_a_larger_sample_allows_more_defects_but_never_more_consumers_risk(tmp_path):
    p = Parameters(quality_path=str(made(tmp_path, [5, 6, 7, 8], 200)))
    frame = own_acceptance(own_checks(p), p).model
    allowed = frame["allowed"].iloc[0]
    assert hypergeom.cdf(allowed, 400, 20, 200) <= p.consumer_risk < hypergeom.cdf(allowed + 1, 400, 20, 200)
    assert frame["decision"].tolist() == ["accept" if d <= allowed else "reject" for d in (5, 6, 7, 8)]


def test_sizes_that_the_file_does_not_tell_are_those_of_the_parameters_and_that_is_said(tmp_path):
    path = write(tmp_path, [f"d1,{s}" for s in ["none"] * 30], "batch,severity")
    p = Parameters(quality_path=str(path), lot_size=300)
    result = own_acceptance(own_checks(p), p)
    assert result.model["lot"].tolist() == [300]
    assert "taken to have 300 items (lot_size)" in result.checks[0].text


def double_coded(folder: Path) -> tuple[Path, np.ndarray]:
    rng = np.random.default_rng(4)
    one = rng.choice(4, 60, p=[0.6, 0.2, 0.15, 0.05])
    two = np.where(rng.random(60) < 0.8, one, rng.choice(4, 60))
    rows = [f"d{i % 3},400,i{i},{SEVERITIES[a]},{SEVERITIES[b]}" for i, (a, b) in enumerate(zip(one, two, strict=True))]
    rows += [f"d0,400,x{i},none," for i in range(10)]  # not double-coded
    return write(folder, rows), np.stack([one, two])


def test_agreement_is_on_the_defect_that_counts_and_on_the_order_of_severities(tmp_path):
    path, codes = double_coded(tmp_path)
    p = Parameters(quality_path=str(path))
    result = own_agreement(own_checks(p), p)
    assert (result.n_used, result.n_dropped) == (60, 10)
    defect = codes >= 2
    square = pd.crosstab(defect[0], defect[1])
    assert result.row("defect:cohen_kappa")["estimate"] == pytest.approx(cohen_kappa(square).estimate)
    assert result.row("defect:percent_agreement")["estimate"] == pytest.approx((defect[0] == defect[1]).mean())
    gap = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) / 3
    table = np.zeros((4, 4))
    np.add.at(table, (codes[0], codes[1]), 1)
    assert result.row("severity:cohen_kappa")["estimate"] == pytest.approx(
        cohen_kappa(table, weights=1 - gap**2).estimate
    )
    assert {"defect:gwet_ac1", "defect:fleiss_kappa", "defect:krippendorff_alpha", "severity:gwet_ac2"} <= set(result.table["term"])  # fmt: skip
    assert (result.table["conf_low"] < result.table["conf_high"]).all()


def test_three_checkers_have_fleiss_but_no_cohen(tmp_path):
    rows = [
        f"d1,{a},{b},{c}"
        for a, b, c in [("none", "none", "none"), ("major", "major", "minor"), ("none", "minor", "none")] * 4
    ]
    p = Parameters(quality_path=str(write(tmp_path, rows, "batch,severity,severity_2,severity_3")))
    terms = set(own_agreement(own_checks(p), p).table["term"])
    assert "defect:fleiss_kappa" in terms
    assert "defect:cohen_kappa" not in terms


def test_full_agreement_of_few_items_is_not_taken_for_certainty(tmp_path):
    rows = [f"d1,{s},{s}" for s in ["none"] * 8 + ["major"] * 2]
    p = Parameters(quality_path=str(write(tmp_path, rows, "batch,severity,severity_2")))
    (check,) = [c for c in own_agreement(own_checks(p), p).checks if c.name == "Full agreement"]
    assert check.passed is False
    assert "79.4%" in check.text  # 0.1 ** (1 / 10)


@pytest.mark.parametrize("n", [1, 4, 5])
def test_single_judgements_of_checkers_do_not_show_in_their_agreement(tmp_path, n):
    rows = [f"d1,none,{'major' if i == 0 else 'none'}" for i in range(n)] + ["d1,none,"] * 20
    p = Parameters(quality_path=str(write(tmp_path, rows, "batch,severity,severity_2")))
    result = own_agreement(own_checks(p), p)
    assert result.estimable is (n == 5)
    if n < 5:
        assert f"{n} item{'s were' if n > 1 else ' was'} judged by two checkers" in result.text
        assert "and 5 are the least" in result.text


def test_nothing_is_told_by_checker(tmp_path):
    path, _ = double_coded(tmp_path)
    analysis = analyse(Parameters(quality_path=str(path)))
    for part in (analysis.own_level, analysis.own_drift, analysis.own_acceptance, analysis.own_agreement):
        told = f"{part.table.to_string()}{part.text}{part.plot_data!r}{part.model!r}"
        assert not any(name in told for name in ("severity_2", "severity_3", "first checker", "second checker"))


def test_no_item_judged_twice_gives_no_agreement(tmp_path):
    p = Parameters(quality_path=str(made(tmp_path, [1, 2], 5)))
    assert "no item was judged by two checkers" in own_agreement(own_checks(p), p).text


def test_no_name_of_a_delivery_or_item_is_in_any_result(tmp_path):
    p = Parameters(quality_path=str(made(tmp_path, [1, 0, 2, 1, 0, 1, 2, 0, 9], 60)))
    analysis = analyse(p)
    for part in (analysis.own_level, analysis.own_drift, analysis.own_acceptance, analysis.own_agreement):
        shown = f"{part!r}{part.plot_data!r}{part.model!r}{part.alt}"
        assert SECRET not in shown
    assert SECRET not in repr(analysis.own_checks)
    assert str(tmp_path) not in repr(p)


def test_a_file_from_a_spreadsheet_with_semicolons_and_capitals_is_read(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes("Batch;Severity;Prüfer\r\n1;None;Jörg\r\n1;MAJOR;Jörg\r\n".encode("cp1252"))
    checks = read_checks(path)
    assert checks.frame["severity"].tolist() == [0, 2]
    assert checks.n_ignored == 1
