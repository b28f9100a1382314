"""Designs of one class for the layers of one network; builds of equal timing share their cycles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cosearch.accelerate.allocation import ChunkClass
from cosearch.accelerate.arrays import NEVER_CYCLES, BoolArray, IntArray
from cosearch.accelerate.designs import Build, ChunkDesigns, Grid, design_resources
from cosearch.accelerate.space import ChunkSpace
from cosearch.cost import UNREACHABLE, cycle_table
from cosearch.errors import HardwareError
from cosearch.hardware import DramPort, Platform, load_fabric
from cosearch.workload import Layer


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PooledClass:
    """One class of chunks.

    Attributes:
        designs: Those that fit the platform, less some that another one beats.
        rows: Row of `cycles` of each, not decreasing. [designs].
        cycles: [rows, layers], one layer after another in memory; `NEVER_CYCLES` where no tiling fits.
        resources: [designs, resources].
    """

    chunk_class: ChunkClass
    designs: ChunkDesigns
    rows: IntArray
    cycles: IntArray
    resources: IntArray


class _Built(NamedTuple):
    """All designs of a grid, built alike: what they take, and which can be had. [places] both."""

    build: Build
    resources: IntArray
    can: BoolArray


@dataclass(frozen=True, slots=True)
class PoolBuilder:
    """Prices classes of chunks that stream their weights.

    Attributes:
        budget: Of each resource, what the platform leaves to a design.
    """

    space: ChunkSpace
    platform: Platform
    port: DramPort
    budget: IntArray

    def build(self, chunk_class: ChunkClass, layers: Sequence[Layer]) -> PooledClass:
        """Price the designs of a class for layers of distinct shapes.

        Raises:
            HardwareError: if no design fits the platform, or none can run some layer.
        """
        parts = [
            self._priced(
                chunk_class,
                layers,
                Grid.of(chunk_class.kind, self.space, resident=False, partial_sums=sums, port=self.port),
            )
            for sums in self.space.partial_sums
        ]
        starts = np.cumsum([0, *(len(part.cycles) for part in parts)])
        cycles = np.concatenate([part.cycles.T for part in parts], axis=1).T
        self._check(chunk_class, layers, cycles)
        return PooledClass(
            chunk_class=chunk_class,
            designs=ChunkDesigns.stack([part.designs for part in parts]),
            rows=np.concatenate([part.rows + start for part, start in zip(parts, starts, strict=False)]),
            cycles=cycles,
            resources=np.concatenate([part.resources for part in parts]),
        )

    def _priced(self, chunk_class: ChunkClass, layers: Sequence[Layer], grid: Grid) -> PooledClass:
        """Price one grid."""
        designs = grid.designs()
        builds = self._builds(chunk_class, grid, designs)
        fits = np.any([built.can for built in builds], axis=0)
        table = self._table(chunk_class, layers, grid, fits)
        fits &= ~_beaten_by_smaller(table, builds, grid)
        numbers = np.cumsum(fits) - 1
        kept = [np.flatnonzero(built.can & fits) for built in builds]
        places = np.concatenate(kept)
        order = np.argsort(places, kind="stable")
        parts = [built.build.apply(designs.take(own)) for built, own in zip(builds, kept, strict=True)]
        resources = [built.resources[own] for built, own in zip(builds, kept, strict=True)]
        return PooledClass(
            chunk_class=chunk_class,
            designs=ChunkDesigns.stack(parts).take(order),
            rows=numbers[places[order]],
            cycles=np.take(table, np.flatnonzero(fits), axis=1).T,
            resources=np.concatenate(resources)[order],
        )

    def _builds(self, chunk_class: ChunkClass, grid: Grid, designs: ChunkDesigns) -> list[_Built]:
        """Every way to build the designs; one that takes no less of anything than another way cannot be had."""
        fabric = load_fabric(self.platform.family)
        builds: list[_Built] = []
        for build in Build.choices(chunk_class, self.space, fabric):
            resources = design_resources(designs, chunk_class, grid, build, port=self.port, fabric=fabric)
            can = build.fits(designs, chunk_class.kind) & (resources <= self.budget).all(axis=1)
            for other in builds:
                can &= ~(other.can & (other.resources <= resources).all(axis=1))
            for place, other in enumerate(builds):
                beaten = can & (resources <= other.resources).all(axis=1)
                builds[place] = other._replace(can=other.can & ~beaten)
            builds.append(_Built(build, resources, can))
        return builds

    def _table(self, chunk_class: ChunkClass, layers: Sequence[Layer], grid: Grid, fits: BoolArray) -> IntArray:
        """Cycles of all designs of a grid. [layers, places]; `NEVER_CYCLES` where no design of an unrolling fits."""
        by_unroll = fits.reshape(len(grid.unrolls), -1)
        unrolls = np.flatnonzero(by_unroll.any(axis=1))
        whole = np.full((len(layers), *by_unroll.shape), NEVER_CYCLES, np.int64)
        if len(unrolls):
            table = cycle_table(
                layers,
                kind=chunk_class.kind,
                weight_bits=chunk_class.width_bits,
                activation_bits=chunk_class.width_bits,
                unrolls=[grid.unrolls[u] for u in unrolls],
                capacities=grid.capacities,
                slots=grid.slots,
                resident_weights=False,
                partial_sums=grid.partial_sums,
                port=self.port,
            )
            cycles = table.movedim(-1, 0).numpy().reshape(len(layers), len(unrolls), -1)
            whole[:, unrolls] = np.where(cycles >= UNREACHABLE, NEVER_CYCLES, cycles)
        return whole.reshape(len(layers), -1)

    def _check(self, chunk_class: ChunkClass, layers: Sequence[Layer], cycles: IntArray) -> None:
        """Refuse a space in which some layer could never run."""
        if not len(cycles):
            raise HardwareError(
                f"no design of a {chunk_class} in the declared space fits the budget of {self.platform.name}; "
                "offer fewer lanes or smaller capacities"
            )
        never = np.flatnonzero((cycles >= NEVER_CYCLES).all(axis=0))
        if len(never):
            raise HardwareError(
                f"no {chunk_class} in the declared space holds a tile of it; offer larger capacities"
            ).at(layers[int(never[0])].name)


def _beaten_by_smaller(table: IntArray, builds: list[_Built], grid: Grid) -> BoolArray:
    """Places whose neighbour with a smaller buffer is as fast on every layer and takes no more, however built."""
    sizes = grid.capacities
    shape = (len(grid.unrolls), len(grid.slots), len(sizes.I), len(sizes.W), len(sizes.O))
    beaten = np.zeros(shape, np.bool_)
    for axis in (2, 3, 4):
        lower = (slice(None),) * axis + (slice(None, -1),)
        upper = (slice(None),) * axis + (slice(1, None),)
        worse = np.ones(beaten[upper].shape, np.bool_)
        for cycles in table:
            by_place = cycles.reshape(shape)
            worse &= by_place[lower] <= by_place[upper]
        for built in builds:
            takes, can = built.resources.reshape(*shape, -1), built.can.reshape(shape)
            smaller = can[lower] & (takes[lower] <= takes[upper]).all(axis=-1)
            worse &= smaller | ~can[upper]
        beaten[upper] |= worse
    return beaten.ravel()
