"""How fast designs are priced and accelerators are found, side by side with the executable specification.

``python benchmarks/pricing.py [RECIPE]`` prints JSON and writes it to ``results/pricing.json``. Times
depend on the machine; quote the ratio.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from cosearch.accelerate import DesignTable, LinearRelaxation, Problem, solve
from cosearch.cost import CapacityGrid, best_mapping, candidate_tilings, cycle_table
from cosearch.hardware import Capacity, Chunk, ChunkKind, Unroll
from cosearch.network import Architecture, workload_of
from cosearch.records import canonical_json, write_atomically
from cosearch.search import load_recipe
from cosearch.search.build import Builder
from cosearch.search.columns import SpaceColumns
from cosearch.search.feasibility import judge_limits
from cosearch.simulate import simulate_layer

RESULT = Path(__file__).parent / "results" / "pricing.json"

UNROLLS = [Unroll(K=k, C=c) for k in (4, 8, 16, 32) for c in (1, 4, 8, 16)]
SLOTS = [(r, w) for r in (2, 4, 8, 16) for w in (2, 4, 8, 16)]
GRID = CapacityGrid(I=(32768, 131072, 524288), W=(16384, 65536, 262144), O=(32768, 131072, 524288))


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Median time of a call."""
    times: list[float] = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def closed_form_against_specification(columns: SpaceColumns, port) -> dict[str, float]:
    """Time of one (layer, tiling, design): batched closed form, and the specification on the same layers."""
    distinct = {layer.shape_key(): layer for layer in columns.layers() if not layer.is_depthwise}
    layers = list(distinct.values())[:60]
    build = seconds(
        lambda: cycle_table(
            layers,
            kind=ChunkKind.STANDARD,
            weight_bits=8,
            activation_bits=8,
            unrolls=UNROLLS,
            capacities=GRID,
            slots=SLOTS,
            resident_weights=False,
            port=port,
        ),
        3,
    )
    tilings = sum(len(t) for layer in layers for t in candidate_tilings(layer, port.beat_bits))
    evaluations = tilings * len(UNROLLS) * len(SLOTS)
    chunk = Chunk(
        kind=ChunkKind.STANDARD,
        weight_bits=8,
        activation_bits=8,
        unroll=UNROLLS[5],
        capacity_bits=Capacity(I=131072, W=65536, O=131072),
        read_slots=8,
        write_slots=4,
        max_channels=1024,
        output_bits=32,
    )
    mapped = [(layer, best_mapping(layer, chunk, port)[0]) for layer in layers]
    simulated = seconds(lambda: [simulate_layer(layer, m, chunk, port) for layer, m in mapped], 3) / len(mapped)
    return {
        "layer_evaluations_per_second": round(evaluations / build),
        "specification_layers_per_second": round(1 / simulated),
        "ratio": round(simulated / (build / evaluations)),
    }


def main() -> None:
    """Measure on one thread."""
    torch.set_num_threads(1)
    recipe = load_recipe(sys.argv[1] if len(sys.argv) > 1 else "demo")
    platform, clock_hertz = recipe.board()
    columns = SpaceColumns(recipe.space)
    limits = recipe.parsed_limits()
    start = time.perf_counter()
    table = DesignTable.build(columns.layers(), recipe.accelerator, platform, clock_hertz)
    table_seconds = time.perf_counter() - start
    builder = Builder(
        table=table, platform=platform, space=recipe.space, objective="fps", limits=limits, seed=recipe.seed
    )
    architecture = Architecture(recipe.space)
    networks = architecture.blocks_of(architecture.sample_indices(50, torch.Generator().manual_seed(0)))
    workloads = [workload_of(recipe.space, blocks) for blocks in networks]
    solved = seconds(lambda: [solve(Problem.of(table, w, "fps", limits)) for w in workloads], 3)
    relaxed = seconds(lambda: [LinearRelaxation().solve(Problem.of(table, w, "fps", limits)) for w in workloads], 3)
    figures = {
        "command": " ".join(["python benchmarks/pricing.py", *sys.argv[1:]]),
        "recipe": recipe.name,
        "layer_shapes": table.num_columns,
        "designs_declared": sum(entry.num_declared for entry in table.classes),
        "designs_kept": sum(len(entry.designs) for entry in table.classes),
        "table_seconds": round(table_seconds, 2),
        "judge_limits_seconds": round(seconds(lambda: judge_limits(columns, builder), 3), 3),
        "exact_solve_ms": round(1e3 * solved / len(workloads), 2),
        "relaxation_ms": round(1e3 * relaxed / len(workloads), 2),
        **closed_form_against_specification(columns, table.port),
    }
    text = canonical_json(figures)
    print(text, end="")
    RESULT.parent.mkdir(exist_ok=True)
    write_atomically(RESULT, text)


if __name__ == "__main__":
    main()
