"""Confidentiality, quality, ethics and continuity: how likely, how large, which duties apply."""

from lpo_analysis.risk.analysis import Analysis, analyse
from lpo_analysis.risk.breaches import hazard, prevalence
from lpo_analysis.risk.caught import caught, sanctions
from lpo_analysis.risk.checklist import checklist
from lpo_analysis.risk.conflicts import conflicts
from lpo_analysis.risk.continuity import governance
from lpo_analysis.risk.ethics import coverage, duties, triggered
from lpo_analysis.risk.generative_ai import rules_in_use, wrong_answers
from lpo_analysis.risk.losses import annual_loss, provider_increment
from lpo_analysis.risk.opinions import jurisdictions_on_file
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.practice import steps_in_use
from lpo_analysis.risk.quality import quality

__all__ = [
    "Analysis",
    "Parameters",
    "analyse",
    "annual_loss",
    "caught",
    "checklist",
    "conflicts",
    "coverage",
    "duties",
    "governance",
    "hazard",
    "jurisdictions_on_file",
    "prevalence",
    "provider_increment",
    "quality",
    "rules_in_use",
    "sanctions",
    "steps_in_use",
    "triggered",
    "wrong_answers",
]
