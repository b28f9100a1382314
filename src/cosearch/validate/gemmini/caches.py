"""How often the DMA misses in the caches behind it.

The caches see whole tiles, again and again in the order of the loops. A line that was used before is still there with
the chance that none of the lines fetched since then took its place. With random replacement that is
`h = exp(-(1 - h) F / N)`, F the lines touched in between and N those of the cache: everything hits while F <= N. Rows
of a matrix that are narrower than its stride meet only in some sets, as if the cache were smaller for them.
"""

import math
from dataclasses import dataclass
from typing import Literal

from cosearch.validate.gemmini.assumptions import Assumptions
from cosearch.validate.gemmini.mapping import Dim
from cosearch.validate.gemmini.program import Program

Operand = Literal["I", "W", "O"]
OPERANDS: tuple[Operand, ...] = ("I", "W", "O")
LOADED: tuple[Operand, ...] = ("I", "W")

_DIMS_OF: dict[Operand, frozenset[Dim]] = {
    "I": frozenset(("C", "OY", "OX", "FY", "FX")),
    "W": frozenset(("K", "C", "FY", "FX")),
}

_FIXED_POINT_STEPS = 60


@dataclass(frozen=True, slots=True)
class Cache:
    """Sizes of a cache."""

    line_bytes: int
    num_sets: int
    num_ways: int

    @property
    def num_lines(self) -> int:
        """All of them."""
        return self.num_sets * self.num_ways


L2 = Cache(line_bytes=64, num_sets=1024, num_ways=8)
"""512 KB; the default of Chipyard's inclusive cache."""

LAST_LEVEL = Cache(line_bytes=128, num_sets=4096, num_ways=8)
"""4 MB in front of DDR3; FireSim's usual memory model."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Lines that a part of an operand touches, and the share of a cache's sets that they can use."""

    lines: float
    share_of_sets: float


def misses(program: Program, cache: Cache, assumptions: Assumptions) -> dict[Operand, float]:
    """Expected misses of the operands that are loaded, in a whole layer; outputs only take room."""
    parts = [program.tile]
    for loop in program.loops:
        parts.append(program.grown(parts[-1], loop))
    prints: list[dict[Operand, Footprint]] = [
        {operand: footprint(program, part, operand, cache) for operand in OPERANDS} for part in parts
    ]
    whole = sum(prints[-1][operand].lines for operand in OPERANDS)
    cold = 1 - hit_rate(whole / cache.num_lines) if assumptions.warm else 1.0

    def touched(level: int, operand: Operand) -> float:
        """Lines that all executions of the loops inside a level touch, edges as full as they are."""
        lines = prints[level][operand].lines
        for dim, count in program.loops[level:]:
            lines *= program.bounds[dim] / program.tile[dim] if dim in _DIMS_OF[operand] else count
        return lines

    found: dict[Operand, float] = {}
    for operand in LOADED:
        found[operand] = prints[-1][operand].lines * cold
        for level in range(len(program.loops)):
            used_again = max(touched(level, operand) - touched(level + 1, operand), 0.0)
            found[operand] += used_again * (1 - hit_rate(_pressure(prints[level], operand, cache, assumptions)))
    return found


def _pressure(prints: dict[Operand, Footprint], operand: Operand, cache: Cache, assumptions: Assumptions) -> float:
    """Lines touched before the operand's part is used again, over the lines that can hold them."""
    own = prints[operand].lines / (prints[operand].share_of_sets if assumptions.conflicts else 1.0)
    return (own + sum(prints[other].lines for other in OPERANDS if other != operand)) / cache.num_lines


def hit_rate(pressure: float) -> float:
    """The chance that a line survives, from lines in between over lines of the cache.

    Below one, nothing need ever be replaced. Above, the smaller solution of `h = exp(-(1 - h) * pressure)`.
    """
    if pressure <= 1:
        return 1.0
    rate = 0.0
    for _ in range(_FIXED_POINT_STEPS):
        rate = math.exp(-pressure * (1 - rate))
    return rate


def footprint(program: Program, part: dict[Dim, int], operand: Operand, cache: Cache) -> Footprint:
    """Lines of an operand under a part of the layer; tensors lie row by row, channels innermost."""
    rows, width, stride = _rows(program, part, operand)
    if width >= stride:
        return Footprint(max(1.0, rows * stride / cache.line_bytes), 1.0)
    if stride % cache.line_bytes:
        # Rows start anywhere in a line; neighbours share lines, so never more than the stride's.
        lines = min(stride, width + cache.line_bytes - 1) / cache.line_bytes
        return Footprint(rows * lines, 1.0)
    lines = -(-width // cache.line_bytes)
    return Footprint(rows * lines, min(1.0, lines / math.gcd(stride // cache.line_bytes, cache.num_sets)))


def _rows(program: Program, part: dict[Dim, int], operand: Operand) -> tuple[int, int, int]:
    """Rows of a part, bytes of each that are used, and bytes from one to the next."""
    bounds = program.bounds
    if operand == "W":
        return part["FY"] * part["FX"] * part["C"], part["K"], bounds["K"]
    if operand == "O":
        return part["OY"] * part["OX"], part["K"], bounds["K"]
    height = 1 if program.is_matmul else bounds["OY"] * program.stride
    rows = min((part["OY"] - 1) * program.stride + part["FY"], height)
    columns = min((part["OX"] - 1) * program.stride + part["FX"], bounds["OX"] * program.stride)
    return rows * columns, part["C"], bounds["C"]
