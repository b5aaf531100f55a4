"""What old prices do to the answer, told at the top and beside prices asked since."""

from lpo_analysis.savings import Parameters, analyse
from lpo_analysis.wording import percent


def test_the_report_opens_with_what_old_prices_do_only_where_they_do_much():
    (said,) = analyse(Parameters()).drift_in_brief
    by = analyse(Parameters()).drift.table.set_index("term")["estimate"]
    assert f"the net saving would be {percent(by['none'])} instead of {percent(by['used'])}" in said
    assert analyse(Parameters(location="US-OH")).drift_in_brief == ()
    assert analyse(Parameters(price_drift=[0.0, 0.001], location="PHL")).drift_in_brief == ()


def test_prices_asked_since_stand_beside_the_price_of_the_report():
    check = next(c for c in analyse(Parameters()).drift.checks if c.name == "Prices asked since")
    # ve_paralegal_rate, 2026: 16 to 25 dollars, undeflated because no price index reaches that year.
    assert "1 figure" in check.text
    assert "16 to 25 an hour for paralegal work" in check.text
    where_it_is_used = analyse(Parameters(task="paralegal", grades=["A", "B", "C"]))
    assert "ve_paralegal_rate" in where_it_is_used.rows
    assert "Prices asked since" not in [c.name for c in where_it_is_used.drift.checks]
