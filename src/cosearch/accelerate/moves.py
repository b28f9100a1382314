"""Energy and DRAM traffic of chunk designs, every layer under its fastest tiling."""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from cosearch.accelerate.allocation import ChunkClass
from cosearch.accelerate.arrays import BoolArray, FloatArray, IntArray
from cosearch.accelerate.designs import ChunkDesigns
from cosearch.cost import tiling_costs
from cosearch.hardware import DramPort, EnergyRules, Unroll
from cosearch.workload import Layer

TilingArray = NDArray[np.int16]
"""Numbers of tilings, as `cost.mapping_table` counts them."""


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """What every layer burns and moves on every design: [designs, columns] each.

    Attributes:
        energy_joules: Dynamic energy.
        dram_bits: Traffic.
    """

    energy_joules: FloatArray
    dram_bits: IntArray


@dataclass(frozen=True, eq=False, kw_only=True)
class MappedDesigns:
    """The fastest tiling of every layer on every design; what they burn and move is priced when it is asked for.

    Attributes:
        layers: One of each shape, in the order of the class's columns.
        tilings: [designs, columns]; any number where no tiling fits.
        designs: In the same order.
        given: What is known already.
    """

    layers: tuple[Layer, ...]
    tilings: TilingArray
    designs: ChunkDesigns
    chunk_class: ChunkClass
    port: DramPort
    rules: EnergyRules
    given: Moves | None = None

    @cached_property
    def moves(self) -> Moves:
        """Energy and traffic; each pair of an unrolling and a tiling that occurs is priced once."""
        if self.given is not None:
            return self.given
        energy = np.zeros(self.tilings.shape, order="F")
        bits = np.zeros(self.tilings.shape, np.int64, order="F")
        fused = self.designs.fused_pixels > 1
        for is_resident, has_sums, is_fused in product((False, True), repeat=3):
            of_group = (self.designs.resident > 0) == is_resident
            of_group &= ((self.designs.partial_sums > 0) == has_sums) & (fused == is_fused)
            if of_group.any():
                self._price(of_group, is_resident, has_sums, energy, bits)
        return Moves(energy, bits)

    def take(self, rows: IntArray) -> "MappedDesigns":
        """Some of the designs."""
        known = self.__dict__.get("moves", self.given)
        if known is not None:
            known = Moves(np.asfortranarray(known.energy_joules[rows]), np.asfortranarray(known.dram_bits[rows]))
        return replace(self, tilings=self.tilings[rows], designs=self.designs.take(rows), given=known)

    def _price(
        self, of_group: BoolArray, is_resident: bool, has_sums: bool, energy: FloatArray, bits: IntArray
    ) -> None:
        """Fill in designs that keep weights and sums alike, and unroll pixels of a row or of all rows."""
        rows = np.flatnonzero(of_group)
        unrolls, unroll_of = _unrolls(self.designs, rows)
        for column, layer in enumerate(self.layers):
            tilings = self.tilings[rows, column].astype(np.int64)
            number = int(tilings.max()) + 1
            keys = unroll_of * number + tilings
            occurs = np.zeros(len(unrolls) * number, np.bool_)
            occurs[keys] = True
            pairs, place_of = np.flatnonzero(occurs), np.cumsum(occurs)[keys] - 1
            costs = tiling_costs(
                layer,
                kind=self.chunk_class.kind,
                weight_bits=self.chunk_class.width_bits,
                activation_bits=self.chunk_class.width_bits,
                unrolls=[unrolls[pair] for pair in (pairs // number).tolist()],
                codes=torch.from_numpy(pairs % number),
                resident_weights=is_resident,
                partial_sums=has_sums,
                port=self.port,
                rules=self.rules,
            )
            energy[rows, column] = costs.energy_joules.numpy()[place_of]
            bits[rows, column] = costs.dram_bits.numpy()[place_of]


def _unrolls(designs: ChunkDesigns, rows: IntArray) -> tuple[list[Unroll], IntArray]:
    """Unrollings that occur at some rows, and which one each row has."""
    names = ("lanes", "reduction", "columns", "fused_pixels", "kernel_columns")
    keys = np.zeros(len(rows), np.int64)
    for name in names:  # one number a row sorts much faster than rows of five
        values, place = np.unique(getattr(designs, name)[rows], return_inverse=True)
        keys = keys * len(values) + place
    _, first, unroll_of = np.unique(keys, return_index=True, return_inverse=True)
    sizes = np.stack([getattr(designs, name)[rows[first]] for name in names], axis=1)
    return [Unroll(K=k, C=c, OX=x, OYOX=p, FX=f) for k, c, x, p, f in sizes.tolist()], unroll_of.astype(np.int64)
