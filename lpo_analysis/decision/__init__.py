"""Which task, where, with which provider: what savings and risks say together."""

from lpo_analysis.decision.providers import Providers, read_criteria, read_providers
from lpo_analysis.decision.questions import questions
from lpo_analysis.decision.scorecard import Scorecard

__all__ = ["Providers", "Scorecard", "questions", "read_criteria", "read_providers"]
