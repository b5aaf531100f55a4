"""What rests on too few of a user's own rows is in no file of a report: page, notebook, results, tables, workbook."""

from __future__ import annotations

import csv
import json
import random
import re
import zipfile

import pandas as pd
import pytest

from lpo_analysis import paths
from lpo_analysis.adoption.survey import survey_shares
from lpo_analysis.adoption.survey_data import read_survey
from lpo_analysis.risk.incident_file import read_incidents
from lpo_analysis.savings.billing import read_billing


def everything(folder) -> dict[str, str]:
    """Read all that a report consists of; of the workbook the sheets."""
    found = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        if file.suffix != ".xlsx":
            found[file.name] = file.read_text(encoding="utf-8")
            continue
        with zipfile.ZipFile(file) as book:
            found |= {f"{file.name}/{name}": book.read(name).decode() for name in book.namelist() if name.endswith(".xml")}  # fmt: skip
    assert {"report.html", "results.json", "notebook.ipynb", "report.xlsx/xl/workbook.xml"} <= set(found)
    return found


def reported(lpo, tmp_path, *asked) -> dict[str, str]:
    ran = lpo("report", *asked, "--xlsx", "-o", str(tmp_path / "out"))
    assert ran.code == 0, ran.err
    (folder,) = (tmp_path / "out").iterdir()
    return everything(folder) | {"stdout": ran.out}


def search(files, *planted):
    # Not within a hash or a picture, where any figures may stand by chance.
    whole = {text: re.compile(rf"(?<![0-9A-Za-z+/]){re.escape(text)}(?![A-Za-z+/])") for text in planted}
    return [(name, text) for name, content in files.items() for text in planted if whole[text].search(content)]


@pytest.mark.slow
def test_a_small_cell_of_a_survey(lpo, tmp_path):
    rng = random.Random(3)
    lines = ["respondent,buyer,buyer_size,geography,uses_lpo,uses_alsp,weight"]
    for n in range(120):
        size, place = rng.choice(["small", "midsize", "large"]), rng.choice(["USA", "GBR", "CAN"])
        lines.append(f"r{n},corporate,{size},{place},{rng.choice(['yes', 'no'])},{rng.choice(['yes', 'no'])},1")
    # Three of India, whose weights give a share that nothing else has, and two who do not know.
    lines += [
        f"p{n},corporate,small,IND,{answer},no,{weight}"
        for n, (answer, weight) in enumerate([("yes", 1.9), ("no", 0.3), ("no", 0.22)])
    ]
    lines += [f"d{n},corporate,small,USA,dont_know,,1" for n in range(2)]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(lines) + "\n")
    open_ = survey_shares(read_survey(path), min_cell=1).table.set_index("term")
    planted = [f"{open_.loc['uses_lpo_geography_IND', name]:.5f}" for name in ("estimate", "conf_low", "conf_high")]
    assert planted[0] == "0.78512"
    files = reported(lpo, tmp_path, "adoption", "-p", f"survey_path={path}")
    assert search(files, *planted, "2 who do not know") == []
    recorded = json.loads(files["results.json"])["values"]
    assert recorded["survey_shares.uses_lpo_geography_IND"]["n_obs"] is None
    rows = {row["term"]: row for row in csv.DictReader(files["survey_shares.csv"].splitlines())}
    assert rows["uses_lpo_geography_IND"]["estimate"] == rows["uses_lpo_geography_IND"]["n_obs"] == ""
    # Nor can it be worked out: of the places, another one is hidden.
    shown = [row for term, row in rows.items() if term.startswith("uses_lpo_geography_") and row["estimate"]]
    assert float(rows["uses_lpo"]["n_obs"]) - sum(float(row["n_obs"]) for row in shown) >= 5
    # What is hidden at five is shown where it may be.
    assert search(files, f"{open_.loc['uses_lpo', 'estimate']:.5f}")


@pytest.mark.slow
def test_a_small_cell_of_incidents(lpo, tmp_path):
    head = "incident,date,kind,records,cost,currency,client_data_reached,third_party,observed_from,observed_to"
    kinds = ["confidentiality"] * 5 + ["deadline"] * 4 + ["ethics"] * 2
    rows = [
        f"i{n},2022-0{n % 9 + 1}-17,{kind},{'' if n > 1 else 4321},{'' if n > 1 else 7919},USD,{'yes' if n < 2 else 'no'},no,2021-01-01,2023-08-13"
        for n, kind in enumerate(kinds)
    ]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    years = read_incidents(path, price_year=2024).years
    files = reported(lpo, tmp_path, "risk", "-p", f"incidents_path={path}", "-p", "draws=256")
    # Two of a kind, two of five that reached client data, and two that tell a cost.
    assert search(files, f"{2 / years:.6f}"[:-1], "7919", "7,919", "4,321") == []
    recorded = json.loads(files["results.json"])["values"]
    for term in ("own_kinds.ethics", "own_kinds.client_data_reached", "own_incidents.cost_posterior"):
        assert recorded[term]["estimate"] is None, term
        assert recorded[term]["n_obs"] is None, term
    assert search(files, f"{4 / years:.6f}"[:-1])


@pytest.mark.slow
def test_a_small_cell_of_bills(lpo, tmp_path):
    lines = (paths.TEMPLATES / "billing.csv").read_text(encoding="utf-8").splitlines()
    lines += [
        f"Z-{n},1,2024-0{n}-17,firm-1,m-1,F,L320,A104,,9{n},COUNSEL,{hours},791.37,0,{hours * 791.37:.2f},USD"
        for n, hours in ((1, 3), (2, 5))
    ]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(lines) + "\n")
    grains = read_billing(path).grains
    part = grains[grains["role"].astype(str).eq("counsel")]
    assert part["who"].nunique() == 2
    assert float(part["amount"].sum()) == pytest.approx(6330.96)
    files = reported(lpo, tmp_path, "savings", "-p", f"billing_path={path}", "-p", "draws=256")
    assert search(files, "791.37", "6330.96", "6,331", "2374.11", "3956.85") == []
    recorded = json.loads(files["results.json"])["values"]
    assert recorded["spend_by_role.counsel"]["estimate"] is None
    assert recorded["effective_rates.counsel"]["estimate"] is None
    table = pd.DataFrame(csv.DictReader(files["spend_by_role.csv"].splitlines())).set_index("term")
    assert table.loc["counsel", ["estimate", "hours", "n_obs"]].tolist() == ["", "", ""]
    shown = table["estimate"].drop("total").replace("", "nan").astype(float)
    assert shown.isna().sum() >= 2, "another role is hidden with it"
