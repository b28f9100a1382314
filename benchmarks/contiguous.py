"""How long the contiguous rule takes on published networks.

``python benchmarks/contiguous.py NETWORK PLATFORM SECONDS`` prints a line of JSON and keeps it in
``results/contiguous.json``. 8 bits, 200 MHz, at most four chunks; times depend on the machine. The
buffers on offer are small, so wide arrays hold no tile of some layers: one chunk for all layers is held back by
that, and its rate is no measure of what cutting gains.
"""

import json
import sys
import time
from pathlib import Path

from cosearch.accelerate import AcceleratorSpace, CapacityChoices, ChunkSpace, Deadline, DesignTable, Problem
from cosearch.accelerate import solve_contiguous as solve
from cosearch.hardware import load_platform
from cosearch.network.zoo import build, example_input
from cosearch.records import canonical_json, write_atomically
from cosearch.workload.importers import from_module

RESULT = Path(__file__).parent / "results" / "contiguous.json"
CHUNK = ChunkSpace(
    lanes=(8, 16, 32, 64),
    reductions=(4, 8, 16),
    capacity_bits=CapacityChoices(I=(65_536, 262_144), W=(32_768, 131_072), O=(131_072, 524_288)),
    read_slots=(4, 8, 16, 32),
    write_slots=(4, 8, 16),
)


def main(network: str, platform: str, budget_seconds: float) -> None:
    """Solve one case."""
    workload = from_module(build(network), example_input(network), bits=8)
    space = AcceleratorSpace(allocation="single", widths=(8,), chunk=CHUNK)
    start = time.monotonic()
    table = DesignTable.build(workload.layers, space, load_platform(platform), 2e8)
    built = time.monotonic()
    problem = Problem.of(table, workload)
    one = solve(problem, 1, Deadline())
    solving = time.monotonic()
    best = solve(problem, 4, Deadline.after(budget_seconds))
    case = {
        "layers": len(workload.layers),
        "designs_declared": table.classes[0].num_declared,
        "designs_kept": len(table.classes[0].designs),
        "table_seconds": round(built - start, 2),
        "solve_seconds": round(time.monotonic() - solving, 2),
        "one_chunk_fps": one.value,
        "fps": best.value,
        "bound_fps": best.bound,
        "certified": best.certified,
        "chunks": len(best.accelerator.chunks) if best.accelerator else None,
    }
    cases = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    cases[f"{network} on {platform}"] = case
    write_atomically(RESULT, canonical_json(cases))
    print(json.dumps(case))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
