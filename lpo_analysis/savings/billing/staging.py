"""The statements by which DuckDB turns lines into typed, nameless rows: dates, amounts, codes, hashes, and what is wrong or odd."""

from __future__ import annotations

from lpo_analysis.savings.billing.intake import BROKEN, LONGEST, SEPARATOR, Section
from lpo_analysis.savings.billing.ledes import FIRST_YEAR, LAST_YEAR
from lpo_analysis.savings.billing.mapping import UNIT

AMOUNT = "DECIMAL(18,4)"
"""Amounts and hours are exact, so that sums do not depend on the order in which threads add."""
TOLERANCE = 0.0101
"""Largest distance of a line or invoice from the rule of its total that is rounding."""
_NAME = 20
"""The longest code the standard allows; what is longer is kept by its length only."""

MACROS = (
    # Numbers that are not written as the standard asks; None where two readings are possible.
    f"""CREATE MACRO loose(y) AS CASE
        WHEN regexp_full_match(y, '[+-]?(\\d+,(\\d{{1,2}}|\\d{{4,}})|0,\\d+)') THEN TRY_CAST(replace(y, ',', '.') AS {AMOUNT})
        WHEN regexp_full_match(y, '[+-]?\\d{{1,3}}(\\.\\d{{3}})+,\\d+') THEN TRY_CAST(replace(replace(y, '.', ''), ',', '.') AS {AMOUNT})
        WHEN regexp_full_match(y, '[+-]?\\d{{1,3}}(,\\d{{3}})+\\.\\d*') THEN TRY_CAST(replace(y, ',', '') AS {AMOUNT})
        WHEN regexp_full_match(y, '[+-]?\\d{{1,3}}(,\\d{{3}}){{2,}}') THEN TRY_CAST(replace(y, ',', '') AS {AMOUNT})
        WHEN regexp_full_match(y, '[+-]?(\\d+\\.?\\d*|\\.\\d+)') THEN TRY_CAST(y AS {AMOUNT}) END""",
    """CREATE MACRO signed(y) AS CASE
        WHEN regexp_full_match(y, '\\([0-9.,]+\\)') THEN -loose(y[2:-2])
        WHEN regexp_full_match(y, '[0-9.,]+-') THEN -loose(y[:-2])
        ELSE loose(y) END""",
    """CREATE MACRO amount(x, plain) AS coalesce(plain,
        CASE WHEN x = '' THEN NULL ELSE signed(replace(replace(trim(x), ' ', ''), chr(160), '')) END)""",
    """CREATE MACRO written(x) AS CASE WHEN regexp_matches(x, '^\\s*\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}([ T].*)?\\s*$') THEN
        CAST(regexp_extract(x, '(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})', 1) AS INTEGER) * 10000
        + CAST(regexp_extract(x, '(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})', 2) AS INTEGER) * 100
        + CAST(regexp_extract(x, '(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})', 3) AS INTEGER) END""",
    """CREATE MACRO is_day(d) AS d // 100 % 100 BETWEEN 1 AND 12 AND d % 100 BETWEEN 1 AND
        CASE WHEN d % 100 <= 28 THEN 28 WHEN d // 100 % 100 IN (4, 6, 9, 11) THEN 30 WHEN d // 100 % 100 <> 2 THEN 31
        WHEN d // 10000 % 4 = 0 AND (d // 10000 % 100 <> 0 OR d // 10000 % 400 = 0) THEN 29 ELSE 28 END""",
    "CREATE MACRO blank(x) AS CASE WHEN x = '' THEN true WHEN starts_with(x, ' ') THEN trim(x) = '' ELSE false END",
    "CREATE MACRO key_of(x) AS CASE WHEN contains(x, ' ') THEN trim(x) ELSE x END",
    f"CREATE MACRO code_of(x) AS CASE WHEN length(x) > {_NAME} THEN '?' || length(x) ELSE x END",
    "CREATE MACRO unmarked(x) AS CASE WHEN ends_with(x, '[]') THEN left(x, -2) ELSE rtrim(x, '[] ') END",
)  # fmt: skip

TABLE = f"""CREATE TABLE lines (
    reason UTINYINT, notes USMALLINT, typ UTINYINT, day INTEGER, units {AMOUNT}, total {AMOUNT}, tax {AMOUNT}, stated {AMOUNT},
    currency VARCHAR, codes VARCHAR, firm UBIGINT, matter UBIGINT, invoice UBIGINT, person UBIGINT, line_hash UBIGINT, size UINTEGER,
    file USMALLINT)"""
"""Rows as they are kept until they are added up; the row id tells the line."""

_TYPES = "WHEN 'F' THEN 1 WHEN 'E' THEN 2 WHEN 'IF' THEN 3 WHEN 'IE' THEN 4"
_WORDS = "WHEN 'FEE' THEN 1 WHEN 'FEES' THEN 1 WHEN 'EXPENSE' THEN 2 WHEN 'EXPENSES' THEN 2 WHEN 'EXP' THEN 2"
_MORE = "WHEN 'FEE_ADJUSTMENT' THEN 3 WHEN 'EXPENSE_ADJUSTMENT' THEN 4"


def scan(path: str) -> str:
    """Return the table function that reads a file as lines.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    str
        SQL with one column, ``l``.
    """
    quoted = path.replace("'", "''")
    return (
        f"read_csv('{quoted}', delim='{SEPARATOR}', quote='', escape='', comment='', header=false, auto_detect=false, "
        f"max_line_size={4 * LONGEST}, columns={{'l': 'VARCHAR'}})"
    )


def insert(section: Section, file: int) -> str:
    """Return the statement that reads a section into the table of lines.

    Parameters
    ----------
    section : Section
        Which lines, and how they are laid out.
    file : int
        Number of the file.

    Returns
    -------
    str
        SQL.
    """
    n, places = section.layout.n_fields, section.layout.places

    def field(name: str) -> str:
        if name not in places:
            return "''"
        # The mark at the end of a line hangs on its last field.
        return f"unmarked(p[{places[name]}])" if places[name] == n else f"p[{places[name]}]"

    raw = {
        "typ_": "EXP/FEE/INV_ADJ_TYPE", "day_": "LINE_ITEM_DATE", "units_": "LINE_ITEM_NUMBER_OF_UNITS", "cost_": "LINE_ITEM_UNIT_COST",
        "adj_": "LINE_ITEM_ADJUSTMENT_AMOUNT", "total_": "LINE_ITEM_TOTAL", "tax_": "LINE_ITEM_TAX_TOTAL", "task_": "LINE_ITEM_TASK_CODE",
        "expense_": "LINE_ITEM_EXPENSE_CODE", "activity_": "LINE_ITEM_ACTIVITY_CODE", "class_": "TIMEKEEPER_CLASSIFICATION",
        "keeper_": "TIMEKEEPER_ID", "invoice_": "INVOICE_NUMBER", "matter_": "CLIENT_MATTER_ID",
    }  # fmt: skip
    amounts = ("units", "cost", "adj", "total", "tax")
    picked = ", ".join(f"{field(name)} AS {column}" for column, name in raw.items())
    plain = ", ".join(f"TRY_CAST({name}_ AS {AMOUNT}) AS {name}_plain" for name in amounts)
    read = ", ".join(f"amount({name}_, {name}_plain) AS {'said' if name == 'total' else name}" for name in amounts)
    codes = f", '{UNIT}', ".join(("task_", "expense_", "activity_", "class_"))
    short = f", '{UNIT}', ".join(f"code_of({name})" for name in ("task_", "expense_", "activity_", "class_"))
    more = ""
    if "LINE_ITEM_TAX_TOTAL" in places:
        more += ", tax"
    if "INVOICE_CURRENCY" in places:
        more += f", upper(trim({field('INVOICE_CURRENCY')})) AS currency"
    if file:
        more += f", {file} AS file"
    return f"""
    INSERT INTO lines BY NAME
    WITH split AS (SELECT l, string_split(l, '|') AS p FROM {scan(str(section.path))}),
    raw AS (SELECT l, p, len(p) AS n, {picked} FROM split),
    typed AS (SELECT *, {plain},
        CASE typ_ {_TYPES} ELSE CASE upper(trim(typ_)) {_TYPES} {_WORDS} {_MORE} END END AS typ,
        concat(typ, '{UNIT}', {codes}) AS coded,
        TRY_CAST(day_ AS INTEGER) AS number_,
        hash(key_of({field("LAW_FIRM_ID")})) AS firm, key_of(invoice_) AS number,
        key_of(CASE WHEN blank(keeper_) THEN {field("TIMEKEEPER_NAME")} ELSE keeper_ END) AS keeper
        FROM raw),
    dated AS (SELECT *, {read},
        CASE WHEN number_ BETWEEN 10000000 AND 99999999 THEN number_
            WHEN NOT blank(day_) THEN written(day_)
            WHEN TRY_CAST({field("INVOICE_DATE")} AS INTEGER) > 9999999 THEN TRY_CAST({field("INVOICE_DATE")} AS INTEGER)
            ELSE written({field("INVOICE_DATE")}) END AS day
        FROM typed),
    ruled AS (SELECT *,
        units_plain IS DISTINCT FROM units OR cost_plain IS DISTINCT FROM cost OR adj_plain IS DISTINCT FROM adj
            OR total_plain IS DISTINCT FROM said OR tax_plain IS DISTINCT FROM tax AS loose,
        CASE WHEN cost IS NULL AND (typ <= 2 OR NOT blank(cost_)) OR units IS NULL AND NOT blank(units_) OR adj IS NULL AND NOT blank(adj_)
            THEN NULL
            ELSE coalesce(CAST(units AS DOUBLE), 0) * coalesce(CAST(cost AS DOUBLE), 0) + coalesce(CAST(adj AS DOUBLE), 0)
                + coalesce(CAST(tax AS DOUBLE), 0) END AS due
        FROM dated),
    judged AS (SELECT *,
        coalesce(said, CASE WHEN blank(total_) AND units IS NOT NULL THEN TRY_CAST(due AS {AMOUNT}) END) AS total,
        coalesce(abs(due - CAST(said AS DOUBLE)) > {TOLERANCE}, false) AS off,
        CASE
            WHEN n = {n} AND typ IS NOT NULL AND day // 10000 BETWEEN {FIRST_YEAR} AND {LAST_YEAR} AND is_day(day) THEN 0
            WHEN n IS NULL THEN 1
            WHEN n = 1 THEN CASE WHEN trim(l, ' []' || chr(9)) = '' THEN 1 WHEN starts_with(l, '{BROKEN}') THEN 3
                WHEN regexp_full_match(l, '\\s*LEDES[\\s_-]*(19)?98BI?([\\s_-]*V?\\d)?\\s*(\\[\\s*\\])?\\s*', 'i') THEN 2 ELSE 4 END
            WHEN n < {n} THEN 4
            WHEN n > {n} AND NOT (n = {n + 1} AND trim(p[{n + 1}], '[] ') = '') THEN 5
            WHEN typ IS NULL THEN CASE WHEN contains(upper(typ_), 'ADJ_TYPE') THEN 2 ELSE 6 END
            WHEN day IS NULL THEN 7
            WHEN day // 10000 NOT BETWEEN {FIRST_YEAR} AND {LAST_YEAR} THEN 8
            WHEN NOT is_day(day) THEN 7
            ELSE 0 END AS first_reason
        FROM ruled),
    decided AS (SELECT *,
        CASE WHEN first_reason > 0 THEN first_reason
            WHEN total IS NULL THEN 9
            -- A point before three digits may part thousands where commas are decimal; only a total that adds up tells.
            WHEN loose AND off AND regexp_matches(concat(units_, ' ', cost_, ' ', total_, ' '), '\\.\\d{{3}}\\s') THEN 9
            WHEN units IS NULL AND typ = 1 AND NOT blank(units_) THEN 10
            WHEN tax IS NULL AND NOT blank(tax_) THEN 11
            ELSE 0 END AS reason
        FROM judged)
    SELECT reason,
        CASE WHEN reason > 0 THEN 0
        WHEN NOT off AND said IS NOT NULL AND due IS NOT NULL AND NOT loose AND day = number_ AND n = {n} AND units > 0 AND units <= 24
            AND ends_with(l, '[]') AND number <> '' AND NOT contains(coded, ' ') AND strlen(day_) = 8 AND strlen(typ_) < 3
            AND NOT contains(total_, ' ') AND NOT contains(units_, ' ') THEN 0
        ELSE
        (CASE WHEN ends_with(rtrim(l), '[]') THEN 0 ELSE 1 END)
        + (CASE WHEN contains(concat(typ_, day_, units_, cost_, adj_, total_, tax_, task_, expense_, activity_), ' ') THEN 2 ELSE 0 END)
        + (CASE WHEN loose THEN 4 ELSE 0 END)
        + (CASE WHEN number_ IS DISTINCT FROM day AND NOT blank(day_) THEN {0 if section.layout.format == "template" else 8} ELSE 0 END)
        + (CASE WHEN blank(day_) THEN 16 ELSE 0 END)
        + (CASE WHEN off THEN 32 ELSE 0 END)
        + (CASE WHEN typ = 1 AND units < 0 THEN 64 ELSE 0 END)
        + (CASE WHEN said IS NULL THEN 128 ELSE 0 END)
        + (CASE WHEN typ = 1 AND coalesce(units, 0) = 0 THEN 256 ELSE 0 END)
        + (CASE WHEN typ = 1 AND units > 24 THEN 512 ELSE 0 END)
        + (CASE WHEN due IS NULL THEN 1024 ELSE 0 END)
        + (CASE WHEN n > {n} THEN 2048 ELSE 0 END)
        + (CASE WHEN number = '' THEN 4096 ELSE 0 END)
        + (CASE WHEN length(trim(typ_)) > 2 THEN 8192 ELSE 0 END) END AS notes,
        typ, day, units, total, amount({field("INVOICE_TOTAL")}, TRY_CAST({field("INVOICE_TOTAL")} AS {AMOUNT})) AS stated,
        CASE WHEN strlen(coded) <= {3 * _NAME} THEN coded ELSE concat(typ, '{UNIT}', {short}) END AS codes,
        firm, hash(key_of(CASE WHEN blank(matter_) THEN {field("LAW_FIRM_MATTER_ID")} ELSE matter_ END)) AS matter,
        hash(number, firm) AS invoice, CASE WHEN typ = 1 AND keeper <> '' THEN hash(keeper, firm) END AS person, hash(l) AS line_hash, coalesce(strlen(l), 0) AS size{more}
    FROM decided
    """
