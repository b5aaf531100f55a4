"""Confidentiality, quality, ethics and continuity: how likely, how large, which duties apply, what controls would have to do."""

from lpo_analysis.risk.adequacy import adequacy
from lpo_analysis.risk.analysis import Analysis, analyse
from lpo_analysis.risk.attrition import attrition
from lpo_analysis.risk.breaches import hazard, prevalence
from lpo_analysis.risk.concentration import diversification, single_point
from lpo_analysis.risk.control_costs import break_even
from lpo_analysis.risk.control_rank import control_ranking
from lpo_analysis.risk.controls import control_use, control_worth
from lpo_analysis.risk.currency import currency_swings
from lpo_analysis.risk.ethics import duties, jurisdictions_on_file
from lpo_analysis.risk.governance import governance, governance_over_time, location_index
from lpo_analysis.risk.losses import annual_loss, provider_increment
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.quality import quality
from lpo_analysis.risk.spending import security_spending

__all__ = [
    "Analysis",
    "Parameters",
    "adequacy",
    "analyse",
    "annual_loss",
    "attrition",
    "break_even",
    "control_ranking",
    "control_use",
    "control_worth",
    "currency_swings",
    "diversification",
    "duties",
    "governance",
    "governance_over_time",
    "hazard",
    "jurisdictions_on_file",
    "location_index",
    "prevalence",
    "provider_increment",
    "quality",
    "security_spending",
    "single_point",
]
