"""What an array built in a technology takes for each event, and how much passes in a cycle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch

from cosearch.hardware import OPERANDS, ArrayAccelerator, MemoryCost, Operand, Storage, Technology
from cosearch.numerics import EXACT, Scalar

Number = Scalar | float


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayRates:
    """Numbers of one array, or of a batch.

    Attributes:
        num_elements: Of the whole array, at work or not.
        accumulator_bits: Of sums.
        registers_width_bits, buffer_width_bits, dram_width_bits: Of memory words.
        bus_bits: Of the network, a cycle, by operand.
        read_bits, write_bits: Of the buffer's ports, a cycle.
        dram_bits: A cycle.
        multiply_joules, add_joules: Of one product, and of one addition to a sum.
        register_read_joules, register_write_joules: Of a memory word, by operand.
        buffer_read_joules, buffer_write_joules: The same of the buffer.
        network_joules_per_bit, dram_joules_per_bit: Of what passes.
        leakage_watts: Of all there is.
    """

    num_elements: Scalar
    clock_hertz: Number
    accumulator_bits: Scalar
    registers_width_bits: Scalar
    buffer_width_bits: Scalar
    dram_width_bits: Scalar
    bus_bits: Mapping[Operand, Scalar]
    read_bits: Scalar
    write_bits: Scalar
    dram_bits: Scalar
    multiply_joules: Number
    add_joules: Number
    register_read_joules: Mapping[Operand, Number]
    register_write_joules: Mapping[Operand, Number]
    buffer_read_joules: Mapping[Operand, Number]
    buffer_write_joules: Mapping[Operand, Number]
    network_joules_per_bit: Number
    dram_joules_per_bit: Number
    leakage_watts: Number


def rates_of_array(array: ArrayAccelerator, technology: Technology) -> ArrayRates:
    """The numbers of one array."""
    arithmetic = technology.arithmetic
    registers = _costs(array.registers, technology)
    buffer = _costs(array.buffer, technology)
    return ArrayRates(
        num_elements=array.num_elements,
        clock_hertz=array.clock_hertz,
        accumulator_bits=array.accumulator_bits,
        registers_width_bits=array.registers.width_bits,
        buffer_width_bits=array.buffer.width_bits,
        dram_width_bits=array.dram.width_bits,
        bus_bits={operand: array.network.bits_per_cycle[operand] for operand in OPERANDS},
        read_bits=array.buffer.read_bits_per_cycle,
        write_bits=array.buffer.write_bits_per_cycle,
        dram_bits=array.dram.bits_per_cycle,
        multiply_joules=arithmetic.multiply_joules_per_bit2 * array.weight_bits * array.activation_bits,
        add_joules=arithmetic.add_joules_per_bit * array.accumulator_bits,
        register_read_joules={operand: cost.read_joules for operand, cost in registers.items()},
        register_write_joules={operand: cost.write_joules for operand, cost in registers.items()},
        buffer_read_joules={operand: cost.read_joules for operand, cost in buffer.items()},
        buffer_write_joules={operand: cost.write_joules for operand, cost in buffer.items()},
        network_joules_per_bit=technology.network_joules_per_bit,
        dram_joules_per_bit=technology.dram_joules_per_bit,
        leakage_watts=sum(leakage_watts(array, technology).values()),
    )


def area_m2(array: ArrayAccelerator, technology: Technology) -> dict[str, float]:
    """Area of an array by part; `overhead` is control and wiring."""
    arithmetic, elements = technology.arithmetic, array.num_elements
    product = arithmetic.multiply_m2_per_bit2 * array.weight_bits * array.activation_bits
    parts = {
        "mac": elements * (product + arithmetic.add_m2_per_bit * array.accumulator_bits),
        "registers": elements * sum(cost.area_m2 for cost in _memories(array.registers, technology)),
        "buffer": sum(cost.area_m2 for cost in _memories(array.buffer, technology)),
    }
    return {**parts, "overhead": technology.overhead_area_fraction * sum(parts.values())}


def leakage_watts(array: ArrayAccelerator, technology: Technology) -> dict[str, float]:
    """Leakage of an array by part."""
    return {
        "mac": area_m2(array, technology)["mac"] * technology.logic_leakage_watts_per_m2,
        "registers": array.num_elements * sum(cost.leakage_watts for cost in _memories(array.registers, technology)),
        "buffer": sum(cost.leakage_watts for cost in _memories(array.buffer, technology)),
    }


def stack_rates(rates: Sequence[ArrayRates]) -> ArrayRates:
    """A batch of arrays of one structure as floats; what is the same in all of them stays as it is."""
    stacked: dict[str, Any] = {}
    for field in fields(ArrayRates):
        values = [getattr(each, field.name) for each in rates]
        if isinstance(values[0], Mapping):
            stacked[field.name] = {key: _stack([value[key] for value in values]) for key in values[0]}
        else:
            stacked[field.name] = _stack(values)
    return ArrayRates(**stacked)


def _stack(values: list[Any]) -> Any:
    return values[0] if all(value == values[0] for value in values) else torch.tensor(values, dtype=EXACT)


def _costs(storage: Storage, technology: Technology) -> dict[Operand, MemoryCost]:
    return {
        operand: technology.memory_cost(storage.memory_of(operand), storage.width_bits, storage.banks)
        for operand in OPERANDS
        if operand in storage.keeps
    }


def _memories(storage: Storage, technology: Technology) -> list[MemoryCost]:
    return [technology.memory_cost(size, storage.width_bits, storage.banks) for size in storage.memories().values()]
