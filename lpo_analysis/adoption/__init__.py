"""How large the market is, who buys, what, and how far published figures can be trusted."""

from lpo_analysis.adoption.analysis import Analysis, analyse
from lpo_analysis.adoption.market import ceiling, comparable_split, disagreement, market_growth
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.adoption.surveys import barriers, drivers, insourcing, satisfaction
from lpo_analysis.adoption.use import use

__all__ = [
    "Analysis",
    "Parameters",
    "analyse",
    "barriers",
    "ceiling",
    "comparable_split",
    "disagreement",
    "drivers",
    "insourcing",
    "market_growth",
    "satisfaction",
    "use",
]
