"""Everything a layer costs on an array, of one or of a batch."""

from collections.abc import Mapping
from dataclasses import dataclass

from cosearch.cost.asic.counts import AccessCounts, access_counts
from cosearch.cost.asic.energy import array_energy_joules
from cosearch.cost.asic.nest import ArrayNest
from cosearch.cost.asic.rates import ArrayRates, Number
from cosearch.cost.asic.structure import ArrayStructure
from cosearch.cost.asic.timing import ArrayTiming, array_timing
from cosearch.cost.asic.traffic import Traffic, traffic
from cosearch.numerics import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayPrice:
    """Cycles, traffic and energy of a mapped layer, or of a batch, each with its parts.

    Attributes:
        utilisation: Of all elements over all cycles, the share that the layer's own operations take.
    """

    counts: AccessCounts
    traffic: Traffic
    timing: ArrayTiming
    energy_by_part_joules: Mapping[str, Number]
    energy_joules: Number
    dram_bits: Scalar
    utilisation: Number


def price_layers(nest: ArrayNest, structure: ArrayStructure, rates: ArrayRates) -> ArrayPrice:
    """Price a mapped layer in ints, a batch in exact floats, or a relaxed one in float tensors, by the same lines.

    Args:
        nest: From `nest_of`, `stack_nests`, or made of tensors.
        structure: Of the array, for layers with or without weights.
        rates: Of the array in its technology.
    """
    counts = access_counts(nest, structure)
    moved = traffic(nest, structure, counts, rates)
    timing = array_timing(structure, counts, moved, rates)
    parts = array_energy_joules(structure, counts, moved, rates, timing.cycles)
    energy: Number = 0.0
    for joules in parts.values():
        energy = energy + joules
    bits: Scalar = 0
    for part in moved.dram_bits.values():
        bits = bits + part
    return ArrayPrice(
        counts=counts,
        traffic=moved,
        timing=timing,
        energy_by_part_joules=parts,
        energy_joules=energy,
        dram_bits=bits,
        utilisation=nest.operations / (timing.cycles * rates.num_elements),
    )
