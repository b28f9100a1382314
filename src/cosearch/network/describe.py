"""Networks as workload graphs: what is trained, as loop nests with bits."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from cosearch.design import Block, NetworkSpace
from cosearch.errors import WorkloadError
from cosearch.network.geometry import STEM_KERNEL, BlockShape, geometry_of
from cosearch.workload import IMAGE, Layer, Workload

LOGIT_BITS = 32
"""Bits of the classifier's output, which nothing quantises."""


def workload_of(space: NetworkSpace, blocks: Sequence[Block]) -> Workload:
    """The whole network as layers, in order.

    A tensor between blocks is stored at the activation bits of the next block that is no skip, and at `edge_bits`
    before the head; inside a block all tensors have the block's activation bits.

    Raises:
        WorkloadError: if the number of blocks is wrong, an operator is illegal at its block or bits are unknown.
    """
    check_blocks(space, blocks)
    stored_bits = input_bits_of(space, blocks)
    layers = list(stem_layers(space, stored_bits[0]))
    for index, block in enumerate(blocks):
        layers += block_layers(space, index, block, layers[-1].name, stored_bits[index + 1])
    layers += head_layers(space, layers[-1].name)
    return Workload(layers=tuple(layers))


def input_bits_of(space: NetworkSpace, blocks: Sequence[Block]) -> list[int]:
    """Bits at which the tensor before every block, and last the one before the head, is stored."""
    bits = [space.edge_bits]
    for block in reversed(blocks):
        bits.append(bits[-1] if block.activation_bits is None else block.activation_bits)
    return bits[::-1]


def check_blocks(space: NetworkSpace, blocks: Sequence[Block], *, equal_bits: bool = False) -> None:
    """Refuse a network that the space does not hold.

    Args:
        space: The space.
        blocks: The network.
        equal_bits: Refuse unequal bits of weights and activations too, which the supernet does not have.

    Raises:
        WorkloadError: naming the block.
    """
    if len(blocks) != space.num_blocks:
        raise WorkloadError(f"{len(blocks)} blocks given; space {space.name!r} has {space.num_blocks}")
    for index, block in enumerate(blocks):
        legal = geometry_of(space).blocks[index].legal
        if block.op not in legal:
            raise WorkloadError(f"operator {block.op!r} cannot stand here; legal: {', '.join(legal)}").at(
                f"block{index}"
            )
        _check_bits(space, block, equal_bits, f"block{index}")


def _check_bits(space: NetworkSpace, block: Block, equal_bits: bool, where: str) -> None:
    for bits in (block.weight_bits, block.activation_bits):
        if bits is not None and bits not in space.bits:
            raise WorkloadError(f"{bits} bits are not in the space; candidates: {list(space.bits)}").at(where)
    if equal_bits and block.weight_bits != block.activation_bits:
        raise WorkloadError(
            f"{block.weight_bits} weight bits and {block.activation_bits} activation bits; make them equal"
        ).at(where)


def stem_layers(space: NetworkSpace, output_bits: int) -> tuple[Layer, ...]:
    """The 3x3 stem; image and weights have `edge_bits`."""
    channels, height, width = space.input
    OY, OX = geometry_of(space).stem_size
    stem = Layer(
        name="stem",
        source=IMAGE,
        K=space.stem_channels,
        C=channels,
        OY=OY,
        OX=OX,
        FY=STEM_KERNEL,
        FX=STEM_KERNEL,
        IY=height,
        IX=width,
        stride_y=space.stem_stride,
        stride_x=space.stem_stride,
        padding_y=STEM_KERNEL // 2,
        padding_x=STEM_KERNEL // 2,
        weight_bits=space.edge_bits,
        input_bits=space.edge_bits,
        output_bits=output_bits,
    )
    return (stem,)


def block_layers(space: NetworkSpace, index: int, block: Block, source: str, output_bits: int) -> tuple[Layer, ...]:
    """Expand, depthwise and project layer of one block; nothing for a skip.

    Args:
        space: The space the block belongs to.
        index: Of the block, from 0.
        block: A legal choice; `workload_of` checks, this does not.
        source: Name of the layer that makes the block's input.
        output_bits: Activation bits of the next block that is no skip, or `edge_bits`.
    """
    if block.weight_bits is None or block.activation_bits is None:
        return ()
    shape = geometry_of(space).blocks[index]
    operator = shape.operators[block.op]
    hidden = shape.in_channels * operator.expansion
    w_bits, a_bits = block.weight_bits, block.activation_bits
    bits = _Bits(w_bits, a_bits, a_bits)
    expand = _pointwise(
        f"block{index}.expand", source, (shape.in_channels, hidden), (shape.IY, shape.IX), bits, operator.groups
    )
    depthwise = _depthwise(f"block{index}.depthwise", expand.name, hidden, operator.kernel, shape, bits)
    project = _pointwise(
        f"block{index}.project",
        depthwise.name,
        (hidden, shape.out_channels),
        (shape.OY, shape.OX),
        _Bits(w_bits, a_bits, output_bits),
        operator.groups,
    )
    # The channels between are shuffled: the depthwise layer does not mind, the projection gathers its groups in runs.
    project = replace(project, input_runs=_runs(hidden // operator.groups, operator.groups))
    if shape.keeps_shape:
        project = replace(project, residual=source, residual_bits=a_bits)
    return expand, depthwise, project


def _runs(channels: int, groups: int) -> int:
    """Contiguous runs that a group of so many channels is gathered from: one from each group before the shuffle."""
    return groups if channels % groups == 0 else channels


def head_layers(space: NetworkSpace, source: str) -> tuple[Layer, ...]:
    """The 1x1 head with global average pooling in its store path, and the classifier.

    Args:
        space: The space of the network.
        source: Name of the layer that makes the head's input, stored at `edge_bits`.
    """
    geometry = geometry_of(space)
    OY, OX = geometry.head_size
    edge = space.edge_bits
    widths = (geometry.head_in_channels, space.head_channels)
    head = _pointwise("head", source, widths, (OY, OX), _Bits(edge, edge, edge))
    widths = (space.head_channels, space.classes)
    classifier = _pointwise("classifier", head.name, widths, (1, 1), _Bits(edge, edge, LOGIT_BITS))
    return replace(head, pool_y=OY, pool_x=OX), classifier


class _Bits(NamedTuple):
    weight: int
    input: int
    output: int


def _pointwise(
    name: str, source: str, widths: tuple[int, int], size: tuple[int, int], bits: _Bits, groups: int = 1
) -> Layer:
    return Layer(
        name=name,
        source=source,
        G=groups,
        K=widths[1] // groups,
        C=widths[0] // groups,
        OY=size[0],
        OX=size[1],
        IY=size[0],
        IX=size[1],
        weight_bits=bits.weight,
        input_bits=bits.input,
        output_bits=bits.output,
    )


def _depthwise(name: str, source: str, channels: int, kernel: int, shape: BlockShape, bits: _Bits) -> Layer:
    return Layer(
        name=name,
        source=source,
        G=channels,
        K=1,
        C=1,
        OY=shape.OY,
        OX=shape.OX,
        FY=kernel,
        FX=kernel,
        IY=shape.IY,
        IX=shape.IX,
        stride_y=shape.stride,
        stride_x=shape.stride,
        padding_y=kernel // 2,
        padding_x=kernel // 2,
        weight_bits=bits.weight,
        input_bits=bits.input,
        output_bits=bits.output,
    )
