"""The checklist rests on the opinions it names, and says where it rests on none."""

import pytest

from lpo_analysis.evidence import load
from lpo_analysis.reporting.checklist import html, plain
from lpo_analysis.risk import Parameters, checklist, duties, steps_in_use
from lpo_analysis.risk.checklist import ITEMS, PRACTICE, subject
from lpo_analysis.risk.opinions import DUTIES
from lpo_analysis.risk.practice import STEPS


def test_the_ten_items_cover_every_duty_once():
    assert [item.name for item in ITEMS] == [
        "supervision", "competence", "confidentiality", "conflicts", "client", "fees", "practice", "agreement", "data", "communication",
    ]  # fmt: skip
    assert sorted(duty for item in ITEMS for duty in item.duties) == sorted(DUTIES)
    assert all(item.steps for item in ITEMS)


def test_an_item_names_state_condition_citation_and_what_is_not_known():
    row = checklist(duties(["US-NY", "GB-EAW", "IND"])).row("client")
    assert row["state"] == "conditional"
    assert (
        row["basis"]
        == "New York, consent of the client: conditional (when necessary) [New York City Bar, Formal Op. 2006-3 (2006), digest/passage]"
    )
    assert "New York, disclosure to the client" in row["not_known"]
    assert row["opinion_ids"] == "nycbar_2006_3"
    assert row["persuasive"].startswith("United States, disclosure to the client: required")


def test_items_without_an_opinion_rest_on_practice_and_say_how():
    result = checklist(duties(["US-NY"]))
    assert result.row("agreement")["basis"] == PRACTICE
    for name in ("data", "communication"):
        assert result.row(name)["basis"] == f"{PRACTICE}: the opinions were not read for it"
    assert (
        "without an opinion on file: written agreement, return or destruction of data and communication" in result.text
    )
    # A national opinion alone is persuasive, and makes none of the state.
    nevada = checklist(duties(["US-NV"]))
    assert nevada.row("supervision")["basis"] == f"{PRACTICE} of the chosen jurisdictions"
    assert set(nevada.table["state"]) == {"not known"}
    assert nevada.text.startswith("Of 10 items 0 rest on an opinion on file of the chosen jurisdictions.")


def test_an_item_shows_the_superseded_rule_and_does_not_rest_on_it():
    result = checklist(duties(["US-NY", "GB-EAW"]))
    row = result.row("agreement")
    assert (row["state"], row["n_obs"]) == ("not known", 0)
    assert row["basis"] == f"{PRACTICE} that is in force"
    assert row["superseded"] == (
        "England and Wales: Solicitors Regulation Authority, SRA Code 2011, Outcome 7.10 (2011), second-hand: required, "
        "superseded by rules in force since 25 Nov 2019 (not named in the source)"
    )
    for written in (plain(result, title="T"), html(result, title="T")):
        assert "o longer in force: England and Wales: Solicitors Regulation Authority" in " ".join(written.split())
    assert set(checklist(duties(["US-NY"])).table["superseded"]) == {""}


@pytest.mark.parametrize("codes", [["US-NY"], ["US-VA", "AU-VIC", "IND"], ["GBR"]], ids=str)
def test_every_opinion_named_is_one_of_the_duties_asked_for(codes):
    asked = duties(codes, scopes=["outsourcing", "generative_ai"])
    result = checklist(asked)
    named = {name for joined in result.table["opinion_ids"] for name in joined.split(", ") if name}
    assert {f"opinion:{name}" for name in named} <= set(asked.rows)
    assert (result.table["basis"].str.startswith(PRACTICE) == (result.table["n_obs"] == 0)).all()


def test_the_subject_names_places_scopes_and_edition():
    text = subject(duties(["US-NY", "IND"], scopes=["fees_only"]))
    assert text.startswith(
        "A matter that touches New York (US-NY) and India (IND); opinions on fees only; data package "
    )


def test_how_common_steps_are_is_as_published():
    result = steps_in_use(load(), Parameters())
    rows = load().observations.loc[list(result.rows)]
    assert set(rows["category"]) == set(STEPS)
    assert result.table.set_index("term")["estimate"].to_dict() == pytest.approx((rows["value"] / 100).to_dict())
    assert {item for item, _ in STEPS.values()} <= {item.name for item in ITEMS}
    assert not steps_in_use(load(), Parameters(grades=["D"])).estimable
