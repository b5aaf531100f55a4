"""Confidentiality, quality, ethics and continuity: how likely, how large, which duties apply."""

from lpo_analysis.risk.analysis import Analysis, analyse
from lpo_analysis.risk.breaches import hazard, prevalence
from lpo_analysis.risk.caught import caught, sanctions
from lpo_analysis.risk.checklist import checklist
from lpo_analysis.risk.conflicts import conflicts
from lpo_analysis.risk.continuity import governance
from lpo_analysis.risk.ethics import coverage, duties, triggered
from lpo_analysis.risk.generative_ai import rules_in_use, wrong_answers
from lpo_analysis.risk.incident_file import read_incidents
from lpo_analysis.risk.incidents import own_frequency, own_severity, posterior_rate
from lpo_analysis.risk.losses import annual_loss, provider_increment
from lpo_analysis.risk.opinions import jurisdictions_on_file
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.practice import steps_in_use
from lpo_analysis.risk.quality import quality
from lpo_analysis.risk.quality_data import OwnChecks, read_checks
from lpo_analysis.risk.quality_own import own_acceptance, own_agreement, own_drift, own_level
from lpo_analysis.risk.quality_plan import acceptance_plan, inspection_cost, outgoing_quality
from lpo_analysis.risk.quality_tasks import comparable_figures, task_accuracy
from lpo_analysis.risk.recall import recall_plan, review_recall

__all__ = [
    "Analysis",
    "OwnChecks",
    "Parameters",
    "acceptance_plan",
    "analyse",
    "annual_loss",
    "caught",
    "checklist",
    "comparable_figures",
    "conflicts",
    "coverage",
    "duties",
    "governance",
    "hazard",
    "inspection_cost",
    "jurisdictions_on_file",
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
    "review_recall",
    "rules_in_use",
    "sanctions",
    "steps_in_use",
    "task_accuracy",
    "triggered",
    "wrong_answers",
]
