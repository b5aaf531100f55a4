"""What *Save as plan* writes is a plan that `lpo batch` makes reports of."""

from __future__ import annotations

import json

import ipywidgets as w
import pytest

from lpo_analysis import workbench
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
    bench = workbench.Bench({"draws": 256})
    bench.keep("as asked")
    bench.change(productivity=[0.9, 1.1])
    bench.keep("fast & “good”")
    saver = widgets.saver(bench, title="Two ways")
    _find(saver, w.Text, "Plan").value = "mine"
    _find(saver, w.Button, "Save").click()
    ran = lpo("batch", "mine", "-j", "1")
    assert ran.code == 0, ran.out + ran.err
    made = tmp_path / "reports" / "mine"
    assert (made / "index.html").is_file()
    found = {path.parent.name: json.loads(path.read_text()) for path in made.glob("*/results.json")}
    assert set(found) == {"as_asked", "fast_good"}
    assert found["fast_good"]["parameters"]["productivity"] == [0.9, 1.1]
    assert found["fast_good"]["parameters"]["draws"] == 16384, "a report takes all draws"
    saved = [found[name]["values"]["three_numbers.net_saving"]["estimate"] for name in ("as_asked", "fast_good")]
    assert saved[1] > saved[0]
