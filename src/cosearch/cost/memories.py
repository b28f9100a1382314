"""Memories of a chunk: which primitives hold them, and how many."""

from dataclasses import dataclass

from cosearch.cost.choices import selector_lut
from cosearch.cost.chunk_shape import ChunkShape
from cosearch.errors import HardwareError
from cosearch.hardware import ACCUMULATOR_BITS, PARAMETER_BITS, FabricRules
from cosearch.numerics import Scalar, ceil_div, where


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What one memory takes: block RAM, UltraRAM, or LUTs that are memory; and LUTs that choose among blocks."""

    bram18: Scalar
    uram: Scalar
    lutram: Scalar
    selector_lut: Scalar

    @property
    def lut(self) -> Scalar:
        """LUTs of both kinds."""
        return self.lutram + self.selector_lut

    def times(self, copies: int) -> "Memory":
        """Several of it."""
        return Memory(
            bram18=copies * self.bram18,
            uram=copies * self.uram,
            lutram=copies * self.lutram,
            selector_lut=copies * self.selector_lut,
        )


def block_memory(width_bits: Scalar, depth: Scalar, fabric: FabricRules) -> Memory:
    """A simple dual port memory: the aspect ratio that needs the fewest BRAM18, or LUTs where it is shallow.

    Of aspect ratios that need as many blocks it takes the deepest, which has the fewest to choose among.
    """
    first, *others = sorted(fabric.bram18, key=lambda shape: -shape.depth)
    bram18, deep = ceil_div(width_bits, first.width) * ceil_div(depth, first.depth), ceil_div(depth, first.depth)
    for shape in others:
        blocks_deep = ceil_div(depth, shape.depth)
        blocks = ceil_div(width_bits, shape.width) * blocks_deep
        deep = where(blocks < bram18, blocks_deep, deep)
        bram18 = where(blocks < bram18, blocks, bram18)
    nothing = bram18 * 0
    chosen = nothing if fabric.cascades else width_bits * selector_lut(deep)
    lutram = nothing
    for shape in reversed(fabric.lutram):
        lutram = where(depth <= shape.depth, nothing + ceil_div(width_bits, shape.width) * shape.lut, lutram)
    is_shallow = depth <= fabric.lutram[-1].depth
    return Memory(
        bram18=where(is_shallow, nothing, bram18),
        uram=nothing,
        lutram=lutram,
        selector_lut=where(is_shallow, nothing, nothing + chosen),
    )


def ultra_memory(width_bits: Scalar, depth: Scalar, fabric: FabricRules) -> Memory:
    """A simple dual port memory of UltraRAM, however shallow; its blocks cascade without LUTs.

    Raises:
        HardwareError: if the family has none.
    """
    if fabric.uram is None:
        raise HardwareError(f"the {fabric.family} family has no UltraRAM; leave the chunk's uram empty")
    blocks = ceil_div(width_bits, fabric.uram.width) * ceil_div(depth, fabric.uram.depth)
    nothing = blocks * 0
    return Memory(bram18=nothing, uram=blocks, lutram=nothing, selector_lut=nothing)


def chunk_memories(shape: ChunkShape, fabric: FabricRules) -> dict[str, Memory]:
    """Every memory of a chunk, by name.

    The two banks of I, W and R are one memory of twice the depth: one is written while the other is read. The two
    banks of O are two memories: one is read and written by the array while the other is read by the store path.

    Raises:
        HardwareError: if an operand is to lie in UltraRAM and the family has none.
    """
    input_bits = shape.row_channels * shape.row_pixels * shape.activation_bits
    weight_bits = shape.unroll_K * shape.products_per_lane * shape.weight_bits
    sum_bits = shape.lanes * ACCUMULATOR_BITS
    sum_rows = ceil_div(shape.capacity_o_bits, sum_bits)
    input_rows, weight_rows = (
        ceil_div(shape.capacity_i_bits, input_bits),
        ceil_div(shape.capacity_w_bits, weight_bits),
    )
    residual_word_bits = shape.activation_bits + (ACCUMULATOR_BITS if shape.partial_sums else 0)
    kinds = {name: ultra_memory if name in shape.uram else block_memory for name in "IWO"}
    return {
        "I": kinds["I"](input_bits, 2 * input_rows, fabric),
        "W": kinds["W"](weight_bits, weight_rows if shape.resident_weights else 2 * weight_rows, fabric),
        "O": kinds["O"](sum_bits, sum_rows, fabric).times(2),
        "R": block_memory(shape.unroll_K * residual_word_bits, 2 * sum_rows * shape.unroll_pixels, fabric),
        "parameters": block_memory(
            shape.unroll_K * PARAMETER_BITS, ceil_div(shape.max_channels, shape.unroll_K), fabric
        ),
    }
