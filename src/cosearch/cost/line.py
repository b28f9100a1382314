"""Cycles of a layer: the steps of the timing contract, summed over classes of tiles."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from cosearch.cost.steps import LoopName, Steps, TileClass
from cosearch.cost.work import LayerWork
from cosearch.numerics import Scalar, maximum, times

WEIGHT_LOOPS: frozenset[LoopName] = frozenset(("G", "M", "C"))
"""Loops that select a weight tile."""


def input_loops(work: LayerWork) -> frozenset[LoopName]:
    """Loops that select an input tile; the lanes of a depthwise layer are its input channels."""
    return frozenset(("M", "Y", "X") if work.layer.form.is_depthwise else ("G", "C", "Y", "X"))


@dataclass(frozen=True, slots=True)
class LineCycles:
    """Cycles of a layer in two parts: up to the end of all steps, and what STOREs add."""

    steps: Scalar
    stores: Scalar

    @property
    def total(self) -> Scalar:
        """The whole layer."""
        return self.steps + self.stores


def line_cycles(work: LayerWork, steps: Steps) -> LineCycles:
    """Cycles of a layer, exactly those of the executable specification.

    Setup, parameters and the first loads; then every output tile takes the longer of its own steps and the STORE of
    the tile before it; then the last STORE. A step takes the longer of its COMPUTE and the loads beside it.
    """
    first = steps.first()
    all_loops: frozenset[LoopName] = frozenset(("G", "M", "Y", "X", "C"))
    total = work.port.layer_overhead_cycles + work.load_parameters() + _loads(work, first, all_loops)
    stores: Scalar = 0
    for num, tile in _kinds(work, steps):
        following = steps.following(tile)
        if following is None:
            beside = _added(work, tile)
            stores = stores + _store(work, tile)
        else:
            beside = _loads(work, *following) + _added(work, tile)
        span = _early_steps(work, tile) + maximum(_compute(work, tile, "last"), beside)
        total = total + times(num, span)
        before = steps.before(tile)
        if before is not None:
            stores = stores + times(num, maximum(_store(work, before) - span, 0))
    return LineCycles(total, stores)


def _kinds(work: LayerWork, steps: Steps) -> Iterator[tuple[Scalar, TileClass]]:
    """Classes, those merged that take the same time: one of each kind, with the number of tiles in all."""
    kinds: dict[tuple[object, ...], tuple[Scalar, TileClass]] = {}
    for num, tile in steps.classes():
        following, before = steps.following(tile), steps.before(tile)
        key: tuple[object, ...] = _work_of(tile)
        if following is not None:
            after, moved = following
            key = (*key, *_work_of(after), bool(moved & WEIGHT_LOOPS), bool(moved & input_loops(work)))
        key = (*key, None if before is None else _store_of(before))
        known = kinds.get(key)
        kinds[key] = (num, tile) if known is None else (known[0] + num, known[1])
    yield from kinds.values()


def _work_of(tile: TileClass) -> tuple[object, ...]:
    """All of a tile that its COMPUTEs and its loads depend on."""
    return tile.extent("M"), tile.place("Y"), tile.place("X"), tile.extent("C"), tile.at("C") == "first"


def _store_of(tile: TileClass) -> tuple[object, ...]:
    """All of a tile that its STORE depends on."""
    return tile.extent("M"), tile.extent("Y"), tile.extent("X"), tile.at("C") == "last"


def _early_steps(work: LayerWork, tile: TileClass) -> Scalar:
    """All reduction steps of an output tile but its last: each takes its COMPUTE or the next step's loads."""
    if "C" in tile.names or work.C.pattern == 1:
        return 0
    compute = _compute(work, tile, "size")
    before_last = maximum(compute, _step_loads(work, tile, "last"))
    if work.C.pattern == 2:
        return before_last
    return (work.C.num_tiles - 2) * maximum(compute, _step_loads(work, tile, "size")) + before_last


def _compute(work: LayerWork, tile: TileClass, c: str) -> Scalar:
    """COMPUTE of a tile's reduction step, a whole one or the last; of a tile that is one step, that."""
    extent = tile.extent("C") if "C" in tile.names else "last" if c == "last" else "size"
    return work.compute(tile.extent("M"), tile.extent("Y"), tile.extent("X"), extent)


def _step_loads(work: LayerWork, tile: TileClass, c: str) -> Scalar:
    """Loads of a later reduction step of an output tile."""
    extent = "last" if c == "last" else "size"
    inputs = work.load_inputs(extent, tile.place("Y"), tile.place("X"))
    return inputs + work.load_weights(tile.extent("M"), extent) if work.loads_weights else inputs


def _loads(work: LayerWork, tile: TileClass, moved: AbstractSet[LoopName]) -> Scalar:
    """Loads of a tile's first step: the operands whose tile is another one since some loops have moved on."""
    if "C" in tile.names:
        reduction = tile.extent("C")
    else:
        reduction = "last" if work.C.pattern == 1 else "size"
    total: Scalar = 0
    if work.loads_weights and moved & WEIGHT_LOOPS:
        total = work.load_weights(tile.extent("M"), reduction)
    if moved & input_loops(work):
        channels = tile.extent("M") if work.layer.form.is_depthwise else reduction
        total = total + work.load_inputs(channels, tile.place("Y"), tile.place("X"))
    return total


def _added(work: LayerWork, tile: TileClass) -> Scalar:
    """Loads of what the store path adds to a tile: partial sums and, with the last of them, the residual."""
    where = tile.extent("M"), tile.extent("Y"), tile.extent("X")
    total: Scalar = 0
    if "C" in tile.names and tile.at("C") != "first":
        total = work.load_sums(*where)
    if work.layer.form.has_residual and tile.at("C") == "last":
        total = total + work.load_residual(*where)
    return total


def _store(work: LayerWork, tile: TileClass) -> Scalar:
    """STORE of a tile: of the output, or of partial sums."""
    store = work.store if tile.at("C") == "last" else work.store_sums
    return store(tile.extent("M"), tile.extent("Y"), tile.extent("X"))
