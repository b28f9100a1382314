"""Cycles and traffic of a layer on a chunk in closed form; docs/timing.md derives it from the contract."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import torch
from torch import Tensor

from cosearch.cost.busy import LayerTotals
from cosearch.cost.geometry import pattern_of
from cosearch.cost.line import line_cycles
from cosearch.cost.shape import LayerShape, shape_of
from cosearch.cost.steps import Steps
from cosearch.cost.work import ChunkRates, LayerWork, TileSizes
from cosearch.errors import HardwareError
from cosearch.hardware import Chunk, DramPort, Mapping, check_mapping
from cosearch.hardware.mapping import LoopOrder
from cosearch.numerics import Scalar
from cosearch.workload import Layer

R = TypeVar("R", LayerShape, TileSizes)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTiming:
    """What a layer costs in time and traffic.

    Attributes:
        cycles: Of the whole layer, from the start of its setup to the end of its last STORE.
        compute_cycles, read_cycles, write_cycles: How long each server is busy.
        exposed_read_cycles, exposed_write_cycles: How long the layer waits for loads and for STOREs; with the layer's
            overhead and `compute_cycles` they make `cycles`.
        array_cycles: Cycles in which the array computes, without overhead.
        drained_words: Sums that leave the accumulators, partial ones included.
        parameter_beats, weight_beats, input_beats, sum_beats, residual_beats, output_beats: Beats moved; those of
            partial sums both ways.
        dram_bits: All beats, in bits.
    """

    cycles: Scalar
    compute_cycles: Scalar
    read_cycles: Scalar
    write_cycles: Scalar
    exposed_read_cycles: Scalar
    exposed_write_cycles: Scalar
    array_cycles: Scalar
    drained_words: Scalar
    parameter_beats: Scalar
    weight_beats: Scalar
    input_beats: Scalar
    sum_beats: Scalar
    residual_beats: Scalar
    output_beats: Scalar
    dram_bits: Scalar


def layer_cycles(
    layer: LayerShape, tile: TileSizes, loop_order: LoopOrder, rates: ChunkRates, port: DramPort
) -> Scalar:
    """Cycles of a layer, for one mapping and chunk or for batches of both.

    Args:
        layer: One layer, or a batch of layers of one form.
        tile: Sizes that broadcast against the rates: ints, or float tensors, exact or relaxed. All tilings of a batch
            have one tile along a loop, or all two, or all more; `by_pattern` divides others.
        loop_order: One order for all.
        rates: Of the chunk.
        port: The DRAM port.

    Raises:
        ValueError: if the batch mixes patterns of tiles.
    """
    work = LayerWork(layer, tile, rates, port)
    return line_cycles(work, Steps(work, loop_order)).total


def layer_timing(
    layer: LayerShape, tile: TileSizes, loop_order: LoopOrder, rates: ChunkRates, port: DramPort
) -> LayerTiming:
    """Cycles, busy cycles and traffic of a layer; arguments as for `layer_cycles`."""
    work = LayerWork(layer, tile, rates, port)
    steps = Steps(work, loop_order)
    totals = LayerTotals(work, steps)
    line, array_cycles = line_cycles(work, steps), totals.array_cycles()
    compute_cycles = array_cycles + totals.num_steps() * port.step_overhead_cycles
    beats = {
        "parameter_beats": layer.parameter_beats,
        "weight_beats": totals.weight_beats(),
        "input_beats": totals.input_beats(),
        "sum_beats": 2 * totals.sum_beats(),
        "residual_beats": totals.residual_beats(),
        "output_beats": totals.output_beats(),
    }
    return LayerTiming(
        cycles=line.total,
        compute_cycles=compute_cycles,
        read_cycles=totals.read_cycles(),
        write_cycles=totals.write_cycles(),
        exposed_read_cycles=line.steps - port.layer_overhead_cycles - compute_cycles,
        exposed_write_cycles=line.stores,
        array_cycles=array_cycles,
        drained_words=totals.drained_words(),
        **beats,
        dram_bits=sum(beats.values()) * port.beat_bits,
    )


def by_pattern(
    price: Callable[[LayerShape, TileSizes], Tensor], layer: LayerShape, tile: TileSizes, num: int
) -> Tensor:
    """Price a batch whose tilings differ in their patterns: every pattern by itself.

    Args:
        price: Of part of the batch, [..., part].
        layer: Ints or tensors of one dimension.
        tile: Tensors of one dimension, [num].
        num: Tilings.

    Returns:
        [..., num].
    """
    codes = torch.zeros(num, dtype=torch.int64)
    lanes = layer.G if layer.form.is_depthwise else layer.K
    for bound, size in ((lanes, tile.M), (layer.C, tile.C), (layer.OY, tile.OY), (layer.OX, tile.OX)):
        codes = 4 * codes + pattern_of(bound, size).to(torch.int64)
    result: Tensor | None = None
    for code in codes.unique():
        rows = (codes == code).nonzero().flatten()
        priced = price(_rows_of(layer, rows), _rows_of(tile, rows))
        if result is None:
            result = priced.new_empty((*priced.shape[:-1], num))
        result[..., rows] = priced
    assert result is not None
    return result


def _rows_of(record: R, rows: Tensor) -> R:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return replace(record, **{name: value[rows] for name, value in values.items() if isinstance(value, Tensor)})


def time_layer(layer: Layer, mapping: Mapping, chunk: Chunk, port: DramPort) -> LayerTiming:
    """`layer_timing` of one layer on one chunk, in ints.

    Raises:
        MappingError: if the mapping is illegal for the chunk.
    """
    try:
        check_mapping(layer, mapping, chunk, port.beat_bits)
    except HardwareError as error:
        raise error.at(layer.name) from None
    tile = mapping.tile
    sizes = TileSizes(M=tile.G if layer.is_depthwise else tile.K, C=tile.C, OY=tile.OY, OX=tile.OX)
    return layer_timing(shape_of(layer, port.beat_bits), sizes, mapping.loop_order, rates_of(chunk), port)


def rates_of(chunk: Chunk) -> ChunkRates:
    """What of a chunk shapes its time."""
    return ChunkRates(
        unroll_K=chunk.unroll.K,
        unroll_C=chunk.unroll.C,
        unroll_pixels=chunk.unroll.pixels,
        unroll_FX=chunk.unroll.FX,
        fused_pixels=chunk.unroll.OYOX > 1,
        read_slots=chunk.read_slots,
        write_slots=chunk.write_slots,
        resident_weights=chunk.resident_weights,
    )
