"""Which task, where, with which provider: what savings and risks say together."""

from lpo_analysis.decision.adjusted import Adjusted, LossModel, adjusted
from lpo_analysis.decision.analysis import Analysis, analyse
from lpo_analysis.decision.joint import Joint, joint
from lpo_analysis.decision.parameters import Parameters
from lpo_analysis.decision.portfolio import Portfolio
from lpo_analysis.decision.providers import Criteria, Providers, read_criteria, read_providers
from lpo_analysis.decision.questions import questions
from lpo_analysis.decision.scorecard import Scorecard, summary
from lpo_analysis.decision.ways import Ways, find_ways

__all__ = [
    "Adjusted",
    "Analysis",
    "Criteria",
    "Joint",
    "LossModel",
    "Parameters",
    "Portfolio",
    "Providers",
    "Scorecard",
    "Ways",
    "adjusted",
    "analyse",
    "find_ways",
    "joint",
    "questions",
    "read_criteria",
    "read_providers",
    "summary",
]
