"""How fast layers on FPGA chunks are priced: closed form in batches, beside the executable specification.

``python benchmarks/closed_form.py`` prints JSON and writes it to ``results/closed_form.json``. An evaluation is one
(layer, tiling, loop order, chunk) with all metrics: cycles, what is exposed, busy cycles, traffic by operand, energy
by part. CPU seconds of one thread; quote the ratio.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path

import torch

from cosearch.cost import ChunkRates, TileSizes, candidate_tilings, layer_cycles, layer_timing
from cosearch.cost.energy import ArrayRows, layer_energy_joules
from cosearch.cost.shape import form_of, stack_shapes
from cosearch.hardware import (
    ACCUMULATOR_BITS,
    Capacity,
    Chunk,
    ChunkKind,
    DramPort,
    Unroll,
    load_fabric,
    load_platform,
)
from cosearch.network.zoo import build, example_input
from cosearch.numerics import EXACT
from cosearch.records import canonical_json, write_atomically
from cosearch.simulate import simulate_layer
from cosearch.workload import Layer
from cosearch.workload.importers import from_module

RESULT = Path(__file__).parent / "results" / "closed_form.json"

NETWORKS = ("resnet18", "mobilenet_v2")
DESIGNS = 512
ELEMENTS = 1 << 15
SPECIFIED = 60
SEED = 0
TILE = ("M", "C", "OY", "OX")


def cpu_seconds(call: Callable[[], object], repeats: int) -> float:
    """Least CPU time of a call."""
    times: list[float] = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def designs(generator: torch.Generator) -> tuple[ChunkRates, ArrayRows]:
    """Random chunks that stream their weights, along the first of two dimensions."""

    def drawn(*values: int) -> torch.Tensor:
        index = torch.randint(len(values), (DESIGNS, 1), generator=generator)
        return torch.tensor(values, dtype=EXACT)[index]

    lanes, reduction, pixels = drawn(4, 8, 16, 32, 64), drawn(1, 2, 4, 8, 16), drawn(1, 1, 2, 4)
    bits = drawn(4, 6, 8)
    rates = ChunkRates(
        unroll_K=lanes,
        unroll_C=reduction,
        unroll_pixels=pixels,
        unroll_FX=1,
        fused_pixels=False,
        read_slots=drawn(2, 4, 8, 16),
        write_slots=drawn(2, 4, 8),
        resident_weights=False,
    )
    rows = ArrayRows(
        activation_width_bits=bits,
        weight_width_bits=bits,
        input_bits=reduction * pixels * bits,
        weight_bits=lanes * reduction * bits,
        sum_bits=lanes * pixels * ACCUMULATOR_BITS,
    )
    return rates, rows


def rows_of(record: object, start: int, stop: int) -> dict[str, object]:
    """Some designs of a record of columns."""
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return {name: value[start:stop] if isinstance(value, torch.Tensor) else value for name, value in values.items()}


def read_layers() -> list[Layer]:
    """Distinct layers of the networks."""
    found = {}
    for name in NETWORKS:
        for layer in from_module(build(name), example_input(name), bits=8).layers:
            found.setdefault(layer.shape_key(), layer)
    return list(found.values())


def batches_of(layers: list[Layer], port: DramPort) -> list[tuple]:
    """All candidate tilings, with layers of one form, one loop order and one pattern of tiles together."""
    groups = {}
    for layer in layers:
        for tilings in candidate_tilings(layer, port.beat_bits, partial_sums=True):
            for pattern in tilings.patterns.unique().tolist():
                key = (form_of(layer), tilings.loop_order, pattern)
                groups.setdefault(key, []).append((layer, tilings, tilings.patterns == pattern))
    rates, rows = designs(torch.Generator().manual_seed(SEED))
    batches = []
    for (_, order, _), members in groups.items():
        repeats = torch.tensor([int(chosen.sum()) for _, _, chosen in members])
        shape = stack_shapes([layer for layer, _, _ in members], repeats, port.beat_bits)
        columns = {n: torch.cat([getattr(t.sizes, n)[c] for _, t, c in members]).to(EXACT) for n in TILE}
        num, part = int(repeats.sum()), max(1, ELEMENTS // int(repeats.sum()))
        for start in range(0, DESIGNS, part):
            stop = min(DESIGNS, start + part)
            some = ChunkRates(**rows_of(rates, start, stop)), ArrayRows(**rows_of(rows, start, stop))
            batches.append((shape, TileSizes(**columns), order, *some, num * (stop - start)))
    return batches


def cases_of(layers: list[Layer], port: DramPort) -> list[tuple]:
    """Some of the layers under one of their tilings on one chunk, for the specification."""
    rng = random.Random(SEED)
    roomy = Capacity(I=1 << 40, W=1 << 40, O=1 << 40)
    cases = []
    for layer in rng.sample(layers, min(SPECIFIED, len(layers))):
        kind = ChunkKind.DEPTHWISE if layer.is_depthwise else ChunkKind.STANDARD
        chunk = Chunk(
            kind=kind, weight_bits=8, activation_bits=8, capacity_bits=roomy, read_slots=8, write_slots=4,
            unroll=Unroll(K=16, C=1 if layer.is_depthwise else 8), max_channels=4096, output_bits=32,
        )  # fmt: skip
        tilings = candidate_tilings(layer, port.beat_bits)[0]
        cases.append((layer, tilings.mapping(layer, rng.randrange(len(tilings))), chunk))
    return cases


def main() -> None:
    """Time both and print the ratio."""
    torch.set_num_threads(1)
    port = load_platform("zc706").port(2e8)
    rules = load_fabric("7series").energy
    layers = read_layers()
    batches, cases = batches_of(layers, port), cases_of(layers, port)
    evaluations = sum(batch[-1] for batch in batches)

    def all_metrics() -> None:
        for shape, sizes, order, some, array, _ in batches:
            layer_energy_joules(shape, layer_timing(shape, sizes, order, some, port), array, rules)

    def cycles() -> None:
        for shape, sizes, order, some, _, _ in batches:
            layer_cycles(shape, sizes, order, some, port)

    def specification() -> None:
        for layer, mapping, chunk in cases:
            simulate_layer(layer, mapping, chunk, port)

    per_second = evaluations / cpu_seconds(all_metrics, 5)
    specified = len(cases) / cpu_seconds(specification, 3)
    result = {
        "command": "python benchmarks/closed_form.py",
        "evaluations": evaluations,
        "layers": len(layers),
        "all_metrics_per_second": round(per_second),
        "cycles_alone_per_second": round(evaluations / cpu_seconds(cycles, 5)),
        "specification_per_second": round(specified),
        "all_metrics_over_specification": round(per_second / specified),
    }
    text = canonical_json(result)
    print(text, end="")
    write_atomically(RESULT, text)


if __name__ == "__main__":
    main()
