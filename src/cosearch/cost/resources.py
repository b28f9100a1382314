"""Resources of a chunk by named rules. They follow from the chunk alone, never from the network it runs."""

from dataclasses import dataclass, fields
from functools import reduce

from cosearch.cost.array import adder_lut, alignment_lut, multiplier_dsp, multiplier_lut, pooling_lut
from cosearch.cost.choices import selector_lut
from cosearch.cost.chunk_shape import ChunkShape
from cosearch.cost.memories import chunk_memories
from cosearch.hardware import ACCUMULATOR_BITS, Chunk, FabricRules, Platform, load_fabric
from cosearch.numerics import Scalar

RESOURCE_PARTS: tuple[str, ...] = (
    "multipliers",
    "adders",
    "pooling",
    "alignment",
    "store",
    "tables",
    "I",
    "W",
    "O",
    "R",
    "parameters",
    "stream",
    "control",
)
"""Where the resources of a chunk go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Slices, memories and LUTs; ints, or tensors of one shape for a batch of chunks. `lutram` is part of `lut`."""

    dsp: Scalar = 0
    bram18: Scalar = 0
    uram: Scalar = 0
    lut: Scalar = 0
    lutram: Scalar = 0


def resource_parts(shape: ChunkShape, beat_bits: int, fabric: FabricRules) -> dict[str, Resources]:
    """Resources of a chunk, or of a batch, by part; they sum to `chunk_resources`.

    Args:
        shape: The chunk, or a batch of chunks.
        beat_bits: Width of the DRAM port.
        fabric: Rules of the FPGA family.

    Raises:
        HardwareError: if an operand is to lie in UltraRAM and the family has none.
    """
    rules, lanes = fabric.lut, shape.unroll_K
    table_lutram = lanes * (rules.table_per_bit * shape.output_bits if shape.activation_table else 0)
    table_lut = table_lutram + lanes * (rules.table if shape.activation_table else 0)
    logic = {
        "multipliers": Resources(dsp=multiplier_dsp(shape, fabric), lut=multiplier_lut(shape, fabric)),
        "adders": Resources(lut=adder_lut(shape, fabric)),
        "pooling": Resources(lut=pooling_lut(shape, fabric)),
        "alignment": Resources(lut=alignment_lut(shape, fabric)),
        "store": Resources(dsp=lanes * rules.store_lane_dsp, lut=store_lut(shape, fabric)),
        "tables": Resources(lut=table_lut, lutram=table_lutram),
        "stream": Resources(lut=stream_lut(shape, beat_bits, fabric)),
        "control": Resources(lut=rules.control),
    }
    memories = {
        name: Resources(bram18=part.bram18, uram=part.uram, lut=part.lut, lutram=part.lutram)
        for name, part in chunk_memories(shape, fabric).items()
    }
    parts = {**logic, **memories}
    return {name: parts[name] for name in RESOURCE_PARTS}


def chunk_resources(shape: ChunkShape, beat_bits: int, fabric: FabricRules) -> Resources:
    """Resources of a chunk, or of a batch of chunks: the sum of `resource_parts`, all of one type and shape."""
    parts = resource_parts(shape, beat_bits, fabric).values()
    totals = {f.name: _total([getattr(part, f.name) for part in parts]) for f in fields(Resources)}
    nothing = _total(list(totals.values())) * 0
    return Resources(**{name: nothing + total for name, total in totals.items()})


def resources_of(chunk: Chunk, platform: Platform) -> Resources:
    """Resources of one chunk on a platform, as ints.

    Raises:
        HardwareError: if the platform's family has no rules, or no UltraRAM that the chunk asks for.
    """
    return chunk_resources(ChunkShape.of(chunk), platform.dram.beat_bits, load_fabric(platform.family))


def store_lut(shape: ChunkShape, fabric: FabricRules) -> Scalar:
    """LUTs of the store path: its lanes drain one pixel of a row of O after another."""
    lane = fabric.store_lane_lut(shape.stored_bits)
    if shape.partial_sums:
        lane += fabric.lut.store_lane_partial_sums
    return shape.unroll_K * (lane + ACCUMULATOR_BITS * selector_lut(shape.unroll_pixels))


def stream_lut(shape: ChunkShape, beat_bits: int, fabric: FabricRules) -> int:
    """LUTs between the buffers and the shared port: unpackers of I, W and R, the packer, the chunk's leg."""
    activations = fabric.unpacker_lut(shape.activation_bits, beat_bits)
    weights = fabric.unpacker_lut(shape.weight_bits, beat_bits)
    packer = fabric.packer_lut(shape.output_bits, beat_bits, partial_sums=shape.partial_sums)
    return 2 * activations + weights + packer + fabric.leg_lut(beat_bits)


def _total(parts: list[Scalar]) -> Scalar:
    return reduce(lambda a, b: a + b, parts)
