"""Energy of a layer on an array, by component, operand and level."""

from collections.abc import Mapping

from cosearch.cost.asic.counts import AccessCounts
from cosearch.cost.asic.rates import ArrayRates, Number
from cosearch.cost.asic.structure import ArrayStructure
from cosearch.cost.asic.traffic import Traffic
from cosearch.hardware import Operand
from cosearch.numerics import Scalar

LEAKAGE = "static"
"""The part of the energy that grows with time."""


def array_energy_joules(
    structure: ArrayStructure, counts: AccessCounts, moved: Traffic, rates: ArrayRates, cycles: Scalar
) -> dict[str, Number]:
    """Energy of a layer, or of a batch, by part; zeros are not gated.

    `mac`: products and the additions to their sums. `reduction`: additions of sums on their way to the buffer.
    `registers_*`, `buffer_*`: reads and writes of memory words. `network_*`: bits that enter or leave elements.
    `dram_*`: bits read or written. `static`: leakage of the whole array as long as the layer runs.
    """
    multiply = rates.multiply_joules if structure.loads_weights else 0.0
    parts: dict[str, Number] = {
        "mac": counts.compute_cycles * counts.elements * (multiply + rates.add_joules),
        "reduction": moved.crossings["O"].sums * rates.add_joules,
    }
    costs: dict[str, tuple[Mapping[Operand, Number], Mapping[Operand, Number]]] = {
        "registers": (rates.register_read_joules, rates.register_write_joules),
        "buffer": (rates.buffer_read_joules, rates.buffer_write_joules),
    }
    for (place, operand), access in moved.accesses.items():
        read, write = costs[place]
        parts[f"{place}_{operand}"] = access.reads * read[operand] + access.writes * write[operand]
    for operand, crossing in moved.crossings.items():
        parts[f"network_{operand}"] = crossing.bits * rates.network_joules_per_bit
    for name, bits in moved.dram_bits.items():
        parts[f"dram_{name}"] = bits * rates.dram_joules_per_bit
    parts[LEAKAGE] = cycles * (rates.leakage_watts / rates.clock_hertz)
    return parts
