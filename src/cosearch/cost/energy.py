"""Energy of a layer on a chunk: what is computed, what the buffers serve, what DRAM moves.

On an FPGA the sizes are those of an ASIC technology: ratios are meant, and the confidence says `relative`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch

from cosearch.cost.shape import LayerShape
from cosearch.hardware import ACCUMULATOR_BITS, Chunk, ChunkKind, EnergyRules, Unroll
from cosearch.numerics import EXACT, Scalar

Joules = Scalar | float

REQUANTISATION_BITS = 18
"""Width of the multiplier in the store path: one side of a DSP slice."""

ENERGY_PARTS: tuple[str, ...] = ("mac", "buffer_I", "buffer_W", "buffer_O", "store", "fill", "dram", "static")
"""Where energy goes; all but `static` are dynamic and belong to a layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayRows:
    """Operand widths of a chunk, and bits of the rows that its array reads in a cycle; ints or tensors for a batch.

    Attributes:
        input_bits, weight_bits, sum_bits: Rows of I, W and O.
    """

    activation_width_bits: Scalar
    weight_width_bits: Scalar
    input_bits: Scalar
    weight_bits: Scalar
    sum_bits: Scalar


@runtime_checkable
class Moves(Protocol):
    """What of a layer's timing takes energy; see `LayerTiming`."""

    @property
    def array_cycles(self) -> Scalar:
        """Cycles in which the array computes."""
        ...

    @property
    def drained_words(self) -> Scalar:
        """Sums that leave the accumulators."""
        ...

    @property
    def dram_bits(self) -> Scalar:
        """All beats, in bits."""
        ...


def rows_of(chunk: Chunk, *, is_depthwise: bool) -> ArrayRows:
    """The rows that a layer reads on a chunk: of a wide row of I, the words that its lanes or its reduction use."""
    unroll = chunk.unroll
    reduction = 1 if is_depthwise and chunk.kind is not ChunkKind.STANDARD else unroll.C
    channels = unroll.K if is_depthwise else reduction
    return ArrayRows(
        activation_width_bits=chunk.activation_bits,
        weight_width_bits=chunk.weight_bits,
        input_bits=channels * unroll.pixels * unroll.FX * chunk.activation_bits,
        weight_bits=unroll.K * unroll.C * unroll.FX * chunk.weight_bits,
        sum_bits=unroll.K * unroll.pixels * ACCUMULATOR_BITS,
    )


def rows_of_unrolls(
    unrolls: Sequence[Unroll], kind: ChunkKind, weight_bits: int, activation_bits: int, *, is_depthwise: bool
) -> ArrayRows:
    """As `rows_of`, for chunks that differ in their unrolling: tensors of shape [unrolls, 1]."""

    def column(values: list[int]) -> torch.Tensor:
        return torch.tensor(values, dtype=EXACT).reshape(-1, 1)

    lanes, pixels = column([u.K for u in unrolls]), column([u.pixels for u in unrolls])
    reduction, columns = column([u.C for u in unrolls]), column([u.FX for u in unrolls])
    one_channel = is_depthwise and kind is not ChunkKind.STANDARD
    channels = lanes if is_depthwise else reduction * 0 + 1 if one_channel else reduction
    return ArrayRows(
        activation_width_bits=activation_bits,
        weight_width_bits=weight_bits,
        input_bits=channels * pixels * columns * activation_bits,
        weight_bits=lanes * reduction * columns * weight_bits,
        sum_bits=lanes * pixels * ACCUMULATOR_BITS,
    )


def layer_energy_joules(layer: LayerShape, timing: Moves, rows: ArrayRows, rules: EnergyRules) -> dict[str, Joules]:
    """Dynamic energy of one layer, or of a batch, by part.

    `mac`: products at the chunk's widths and their sums. `buffer_*`: every cycle of the array reads a row of I and of
    W and reads and writes a row of O. `store`: each sum leaves the O buffer, meets its residual, and is requantised.
    `fill`: every bit that DRAM moves is written to or read from a buffer once. `dram`: those bits.

    Args:
        layer: The layer.
        timing: Its cycles and traffic under a mapping.
        rows: Of the chunk where it runs.
        rules: Energies per operation and bit.
    """
    operations = layer.G * layer.K * layer.C * layer.OY * layer.OX * layer.FY * layer.FX
    add = rules.add_joules_per_bit * ACCUMULATOR_BITS
    multiply: Joules = 0.0
    if layer.form.loads_weights:
        multiply = rules.multiply_joules_per_bit2 * rows.weight_width_bits * rows.activation_width_bits
    requantise = rules.multiply_joules_per_bit2 * ACCUMULATOR_BITS * REQUANTISATION_BITS
    stored_bits = ACCUMULATOR_BITS + (rows.activation_width_bits if layer.form.has_residual else 0)
    buffer = rules.buffer_joules_per_bit
    return {
        "mac": operations * (multiply + add),
        "buffer_I": timing.array_cycles * rows.input_bits * buffer,
        "buffer_W": timing.array_cycles * rows.weight_bits * buffer if layer.form.loads_weights else 0.0 * operations,
        "buffer_O": timing.array_cycles * rows.sum_bits * (2 * buffer),
        "store": timing.drained_words * (requantise + add + stored_bits * buffer),
        "fill": timing.dram_bits * buffer,
        "dram": timing.dram_bits * rules.dram_joules_per_bit,
    }
