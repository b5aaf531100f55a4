"""A savings report on a buyer's own bills, from beginning to end: it shows what it should, and nothing that names anybody."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from lpo_analysis.paths import NOTEBOOKS, TEMPLATES
from lpo_analysis.savings.billing import read_billing
from lpo_analysis.savings.billing.ledes import FIELDS_98BI, FIELDS_1998B

SECRET = re.compile(r"zq[a-z]+\d+xk|ZQ[A-Z]+\d+XK|Zq[a-z]+\d+xk")
"""In the cases in which a program may write it; any mixture of cases would be found in pictures, too."""
PICTURE = re.compile(r"[A-Za-z0-9+/]{1000,}={0,2}")
RATES = {"PARTNR": 600, "ASSOC": 350, "PRLGL": 180}
TASKS = (("L320", "A104"), ("L120", "A102"), ("L340", "A103"), ("P280", "A106"))
_NUMERIC = ("DATE", "TOTAL", "UNITS", "AMOUNT", "COST", "RATE", "TYPE", "CURRENCY", "CODE", "CLASSIFICATION")
_HEADS = {"1998B": ("LEDES1998B[]", FIELDS_1998B), "98BI": ("LEDES98BI V2[]", FIELDS_98BI)}


def secret(what: str, n: object = 1) -> str:
    """A secret that is short enough for a code, and found again in any case."""
    return f"zq{''.join(c for c in what.lower() if c.isalpha())[:6]}{n}xk"


def line(number: int, **changed: object) -> dict[str, str]:
    """The fields of a line of both formats, secrets wherever no number, date or code belongs."""
    made = {name: secret(name) for name in FIELDS_98BI if not any(part in name for part in _NUMERIC)}
    made |= {
        "INVOICE_DATE": "20230131", "INVOICE_TOTAL": "", "BILLING_START_DATE": "20230101", "BILLING_END_DATE": "20230131", "LINE_ITEM_NUMBER": str(number),
        "EXP/FEE/INV_ADJ_TYPE": "F", "LINE_ITEM_ADJUSTMENT_AMOUNT": "0", "INVOICE_CURRENCY": "USD", "LINE_ITEM_TAX_RATE": "0", "LINE_ITEM_TAX_TOTAL": "0",
        "INVOICE_TAX_TOTAL": "0", "INVOICE_REPORTED_TAX_TOTAL": "0", "INVOICE_TAX_CURRENCY": "USD", "LINE_ITEM_EXPENSE_CODE": "",
    }  # fmt: skip
    made |= {key.upper(): str(value) for key, value in changed.items() if key != "typ"}
    made["EXP/FEE/INV_ADJ_TYPE"] = str(changed.get("typ", "F"))
    if "LINE_ITEM_TOTAL" not in made:
        made["LINE_ITEM_TOTAL"] = f"{float(made['LINE_ITEM_NUMBER_OF_UNITS']) * float(made['LINE_ITEM_UNIT_COST']):.2f}"
    return made


def file(path: Path, lines: list[dict[str, str]], kind: str) -> Path:
    """Write a file of LEDES."""
    head, fields = _HEADS[kind]
    rows = ["|".join(one.get(name, "") for name in fields) + "[]" for one in lines]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, "|".join(fields) + "[]", *rows]) + "\n", encoding="utf-8")
    return path


def matters(n: int = 12, months: int = 18) -> list[dict[str, str]]:
    """Bills of matters of which the first half moved work, in two months; a provider bills what moved."""
    rng, made = random.Random(5), []
    for matter in range(n):
        start = (9 if matter % 2 else 11) if matter < n // 2 else months + 1
        for month in range(months):
            for i, (task, activity) in enumerate(TASKS):
                keeper = matter % 6 * 10 + rng.randrange(10)
                role = ("PARTNR", "ASSOC", "ASSOC", "PRLGL")[keeper % 4]
                hours = 2 * (0.7 if month >= start else 1.0) * rng.lognormvariate(0, 0.2)
                made.append(
                    _fee(
                        len(made),
                        matter,
                        month,
                        1 + 5 * i,
                        secret("firm", matter % 6),
                        secret("keeper", keeper),
                        role,
                        hours,
                        RATES[role],
                        task,
                        activity,
                    )
                )
            if month >= start:
                made.append(
                    _fee(
                        len(made),
                        matter,
                        month,
                        27,
                        secret("seller"),
                        secret("staff", matter % 5),
                        "OTHER",
                        3,
                        30,
                        *TASKS[0],
                    )
                )
    return made  # fmt: skip


def _fee(
    number: int,
    matter: int,
    month: int,
    day: int,
    firm: str,
    keeper: str,
    role: str,
    hours: float,
    rate: float,
    task: str,
    activity: str,
) -> dict[str, str]:
    when = f"{2022 + month // 12}{month % 12 + 1:02d}"
    return line(
        number, invoice_number=secret("invoice", f"{matter}0{month}"), client_matter_id=secret("matter", matter), law_firm_id=firm, timekeeper_id=keeper,
        timekeeper_name=keeper, timekeeper_classification=role, invoice_date=f"{when}28", line_item_date=f"{when}{day:02d}", line_item_task_code=task,
        line_item_activity_code=activity, line_item_number_of_units=f"{max(hours, 0.1):.1f}", line_item_unit_cost=rate,
    )  # fmt: skip


def spoiled(kind: str) -> list[dict[str, str]]:
    """One line a field with a secret in it, whatever belongs there."""
    plain = {
        "line_item_number_of_units": 1,
        "line_item_unit_cost": 300,
        "line_item_date": "20230115",
        "line_item_task_code": "L320",
        "timekeeper_classification": "ASSOC",
    }
    return [line(5000 + i, timekeeper_id=secret("other", i), **plain) | {field: secret(field, i)} for i, field in enumerate(_HEADS[kind][1])]  # fmt: skip


def planted(folder: Path) -> dict[str, str]:
    """Write bills of all three forms and the lists beside them; return the parameters that name them."""
    at = folder / secret("folder")
    file(at / "bills" / f"{secret('file', 1)}.txt", matters() + spoiled("98BI"), "98BI")
    file(at / "bills" / f"{secret('file', 2)}.txt", spoiled("1998B"), "1998B")
    columns = "invoice,line,date,firm,matter,type,task_code,activity_code,expense_code,timekeeper,timekeeper_class,units,unit_cost,adjustment,amount,currency"
    good = ["A", "1", "2023-01-15", "f", "m", "F", "L320", "A104", "", "11", "ASSOC", "1", "100", "0", "100", "USD"]
    rows = [",".join([*good[:i], secret("cell", i), *good[i + 1 :], secret("note")]) for i in range(len(good))]
    (at / "bills" / f"{secret('file', 3)}.csv").write_text(
        "\n".join([f"{columns},{secret('column')}", ",".join([*good, ""]), *rows]), encoding="utf-8"
    )
    with (at / "bills" / f"{secret('file', 1)}.txt").open("ab") as stream:
        stream.write(b"zqbroken1xk|zqbroken2xk\n\xff\xfezqbytes1xk|\x00\n\"zqquote1xk|'zqquote2xk\n")
    (at / f"{secret('file', 4)}.csv").write_text(f"id\n{secret('seller')}\n{secret('absent')}\n", encoding="utf-8")
    moves = [f"{secret('matter', m)},{'2022-10' if m % 2 else '2022-12'}" for m in range(6)]
    (at / f"{secret('file', 5)}.csv").write_text(
        "\n".join(["matter,month", *moves, f"{secret('gone')},2022-12"]), encoding="utf-8"
    )
    return {
        "billing_path": str(at / "bills"), "providers": str(at / f"{secret('file', 4)}.csv"), "moved": str(at / f"{secret('file', 5)}.csv"),
        "billing_currency": "USD",
    }  # fmt: skip


def asked(parameters):
    return [part for name, value in parameters.items() for part in ("-p", f"{name}={value}")]


def leaks(folder, *, but=()):
    """Every name and content below a folder in which a secret is found."""
    found = []
    for path in folder.rglob("*"):
        if any(part in path.parents or part == path for part in but):
            continue
        told = (
            path.name
            if not path.is_file()
            else path.name + path.read_bytes().decode("latin-1") + path.read_bytes().decode("utf-16", "replace")
        )
        # Any few letters stand somewhere in a picture by chance.
        told = PICTURE.sub("", told)
        if SECRET.search(told):
            found.append((path, SECRET.search(told)[0]))
    return found


@pytest.fixture
def private(tmp_path, monkeypatch):
    """A folder of its own for all that is temporary or kept, in this process and its children."""
    folder = tmp_path / "private"
    for name in ("tmp", "cache", "home"):
        (folder / name).mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(folder / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.chdir(tmp_path)
    return folder


def shown(folder):
    book = nbformat.read(folder / "notebook.ipynb", 4)
    return "\n".join(
        str(o.get("data", {}).get("text/plain", "")) for c in book.cells if c.cell_type == "code" for o in c.outputs
    )


def section(folder):
    """The report cut down to what it does with bills."""
    book = nbformat.read(NOTEBOOKS / "savings.ipynb", 4)
    first = next(i for i, cell in enumerate(book.cells) if cell.source.startswith("## Your own bills"))
    last = next(i for i, cell in enumerate(book.cells) if cell.source.startswith("## What is claimed"))
    book.cells = [*book.cells[:3], *book.cells[first:last]]
    nbformat.write(book, folder / "bills.ipynb")
    return "bills.ipynb"


def test_a_report_on_bills_full_of_secrets_tells_none_of_them(lpo, tmp_path, private):
    """Bills of all forms, a secret in every field and file name; the direct engine; every file that is left is searched."""
    parameters = planted(tmp_path / "in")
    ran = lpo("report", section(tmp_path), *asked(parameters), "-p", "draws=256", "-o", "out")
    assert ran.code == 0, ran.err
    assert not SECRET.search(ran.out + ran.err)
    assert leaks(tmp_path, but=[tmp_path / "in"]) == []
    (folder,) = (tmp_path / "out").iterdir()
    recorded = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    for name, kind in (
        ("billing_path", "billing, 3 files, sha256 "),
        ("providers", "providers, sha256 "),
        ("moved", "moved, sha256 "),
    ):
        assert recorded["parameters"][name].startswith(kind)
    values = recorded["values"]
    account = {
        name.partition(".")[2]: one["estimate"] for name, one in values.items() if name.startswith("billing_account.")
    }
    assert account["lines"] > account["used"] > 900
    # The report is whole: every part of the section bears an estimate.
    for name in ("spend_by_task.total", "effective_rates.associate", "savings_on_bills.all", "spend_bridge.volume", "realised_log_spend.saving_share", "realised_log_spend.before_after"):  # fmt: skip
        assert values[name]["estimate"] is not None, name
    for name in ("bills_lines", "bills_places", "spend_by_firm", "savings_on_bills", "realised_log_spend"):
        assert (folder / "tables" / f"{name}.csv").is_file()
    told = shown(folder)
    assert "1 matter of 7 named as moved never occurs" in told
    assert "Of 2 providers named, number 2 never occurs" in told
    # What is hidden is a matter of the same rule everywhere.
    cells = [one for name, one in values.items() if name.startswith("spend_by_") and one["estimate"] is not None]
    assert all(one["n_obs"] >= 3 for one in cells)


@pytest.mark.slow
def test_what_two_timekeepers_billed_is_in_no_file(lpo, tmp_path, private, searched):
    lines = (TEMPLATES / "billing.csv").read_text(encoding="utf-8").splitlines()
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
    ran = lpo("report", section(tmp_path), "-p", f"billing_path={path}", "-p", "draws=256", "--xlsx", "-o", "out")
    assert ran.code == 0, ran.err
    (folder,) = (tmp_path / "out").iterdir()
    assert searched(folder, "791.37", "6330.96", "6,331", "2374.11", "3956.85") == []
    recorded = json.loads((folder / "results.json").read_text(encoding="utf-8"))["values"]
    assert recorded["spend_by_role.counsel"]["estimate"] is None
    assert recorded["effective_rates.counsel"]["estimate"] is None
    table = pd.read_csv(folder / "tables" / "spend_by_role.csv").set_index("term")
    assert table.loc["counsel", ["estimate", "hours", "n_obs"]].isna().all()
    assert table["estimate"].drop("total").isna().sum() >= 2, "another role is hidden with it"
    assert searched(folder, f"{table.loc['total', 'estimate']:.2f}"), "what may be shown would have been found"


@pytest.mark.slow
def test_a_decision_on_the_same_bills_tells_none_of_them_either(lpo, tmp_path, private):
    """The whole report on the decision, its hours and rates from these bills; every file that is left is searched."""
    given = planted(tmp_path / "in")
    parameters = {
        "billing_path": given["billing_path"],
        "billed_providers": given["providers"],
        "billing_currency": "USD",
    }
    ran = lpo(
        "report",
        "decision",
        *asked(parameters),
        "-p",
        "draws=512",
        "-p",
        "buyer=corporate",
        "-p",
        "tasks=",
        "-o",
        "out",
    )
    assert ran.code == 0, ran.err
    assert not SECRET.search(ran.out + ran.err)
    assert leaks(tmp_path, but=[tmp_path / "in"]) == []
    (folder,) = (tmp_path / "out").iterdir()
    recorded = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert recorded["parameters"]["billing_path"].startswith("billing, 3 files, sha256 ")
    assert recorded["parameters"]["billed_providers"].startswith("providers, sha256 ")
    hours = {
        name: one
        for name, one in recorded["values"].items()
        if name.startswith("billed_hours.") and one["estimate"] is not None
    }
    assert {"billed_hours.document_review", "billed_hours.legal_research"} <= set(hours)
    assert all(one["n_obs"] >= 3 for one in hours.values())
    assert recorded["values"]["brief.saving"]["estimate"] is not None
    assert (folder / "tables" / "billed_hours.csv").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["fresh", "direct"])
def test_a_batch_on_such_bills_and_one_that_fails_in_the_notebook_tell_none_either(tmp_path, private, engine):
    """A plan in a process of its own: one report is made, one fails in the kernel; logs, index and batch.json are searched, too."""
    parameters = planted(tmp_path / "in")
    book = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_code_cell("".join(f'{name} = ""\n' for name in parameters), metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("from lpo_analysis import savings\np = savings.Parameters.from_namespace(globals())\nbills = savings.analyse(p).own_bills\nprint(bills, bills.account)\nbills"),
        nbformat.v4.new_code_cell("raise ValueError(repr(vars(bills)) + repr(p) + p.billing_path + p.moved)"),
    ])  # fmt: skip
    book.metadata["lpo"] = {"parameters": "lpo_analysis.savings:Parameters"}
    nbformat.write(book, tmp_path / "bad.ipynb")
    given = ", ".join(f"{name} = {json.dumps(value)}" for name, value in parameters.items())
    (tmp_path / "in" / "plan.toml").write_text(
        f'title = "Bills"\nengine = "{engine}"\n[[report]]\nnotebook = "savings"\nname = "good"\nparameters = {{{given}, draws = 256}}\n'
        f'[[report]]\nnotebook = "bad.ipynb"\nname = "bad"\nparameters = {{{given}}}\n'
    )
    command = [sys.executable, "-m", "lpo_analysis.cli", "batch", "in/plan.toml", "-o", "out"]
    ran = subprocess.run(command, cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert not SECRET.search(ran.stdout + ran.stderr), ran.stdout + ran.stderr
    written = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {"batch.json", "index.html", "report.html", "results.json", "run.json", "notebook.ipynb"} <= written
    (log,) = (tmp_path / "out").rglob("batch.json")
    assert "ValueError" in log.read_text(encoding="utf-8")
    made = json.loads(next((tmp_path / "out").rglob("good/results.json")).read_text(encoding="utf-8"))
    assert made["values"]["savings_on_bills.all"]["estimate"] is not None
    assert leaks(tmp_path, but=[tmp_path / "in"]) == []


def _empty_folder(at):
    (at / "none").mkdir()
    return {"billing_path": str(at / "none")}


def _nothing_there(at):
    return {"billing_path": str(at / secret("gone"))}


def _no_bytes(at):
    (at / f"{secret('name')}.txt").write_bytes(b"")
    return {"billing_path": str(at / f"{secret('name')}.txt")}


def _no_ledes(at):
    (at / f"{secret('name')}.txt").write_text(f"Dear {secret('client')},\nplease find enclosed\n")
    return {"billing_path": str(at)}


def _a_workbook(at):
    (at / f"{secret('name')}.xlsx").write_bytes(b"PK\x03\x04" + secret("sheet").encode())
    return {"billing_path": str(at)}


def _mixed(at):
    lines = [
        line(
            i,
            line_item_number_of_units=1,
            line_item_unit_cost=100,
            line_item_date="20230115",
            invoice_currency="GBP" if i else "USD",
        )
        for i in range(4)
    ]
    return {"billing_path": str(file(at / f"{secret('name')}.txt", lines, "98BI"))}


def _bad_month(at):
    (at / f"{secret('name')}.csv").write_text(
        f"matter,month\n{secret('matter')},{secret('month')}\n{secret('matter')},2023-01\n"
    )
    return {"billing_path": str(file(at / "a.txt", matters(2, 2), "98BI")), "moved": str(at / f"{secret('name')}.csv")}


def _no_ids(at):
    (at / f"{secret('name')}.csv").write_text(f"name\n{secret('firm')}\n")
    return {
        "billing_path": str(file(at / "a.txt", matters(2, 2), "98BI")),
        "providers": str(at / f"{secret('name')}.csv"),
    }


def _a_list(at):
    return {"billing_path": str(file(at / "a.txt", matters(2, 2), "98BI")), "providers": f'["{secret("firm")}"]'}


def _moved_without_bills(at):
    (at / "m.csv").write_text(f"matter,month\n{secret('matter')},2023-01\n")
    return {"moved": str(at / "m.csv")}


def _no_codes(at):
    (at / f"{secret('name')}.csv").write_text(f"kind,code\ntask,{secret('code')}\n")
    return {
        "billing_path": str(file(at / "a.txt", matters(2, 2), "98BI")),
        "billing_codes": str(at / f"{secret('name')}.csv"),
    }


def _other_currency(at):
    return {"billing_path": str(file(at / "a.txt", matters(2, 2), "98BI")), "billing_currency": "EUR"}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_empty_folder, "billing_path: the path holds no files: name a file, a folder or a pattern"),
        (_nothing_there, "billing_path: the path means no file"),
        (_no_bytes, "billing file: is empty"),
        (_no_ledes, "billing file: is neither LEDES nor the template"),
        (_a_workbook, "billing file: is a workbook or an archive, no text"),
        (_mixed, "Name one as currency"),
        (_bad_month, "moved file, row 3, column matter: stands in line 2 already"),
        (_no_ids, "providers file, row 1, column id: this column is missing"),
        (_a_list, "providers: there is no file of this name"),
        (_moved_without_bills, "moved: says something of bills, but there are none; give billing_path, too"),
        (_no_codes, "table of codes, row 1, column code_set: this column is missing"),
        (_other_currency, "no line can be used"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_error_before_a_kernel_starts(lpo, tmp_path, private, make, says):
    at = tmp_path / secret("in")
    at.mkdir()
    ran = lpo("report", "savings", *asked(make(at)), "-o", tmp_path / "out")
    assert ran.code == 2, ran.out
    assert says in " ".join(ran.err.split()), ran.err
    assert ran.err.startswith("error: ")
    assert "Traceback" not in ran.err
    assert not SECRET.search(ran.err + ran.out)
    assert str(tmp_path) not in ran.err
    assert not (tmp_path / "out").exists()
    assert leaks(private) == []
