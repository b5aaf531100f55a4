"""An interval of a saving is said as what costs more and what costs less, never by a sign."""

import pytest

from lpo_analysis.savings.findings import span_of


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-2.59, 0.72, "259% more to 72% less"),
        (0.12, 0.30, "12% to 30% less"),
        (-0.40, -0.25, "40% to 25% more"),
        (-0.28, 0.004, "28% more to no change"),
        (0.001, 0.2, "no change to 20% less"),
        (-0.001, 0.0495, "0.1% more to 5.0% less"),
    ],
)
def test_the_costly_end_comes_first(low, high, said):
    assert span_of(low, high) == said
