"""Which task, where, with which provider: what savings and risks say together."""

from lpo_analysis.decision.adjusted import Adjusted, LossModel, adjusted
from lpo_analysis.decision.joint import Joint, joint
from lpo_analysis.decision.providers import Criteria, Providers, read_criteria, read_providers
from lpo_analysis.decision.questions import questions
from lpo_analysis.decision.scorecard import Scorecard, summary

__all__ = [
    "Adjusted",
    "Criteria",
    "Joint",
    "LossModel",
    "Providers",
    "Scorecard",
    "adjusted",
    "joint",
    "questions",
    "read_criteria",
    "read_providers",
    "summary",
]
