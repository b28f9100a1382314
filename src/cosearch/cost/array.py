"""LUTs and slices of an array: multipliers, adder trees, maxima, and the way of the words to them."""

from cosearch.cost.choices import rotator_lut
from cosearch.cost.chunk_shape import ChunkShape
from cosearch.hardware import ChunkKind, FabricRules
from cosearch.numerics import Scalar, ceil_div, where


def takes_slices(shape: ChunkShape, fabric: FabricRules) -> bool:
    """Whether the multipliers are DSP slices; narrow ones never are."""
    return not shape.lut_multipliers and fabric.multiplier_is_dsp(shape.weight_bits, shape.activation_bits)


def multiplier_dsp(shape: ChunkShape, fabric: FabricRules) -> Scalar:
    """Slices of all multipliers; two products share one where the chunk packs them."""
    products = shape.lanes * shape.products_per_lane
    return ceil_div(products, shape.products_per_dsp) if takes_slices(shape, fabric) else products * 0


def multiplier_lut(shape: ChunkShape, fabric: FabricRules) -> Scalar:
    """LUTs of all multipliers: whole ones, or what two packed products need beside their slice."""
    products = shape.lanes * shape.products_per_lane
    if not takes_slices(shape, fabric):
        return products * fabric.lut_multiplier(shape.weight_bits, shape.activation_bits)
    if shape.products_per_dsp == 1:
        return products * 0
    return ceil_div(products, 2) * fabric.pair_lut(shape.weight_bits, shape.activation_bits)


def adder_lut(shape: ChunkShape, fabric: FabricRules) -> Scalar:
    """LUTs of adder trees and accumulators.

    An adder tree of n terms has n - 1 adders, each as wide as a term and the mean growth of the sums. Where DSP
    slices add pairs of products, the terms are those sums, half as many and a bit wider; products that are packed,
    or of which the larger may be wanted, leave their slices before they are added.
    """
    terms, term_bits = _tree(shape, fabric)
    rules = fabric.lut
    return shape.lanes * ((terms - 1) * (term_bits + rules.adder_growth_bits) + rules.accumulator)


def _tree(shape: ChunkShape, fabric: FabricRules) -> tuple[Scalar, Scalar]:
    """Terms of a lane's adder tree, and their bits."""
    terms, term_bits = shape.products_per_lane, shape.weight_bits + shape.activation_bits
    if not (fabric.dsp.adds_pairs and takes_slices(shape, fabric) and shape.products_per_dsp == 1):
        return terms, term_bits
    if not _pools(shape):
        return ceil_div(terms, 2), term_bits + 1
    one_column, like = shape.unroll_FX == 1, terms * 0
    return where(one_column, ceil_div(terms, 2), terms), where(one_column, like + term_bits + 1, like + term_bits)


def pooling_lut(shape: ChunkShape, fabric: FabricRules) -> Scalar:
    """LUTs by which the lanes that run depthwise layers also take maxima, over the kernel and over time."""
    if not _pools(shape):
        return shape.lanes * 0
    node = fabric.lut.pooling_adder_per_bit * (shape.weight_bits + shape.activation_bits)
    return shape.lanes * (fabric.lut.pooling_lane + (shape.unroll_FX - 1) * node)


def alignment_lut(shape: ChunkShape, fabric: FabricRules) -> Scalar:
    """LUTs between the I buffer and the multipliers.

    Pixels that are read at once lie in as many banks, and their words are turned to where they are wanted. On a
    `both` chunk each lane chooses between the words that all lanes share and its own.
    """
    row_bits = shape.row_channels * shape.row_pixels * shape.activation_bits
    turned = row_bits * rotator_lut(shape.row_pixels)
    if shape.kind is not ChunkKind.BOTH:
        return turned
    own_bits = shape.unroll_K * shape.row_pixels * shape.activation_bits
    return turned + own_bits * fabric.lut.steering_per_bit


def _pools(shape: ChunkShape) -> bool:
    return shape.kind is not ChunkKind.STANDARD
