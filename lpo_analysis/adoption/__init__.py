"""How large the market is, who buys, what, where the work goes, and how far published figures and forecasts can be trusted."""

from lpo_analysis.adoption.ai import ai_expectations, ai_recall_claims, ai_seen, ai_use, substitute_or_complement
from lpo_analysis.adoption.analysis import Analysis, analyse
from lpo_analysis.adoption.curves import ceiling, ceilings_elsewhere
from lpo_analysis.adoption.forecasts import imports_forecast, market_forecast, scores, use_forecast
from lpo_analysis.adoption.market import comparable_split, market_growth
from lpo_analysis.adoption.own_series import own_curves, own_forecast, read_series
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.adoption.places import (
    digital_exports,
    governance,
    imports_excess,
    imports_gravity,
    onshore_wages,
    uk_legal_imports,
)
from lpo_analysis.adoption.record import pairs, pooled_error, revisions, scenarios, weaker_pairs
from lpo_analysis.adoption.repeated import intentions, use_trend
from lpo_analysis.adoption.scopes import disagreement, market_break, pooled
from lpo_analysis.adoption.survey import read_survey, survey_against_published, survey_model, survey_shares
from lpo_analysis.adoption.surveys import barriers, drivers, insourcing, satisfaction
from lpo_analysis.adoption.use import SENSES, use

__all__ = [
    "SENSES",
    "Analysis",
    "Parameters",
    "ai_expectations",
    "ai_recall_claims",
    "ai_seen",
    "ai_use",
    "analyse",
    "barriers",
    "ceiling",
    "ceilings_elsewhere",
    "comparable_split",
    "digital_exports",
    "disagreement",
    "drivers",
    "governance",
    "imports_excess",
    "imports_forecast",
    "imports_gravity",
    "insourcing",
    "intentions",
    "market_break",
    "market_forecast",
    "market_growth",
    "onshore_wages",
    "own_curves",
    "own_forecast",
    "pairs",
    "pooled",
    "pooled_error",
    "read_series",
    "read_survey",
    "revisions",
    "satisfaction",
    "scenarios",
    "scores",
    "substitute_or_complement",
    "survey_against_published",
    "survey_model",
    "survey_shares",
    "uk_legal_imports",
    "use",
    "use_forecast",
    "use_trend",
    "weaker_pairs",
]
