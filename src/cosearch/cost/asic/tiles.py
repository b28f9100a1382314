"""Words of an operand under loops of some extents, and words that the elements of an array want together."""

from cosearch.cost.asic.nest import ArrayNest, Extents, product
from cosearch.cost.asic.structure import ArrayStructure
from cosearch.hardware import DIMS, RELEVANT, Dim, Operand
from cosearch.numerics import Scalar, minimum, times

WINDOW: dict[Dim, Dim] = {"OY": "FY", "OX": "FX"}
"""Loops over output pixels and the loops over the kernel along the same axis of the input."""

_OWN_WORDS: dict[Operand, tuple[Dim, ...]] = {
    "I": ("N", "G", "C"),
    "W": tuple(dim for dim in DIMS if dim in RELEVANT["W"]),
    "O": tuple(dim for dim in DIMS if dim in RELEVANT["O"]),
}
"""Loops of which every iteration has words of its own."""


def steps(nest: ArrayNest, dim: Dim) -> Scalar:
    """Input pixels from one iteration of a loop over output pixels or the kernel to the next."""
    return {"OY": nest.stride_y, "OX": nest.stride_x, "FY": nest.dilation_y, "FX": nest.dilation_x}[dim]


def window(nest: ArrayNest, extents: Extents, outputs: Dim) -> Scalar:
    """Input pixels along an axis from the first to the last that are used, those of the padding left out."""
    kernel = WINDOW[outputs]
    reach = (extents[outputs] - 1) * steps(nest, outputs) + (extents[kernel] - 1) * steps(nest, kernel) + 1
    return minimum(reach, _bound(nest, outputs))


def tile(nest: ArrayNest, operand: Operand, extents: Extents) -> Scalar:
    """Words of an operand under loops of some extents; of the input, the box around its pixels."""
    words = product([extents[dim] for dim in _OWN_WORDS[operand]])
    if operand == "I":
        words = times(words, window(nest, extents, "OY") * window(nest, extents, "OX"))
    return words


def shared_factors(nest: ArrayNest, structure: ArrayStructure, operand: Operand) -> dict[Dim, Scalar]:
    """Elements by dimension along the axes where a word serves all that want it."""
    along: dict[Dim, Scalar] = dict.fromkeys(DIMS, 1)
    for shared, factors in ((structure.shared_rows, nest.rows), (structure.shared_columns, nest.columns)):
        if operand in shared:
            along = {dim: times(along[dim], factors[dim]) for dim in DIMS}
    return along


def lone_elements(nest: ArrayNest, structure: ArrayStructure, operand: Operand) -> Scalar:
    """Elements along the axes where each one gets a word, or gives a sum, of its own."""
    factors: list[Scalar] = []
    if operand not in structure.shared_rows:
        factors += nest.rows.values()
    if operand not in structure.shared_columns:
        factors += nest.columns.values()
    return product(factors)


def shared_window(nest: ArrayNest, extents: Extents, along: Extents, outputs: Dim) -> Scalar:
    """Input pixels along an axis that at least one element wants: windows that overlap count once.

    Args:
        nest: The layer.
        extents: Loops inside the window of one element; neighbours are apart by what its registers go through.
        along: Elements by dimension.
        outputs: Loop over output pixels along the axis.
    """
    kernel = WINDOW[outputs]
    own = (extents[outputs] - 1) * steps(nest, outputs) + (extents[kernel] - 1) * steps(nest, kernel) + 1
    own = _union(own, along[kernel], nest.registers[kernel] * steps(nest, kernel))
    return minimum(_union(own, along[outputs], nest.registers[outputs] * steps(nest, outputs)), _bound(nest, outputs))


def _union(width: Scalar, count: Scalar, apart: Scalar) -> Scalar:
    """Pixels under `count` windows of one width, each `apart` from the last."""
    if isinstance(count, int) and count == 1:
        return width
    return minimum(count * width, width + (count - 1) * apart)


def _bound(nest: ArrayNest, outputs: Dim) -> Scalar:
    return nest.IY if outputs == "OY" else nest.IX
