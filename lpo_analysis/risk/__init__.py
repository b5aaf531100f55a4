"""Confidentiality, quality, ethics and continuity: how likely, how large, which duties apply."""

from lpo_analysis.risk.analysis import Analysis, analyse
from lpo_analysis.risk.breaches import hazard, prevalence
from lpo_analysis.risk.continuity import governance
from lpo_analysis.risk.ethics import duties, jurisdictions_on_file
from lpo_analysis.risk.annual import annual_loss
from lpo_analysis.risk.increment import provider_increment
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.quality import quality

__all__ = [
    "Analysis",
    "Parameters",
    "analyse",
    "annual_loss",
    "duties",
    "governance",
    "hazard",
    "jurisdictions_on_file",
    "prevalence",
    "quality",
]
