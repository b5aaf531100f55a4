"""A verdict follows from results by a rule: other evidence, other verdict."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lpo_analysis import claims as module
from lpo_analysis import paths
from lpo_analysis.claims import COLUMNS, Claim, claims, summary
from lpo_analysis.evidence import load, table

ORDER = ["growing", "cheaper", "frees_lawyers", "expertise", "secure", "quality", "ethical", "satisfied"]
VERDICTS = {"supported", "contradicted", "mixed", "not known"}
OPINIONS = table("ethics_opinions").set_index("opinion_id")


@pytest.fixture(scope="module")
def judged():
    return {claim.name: claim for claim in claims()}


@pytest.fixture(scope="module")
def frame(judged):
    return summary(judged.values())


def changed(**values):
    """The evidence with other values in some rows."""
    e = load()
    o = e.observations.copy()
    for name, value in values.items():
        o.loc[name, "value"] = value
    return dataclasses.replace(e, observations=o)


def without(condition):
    e = load()
    return dataclasses.replace(e, observations=e.observations.query(f"not ({condition})"))


def added(like, *rows):
    """The evidence with copies of a row that differ as told, each of a study of its own."""
    e = load()
    copies = pd.DataFrame([e.observations.loc[like]] * len(rows))
    copies.index = pd.Index([f"made_{i}" for i in range(len(rows))], name="observation_id")
    copies["study_id"] = [f"study_{i}" for i in range(len(rows))]
    for i, row in enumerate(rows):
        for column, value in row.items():
            copies.loc[f"made_{i}", column] = value
    o = pd.concat([e.observations, copies.astype(e.observations.dtypes)])
    return dataclasses.replace(e, observations=o)


def test_there_are_eight_claims_in_the_order_of_the_project(judged):
    assert list(judged) == ORDER


def test_every_verdict_is_one_of_four_and_has_a_reason(judged):
    for claim in judged.values():
        assert claim.verdict in VERDICTS
        assert claim.why.endswith(".")
        assert claim.claim[0].isupper()
        assert "nan" not in claim.why
        assert "n/a" not in claim.why


def test_the_claims_are_judged_once_a_base(judged):
    assert claims() is claims()
    assert claims(evidence=load()) is claims()


def test_every_row_behind_a_claim_exists_and_stands_once(judged):
    known = load().observations.index
    for claim in judged.values():
        assert len(set(claim.rows)) == len(claim.rows)
        for row in claim.rows:
            if row.startswith("opinion:"):
                assert row.removeprefix("opinion:") in OPINIONS.index
            elif row.startswith("table:"):
                assert len(table(row.split(":")[1]))
            else:
                assert row in known, row


def test_only_figures_of_grade_a_and_b_are_behind_a_verdict(judged):
    o = load().observations
    for claim in judged.values():
        rows = [row for row in claim.rows if row in o.index]
        assert set(o.loc[rows, "grade"]) <= {"A", "B"}


def test_every_claim_points_to_a_heading_of_its_report(judged):
    for claim in judged.values():
        cells = json.loads((paths.NOTEBOOKS / f"{claim.report}.ipynb").read_text(encoding="utf-8"))["cells"]
        lines = [
            line for cell in cells if cell["cell_type"] == "markdown" for line in "".join(cell["source"]).splitlines()
        ]
        headings = [line.lstrip("#").strip() for line in lines if line.startswith("#")]
        assert claim.section in headings, f"{claim.report} has no heading {claim.section!r}"


def test_the_summary_has_a_row_a_claim_and_the_columns_reports_show(judged, frame):
    assert frame["name"].tolist() == ORDER
    assert frame.columns.tolist() == [
        "name",
        "claim",
        "verdict",
        "why",
        "n_rows",
        "n_studies",
        "grade",
        "report",
        "section",
        "rows",
    ]
    assert set(COLUMNS) <= set(frame.columns)
    for row in frame.itertuples():
        assert row.n_rows == len(judged[row.name].rows)
        assert row.section == f"{row.report}: {judged[row.name].section}"
        assert row.rows == ", ".join(judged[row.name].rows)
        assert 1 <= row.n_studies <= row.n_rows


def test_the_grade_is_the_best_of_the_rows(judged, frame):
    o = load().observations
    for row in frame.itertuples():
        graded = o.loc[[name for name in judged[row.name].rows if name in o.index], "grade"]
        assert row.grade == (min(graded) if len(graded) else "not graded")
    made = Claim("x", "X", "mixed", "Y.", ("tri17_size_2015", "aba2017_breach_all"), "risk", "Z")
    assert set(o.loc[list(made.rows), "grade"]) == {"A", "B"}
    assert summary([made])["grade"].tolist() == ["A"]


def test_a_claim_without_rows_has_no_grade():
    row = summary([Claim("x", "X", "not known", "Y.", (), "risk", "Z")]).iloc[0]
    assert (row["grade"], row["n_rows"], row["n_studies"]) == ("none", 0, 0)


def test_only_the_claims_of_one_report_are_judged_where_it_is_named(judged):
    for report in ("adoption", "savings", "risk"):
        named = [claim.name for claim in claims(report=report)]
        assert named == [claim.name for claim in judged.values() if claim.report == report]
    assert claims(report="nosuch") == ()


# The rules, one at a time, on altered evidence.


def estimates(growth):
    """The evidence with twelve estimates of legal process outsourcing by four makers, growing so much a year with little scatter."""
    noise = 0.02 * np.random.default_rng(3).normal(size=12)
    rows = [
        {"category": "lpo_global", "year_start": 2010 + i, "year_end": 2010 + i, "value": float((1 + growth) ** i * np.exp(noise[i])), "publisher_id": f"maker_{i % 4}"}
        for i in range(12)
    ]  # fmt: skip
    e = without("metric == 'market_size' and category == 'lpo_global'")
    o = added("gmi21_2020", *rows).observations
    made = o[o.index.str.startswith("made_")]
    return dataclasses.replace(e, observations=pd.concat([e.observations, made]))


def test_the_growth_of_a_wider_market_is_no_growth_of_legal_process_outsourcing(judged):
    claim = judged["growing"]
    assert claim.verdict == "not known"
    assert claim.why.startswith("Legal process outsourcing itself has no series: ")
    assert "which is another one, grew 13% a year in real terms (12% to 15%, 4 points of one publisher)." in claim.why
    # Whatever the wider market does.
    e = changed(tri17_size_2015=28.5, tri19_size_2017=20.6, tri23_size_2021=10.7, tri25_size_2023=8.4)
    assert module._growing(e).verdict == "not known"


@pytest.mark.parametrize(("growth", "verdict"), [(0.2, "supported"), (-0.1, "contradicted"), (0.02, "mixed")])
def test_with_estimates_enough_of_its_own_the_verdict_follows_their_growth_in_real_terms(growth, verdict):
    # Consumer prices rose by 2.0% a year from 2010 to 2021 (CPI-U 218.056 to 270.970): 2% is next to nothing in real terms.
    claim = module._growing(estimates(growth))
    assert claim.verdict == verdict
    assert "12 estimates of 4 makers" in claim.why


def test_without_a_market_series_growth_is_not_known():
    claim = module._growing(without("metric == 'market_size' and category == 'alsp_total'"))
    assert claim.verdict == "not known"
    assert "wider market" not in claim.why


@pytest.mark.parametrize(
    ("intervals", "verdict"),
    [
        ([(0.1, 0.5), (0.2, 0.6)], "supported"),
        ([(-0.5, -0.1), (-0.9, -0.2)], "contradicted"),
        ([(0.1, 0.5), (-0.2, 0.6)], "mixed"),
        ([(0.1, 0.5), (-0.6, -0.2)], "mixed"),
        ([(-0.1, 0.5)], "mixed"),
    ],
)
def test_cheaper_follows_the_comparators(monkeypatch, intervals, verdict):
    against = pd.DataFrame([("x", *pair) for pair in intervals], columns=["label", "conf_low", "conf_high"])
    answer = SimpleNamespace(comparators=SimpleNamespace(table=against), rows=("valuenotes_low_2007",))
    monkeypatch.setattr(module.savings, "analyse", lambda *_, **__: answer)
    assert module._cheaper(load()).verdict == verdict


def test_india_is_cheaper_than_some_and_perhaps_not_than_others(judged):
    assert judged["cheaper"].verdict == "mixed"


def test_the_verdict_on_cost_names_every_comparator_once_a_task(judged):
    assert judged["cheaper"].why.count("law firm associate") == 2
    assert "net of every cost around the fee" in judged["cheaper"].why


@pytest.mark.parametrize("name", ["frees_lawyers", "expertise", "secure"])
def test_what_no_row_measures_is_not_known_however_often_it_is_claimed(judged, name):
    assert judged[name].verdict == "not known"
    assert judged[name].why.startswith("No figure of grade A or B measures")


def test_security_is_not_known_without_any_row_either():
    e = load()
    o = e.observations.copy()
    o.loc[(o["metric"] == "third_party_breach_prevalence"), "grade"] = "C"
    claim = module._secure(dataclasses.replace(e, observations=o))
    assert (claim.verdict, claim.rows) == ("not known", ())
    assert "n/a" not in claim.why


def test_quality_is_judged_from_three_studies_of_providers_on():
    assert module._quality(load()).verdict == "not known"
    good = [{"value": 95.0}, {"value": 97.0}]
    assert module._quality(added("msft_quality", *good)).verdict == "supported"
    assert module._quality(added("msft_quality", good[0], {"value": 60.0})).verdict == "mixed"
    # Three rows of one study are one study.
    assert module._quality(added("msft_quality", {"study_id": "one"}, {"study_id": "one"})).verdict == "not known"


def test_a_permission_is_no_proof_that_duties_are_met_but_a_refusal_counts(monkeypatch, judged):
    assert judged["ethical"].verdict == "not known"
    assert judged["ethical"].why.startswith(
        "Permitted where an opinion exists: all 13 opinions on outsourcing on file, of 11 jurisdictions, allow it"
    )
    assert "no row measures (0 rows)" in judged["ethical"].why
    opinions = table("ethics_opinions")
    opinions.loc[opinions["opinion_id"] == "nycbar_2006_3", "permits"] = "no"
    monkeypatch.setattr(module, "table", lambda _: opinions)
    claim = module._ethical(load())
    assert claim.verdict == "mixed"
    assert claim.why.startswith("Permitted where an opinion exists: 12 of 13 opinions")
    monkeypatch.setattr(module, "table", lambda _: opinions.assign(permits="no"))
    assert module._ethical(load()).verdict == "contradicted"


DEGREES = [
    "deloitte_2012_sat_high",
    "deloitte_2012_sat_moderate",
    "alm_2013_sat_satisfied",
    "alm_2013_sat_somewhat",
    "alm_2013_sat_very",
]


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [
        ([30, 63, 41, 29, 26], "supported"),  # 93 and 96%, as published
        ([5, 35, 41, 29, 26], "mixed"),  # 40 and 96%
        ([10, 10, 10, 10, 10], "contradicted"),  # 20 and 30%
    ],
)
def test_satisfaction_follows_the_shares_above_a_half_once_there_are_studies_enough(monkeypatch, shares, verdict):
    monkeypatch.setattr(module, "STUDIES", 2)
    assert module._satisfied(changed(**dict(zip(DEGREES, shares, strict=True)))).verdict == verdict


def test_two_surveys_are_too_few_for_a_verdict():
    assert module._satisfied(load()).verdict == "not known"


def test_the_dissatisfied_do_not_count_as_satisfied():
    assert "add up to 96% and 93% satisfied" in module._satisfied(changed(alm_2013_sat_not=99)).why


def test_without_a_survey_satisfaction_is_not_known():
    claim = module._satisfied(without("metric == 'satisfaction_share' and grade in ['A', 'B']"))
    assert claim.verdict == "not known"
    assert not claim.rows


def test_all_claims_can_be_judged_on_another_base(monkeypatch, judged):
    monkeypatch.setattr(module, "_cheaper", lambda _: judged["cheaper"])  # slow, and reads no row that is changed
    e = estimates(-0.1)
    other = {claim.name: claim.verdict for claim in claims(evidence=e)}
    assert list(other) == ORDER
    assert other["growing"] == "contradicted"
    assert {name for name in ORDER if other[name] != judged[name].verdict} == {"growing"}
