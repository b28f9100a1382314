"""Cycles of layers on chunks of every unrolling, slot count and capacity, from one pass over the tilings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor

from cosearch.cost.shape import Form, LayerShape, form_of, shape_of, stack_shapes
from cosearch.cost.tilings import Tilings, candidate_tilings
from cosearch.cost.timing import LayerTiming, by_pattern, layer_cycles, rates_of, time_layer
from cosearch.cost.work import ChunkRates, TileSizes
from cosearch.errors import HardwareError, MappingError
from cosearch.hardware import (
    ACCUMULATOR_BITS,
    Chunk,
    ChunkKind,
    DramPort,
    Mapping,
    Unroll,
    check_chunk,
)
from cosearch.hardware.mapping import LoopOrder
from cosearch.numerics import EXACT, Scalar, ceil_div
from cosearch.workload import Layer

R = TypeVar("R", LayerShape, TileSizes)

_SIZES = ("M", "C", "OY", "OX")

_MAX_ELEMENTS = 1 << 17

UNREACHABLE = 1 << 50
"""Cycles where no tiling fits, or where the layer may not run on the chunk; a sum of a network's stays exact."""

_CODE_BITS = 13
_NOTHING = 1 << 62
"""Keys are cycles, then the number of the tiling among its layer's candidates: the least is the first of equals."""


@dataclass(frozen=True, slots=True)
class CapacityGrid:
    """Bits of one bank that each buffer may have, increasing."""

    I: tuple[int, ...]  # noqa: E741  operands are called I, W and O everywhere
    W: tuple[int, ...]
    O: tuple[int, ...]  # noqa: E741

    def __post_init__(self) -> None:
        for name in "IWO":
            values: tuple[int, ...] = getattr(self, name)
            if not values or values[0] < 1 or any(a >= b for a, b in pairwise(values)):
                raise HardwareError(f"capacities {name}={values} must be positive and increase; sort them")


def may_run(layer: Layer, kind: ChunkKind, weight_bits: int, activation_bits: int) -> bool:
    """Whether a chunk of a kind and widths may run a layer, whatever its buffers."""
    kinds = (ChunkKind.DEPTHWISE, ChunkKind.BOTH) if layer.is_depthwise else (ChunkKind.STANDARD, ChunkKind.BOTH)
    fits = layer.weight_bits <= weight_bits and max(layer.input_bits, layer.residual_bits) <= activation_bits
    return kind in kinds and fits and layer.N == 1


def cycle_table(
    layers: Sequence[Layer],
    *,
    kind: ChunkKind,
    weight_bits: int,
    activation_bits: int,
    unrolls: Sequence[Unroll],
    capacities: CapacityGrid,
    slots: Sequence[tuple[int, int]],
    resident_weights: bool,
    partial_sums: bool = False,
    port: DramPort,
) -> Tensor:
    """Least closed-form cycles of each layer over its candidate tilings, for every chunk of a grid.

    Args and what is raised are those of `mapping_table`.

    Returns:
        int64 of shape [unrolls, slots, I, W, O, layers]; `UNREACHABLE` where nothing fits.
    """
    asked = _Asked(kind, (activation_bits, weight_bits), unrolls, resident=resident_weights)
    pricing = _Pricing(capacities, slots, port, partial_sums)
    return _cycles_of(_least_keys(layers, asked, pricing))


def mapping_table(
    layers: Sequence[Layer],
    *,
    kind: ChunkKind,
    weight_bits: int,
    activation_bits: int,
    unrolls: Sequence[Unroll],
    capacities: CapacityGrid,
    slots: Sequence[tuple[int, int]],
    resident_weights: bool,
    partial_sums: bool = False,
    port: DramPort,
) -> tuple[Tensor, Tensor]:
    """Least cycles of each layer, and which of its candidate tilings has them, for every chunk of a grid.

    A tiling's cycles do not depend on the capacities, only whether it fits does. So every tiling is priced once an
    unrolling, goes to the least cell of the grid that holds it in whole rows, and a running minimum along I, W and O
    fills the rest.

    Args:
        layers: Layers of equal shape are priced once.
        kind: Of the chunk.
        weight_bits: Width of the chunk's weights.
        activation_bits: Width of its inputs.
        unrolls: Unrollings.
        capacities: Bits of one bank.
        slots: Pairs of read slots and write slots.
        resident_weights: Whether weights never move; the W buffer then holds no tile.
        partial_sums: Whether orders that split a reduction over other output tiles may be used.
        port: The DRAM port.

    Returns:
        Cycles, `UNREACHABLE` where nothing fits, and the number of the tiling, counted through all loop orders of
        `candidate_tilings`; the first of equals, as `best_mapping` takes it. int64 of shape [unrolls, slots, I, W,
        O, layers] both.
    """
    asked = _Asked(kind, (activation_bits, weight_bits), unrolls, resident=resident_weights)
    pricing = _Pricing(capacities, slots, port, partial_sums)
    table = _least_keys(layers, asked, pricing)
    return _cycles_of(table), table & ((1 << _CODE_BITS) - 1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Chunks of one kind and width, by their unrollings.

    Attributes:
        bits: Of an activation and of a weight.
    """

    kind: ChunkKind
    bits: tuple[int, int]
    unrolls: Sequence[Unroll]
    resident: bool

    def may_run(self, layer: Layer) -> bool:
        """Whether the chunks may run a layer, whatever their buffers."""
        return may_run(layer, self.kind, self.bits[1], self.bits[0]) and not (
            self.resident and layer.op == "multiply"
        )


def _cycles_of(keys: Tensor) -> Tensor:
    """The cycles of keys."""
    return torch.where(keys >= _NOTHING, UNREACHABLE, keys >> _CODE_BITS)


def _least_keys(layers: Sequence[Layer], asked: _Asked, pricing: "_Pricing") -> Tensor:
    """Least keys, [unrolls, slots, I, W, O, layers]; in memory one layer lies after another."""
    grid, unrolls = pricing.grid, asked.unrolls
    table = torch.full(
        (len(layers), len(unrolls), len(pricing.slots), len(grid.I), len(grid.W), len(grid.O)),
        _NOTHING,
        dtype=torch.int64,
    )
    distinct: dict[tuple[int | str, ...], Layer] = {}
    for layer in layers:
        if asked.may_run(layer):
            distinct.setdefault(layer.shape_key(), layer)
    for fused in (False, True):
        chosen = [index for index, unroll in enumerate(unrolls) if (unroll.OYOX > 1) == fused]
        if not chosen or not distinct:
            continue
        rows = _Rows.of([unrolls[index] for index in chosen], asked.kind, asked.bits, resident=asked.resident)
        cells = pricing.least_keys(rows, list(distinct.values()))
        column = {key: cells[:, :, index] for index, key in enumerate(distinct)}
        for index, layer in enumerate(layers):
            if layer.shape_key() in column:
                table[index, chosen] = column[layer.shape_key()]
    return table.movedim(0, -1)


def best_mapping(layer: Layer, chunk: Chunk, port: DramPort) -> tuple[Mapping, LayerTiming]:
    """The candidate tiling with the least closed-form cycles that fits a chunk; the first of equals.

    Raises:
        MappingError: if the layer may not run on the chunk, or no tiling fits its buffers.
    """
    try:
        check_chunk(layer, chunk)
    except HardwareError as error:
        raise error.at(layer.name) from None
    capacity = chunk.capacity_bits
    grid = CapacityGrid(I=(capacity.I,), W=(capacity.W,), O=(capacity.O,))
    rows = _Rows.of(
        [chunk.unroll], chunk.kind, (chunk.activation_bits, chunk.weight_bits), resident=chunk.resident_weights
    )
    best: tuple[int, Mapping] | None = None
    for tilings in candidate_tilings(layer, port.beat_bits, partial_sums=chunk.partial_sums):
        priced = _price_one(layer, tilings, chunk, port)
        priced = torch.where(rows.cells(tilings, grid)[0] == 0, priced, UNREACHABLE).tolist()
        index = min(range(len(priced)), key=priced.__getitem__)
        if priced[index] < (best[0] if best else UNREACHABLE):
            best = priced[index], tilings.mapping(layer, index)
    if best is None:
        raise MappingError(
            f"no tiling fits banks of {capacity.I} (I), {capacity.W} (W) and {capacity.O} (O) bits; enlarge them"
        ).at(layer.name)
    return best[1], time_layer(layer, best[1], chunk, port)


def _price_one(layer: Layer, tilings: Tilings, chunk: Chunk, port: DramPort) -> Tensor:
    """Cycles of one layer's tilings on one chunk, int64 [tilings]."""

    def price(shape: LayerShape, sizes: TileSizes) -> Tensor:
        cycles = torch.as_tensor(layer_cycles(shape, sizes, tilings.loop_order, rates_of(chunk), port))
        return cycles.expand_as(torch.as_tensor(sizes.M))

    return by_pattern(price, shape_of(layer, port.beat_bits), _exact(tilings.sizes), len(tilings)).to(torch.int64)


@dataclass(frozen=True, slots=True)
class _Pricing:
    """What all layers of a table are priced with."""

    grid: CapacityGrid
    slots: Sequence[tuple[int, int]]
    port: DramPort
    partial_sums: bool

    def least_keys(self, rows: "_Rows", layers: list[Layer]) -> Tensor:
        """Least keys of distinct layers on chunks of some unrollings: [unrolls, slots, layers, I, W, O]."""
        shape = (len(self.grid.I), len(self.grid.W), len(self.grid.O))
        num_cells = shape[0] * shape[1] * shape[2]
        lead = (len(rows.lanes), len(self.slots))
        # One cell more than the grid's takes what does not fit.
        least = torch.full((*lead, len(layers) * num_cells + 1), float(_NOTHING), dtype=EXACT)
        rates = rows.rates(self.slots)
        for batch in self.batches(rows, layers):
            for part in batch.parts(max(1, _MAX_ELEMENTS // (lead[0] * lead[1]))):
                cycles = layer_cycles(part.shape, part.sizes, part.loop_order, rates, self.port)
                keys = torch.as_tensor(cycles).expand(*lead, -1) * (1 << _CODE_BITS) + part.codes
                least.scatter_reduce_(-1, part.target[:, None].expand_as(keys), keys, "amin")
        return _running_minimum(least[..., :-1].to(torch.int64).reshape(*lead, len(layers), *shape))

    def batches(self, rows: "_Rows", layers: list[Layer]) -> Iterator["_Batch"]:
        """All candidate tilings that fit the largest buffers under some unrolling."""
        num_cells = len(self.grid.I) * len(self.grid.W) * len(self.grid.O)
        groups: dict[tuple[Form, LoopOrder, int], list[tuple[int, TileSizes, Tensor, Tensor]]] = {}
        for index, layer in enumerate(layers):
            first = 0
            for tilings in candidate_tilings(layer, self.port.beat_bits, partial_sums=self.partial_sums):
                codes = torch.arange(first, first + len(tilings))
                first += len(tilings)
                assert first <= 1 << _CODE_BITS
                cells = rows.cells(tilings, self.grid)
                inside = cells < num_cells
                kept = inside.any(dim=0)
                targets = torch.where(inside, index * num_cells + cells, len(layers) * num_cells)
                for pattern in tilings.patterns[kept].unique().tolist():
                    chosen = kept & (tilings.patterns == pattern)
                    key = (form_of(layer), tilings.loop_order, pattern)
                    entry = (index, _sliced(tilings.sizes, chosen), targets[:, chosen], codes[chosen])
                    groups.setdefault(key, []).append(entry)
        for (_, loop_order, _), members in groups.items():
            repeats = torch.tensor([len(codes) for _, _, _, codes in members])
            shape = stack_shapes([layers[index] for index, _, _, _ in members], repeats, self.port.beat_bits)
            sizes = {name: torch.cat([getattr(part, name) for _, part, _, _ in members]) for name in _SIZES}
            yield _Batch(
                shape,
                _exact(TileSizes(**sizes)),
                loop_order,
                torch.cat([target for _, _, target, _ in members], 1),
                torch.cat([codes for _, _, _, codes in members]).to(EXACT),
            )


def _exact(sizes: TileSizes) -> TileSizes:
    """Sizes as exact floats."""
    return TileSizes(**{name: torch.as_tensor(getattr(sizes, name)).to(EXACT) for name in _SIZES})


@dataclass(frozen=True, slots=True)
class _Batch:
    """Tilings of layers of one form that cut the same loops: one formula prices all.

    Attributes:
        target: The flat cell of each tiling among those of all layers, [unrolls, tilings]; beyond the last where it
            does not fit.
        codes: The number of each tiling among its layer's candidates, [tilings].
    """

    shape: LayerShape
    sizes: TileSizes
    loop_order: LoopOrder
    target: Tensor
    codes: Tensor

    def parts(self, num: int) -> Iterator["_Batch"]:
        """Pieces of at most a number of tilings, so that intermediate results stay in the cache."""
        for start in range(0, self.target.shape[1], num):
            piece = slice(start, start + num)
            yield _Batch(
                _sliced(self.shape, piece),
                _sliced(self.sizes, piece),
                self.loop_order,
                self.target[:, piece],
                self.codes[piece],
            )


def _sliced(record: R, index: slice | Tensor) -> R:
    """Some of the entries of a record's tensors."""
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return replace(record, **{name: value[index] for name, value in values.items() if isinstance(value, Tensor)})


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of the buffers of chunks that differ in their unrolling: what tiles take of them, in whole rows.

    Attributes:
        bits: Of an activation and of a weight.
        lanes, reduction, pixels, columns: Unrollings of K, C, output pixels and kernel columns, [unrolls, 1].
        fused: Whether pixels are unrolled whatever their row.
    """

    kind: ChunkKind
    bits: tuple[int, int]
    lanes: Tensor
    reduction: Tensor
    pixels: Tensor
    columns: Tensor
    fused: bool
    resident: bool

    @staticmethod
    def of(unrolls: Sequence[Unroll], kind: ChunkKind, bits: tuple[int, int], *, resident: bool) -> "_Rows":
        """The rows of chunks of some unrollings, all of them with fused pixels or none."""
        return _Rows(
            kind,
            bits,
            lanes=_column([unroll.K for unroll in unrolls]),
            reduction=_column([unroll.C for unroll in unrolls]),
            pixels=_column([unroll.pixels for unroll in unrolls]),
            columns=_column([unroll.FX for unroll in unrolls]),
            fused=unrolls[0].OYOX > 1,
            resident=resident,
        )

    def rates(self, slots: Sequence[tuple[int, int]]) -> ChunkRates:
        """What shapes time, along the leading dimensions of [unrolls, slots, tilings]."""
        return ChunkRates(
            unroll_K=self.lanes[:, None].to(EXACT),
            unroll_C=self.reduction[:, None].to(EXACT),
            unroll_pixels=self.pixels[:, None].to(EXACT),
            unroll_FX=self.columns[:, None].to(EXACT),
            fused_pixels=self.fused,
            read_slots=_column([read for read, _ in slots]).to(EXACT),
            write_slots=_column([write for _, write in slots]).to(EXACT),
            resident_weights=self.resident,
        )

    def cells(self, tilings: Tilings, grid: CapacityGrid) -> Tensor:
        """The least cell that holds each tiling, flat; beyond the last where none does. [unrolls, tilings].

        The needs are those of `hardware.tile_bits`, and so is the rule on tiles of resident weights.
        """
        sizes = tilings.sizes
        row_channels = {
            ChunkKind.STANDARD: self.reduction,
            ChunkKind.DEPTHWISE: self.lanes,
            ChunkKind.BOTH: torch.maximum(self.lanes, self.reduction),
        }
        input_words = _whole(tilings.channels, row_channels[self.kind])
        input_words = input_words * _whole(tilings.pixels_I, self.pixels * self.columns)
        lane_words = _whole(sizes.M, self.lanes)
        reduced_words = _whole(sizes.C, self.reduction)
        index_I = _first_fit(input_words * self.bits[0], grid.I)
        if self.fused:
            output_pixels = _whole(sizes.OY * sizes.OX, self.pixels)
        else:
            output_pixels = sizes.OY * _whole(sizes.OX, self.pixels)
        index_O = _first_fit(lane_words * output_pixels * ACCUMULATOR_BITS, grid.O)
        if self.resident:
            splits = (tilings.cuts_lanes & (lane_words != sizes.M)) | (
                tilings.cuts_reduction & (reduced_words != sizes.C)
            )
            index_W = torch.where(splits, len(grid.W), 0)
        else:
            kernel = tilings.window[0] * _whole(tilings.window[1], self.columns)
            index_W = _first_fit(lane_words * reduced_words * kernel * self.bits[1], grid.W)
        flat = (index_I * len(grid.W) + index_W) * len(grid.O) + index_O
        outside = (index_I == len(grid.I)) | (index_W == len(grid.W)) | (index_O == len(grid.O))
        return torch.where(outside, len(grid.I) * len(grid.W) * len(grid.O), flat)


def _whole(words: Scalar, row_words: Tensor) -> Tensor:
    """Words of the rows that some words take."""
    return torch.as_tensor(ceil_div(words, row_words) * row_words)


def _first_fit(need: Tensor, bounds: tuple[int, ...]) -> Tensor:
    return torch.searchsorted(torch.tensor(bounds), need)


def _running_minimum(cells: Tensor) -> Tensor:
    for dim in (-3, -2, -1):
        slices = cells.unbind(dim)
        running = [slices[0]]
        for values in slices[1:]:
            running.append(torch.minimum(running[-1], values))
        cells = torch.stack(running, dim)
    return cells


def _column(values: list[int]) -> Tensor:
    return torch.tensor(values, dtype=torch.int64).reshape(-1, 1)
