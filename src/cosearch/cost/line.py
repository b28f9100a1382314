"""Cycles of a layer on a chunk in closed form; docs/timing.md derives it from the contract."""

from collections.abc import Iterator
from dataclasses import dataclass

from cosearch.cost.geometry import Axis, Position
from cosearch.cost.work import ChunkRates, LayerWork, TileSizes
from cosearch.hardware import LAYER_SETUP_CYCLES, PIXELS_OUTER, Chunk, DramPort, Mapping
from cosearch.hardware.mapping import LoopOrder
from cosearch.numerics import Scalar, maximum, minimum, where
from cosearch.workload import Layer

Where = dict[str, Position]
"""A class of output tiles: its position along M, Y and X."""


@dataclass(frozen=True, slots=True)
class _Case:
    """Output tiles of one class that are followed by one class.

    Attributes:
        num: How many.
        tile, following: Their class and that of the tile after.
        before: Classes that the tile before may have: the first whose loop has more than one tile is it.
        changed: The loop that moves on between the tile and the one after it.
    """

    num: Scalar
    tile: Where
    following: Where
    before: Where
    changed: str


def line_cycles(work: LayerWork, loop_order: LoopOrder) -> Scalar:
    names = ("Y", "X", "M") if loop_order == PIXELS_OUTER and not work.layer.is_depthwise else ("M", "Y", "X")
    return _Line(work, names).cycles()


class _Line:
    def __init__(self, work: LayerWork, names: tuple[str, str, str]) -> None:
        self.work, self.names = work, names
        axes = {"M": work.M, "Y": work.OY, "X": work.OX}
        self.outer, self.middle, self.inner = (axes[name] for name in names)
        self.several_steps = work.C.num_tiles > 1
        self._before_last: dict = {}

    def cycles(self) -> Scalar:
        work = self.work
        first = self.where("F", "F", "F")
        last = self.where("L", "L", "L")
        total = LAYER_SETUP_CYCLES + work.load_parameters() + self.load(first, "G")
        excess = 0
        for case in self.cases():
            span = self.span(case.tile, case.following, case.changed)
            busy = maximum(span, self.store(case.before))
            total = total + case.num * busy
            excess = excess + case.num * (busy - span)
        end = self.steps_before_last(last) + maximum(self.compute(last, "L"), self.residual(last))
        several = work.num_output_tiles > 1
        last_span = maximum(end, where(several, self.store(self.tile_before_last()), 0))
        total = total + last_span + self.first_correction(excess + last_span - end)
        return total + self.store(last)

    def where(self, outer, middle, inner):
        return dict(zip(self.names, (outer, middle, inner)))

    def compute(self, t, c):
        return self.work.compute(t["M"], t["Y"], t["X"], c)

    def store(self, t):
        if isinstance(t, dict):
            return self.work.store(t["M"], t["Y"], t["X"])
        return t

    def residual(self, t):
        return self.work.load_residual(t["M"], t["Y"], t["X"])

    def load(self, t: Where, changed: str) -> Scalar:
        """first reduction step load"""
        w = self.work.load_weights(t["M"], "F")
        i = self.work.load_inputs(t["M"], t["Y"], t["X"], "F")
        steps = self.work.C.num_tiles
        if changed not in ("M", "G"):
            fresh = self.work.M.num_tiles * steps if self.names[2] == "M" else steps
            w = where(fresh > 1, w, 0)
        if changed == "M" and not self.work.layer.is_depthwise:
            pixels = self.work.OY.num_tiles * self.work.OX.num_tiles
            fresh = pixels * steps if self.names[0] == "M" else steps
            i = where(fresh > 1, i, 0)
        return w + i

    def step_load(self, t, c):
        return self.work.load_weights(t["M"], c) + self.work.load_inputs(t["M"], t["Y"], t["X"], c)

    def steps_before_last(self, t):
        if len(self.work.C.positions) == 1:
            return 0
        key = tuple(t.values())
        if key not in self._before_last:
            n = self.work.C.num_tiles
            whole = maximum(self.compute(t, "F"), self.step_load(t, "F"))
            edge = maximum(self.compute(t, "F"), self.step_load(t, "L"))
            self._before_last[key] = maximum(n - 2, 0) * whole + where(self.several_steps, edge, 0)
        return self._before_last[key]

    def span(self, t, nxt, changed):
        c_last = self.compute(t, "L")
        load = self.load(nxt, changed)
        if changed in ("M", "G"):
            load = load - self.lead(t, nxt, changed)
        elif self.work.rates.resident_weights and self.names[2] == "M":
            load = load - self.lead_resident(t, nxt)
        if self.work.layer.residual is None:
            return self.steps_before_last(t) + maximum(c_last, load)
        r = self.residual(t)
        single = maximum(c_last, r + load)
        if len(self.work.C.positions) == 1:
            return single
        cf, le = self.compute(t, "F"), self.step_load(t, "L")
        n = self.work.C.num_tiles
        early = maximum(n - 2, 0) * maximum(cf, self.step_load(t, "F"))
        several = early + maximum(maximum(cf, le) + c_last, maximum(cf, le + r) + load)
        return where(self.several_steps, several, single)

    def lead(self, t, nxt, changed):
        """how much of the weights is read before the lock-step"""
        if self.work.rates.resident_weights:
            return 0
        wk = self.work
        pix = wk.OY.num_tiles * wk.OX.num_tiles
        alone = wk.C.num_tiles == 1
        if self.names[2] == "M":
            if changed == "M":
                return 0
            pix = where(wk.M.num_tiles == 1, pix, 1)
        if len(wk.OY.positions) == 1 and len(wk.OX.positions) == 1:
            return 0
        c = self.compute({**t, "Y": "F", "X": "F"}, "L")
        i = wk.load_inputs(t["M"], "F", "F", "F")
        s = self.store({**t, "Y": "F", "X": "F"})
        i = i + self.residual({**t, "Y": "F", "X": "F"})
        m = maximum(maximum(c, i), s)
        lead = minimum((pix - 1) * (m - i), 2 * m - i - c)
        w = wk.load_weights(nxt["M"], "F")
        lead = minimum(w, maximum(lead, 0))
        p = wk.load_inputs(nxt["M"], nxt["Y"], nxt["X"], "F") + w - lead
        after = minimum(maximum(p - maximum(s, c), 0), (pix - 1) * maximum(s - maximum(c, i), 0))
        return where(alone, lead + after, 0)

    def lead_resident(self, t, nxt):
        wk = self.work
        c = self.compute({**t, "M": "F"}, "L")
        s = self.store({**t, "M": "F"})
        m = maximum(c, s)
        lead = minimum((wk.M.num_tiles - 1) * m, wk.load_inputs(nxt["M"], nxt["Y"], nxt["X"], "F"))
        if self.work.layer.residual is not None:
            return 0
        return where(wk.C.num_tiles == 1, lead, 0)

    def first_correction(self, excess):
        w = self.where
        o, m, i = self.outer, self.middle, self.inner
        opts = []
        if len(i.positions) > 1:
            opts.append((i, w("F", "F", "F"), w("F", "F", "M"), w("L", "L", "L"), self.names[2]))
        if len(m.positions) > 1:
            opts.append((m, w("F", "F", "L"), w("F", "M", "F"), w("L", "L", "L"), self.names[1]))
        if len(o.positions) > 1:
            opts.append((o, w("F", "L", "L"), w("M", "F", "F"), w("L", "L", "L"), self.names[0]))
        out, gap = 0, 0
        if self.work.groups > 1:
            t = w("L", "L", "L")
            span = self.span(t, w("F", "F", "F"), "G")
            out = span - maximum(span, self.store(t))
            gap = span - self.steps_before_last(t) - maximum(self.compute(t, "L"), self.residual(t))
        for axis, t, nx, bf, k in reversed(opts):
            span = self.span(t, nx, k)
            out = where(axis.num_tiles > 1, span - maximum(span, self.store(bf)), out)
            gap = where(
                axis.num_tiles > 1,
                span - self.steps_before_last(t) - maximum(self.compute(t, "L"), self.residual(t)),
                gap,
            )
        gap = maximum(gap, 0)
        return out - minimum(gap, maximum(excess + out, 0))

    def tile_before_last(self):
        w = self.where
        return where(
            self.inner.num_tiles > 1,
            self.store(w("L", "L", "F")),
            where(self.middle.num_tiles > 1, self.store(w("L", "F", "L")), self.store(w("F", "L", "L"))),
        )

    def cases(self):
        o, m, i = self.outer, self.middle, self.inner
        w = self.where
        g = self.work.groups
        for a in o.positions:
            plane_before = self.store(w("L", "L", "L") if a == "F" else w("F", "L", "L"))
            for b in m.positions:
                rows = g * o.num[a] * m.num[b]
                if len(i.positions) > 1:
                    if b == "F":
                        before = plane_before
                    elif b == "M":
                        before = self.store(w(a, "F", "L"))
                    else:
                        before = where(m.num_tiles > 1, self.store(w(a, "F", "L")), plane_before)
                    yield _Case(rows * i.num["F"], w(a, b, "F"), w(a, b, "M"), before, self.names[2])
                    yield _Case(
                        rows * maximum(i.num["M"] - 1, 0), w(a, b, "M"), w(a, b, "M"), w(a, b, "F"), self.names[2]
                    )
                    yield _Case(
                        rows * minimum(i.num["M"], 1), w(a, b, "M"), w(a, b, "L"), w(a, b, "F"), self.names[2]
                    )
            if len(m.positions) > 1:
                n = g * o.num[a]
                sb = where(i.num_tiles == 1, plane_before, self.store(w(a, "F", "F")))
                yield _Case(n * m.num["F"], w(a, "F", "L"), w(a, "M", "F"), sb, self.names[1])
                yield _Case(
                    n * maximum(m.num["M"] - 1, 0), w(a, "M", "L"), w(a, "M", "F"), w(a, "F", "F"), self.names[1]
                )
                yield _Case(n * minimum(m.num["M"], 1), w(a, "M", "L"), w(a, "L", "F"), w(a, "F", "F"), self.names[1])
        if len(o.positions) > 1:

            def sb(a):
                plane_before = self.store(w("L", "L", "L") if a == "F" else w("F", "L", "L"))
                return where(
                    i.num_tiles > 1,
                    self.store(w(a, "L", "F")),
                    where(m.num_tiles > 1, self.store(w(a, "F", "L")), plane_before),
                )

            yield _Case(g * o.num["F"], w("F", "L", "L"), w("M", "F", "F"), sb("F"), self.names[0])
            yield _Case(g * maximum(o.num["M"] - 1, 0), w("M", "L", "L"), w("M", "F", "F"), sb("M"), self.names[0])
            yield _Case(g * minimum(o.num["M"], 1), w("M", "L", "L"), w("L", "F", "F"), sb("M"), self.names[0])
        if g > 1:
            yield _Case(g - 1, w("L", "L", "L"), w("F", "F", "F"), self.tile_before_last(), "G")
