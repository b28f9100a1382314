"""All pairs of tiles in registers and tiles in the buffer, bounded, without those that are beaten."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from cosearch.accelerate.arrays import BoolArray, FloatArray, IntArray
from cosearch.accelerate.asic.bounds import Context, InnerHalf, bound_pairs, least_inner, least_outer
from cosearch.accelerate.asic.buffered import BufferedTiles
from cosearch.accelerate.asic.nests import Tiled
from cosearch.accelerate.asic.orders import IRRELEVANT
from cosearch.accelerate.asic.space import MappingSpace
from cosearch.accelerate.asic.tilings import PLACE, divisors, tile_sizes, tiles_that_fit
from cosearch.accelerate.asic.unrollings import Unrolling
from cosearch.hardware import DIMS, OPERANDS, ArrayAccelerator

Keeps = Callable[[FloatArray, FloatArray], BoolArray]
"""Which bounds, in cycles and joules, nothing that is known matches or beats."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Mappings without the axis along which windows move. [pairs] each.

    Attributes:
        registers, buffer: Places of their tiles among those of all unrollings.
        inner, outer: Place among `OPERANDS` of the operand that stays at each level.
        cycles, joules: What they cost at least.
    """

    registers: IntArray
    buffer: IntArray
    inner: IntArray
    outer: IntArray
    cycles: FloatArray
    joules: FloatArray

    def __len__(self) -> int:
        return len(self.inner)

    def take(self, places: IntArray) -> "Pairs":
        """Some of them."""
        return Pairs(**{name: getattr(self, name)[places] for name in Pairs.__slots__})


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """Of one unrolling: factors [2, 8], iterations outside the array [8], extents of tiles [tiles, 8] each.

    Attributes:
        registers: In registers, in iterations of the loops outside the array.
        buffer: In the buffer, in the same.
    """

    spread: IntArray
    bounds: IntArray
    registers: IntArray
    buffer: IntArray

    @property
    def outside(self) -> IntArray:
        """Iterations over DRAM. [tiles, 8]."""
        return -(-self.bounds // self.buffer)

    def tiled(self) -> Tiled:
        """Tiles in registers under a buffer that holds the whole layer."""
        return _spread(self, self.registers, -(-self.bounds // self.registers), np.ones_like(self.registers))

    def outer(self) -> Tiled:
        """Tiles in the buffer over registers that hold one iteration."""
        return _spread(self, np.ones_like(self.buffer), self.buffer, self.outside)


def register_tiles(
    context: Context, array: ArrayAccelerator, choices: Sequence[Unrolling], space: MappingSpace
) -> list[Tiles]:
    """For each unrolling all tiles that registers hold; none in the buffer yet."""
    layer, none = context.layer, np.ones((0, len(DIMS)), np.int64)
    whole = np.array([getattr(layer, dim) for dim in DIMS], np.int64)
    ones, known = np.ones(len(DIMS), np.int64), dict[bytes, IntArray]()
    found: list[Tiles] = []
    for unrolling in choices:
        spread = unrolling.factors()
        bounds = -(-whole // spread.prod(axis=0))
        key = bounds.tobytes()
        if key not in known:
            parts = [sorted({part for size in own for part in divisors(size)}) for own in _sizes(bounds, space)]
            known[key] = tiles_that_fit(layer, array, array.registers, ones, parts)
        found.append(Tiles(spread, bounds, known[key], none))
    return found


def with_buffer(
    context: Context, array: ArrayAccelerator, tiles: Tiles, places: IntArray, space: MappingSpace
) -> Tiles:
    """Some tiles of the registers, with all that the buffer holds."""
    sizes = _sizes(tiles.bounds, space)
    buffer = tiles_that_fit(context.layer, array, array.buffer, tiles.spread.prod(axis=0), sizes)
    return Tiles(tiles.spread, tiles.bounds, tiles.registers[places], buffer)


class Halves:
    """Tiles of some unrollings, both halves priced.

    Args:
        context: The layer on the array.
        tiles: Of each unrolling.
        inner: Tiles in registers, priced for each operand that stays.
        buffered: Tiles in the buffer that are priced already.
    """

    def __init__(
        self, context: Context, tiles: Sequence[Tiles], inner: Sequence[InnerHalf], buffered: BufferedTiles
    ) -> None:
        self._context, self._tiles, self._inner = context, tiles, inner
        self._inner_rows = Tiled.joined([own.tiled() for own in tiles])
        self._outer_rows = Tiled.joined([own.outer() for own in tiles])
        extents = np.concatenate([own.buffer * own.spread.prod(axis=0) for own in tiles])
        self._outer_places = buffered.places(extents, self._outer_rows.dram)
        self._outer = buffered.halves

    @property
    def combinations(self) -> int:
        """Of tiles in registers and tiles in the buffer, those that do not divide one another too."""
        return sum(len(own.registers) * len(own.buffer) for own in self._tiles)

    def tiled(self, pairs: Pairs) -> Tiled:
        """The factors of pairs."""
        near, far = self._inner_rows.take(pairs.registers), self._outer_rows.take(pairs.buffer)
        return Tiled(
            registers=near.registers,
            rows=near.rows,
            columns=near.columns,
            buffer=far.buffer // near.registers,
            dram=far.dram,
        )

    def pairs(self, keeps: Keeps, *, most: int | None = None) -> Pairs:
        """All pairs that may improve on what is known, or those of the most promising tiles of each unrolling."""
        found: list[Pairs] = []
        first = second = 0
        for own in self._tiles:
            found += self._pairs_of(own, first, second, keeps, most)
            first, second = first + len(own.registers), second + len(own.buffer)
        return _joined(found)

    def _pairs_of(self, tiles: Tiles, first: int, second: int, keeps: Keeps, most: int | None) -> Iterator[Pairs]:
        """Those of one unrolling, whose tiles start at some places."""
        near, far = self._promising(tiles, first, second, keeps, most)
        rows, columns = (places[own] for places, own in zip((near, far), _dividing(tiles, near, far), strict=True))
        runs, again = _reuse(tiles, rows, columns)
        idle = ~(runs > 1).any(axis=0)
        outside = np.stack([_product(tiles.outside, place) for place in range(len(OPERANDS))])
        still = ~(outside > 1).any(axis=0)
        for place, other in product(range(len(OPERANDS)), repeat=2):
            matters = (runs[place] > 1) | idle
            matters &= ((outside[other] > 1) | (still & (other == 0)))[columns]
            chosen = np.flatnonzero(matters)
            a, b = rows[chosen] + first, columns[chosen] + second
            cycles, joules = bound_pairs(
                self._context, self._inner[place], self._outer[other], a, self._outer_places[b], again[place][chosen]
            )
            kept = np.flatnonzero(keeps(cycles, joules))
            yield Pairs(
                registers=a[kept],
                buffer=b[kept],
                inner=np.full(len(kept), place, np.int64),
                outer=np.full(len(kept), other, np.int64),
                cycles=cycles[kept],
                joules=joules[kept],
            )

    def _promising(
        self, tiles: Tiles, first: int, second: int, keeps: Keeps, most: int | None
    ) -> tuple[IntArray, IntArray]:
        """Tiles in registers and in the buffer that may improve on what is known with the best of the other half."""
        near, far = np.arange(len(tiles.registers)), np.arange(len(tiles.buffer))
        if not len(near) or not len(far):
            return near[:0], far[:0]
        inner, outer = (
            least_inner(self._inner, near + first),
            least_outer(self._outer, self._outer_places[far + second]),
        )
        best_inner, best_outer = least_inner([inner], near, whole=True), least_outer([outer], far, whole=True)
        once = np.ones(1)
        with_inner = bound_pairs(self._context, inner, best_outer, near, np.zeros(1, np.int64), once)
        with_outer = bound_pairs(self._context, best_inner, outer, np.zeros(1, np.int64), far, once)
        return _best(near, *with_inner, keeps, most), _best(far, *with_outer, keeps, most)


def _best(places: IntArray, cycles: FloatArray, joules: FloatArray, keeps: Keeps, most: int | None) -> IntArray:
    """Places that may improve on what is known; at most so many, those of the least energy times delay."""
    kept = np.flatnonzero(keeps(cycles, joules))
    if most is not None and len(kept) > most:
        kept = np.sort(kept[np.argsort(cycles[kept] * joules[kept], kind="stable")[:most]])
    return places[kept]


def _dividing(tiles: Tiles, near: IntArray, far: IntArray) -> tuple[IntArray, IntArray]:
    """Places of tiles in registers, and of tiles in the buffer that they divide."""
    fits = np.ones((len(near), len(far)), np.bool_)
    for place in range(len(DIMS)):
        if tiles.bounds[place] > 1:
            fits &= tiles.buffer[None, far, place] % tiles.registers[near, None, place] == 0
    rows, columns = np.nonzero(fits)
    return rows, columns


def _reuse(tiles: Tiles, rows: IntArray, columns: IntArray) -> tuple[IntArray, FloatArray]:
    """For each operand, iterations in the buffer during which it can stay, and times that it comes and goes then.

    It stays on over DRAM's loops if none of the buffer's changes it. [3, pairs] each.
    """
    runs, again = list[IntArray](), list[FloatArray]()
    outside = tiles.outside
    for place in range(len(OPERANDS)):
        own, other = _product(tiles.buffer, place), _product(tiles.registers, place)
        total, inside = tiles.buffer.prod(axis=1) // own, tiles.registers.prod(axis=1) // other
        runs.append(own[columns] // other[rows])
        changes = total[columns] != inside[rows]
        again.append(np.where(changes, _product(outside, place)[columns], 1).astype(np.float64))
    return np.stack(runs), np.stack(again)


def _product(extents: IntArray, operand: int) -> IntArray:
    """Iterations of the loops under which an operand stays. [tiles]."""
    return extents[:, [PLACE[dim] for dim in IRRELEVANT[OPERANDS[operand]]]].prod(axis=1)


def _spread(tiles: Tiles, registers: IntArray, buffer: IntArray, dram: IntArray) -> Tiled:
    rows, columns = (np.broadcast_to(axis, registers.shape) for axis in tiles.spread)
    return Tiled(registers=registers, rows=rows, columns=columns, buffer=buffer, dram=dram)


def _sizes(bounds: IntArray, space: MappingSpace) -> list[tuple[int, ...]]:
    return [tile_sizes(int(bound), space.surplus) for bound in bounds]


def _joined(pairs: Sequence[Pairs]) -> Pairs:
    def whole(name: str) -> IntArray:
        return np.concatenate([np.zeros(0, np.int64), *(getattr(own, name) for own in pairs)])

    return Pairs(
        registers=whole("registers"),
        buffer=whole("buffer"),
        inner=whole("inner"),
        outer=whole("outer"),
        cycles=np.concatenate([np.zeros(0), *(own.cycles for own in pairs)]),
        joules=np.concatenate([np.zeros(0), *(own.joules for own in pairs)]),
    )
