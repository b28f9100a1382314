"""Which class of chunk a layer runs on."""

from collections.abc import Sequence
from dataclasses import dataclass

from cosearch.accelerate.space import AcceleratorSpace
from cosearch.errors import HardwareError
from cosearch.hardware import ChunkKind
from cosearch.workload import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkClass:
    """All chunks an accelerator may build for one share of the layers; it builds one of them, or none if it has none.

    Attributes:
        width_bits: Width of weights and of activations.
        max_channels: The most output channels among the layers of the declared space, so that a chunk's resources do
            not depend on the network that is chosen.
        output_bits: The widest output that one of them stores.
    """

    kind: ChunkKind
    width_bits: int
    max_channels: int
    output_bits: int

    def __str__(self) -> str:
        return f"{self.kind} chunk of {self.width_bits} bits"


def allocate(layers: Sequence[Layer], space: AcceleratorSpace) -> list[tuple[ChunkClass, list[Layer]]]:
    """The chunk classes of a space and the layers each one runs, standard before depthwise, narrow before wide.

    Args:
        layers: All that may occur, in any order.
        space: Says which layers share a chunk.

    Raises:
        HardwareError: if there is no layer, or one is wider than every width.
    """
    if not layers:
        raise HardwareError("a design table needs layers; give those of the networks to be priced")
    by_kind: dict[ChunkKind, list[Layer]] = {}
    for layer in layers:
        by_kind.setdefault(_kind_of(layer, space), []).append(layer)
    groups: list[tuple[ChunkClass, list[Layer]]] = []
    for kind in (ChunkKind.BOTH, ChunkKind.STANDARD, ChunkKind.DEPTHWISE):
        by_width: dict[int, list[Layer]] = {}
        for layer in by_kind.get(kind, []):
            by_width.setdefault(_width_of(layer, space), []).append(layer)
        if by_width and space.allocation != "kind_bits":
            by_width = {max(by_width): by_kind[kind]}
        for width, share in sorted(by_width.items()):
            most = max(layer.out_channels for layer in share)
            widest = max(layer.output_bits for layer in share)
            chunk_class = ChunkClass(kind=kind, width_bits=width, max_channels=most, output_bits=widest)
            groups.append((chunk_class, share))
    return groups


def _kind_of(layer: Layer, space: AcceleratorSpace) -> ChunkKind:
    if space.allocation == "single":
        return ChunkKind.BOTH
    return ChunkKind.DEPTHWISE if layer.is_depthwise else ChunkKind.STANDARD


def _width_of(layer: Layer, space: AcceleratorSpace) -> int:
    """The narrowest width that holds a layer's operands, its residual among them."""
    need = max(layer.weight_bits, layer.input_bits, layer.residual_bits)
    for width in space.widths:
        if need <= width:
            return width
    raise HardwareError(
        f"{layer.weight_bits}-bit weights and {max(layer.input_bits, layer.residual_bits)}-bit inputs exceed the "
        f"widest chunk of {space.widths[-1]} bits; add a width of at least {need}"
    ).at(layer.name)
