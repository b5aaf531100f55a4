"""A buyer's own bills: read, mapped to tasks and roles, added up without names, and seen beside the evidence."""

from lpo_analysis.savings.billing.compared import rates_against_evidence
from lpo_analysis.savings.billing.model import MIN_CELL, Billing
from lpo_analysis.savings.billing.reading import read_billing
from lpo_analysis.savings.billing.seen import accounting, addressable, model_inputs, rates, spend, volumes

__all__ = [
    "MIN_CELL",
    "Billing",
    "accounting",
    "addressable",
    "model_inputs",
    "rates",
    "rates_against_evidence",
    "read_billing",
    "spend",
    "volumes",
]
