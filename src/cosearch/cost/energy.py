"""Energy of a layer on a chunk: what is computed, what the buffers serve, what DRAM moves.

On an FPGA the sizes are those of an ASIC technology: ratios are meant, and the confidence says `relative`.
"""

from cosearch.hardware import ACCUMULATOR_BITS, Chunk, EnergyRules, Mapping
from cosearch.workload import Layer

REQUANTISATION_BITS = 18
"""Width of the multiplier in the store path: one side of a DSP slice."""

ENERGY_PARTS: tuple[str, ...] = ("mac", "buffer_I", "buffer_W", "buffer_O", "store", "fill", "dram", "static")
"""Where energy goes; all but `static` are dynamic and belong to a layer."""


def layer_energy_joules(
    layer: Layer, mapping: Mapping, chunk: Chunk, dram_bits: int, rules: EnergyRules
) -> dict[str, float]:
    """Dynamic energy of one layer, by part.

    `mac`: products at the chunk's widths and their sums. `buffer_*`: every step of the array reads a row of
    I and of W and reads and writes a row of O. `store`: each sum leaves the O buffer, meets its residual, and is
    requantised. `fill`: every bit that DRAM moves is written to or read from a buffer once. `dram`: those bits.

    Args:
        layer: The layer.
        mapping: Its tiles; edge tiles cost what they contain.
        chunk: Where it runs.
        dram_bits: Bits it moves, reads and writes together.
        rules: Energies per operation and bit.
    """
    steps = array_steps(layer, mapping, chunk)
    lanes, reduction = chunk.unroll.K, chunk.unroll.C
    input_words = lanes if layer.is_depthwise else reduction
    multiply = rules.multiply_joules_per_bit2 * chunk.weight_bits * chunk.activation_bits
    add = rules.add_joules_per_bit * ACCUMULATOR_BITS
    requantise = rules.multiply_joules_per_bit2 * ACCUMULATOR_BITS * REQUANTISATION_BITS
    residual_bits = chunk.activation_bits if layer.residual else 0
    stored_bits = ACCUMULATOR_BITS + residual_bits
    buffer = rules.buffer_joules_per_bit
    sums = layer.out_channels * layer.OY * layer.OX
    return {
        "mac": layer.num_macs * (multiply + add),
        "buffer_I": steps * input_words * chunk.activation_bits * buffer,
        "buffer_W": steps * lanes * reduction * chunk.weight_bits * buffer,
        "buffer_O": steps * lanes * 2 * ACCUMULATOR_BITS * buffer,
        "store": sums * (requantise + add + stored_bits * buffer),
        "fill": dram_bits * buffer,
        "dram": dram_bits * rules.dram_joules_per_bit,
    }


def array_steps(layer: Layer, mapping: Mapping, chunk: Chunk) -> int:
    """Cycles in which the array computes, over all tiles of a layer, without fill and drain of its pipeline."""
    tile, unroll = mapping.tile, chunk.unroll
    pixels = layer.OY * layer.OX * layer.FY * layer.FX
    if layer.is_depthwise:
        return pixels * _unrolled(layer.G, tile.G, unroll.K)
    return pixels * layer.G * _unrolled(layer.K, tile.K, unroll.K) * _unrolled(layer.C, tile.C, unroll.C)


def _unrolled(bound: int, tile: int, unroll: int) -> int:
    """Steps of a spatially unrolled loop, over all its tiles."""
    whole, rest = divmod(bound, tile)
    return whole * -(-tile // unroll) + -(-rest // unroll)
