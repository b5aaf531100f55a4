"""The workbench: ask the savings model with sliders, set scenarios side by side, look figures up, and save what was asked as a plan."""

from lpo_analysis.workbench.bench import Bench, View, view
from lpo_analysis.workbench.catalogue import notebooks, plans, templates
from lpo_analysis.workbench.frontier import Others, frontier
from lpo_analysis.workbench.parameters import Parameters
from lpo_analysis.workbench.plan import plan_text, save_plan
from lpo_analysis.workbench.scenarios import Scenario, compare
from lpo_analysis.workbench.show import browse, explore, is_live, save_as_plan, side_by_side

__all__ = [
    "Bench",
    "Others",
    "Parameters",
    "Scenario",
    "View",
    "browse",
    "compare",
    "explore",
    "frontier",
    "is_live",
    "notebooks",
    "plan_text",
    "plans",
    "save_as_plan",
    "save_plan",
    "side_by_side",
    "templates",
    "view",
]
