"""Read engine, array and write engine as a line of three stations with two banks between them."""

from collections.abc import Callable
from typing import TypeVar

from torch import Tensor

from cosearch.cost.busy import compute_cycles, read_cycles, write_cycles
from cosearch.cost.nest import LoopName, Move, Nest, TileClass
from cosearch.cost.work import LayerWork
from cosearch.hardware import LAYER_SETUP_CYCLES
from cosearch.hardware.mapping import LoopOrder
from cosearch.numerics import Scalar, maximum, minimum, where

T = TypeVar("T")


def line_cycles(work: LayerWork, loop_order: LoopOrder) -> Scalar:
    """Cycles of a layer: its first loads, what every output tile takes until the next can start, its last STORE.

    A tile takes the longer of its own span (its reduction steps, each as long as its compute or the next load) and
    the STORE of the tile before. Three corrections, derived in docs/timing.md: operands that are kept for several
    tiles are read ahead; a STORE that began while the array waited for a load ends earlier; so does the first one.
    No server can be faster than all its work: that bounds the result from below.
    """
    line = _Line(work, Nest(work, loop_order))
    return maximum(line.cycles(), line.bound(read_cycles(work, loop_order)))


class _Line:
    """The sum over classes of output tiles."""

    def __init__(self, work: LayerWork, nest: Nest) -> None:
        self.work, self.nest = work, nest
        self.inner: LoopName | None = nest.innermost
        self._early: dict[TileClass, Scalar] = {}
        self._before: dict[TileClass, Scalar] = {}
        self._spans: dict[tuple[TileClass, TileClass, LoopName], Scalar] = {}

    def cycles(self) -> Scalar:
        """First loads, all tiles, last STORE."""
        start = self.first_compute()
        busy: Scalar = 0
        spans: Scalar = 0
        for move in self.nest.moves():
            span = self.span(move)
            spans = spans + move.num * span
            busy = busy + move.num * (maximum(span, self.store_before(move.tile)) - self.stored_early(move, span))
        last = self.nest.last
        if self.inner is None:
            return start + self.compute_end(last) + self.store(last)
        busy = busy + maximum(self.compute_end(last), where(self.nest.several, self.store_before(last), 0))
        excess = busy - spans - self.compute_end(last)
        return start + busy - self.first_tile_excess(excess) + self.store(last)

    def first_compute(self) -> Scalar:
        """When the first COMPUTE starts."""
        return LAYER_SETUP_CYCLES + self.work.load_parameters() + self.first_load(self.nest.first, "G")

    def bound(self, reads: Scalar) -> Scalar:
        """What each server needs on its own, with the first and the last tile's way through the line."""
        first, last = self.nest.first, self.nest.last
        by_reads = LAYER_SETUP_CYCLES + reads + self.store(last)
        if not self.work.layer.has_residual:
            by_reads = by_reads + self.compute(last, "L")
        if self.inner is not None:
            around = LAYER_SETUP_CYCLES + reads + self.after_last_loads()
            by_reads = maximum(by_reads, where(self.nest.several, around, 0))
        by_computes = self.first_compute() + compute_cycles(self.work) + self.store(last)
        by_stores = self.first_compute() + self.compute_end(first) + write_cycles(self.work)
        return maximum(maximum(by_reads, by_computes), by_stores)

    def after_last_loads(self) -> Scalar:
        """From the end of all loads to that of the layer, by way of the last tile but one: its loads end sooner."""
        last, steps = self.nest.last, self.work.C.num_tiles
        loads = maximum(steps - 1, 0) * self.step_load(last, "F") + self.step_load(last, "L") + self.residual(last)
        compute: Scalar = 0
        if not self.work.layer.has_residual:  # which would come after the loads that the COMPUTE waits for
            compute = _choose(self.nest.before(last), lambda tile: self.compute(tile, "L"))
        return compute + self.store_before(last) + self.store(last) - loads

    def span(self, move: Move) -> Scalar:
        """From the start of a tile's first COMPUTE to that of the next tile's, if no STORE is in the way."""
        key = (move.tile, move.following, move.loop)
        if key not in self._spans:
            load = self.first_load(move.following, move.loop) - self.read_ahead(move)
            self._spans[key] = self.span_with(move.tile, load)
        return self._spans[key]

    def span_with(self, tile: TileClass, load: Scalar) -> Scalar:
        """Span of a tile whose last COMPUTE goes with a load of the next tile's first operands.

        The residual comes between: it waits for no bank, so it may begin during the COMPUTE before.
        """
        residual = self.residual(tile)
        lone = maximum(self.compute(tile, "L"), residual + load)
        if not self.work.layer.has_residual:
            return self.early(tile) + lone
        if self.work.C.several is False:
            return lone
        compute, last_load = self.compute(tile, "F"), self.step_load(tile, "L")
        before = maximum(self.work.C.num_tiles - 2, 0) * maximum(compute, self.step_load(tile, "F"))
        by_compute = maximum(compute, last_load) + self.compute(tile, "L")
        by_loads = maximum(compute, last_load + residual) + load
        return where(self.work.C.several, before + maximum(by_compute, by_loads), lone)

    def early(self, tile: TileClass) -> Scalar:
        """All reduction steps of a tile but the last: each takes its COMPUTE or the next step's loads."""
        if self.work.C.several is False:
            return 0
        if tile not in self._early:
            compute = self.compute(tile, "F")
            whole = maximum(self.work.C.num_tiles - 2, 0) * maximum(compute, self.step_load(tile, "F"))
            last = maximum(compute, self.step_load(tile, "L"))
            self._early[tile] = whole + where(self.work.C.several, last, 0)
        return self._early[tile]

    def compute_end(self, tile: TileClass) -> Scalar:
        """From the start of a tile's first COMPUTE until it can be stored: last COMPUTE and residual have ended."""
        return self.early(tile) + maximum(self.compute(tile, "L"), self.residual(tile))

    def first_load(self, tile: TileClass, loop: LoopName) -> Scalar:
        """Loads of a tile's first reduction step when a loop has moved on: operands that it changes."""
        work = self.work
        weights = work.load_weights(tile.M, "F")
        inputs = work.load_inputs(tile.M, tile.Y, tile.X, "F")
        if loop in ("X", "Y"):
            cycled = work.C.several | work.M.several if self.nest.pixels_outer else work.C.several
            weights = where(cycled, weights, 0)
        elif loop == "M" and not work.layer.is_depthwise:
            pixels = False if self.nest.pixels_outer else work.OY.several | work.OX.several
            inputs = where(work.C.several | pixels, inputs, 0)
        return weights + inputs

    def step_load(self, tile: TileClass, c: str) -> Scalar:
        """Loads of a later reduction step."""
        return self.work.load_weights(tile.M, c) + self.work.load_inputs(tile.M, tile.Y, tile.X, c)

    def read_ahead(self, move: Move) -> Scalar:
        """How much of the next loads is done before the bank that they wait for is free.

        With one reduction step, an operand that is kept for several tiles does not wait for the tile before.
        """
        if self.work.C.several is True:
            return 0
        ahead: Scalar = 0
        if not self.work.rates.resident_weights:
            if move.loop in ("M", "G"):
                ahead = self.weights_ahead(move)
        elif move.loop != "M":
            ahead = self.inputs_ahead(move)
        return where(self.work.C.several, 0, ahead)

    def weights_ahead(self, move: Move) -> Scalar:
        """Weights are requested before the inputs of their tile: they use what time the read engine has to spare.

        It has spare time of each tile since the weights before, but never more than its two banks allow.
        """
        work, nest = self.work, self.nest
        if nest.pixels_outer and (move.loop == "M" or work.M.several is True):
            return 0
        kept = work.OY.num_tiles * work.OX.num_tiles
        if nest.pixels_outer:
            kept = where(work.M.several, 1, kept)
        if work.OY.several is False and work.OX.several is False:
            return 0
        tile = move.tile._replace(Y="F", X="F")
        compute = self.compute(tile, "L")
        reads = work.load_inputs(*tile, "F") + self.residual(tile)
        pace = maximum(maximum(compute, reads), self.store(tile))
        spare = minimum((kept - 1) * (pace - reads), 2 * pace - reads - compute)
        return minimum(maximum(spare, 0), work.load_weights(move.following.M, "F"))

    def inputs_ahead(self, move: Move) -> Scalar:
        """Without weights to load, inputs that are kept for several channel tiles are read during all of them."""
        work = self.work
        if work.layer.has_residual or work.M.several is False:
            return 0
        kept = work.M.num_tiles
        if not self.nest.pixels_outer:
            kept = where(work.OY.several | work.OX.several, 1, kept)
        tile = move.tile._replace(M="F")
        pace = maximum(self.compute(tile, "L"), self.store(tile))
        return minimum((kept - 1) * pace, work.load_inputs(*move.following, "F"))

    def stored_early(self, move: Move, span: Scalar) -> Scalar:
        """What the next STORE-bound tiles gain because the array waited for loads while STOREs went on."""
        within = move.loop == self.inner
        if self.inner is None or (within and move.tile == move.following):
            return 0
        waited = minimum(span - self.store_before(move.tile), span - self.compute_end(move.tile))
        run = 0 if within else maximum(self.nest.tiles_inside(move.loop) - 2, 0)

        def gain(after: TileClass) -> Scalar:
            later = run * maximum(self.store(after) - self.pace(after), 0)
            return self.gain(move.tile, after, waited, later)

        return _choose(self.nest.arrivals(move), gain)

    def gain(self, tile: TileClass, after: TileClass, waited: Scalar, later: Scalar) -> Scalar:
        """Part of the array's wait that spares the next tile, and those after it, a wait for their STOREs.

        A lead outlasts the next tile only as far as the array waits for loads there too.

        Args:
            tile: Its STORE begins while the array waits.
            after: The tile that the array waits for.
            waited: How long it waits.
            later: How long STOREs hold up the tiles after that.
        """
        pace = self.pace(after)
        late = maximum(self.store(tile) - pace, 0)
        carried = maximum(pace - self.compute_end(after), 0)
        return minimum(maximum(waited, 0), late + minimum(later, carried))

    def pace(self, tile: TileClass) -> Scalar:
        """Span of a tile, whatever follows it."""
        return _choose(self.nest.moves_from(tile), self.span)

    def first_tile_excess(self, excess: Scalar) -> Scalar:
        """What the sum counts too much for the first tile: no STORE comes before it, and its own begins early.

        Args:
            excess: How long STOREs hold up all tiles.
        """
        choices: list[tuple[bool | Tensor, Scalar]] = []
        for known, move in self.nest.first_moves():
            if known is not False:
                span = self.span(move)
                absent = maximum(self.store_before(move.tile) - span, 0)
                counted = self.stored_early(move, span)
                gained = self.first_gain(move, span, excess - absent + counted)
                choices.append((known, absent + maximum(gained - counted, 0)))
            if known is True:
                break
        return _choose([*choices, (True, 0)], lambda value: value)

    def first_gain(self, move: Move, span: Scalar, held_up: Scalar) -> Scalar:
        """What the first tile's STORE gains by beginning while the array waits for the second tile's loads."""
        waited, later = span - self.compute_end(move.tile), maximum(held_up, 0)
        return _choose(self.nest.arrivals(move), lambda after: self.gain(move.tile, after, waited, later))

    def store_before(self, tile: TileClass) -> Scalar:
        """STORE of the tile before."""
        if tile not in self._before:
            choices = self.nest.before(tile)
            port = _choose(choices, lambda before: self.work.store_parts(*before)[0])
            drain = _choose(choices, lambda before: self.work.store_parts(*before)[1])
            self._before[tile] = maximum(port, drain)
        return self._before[tile]

    def store(self, tile: TileClass) -> Scalar:
        """STORE of a tile."""
        return self.work.store(*tile)

    def compute(self, tile: TileClass, c: str) -> Scalar:
        """COMPUTE of a tile's reduction step."""
        return self.work.compute(*tile, c)

    def residual(self, tile: TileClass) -> Scalar:
        """Load of a tile's residual."""
        return self.work.load_residual(*tile)


def _choose(choices: list[tuple[bool | Tensor, T]], value: Callable[[T], Scalar]) -> Scalar:
    """The value of the first choice that holds; the last always does."""
    chosen = value(choices[-1][1])
    for known, choice in reversed(choices[:-1]):
        if known is not False:
            chosen = where(known, value(choice), chosen)
    return chosen
