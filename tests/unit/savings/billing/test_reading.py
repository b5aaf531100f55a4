"""Bills are read where that is safe, and every line is used or set aside by reason."""

from __future__ import annotations

import pytest

from lpo_analysis.errors import DataError, NotFoundError, ParameterError
from lpo_analysis.savings.billing import read_billing
from lpo_analysis.savings.billing.bridge import spend_bridge
from lpo_analysis.savings.billing.ledes import FIELDS_98BI, FIELDS_1998B
from lpo_analysis.savings.billing.realised_panel import bills_panel


def aside(billing):
    return {r: n for r, n in billing.account.aside.groupby("reason")["lines"].sum().items() if r != "header"}


def notes(billing):
    return dict(billing.account.notes.groupby("note")["n"].sum())


def total(billing):
    return round(float(billing.grains["amount"].sum()), 4)


def places(billing, code):
    found = billing.account.places
    return sorted(found.loc[found["code"] == code, "line"])


def test_the_standards_have_24_and_52_fields():
    assert len(FIELDS_1998B) == len(set(FIELDS_1998B)) == 24
    assert len(FIELDS_98BI) == len(set(FIELDS_98BI)) == 52
    assert FIELDS_98BI[:24] == FIELDS_1998B


# The shape of the sample files the committee publishes: a retainer as IF line without unit cost (1998B), or with one and tax (98BI).
PUBLIC_1998B = """LEDES1998B[]
INVOICE_DATE|INVOICE_NUMBER|CLIENT_ID|LAW_FIRM_MATTER_ID|INVOICE_TOTAL|BILLING_START_DATE|BILLING_END_DATE|INVOICE_DESCRIPTION|LINE_ITEM_NUMBER|EXP/FEE/INV_ADJ_TYPE|LINE_ITEM_NUMBER_OF_UNITS|LINE_ITEM_ADJUSTMENT_AMOUNT|LINE_ITEM_TOTAL|LINE_ITEM_DATE|LINE_ITEM_TASK_CODE|LINE_ITEM_EXPENSE_CODE|LINE_ITEM_ACTIVITY_CODE|TIMEKEEPER_ID|LINE_ITEM_DESCRIPTION|LAW_FIRM_ID|LINE_ITEM_UNIT_COST|TIMEKEEPER_NAME|TIMEKEEPER_CLASSIFICATION|CLIENT_MATTER_ID[]
19990225|1|7|28|1684.45|19990101|19990131|For services|1|F|2.00|-70|630|19990115|L510||A102|22547|Research|24-6|350|A, R|PARTNR|423-987[]
19990225|1|7|28|1684.45|19990101|19990131|For services|2|F|2.00|0|700|19990115|L510||A102|22547|Research|24-6|350|A, R|PARTNR|423-987[]
19990225|1|7|28|1684.45|19990101|19990131|For services|3|F|0.200|0|40|19990116|L510||A107|45875|Telephone|24-6|200|B, J|ASSOC|423-987[]
19990225|1|7|28|1684.45|19990101|19990131|For services|4|E|1|0|24.95|19990117||E111|||Meals|24-6|24.95|||423-987[]
19990225|1|7|28|1684.45|19990101|19990131|For services|5|E|1|0|289.5|19990117||E110|||Travel|24-6|289.5|||423-987[]
19990225|2|7|1326|1250|19990101|19990131|Retainer|6|IF|1|1250.|1250|19990131|||||Retainer|24-6||||425-936[]
"""


def test_the_shape_of_the_public_1998b_sample_is_read_without_special_care(tmp_path):
    (tmp_path / "a.txt").write_text(PUBLIC_1998B)
    billing = read_billing(tmp_path / "a.txt")
    assert aside(billing) == {}
    assert notes(billing) == {}
    assert total(billing) == 1684.45 + 1250
    assert billing.grains["hours"].sum() == pytest.approx(4.2)
    assert billing.counts == {"firms": 1, "timekeepers": 2, "matters": 2, "invoices": 2}


def test_the_shape_of_the_public_98bi_sample_is_read_without_special_care(tmp_path, bills):
    rate = "0.061245"
    fee = bills.item(
        1,
        line_item_unit_cost="350",
        line_item_adjustment_amount="-70",
        line_item_tax_rate=rate,
        line_item_tax_total="38.58",
        line_item_total="668.58",
        invoice_currency="GBP",
        account_type="O",
    )
    flat = bills.item(
        2,
        typ="IF",
        line_item_number_of_units="1",
        line_item_unit_cost="1250",
        line_item_tax_rate=rate,
        line_item_tax_total="88.81",
        line_item_total="1338.81",
        invoice_currency="GBP",
        timekeeper_id="",
        timekeeper_name="",
        timekeeper_classification="",
        line_item_task_code="",
        line_item_activity_code="",
        invoice_number="A2",
    )
    billing = read_billing(bills.write(tmp_path / "b.txt", [fee, flat], "98BI"))
    assert (aside(billing), notes(billing), billing.currency) == ({}, {}, "GBP")
    assert total(billing) == 630 + 1250  # net of tax
    assert billing.tax == pytest.approx(38.58 + 88.81)


CHANGES = {
    "byte order mark": (lambda text: "\ufeff" + text, None),
    "CRLF": (lambda text: text.replace("\n", "\r\n"), None),
    "blank lines first": (lambda text: "\n\n" + text, None),
    "blank lines between": (lambda text: text.replace("\n", "\n\n"), None),
    "mixed ends": (lambda text: text.replace("\n", "\r\n", 3), None),
    "CR": (lambda text: text.replace("\n", "\r"), None),
    "no marks": (lambda text: text.replace("[]\n", "\n"), "no [] after the format"),
    "no format": (lambda text: text.split("\n", 1)[1], "no format line"),
    "no header": (lambda text: text.split("\n", 1)[0] + "\n" + text.split("\n", 2)[2], "no header"),
    "names spelt otherwise": (lambda text: text.replace("EXP/FEE/INV_ADJ_TYPE", " exp/fee/inv adj type "), None),
    "control characters": (lambda text: text.replace("Work", "W\x01or\x00k\x02"), None),
    "no end": (lambda text: text[:-1], None),
}  # fmt: skip


@pytest.mark.parametrize(
    ("how", "kind"), [*((how, "1998B") for how in CHANGES), ("CRLF", "98BI"), ("no header", "98BI")]
)
def test_what_files_are_like_makes_no_difference(tmp_path, bills, how, kind):
    change, remark = CHANGES[how]
    items = [bills.item(i, line_item_number_of_units=i, timekeeper_id=i) for i in range(1, 8)]
    (tmp_path / "changed.txt").write_bytes(change(bills.text(items, kind)).encode())
    billing = read_billing(tmp_path / "changed.txt")
    assert {*aside(billing)} <= {"blank"}
    assert (total(billing), billing.grains["hours"].sum(), billing.account.used) == (300 * sum(range(1, 8)), 28, 7)
    assert billing.account.balanced
    assert {*notes(billing)} <= ({"no_end_mark"} if how == "no marks" else set())
    if remark:
        assert any(remark in told for told in billing.account.remarks)


@pytest.mark.parametrize("codec", ["cp1252", "utf-16", "utf-16-le", "utf-8"])
def test_other_encodings_are_brought_into_utf_8(tmp_path, bills, codec):
    items = [
        bills.item(i, timekeeper_name="Müßig, Zoë", line_item_description="Prüfung – “Akte”", timekeeper_id=i)
        for i in range(1, 5)
    ]
    (tmp_path / "a.txt").write_bytes(bills.text(items).encode(codec))
    billing = read_billing(tmp_path / "a.txt")
    assert total(billing) == 2400
    assert billing.account.files["encoding"].iloc[0] == codec.replace("utf-16-le", "utf-16-le")


def test_fields_in_another_order_and_unknown_ones(tmp_path, bills):
    fields = list(reversed(FIELDS_1998B))
    fields.insert(3, "OWN_FIELD")
    billing = read_billing(bills.write(tmp_path / "a.txt", [bills.item(1, own_field="x")], fields=fields))
    assert total(billing) == 600
    assert [told.split(": ")[1] for told in billing.account.remarks] == [
        "fields in another order than the standard's",
        "1 fields unknown to the standard, not read",
    ]


def test_files_put_one_after_the_other_keep_their_own_order(tmp_path, bills):
    first, second = (
        bills.text([bills.item(1)]),
        bills.text([bills.item(1, invoice_number="B")], fields=list(reversed(FIELDS_1998B))),
    )
    third = bills.text([bills.item(1, invoice_number="C", invoice_currency="")], "98BI")
    (tmp_path / "a.txt").write_text(first + second + third + first.replace("|A1|", "|D|") + "bad|line[]\n")
    billing = read_billing(tmp_path / "a.txt", currency="USD")
    assert billing.account.lines == 13
    assert total(billing) == 2400 if not aside(billing).get("currency") else 1800
    assert places(billing, "too_few_fields") == [13]
    same = tmp_path / "same.txt"
    same.write_text(first + first.replace("|A1|", "|D|"))
    assert total(read_billing(same)) == 1200
    assert read_billing(same).account.aside["lines"].tolist() == [4]


SAFE = [
    ("line_item_number_of_units", " 2.00 ", 600, 2, "blanks"),
    ("line_item_number_of_units", "2,5", 600, 2.5, "decimal_comma"),
    ("line_item_number_of_units", "0,250", 600, 0.25, "decimal_comma"),
    ("line_item_number_of_units", "-2", 600, -2, "negative_hours"),
    ("line_item_number_of_units", "25", 600, 25, "long_day"),
    ("line_item_number_of_units", "", 600, 0, "no_hours"),
    ("line_item_total", "600,00", 600, 2, "decimal_comma"),
    ("line_item_total", "1.600,00", 1600, 2, "decimal_comma"),
    ("line_item_total", "1,600.00", 1600, 2, "line_rule"),
    ("line_item_total", "1,600,000", 1600000, 2, "decimal_comma"),
    ("line_item_total", "(600.00)", -600, 2, "decimal_comma"),
    ("line_item_total", "600-", -600, 2, "decimal_comma"),
    ("line_item_total", "", 600, 2, "total_computed"),
    ("line_item_total", "650", 650, 2, "line_rule"),
    ("line_item_adjustment_amount", "?", 600, 2, "rule_not_checked"),
    ("line_item_unit_cost", "", 600, 2, "rule_not_checked"),
    ("line_item_date", "2018-01-15", 600, 2, "date_form"),
    ("line_item_date", "2019/1/15 00:00", 600, 2, "date_form"),
    ("line_item_date", "", 600, 2, "invoice_date"),
    ("typ", "Fee", 600, 2, "type_word"),
    ("typ", "f", 600, 2, None),
    ("invoice_number", "", 600, 2, "no_invoice_number"),
]
UNSAFE = [
    ("line_item_total", "1,234", "total"),
    ("line_item_total", "six", "total"),
    ("line_item_total", "nan", "total"),
    ("line_item_total", "1" * 30, "total"),
    ("line_item_number_of_units", "1,234", "units"),
    ("line_item_number_of_units", "two", "units"),
    ("line_item_date", "18991231", "date_outside"),
    ("line_item_date", "20990101", "date_outside"),
    ("line_item_date", "20230229", "date"),
    ("line_item_date", "01/02/2024", "date"),
    ("line_item_date", "soon", "date"),
    ("typ", "X", "type"),
    ("typ", "", "type"),
    ("line_item_description", "a|b", "too_many_fields"),
    ("line_item_description", "a\nb", "too_few_fields"),
    ("line_item_description", "x" * 10_000_000, "unreadable"),
]


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_safe_is_read_and_noted_with_its_place(tmp_path, bills, threads):
    items = []
    for i, (field, value, _, _, _) in enumerate(SAFE):
        own = {
            "line_item_total": "600",
            "line_item_date": f"{2002 + i}0115",
            "invoice_date": f"{2002 + i}0131",
            "invoice_number": f"A{i}",
        }
        items.append(bills.item(i, **(own | {field: value})))
    billing = read_billing(bills.write(tmp_path / "a.txt", items), threads=threads)
    assert aside(billing) == {}
    sums = billing.grains.groupby("month")[["amount", "hours"]].sum()
    for i, (field, value, amount, hours, noted) in enumerate(SAFE):
        found = sums.loc[f"{2002 + i}-01"]
        assert (found["amount"], found["hours"]) == (amount, hours), (field, value)
        if noted:
            assert i + 3 in places(billing, noted), (field, value)


def test_what_is_not_safe_is_set_aside_with_its_place(tmp_path, bills):
    good = bills.item(99, invoice_number="B")
    items = [
        bills.item(i, **({"line_item_total": "600"} | {field: value})) for i, (field, value, _) in enumerate(UNSAFE)
    ]
    billing = read_billing(bills.write(tmp_path / "a.txt", [good, *items, bills.item(100, invoice_number="D")]))
    found = billing.account.places.set_index("line")
    for i, (_, value, reason) in enumerate(UNSAFE):
        line = i + 4 + (i > 14)  # the line feed within a line makes two of it
        assert found.loc[line, "code"] == reason, value[:20]
        if reason == "date_outside":
            assert found.loc[line, "value"] == value
    assert (total(billing), billing.account.used, billing.account.lost) == (1200, 2, len(UNSAFE) + 1)
    assert billing.account.lines == 2 + 2 + len(UNSAFE) + 1


def test_a_point_before_three_digits_is_not_taken_for_a_decimal_one_beside_decimal_commas(tmp_path, bills):
    odd = bills.item(2, line_item_number_of_units="1.500", line_item_unit_cost="2,00", line_item_total="3000,00")
    billing = read_billing(bills.write(tmp_path / "a.txt", [bills.item(1, invoice_number="B"), odd]))
    assert aside(billing) == {"total": 1}


def test_the_same_line_again_is_set_aside_and_invoices_are_added_up(tmp_path, bills):
    lines = [bills.item(1), bills.item(2), bills.item(1, invoice_number="B", invoice_total="700")]
    text = bills.text(lines)
    (tmp_path / "a.txt").write_text(text + text.splitlines()[2] + "\n")
    (tmp_path / "b.txt").write_text(text + bills.text([bills.item(9)]).splitlines()[2] + "\n")
    one = read_billing(tmp_path / "a.txt")
    assert aside(one) == {"duplicate": 1}
    assert places(one, "duplicate") == [6]
    assert notes(one) == {"invoice_total": 1}
    assert one.account.places.query("code == 'invoice_total'")[["line", "value"]].values.tolist() == [[5, "-100.00"]]
    both = read_billing(tmp_path)
    assert aside(both) == {"duplicate": 4}
    assert notes(both)["invoice_twice"] == 1
    assert total(both) == 4 * 600
    assert both.account.balanced


def test_lines_are_found_again_in_large_files_and_over_several_files(tmp_path, bills):
    def many(prefix):
        return [bills.item(i, invoice_number=f"{prefix}{i}", invoice_total="600") for i in range(6_000)]

    for name in "ab":
        items = many(name)
        for at in (0, 3_141, 5_999):
            items[at]["LINE_ITEM_DATE"] = "bad"
        bills.write(tmp_path / f"{name}.txt", items)
    billing = read_billing(tmp_path)
    bad = billing.account.places.query("code == 'date'")
    assert bad.groupby("file")["line"].apply(list).tolist() == [[3, 3_144, 6_002]] * 2
    assert billing.account.used == 12_000 - 6


def test_currencies_are_not_mixed(tmp_path, bills):
    lines = [bills.item(1), bills.item(2, invoice_currency="GBP"), bills.item(3, invoice_currency="pounds!")]
    path = bills.write(tmp_path / "a.txt", lines, "98BI")
    with pytest.raises(DataError) as caught:
        read_billing(path)
    told = str(caught.value)
    assert "USD, on 1 line, first here" in told
    assert "a currency of 7 signs" in told
    assert "POUNDS" not in told
    billing = read_billing(path, currency="GBP")
    assert (aside(billing), total(billing), billing.currency) == ({"currency": 2}, 600, "GBP")
    silent = bills.write(tmp_path / "b.txt", lines)
    assert read_billing(silent).currency == ""
    assert read_billing(silent, currency="EUR").currency == "EUR"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "blanks"),
        (b"Dear all, please find", "neither LEDES nor the template"),
        (b"PK\x03\x04rest", "workbook"),
        (b"%PDF-1.4", "PDF"),
        (b"LEDES2000[]\nx", "another kind"),
        (b"LEDES1998B[]\n", "ends after the line"),
        (b"LEDES1998B[]\nINVOICE_DATE|INVOICE_NUMBER[]\n", "does not name EXP/FEE/INV_ADJ_TYPE"),
        (b"LEDES1998B[]\n1|2|3[]\n", "has no header, and its first line has 3 fields"),
        (b"LEDES1998B[]\n" + b"|".join([*map(str.encode, FIELDS_1998B), b"INVOICE_DATE"]) + b"[]\n", "names INVOICE_DATE twice"),
        (b"LEDES1998B[]\n" + "|".join(FIELDS_1998B).encode() + b"[]\n", "no line can be used"),
        (b"\xff\xfe" + b"\x00\xd8" * 40, "neither LEDES"),
    ],
)  # fmt: skip
def test_what_is_no_bill_gets_one_clear_error(tmp_path, content, words):
    (tmp_path / "secretclient.txt").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_billing(tmp_path / "secretclient.txt")
    assert words in str(caught.value)
    assert "secretclient" not in str(caught.value)


def test_every_wrong_file_of_a_folder_is_named_at_once_and_truncation_is_told(tmp_path, bills):
    whole = bills.text([bills.item(i) for i in range(1, 4)])
    (tmp_path / "a.txt").write_text(whole[:-30])
    (tmp_path / "b.txt").write_bytes(b"")
    (tmp_path / "c.txt").write_text("hello")
    with pytest.raises(DataError) as caught:
        read_billing(tmp_path)
    assert [fault.file[:19] for fault in caught.value.faults] == ["billing file 2 of 3", "billing file 3 of 3"]
    billing = read_billing(tmp_path / "a*")
    assert aside(billing) == {"too_few_fields": 1}
    assert places(billing, "too_few_fields") == [5]


def test_paths_without_files(tmp_path):
    for path in (tmp_path, tmp_path / "none.txt", tmp_path / "*.txt"):
        with pytest.raises(NotFoundError) as caught:
            read_billing(path)
        assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [{"providers": "FIRM"}, {"providers": [""]}, {"moved": ["x"]}, {"moved": {"CM1": "2024"}}, {"currency": "dollars"}, {"seed": -1}, {"seed": True}, {"min_cell": 0}],
)  # fmt: skip
def test_parameters_that_make_no_sense(tmp_path, bills, wrong):
    path = bills.write(tmp_path / "a.txt", [bills.item(1)])
    with pytest.raises(ParameterError) as caught:
        read_billing(path, **wrong)
    assert str(caught.value).startswith(next(iter(wrong)))


def test_moved_matters_and_providers_are_found_and_absent_ones_told(tmp_path, bills):
    lines = [
        bills.item(1),
        bills.item(2, client_matter_id="", law_firm_matter_id="M9"),
        bills.item(3, law_firm_id="LPO", invoice_number="P"),
    ]
    path = bills.write(tmp_path / "a.txt", lines)
    billing = read_billing(path, providers=["LPO", "NEVER"], moved={"M9": "2024-01", "NEVER": "2024-02"})
    assert billing.providers == (True, False)
    assert billing.moved_seen == (True, False)
    assert billing.moved["month"].tolist() == ["2024-01"]
    assert billing.units.loc[billing.units["matter"].isin(billing.moved["matter"]), "amount"].tolist() == [600]
    out = billing.grains[billing.grains["outsourced"]]
    assert (out["amount"].tolist(), out["role"].tolist()) == ([600], ["provider"])


def test_the_same_bills_and_seed_give_the_same_and_threads_make_no_difference(tmp_path, bills):
    items = [
        bills.item(
            i,
            invoice_number=f"A{i % 50}",
            law_firm_id=f"F{i % 50 % 7}",
            timekeeper_id=i % 40,
            line_item_number_of_units=f"{i % 9}.1",
        )
        for i in range(3000)
    ]
    path = bills.write(tmp_path / "a.txt", items)
    one, two, other = (
        read_billing(path, seed=3, threads=1),
        read_billing(path, seed=3, threads=2),
        read_billing(path, seed=4),
    )
    assert one.grains.equals(two.grains)
    assert one.units.equals(two.units)
    assert not one.grains.equals(other.grains)
    assert one.grains["amount"].sum() == pytest.approx(other.grains["amount"].sum())
    assert set(one.grains["firm"]) == {f"F{i}" for i in range(1, 8)}


def test_bills_are_what_the_estimators_of_realised_savings_take(tmp_path, bills):
    lines = [
        bills.item(
            i,
            invoice_number=f"A{i}",
            client_matter_id=f"m{i % 8}",
            line_item_date=f"2024{1 + i // 8:02d}15",
            line_item_number_of_units=f"{3 + i % 5}",
        )
        for i in range(80)
    ]
    billing = read_billing(bills.write(tmp_path / "a.txt", lines), moved={f"m{i}": "2024-06" for i in range(4)})
    panel = bills_panel(billing.units, moved=billing.moved)
    assert panel.reason is None
    assert len(panel.frame) == 80
    bridge = spend_bridge(billing.grains, before=("2024-01", "2024-05"), after=("2024-06", "2024-10"))
    assert bridge.estimable
