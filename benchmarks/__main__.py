"""Run all benchmarks, print one table, and write reports/bench.json: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import (
    bench_batch,
    bench_billing,
    bench_diffusion,
    bench_draws,
    bench_losses,
    bench_meta,
    bench_sensitivity,
    bench_start,
    bench_workbench,
)

OUTPUT = Path(__file__).resolve().parents[1] / "reports" / "bench.json"
LIBRARIES = ("lpo-analysis", "papermill", "nbclient", "nbconvert", "ipykernel", "pandas", "duckdb", "typer")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    bench_batch.arguments(parser)
    bench_start.arguments(parser)
    bench_losses.arguments(parser, rounds=False)
    given = parser.parse_args()
    load = os.getloadavg()[0]
    start = bench_start.run(runs=given.runs)
    meta, diffusion = bench_meta.run(), bench_diffusion.run()
    draws, sensitivity = bench_draws.run(), bench_sensitivity.run()
    losses, billing = bench_losses.run(peer=given.peer), bench_billing.run()
    bench = bench_workbench.run()
    batch = bench_batch.run(
        reports=given.reports,
        kit_reports=given.kit_reports,
        jobs=given.jobs,
        rounds=given.rounds,
        only=given.only,
        say=lambda text: print(f"  {text}", flush=True),
    )
    machine = {
        "cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version(),
        "load_before": round(load, 2), "load_after": round(os.getloadavg()[0], 2),
        "libraries": {name: version(name) for name in LIBRARIES},
    }  # fmt: skip
    made = {
        "schema": "lpo-bench/1",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine,
        "start": start,
        "meta": meta,
        "diffusion": diffusion,
        "draws": draws,
        "sensitivity": sensitivity,
        "losses": losses,
        "billing": billing,
        "workbench": bench,
        **batch,
    }
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    busy = f"load {machine['load_before']} before, {machine['load_after']} after"
    print(f"\n{made['date']}, {machine['cores']} cores, Python {machine['python']}, {busy}")
    for told in (
        *bench_batch.told(batch),
        bench_start.lines(start),
        bench_meta.lines(meta),
        bench_diffusion.lines(diffusion),
        bench_draws.lines(draws),
        bench_sensitivity.lines(sensitivity),
        bench_losses.lines(losses),
        bench_billing.lines(billing),
        bench_workbench.lines(bench),
    ):
        print("", *told, sep="\n")
    print(f"\nwritten to {OUTPUT}")


if __name__ == "__main__":
    main()
