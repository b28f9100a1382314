"""What of a chunk is wired, and what a layer writes into its program registers."""

from dataclasses import dataclass

from cosearch.errors import HardwareError, UnsupportedLayerError
from cosearch.handoff.rtl.golden import Tensors
from cosearch.handoff.rtl.sources import program_registers
from cosearch.hardware import (
    OUTPUT_STATIONARY,
    PIXELS_OUTER,
    Chunk,
    ChunkKind,
    DramPort,
    Mapping,
    check_mapping,
    resident_bits,
    words_per_beat,
)
from cosearch.workload import PARAMETER_BITS, Layer

_LEAST_BITS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkParameters:
    """Parameters of the Verilog module; see chunk.v."""

    K: int
    C: int
    DEPTHWISE: int
    RESIDENT: int
    I_BITS: int
    W_BITS: int
    BEAT: int
    WORDS: int
    I_ROWS: int
    W_ROWS: int
    O_ROWS: int
    CHANNELS: int


def chunk_parameters(chunk: Chunk, port: DramPort, *, least_bits: int = _LEAST_BITS) -> ChunkParameters:
    """The module's parameters for a chunk.

    Args:
        chunk: A standard or depthwise chunk of the K x C array.
        port: Its port.
        least_bits: The narrowest word that any of its layers stores; fewer words of a beat make smaller unpackers.

    Raises:
        HardwareError: if the module cannot be that chunk; names why.
    """
    unroll = chunk.unroll
    if chunk.kind is ChunkKind.BOTH:
        raise HardwareError("the RTL has standard and depthwise chunks, none for both; split it")
    if unroll.pixels * unroll.FX > 1:
        raise HardwareError(f"the RTL unrolls K and C, not pixels or kernel columns ({unroll}); set those to 1")
    if chunk.partial_sums or chunk.activation_table:
        raise HardwareError("the RTL has neither partial sums in memory nor an activation table; set both to false")
    if port.beat_bits % PARAMETER_BITS:
        raise HardwareError(f"a beat of {port.beat_bits} bits is no multiple of {PARAMETER_BITS}; the RTL needs that")
    depthwise = chunk.kind is ChunkKind.DEPTHWISE
    capacity = chunk.capacity_bits
    lanes = unroll.K if depthwise else unroll.C
    return ChunkParameters(
        K=unroll.K,
        C=unroll.C,
        DEPTHWISE=int(depthwise),
        RESIDENT=int(chunk.resident_weights),
        I_BITS=chunk.activation_bits,
        W_BITS=chunk.weight_bits,
        BEAT=port.beat_bits,
        WORDS=port.beat_bits // least_bits,
        I_ROWS=-(-capacity.I // (lanes * chunk.activation_bits)),
        W_ROWS=-(-capacity.W // (unroll.K * unroll.C * chunk.weight_bits)),
        O_ROWS=-(-capacity.O // (unroll.K * 32)),
        CHANNELS=chunk.max_channels,
    )


def check_layer(layer: Layer, mapping: Mapping, chunk: Chunk, port: DramPort) -> None:
    """Refuse what the module cannot run.

    Raises:
        MappingError: if the mapping is illegal.
        UnsupportedLayerError: if the layer has what the RTL has not; names it.
        HardwareError: if its weights do not fit a chunk that keeps them.
    """
    check_mapping(layer, mapping, chunk, port.beat_bits)
    lacks = {
        "operations other than convolutions": not layer.has_weights,
        "dilation": max(layer.dilation_y, layer.dilation_x) > 1,
        "activations other than relu": layer.activation not in ("linear", "relu"),
        "shuffled inputs": layer.input_runs > 1,
        "offsets in memory": max(layer.input_offset, layer.output_offset, layer.residual_offset) > 0,
        "orders with partial sums in memory": mapping.loop_order not in OUTPUT_STATIONARY,
        "groups that begin inside a beat": _splits_beats(layer, port),
    }
    for what, found in lacks.items():
        if found:
            raise UnsupportedLayerError(f"the RTL has no {what}").at(layer.name)
    if chunk.resident_weights and resident_bits(layer, chunk) > chunk.capacity_bits.W:
        raise HardwareError(f"weights of {resident_bits(layer, chunk)} bits exceed the W buffer").at(layer.name)


def _splits_beats(layer: Layer, port: DramPort) -> bool:
    if layer.is_depthwise or layer.G == 1:
        return False
    stored = [(layer.C, layer.input_bits), (layer.K, layer.output_bits)]
    if layer.residual is not None:
        stored.append((layer.K, layer.residual_bits))
    return any(channels % words_per_beat(port.beat_bits, bits) for channels, bits in stored)


def layer_program(
    layer: Layer, mapping: Mapping, tensors: Tensors, port: DramPort, bases: dict[str, int]
) -> list[int]:
    """Values of the program registers, in their order.

    Args:
        layer: What is run.
        mapping: Its tiles and loop order.
        tensors: Say which words have a sign, and how sums are scaled.
        port: Gives the width of a beat.
        bases: First beat of the tensors P, W, I, R and O in memory.
    """
    depthwise, tile = layer.is_depthwise, mapping.tile
    lanes, tile_lanes = (layer.G, tile.G) if depthwise else (layer.K, tile.K)
    row, group = weight_beats(layer, mapping, port)
    words = {
        name: words_per_beat(port.beat_bits, bits)
        for name, bits in (
            ("I", layer.input_bits),
            ("O", layer.output_bits),
            ("R", layer.residual_bits or layer.output_bits),
            ("W", layer.weight_bits),
        )
    }
    values = {
        "G": 1 if depthwise else layer.G,
        "M": lanes,
        "C": layer.C,
        "OY": layer.OY,
        "OX": layer.OX,
        "FY": layer.FY,
        "FX": layer.FX,
        "IY": layer.IY,
        "IX": layer.IX,
        "STRIDE_Y": layer.stride_y,
        "STRIDE_X": layer.stride_x,
        "PAD_Y": layer.padding_y,
        "PAD_X": layer.padding_x,
        "TILE_M": tile_lanes,
        "TILE_C": tile.C,
        "TILE_OY": tile.OY,
        "TILE_OX": tile.OX,
        "PIXELS_OUTER": int(mapping.loop_order == PIXELS_OUTER and not depthwise),
        "POOL_Y": layer.pool_y,
        "POOL_X": layer.pool_x,
        "POOL_SUM": int(tensors.pool_sum),
        "RELU": int(tensors.relu),
        "RESIDUAL": int(layer.residual is not None),
        "RESIDUAL_SHIFT": tensors.residual_shift,
        "W_BITS": layer.weight_bits,
        "I_BITS": layer.input_bits,
        "O_BITS": layer.output_bits,
        "R_BITS": layer.residual_bits or layer.output_bits,
        "I_SIGNED": int(tensors.signed_inputs),
        "O_SIGNED": int(tensors.signed_outputs),
        "R_SIGNED": int(tensors.signed_residual),
        **{f"{name}_WORDS": count for name, count in words.items()},
        **{f"{name}_BASE": base for name, base in bases.items()},
        "P_BEATS": -(-layer.out_channels * PARAMETER_BITS // port.beat_bits),
        "W_ROW": row,
        "W_GROUP": group,
    }
    return [values[name] for name in program_registers()]


def weight_beats(layer: Layer, mapping: Mapping, port: DramPort) -> tuple[int, int]:
    """Weight beats of all reduction steps of a whole tile of lanes, and of a group."""
    tile = mapping.tile
    lanes, tile_lanes = (layer.G, tile.G) if layer.is_depthwise else (layer.K, tile.K)
    words = words_per_beat(port.beat_bits, layer.weight_bits)

    def beats(size: int) -> int:
        steps = [min(tile.C, layer.C - start) for start in range(0, layer.C, tile.C)]
        return sum(-(-size * step * layer.FY * layer.FX // words) for step in steps)

    sizes = [min(tile_lanes, lanes - start) for start in range(0, lanes, tile_lanes)]
    return beats(tile_lanes), sum(beats(size) for size in sizes)
