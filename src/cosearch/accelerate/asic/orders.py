"""Loop orders of a level that differ in what they reuse.

Every loop but that over groups leaves exactly one operand's words as they are: K those of I; N, OY and OX those of W;
C, FY and FX those of O. So a level's order decides one thing: which operand stays while the innermost loops run. All
its loops stand inside then, and the order of the rest changes no count. Where windows of inputs move along, the
innermost loop that changes the input counts too. Loops over groups change everything and stand outside.
"""

from cosearch.hardware import DIMS, OPERANDS, RELEVANT, Dim, Operand

IRRELEVANT: dict[Operand, tuple[Dim, ...]] = {
    operand: tuple(dim for dim in DIMS if dim not in RELEVANT[operand]) for operand in OPERANDS
}
"""Loops under which an operand's words are used again."""

_PIXELS: tuple[Dim, ...] = ("OX", "OY", "FX", "FY")


def loop_orders(stationary: Operand, *, slides: bool) -> tuple[tuple[Dim, ...], ...]:
    """Orders of one level, the innermost loop first, in which an operand stays as long as it can.

    Args:
        stationary: The operand.
        slides: Whether input windows move along; one order for each axis along which they may.
    """
    inner = IRRELEVANT[stationary]
    along: tuple[Dim, ...] = _PIXELS if stationary == "I" else tuple(dim for dim in _PIXELS if dim in inner)
    return tuple(_order(inner, axis) for axis in (along if slides else along[:1]))


def moves_along(order: tuple[Dim, ...]) -> Dim:
    """The first loop of an order along which an input window moves."""
    return next(dim for dim in order if dim in _PIXELS)


def _order(inner: tuple[Dim, ...], axis: Dim) -> tuple[Dim, ...]:
    first = (axis, *inner) if axis in inner else (*inner, axis)
    rest: list[Dim] = [dim for dim in DIMS if dim not in first and dim != "G"]
    return (*dict.fromkeys((*first, *rest)), "G")
