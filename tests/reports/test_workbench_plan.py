"""What *Save as plan* writes is a plan that `lpo batch` makes reports of."""

from __future__ import annotations

import json

import ipywidgets as w
import pytest

from lpo_analysis import savings, workbench
from lpo_analysis.workbench import widgets

pytestmark = pytest.mark.slow


def _find(root, kind, description):
    for child in getattr(root, "children", ()):
        if isinstance(child, kind) and child.description.startswith(description):
            return child
        if (found := _find(child, kind, description)) is not None:
            return found
    return None


def test_a_plan_saved_in_the_workbench_is_made_by_the_batch(lpo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bench = workbench.Bench({"draws": 256, "productivity": [0.9, 1.1]})
    bench.keep("fast & “good”")
    saver = widgets.saver(bench, title="Faster")
    _find(saver, w.Text, "Plan").value = "mine"
    _find(saver, w.Button, "Save").click()
    ran = lpo("batch", "mine", "-j", "1")
    assert ran.code == 0, ran.out + ran.err
    made = tmp_path / "reports" / "mine"
    assert (made / "index.html").is_file()
    found = {path.parent.name: json.loads(path.read_text()) for path in made.glob("*/results.json")}
    assert set(found) == {"fast_good"}
    told = found["fast_good"]
    assert told["parameters"]["productivity"] == [0.9, 1.1]
    assert told["parameters"]["draws"] == 16384, "a report takes all draws"
    due = savings.analyse(savings.Parameters(productivity=[0.9, 1.1])).numbers.row("net_saving")
    assert told["values"]["three_numbers.net_saving"]["estimate"] == pytest.approx(due["estimate"], abs=1e-7)
