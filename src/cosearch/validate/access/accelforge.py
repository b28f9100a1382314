"""Access counts as AccelForge makes them.

Elements share whole tiles, no overlap of them. A level's sums are read where they were started before, and once more
when they leave it. Registers begin anew with every iteration of the loops over DRAM, even of one that leaves the
buffer's tile and theirs alone.
"""

from math import prod

from cosearch.cost.asic import Place, loops_above, moves, tile
from cosearch.hardware import OPERANDS, RELEVANT, Operand
from cosearch.validate.access.counted import Counted, ToolCounts


def accelforge_counts(counted: Counted) -> ToolCounts:
    """All counts of a case."""
    return {
        (place, operand): _sums(counted, place) if operand == "O" else _words(counted, operand, place)
        for operand in OPERANDS
        for place in counted.kept(operand)
    }


def restarts(counted: Counted, operand: Operand) -> int:
    """Times that a tile of the registers is loaded more often than it changes, where the buffer keeps it too."""
    if counted.structure.places(operand)[1:3] != ("registers", "buffer"):
        return 1
    inner = [loop for loop in loops_above(counted.nest, "registers") if not loop.outer]
    first = next((index for index, loop in enumerate(inner) if loop.dim in RELEVANT[operand]), len(inner))
    within = prod(int(loop.iterations) for loop in inner[first:])
    tiles = within * prod(int(loop.iterations) for loop in loops_above(counted.nest, "buffer"))
    return tiles // int(moves(counted.nest, operand, "registers").trips)


def _words(counted: Counted, operand: Operand, place: Place) -> dict[str, int]:
    inner = counted.inner(operand, place)
    again = restarts(counted, operand)
    reads = counted.reads(operand, place) * (again if inner == "registers" else 1)
    if operand == "I" and inner == "registers":
        trips = int(moves(counted.nest, "I", "registers").trips) * again
        reads = trips * int(tile(counted.nest, "I", counted.nest.registers)) * counted.input_elements()
    if operand == "I" and inner == "element" and place != "registers":
        reads = counted.cycles * counted.input_elements()
    fills = counted.fills(operand, place) * (again if place == "registers" else 1)
    return {"read": reads, "write": fills}


def _sums(counted: Counted, place: Place) -> dict[str, int]:
    again = restarts(counted, "O")
    updates = counted.updates(place) * (again if counted.inner("O", place) == "registers" else 1)
    drains = counted.fills("O", place) * (again if place == "registers" else 1)
    started = counted.started(place)
    refills = max(0, drains - started)
    return {"read": updates - started + drains, "write": updates + refills}
