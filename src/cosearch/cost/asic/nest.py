"""Mapped layers as numbers: one in ints, a batch in exact floats, a relaxed one in float tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from math import prod
from typing import Any

import torch

from cosearch.hardware import DIMS, PARAMETER_BITS, ArrayMapping, Dim
from cosearch.numerics import EXACT, Scalar, times
from cosearch.workload import Layer

Extents = Mapping[Dim, Scalar]

_LOOPS = ("registers", "rows", "columns", "buffer", "dram")
_ORDERS = ("buffer_order", "dram_order")


@dataclass(frozen=True, kw_only=True)
class ArrayNest:
    """The loops of a layer under a mapping, or of a batch of them, with what else of the layer costs.

    Attributes:
        registers, rows, columns, buffer, dram: Iterations by dimension, from the inside out.
        buffer_order, dram_order: Loops of each level from the innermost outwards; the same for all of a batch.
        residual_bits: 0 without a residual.
        pooled: Output pixels that are stored as one.
        operations: Steps of the layer's own loops, without those that the mapping adds.
        residual_words: Words of the residual tensor.
        parameter_bits: Bits of biases and requantisation constants.
    """

    registers: Extents
    rows: Extents
    columns: Extents
    buffer: Extents
    dram: Extents
    buffer_order: tuple[Dim, ...]
    dram_order: tuple[Dim, ...]
    stride_y: Scalar
    stride_x: Scalar
    dilation_y: Scalar
    dilation_x: Scalar
    IY: Scalar
    IX: Scalar
    weight_bits: Scalar
    input_bits: Scalar
    output_bits: Scalar
    residual_bits: Scalar
    pooled: Scalar
    operations: Scalar
    residual_words: Scalar
    parameter_bits: Scalar

    @cached_property
    def array(self) -> Extents:
        """Extents of the loops inside the array."""
        return {dim: times(self.registers[dim], times(self.rows[dim], self.columns[dim])) for dim in DIMS}

    @cached_property
    def in_buffer(self) -> Extents:
        """Extents of the loops inside the buffer."""
        return {dim: times(self.array[dim], self.buffer[dim]) for dim in DIMS}

    @cached_property
    def whole(self) -> Extents:
        """Extents of all loops."""
        return {dim: times(self.in_buffer[dim], self.dram[dim]) for dim in DIMS}


def nest_of(layer: Layer, mapping: ArrayMapping) -> ArrayNest:
    """One layer in ints."""
    loops: dict[str, Any] = {
        name: {dim: factors.get(dim, 1) for dim in DIMS}
        for name, factors in (
            ("registers", mapping.registers.factors),
            ("rows", mapping.rows),
            ("columns", mapping.columns),
            ("buffer", mapping.buffer.factors),
            ("dram", mapping.dram.factors),
        )
    }
    return ArrayNest(
        **loops,
        buffer_order=mapping.buffer.outwards(),
        dram_order=mapping.dram.outwards(),
        stride_y=layer.stride_y,
        stride_x=layer.stride_x,
        dilation_y=layer.dilation_y,
        dilation_x=layer.dilation_x,
        IY=layer.IY,
        IX=layer.IX,
        weight_bits=layer.weight_bits,
        input_bits=layer.input_bits,
        output_bits=layer.output_bits,
        residual_bits=layer.residual_bits,
        pooled=layer.pool_y * layer.pool_x,
        operations=layer.num_operations,
        residual_words=layer.N * layer.out_channels * layer.OY * layer.OX if layer.residual else 0,
        parameter_bits=layer.out_channels * PARAMETER_BITS,
    )


def stack_nests(nests: Sequence[ArrayNest]) -> ArrayNest:
    """A batch of nests in ints as exact floats; what is the same in all of them stays an int, and costs nothing.

    Raises:
        ValueError: if their loops differ in order; see `group_nests`.
    """
    orders: dict[str, Any] = {}
    for level, name in (("buffer", "buffer_order"), ("dram", "dram_order")):
        repeated = [dim for dim in DIMS if any(getattr(nest, level)[dim] != 1 for nest in nests)]
        if len({tuple(dim for dim in getattr(nest, name) if dim in repeated) for nest in nests}) > 1:
            raise ValueError(f"{level} loops of several orders in one batch; group them first")
        orders[name] = getattr(nests[0], name)
    loops: dict[str, Any] = {
        name: {dim: _stack([getattr(nest, name)[dim] for nest in nests]) for dim in DIMS} for name in _LOOPS
    }
    rest: dict[str, Any] = {
        field.name: _stack([getattr(nest, field.name) for nest in nests])
        for field in fields(ArrayNest)
        if field.name not in (*_LOOPS, *_ORDERS)
    }
    return ArrayNest(**loops, **orders, **rest)


def group_nests(nests: Sequence[ArrayNest]) -> list[tuple[list[int], ArrayNest]]:
    """Batches of nests of one order each, with the indices of their members."""
    groups: dict[tuple[tuple[Dim, ...], ...], list[int]] = {}
    for index, nest in enumerate(nests):
        groups.setdefault((nest.buffer_order, nest.dram_order), []).append(index)
    return [(members, stack_nests([nests[index] for index in members])) for members in groups.values()]


def _stack(values: list[int]) -> Scalar:
    return values[0] if all(value == values[0] for value in values) else torch.tensor(values, dtype=EXACT)


def product(values: Sequence[Scalar]) -> Scalar:
    """Product of numbers; the ints among them first."""
    total: Scalar = prod(value for value in values if isinstance(value, int))
    for value in values:
        total = total if isinstance(value, int) else times(total, value)
    return total


def quotient(total: Scalar, part: Scalar) -> Scalar:
    """A quotient that leaves no remainder."""
    return total // part if isinstance(total, int) and isinstance(part, int) else torch.as_tensor(total / part)
