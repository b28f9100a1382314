"""By how much the demo's limits are broken by the same search without them.

``python validation/limits_bind.py FOLDER`` runs the demo recipe without limits in FOLDER, or continues it there.
It then asks two things of what was found: the fps of its own accelerator, and the fps of the best accelerator for its
network within the demo's resource limits. Prints JSON; results/limits_bind.json is the committed result.
"""

import json
import sys
from pathlib import Path

from cosearch.accelerate import DesignTable, Problem, solve
from cosearch.design import Design, RunFolder
from cosearch.network import workload_of
from cosearch.search import load_recipe, run_search


def main(folder: Path) -> None:
    """Search without limits, then hold the result against them."""
    limited = load_recipe("demo")
    limits = limited.parsed_limits()
    found = run_search(load_recipe("demo", ["limits=[]"]), RunFolder(folder))
    if not isinstance(found, Design):
        raise SystemExit("the search without limits found nothing")
    workload = workload_of(found.network.space, found.network.blocks)
    platform, clock_hertz = limited.board()
    table = DesignTable.build(workload.layers, limited.accelerator, platform, clock_hertz)
    resources = [limit for limit in limits if limit.metric != "fps"]
    best = solve(Problem.of(table, workload, "fps", resources)).value
    wanted = next(limit.limit for limit in limits if limit.metric == "fps")
    reached = None if best is None else clock_hertz / best
    print(
        json.dumps(
            {
                "command": "python validation/limits_bind.py FOLDER",
                "limits": list(limited.limits),
                "without_limits": {name: getattr(found.predicted, name) for name in ("fps", "dsp", "bram18", "lut")},
                "retrained_val": found.accuracy.retrained_val,
                "fps_short_of_limit": round(1 - found.predicted.fps / wanted, 4),
                "fps_within_resource_limits": reached,
                "fps_within_resource_limits_short_of_limit": None
                if reached is None
                else round(1 - reached / wanted, 4),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
