"""Access counts as ZigZag makes them.

Inputs are the pixels that are used, without those between them; elements share what they have in common as if each
held one pixel. A sum is read out of a level and, where sums come back at all, written into it with every change.
"""

from cosearch.cost.asic import Place, moves
from cosearch.hardware import OPERANDS, RELEVANT, Dim
from cosearch.validate.access.counted import Counted, ToolCounts


def zigzag_counts(counted: Counted) -> ToolCounts:
    """All counts of a case."""
    return {
        (place, operand): _sums(counted, place) if operand == "O" else _words(counted, operand == "I", place)
        for operand in OPERANDS
        for place in counted.kept(operand)
    }


def used_pixels(outputs: int, kernel: int, stride: int) -> int:
    """Pixels along an axis that windows use."""
    return (outputs - 1) * stride + kernel if kernel >= stride else outputs * kernel


def _words(counted: Counted, is_input: bool, place: Place) -> dict[str, int]:
    if is_input:
        reads, fills = _input_reads(counted, place), _input_fills(counted, place)
    else:
        reads, fills = counted.reads("W", place), counted.fills("W", place)
    return {"read_to_low": reads, "write_from_low": 0, "read_to_high": 0, "write_from_high": fills}


def _sums(counted: Counted, place: Place) -> dict[str, int]:
    updates, drains = counted.updates(place), counted.fills("O", place)
    outside = counted.updates(counted.kept("O")[counted.kept("O").index(place) + 1]) if place != "dram" else 0
    comes_back = outside > counted.started("dram")
    accumulates = updates > counted.started("dram") or place == "registers"
    return {
        "read_to_low": updates if accumulates else 0,
        "write_from_low": updates,
        "read_to_high": drains,
        "write_from_high": drains if comes_back else 0,
    }


def _input_reads(counted: Counted, place: Place) -> int:
    inner = counted.inner("I", place)
    if inner == "buffer":
        return _input_fills(counted, inner)
    if place == "registers":
        return counted.macs
    elements = _used(counted, {dim: counted.elements(dim) for dim in RELEVANT["I"]})
    if inner == "element":
        return counted.cycles * elements
    return int(moves(counted.nest, "I", inner).trips) * _used(counted, counted.extents(inner)) * elements


def _input_fills(counted: Counted, place: Place) -> int:
    if place == "dram":
        return 0
    trips = int(moves(counted.nest, "I", place).trips)
    return trips * _used(counted, counted.extents(place)) * counted.instances(place)


def _used(counted: Counted, extents: dict[Dim, int]) -> int:
    rows = used_pixels(extents["OY"], extents["FY"], counted.layer.stride_y)
    columns = used_pixels(extents["OX"], extents["FX"], counted.layer.stride_x)
    return extents["N"] * extents["G"] * extents["C"] * rows * columns
