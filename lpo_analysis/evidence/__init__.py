"""What has been published: load, validate, select, cite, convert, and say on which rung an input stands."""

from lpo_analysis.evidence.cite import cite, maker, references
from lpo_analysis.evidence.ladder import Candidate, Evidenced, as_shares, climb
from lpo_analysis.evidence.load import Evidence, attribution, load, table
from lpo_analysis.evidence.money import Conversion, convert, price_years, real, real_frame
from lpo_analysis.evidence.select import by_maker, by_study, comparable, select

__all__ = [
    "Candidate",
    "Conversion",
    "Evidence",
    "Evidenced",
    "as_shares",
    "attribution",
    "by_maker",
    "by_study",
    "cite",
    "climb",
    "comparable",
    "convert",
    "load",
    "maker",
    "price_years",
    "real",
    "real_frame",
    "references",
    "select",
    "table",
]
