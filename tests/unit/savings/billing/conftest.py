"""Small invented bills in the formats of the LEDES Oversight Committee."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lpo_analysis.savings.billing.ledes import FIELDS_98BI, FIELDS_1998B

FORMAT_LINES = {"1998B": "LEDES1998B[]", "98BI": "LEDES98BI V2[]"}
FIELDS = {"1998B": FIELDS_1998B, "98BI": FIELDS_98BI}
PLAIN = {
    "INVOICE_DATE": "20240131", "INVOICE_NUMBER": "A1", "CLIENT_ID": "C1", "LAW_FIRM_MATTER_ID": "M1", "INVOICE_TOTAL": "",
    "BILLING_START_DATE": "20240101", "BILLING_END_DATE": "20240131", "INVOICE_DESCRIPTION": "Services", "EXP/FEE/INV_ADJ_TYPE": "F",
    "LINE_ITEM_NUMBER_OF_UNITS": "2.00", "LINE_ITEM_ADJUSTMENT_AMOUNT": "0", "LINE_ITEM_DATE": "20240115", "LINE_ITEM_TASK_CODE": "L320",
    "LINE_ITEM_ACTIVITY_CODE": "A104", "TIMEKEEPER_ID": "11", "LINE_ITEM_DESCRIPTION": "Work", "LAW_FIRM_ID": "FIRM",
    "LINE_ITEM_UNIT_COST": "300", "TIMEKEEPER_NAME": "Doe, John", "TIMEKEEPER_CLASSIFICATION": "ASSOC", "CLIENT_MATTER_ID": "CM1",
    "INVOICE_CURRENCY": "USD", "LINE_ITEM_TAX_RATE": "0", "LINE_ITEM_TAX_TOTAL": "0",
}  # fmt: skip


def item(number: int = 1, **changed: Any) -> dict[str, str]:
    """Return the fields of a line; names may be given in lower case, and `typ` stands for the type."""
    made = dict(PLAIN) | {"LINE_ITEM_NUMBER": str(number)}
    for key, value in changed.items():
        name = "EXP/FEE/INV_ADJ_TYPE" if key == "typ" else key.upper()
        made[name] = str(value)
    if "LINE_ITEM_TOTAL" not in made:
        units, cost, adj, tax = (
            float(made[f"LINE_ITEM_{name}"] or 0)
            for name in ("NUMBER_OF_UNITS", "UNIT_COST", "ADJUSTMENT_AMOUNT", "TAX_TOTAL")
        )
        made["LINE_ITEM_TOTAL"] = f"{units * cost + adj + tax:.2f}"
    return made


def text(
    items: Iterable[Mapping[str, str]], kind: str = "1998B", *, fields: Iterable[str] | None = None, mark: str = "[]"
) -> str:
    """Return a file; invoice totals left empty are filled in."""
    listed = [dict(one) for one in items]
    sums: dict[str, float] = {}
    for one in listed:
        try:
            sums[one["INVOICE_NUMBER"]] = sums.get(one["INVOICE_NUMBER"], 0.0) + float(one["LINE_ITEM_TOTAL"])
        except ValueError:
            continue
    names = list(fields or FIELDS[kind])
    lines = [FORMAT_LINES[kind], "|".join(names) + "[]"]
    for one in listed:
        one["INVOICE_TOTAL"] = one["INVOICE_TOTAL"] or f"{sums.get(one['INVOICE_NUMBER'], 0.0):.2f}"
        lines.append("|".join(one.get(name, "") for name in names) + mark)
    return "\n".join(lines) + "\n"


def write(path: Path, items: Iterable[Mapping[str, str]], kind: str = "1998B", **options: Any) -> Path:
    path.write_text(text(items, kind, **options), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def bills() -> SimpleNamespace:
    """`item` makes the fields of a line, `text` a file, `write` writes it."""
    return SimpleNamespace(item=item, text=text, write=write, fields=FIELDS)
