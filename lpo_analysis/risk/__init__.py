"""Confidentiality, quality, ethics and continuity: how likely, how large, which duties apply."""

from lpo_analysis.risk.analysis import Analysis, analyse
from lpo_analysis.risk.breaches import hazard, prevalence
from lpo_analysis.risk.continuity import governance
from lpo_analysis.risk.ethics import duties, jurisdictions_on_file
from lpo_analysis.risk.incident_file import read_incidents
from lpo_analysis.risk.incidents import own_frequency, own_severity, posterior_rate
from lpo_analysis.risk.losses import annual_loss, provider_increment
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
    "own_frequency",
    "own_severity",
    "posterior_rate",
    "prevalence",
    "provider_increment",
    "quality",
    "read_incidents",
]
