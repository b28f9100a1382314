"""Candidate mappings of one layer as batches that the cost model prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.cost.asic import ArrayNest, nest_of
from cosearch.hardware import DIMS, ArrayMapping, Dim, LevelLoops
from cosearch.numerics import EXACT, Scalar
from cosearch.workload import Layer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tiled:
    """Mappings without their orders: iterations by loop, [mappings, 8] each."""

    registers: IntArray
    rows: IntArray
    columns: IntArray
    buffer: IntArray
    dram: IntArray

    def __len__(self) -> int:
        return len(self.registers)

    @staticmethod
    def empty() -> "Tiled":
        """None."""
        none = np.ones((0, len(DIMS)), np.int64)
        return Tiled(registers=none, rows=none, columns=none, buffer=none, dram=none)

    @staticmethod
    def joined(parts: Sequence["Tiled"]) -> "Tiled":
        """All of some, one after another."""
        parts = [Tiled.empty(), *parts]
        return Tiled(**{name: np.concatenate([getattr(own, name) for own in parts]) for name in _LEVELS})

    def take(self, places: IntArray) -> "Tiled":
        """Some of them."""
        return Tiled(**{name: getattr(self, name)[places] for name in _LEVELS})

    def nest(self, layer: Layer, buffer_order: tuple[Dim, ...], dram_order: tuple[Dim, ...]) -> ArrayNest:
        """All of them under one order of each level, the innermost loop first."""
        loops: dict[str, Any] = {name: _columns(getattr(self, name)) for name in _LEVELS}
        return replace(nest_of(layer, ArrayMapping()), **loops, buffer_order=buffer_order, dram_order=dram_order)

    def mapping(self, place: int, buffer_order: tuple[Dim, ...], dram_order: tuple[Dim, ...]) -> ArrayMapping:
        """One of them, with orders whose innermost loop comes first."""
        factors = {name: _named(getattr(self, name)[place]) for name in _LEVELS}
        return ArrayMapping(
            registers=LevelLoops(factors=factors["registers"], order=tuple(factors["registers"])),
            rows=factors["rows"],
            columns=factors["columns"],
            buffer=_level(factors["buffer"], buffer_order),
            dram=_level(factors["dram"], dram_order),
        )


_LEVELS = ("registers", "rows", "columns", "buffer", "dram")


def as_floats(value: Scalar | float, number: int) -> FloatArray:
    """What the cost model gives for a batch, which may be one number for all of it. [mappings]."""
    if isinstance(value, torch.Tensor):
        return np.broadcast_to(value.numpy(), (number,))
    return np.full(number, float(value))


def _columns(table: IntArray) -> Mapping[Dim, Scalar]:
    """Columns by loop; those in which all are equal cost nothing as an int."""
    found: dict[Dim, Scalar] = {}
    for place, dim in enumerate(DIMS):
        column = table[:, place]
        alike = bool((column == column[0]).all())
        found[dim] = int(column[0]) if alike else torch.as_tensor(np.ascontiguousarray(column)).to(EXACT)
    return found


def _named(row: IntArray) -> dict[Dim, int]:
    return {dim: int(factor) for dim, factor in zip(DIMS, row, strict=True) if factor > 1}


def _level(factors: dict[Dim, int], inwards: tuple[Dim, ...]) -> LevelLoops:
    return LevelLoops(factors=factors, order=tuple(dim for dim in reversed(inwards) if dim in factors))
