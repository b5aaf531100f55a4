"""The data book: what is known, what is not, where makers disagree, and how to look a figure up."""

from lpo_analysis.databook.analysis import Analysis, analyse
from lpo_analysis.databook.coverage import grades, places, subjects, years
from lpo_analysis.databook.disagreement import disagreement
from lpo_analysis.databook.lookup import codes, figures
from lpo_analysis.databook.parameters import Parameters
from lpo_analysis.databook.provenance import left_out, licences, makers
from lpo_analysis.databook.traps import traps

__all__ = [
    "Analysis",
    "Parameters",
    "analyse",
    "codes",
    "disagreement",
    "figures",
    "grades",
    "left_out",
    "licences",
    "makers",
    "places",
    "subjects",
    "traps",
    "years",
]
