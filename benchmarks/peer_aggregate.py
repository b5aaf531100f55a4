"""The ``aggregate`` package on the models of bench_losses, in whatever environment has it: prints one JSON line.

``PEER/bin/python benchmarks/peer_aggregate.py '{"programs": {...}, "grids": {...}, "levels": [...], "rounds": 5}'``; it imports nothing of
the kit, so that the peer may stand in an environment of its own.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import warnings
from typing import Any


def main() -> None:
    warnings.simplefilter("ignore")
    import numpy
    from aggregate import __version__, build  # type: ignore[import-not-found,unused-ignore]

    asked = json.loads(sys.argv[1])
    made: dict[str, Any] = {"version": __version__, "numpy": numpy.__version__, "models": {}}
    for name, program in asked["programs"].items():
        grid, taken = asked["grids"][name], {0: [], 1: []}  # type: ignore[var-annotated]
        for turn in range(asked["rounds"] + 1):
            for padding in (0, 1):
                model = build(program, update=False)  # reading the program is not measured
                start = time.process_time()
                model.update(log2=grid["log2"], bs=grid["step"], padding=padding)
                found = [float(model.q(p)) for p in asked["levels"]]
                if turn:  # the first is not measured
                    taken[padding].append(time.process_time() - start)
        made["models"][name] = {
            "ms": 1000 * statistics.median(taken[1]),
            "unpadded_ms": 1000 * statistics.median(taken[0]),
            "quantiles": found,
        }
    print(json.dumps(made))


if __name__ == "__main__":
    main()
