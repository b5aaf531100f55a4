"""Confidentiality, quality, ethics and continuity: how likely, how large, which duties apply, what controls would have to do."""

from lpo_analysis.risk.adequacy import adequacy
from lpo_analysis.risk.analysis import Analysis, analyse
from lpo_analysis.risk.annual import annual_loss
from lpo_analysis.risk.attrition import attrition
from lpo_analysis.risk.breaches import hazard, prevalence
from lpo_analysis.risk.caught import caught, sanctions
from lpo_analysis.risk.checklist import checklist
from lpo_analysis.risk.concentration import diversification, single_point
from lpo_analysis.risk.conflicts import conflicts
from lpo_analysis.risk.control_costs import break_even
from lpo_analysis.risk.control_rank import control_ranking
from lpo_analysis.risk.controls import control_use, control_worth
from lpo_analysis.risk.currency import currency_swings
from lpo_analysis.risk.ethics import coverage, duties, triggered
from lpo_analysis.risk.fair_tree import fair_tree
from lpo_analysis.risk.generative_ai import rules_in_use, wrong_answers
from lpo_analysis.risk.governance import governance, governance_over_time, location_index
from lpo_analysis.risk.incident_file import read_incidents
from lpo_analysis.risk.incidents import own_frequency, own_severity, posterior_rate
from lpo_analysis.risk.increment import provider_increment
from lpo_analysis.risk.inputs import expected_loss_of, increment_of, loss_inputs
from lpo_analysis.risk.insurance import who_bears
from lpo_analysis.risk.listed import listed_incidents
from lpo_analysis.risk.loss_variance import loss_variance
from lpo_analysis.risk.opinions import jurisdictions_on_file
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.practice import steps_in_use
from lpo_analysis.risk.quality import quality
from lpo_analysis.risk.quality_data import OwnChecks, read_checks
from lpo_analysis.risk.quality_own import NO_OWN_CHECKS, own_acceptance, own_agreement, own_drift, own_level
from lpo_analysis.risk.quality_plan import acceptance_plan, inspection_cost, outgoing_quality
from lpo_analysis.risk.quality_tasks import comparable_figures, task_accuracy
from lpo_analysis.risk.recall import recall_plan, review_recall
from lpo_analysis.risk.register import Register, register
from lpo_analysis.risk.scenarios import loss_scenarios
from lpo_analysis.risk.severity import breach_cost
from lpo_analysis.risk.spending import security_spending

__all__ = [
    "NO_OWN_CHECKS",
    "Analysis",
    "OwnChecks",
    "Parameters",
    "Register",
    "acceptance_plan",
    "adequacy",
    "analyse",
    "annual_loss",
    "attrition",
    "breach_cost",
    "break_even",
    "caught",
    "checklist",
    "comparable_figures",
    "conflicts",
    "control_ranking",
    "control_use",
    "control_worth",
    "coverage",
    "currency_swings",
    "diversification",
    "duties",
    "expected_loss_of",
    "fair_tree",
    "governance",
    "governance_over_time",
    "hazard",
    "increment_of",
    "inspection_cost",
    "jurisdictions_on_file",
    "listed_incidents",
    "location_index",
    "loss_inputs",
    "loss_scenarios",
    "loss_variance",
    "outgoing_quality",
    "own_acceptance",
    "own_agreement",
    "own_drift",
    "own_frequency",
    "own_level",
    "own_severity",
    "posterior_rate",
    "prevalence",
    "provider_increment",
    "quality",
    "read_checks",
    "read_incidents",
    "recall_plan",
    "register",
    "review_recall",
    "rules_in_use",
    "sanctions",
    "security_spending",
    "single_point",
    "steps_in_use",
    "task_accuracy",
    "triggered",
    "who_bears",
    "wrong_answers",
]
