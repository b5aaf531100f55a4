"""Reading a buyer's bills: every line is used or set aside by reason, and nothing that names anybody is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.errors import DataError, Fault, ParameterError
from lpo_analysis.savings.billing import staging
from lpo_analysis.savings.billing.confidential import pseudonyms
from lpo_analysis.savings.billing.engine import Engine, opened
from lpo_analysis.savings.billing.faults import ASIDE, INVOICES, NOTES, SHOWN, Account
from lpo_analysis.savings.billing.intake import Section, Source, copied, survey
from lpo_analysis.savings.billing.ledes import TYPES
from lpo_analysis.savings.billing.mapping import BUCKETS, ROLES, UNIT, Codes, load_mapping, shown
from lpo_analysis.savings.billing.model import MIN_CELL, Billing
from lpo_analysis.wording import count, listing

ROLES_IN_ORDER = ["", *ROLES]
_KINDS = dict(enumerate(TYPES.values(), start=1))
_CURRENCY = re.compile(r"[A-Z]{3}")
_MONTH = re.compile(r"(19[89]\d|20[0-4]\d|2050)-(0[1-9]|1[0-2])")


def read_billing(
    path: str | Path,
    *,
    providers: Sequence[str] = (),
    mapping: str | Path | None = None,
    moved: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
    currency: str | None = None,
    seed: int = 0,
    min_cell: int = MIN_CELL,
    threads: int | None = None,
) -> Billing:
    """Read bills in LEDES 1998B, LEDES 98BI V2 or the billing template.

    Parameters
    ----------
    path : str or Path
        A file, a folder, or a pattern such as ``bills/2024-*.txt``.
    providers : sequence of str, default ()
        Values of LAW_FIRM_ID that are outside providers: all their lines are outsourced work.
    mapping : str or Path, optional
        An edited copy of ``data/tables/utbms_codes.csv``; the table itself by default.
    moved : mapping of str to str, optional
        For matters (CLIENT_MATTER_ID, or LAW_FIRM_MATTER_ID where that is empty) that moved work, the month it moved, ``YYYY-MM``.
    groups : mapping of str to str, optional
        For matters, the practice group they belong to; any name.
    currency : str, optional
        Currency of files that state none, and the one to keep where there are several.
    seed : int, default 0
        Seed of the order of the numbers that stand for names.
    min_cell : int, default 3
        Fewest timekeepers (or invoices) that a shown cell has behind it.
    threads : int, optional
        Threads; as many as there are cores by default.

    Returns
    -------
    Billing
        Sums without names, and the account of all lines.

    Raises
    ------
    NotFoundError
        If there is no file. The path is not told.
    DataError
        If a file is neither LEDES nor the template, is empty or cannot be read, if currencies are mixed, or if no line can be used.
    ParameterError
        If a parameter makes no sense.

    Notes
    -----
    Messages name files by their number in the order of names, lines and fields, and repeat amounts, dates and codes in the form of UTBMS codes, nothing
    else. Sums are exact decimals. Amounts are net of tax: LINE_ITEM_TOTAL less LINE_ITEM_TAX_TOTAL, where there is one.
    """
    _check(providers, moved, currency, seed, min_cell)
    if groups is not None and not all(
        isinstance(name, str) and name.strip() for pair in groups.items() for name in pair
    ):
        raise ParameterError("groups: must be a mapping from matters to practice groups, as text")
    codes = load_mapping(mapping)
    sources = survey(path)
    with opened(threads=threads) as engine:
        engine.lock([source.path.resolve() for source in sources])
        return _Reader(engine, sources, codes, currency, seed, min_cell).read(providers, moved or {}, groups or {})


def _check(providers: object, moved: object, currency: object, seed: object, min_cell: object) -> None:
    if (
        isinstance(providers, str)
        or not isinstance(providers, Sequence)
        or not all(isinstance(p, str) and p.strip() for p in providers)
    ):
        raise ParameterError("providers: must be a list of values of LAW_FIRM_ID, as text")
    if moved is not None:
        if not isinstance(moved, Mapping) or not all(isinstance(key, str) and key.strip() for key in moved):
            raise ParameterError("moved: must be a mapping from matters to months")
        wrong = [
            i
            for i, month in enumerate(moved.values(), start=1)
            if not isinstance(month, str) or not _MONTH.fullmatch(month)
        ]
        if wrong:
            raise ParameterError(f"moved: month {wrong[0]} of {len(moved)} must be written YYYY-MM, from 1980 to 2050")
    if currency is not None and not (isinstance(currency, str) and _CURRENCY.fullmatch(currency)):
        raise ParameterError("currency: must be an ISO 4217 code, such as USD")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ParameterError("seed: must be a whole number of 0 or more")
    if isinstance(min_cell, bool) or not isinstance(min_cell, int) or min_cell < 1:
        raise ParameterError("min_cell: must be a whole number of 1 or more")


class _Reader:
    """One reading: stage the lines, settle what needs all of them, add up."""

    def __init__(
        self, engine: Engine, sources: list[Source], codes: Codes, currency: str | None, seed: int, min_cell: int
    ) -> None:
        self.engine, self.sources, self.codes = engine, sources, codes
        self.asked, self.seed, self.min_cell = currency, seed, min_cell
        self.spans: list[tuple[int, int, int]] = []  # first row, file, line of the first row
        self.remarks: list[str] = []
        self.sizes: dict[str, int] = {}
        self.tasks = [*vocabulary.codes_of("task"), *BUCKETS]

    def read(self, providers: Sequence[str], moved: Mapping[str, str], groups: Mapping[str, str]) -> Billing:
        for macro in staging.MACROS:
            self.engine.run(macro)
        self.engine.run(staging.TABLE)
        for number, source in enumerate(self.sources):
            self._stage(number, source)
        self._settle_duplicates()
        currency = self._settle_currency()
        if not self.engine.rows("SELECT count(*) FROM lines WHERE reason = 0")[0][0]:
            account = self._account()
            reasons = account.aside.groupby("reason", sort=False)["lines"].sum()
            told = listing([f"{n:,} {reason.replace('_', ' ')}" for reason, n in reasons.items()])
            raise DataError([Fault("billing", None, None, None, f"no line can be used: {told}")])
        self.engine.run("CREATE VIEW used AS SELECT *, total - coalesce(tax, 0) AS net FROM lines WHERE reason = 0")
        meant = self._meanings()
        named, moves = self._hashes(providers), self._hashes(list(moved))
        self.engine.table("providers", pd.DataFrame({"key": np.unique(np.asarray(named, dtype=np.uint64))}))
        self._add_up()
        for table, column, sums, letter in (
            ("firms", "firm", "by_person", "F"),
            ("persons", "person", "by_person", "T"),
            ("invoices", "invoice", "by_person", "I"),
            ("matters", "matter", "by_matter", "M"),
        ):
            self._number(table, column, sums, letter)
        firms, matters = (dict(self.engine.rows(f"SELECT key, number FROM {table}")) for table in ("firms", "matters"))
        pairs = [
            (f"M{matters[key]}", month) for key, month in zip(moves, moved.values(), strict=True) if key in matters
        ]
        names = sorted(set(groups.values()))
        order = dict(zip(names, np.random.default_rng([self.seed, ord("G")]).permutation(len(names)) + 1, strict=True))
        grouped = [
            (f"M{matters[key]}", f"G{order[name]}")
            for key, name in zip(self._hashes(list(groups)), groups.values(), strict=True)
            if key in matters
        ]
        n_invoices = int(self.engine.rows("SELECT count(DISTINCT invoice) FROM used")[0][0])
        return Billing(
            grains=self._grains(), units=self._units(), moved=pd.DataFrame(sorted(pairs), columns=["matter", "month"]),
            groups=pd.DataFrame(sorted(grouped), columns=["matter", "group"]),
            account=self._account(), unknown=self._unknown(meant), currency=currency, tax=self._tax(),
            counts={"firms": self.sizes["F"], "timekeepers": self.sizes["T"], "matters": self.sizes["M"], "invoices": n_invoices},
            providers=tuple(key in firms for key in named), moved_seen=tuple(key in matters for key in moves),
            min_cell=self.min_cell, seed=self.seed,
        )  # fmt: skip

    # -- lines -----------------------------------------------------------------------------------------------------------

    def _stage(self, number: int, source: Source) -> None:
        self.remarks += [f"{source.label}: {remark}" for remark in source.remarks]
        before = self._rows()
        if source.traits.plain and source.layout.format != "template" and self._load(number, source.whole):
            if not self._restarts(number, before, source):
                return
            self.engine.run("DELETE FROM lines WHERE rowid >= ?", [before])
            self._compact(before)
        sections, odd = copied(source, self.engine.folder)
        self.remarks += [f"{source.label}: {remark}" for remark in dict.fromkeys(odd)]
        if not self._load(number, tuple(sections)):
            fault = Fault(source.label, None, None, None, "cannot be read line by line")
            raise DataError([fault], remedy="Write the file anew as text in UTF-8.")
        for section in sections:
            section.path.unlink()

    def _rows(self) -> int:
        return int(self.engine.rows("SELECT count(*) FROM lines")[0][0])

    def _compact(self, rows: int) -> None:
        # Rows taken away leave gaps in the row ids, which tell the lines.
        self.engine.run("CREATE TABLE kept AS SELECT * FROM lines ORDER BY rowid")
        self.engine.run("DROP TABLE lines")
        self.engine.run("ALTER TABLE kept RENAME TO lines")
        if self._rows() != rows:
            raise DataError([Fault("billing", None, None, None, "lines were lost while reading")])

    def _load(self, number: int, sections: tuple[Section, ...]) -> bool:
        start, spans = self._rows(), len(self.spans)
        for section in sections:
            before = self._rows()
            done = self.engine.attempt(staging.insert(section, number))
            # Every byte has to be in a row, or the file is not what it seems.
            if not done or not self._complete(number, before, section):
                self.engine.run("DELETE FROM lines WHERE rowid >= ?", [start])
                self._compact(start)
                del self.spans[spans:]
                return False
            self.spans.append((before, number, section.first))
            head = "UPDATE lines SET reason = 2, notes = 0 WHERE rowid >= ? AND rowid < ? AND reason <> 1"
            self.engine.run(head, [before, before + section.n_head])
        return True

    def _complete(self, number: int, before: int, section: Section) -> bool:
        rows, held = self.engine.rows(
            "SELECT count(*), CAST(coalesce(sum(size), 0) AS BIGINT) FROM lines WHERE rowid >= ?", [before]
        )[0]
        if section.n_lines is not None:
            return bool(rows == section.n_lines)
        traits = self.sources[number].traits
        end = len(traits.newline)
        # The last line may have no end, and a byte order mark belongs to no line.
        return traits.size - (held + rows * end) in (0, 3, -end, 3 - end)

    def _restarts(self, number: int, before: int, source: Source) -> bool:
        """Say whether a header within the file differs from the one at its head."""
        head = before + source.n_head
        sql = """SELECT count(*) FROM lines WHERE rowid >= ? AND reason = 2 AND line_hash NOT IN
            (SELECT line_hash FROM lines WHERE rowid >= ? AND rowid < ?)"""
        if self.engine.rows(sql, [head, before, head])[0][0]:
            self.spans.pop()
            return True
        return False

    # -- what needs all lines --------------------------------------------------------------------------------------------

    def _settle_duplicates(self) -> None:
        twice = _repeated(self.engine.column("SELECT line_hash FROM lines WHERE reason = 0"))
        if twice.size:
            self.engine.table("twice", pd.DataFrame({"line_hash": twice}))
            self.engine.run("""CREATE TABLE firsts AS SELECT line_hash, min(lines.rowid) AS first FROM lines JOIN twice USING (line_hash)
                WHERE reason = 0 GROUP BY line_hash""")
            self.engine.run("""UPDATE lines SET reason = 13, notes = 0 FROM firsts
                WHERE lines.reason = 0 AND lines.line_hash = firsts.line_hash AND lines.rowid > firsts.first""")

    def _settle_currency(self) -> str:
        found = self.engine.rows(
            "SELECT coalesce(currency, ''), count(*), min(rowid) FROM lines WHERE reason = 0 GROUP BY ALL ORDER BY ALL"
        )
        stated = [row for row in found if row[0]]
        if self.asked is None:
            if not stated:
                return ""
            if len(found) == 1 and _CURRENCY.fullmatch(str(found[0][0])):
                return str(found[0][0])
            faults = []
            for code, n, row in found:
                file, line = self._place(int(row))
                told = (
                    code if _CURRENCY.fullmatch(code) else f"a currency of {len(code)} signs" if code else "no currency"
                )
                faults.append(
                    Fault(
                        self.sources[file].label,
                        line,
                        "INVOICE_CURRENCY",
                        None,
                        f"{told}, on {count(int(n), 'line')}, first here",
                    )
                )
            raise DataError(
                faults,
                remedy="Amounts of several currencies do not add up. Name one as currency (in a report: billing_currency); lines in others are then set aside and counted.",
            )
        # A file of LEDES 1998B states none: the currency asked for is what its amounts are in.
        silent = [i for i, source in enumerate(self.sources) if "INVOICE_CURRENCY" not in source.layout.places]
        other = (
            "coalesce(currency, '') <> ? AND NOT (coalesce(currency, '') = '' AND list_contains(?, coalesce(file, 0)))"
        )
        self.engine.run(f"UPDATE lines SET reason = 12, notes = 0 WHERE reason = 0 AND {other}", [self.asked, silent])
        return self.asked

    def _meanings(self) -> pd.DataFrame:
        """Say what each combination of codes means; hand the numbers of the meanings to the database."""
        seen = self.engine.frame("""SELECT codes, count(*) AS lines, CAST(sum(net) AS DOUBLE) AS amount FROM used
            GROUP BY codes ORDER BY codes""")
        meant = []
        for text in seen["codes"]:
            typ, *parts = str(text).split(UNIT)
            # A code that holds the mark itself is no code: all of them together are one that nobody knows.
            task, expense, activity, keeper = parts if len(parts) == 4 else [" ".join(parts), " ".join(parts), "", ""]
            meant.append(
                self.codes.meaning(_KINDS[int(typ)], task=task, expense=expense, activity=activity, timekeeper=keeper)
            )
        table = {
            "codes": seen["codes"], "task": np.array([self.tasks.index(one.task) for one in meant], dtype="int16"),
            "role": np.array([ROLES_IN_ORDER.index(one.role) for one in meant], dtype="int16"),
            "outsourced": np.array([one.outsourced for one in meant], dtype=bool),
        }  # fmt: skip
        self.engine.table("meanings", pd.DataFrame(table))
        return seen.assign(meant=meant)

    def _hashes(self, names: Sequence[str]) -> list[int]:
        return [int(self.engine.rows("SELECT hash(key_of(?))", [name])[0][0]) for name in names]

    def _add_up(self) -> None:
        """Add the lines up twice, by person and by matter; an invoice stands in for the person where there is none."""
        self.engine.run(
            """CREATE TABLE by_person AS SELECT day // 100 AS month, typ, task, CASE WHEN role > 0 AND firm IN (FROM providers) THEN ? ELSE role END AS role,
                firm, person, CASE WHEN person IS NULL THEN invoice END AS invoice, outsourced OR firm IN (FROM providers) AS outsourced,
                count(*) AS lines, sum(units) AS hours, sum(net) AS amount, sum(net) FILTER (units <> 0) AS rated
                FROM used JOIN meanings USING (codes) GROUP BY ALL""",
            [ROLES_IN_ORDER.index("provider")],
        )
        self.engine.run("""CREATE TABLE by_matter AS SELECT matter, day // 100 AS month, task, outsourced OR firm IN (FROM providers) AS outsourced,
            count(*) AS lines, sum(units) FILTER (typ = 1) AS hours, sum(net) AS amount FROM used JOIN meanings USING (codes) GROUP BY ALL""")

    def _number(self, table: str, column: str, sums: str, letter: str) -> None:
        """Give the keys of a column numbers in a random order."""
        keys = self.engine.rows(f"SELECT DISTINCT {column} FROM {sums} WHERE {column} IS NOT NULL")
        numbers = pseudonyms([key for (key,) in keys], seed=[self.seed, ord(letter)])
        self.sizes[letter] = len(numbers)
        self.engine.table(table, numbers)

    # -- sums ------------------------------------------------------------------------------------------------------------

    def _grains(self) -> pd.DataFrame:
        sums = self.engine.frame(
            """
            SELECT month, typ, task, role, firms.number AS firm, coalesce(persons.number, invoices.number + ?) AS who, outsourced, lines,
                CASE WHEN typ = 1 THEN CAST(coalesce(hours, 0) AS DOUBLE) ELSE 0 END AS hours, CAST(amount AS DOUBLE) AS amount,
                CASE WHEN typ = 1 THEN CAST(coalesce(rated, 0) AS DOUBLE) ELSE 0 END AS rated
            FROM by_person JOIN firms ON firm = firms.key LEFT JOIN persons ON person = persons.key LEFT JOIN invoices ON invoice = invoices.key
            ORDER BY month, typ, task, role, firms.number, who, outsourced""",
            [self.sizes["T"]],
        )
        who = [f"T{n + 1}" for n in range(self.sizes["T"])] + [f"I{n + 1}" for n in range(self.sizes["I"])]
        return pd.DataFrame({
            "month": _months(sums["month"]), "kind": _named(sums["typ"] - 1, list(_KINDS.values())), "task": _named(sums["task"], self.tasks),
            "role": _named(sums["role"], ROLES_IN_ORDER), "firm": _named(sums["firm"] - 1, [f"F{n + 1}" for n in range(self.sizes["F"])]),
            "who": _named(sums["who"] - 1, who), "outsourced": sums["outsourced"].astype(bool), "lines": sums["lines"].astype("int64"),
            "hours": sums["hours"], "amount": sums["amount"], "rated": sums["rated"],
        })  # fmt: skip

    def _units(self) -> pd.DataFrame:
        sums = self.engine.frame("""
            SELECT matters.number AS matter, month, task, outsourced, lines, CAST(coalesce(hours, 0) AS DOUBLE) AS hours, CAST(amount AS DOUBLE) AS amount
            FROM by_matter JOIN matters ON matter = matters.key ORDER BY matters.number, month, task, outsourced""")
        return pd.DataFrame({
            "matter": _named(sums["matter"] - 1, [f"M{n + 1}" for n in range(self.sizes["M"])]), "month": _months(sums["month"]),
            "task": _named(sums["task"], self.tasks), "outsourced": sums["outsourced"].astype(bool), "lines": sums["lines"].astype("int64"),
            "hours": sums["hours"], "amount": sums["amount"],
        })  # fmt: skip

    @staticmethod
    def _unknown(meant: pd.DataFrame) -> pd.DataFrame:
        rows = [
            (kind, shown(code), lines, amount)
            for found, lines, amount in zip(meant["meant"], meant["lines"], meant["amount"], strict=True)
            for kind, code in found.unknown
        ]
        frame = pd.DataFrame(rows, columns=["kind", "code", "lines", "amount"])
        return frame.groupby(["kind", "code"], sort=True)[["lines", "amount"]].sum().reset_index()

    def _tax(self) -> float:
        return float(self.engine.rows("SELECT CAST(coalesce(sum(tax), 0) AS DOUBLE) FROM used")[0][0])

    # -- the account -----------------------------------------------------------------------------------------------------

    def _place(self, row: int) -> tuple[int, int]:
        """Return file and line of a row."""
        start, file, first = next(span for span in reversed(self.spans) if span[0] <= row)
        return file, first + row - start

    def _account(self) -> Account:
        engine, labels = self.engine, [source.label for source in self.sources]
        files = engine.frame("""SELECT coalesce(file, 0) AS file, count(*) AS lines, count(*) FILTER (reason = 0) AS used,
            count(*) FILTER (reason > 0) AS set_aside FROM lines GROUP BY ALL ORDER BY ALL""")
        files.insert(1, "format", [self.sources[i].layout.format for i in files["file"]])
        files.insert(2, "encoding", [self.sources[i].traits.encoding.removesuffix("-sig") for i in files["file"]])
        aside = engine.frame("""SELECT coalesce(file, 0) AS file, reason, count(*) AS lines, CAST(coalesce(sum(total - coalesce(tax, 0)), 0) AS DOUBLE) AS amount
            FROM lines WHERE reason > 0 GROUP BY ALL ORDER BY ALL""")
        noted = engine.rows(
            "SELECT coalesce(file, 0), notes, count(*) FROM lines WHERE notes > 0 GROUP BY ALL ORDER BY ALL"
        )
        notes: dict[tuple[int, str], int] = {}
        for file, bits, n in noted:
            for bit, (code, _, _) in NOTES.items():
                if bits >> bit & 1:
                    notes[int(file), code] = notes.get((int(file), code), 0) + int(n)
        places = self._places_aside() + self._places_noted([code for _, code in notes])
        for file, code, line, value in self._invoices():
            notes[file, code] = notes.get((file, code), 0) + 1
            if notes[file, code] <= SHOWN:
                places.append((file, line, INVOICES[code][0], "noted", code, value))
        listed = pd.DataFrame(
            [(file, code, n) for (file, code), n in sorted(notes.items())], columns=["file", "note", "n"]
        )
        found = pd.DataFrame(sorted(places), columns=["file", "line", "field", "kind", "code", "value"])
        aside["reason"] = aside["reason"].map({number: reason[0] for number, reason in ASIDE.items()})
        for frame in (files, aside, listed, found):
            frame["file"] = [labels[int(i)] for i in frame["file"]]
        return Account(files, aside, listed, found, tuple(self.remarks))

    def _places_aside(self) -> list[tuple[Any, ...]]:
        rows = self.engine.rows(f"""SELECT reason, rowid, day FROM lines WHERE reason > 1
            QUALIFY row_number() OVER (PARTITION BY file, reason ORDER BY rowid) <= {SHOWN}""")
        made = []
        for reason, row, day in rows:
            file, line = self._place(int(row))
            code, field, _ = ASIDE[int(reason)]
            made.append((file, line, field, "set aside", code, str(day) if code == "date_outside" else ""))
        return made

    def _places_noted(self, present: Sequence[str]) -> list[tuple[Any, ...]]:
        made = []
        for bit, (code, field, _) in NOTES.items():
            if code not in present:
                continue
            rows = self.engine.rows(f"""SELECT rowid FROM lines WHERE (notes >> {bit}) & 1 = 1
                QUALIFY row_number() OVER (PARTITION BY file ORDER BY rowid) <= {SHOWN}""")
            made += [(*self._place(int(row)), field, "noted", code, "") for (row,) in rows]
        return made

    def _invoices(self) -> list[tuple[int, str, int, str]]:
        """List invoices whose totals do not add up, or that stand in several files: file, note, line, value."""
        rows = self.engine.rows(f"""SELECT CAST(summed - stated AS DOUBLE), low <> stated, abs(summed - stated) > {staging.TOLERANCE}, spread, first
            FROM (SELECT sum(total) AS summed, max(stated) AS stated, min(stated) AS low, min(coalesce(file, 0)) <> max(coalesce(file, 0)) AS spread, min(rowid) AS first,
                min(notes & 4096) AS unnumbered FROM lines WHERE reason = 0 GROUP BY invoice)
            WHERE unnumbered = 0 AND (low <> stated OR abs(summed - stated) > {staging.TOLERANCE} OR spread) ORDER BY first""")
        made = []
        for difference, differ, off, spread, first in rows:
            file, line = self._place(int(first))
            if differ:
                made.append((file, "invoice_totals_differ", line, ""))
            elif off:
                made.append((file, "invoice_total", line, f"{difference:+.2f}"))
            if spread:
                made.append((file, "invoice_twice", line, ""))
        return made


def _repeated(hashes: np.ndarray) -> np.ndarray:
    """Return the values that stand twice or more: nearly all stand once, and sorting finds the rest faster than grouping does."""

    def within(part: np.ndarray) -> np.ndarray:
        part.sort()
        return np.unique(part[1:][part[1:] == part[:-1]])

    upper = hashes >= np.uint64(1 << 63)
    # Sorting leaves the interpreter to others, so the halves are sorted at once.
    with ThreadPoolExecutor(2) as pool:
        return np.concatenate(list(pool.map(within, (hashes[~upper], hashes[upper]))))


def _months(numbers: pd.Series) -> pd.Series:
    codes, found = pd.factorize(numbers.to_numpy(), sort=True)
    return pd.Series(pd.Categorical.from_codes(codes, [f"{n // 100}-{n % 100:02d}" for n in found.tolist()]))


def _named(codes: pd.Series, names: Sequence[str]) -> pd.Series:
    return pd.Series(pd.Categorical.from_codes(codes.to_numpy(dtype="int32"), list(names)))
