"""Cycles and traffic of a layer on a chunk in closed form; docs/timing.md derives it from the contract."""

from collections.abc import Callable
from dataclasses import dataclass

from cosearch.cost.geometry import Position, transfer_cycles
from cosearch.cost.line import line_cycles
from cosearch.cost.shape import LayerShape, shape_of
from cosearch.cost.work import ChunkRates, LayerWork, TileSizes
from cosearch.errors import HardwareError
from cosearch.hardware import PIXELS_OUTER, Chunk, DramPort, Mapping, check_mapping
from cosearch.hardware.mapping import LoopOrder
from cosearch.numerics import Scalar, where
from cosearch.workload import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTiming:
    """What a layer costs in time and traffic.

    Attributes:
        cycles: Of the whole layer, from the start of its setup to the end of its last STORE.
        compute_cycles, read_cycles, write_cycles: How long each server is busy.
        parameter_beats, weight_beats, input_beats, residual_beats, output_beats: Beats moved.
        dram_bits: All beats, in bits.
    """

    cycles: Scalar
    compute_cycles: Scalar
    read_cycles: Scalar
    write_cycles: Scalar
    parameter_beats: Scalar
    weight_beats: Scalar
    input_beats: Scalar
    residual_beats: Scalar
    output_beats: Scalar
    dram_bits: Scalar


def layer_cycles(
    layer: LayerShape, tile: TileSizes, loop_order: LoopOrder, rates: ChunkRates, port: DramPort
) -> Scalar:
    """Cycles of a layer, for one mapping and chunk or for batches of both.

    Args:
        layer: One layer, or a batch of layers of one form.
        tile: Sizes that broadcast against the rates: ints, int64 tensors or relaxed float tensors.
        loop_order: One order for all.
        rates: Of the chunk.
        port: The DRAM port.
    """
    return line_cycles(LayerWork(layer, tile, rates, port), loop_order)


def layer_timing(
    layer: LayerShape, tile: TileSizes, loop_order: LoopOrder, rates: ChunkRates, port: DramPort
) -> LayerTiming:
    """Cycles, busy cycles and traffic of a layer; arguments as for `layer_cycles`."""
    work = LayerWork(layer, tile, rates, port)
    read_W, read_I = _loads_of_weights(work, loop_order), _loads_of_inputs(work, loop_order)
    slots = rates.read_slots
    weight_beats = read_W * _sum_weights(work, work.weight_beats)
    input_beats = read_I * _sum_inputs(work, lambda c, y, x: work.input_transfer(c, y, x)[0], summed=True)
    residual_beats: Scalar = 0
    residual_cycles: Scalar = 0
    if layer.has_residual:
        residual_beats = _sum_outputs(
            work, lambda m, y, x: work.output_transfer(m, y, x, layer.residual_bits, pooled=False)[0]
        )
        residual_cycles = _sum_outputs(work, work.load_residual)
    output_beats = _sum_outputs(
        work, lambda m, y, x: work.output_transfer(m, y, x, layer.output_bits, pooled=True)[0]
    )
    input_cycles = _sum_inputs(work, lambda c, y, x: _input_cycles(work, c, y, x, slots), summed=False)
    beats = work.parameter_beats + weight_beats + input_beats + residual_beats + output_beats
    return LayerTiming(
        cycles=line_cycles(work, loop_order),
        compute_cycles=_sum_compute(work),
        read_cycles=work.load_parameters()
        + read_W * _sum_weights(work, work.load_weights)
        + read_I * input_cycles
        + residual_cycles,
        write_cycles=_sum_outputs(work, work.store),
        parameter_beats=work.parameter_beats,
        weight_beats=weight_beats,
        input_beats=input_beats,
        residual_beats=residual_beats,
        output_beats=output_beats,
        dram_bits=beats * port.beat_bits,
    )


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
    return layer_timing(shape_of(layer), sizes, mapping.loop_order, rates_of(chunk), port)


def rates_of(chunk: Chunk) -> ChunkRates:
    """What of a chunk shapes its time."""
    return ChunkRates(
        unroll_K=chunk.unroll.K,
        unroll_C=chunk.unroll.C,
        read_slots=chunk.read_slots,
        write_slots=chunk.write_slots,
        resident_weights=chunk.resident_weights,
    )


def _loads_of_weights(work: LayerWork, loop_order: LoopOrder) -> Scalar:
    """How often each weight is read: for every pixel tile unless the buffer still holds it."""
    if work.rates.resident_weights:
        return 0
    pixel_tiles = work.OY.num_tiles * work.OX.num_tiles
    steps = work.C.num_tiles
    cycled = steps * work.M.num_tiles if _pixels_outer(work, loop_order) else steps
    return work.groups * where(cycled > 1, pixel_tiles, 1)


def _loads_of_inputs(work: LayerWork, loop_order: LoopOrder) -> Scalar:
    """How often each input is read, halos apart: for every channel tile unless the buffer still holds it."""
    if work.layer.is_depthwise:
        return 1
    steps = work.C.num_tiles
    pixel_tiles = work.OY.num_tiles * work.OX.num_tiles
    cycled = steps if _pixels_outer(work, loop_order) else steps * pixel_tiles
    return work.groups * where(cycled > 1, work.M.num_tiles, 1)


def _pixels_outer(work: LayerWork, loop_order: LoopOrder) -> bool:
    return loop_order == PIXELS_OUTER and not work.layer.is_depthwise


def _sum_compute(work: LayerWork) -> Scalar:
    """Array cycles of all steps."""
    total: Scalar = 0
    for m, num_m in _whole_and_last(work, "M"):
        for c, num_c in _whole_and_last(work, "C"):
            for y, num_y in _whole_and_last(work, "Y"):
                for x, num_x in _whole_and_last(work, "X"):
                    total = total + num_m * num_c * num_y * num_x * work.compute(m, y, x, c)
    return work.groups * total


def _sum_weights(work: LayerWork, of: Callable[[Position, Position], Scalar]) -> Scalar:
    """Over the weight tiles of one group."""
    total: Scalar = 0
    for m, num_m in _whole_and_last(work, "M"):
        for c, num_c in _whole_and_last(work, "C"):
            total = total + num_m * num_c * of(m, c)
    return total


def _sum_inputs(work: LayerWork, of: Callable[[Scalar, Position, Position], Scalar], *, summed: bool) -> Scalar:
    """Over the input tiles of one group; `of` gives one tile's or, `summed`, that of all tiles of a position."""
    axis = "M" if work.layer.is_depthwise else "C"
    sizes = (work.M if work.layer.is_depthwise else work.C).size
    total: Scalar = 0
    for y in work.OY.positions:
        for x in work.OX.positions:
            num = work.OY.num[y] * work.OX.num[x]
            weight = where(num > 0, 1, 0) if summed else num
            for c, num_c in _whole_and_last(work, axis):
                total = total + weight * num_c * of(sizes[c], y, x)
    return total


def _sum_outputs(work: LayerWork, of: Callable[[Position, Position, Position], Scalar]) -> Scalar:
    """Over all output tiles."""
    total: Scalar = 0
    for m, num_m in _whole_and_last(work, "M"):
        for y, num_y in _whole_and_last(work, "Y"):
            for x, num_x in _whole_and_last(work, "X"):
                total = total + num_m * num_y * num_x * of(m, y, x)
    return work.groups * total


def _input_cycles(work: LayerWork, channels: Scalar, y: Position, x: Position, slots: Scalar) -> Scalar:
    beats, bursts = work.input_transfer(channels, y, x)
    return transfer_cycles(beats, bursts, slots, work.port, num=work.num_pixels_tiles(y, x))


def _whole_and_last(work: LayerWork, name: str) -> list[tuple[Position, Scalar]]:
    axis = {"M": work.M, "C": work.C, "Y": work.OY, "X": work.OX}[name]
    return [("L", 1)] if len(axis.positions) == 1 else [("F", axis.num_tiles - 1), ("L", 1)]
