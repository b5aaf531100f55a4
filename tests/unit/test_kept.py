"""What is kept for the next report cannot be changed by the last, is computed once, and `prime` leaves nothing behind."""

import os
import subprocess
import sys
import threading

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from lpo_analysis import adoption, claims, risk, savings
from lpo_analysis.adoption import curves, forecasts, trade
from lpo_analysis.evidence import load, references, select, table
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.methods.sensitivity import sobol_indices
from lpo_analysis.risk import inputs as loss_inputs
from lpo_analysis.savings import gather
from lpo_analysis.savings.claims import published_claims

DOMAINS = (adoption, savings, risk)
ROWS = ("cba_lpo_rate", "valuenotes_low_2007")
KEPT = {
    "select": lambda: select(load(), metric="lpo_hourly_rate"),
    "table": lambda: table("fx_annual"),
    "references": lambda: references(load(), ROWS),
    "published_claims": lambda: published_claims(load()),
    "disagreement": lambda: adoption.disagreement(load(), adoption.Parameters()).table,
    "disagreement, drawn": lambda: adoption.disagreement(load(), adoption.Parameters()).plot_data,
}


@pytest.mark.parametrize("name", KEPT)
def test_a_frame_handed_out_may_be_changed_without_harm(name):
    before = KEPT[name]().copy()
    frame = KEPT[name]()
    frame.loc[frame.index[0], frame.columns[0]] = None
    frame["new"] = 1
    del frame[frame.columns[1]]
    pd.testing.assert_frame_equal(KEPT[name](), before)


def test_the_draws_handed_out_are_not_those_kept():
    values, _ = loss_inputs.draw(load(), risk.Parameters())
    values.pop("cost_per_record")
    assert "cost_per_record" in loss_inputs.draw(load(), risk.Parameters())[0]


@pytest.mark.parametrize("model", [savings.Parameters, risk.Parameters])
def test_equal_parameters_are_one_key_and_others_another(model):
    assert hash(model()) == hash(model.from_mapping(model().model_dump()))
    assert hash(model()) != hash(model(grades=["A"]))


def test_a_question_is_gathered_once_by_check_analysis_and_comparators(monkeypatch):
    asked = []
    original = gather.collect
    monkeypatch.setattr(gather, "collect", lambda p, e: asked.append(p) or original(p, e))
    gather._gathered.cache_clear()
    p = savings.Parameters(task="contract_drafting", seed=99)
    p.check_evidence()
    assert len(savings.analyse(p).comparators.table) == 4
    assert len(asked) == len(set(asked)) == 4


def test_the_claim_of_being_cheaper_finds_the_comparators_computed():
    savings.Parameters.prime()
    before = savings.drivers._against_other.cache_info().misses
    claims._claims.cache_clear()
    claims.claims(report="savings")
    assert savings.drivers._against_other.cache_info().misses == before


def test_groups_of_the_same_inputs_are_one_run():
    inputs = Inputs(tuple(Input(name, name, "x", -1.0, 1.0, "normal", 4, "by hand") for name in "ab"))
    runs = []

    def model(values):
        runs.append(1)
        return values["a"] + values["b"]

    frame = sobol_indices(model, inputs, groups={"one": ["a"], "same": ["a"], "none": [], "both": ["b", "a"]})
    assert len(runs) == 4
    assert frame.loc[0, ["first", "total"]].tolist() == frame.loc[1, ["first", "total"]].tolist()
    assert frame.loc[2, ["first", "total"]].tolist() == [0.0, 0.0]


def test_the_ends_of_a_frame_are_those_of_its_rows():
    frame = load().observations.groupby("form").head(3)
    assert set(frame["form"]) == {"point", "range", "floor", "ceiling"}
    low, high = ends(frame)
    one_by_one = np.array([ends(row) for _, row in frame.iterrows()], dtype=float)
    assert np.array_equal(np.column_stack([low, high]), one_by_one, equal_nan=True)


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda d: d.__name__.rpartition(".")[2])
def test_prime_leaves_neither_figures_nor_threads(domain):
    figures, threads = plt.get_fignums(), set(threading.enumerate())
    domain.Parameters.prime()
    assert plt.get_fignums() == figures
    # Others, such as the thread of a fork server's client, may have ended meanwhile.
    assert set(threading.enumerate()) <= threads


def test_what_all_adoption_reports_share_is_computed_by_prime():
    kept = (curves._judged, forecasts._origins, trade._left_out)
    for memory in kept:
        memory.cache_clear()
    adoption.Parameters.prime()
    before = [memory.cache_info().misses for memory in kept]
    assert all(before)
    analysis = adoption.analyse(adoption.Parameters(buyer="law_firm", horizon_year=2030))
    assert analysis.scores.text
    assert analysis.ceilings_elsewhere.text
    assert analysis.imports.text
    assert [memory.cache_info().misses for memory in kept] == before


def test_prime_does_not_depend_on_the_folder(tmp_path):
    code = "from lpo_analysis import adoption, risk, savings\nfor d in (adoption, risk, savings): d.Parameters.prime()"
    # The package as these tests see it, wherever it stands.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
