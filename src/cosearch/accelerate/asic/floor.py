"""What any mapping of a layer on an array costs at least, whatever it is: no mapping is looked at."""

from cosearch.accelerate.asic.bounds import Context, free_outer
from cosearch.cost.asic import Place, loads_weights, rates_of_array, structure_of
from cosearch.hardware import PARAMETER_BITS, ArrayAccelerator, Operand, Technology
from cosearch.workload import Layer


def least_cost(layer: Layer, array: ArrayAccelerator, technology: Technology) -> tuple[float, float]:
    """Cycles and joules that a layer takes at least.

    All elements work in every cycle, every word moves once between DRAM and the buffer, and every product reads its
    operands where they lie nearest.
    """
    rates = rates_of_array(array, technology)
    structure = structure_of(array, loads_weights=loads_weights(layer))
    outer = free_outer(Context(layer=layer, structure=structure, rates=rates), structure.operands)
    operations = layer.num_operations
    parameters = layer.out_channels * PARAMETER_BITS
    bits = float(outer.overlapped_bits[0] + outer.waiting_bits[0]) + parameters
    cycles = max(-(-operations // array.num_elements), bits / float(rates.dram_bits))
    multiply = float(rates.multiply_joules) if structure.loads_weights else 0.0
    joules = operations * (multiply + float(rates.add_joules)) + float(outer.joules[0])
    joules += parameters * float(rates.dram_joules_per_bit)
    sums = layer.N * layer.out_channels * layer.OY * layer.OX
    for operand in structure.operands:
        place: Place = structure.places(operand)[1]
        if place != "registers":
            continue
        word_bits = {"I": layer.input_bits, "W": layer.weight_bits, "O": array.accumulator_bits}[operand]
        spread = -(-word_bits // array.registers.width_bits)
        read, write = float(rates.register_read_joules[operand]), float(rates.register_write_joules[operand])
        joules += spread * _accesses(operand, operations, sums * array.num_elements, read, write)
    leakage = float(rates.leakage_watts) / float(rates.clock_hertz)
    return cycles, (joules + leakage * cycles) * (1 - 1e-12)


def _accesses(operand: Operand, operations: int, started: int, read: float, write: float) -> float:
    """Energy of one access by every product; sums are written, and read unless an element starts them."""
    if operand != "O":
        return operations * read
    return operations * write + max(0, operations - started) * read
