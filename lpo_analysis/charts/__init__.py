"""Drawings on tidy frames: each takes a frame and an axis, and returns the axis it drew on; and the picture of a result."""

from lpo_analysis.charts.acceptance import central_weights, rank_bars
from lpo_analysis.charts.band import band
from lpo_analysis.charts.breakeven import breakeven
from lpo_analysis.charts.dotplot import dotplot, lines
from lpo_analysis.charts.exceedance import exceedance
from lpo_analysis.charts.fan import fan
from lpo_analysis.charts.forest import forest
from lpo_analysis.charts.frontier import frontier
from lpo_analysis.charts.heatmap import State, heatmap
from lpo_analysis.charts.intervals import claims, intervals
from lpo_analysis.charts.live import Bar, bars, live_intervals, live_tornado, live_waterfall
from lpo_analysis.charts.live_frontier import live_frontier
from lpo_analysis.charts.panels import panels
from lpo_analysis.charts.picture import picture
from lpo_analysis.charts.profile import profile
from lpo_analysis.charts.quality import control, plan_curve
from lpo_analysis.charts.shared import shared
from lpo_analysis.charts.theme import COLOURS, axis, theme
from lpo_analysis.charts.tornado import tornado
from lpo_analysis.charts.waterfall import waterfall

__all__ = [
    "COLOURS",
    "Bar",
    "State",
    "axis",
    "band",
    "bars",
    "breakeven",
    "central_weights",
    "claims",
    "control",
    "dotplot",
    "exceedance",
    "fan",
    "forest",
    "frontier",
    "heatmap",
    "intervals",
    "lines",
    "live_frontier",
    "live_intervals",
    "live_tornado",
    "live_waterfall",
    "panels",
    "picture",
    "plan_curve",
    "profile",
    "rank_bars",
    "shared",
    "theme",
    "tornado",
    "waterfall",
]
