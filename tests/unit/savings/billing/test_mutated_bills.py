"""Whatever happens to a file: it is read or refused in one clear error, and no line is lost in silence."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_analysis.errors import LpoError
from lpo_analysis.savings.billing import accounting, addressable, rates, read_billing, spend, volumes
from lpo_analysis.savings.billing.ledes import FIELDS_1998B

BITS = [b"|", b"||", b"[]", b" ", b"\t", b",", b".", b"-", b"(", b'"', b"'", b"\\", b"\x00", b"\x01", b"\x02", b"\r", b"\xff", b"\xc3", b"\xc3\xa9", b"\xef\xbb\xbf",
        b"NULL", b"nan", b"1e999", b"20240230", b"00000000", b"LEDES1998B[]", b"INVOICE_DATE|", b"9" * 40, b"\xe2\x82\xac", b"{}", b"%s", b"';--"]  # fmt: skip


def mutated(line: bytes, rng: random.Random) -> bytes:
    """Change a line within itself: bits put in, bytes taken out or changed, fields swapped, cut off, or repeated."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(line) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            line = line[:at] + rng.choice(BITS) + line[at:]
        elif kind == 1:
            line = line[:at] + line[at + rng.randint(1, 6) :]
        elif kind == 2 and line:
            line = line[: at - 1] + bytes([rng.choice([b for b in range(256) if b != 10])]) + line[at:]
        elif kind == 3:
            fields = line.split(b"|")
            one, other = rng.randrange(len(fields)), rng.randrange(len(fields))
            fields[one], fields[other] = fields[other], fields[one]
            line = b"|".join(fields)
        elif kind == 4:
            line = line[:at]
        else:
            fields = line.split(b"|")
            fields[rng.randrange(len(fields))] = rng.choice(BITS)
            line = b"|".join(fields)
    return line.replace(b"\n", b"")


def checked(path: Path, *, untouched: int) -> int:
    """Read a file, and hold the account against a count of its own; return the lines used."""
    billing = read_billing(path, currency="USD", threads=1)
    account = billing.account
    raw = path.read_bytes()
    assert account.lines == raw.count(b"\n") + (not raw.endswith(b"\n"))
    assert account.balanced
    assert account.lines == account.used + account.set_aside
    assert account.used == int(billing.grains["lines"].sum()) == int(billing.units["lines"].sum())
    assert account.used >= untouched
    assert account.places["line"].between(1, account.lines).all()
    for make in (spend, rates, addressable, volumes, accounting):
        make(billing)
    return account.used


def mutate_file(bills, path: Path, *, lines: int, share: float, seed: int, kind: str = "1998B") -> int:
    rng = random.Random(seed)
    items = [
        bills.item(
            i, invoice_number=f"A{i // 7}", timekeeper_id=f"t{i % 9}", line_item_number_of_units=f"{1 + i % 5}.{i % 10}"
        )
        for i in range(lines)
    ]
    head, *body = bills.text(items, kind).encode().split(b"\n")[1:-1]
    changed = [rng.random() < share for _ in body]
    turned = [mutated(line, rng) if change else line for line, change in zip(body, changed, strict=True)]
    path.write_bytes(b"\n".join([bills.text([], kind).encode().split(b"\n")[0], head, *turned]) + b"\n")
    return changed.count(False)


def test_mutated_lines_are_used_or_set_aside(tmp_path, bills):
    untouched = mutate_file(bills, tmp_path / "a.txt", lines=800, share=0.6, seed=7)
    checked(tmp_path / "a.txt", untouched=untouched)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("kind", ["1998B", "98BI"])
def test_twenty_thousand_mutated_lines_are_used_or_set_aside(tmp_path, bills, kind, seed):
    untouched = mutate_file(bills, tmp_path / "a.txt", lines=1250, share=0.8, seed=1000 + seed, kind=kind)
    checked(tmp_path / "a.txt", untouched=untouched)


@settings(max_examples=8)
@given(content=st.binary(max_size=400), with_head=st.booleans())
def test_any_bytes_are_read_or_refused(tmp_path, content, with_head):
    head = b"LEDES1998B[]\n" + "|".join(FIELDS_1998B).encode() + b"[]\n" if with_head else b""
    (tmp_path / "a.txt").write_bytes(head + content)
    try:
        account = read_billing(tmp_path / "a.txt", threads=1).account
    except LpoError:
        return
    assert account.balanced


@pytest.mark.slow
def test_places_are_right_in_a_file_read_by_several_threads(tmp_path, bills):
    line = bills.text([bills.item(1, line_item_description="x" * 200)]).split("\n")[2]
    rows = [line.replace("|A1|", f"|A{i}|") for i in range(300_000)]
    bad = list(range(17, 300_000, 29_989))
    for at in bad:
        rows[at] = rows[at].replace("20240115", "2024AB15")
    (tmp_path / "a.txt").write_text("\n".join(bills.text([]).split("\n")[:2] + rows) + "\n")
    account = read_billing(tmp_path / "a.txt").account
    found = account.places.query("code == 'date'")["line"].tolist()
    assert found == [at + 3 for at in bad]
    assert account.used == 300_000 - len(bad)
