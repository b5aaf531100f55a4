"""Reading a buyer's bills: lines read, mapped and added up against a bare scan of the same file.

The file (LEDES 1998B, invented) is written into a temporary folder and removed. The bare scan is `read_csv` of DuckDB with all columns as
text, adding up the length of every field. Either runs in a process of its own, which tells its wall time and peak memory; rounds
alternate, and the median of the rounds' ratios counts.

Alone: ``python -m benchmarks.bench_billing`` from the root of the repository.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from lpo_analysis.savings.billing.ledes import FIELDS_1998B

TARGETS = {"ratio": 2.5, "peak_mb": 2000.0, "growth": 1.25}
LINES = 5_000_000
CHUNK = 500_000

# 40 lines an invoice, 60 firms of 50 timekeepers each, a matter every 6 invoices of a firm, three years; one line in ten is an expense,
# one invoice in fifty does not add up, one line in a thousand has a decimal comma, one in two thousand no [] at its end.
ROWS = """
COPY (SELECT concat_ws('|', strftime(last_day(DATE '2022-01-01' + to_months(month)), '%Y%m%d'), 'INV' || j, 'C1', 'M' || matter,
    printf('%.2f', sum(total) OVER (PARTITION BY j) + CASE WHEN j % 50 = 7 THEN 10.0 ELSE 0.0 END),
    strftime(DATE '2022-01-01' + to_months(month), '%Y%m%d'), strftime(last_day(DATE '2022-01-01' + to_months(month)), '%Y%m%d'),
    'For services rendered in the matter', i + 1, CASE WHEN fee THEN 'F' ELSE 'E' END,
    CASE WHEN i % 1000 = 1 THEN replace(printf('%.2f', units), '.', ',') ELSE printf('%.2f', units) END, '0', printf('%.2f', total),
    strftime(DATE '2022-01-01' + to_months(month) + to_days(CAST(i % 28 AS INTEGER)), '%Y%m%d'),
    CASE WHEN fee THEN ['L110', 'L120', 'L210', 'L240', 'L310', 'L320', 'L330', 'L390', 'P210', 'C200'][1 + j % 10] ELSE '' END,
    CASE WHEN fee THEN '' ELSE ['E118', 'E101', 'E110'][1 + i % 3] END,
    CASE WHEN fee THEN 'A10' || (1 + i % 9) ELSE '' END, CASE WHEN fee THEN 'TK' || keeper ELSE '' END,
    'Review of papers and correspondence concerning the matter, item ' || i, 'FIRM' || firm, printf('%.2f', cost),
    CASE WHEN fee THEN 'Surname' || keeper || ', Given' ELSE '' END,
    CASE WHEN fee THEN ['PARTNER', 'ASSOCIATE', 'ASSOCIATE', 'PARALEGAL'][1 + keeper % 4] ELSE '' END, 'CM' || matter
    ) || CASE WHEN i % 2000 = 3 THEN '' ELSE '[]' END AS line
FROM (SELECT *, round(units * cost, 2) AS total FROM (SELECT i, i // 40 AS j, j % 60 AS firm, (j // 360) * 60 + firm AS matter,
    j // 60 * 36 // greatest({lines} // 2400, 1) AS month, i % 10 <> 0 AS fee, CAST(firm * 50 + hash(i) % 50 AS INTEGER) AS keeper,
    CAST(0.1 + (hash(i + 1) % 80) / 10.0 AS DOUBLE) AS units, CAST(150 + hash(firm * 50 + hash(i) % 50) % 60 * 10 AS DOUBLE) AS cost FROM range({start}, {stop}) t(i)))
ORDER BY i) TO '{part}' (HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')
"""

BARE = """
import json, resource, sys, time
import duckdb
fields = {fields}
connection = duckdb.connect(":memory:")
connection.execute("SET enable_progress_bar = false")
columns = "{{" + ", ".join(f"'c{{i}}': 'VARCHAR'" for i in range(len(fields))) + "}}"
added = " + ".join(f"coalesce(length(c{{i}}), 0)" for i in range(len(fields)))
start = time.perf_counter()
connection.execute(f"SELECT sum({{added}}), count(*) FROM read_csv(?, delim='|', quote='', escape='', header=false, skip=2, "
                   f"auto_detect=false, columns={{columns}})", [sys.argv[1]]).fetchall()
print(json.dumps([time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
KIT = """
import json, resource, sys, time
from lpo_analysis.savings.billing import read_billing
start = time.perf_counter()
billing = read_billing(sys.argv[1])
taken = time.perf_counter() - start
assert billing.account.balanced and billing.account.used > 0
print(json.dumps([taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def write(path: Path, lines: int) -> None:
    """Write an invented file of so many lines, a part at a time."""
    import duckdb

    part = path.with_suffix(".part")
    with path.open("wb") as stream:
        stream.write(b"LEDES1998B[]\n" + "|".join(FIELDS_1998B).encode() + b"[]\n")
        for start in range(0, lines, CHUNK):
            with duckdb.connect(":memory:") as connection:
                connection.execute(ROWS.format(lines=lines, start=start, stop=min(start + CHUNK, lines), part=part))
            stream.write(part.read_bytes())
            part.unlink()


def measured(program: str, path: Path) -> tuple[float, float]:
    """Run a program on a file in a process of its own; return its seconds and peak memory in MB."""
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    seconds, peak = json.loads(done.stdout.splitlines()[-1])
    return seconds, peak


def run(*, lines: int = LINES, rounds: int = 5) -> dict[str, Any]:
    """Measure both on a file of so many lines, and the kit on a tenth of it."""
    bare = BARE.format(fields=list(FIELDS_1998B))
    with tempfile.TemporaryDirectory(prefix="lpo-bench-") as folder:
        full, tenth = Path(folder) / "full.txt", Path(folder) / "tenth.txt"
        write(full, lines)
        write(tenth, lines // 10)
        size = full.stat().st_size
        measured(bare, full)  # not measured: the file comes into memory
        pairs = [(measured(bare, full), measured(KIT, full), measured(KIT, tenth)) for _ in range(rounds)]
    ratio = statistics.median(kit[0] / scan[0] for scan, kit, _ in pairs)
    growth = statistics.median(kit[0] / (10 * small[0]) for _, kit, small in pairs)
    peak = max(kit[1] for _, kit, _ in pairs)
    return {
        "lines": lines, "megabytes": round(size / 1e6), "rounds": rounds, "ratio": ratio, "growth": growth, "peak_mb": peak,
        "seconds_kit": statistics.median(kit[0] for _, kit, _ in pairs), "seconds_bare": statistics.median(scan[0] for scan, _, _ in pairs),
        "seconds_tenth": statistics.median(small[0] for _, _, small in pairs), "targets": TARGETS,
        "met": ratio <= TARGETS["ratio"] and peak <= TARGETS["peak_mb"] and growth <= TARGETS["growth"],
    }  # fmt: skip


def lines(result: dict[str, Any]) -> list[str]:
    """Write a measurement as a table."""

    def told(name: str, value: str, target: float, unit: str) -> str:
        verdict = "met" if result[name] <= target else "NOT met"
        return f"{value:58} target at most {target:g}{unit}: {verdict}"

    n = result["lines"]
    return [
        f"bills: {n:,} lines ({result['megabytes']} MB), median of {result['rounds']} rounds",
        told(
            "ratio",
            f"kit {result['seconds_kit']:.2f} s, bare scan {result['seconds_bare']:.2f} s: {result['ratio']:.2f} times",
            TARGETS["ratio"],
            "",
        ),
        told("peak_mb", f"peak memory {result['peak_mb']:.0f} MB", TARGETS["peak_mb"], " MB"),
        told(
            "growth",
            f"{n // 10:,} lines {result['seconds_tenth']:.2f} s: time a line grows {result['growth']:.2f} times",
            TARGETS["growth"],
            "",
        ),
    ]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lines", type=int, default=LINES, help=f"lines of the file (default {LINES})")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each (default 5)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    arguments(parser)
    print(*lines(run(**vars(parser.parse_args()))), sep="\n")
