"""Invented bills with secrets in every field, for reports made from beginning to end."""

from __future__ import annotations

import random
import re
from pathlib import Path

from lpo_analysis.savings.billing.ledes import FIELDS_98BI, FIELDS_1998B

SECRET = re.compile(r"zq[a-z]+\d+xk|ZQ[A-Z]+\d+XK|Zq[a-z]+\d+xk")
"""In the cases in which a program may write it; any mixture of cases would be found in pictures, too."""
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
                made.append(_fee(len(made), matter, month, 1 + 5 * i, secret("firm", matter % 6), secret("keeper", keeper), role, hours, RATES[role], task, activity))
            if month >= start:
                made.append(_fee(len(made), matter, month, 27, secret("provid"), secret("staff", matter % 5), "OTHER", 3, 30, *TASKS[0]))
    return made  # fmt: skip


def _fee(number: int, matter: int, month: int, day: int, firm: str, keeper: str, role: str, hours: float, rate: float, task: str, activity: str) -> dict[str, str]:
    when = f"{2022 + month // 12}{month % 12 + 1:02d}"
    return line(
        number, invoice_number=secret("invoice", f"{matter}0{month}"), client_matter_id=secret("matter", matter), law_firm_id=firm, timekeeper_id=keeper,
        timekeeper_name=keeper, timekeeper_classification=role, invoice_date=f"{when}28", line_item_date=f"{when}{day:02d}", line_item_task_code=task,
        line_item_activity_code=activity, line_item_number_of_units=f"{max(hours, 0.1):.1f}", line_item_unit_cost=rate,
    )  # fmt: skip


def spoiled(kind: str) -> list[dict[str, str]]:
    """One line a field with a secret in it, whatever belongs there."""
    plain = {"line_item_number_of_units": 1, "line_item_unit_cost": 300, "line_item_date": "20230115", "line_item_task_code": "L320", "timekeeper_classification": "ASSOC"}
    return [line(5000 + i, timekeeper_id=secret("other", i), **plain) | {field: secret(field, i)} for i, field in enumerate(_HEADS[kind][1])]  # fmt: skip


def planted(folder: Path) -> dict[str, str]:
    """Write bills of all three forms and the lists beside them; return the parameters that name them."""
    at = folder / secret("folder")
    file(at / "bills" / f"{secret('file', 1)}.txt", matters() + spoiled("98BI"), "98BI")
    file(at / "bills" / f"{secret('file', 2)}.txt", spoiled("1998B"), "1998B")
    columns = "invoice,line,date,firm,matter,type,task_code,activity_code,expense_code,timekeeper,timekeeper_class,units,unit_cost,adjustment,amount,currency"
    good = "A,1,2023-01-15,f,m,F,L320,A104,,11,ASSOC,1,100,0,100,USD".split(",")
    rows = [",".join([*good[:i], secret("cell", i), *good[i + 1 :], secret("note")]) for i in range(len(good))]
    (at / "bills" / f"{secret('file', 3)}.csv").write_text("\n".join([f"{columns},{secret('column')}", ",".join([*good, ""]), *rows]), encoding="utf-8")
    with (at / "bills" / f"{secret('file', 1)}.txt").open("ab") as stream:
        stream.write(b"zqbroken1xk|zqbroken2xk\n\xff\xfezqbytes1xk|\x00\n\"zqquote1xk|'zqquote2xk\n")
    (at / f"{secret('file', 4)}.csv").write_text(f"id\n{secret('provid')}\n{secret('absent')}\n", encoding="utf-8")
    moves = [f"{secret('matter', m)},{'2022-10' if m % 2 else '2022-12'}" for m in range(6)]
    (at / f"{secret('file', 5)}.csv").write_text("\n".join(["matter,month", *moves, f"{secret('gone')},2022-12"]), encoding="utf-8")
    return {
        "billing_path": str(at / "bills"), "providers": str(at / f"{secret('file', 4)}.csv"), "moved": str(at / f"{secret('file', 5)}.csv"),
        "billing_currency": "USD",
    }  # fmt: skip
