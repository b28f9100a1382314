"""Loop orders of a level that differ in what they reuse.

Every loop but that over groups leaves exactly one operand's words as they are: K those of I; N, OY and OX those of W;
C, FY and FX those of O. So a level's order decides one thing: which operand stays while the innermost loops run. All
its loops stand inside then, and the order of the rest changes no count. Where windows of inputs move along, the
innermost loop that changes the input counts too. Loops over groups change everything and stand outside.
"""

from collections.abc import Collection

from cosearch.hardware import DIMS, OPERANDS, RELEVANT, Dim, Operand

IRRELEVANT: dict[Operand, tuple[Dim, ...]] = {
    operand: tuple(dim for dim in DIMS if dim not in RELEVANT[operand]) for operand in OPERANDS
}
"""Loops under which an operand's words are used again."""

_PIXELS: tuple[Dim, ...] = ("OX", "OY", "FX", "FY")


def loop_orders(stationary: Operand, *, slides: bool, long: Collection[Dim] = DIMS) -> tuple[tuple[Dim, ...], ...]:
    """Orders of one level, the innermost loop first, in which an operand stays as long as it can.

    Args:
        stationary: The operand.
        slides: Whether input windows move along; one order for each axis along which they may.
        long: Loops that may have more than one iteration; orders that differ in the others are one.
    """
    inner = IRRELEVANT[stationary]
    along: tuple[Dim, ...] = _PIXELS if stationary == "I" else tuple(dim for dim in _PIXELS if dim in inner)
    found: dict[tuple[Dim, ...], tuple[Dim, ...]] = {}
    for axis in along if slides else along[:1]:
        order = _order(inner, axis)
        found.setdefault(tuple(dim for dim in order if dim in long), order)
    return tuple(found.values())


def moves_along(order: tuple[Dim, ...]) -> Dim:
    """The first loop of an order along which an input window moves."""
    return next(dim for dim in order if dim in _PIXELS)


def _order(inner: tuple[Dim, ...], axis: Dim) -> tuple[Dim, ...]:
    first = (axis, *inner) if axis in inner else (*inner, axis)
    rest: list[Dim] = [dim for dim in DIMS if dim not in first and dim != "G"]
    return (*dict.fromkeys((*first, *rest)), "G")
