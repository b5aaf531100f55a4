"""What the opinions on file ask for: cell by cell as coded, national bodies apart, and never permission by silence."""

import pytest

from lpo_analysis.errors import NotFoundError, ParameterError
from lpo_analysis.evidence import table
from lpo_analysis.risk import Parameters, analyse, conflicts, coverage, duties, jurisdictions_on_file, triggered
from lpo_analysis.risk.conflicts import CONTRARY, STANCES
from lpo_analysis.risk.duties_text import duties_text
from lpo_analysis.risk.ethics import matrix, union
from lpo_analysis.risk.opinions import DUTIES, READ, SCOPES, SEEN, STATES, TRIGGERS, register, rules, version
from lpo_analysis.vocabulary import PLACES

OPINIONS = table("ethics_opinions").set_index("opinion_id")
READINGS = table("ethics_readings")


def own(result):
    return result.table[result.table["kind"] == "own"]


def states(code, **options):
    return own(duties([code], **options)).set_index("duty")["state"].to_dict()


def test_new_york_is_as_coded():
    # nycbar_2006_3: yes in four columns, yes on unauthorised practice, consent "when necessary", the rest not seen.
    assert states("US-NY") == {
        "supervision": "required", "competence_vetting": "required", "confidentiality_measures": "required", "conflict_check": "required",
        "client_disclosure": "not known", "client_consent": "conditional", "fees": "required", "unauthorized_practice": "required", "agreement_in_writing": "not known",
    }  # fmt: skip
    result = duties(["US-NY"])
    assert result.rows == ("opinion:nycbar_2006_3", "opinion:aba_08_451", "opinion:aba_105c")
    cell = own(result).set_index("duty").loc["client_consent"]
    assert (cell["condition"], cell["trigger"], cell["year"]) == ("when necessary", "not_told", "2006")
    assert cell["opinions"] == "New York City Bar, Formal Op. 2006-3 (2006), digest/passage"
    assert "speaks for no whole jurisdiction: New York City Bar" in result.checks[1].text


def test_an_opinion_no_longer_in_force_is_left_out_and_said_to_be():
    result = duties(["GB-EAW"])
    assert result.rows == ("opinion:law_society_pn_2011",)
    assert (
        "Outcome 7.10 (2011), second-hand, no longer in force (rules in force since 25 Nov 2019"
        in result.checks[0].text
    )
    assert result.n_dropped == 1
    # Only the dead rule asked for a written agreement.
    assert states("GB-EAW")["agreement_in_writing"] == "not known"
    assert states("GB-EAW")["confidentiality_measures"] == "required"


def test_a_superseded_rule_is_shown_beside_the_cell_it_no_longer_fills():
    cell = own(duties(["GB-EAW"])).set_index("duty").loc["agreement_in_writing"]
    assert cell["state"] == "not known"
    assert (
        cell["superseded"]
        == "Solicitors Regulation Authority, SRA Code 2011, Outcome 7.10 (2011), second-hand: required"
    )
    assert cell["superseded_by"] == "rules in force since 25 Nov 2019 (not named in the source)"
    # While it was in force it filled the cell, and before it was issued nothing was there to supersede.
    for year in (2010, 2015):
        assert set(duties(["GB-EAW"], as_of=year).table["superseded"]) == {""}
    found = duties(["GB-EAW"])
    assert "written agreement, no longer in force: Solicitors" in " ".join(duties_text(found, conflicts(found)).split())


def test_what_was_read_of_an_opinion_stands_in_its_citation_and_its_column():
    frame = register()
    for row in frame[frame["seen"] != "full_text"].itertuples():
        assert row.cited.endswith(f", {SEEN[row.seen]}")
    cells = own(duties(["US-NY", "US-VA", "US-NV"])).set_index(["jurisdiction", "duty"])
    assert cells.loc[("US-NY", "supervision"), ["seen", "second_hand"]].tolist() == ["digest/passage", "no"]
    assert cells.loc[("US-VA", "supervision"), ["seen", "second_hand"]].tolist() == ["second-hand", "yes"]
    assert cells.loc[("US-NV", "supervision"), ["seen", "second_hand"]].tolist() == ["", ""]
    both = duties(["USA"]).table.set_index("duty").loc["supervision"]
    assert (both["seen"], both["second_hand"]) == ("digest/passage, second-hand", "in part")
    found = duties(["US-NY"])
    said = " ".join(duties_text(found, conflicts(found)).split())
    assert (
        "not known, for not seen in what was read (digest/passage): disclosure to the client, written agreement" in said
    )


def test_where_no_opinion_is_on_file_nothing_is_known_and_that_is_no_permission():
    result = duties(["US-NV"])
    assert set(own(result)["state"]) == {"not known"}
    assert set(own(result)["opinions"]) == {"no opinion on file"}
    assert set(own(result)["basis"]) == {"no opinion on file"}
    assert "on file for Nevada: what is required there is not known, which is not permission." in result.text
    assert "9 of 9 cells are not known" in result.text
    (check,) = [check for check in result.checks if check.name == "Coverage"]
    assert check.passed is False


def test_consent_in_every_case_is_required_and_the_strictest_opinion_counts():
    assert states("US-NC")["client_consent"] == "required"  # 2007 FEO 12, beside 2011 FEO 14
    assert states("US-VA")["client_consent"] == "conditional"
    assert states("AUS")["client_consent"] == "recommended"


def test_every_state_of_every_place_is_one_of_the_list_and_only_opinions_on_outsourcing_count():
    result = duties(list(PLACES))
    assert set(result.table["state"]) <= set(STATES)
    opinions = table("ethics_opinions").set_index("opinion_id")
    used = opinions.loc[[row.removeprefix("opinion:") for row in result.rows]]
    assert set(used["scope"]) == {"outsourcing"}
    assert "no" not in set(used["in_force"])


@pytest.mark.parametrize("code", ["US-TX", "US-KY", "US-MD", "US-SC", "US-OR", "IND"])
def test_opinions_on_fees_software_or_other_matters_alone_tell_nothing_on_outsourcing(code):
    opinions = table("ethics_opinions")
    place = opinions["subdivision"].where(opinions["subdivision"] != "", opinions["jurisdiction"])
    assert (place == code).any(), "there is an opinion of another scope"
    assert code not in jurisdictions_on_file()
    assert set(states(code).values()) == {"not known"}


def test_silence_of_an_opinion_is_never_called_not_required():
    opinions = table("ethics_opinions").query("scope == 'outsourcing'")
    said = {
        (row.subdivision or row.jurisdiction, duty)
        for row in opinions.itertuples()
        for duty in DUTIES
        if getattr(row, duty, "") == "not_required"
    }
    made = own(duties(jurisdictions_on_file()))
    assert {(row.jurisdiction, row.duty) for row in made[made["state"] == "not required"].itertuples()} <= said


def test_the_sentence_names_what_at_least_one_jurisdiction_requires():
    text = duties(["US-NV", "US-NY"]).text
    assert "at least one of the chosen jurisdictions requires supervision, competence and vetting" in text
    assert "Under a condition: consent of the client." in text
    assert "Research, not legal advice." not in text  # said once, by the report and the checklist


@pytest.mark.parametrize("codes", [["US-NY"], ["US-NV", "US-NY", "GB-EAW"], ["US-OH", "AUS"]], ids=str)
def test_the_matrix_has_a_duty_a_row_and_a_jurisdiction_a_column(codes):
    result = duties(codes)
    frame = matrix(result)
    national = ["USA (persuasive)"]
    assert frame.columns.tolist() == ["duty", *codes, *national]
    assert frame["duty"].tolist() == list(DUTIES.values())
    assert frame.isin(STATES)[codes].all().all()
    assert len(own(result)) == len(DUTIES) * len(codes)
    for code in codes:
        assert frame[code].tolist() == list(states(code).values())


def test_jurisdictions_on_file_are_listed_by_scope():
    assert jurisdictions_on_file() == sorted(jurisdictions_on_file())
    assert {"US-NY", "GB-EAW", "USA", "US-OH"} <= set(jurisdictions_on_file())
    assert "US-KY" in jurisdictions_on_file("generative_ai")


# National bodies


def test_a_national_opinion_is_persuasive_for_a_state_and_enters_neither_its_cells_nor_the_union():
    result = duties(["US-NV"])
    apart = result.table[result.table["kind"] == "persuasive"]
    assert set(apart["jurisdiction"]) == {"USA"}
    assert apart.set_index("duty").loc["client_disclosure", "state"] == "required"
    assert set(union(result.table)["state"]) == {"not known"}
    assert "name 7 duties; they are persuasive at most and counted for no part of it." in result.text
    assert set(triggered(["US-NV"], location="IND")["state"]) == {"unknown"}


def test_a_country_asked_for_itself_has_its_opinions_as_its_own():
    result = duties(["USA", "US-NY"])
    assert set(result.table["kind"]) == {"own"}
    assert states("USA")["client_consent"] == "conditional"


def test_opinions_of_england_and_wales_are_not_those_of_the_united_kingdom_or_scotland():
    for code in ("GBR", "GB-SCT", "GB-NIR"):
        assert set(states(code).values()) == {"not known"}
    assert "Opinions of England and Wales are not read as those of the United Kingdom." in duties(["GBR"]).text


def test_india_has_an_opinion_but_none_on_outsourcing_and_says_so():
    text = duties(["IND"]).text
    assert "No opinion on outsourcing that counts is on file for India" in text
    assert "Of other scopes there is, for India, 1 on practice of law; not read as on outsourcing." in text


# Readings


def test_every_text_on_disclosure_consent_and_fees_is_read_and_no_other():
    said = {(name, duty) for name in OPINIONS.index for duty in READ[:2] if OPINIONS.at[name, duty] != "not_seen"}
    said |= {(name, "fees") for name in OPINIONS.index if OPINIONS.at[name, "fee_rule"] != "not_seen"}
    assert set(zip(READINGS["opinion_id"], READINGS["duty"], strict=True)) == said


def test_a_reading_softens_nothing_but_to_a_named_condition():
    for row in READINGS.itertuples():
        if row.duty == "fees":
            continue
        level = OPINIONS.at[row.opinion_id, row.duty]
        assert row.state in {"required": {"required", "conditional"}}.get(level, {level}), row
        assert (row.state == "conditional") <= (bool(row.condition) and row.trigger != "always"), row


def test_triggers_and_stances_are_the_listed_ones():
    codes = {code for joined in READINGS["trigger"] for code in joined.split("|")}
    assert codes - {"always", "not_told"} == set(TRIGGERS)
    assert set(READINGS["stance"]) - {""} == set(STANCES)
    assert {name for pair in CONTRARY for name in pair} == set(STANCES)


def test_each_stated_cell_has_a_citation_with_its_year():
    cells = duties(sorted(set(register()["place"])), scopes=list(SCOPES)).table
    stated = cells[cells["basis"] == "stated"]
    assert len(stated) > 100
    for row in stated.itertuples():
        for year in row.year.split(", "):
            assert f"({year})" in row.opinions
    assert (cells.loc[cells["state"] != "not known", "basis"] == "stated").all()


def test_two_opinions_of_one_place_are_both_told_with_the_strictest_first_to_count():
    cell = own(duties(["US-NC"])).set_index("duty").loc["client_consent"]
    assert cell["state"] == "required"
    assert "2007 FEO 12 (2008), digest/passage: required" in cell["opinions"]
    assert "2011 FEO 14 (2012), digest/passage: conditional" in cell["opinions"]
    assert "confirmed in writing" in cell["condition"]
    assert cell["year"] == "2008, 2012"


# Editions


def test_the_rules_can_be_asked_as_of_a_year():
    assert states("GB-EAW", as_of=2015)["agreement_in_writing"] == "required"
    assert states("GB-EAW", as_of=2019)["agreement_in_writing"] == "not known"
    cell = own(duties(["GB-EAW"], as_of=2015)).set_index("duty").loc["agreement_in_writing"]
    assert cell["in_force"] == "until 2019"
    assert states("US-NY", as_of=2005) == dict.fromkeys(DUTIES, "not known")
    assert set(rules(as_of=2010)["year"]) <= set(range(1992, 2011))
    assert "issued later" in duties(["US-NY"], as_of=2005).checks[0].text
    with pytest.raises(ParameterError, match="as_of: no opinion on file is as old as 1980"):
        register(as_of=1980)


def test_the_edition_names_both_tables():
    assert version().startswith("data package ")
    assert "opinions " in version()
    assert "readings " in version()


# Differences


def test_victoria_calls_unnecessary_what_virginia_asks_for():
    result = conflicts(duties(["US-VA", "AU-VIC"]))
    row = result.table[(result.table["where"] == "between jurisdictions")].iloc[0]
    assert (row["duty"], row["nature"]) == ("client_disclosure", "contradiction")
    assert row["found"] == "required: Virginia; not required: Victoria"
    assert "(2010)" in row["opinions"]
    assert "Between jurisdictions 1 contradiction" in result.text
    assert "not computed" in result.text
    assert "further difference" in conflicts(duties(["US-VA", "AU-VIC", "US-NC"])).text
    assert "asks for. 3 differences lie within" in conflicts(duties(["US-NC"])).text


def test_fee_rules_that_exclude_each_other_are_found():
    result = conflicts(duties(["US-MD", "US-SC"], scopes=["fees_only"]))
    between = result.table[result.table["where"] == "between jurisdictions"]
    assert between["found"].tolist() == ["at cost: Maryland; a reasonable markup is allowed: South Carolina"]
    # Maryland against the national body, too, but not Maryland against South Carolina once more.
    national = result.table[result.table["where"].str.startswith("national")]
    assert national["found"].tolist() == [
        "at cost: Maryland; a reasonable markup is allowed: United States and South Carolina"
    ]


def test_virginia_on_fees_with_ai_departs_from_the_national_body():
    found = conflicts(duties(["US-VA"], scopes=["generative_ai"])).table["found"].tolist()
    assert found == [
        "only time spent is charged: United States; fees by value are allowed although the work is shorter: Virginia"
    ]


def test_what_is_not_known_contradicts_nothing():
    result = conflicts(duties(["US-NY", "US-NV", "GBR"]))
    assert not (result.table["where"] == "between jurisdictions").any()
    alone = conflicts(duties(["IND"]))
    assert len(alone.table) == 0
    assert alone.text.startswith("No two opinions on file contradict each other")


def test_two_opinions_of_one_place_that_differ_are_told_as_its_own_matter():
    table_ = conflicts(duties(["US-NC"])).table
    assert "within North Carolina" in set(table_["where"])


# Coverage


@pytest.mark.parametrize("scope", list(SCOPES))
def test_coverage_counts_places_by_duty(scope):
    result = coverage(["US-NY", "IND"], scope=scope)
    frame = rules()
    frame = frame[(frame["scope"] == scope) & (frame["state"] != "not known")]
    for duty in DUTIES:
        asked = {"US-NY", "IND"} | set(jurisdictions_on_file(scope))
        assert (
            result.row(duty)["estimate"]
            == frame.loc[(frame["duty"] == duty) & frame["place"].isin(asked), "place"].nunique()
        )
    assert result.plot_data["row"].iloc[0] == "New York"
    assert len(result.plot_data) == len(DUTIES) * result.plot_data["row"].nunique()
    assert set(result.plot_data.loc[result.plot_data["main"], "row"]) == {"New York", "India"}


def test_a_place_without_an_opinion_is_drawn_as_such():
    frame = coverage(["US-NV"]).plot_data
    assert set(frame.loc[frame["row"] == "Nevada", "state"]) == {"not known: no opinion on file"}
    assert coverage(["US-NV"]).plot() is not None


# Constraints


def constraint(code, duty, **options):
    frame = triggered([code], **{"location": "IND", **options})
    return frame[frame["duty"] == duty].iloc[0]


def test_constraints_have_stable_columns_and_states():
    frame = triggered(["US-NY", "GB-EAW", "IND"], location="PHL", scopes=["outsourcing", "generative_ai"])
    columns = ["jurisdiction", "duty", "state", "condition", "citation", "year", "scope", "opinion_ids"]
    assert frame.columns.tolist() == columns
    assert set(frame["state"]) <= {"forbidden", "conditional", "recommended", "free", "unknown"}
    assert len(frame) == 2 * 3 * (1 + len(DUTIES))
    assert constraint("US-NY", "permission")["state"] == "conditional"
    assert constraint("IND", "permission")["state"] == "unknown"
    # No opinion on file forbids outsourcing.
    assert "forbidden" not in set(triggered(sorted(set(register()["place"])), location="IND")["state"])


def test_a_condition_follows_from_the_facts_given():
    assert constraint("US-VA", "client_consent")["state"] == "conditional"
    assert constraint("US-VA", "client_consent")["condition"].startswith("unless found not to apply: informed")
    assert constraint("US-VA", "client_consent", facts={"not_closely_supervised": True})["state"] == "conditional"
    free = constraint("US-VA", "client_consent", facts={"not_closely_supervised": False})
    assert free["state"] == "free"
    # A condition that the text does not name is never ruled out.
    everything = dict.fromkeys(TRIGGERS, False)
    assert constraint("US-NY", "client_consent", facts=everything)["state"] == "conditional"


def test_abroad_follows_from_the_place_or_from_the_shore_given(monkeypatch):
    from lpo_analysis.risk import ethics

    row = {
        "state": "conditional",
        "trigger": "abroad",
        "condition": "in writing",
        "label": "consent",
        "basis": "stated",
    }
    seen = []
    monkeypatch.setattr(ethics, "_constraint", lambda cell, facts: (seen.append(facts["abroad"]), ("free", ""))[1])
    triggered(["US-NY"], location="US-OH")
    triggered(["US-NY"], location="CAN")
    triggered(["US-NY"], location="US-OH", shore="offshore")
    assert seen == [False] * len(DUTIES) + [True] * 2 * len(DUTIES)
    monkeypatch.undo()
    assert ethics._constraint(row, {"abroad": True}) == ("conditional", "in writing")
    assert ethics._constraint(row, {"abroad": False}) == ("free", "only in writing")


# Bad input


def test_an_unknown_jurisdiction_names_the_nearest():
    with pytest.raises(NotFoundError, match=r"'US-NX' is not a place this kit knows\. Did you mean 'US-"):
        duties(["US-NX"])


def test_an_unknown_jurisdiction_lists_those_with_an_opinion_and_not_all_countries():
    listed = ", ".join(sorted(register()["place"].unique()))
    said = f"With an opinion on file: {listed}. Any other country or US state is known"
    with pytest.raises(NotFoundError) as told:
        duties(["Atlantis"])
    assert said in str(told.value)
    assert "AFG" not in str(told.value)
    with pytest.raises(ValueError, match="With an opinion on file: AU-NSW") as refused:
        Parameters(jurisdictions=["Atlantis"])
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: duties(["US-NY", "new york"]), "US-NY stands there twice"),
        (lambda: duties([]), "none is given"),
        (lambda: duties(["US-NY"], scopes=["generative"]), "Did you mean 'generative_ai'"),
        (lambda: triggered(["US-NY"], location="IND", shore="far"), "shore: got 'far'"),
        (lambda: triggered(["US-NY"], location="IND", facts={"abraod": True}), "Did you mean 'abroad'"),
    ],
    ids=["twice", "none", "scope", "shore", "fact"],
)
def test_bad_input_is_one_clear_error(call, message):
    with pytest.raises(ParameterError, match=message):
        call()


def test_the_report_takes_scopes_and_refuses_one_twice():
    result = analyse(Parameters(duty_scopes=["fees_only", "contract_lawyers"], jurisdictions=["US-TX", "US-VA"])).duties
    assert list(dict.fromkeys(result.table["scope"])) == ["fees_only", "contract_lawyers"]
    with pytest.raises(ValueError, match="duty_scopes: one stands there twice"):
        Parameters(duty_scopes=["fees_only", "fees_only"])
    with pytest.raises(ValueError, match="duty_scopes"):
        Parameters(duty_scopes=["generative_ai"])
