"""What a given buyer would really save: the headline rate gap, the net saving on the work, the saving on the whole budget."""

from lpo_analysis.savings.analysis import Analysis, analyse, inputs_table
from lpo_analysis.savings.claims import claims_against_model
from lpo_analysis.savings.costs import Terms, costs
from lpo_analysis.savings.coverage import coverage
from lpo_analysis.savings.parameters import Parameters

__all__ = ["Analysis", "Parameters", "Terms", "analyse", "claims_against_model", "costs", "coverage", "inputs_table"]
