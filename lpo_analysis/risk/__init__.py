"""Confidentiality, quality, ethics and continuity: how likely, how large, which duties apply."""

from lpo_analysis.risk.analysis import Analysis, analyse
from lpo_analysis.risk.annual import annual_loss
from lpo_analysis.risk.breaches import hazard, prevalence
from lpo_analysis.risk.continuity import governance
from lpo_analysis.risk.ethics import duties, jurisdictions_on_file
from lpo_analysis.risk.fair_tree import fair_tree
from lpo_analysis.risk.increment import provider_increment
from lpo_analysis.risk.inputs import expected_loss_of, increment_of, loss_inputs
from lpo_analysis.risk.insurance import who_bears
from lpo_analysis.risk.listed import listed_incidents
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.quality import quality
from lpo_analysis.risk.register import Register, register
from lpo_analysis.risk.severity import breach_cost

__all__ = [
    "Analysis",
    "Parameters",
    "Register",
    "analyse",
    "annual_loss",
    "breach_cost",
    "duties",
    "expected_loss_of",
    "fair_tree",
    "governance",
    "hazard",
    "increment_of",
    "jurisdictions_on_file",
    "listed_incidents",
    "loss_inputs",
    "prevalence",
    "provider_increment",
    "quality",
    "register",
    "who_bears",
]
