"""What stands on the axis of a profile is what stands in the frame."""

import matplotlib as mpl
import numpy as np
import pandas as pd

from lpo_analysis.charts import profile

mpl.use("Agg")

import matplotlib.pyplot as plt

CEILING = np.array([10.0, 12.0, 15.0, 20.0, 40.0, 1000.0])
FRAME = pd.concat([
    pd.DataFrame({"curve": name, "ceiling": CEILING, "excess": excess, "within": np.array(excess) < 1.5})
    for name, excess in (("one", [2.0, 1.2, 1.0, 1.3, 2.5, 9.0]), ("two", [3.0, 2.0, 1.4, 1.2, 1.1, 1.0]))
], ignore_index=True)  # fmt: skip


def test_each_curve_is_drawn_thin_and_thick_where_it_is_within():
    _, ax = plt.subplots()
    assert profile(FRAME, ax=ax, title="t", xlabel="x", mark=10.0) is ax
    thin, thick = ax.lines[0], ax.lines[1]
    assert thin.get_ydata().tolist() == [2.0, 1.2, 1.0, 1.3, 2.5, 9.0]
    assert np.isnan(thick.get_ydata()).tolist() == [True, False, False, False, True, True]
    assert len(ax.lines) == 5, "two a curve, and what has been reached"
    assert ax.get_xscale() == "log"
    assert ax.get_xlim()[1] == 60, "six times what has been reached"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "two"]
    assert ax.get_xlabel() == "x (logarithmic scale)"
    plt.close("all")
