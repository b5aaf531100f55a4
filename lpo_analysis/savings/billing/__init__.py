"""A buyer's own bills: read, mapped to tasks and roles, added up without names, and seen beside the evidence."""

from lpo_analysis.savings.billing.model import MIN_CELL, Billing
from lpo_analysis.savings.billing.reading import read_billing

__all__ = ["MIN_CELL", "Billing", "read_billing"]
