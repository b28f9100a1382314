"""Access counts against a walk over the loops that knows no formula: it keeps what every memory holds."""

import itertools
import random
from typing import Any

import pytest

from cosearch.cost.asic import AccessCounts, access_counts, nest_of, structure_of
from cosearch.hardware import DIMS, RELEVANT, ArrayAccelerator, ArrayMapping, ArrayNetwork, Dim, GlobalBuffer, Storage
from cosearch.workload import Layer

Index = dict[Dim, int]
Word = tuple[Any, ...]


class Walk:
    """Walks a mapping: iterations are numbered per loop, and a loop nest turns them into words."""

    def __init__(self, layer: Layer, mapping: ArrayMapping, array: ArrayAccelerator) -> None:
        self.layer, self.mapping, self.array = layer, mapping, array

    def steps(self, level: str) -> list[tuple[Word, Index]]:
        """Iterations of a level's temporal loops in order, outermost loop first, with their indices."""
        loops = getattr(self.mapping, level)
        order = [dim for dim in reversed(loops.outwards()) if loops.factors.get(dim, 1) > 1]
        ranges = [range(loops.factors[dim]) for dim in order]
        return [
            (tuple(zip(order, index, strict=True)), dict(zip(order, index, strict=True)))
            for index in itertools.product(*ranges)
        ]

    def positions(self, factors: dict[Dim, int]) -> list[Index]:
        dims = list(factors)
        return [dict(zip(dims, at, strict=True)) for at in itertools.product(*(range(factors[dim]) for dim in dims))]

    def inside(self, level: str, outer: Index, within: list[Index]) -> list[Index]:
        """Coordinates of the layer's loops: an offset and all iterations within."""
        del level
        return [{dim: outer.get(dim, 0) + each.get(dim, 0) for dim in DIMS} for each in within]

    def words(self, operand: str, points: list[Index]) -> frozenset[Word]:
        """Words of an operand at points of the loop nest; of the input, the box around its pixels."""
        if operand != "I":
            dims = [dim for dim in DIMS if dim in RELEVANT[operand]]
            return frozenset(tuple(point[dim] for dim in dims) for point in points)
        layer = self.layer
        rows = [p["OY"] * layer.stride_y + p["FY"] * layer.dilation_y for p in points]
        columns = [p["OX"] * layer.stride_x + p["FX"] * layer.dilation_x for p in points]
        channels = {(p["N"], p["G"], p["C"]) for p in points}
        box = itertools.product(range(min(rows), max(rows) + 1), range(min(columns), max(columns) + 1))
        return frozenset((*channel, *pixel) for pixel in box for channel in channels)

    def scaled(self, index: Index, level: str) -> Index:
        return {dim: at * self.mapping.inside(dim, level) for dim, at in index.items()}

    def register_points(self) -> list[Index]:
        return self.positions({dim: self.mapping.registers.factors.get(dim, 1) for dim in DIMS})

    def elements(self) -> list[tuple[Word, Word, Index]]:
        """Each element: its row, its column, and the offset of its loops."""
        found = []
        for row in self.positions(self.mapping.rows):
            for column in self.positions(self.mapping.columns):
                offset: Index = {}
                for dim in DIMS:
                    rows = self.mapping.rows.get(dim, 1)
                    across = column.get(dim, 0) * rows + row.get(dim, 0)
                    offset[dim] = across * self.mapping.registers.factors.get(dim, 1)
                found.append((tuple(row.items()), tuple(column.items()), offset))
        return found

    def buffer_points(self) -> list[Index]:
        extents: dict[Dim, int] = {dim: self.mapping.inside(dim, "buffer") for dim in DIMS}
        return self.positions(extents)

    def iterations(self) -> list[tuple[tuple[tuple[Dim, int], ...], Index]]:
        """Steps above the registers: changing indices with their level, outermost first, and the offset."""
        steps = []
        for outer_key, outer in self.steps("dram"):
            for inner_key, inner in self.steps("buffer"):
                key = (*(("dram", *entry) for entry in outer_key), *(("buffer", *entry) for entry in inner_key))
                far, near = self.scaled(outer, "buffer"), self.scaled(inner, "array")
                steps.append((key, {dim: far.get(dim, 0) + near.get(dim, 0) for dim in DIMS}))
        return steps


def relevant(key: tuple[Word, ...], operand: str) -> tuple[Word, ...]:
    return tuple(entry for entry in key if entry[-2] in RELEVANT[operand])


def moved_on(before: tuple[Word, ...], now: tuple[Word, ...]) -> bool:
    """Whether the innermost relevant loop, over pixels or the kernel, alone took a step."""
    changed = [index for index, (a, b) in enumerate(zip(before, now, strict=True)) if a != b]
    return changed == [len(now) - 1] and now[-1][-2] in ("OY", "OX", "FY", "FX")


def groups_of(walk: Walk, operand: str) -> list[list[Index]]:
    """Elements that one message serves, or whose sums become one."""
    network = walk.array.network
    in_rows = network.reduces_rows if operand == "O" else operand in network.multicast_rows
    in_columns = network.reduces_columns if operand == "O" else operand in network.multicast_columns
    groups: dict[Word, list[Index]] = {}
    for row, column, offset in walk.elements():
        groups.setdefault(((None if in_rows else row), (None if in_columns else column)), []).append(offset)
    return list(groups.values())


def walk_buffer(walk: Walk, operand: str) -> tuple[int, int]:
    """Words between buffer and DRAM, and sums read back among them."""
    points, moved, seen, back = walk.buffer_points(), 0, set(), 0
    before = None
    held: frozenset[Word] = frozenset()
    for key, outer in walk.steps("dram"):
        now = relevant(key, operand)
        if now == before:
            continue
        tile = walk.words(operand, walk.inside("buffer", walk.scaled(outer, "buffer"), points))
        streams = operand in walk.array.buffer.streamed and operand == "I"
        fresh = tile - held if streams and before is not None and moved_on(before, now) else tile
        moved += len(fresh)
        back += len(tile & seen)
        seen |= tile
        held, before = tile, now
    return moved, back


def walk_registers(walk: Walk, operand: str) -> tuple[int, int, int]:
    """Words on the outer side of the array, sums read back among them, and words on the inner side."""
    points, outer_words, inner_words, back = walk.register_points(), 0, 0, 0
    groups, seen = groups_of(walk, operand), set()
    before = None
    held: dict[tuple[int, int], frozenset[Word]] = {}
    for key, offset in walk.iterations():
        now = relevant(key, operand)
        if now == before:
            continue
        streams = operand in walk.array.registers.streamed and operand == "I"
        keep = streams and before is not None and moved_on(before, now)
        for number, group in enumerate(groups):
            wanted: set[Word] = set()
            for place, element in enumerate(group):
                at = {dim: offset[dim] + element[dim] for dim in DIMS}
                tile = walk.words(operand, walk.inside("registers", at, points))
                fresh = tile - held.get((number, place), frozenset()) if keep else tile
                inner_words += len(fresh)
                held[number, place] = tile
                wanted |= tile
            before_all = held.get((number, -1), frozenset())
            outer_words += len(wanted - before_all) if keep else len(wanted)
            held[number, -1] = frozenset(wanted)
            back += len(wanted & seen)
            seen |= wanted
        before = now
    return outer_words, back, inner_words


def walk_elements(walk: Walk, operand: str) -> tuple[int, int]:
    """Words that leave an outer level for elements without registers, cycle by cycle; and sums read back."""
    total, back, seen = 0, 0, set()
    groups = groups_of(walk, operand)
    for _, offset in walk.iterations():
        for point in walk.register_points():
            for group in groups:
                wanted: set[Word] = set()
                for element in group:
                    at = {dim: offset[dim] + element[dim] + point[dim] for dim in DIMS}
                    wanted |= walk.words(operand, [at])
                total += len(wanted)
                back += len(wanted & seen)
                seen |= wanted
    return total, back


def counts_of(layer: Layer, mapping: ArrayMapping, array: ArrayAccelerator) -> AccessCounts:
    return access_counts(nest_of(layer, mapping), structure_of(array, loads_weights=True))


def changes(seed: int) -> dict[str, Any]:
    rng = random.Random(1000 + seed)
    return {
        "stride_y": rng.choice((1, 1, 2)),
        "stride_x": rng.choice((1, 1, 3)),
        "dilation_x": rng.choice((1, 1, 2)),
    }


def check_against_walk(layer: Layer, mapping: ArrayMapping, array: ArrayAccelerator) -> None:
    counts, walk = counts_of(layer, mapping, array), Walk(layer, mapping, array)
    for operand in ("I", "W", "O"):
        inner_flow = next(flow for flow in counts.flows[operand] if flow.outer in ("buffer", "dram"))
        if inner_flow.inner == "registers":
            outer_words, back, inner_words = walk_registers(walk, operand)
            assert inner_flow.inner_words == inner_words, (operand, "in registers")
        else:
            outer_words, back = walk_elements(walk, operand)
        assert inner_flow.outer_words == outer_words, (operand, "out of the array")
        if operand == "O":
            assert inner_flow.sum_reads == back
        if operand in array.buffer.keeps:
            moved, back = walk_buffer(walk, operand)
            assert counts.flow(operand, "dram").outer_words == moved, (operand, "at DRAM")
            if operand == "O":
                assert counts.flow(operand, "dram").sum_reads == back


@pytest.mark.parametrize("seed", range(24))
def test_counts_are_those_of_a_walk(seed, array, layer, draw):
    mapping = draw(seed, 400)
    check_against_walk(layer(mapping, **changes(seed)), mapping, array())


@pytest.mark.parametrize("seed", range(24, 40))
def test_streams_keep_what_the_window_still_covers(seed, array, layer, draw):
    mapping = draw(seed, 300)
    registers = Storage(capacity_bits=2**20, width_bits=24, streamed=("I",))
    values = array().buffer.model_dump() | {"streamed": ("I",), "double_buffered": ()}
    streaming = array(registers=registers, buffer=GlobalBuffer(**values))
    check_against_walk(layer(mapping, stride_y=changes(seed)["stride_y"]), mapping, streaming)


@pytest.mark.parametrize("seed", range(40, 52))
def test_operands_that_pass_by(seed, array, layer, draw):
    mapping, rng = draw(seed, 200), random.Random(seed)
    kept = [tuple(sorted(rng.sample(("I", "W", "O"), rng.randint(0, 2)))) for _ in range(2)]
    registers = Storage(capacity_bits=2**20, width_bits=24, keeps=kept[0])
    values = array().buffer.model_dump() | {"keeps": kept[1], "double_buffered": ()}
    check_against_walk(layer(mapping), mapping, array(registers=registers, buffer=GlobalBuffer(**values)))


@pytest.mark.parametrize("seed", range(52, 64))
def test_networks_without_sharing(seed, array, layer, draw):
    mapping, rng = draw(seed, 200), random.Random(seed)
    network = ArrayNetwork(
        bits_per_cycle={"I": 32, "W": 64, "O": 48},
        multicast_rows=rng.choice(((), ("I",), ("W",))),
        multicast_columns=rng.choice(((), ("I",), ("I", "W"))),
        reduces_rows=rng.random() < 0.5,
        reduces_columns=rng.random() < 0.5,
    )
    check_against_walk(layer(mapping), mapping, array(network=network))
