"""The ways of making reports that are compared, each run as a process of its own, from its cold start to its end.

``python -m benchmarks.ways WAY NOTEBOOK REPORTS JOBS FOLDER`` prints one line of JSON.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
NOTEBOOKS = {
    "reference": HERE / "reference.ipynb",
    "small": HERE / "small.ipynb",
    **{path.stem: path for path in sorted((HERE.parent / "notebooks").glob("*.ipynb"))},
}


TASKS = ("legal_research", "document_review", "contract_drafting", "litigation_support")
PLACES = ("IND", "PHL", "GB-NIR", "GBR", "US-OH", "USA")


def parameters(notebook: str, number: int) -> dict[str, Any]:
    """Return the parameters of one of many different reports."""
    if notebook in ("reference", "small"):
        return {"n": 400 + 50 * (number % 4), "slope": 0.1 + 0.1 * number, "seed": number + 2}
    if notebook == "savings":
        asked = list(itertools.product(TASKS, PLACES, ("small", "midsize", "large")))
        task, place, size = asked[number % len(asked)]
        return {
            "buyer": "law_firm",
            "baseline": "associate",
            "task": task,
            "location": place,
            "buyer_size": size,
            "seed": number + 2,
        }
    if notebook == "risk":
        asked = list(
            itertools.product(
                ("small", "midsize", "large"), ("US-NY", "US-NC", "GB-EAW"), (1_000, 10_000, 50_000, 100_000, 500_000)
            )
        )
        size, place, records = asked[number % len(asked)]
        return {"buyer_size": size, "jurisdictions": [place], "records": records, "seed": number + 2}
    if notebook == "decision":
        asked = list(itertools.product(("small", "midsize", "large"), (["US-NY"], ["US-NC"], ["GB-EAW"]), PLACES[:5]))
        size, duties, place = asked[number % len(asked)]
        return {
            "buyer_size": size,
            "jurisdictions": duties,
            "locations": [place, "IND"] if place != "IND" else ["IND"],
            "seed": number + 2,
        }
    if notebook == "evidence":
        asked = list(itertools.product(("all", "adoption", "market", "savings", "risk"), (2000, 2005), (1, 2, 3, 5)))
        topic, first, years = asked[number % len(asked)]
        return {"topic": topic, "first_year": first, "years_per_column": years}
    asked = list(itertools.product(("law_firm", "corporate"), (2026, 2027, 2028, 2030), (0.5, 0.8, 0.9, 0.95, 0.99)))
    buyer, horizon, level = asked[number % len(asked)]
    return {"buyer": buyer, "horizon_year": horizon, "level": level}


def loop(notebook: str, reports: int, jobs: int, folder: Path) -> None:
    """Execute with papermill as its documentation does: no page, no CSV files, nothing tuned."""
    import papermill

    logging.getLogger("papermill").setLevel(logging.ERROR)
    for number in range(reports):
        papermill.execute_notebook(
            str(NOTEBOOKS[notebook]), str(folder / f"{number}.ipynb"), parameters(notebook, number), progress_bar=False
        )


def _by_engine(engine: str) -> Callable[..., None]:
    def make(notebook: str, reports: int, jobs: int, folder: Path) -> None:
        """Execute notebooks by an engine of the kit, as a batch does, and write them; no page, no CSV files."""
        from concurrent.futures import ThreadPoolExecutor

        from lpo_analysis.reporting import store
        from lpo_analysis.reporting.batch import preload_for
        from lpo_analysis.reporting.engines import client
        from lpo_analysis.reporting.execution import Settings, execute, ready

        preload = preload_for([NOTEBOOKS[notebook]], engine)
        client.start(preload)
        ready()
        import nbformat

        todo = _jobs(notebook, reports)

        def one(job: Any) -> None:
            done = execute(job, Settings(engine=engine, preload=preload, shared=shared))
            (folder / f"{job.name}.ipynb").write_text(nbformat.writes(done.notebook), encoding="utf-8")

        with store.shared(folder) as shared, ThreadPoolExecutor(jobs) as pool:
            list(pool.map(one, todo))
        client.release()

    return make


def _by_batch(engine: str) -> Callable[..., None]:
    def make(notebook: str, reports: int, jobs: int, folder: Path) -> None:
        """Make whole reports with the kit: validation, page, CSV files, results, hashes and index included."""
        from lpo_analysis.reporting.batch import preload_for, run_batch
        from lpo_analysis.reporting.engines import client
        from lpo_analysis.reporting.execution import Settings
        from lpo_analysis.reporting.plans import Plan

        client.start(preload_for([NOTEBOOKS[notebook]], engine))
        plan = Plan("bench", "Benchmark", tuple(_jobs(notebook, reports)))
        made = run_batch(plan, folder, jobs=jobs, settings=Settings(engine=engine))
        wrong = [outcome for outcome in made.outcomes if outcome.status != "done"]
        if wrong:
            raise RuntimeError(f"{len(wrong)} of {reports} reports were not made: {wrong[0].status} {wrong[0].error}")
        if len(list(made.folder.glob("*/report.html"))) != reports:
            raise RuntimeError("pages are missing")

    return make


def _jobs(notebook: str, reports: int) -> list[Any]:
    from lpo_analysis.reporting.jobs import prepare

    path = NOTEBOOKS[notebook]
    return [prepare(path, parameters(notebook, number), name=f"report-{number}") for number in range(reports)]


def pool(notebook: str, reports: int, jobs: int, folder: Path) -> None:
    """Make the same calls in a pool of processes, with no notebook at all: imports once, then forked workers that stay."""
    import importlib
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from lpo_analysis.reporting.engines import client

    os.environ.update(client.THREADS)
    content = json.loads(NOTEBOOKS[notebook].read_text(encoding="utf-8"))
    model = content["metadata"]["lpo"]["parameters"].partition(":")[0]
    for name in (
        "lpo_analysis.reporting.notebook",
        model,
        "matplotlib.pyplot",
        "seaborn",
        "statsmodels.formula.api",
        "great_tables",
    ):
        importlib.import_module(name)
    sources = [
        ("".join(cell["source"]), "parameters" in cell["metadata"].get("tags", []))
        for cell in content["cells"]
        if cell["cell_type"] == "code"
    ]
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as workers:
        for number, shown in enumerate(
            workers.map(_call, [sources] * reports, [parameters(notebook, n) for n in range(reports)])
        ):
            (folder / f"{number}.json").write_text(shown, encoding="utf-8")


def _call(sources: list[tuple[str, bool]], given: dict[str, Any]) -> str:
    """Run the cells in one namespace, and return what they showed as a notebook would hold it."""
    import base64

    from lpo_analysis.reporting import notebook as show

    shown: list[Any] = []

    def keep(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        shown.append(
            ({k: base64.b64encode(v).decode() if isinstance(v, bytes) else v for k, v in data.items()}, metadata)
        )

    show._emit = keep
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for source, tagged in sources:
        exec(source, namespace)
        if tagged:
            namespace.update(given)
    return json.dumps(shown)


WAYS: dict[str, Callable[..., None]] = {
    "papermill": loop,
    "direct": _by_engine("direct"),
    "warm": _by_engine("warm"),
    "pool": pool,
    "batch": _by_batch("direct"),
}


def main() -> None:
    way, notebook, reports, jobs, folder = sys.argv[1:]
    # The parameter model of the reference notebook is imported by its bare name, here and in the kernels.
    sys.path.insert(0, str(HERE))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    start = time.perf_counter()
    WAYS[way](notebook, int(reports), int(jobs), Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {"inside": time.perf_counter() - start, "peak_mb": peak / (1024 if sys.platform == "linux" else 2**20)}
        )
    )


if __name__ == "__main__":
    main()
