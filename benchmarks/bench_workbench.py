"""One change of the workbench: from the new value of a slider to the HTML that is shown, waterfall, tornado and frontier included.

``python -m benchmarks.bench_workbench`` from the root of the repository. What the browser takes to show it is not in it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

from lpo_analysis import workbench
from lpo_analysis.charts import picture
from lpo_analysis.workbench.controls import controls

TARGET_MS = 300.0
"""From the plan of the workbench: a change is answered in less."""


def run(*, changes: int = 40) -> dict[str, Any]:
    start = workbench.Parameters()
    bench = workbench.Bench(start.start, others=start.others)
    bench.change(volume_hours=4000.0)  # the first one loads the evidence
    sliders = [control for control in controls() if control.kind != "choice"]
    took, cpu, size, slowest = [], [], 0, ""
    for step in range(changes):
        # The sliders in turn, each time to a value that was not asked before.
        control = sliders[step % len(sliders)]
        low, high = control.low, control.high
        at = low + (high - low) * (0.2 + 0.5 * step / changes)
        value: Any = (
            [at, at + (high - low) / 5]
            if control.kind == "range"
            else round(at)
            if control.name == "horizon_years"
            else at
        )
        wall, used = time.perf_counter(), time.process_time()
        seen = bench.change(**{control.name: value})
        size = len(seen.html)
        took.append(1000 * (time.perf_counter() - wall))
        cpu.append(1000 * (time.process_time() - used))
        assert all((seen.waterfall, seen.tornado, seen.frontier)), seen.text
        slowest = control.name if took[-1] == max(took) else slowest
    found = bench.change(volume_hours=4321.0)
    assert found.analysis is not None, "the question has an answer"
    assert found.ways is not None
    wall = time.perf_counter()
    for result in (found.analysis.waterfall, found.analysis.tornado, found.ways):
        picture(result)
    drawn = 1000 * (time.perf_counter() - wall)
    lists = []
    for location in ("PHL", "GB-NIR", "US-OH", "IND"):
        wall = time.perf_counter()
        bench.change(location=location)
        lists.append(1000 * (time.perf_counter() - wall))
    ordered = sorted(took)
    return {
        "changes": changes, "draws": bench.values["draws"], "median_ms": round(statistics.median(took), 1),
        "p95_ms": round(ordered[int(0.95 * (changes - 1))], 1), "worst_ms": round(ordered[-1], 1), "worst": slowest,
        "another_place_ms": round(max(lists), 1), "cpu_median_ms": round(statistics.median(cpu), 1),
        "html_kb": round(size / 1000, 1), "matplotlib_ms": round(drawn, 1), "target_ms": TARGET_MS,
    }  # fmt: skip


def lines(found: dict[str, Any]) -> list[str]:
    return [
        "workbench: from a slider to the HTML of numbers, waterfall, tornado and frontier",
        (
            f"  {found['changes']} changes at {found['draws']} draws: median {found['median_ms']} ms, 95% within {found['p95_ms']} ms "
            f"(CPU {found['cpu_median_ms']} ms, {found['html_kb']} kB), slowest {found['worst_ms']} ms ({found['worst']}); target {found['target_ms']:.0f} ms"
        ),
        f"  another place, of four the slowest: {found['another_place_ms']} ms",
        f"  the same three figures as a report draws them: {found['matplotlib_ms']} ms",
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_workbench", description=__doc__)
    parser.add_argument("--changes", type=int, default=40)
    print("\n".join(lines(run(changes=parser.parse_args().changes))))
