"""Cycles and traffic of a layer on a chunk in closed form; docs/timing.md derives it from the contract."""

from dataclasses import dataclass

from cosearch.cost.busy import compute_cycles, input_beats, output_beats, read_cycles, weight_beats, write_cycles
from cosearch.cost.line import line_cycles
from cosearch.cost.shape import LayerShape, shape_of
from cosearch.cost.work import ChunkRates, LayerWork, TileSizes
from cosearch.errors import HardwareError
from cosearch.hardware import Chunk, DramPort, Mapping, check_mapping
from cosearch.hardware.mapping import LoopOrder
from cosearch.numerics import Scalar
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
    residual_beats = output_beats(work, layer.residual_bits, pooled=False) if layer.has_residual else 0
    beats = {
        "parameter_beats": work.parameter_beats,
        "weight_beats": weight_beats(work, loop_order),
        "input_beats": input_beats(work, loop_order),
        "residual_beats": residual_beats,
        "output_beats": output_beats(work, layer.output_bits, pooled=True),
    }
    return LayerTiming(
        cycles=line_cycles(work, loop_order),
        compute_cycles=compute_cycles(work),
        read_cycles=read_cycles(work, loop_order),
        write_cycles=write_cycles(work),
        **beats,
        dram_bits=sum(beats.values()) * port.beat_bits,
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
