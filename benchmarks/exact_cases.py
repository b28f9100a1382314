"""Random small spaces, and every accelerator of them priced by the cost model.

A layer's best mapping, cycles, energy and traffic on a chunk, and a chunk's resources, are the cost model's; what an
accelerator makes of them is written down here once more, from the definitions of the metrics, and held against
`cosearch.cost.evaluate` on some accelerators of every space.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise, product
from typing import NamedTuple

import numpy as np

from cosearch.accelerate import SHAPE_RULES, AcceleratorSpace, CapacityChoices, ChunkSpace, DesignTable
from cosearch.accelerate.allocation import allocate
from cosearch.cost import best_mapping, evaluate, metric_values, resources_of, shape_of
from cosearch.cost.energy import layer_energy_joules, rows_of
from cosearch.errors import MappingError
from cosearch.hardware import Accelerator, Chunk, ChunkProgram, LayerProgram, Platform, load_fabric
from cosearch.workload import IMAGE, Layer, Workload

CLOCK_HERTZ = 2e8
RESOURCES = ("dsp", "bram18", "uram", "lut", "slots")
CHECKED = 3
"""Accelerators of each combination of chunks' layers that `cosearch.cost.evaluate` prices too."""

RELATIVE = 1e-9
"""By how much energies may differ: the engine counts them in quanta."""

Values = dict[str, float]


class Case(NamedTuple):
    """A small space and all that its accelerators reach."""

    workload: Workload
    space: AcceleratorSpace
    platform: Platform
    reached: list[Values]


def random_network(rng: np.random.Generator) -> Workload:
    """Convolutions, some depthwise, some of 4 bits; most read the one before, some read or add an earlier one."""
    layers: list[Layer] = []
    channels, size = int(rng.choice([3, 8, 16])), int(rng.choice([8, 14]))
    number = int(rng.integers(2, 6))
    bits = [int(rng.choice([4, 8])) for _ in range(number + 1)]
    for place in range(number):
        depthwise = place > 0 and rng.random() < 0.35
        kernel, stride = (3, int(rng.choice([1, 2]))) if rng.random() < 0.7 else (1, 1)
        out = channels if depthwise else int(rng.choice([8, 16, 24]))
        made = -(-size // stride)
        layers.append(
            Layer(
                name=f"layer{place}",
                source=layers[-1].name if layers else IMAGE,
                G=channels if depthwise else 1,
                K=1 if depthwise else out,
                C=1 if depthwise else channels,
                OY=made,
                OX=made,
                FY=kernel,
                FX=kernel,
                IY=size,
                IX=size,
                stride_y=stride,
                stride_x=stride,
                padding_y=kernel // 2,
                padding_x=kernel // 2,
                weight_bits=bits[place],
                input_bits=bits[place],
                output_bits=bits[place + 1],
            )
        )
        channels, size = out, made
    return Workload(layers=tuple(_with_branches(rng, layers)))


def _with_branches(rng: np.random.Generator, layers: list[Layer]) -> list[Layer]:
    """The same layers; where shapes allow, some read an earlier output or add one."""
    branched: list[Layer] = []
    for place, layer in enumerate(layers):
        earlier = branched[: max(0, place - 1)]
        alike = [x for x in earlier if place and _output(x) == _output(layers[place - 1])]
        if alike and rng.random() < 0.5:
            layer = replace(layer, source=alike[-1].name)
        added = [x for x in earlier if _output(x)[:2] == _output(layer)[:2]]
        if added and rng.random() < 0.5:
            layer = replace(layer, residual=added[-1].name, residual_bits=added[-1].output_bits)
        branched.append(layer)
    return branched


def _output(layer: Layer) -> tuple[int, int, int]:
    """Channels, rows and bits of what a layer makes; all maps are square."""
    return layer.out_channels, layer.OY, layer.output_bits


def random_space(rng: np.random.Generator, rule: str) -> AcceleratorSpace:
    """A few designs a chunk."""

    def some(values: list[int], most: int) -> tuple[int, ...]:
        number = int(rng.integers(1, most + 1))
        return tuple(sorted(int(v) for v in rng.choice(values, number, replace=False)))

    chunk = ChunkSpace(
        lanes=some([4, 8, 16], 2),
        reductions=some([1, 4], 1),
        depthwise_lanes=some([2, 4, 8], 2),
        columns=some([1, 2], 1),
        capacity_bits=CapacityChoices(I=some([16_384, 65_536], 1), W=some([32_768], 1), O=some([32_768, 131_072], 1)),
        read_slots=some([2, 4, 8, 16], 2),
        write_slots=some([2, 4], 1),
        products_per_dsp=(1,) if rng.random() < 0.7 else (1, 2),
    )
    return AcceleratorSpace.model_validate(
        {"allocation": rule, "widths": (4, 8), "max_chunks": int(rng.integers(1, 4)), "chunk": chunk.model_dump()}
    )


class Costs(NamedTuple):
    """Of a layer on a chunk under its best mapping."""

    program: LayerProgram
    cycles: int
    joules: float
    dram_bits: int


class Priced:
    """Chunks of a space by the cost model, each layer and chunk once."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.port = platform.port(CLOCK_HERTZ)
        self.rules = load_fabric(platform.family).energy
        self._costs: dict[tuple[Chunk, Layer], Costs | None] = {}

    def costs(self, chunk: Chunk, layer: Layer) -> Costs | None:
        """Of the best mapping; None where there is none."""
        key = (chunk, layer)
        if key not in self._costs:
            try:
                mapping, timing = best_mapping(layer, chunk, self.port)
            except MappingError:
                self._costs[key] = None
                return None
            rows = rows_of(chunk, is_depthwise=layer.is_depthwise)
            parts = layer_energy_joules(shape_of(layer, self.port.beat_bits), timing, rows, self.rules)
            program = LayerProgram(name=layer.name, tile=mapping.tile, loop_order=mapping.loop_order)
            joules = sum(float(part) for part in parts.values())
            self._costs[key] = Costs(program, int(timing.cycles), joules, int(timing.dram_bits))
        return self._costs[key]

    def resources(self, chunk: Chunk) -> list[int]:
        """In the order of `RESOURCES`."""
        needs = resources_of(chunk, self.platform)
        return [*(int(getattr(needs, name)) for name in RESOURCES[:-1]), chunk.read_slots + chunk.write_slots]


def chunks_of(
    layers: list[Layer], space: AcceleratorSpace, platform: Platform
) -> list[tuple[list[Layer], list[Chunk]]]:
    """The layers that share a chunk under a rule of shapes, and all chunks they may have."""
    table = DesignTable.build(layers, space, platform, CLOCK_HERTZ, prune=False)
    groups = allocate(layers, space)
    return [
        (share, [entry.designs.chunk(row, entry.chunk_class) for row in range(len(entry.designs))])
        for (_, share), entry in zip(groups, table.classes, strict=True)
    ]


def partitions(workload: Workload, space: AcceleratorSpace) -> Iterator[list[list[Layer]]]:
    """All cuts of a network into consecutive runs."""
    layers = list(workload.layers)
    for number in range(1, min(space.max_chunks, len(layers)) + 1):
        for cuts in combinations(range(1, len(layers)), number - 1):
            yield [layers[a:b] for a, b in pairwise((0, *cuts, len(layers)))]


def reached(workload: Workload, space: AcceleratorSpace, platform: Platform) -> list[Values]:
    """Metrics of every accelerator of a space that fits the platform."""
    priced, layers = Priced(platform), list(workload.layers)
    if space.allocation in SHAPE_RULES:
        found = _combined(priced, chunks_of(layers, space, platform), workload)
    else:
        single = space.model_copy(update={"allocation": "single"})
        designs: list[Chunk] = []
        for width in space.widths:  # as the pool of all layers has them
            fits = [x for x in layers if max(x.weight_bits, x.input_bits) <= width]
            if fits and any(_needs(x, space) == width for x in layers):
                designs += chunks_of(fits, single.model_copy(update={"widths": (width,)}), platform)[0][1]
        found = []
        for runs in partitions(workload, space):
            found += _combined(priced, [(run, designs) for run in runs], workload)
    return found


def _needs(layer: Layer, space: AcceleratorSpace) -> int:
    return next(width for width in space.widths if max(layer.weight_bits, layer.input_bits) <= width)


def _combined(priced: Priced, groups: list[tuple[list[Layer], list[Chunk]]], workload: Workload) -> list[Values]:
    """Every choice of a chunk for each group."""
    budget = priced.platform.budget()
    bounds = [budget.get(name, priced.port.total_slots) for name in RESOURCES]
    options: list[list[tuple[Chunk, list[int], list[Costs]]]] = []
    for share, chunks in groups:
        costs = [(chunk, [priced.costs(chunk, layer) for layer in share]) for chunk in chunks]
        options.append([(chunk, priced.resources(chunk), own) for chunk, own in costs if None not in own])
    chunk_of = {layer.name: place for place, (share, _) in enumerate(groups) for layer in share}
    found: list[Values] = []
    checked = 0
    for choice in product(*options):
        sums = [sum(needs) for needs in zip(*(needs for _, needs, _ in choice), strict=True)]
        if any(need > bound for need, bound in zip(sums, bounds, strict=True)):
            continue
        costs = {own.program.name: own for _, _, share in choice for own in share}
        values = {**_metrics(priced, workload, costs, chunk_of), **dict(zip(RESOURCES[:-1], sums, strict=False))}
        found.append({name: float(value) for name, value in values.items()})
        if checked < CHECKED:
            checked += 1
            _check(priced, workload, [(chunk, share) for chunk, _, share in choice], found[-1])
    return found


def _metrics(priced: Priced, workload: Workload, costs: dict[str, Costs], chunk_of: dict[str, int]) -> Values:
    """What an accelerator makes of its layers."""
    cycles = {name: own.cycles for name, own in costs.items()}
    busy = [0] * (1 + max(chunk_of.values()))
    for name, own in cycles.items():
        busy[chunk_of[name]] += own
    period, period_seconds = max(busy), max(busy) / CLOCK_HERTZ
    latency = _latency(workload, cycles, chunk_of, None) / CLOCK_HERTZ
    joules = sum(own.joules for own in costs.values()) + priced.platform.static_watts * period_seconds
    return {
        "fps": CLOCK_HERTZ / period,
        "latency_seconds": latency,
        "latency_loaded_seconds": _latency(workload, cycles, chunk_of, period) / CLOCK_HERTZ,
        "energy_joules": joules,
        "edp": joules * latency,
        "power_watts": joules / period_seconds,
        "dram_bits": sum(own.dram_bits for own in costs.values()),
    }


def _latency(workload: Workload, cycles: dict[str, int], chunk_of: dict[str, int], period: int | None) -> int:
    """Cycles of one image; in a stream, a layer takes its chunk's turn, whole periods later where it is not ready."""
    ends: dict[str, int] = {}
    free: dict[int, int] = {}
    for layer in workload.layers:
        start = max((ends[name] for name in workload.reads(layer)), default=0)
        turn = free.get(chunk_of[layer.name])
        if turn is not None:
            start = max(start, turn) if period is None else turn + -(-max(0, start - turn) // period) * period
        ends[layer.name] = free[chunk_of[layer.name]] = start + cycles[layer.name]
    return max(ends.values())


def _check(priced: Priced, workload: Workload, chunks: list[tuple[Chunk, list[Costs]]], values: Values) -> None:
    """Stop where the cost model has other metrics for an accelerator."""
    programs = [
        ChunkProgram(**dict(chunk), layers=tuple(own.program for own in share)) for chunk, share in chunks
    ]  # fmt: skip
    accelerator = Accelerator(
        platform=priced.platform.name, clock_hertz=CLOCK_HERTZ, port=priced.port, chunks=tuple(programs)
    )
    known = metric_values(evaluate(workload, accelerator, priced.platform))
    for name, value in values.items():
        if not np.isclose(value, known[name], rtol=1e-12):
            raise AssertionError(f"{name}: {value} here, {known[name]} by the cost model")
