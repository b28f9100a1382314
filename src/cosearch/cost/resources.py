"""Resources of a chunk by named rules. They follow from the chunk alone, never from the network it runs."""

from dataclasses import dataclass
from functools import reduce

from cosearch.hardware import (
    ACCUMULATOR_BITS,
    PARAMETER_BITS,
    Chunk,
    ChunkKind,
    FabricRules,
    Platform,
    load_fabric,
)
from cosearch.numerics import Scalar, ceil_div, maximum, minimum, where


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Slices, block memories and LUTs; ints, or tensors of one shape for a batch of chunks."""

    dsp: Scalar
    bram18: Scalar
    uram: Scalar
    lut: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What one memory takes: block RAMs if it is deep, LUTs if it is shallow."""

    bram18: Scalar
    lut: Scalar


def memory(width_bits: Scalar, depth: Scalar, fabric: FabricRules) -> Memory:
    """A simple dual port memory: the aspect ratio that needs the fewest BRAM18, or LUTs where it is shallow."""
    bram18 = reduce(
        minimum, (ceil_div(width_bits, shape.width) * ceil_div(depth, shape.depth) for shape in fabric.bram18)
    )
    nothing = bram18 * 0
    lut = nothing
    for shape in reversed(fabric.lutram):
        lut = where(depth <= shape.depth, nothing + ceil_div(width_bits, shape.width) * shape.lut, lut)
    is_shallow = depth <= fabric.lutram[-1].depth
    return Memory(bram18=where(is_shallow, nothing, bram18), lut=lut)


def input_row_words(kind: ChunkKind, lanes: Scalar, reduction: Scalar) -> Scalar:
    """Words in a row of the I buffer: what the array reads in a cycle."""
    words = {ChunkKind.STANDARD: reduction, ChunkKind.DEPTHWISE: lanes, ChunkKind.BOTH: maximum(lanes, reduction)}
    return words[kind]


def buffers(
    *,
    kind: ChunkKind,
    weight_bits: int,
    activation_bits: int,
    lanes: Scalar,
    reduction: Scalar,
    capacity_i_bits: Scalar,
    capacity_w_bits: Scalar,
    capacity_o_bits: Scalar,
    resident_weights: bool,
    max_channels: int,
    fabric: FabricRules,
) -> dict[str, Memory]:
    """Every memory of a chunk, by name; the arguments are those of `chunk_resources`.

    The two banks of I, W and R are one memory of twice the depth: one is written while the other is read. The two
    banks of O are two memories: one is read and written by the array while the other is read by the store path.
    """
    input_bits = input_row_words(kind, lanes, reduction) * activation_bits
    row_bits = lanes * reduction * weight_bits
    sum_bits = lanes * ACCUMULATOR_BITS
    sum_rows = ceil_div(capacity_o_bits, sum_bits)
    weight_banks = 1 if resident_weights else 2
    output_bank = memory(sum_bits, sum_rows, fabric)
    return {
        "I": memory(input_bits, 2 * ceil_div(capacity_i_bits, input_bits), fabric),
        "W": memory(row_bits, weight_banks * ceil_div(capacity_w_bits, row_bits), fabric),
        "O": Memory(bram18=2 * output_bank.bram18, lut=2 * output_bank.lut),
        "R": memory(lanes * activation_bits, 2 * sum_rows, fabric),
        "parameters": memory(lanes * PARAMETER_BITS, ceil_div(max_channels, lanes), fabric),
    }


def lane_lut(*, weight_bits: int, activation_bits: int, reduction: Scalar, fabric: FabricRules) -> Scalar:
    """LUTs of one lane: multipliers without a DSP, adder tree, accumulator.

    An adder tree of n terms has n - 1 adders, each as wide as a term and the mean growth of the sums. Where DSP
    slices add pairs of products, the terms are those sums, half as many and a bit wider.
    """
    rules = fabric.lut
    terms, term_bits = reduction, weight_bits + activation_bits
    if fabric.dsp.adds_pairs and fabric.multiplier_is_dsp(weight_bits, activation_bits):
        terms, term_bits = ceil_div(reduction, 2), term_bits + 1
    multipliers = reduction * fabric.multiplier_lut(weight_bits, activation_bits)
    return multipliers + (terms - 1) * (term_bits + rules.adder_growth_bits) + rules.accumulator


def chunk_resources(
    *,
    kind: ChunkKind,
    weight_bits: int,
    activation_bits: int,
    lanes: Scalar,
    reduction: Scalar,
    capacity_i_bits: Scalar,
    capacity_w_bits: Scalar,
    capacity_o_bits: Scalar,
    resident_weights: bool,
    max_channels: int,
    output_bits: int,
    beat_bits: int,
    fabric: FabricRules,
) -> Resources:
    """Resources of a chunk, or of a batch of chunks that broadcast.

    Args:
        kind: What the array runs; decides how wide the I buffer is.
        weight_bits: Width of a weight in the array and in its buffer.
        activation_bits: Width of an activation, likewise.
        lanes: Unrolling of K, or of G on a depthwise chunk.
        reduction: Unrolling of C; 1 on a depthwise chunk.
        capacity_i_bits: One bank of the I buffer.
        capacity_w_bits: One bank of the W buffer.
        capacity_o_bits: One bank of the O buffer.
        resident_weights: The W buffer has one bank, not two.
        max_channels: Channels of the parameter memory.
        output_bits: The widest output that the store path writes.
        beat_bits: Width of the DRAM port.
        fabric: Rules of the FPGA family.
    """
    memories = buffers(
        kind=kind,
        weight_bits=weight_bits,
        activation_bits=activation_bits,
        lanes=lanes,
        reduction=reduction,
        capacity_i_bits=capacity_i_bits,
        capacity_w_bits=capacity_w_bits,
        capacity_o_bits=capacity_o_bits,
        resident_weights=resident_weights,
        max_channels=max_channels,
        fabric=fabric,
    ).values()
    rules = fabric.lut
    lane = lane_lut(weight_bits=weight_bits, activation_bits=activation_bits, reduction=reduction, fabric=fabric)
    stored_bits = max(activation_bits, output_bits)  # the store path reads residuals at activation bits
    lane = lane + rules.store_lane + rules.store_lane_per_bit * stored_bits
    if kind is ChunkKind.BOTH:
        lane = lane + rules.steering_per_bit * activation_bits
    multiplier_dsp = int(fabric.multiplier_is_dsp(weight_bits, activation_bits))
    bram18 = _total([part.bram18 for part in memories])
    return Resources(
        dsp=bram18 * 0 + lanes * (reduction * multiplier_dsp + rules.store_lane_dsp),
        bram18=bram18,
        uram=bram18 * 0,
        lut=lanes * lane
        + _total([part.lut for part in memories])
        + fabric.stream_lut(stored_bits, beat_bits)
        + rules.control,
    )


def resources_of(chunk: Chunk, platform: Platform) -> Resources:
    """Resources of one chunk on a platform, as ints.

    Raises:
        HardwareError: if the platform's family has no rules.
    """
    return chunk_resources(
        kind=chunk.kind,
        weight_bits=chunk.weight_bits,
        activation_bits=chunk.activation_bits,
        lanes=chunk.unroll.K,
        reduction=chunk.unroll.C,
        capacity_i_bits=chunk.capacity_bits.I,
        capacity_w_bits=chunk.capacity_bits.W,
        capacity_o_bits=chunk.capacity_bits.O,
        resident_weights=chunk.resident_weights,
        max_channels=chunk.max_channels,
        output_bits=chunk.output_bits,
        beat_bits=platform.dram.beat_bits,
        fabric=load_fabric(platform.family),
    )


def _total(parts: list[Scalar]) -> Scalar:
    return reduce(lambda a, b: a + b, parts)
