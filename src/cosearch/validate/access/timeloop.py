"""Access counts as Timeloop makes them.

A window of inputs that moves forward along one axis keeps what it still covers. Loops are followed from the inside
out; when one advances, those inside have been followed to their second iteration, and from there the window moves.
Elements share equal tiles; where an element wants what its neighbour in the row had a step ago, it gets it from there
(between neighbours in a column this was not seen). A sum's first update reads nothing, and sums that leave a level
are not charged there.
"""

from dataclasses import dataclass
from math import prod

from cosearch.cost.asic import Loop, Place, loops_above
from cosearch.hardware import OPERANDS, RELEVANT, Dim
from cosearch.validate.access.counted import Counted, ToolCounts, whole

_AXES: dict[Dim, str] = {"N": "N", "G": "G", "C": "C", "OY": "Y", "FY": "Y", "OX": "X", "FX": "X"}


def timeloop_counts(counted: Counted) -> ToolCounts:
    """All counts of a case."""
    counts: ToolCounts = {}
    for operand in OPERANDS:
        for place in counted.kept(operand):
            if operand == "O":
                entry = _sums(counted, place)
            elif operand == "I":
                entry = _entry(_input_reads(counted, place), _input_fills(counted, place), 0)
            else:
                entry = _entry(counted.reads("W", place), counted.fills("W", place), 0)
            counts[place, operand] = entry
    return counts


def _entry(reads: int, fills: int, updates: int) -> dict[str, int]:
    return {"scalar_reads_total": reads, "scalar_fills_total": fills, "scalar_updates_total": updates}


def _sums(counted: Counted, place: Place) -> dict[str, int]:
    updates, drains = counted.updates(place), counted.fills("O", place)
    started = counted.started(place)
    return _entry(updates - started, max(0, drains - started), updates)


def _input_fills(counted: Counted, place: Place) -> int:
    return 0 if place == "dram" else kept_while_moving(counted, place) * counted.instances(place)


def _input_reads(counted: Counted, place: Place) -> int:
    inner = counted.inner("I", place)
    if inner == "buffer":
        return _input_fills(counted, inner)
    if inner == "element":
        return (
            counted.macs + passed_on(counted) if place == "registers" else counted.cycles * different_tiles(counted)
        )
    words = kept_while_moving(counted, inner) * different_tiles(counted)
    return words - passed_on(counted) * different_tiles(counted) // counted.instances("registers")


@dataclass(frozen=True, slots=True)
class _Move:
    """One loop's advance: along an axis of the input, by so many words, so often."""

    axis: str
    step: int
    iterations: int


def kept_while_moving(counted: Counted, place: Place) -> int:
    """Input words written to one memory when a window that moves forward along one axis keeps what it covers."""
    size = _box(counted, counted.extents(place))
    reached = whole(counted.nest.array if place == "registers" else counted.nest.in_buffer)
    loops = loops_above(counted.nest, place)
    total = full = prod(size.values())
    passed: list[_Move] = []
    for index, loop in enumerate(loops):
        move = _advance(counted, loop, reached)
        times = (move.iterations - 1) * prod(int(outer.iterations) for outer in loops[index + 1 :])
        total += times * (full - _overlap(size, move, passed))
        passed.append(move)
    return total


def different_tiles(counted: Counted) -> int:
    """Elements that want different input tiles."""
    within = counted.extents("registers")
    total = prod(counted.elements(dim) for dim in ("N", "G", "C"))
    axes: tuple[tuple[Dim, Dim], ...] = (("OY", "FY"), ("OX", "FX"))
    for outputs, kernel in axes:
        far, near = within[outputs] * counted.stride(outputs), within[kernel]
        starts = {
            o * far + f * near for o in range(counted.elements(outputs)) for f in range(counted.elements(kernel))
        }
        total *= len(starts)
    return total


def passed_on(counted: Counted) -> int:
    """Input words that elements get from a neighbour, where a step of the innermost loop is as far as he is."""
    if "I" not in counted.structure.in_registers:
        return 0
    loops = [loop for loop in loops_above(counted.nest, "registers") if loop.dim in _AXES]
    if not loops or loops[0].dim not in ("OY", "OX", "FY", "FX"):
        return 0
    inner, along = loops[0], _neighbours(counted, loops[0].dim)
    step = whole(counted.nest.array)[inner.dim] * counted.stride(inner.dim)
    size = _box(counted, counted.extents("registers"))
    if step < size[_AXES[inner.dim]] or not any(apart == step and count > 1 for apart, count in along):
        return 0
    count = next(count for apart, count in along if apart == step and count > 1)
    tiles = kept_while_moving(counted, "registers") // int(inner.iterations) * (int(inner.iterations) - 1)
    return tiles * counted.instances("registers") // count * (count - 1)


def _neighbours(counted: Counted, moving: Dim) -> list[tuple[int, int]]:
    """Pixels between neighbours in a row of the array, and how many they are, for each loop on the same axis."""
    own = counted.extents("registers")
    dims: list[Dim] = [dim for dim in ("OY", "OX", "FY", "FX") if _AXES[dim] == _AXES[moving]]
    return [(own[dim] * counted.stride(dim), int(counted.nest.columns[dim])) for dim in dims]


def _advance(counted: Counted, loop: Loop, reached: dict[Dim, int]) -> _Move:
    step = reached[loop.dim] * counted.stride(loop.dim) if loop.dim in RELEVANT["I"] else 0
    reached[loop.dim] *= int(loop.iterations)
    return _Move(_AXES.get(loop.dim, ""), step, int(loop.iterations))


def _overlap(size: dict[str, int], move: _Move, passed: list[_Move]) -> int:
    """Words that stay: all if nothing moves, the overlap if the window moves forward along one axis, else none."""
    shift = dict.fromkeys(size, 0)
    for each, sign in ((move, 1), *((inner, -1) for inner in passed)):
        if each.step:
            shift[each.axis] += sign * each.step
    moved = {axis: by for axis, by in shift.items() if by}
    if not moved:
        return prod(size.values())
    if len(moved) > 1 or min(moved.values()) < 0:
        return 0
    ((axis, by),) = moved.items()
    return prod(size.values()) // size[axis] * max(0, size[axis] - by)


def _box(counted: Counted, extents: dict[Dim, int]) -> dict[str, int]:
    rows = (extents["OY"] - 1) * counted.layer.stride_y + extents["FY"]
    columns = (extents["OX"] - 1) * counted.layer.stride_x + extents["FX"]
    return {"N": extents["N"], "G": extents["G"], "C": extents["C"], "Y": rows, "X": columns}
