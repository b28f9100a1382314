"""Which class of chunk a layer runs on."""

from collections.abc import Sequence
from dataclasses import dataclass

from cosearch.accelerate.space import SHAPE_RULES, AcceleratorSpace
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
        activation_table: Whether one of them looks its activation up.
        map_size: Rows and columns of the output maps of its layers, under the rule `stage`.
    """

    kind: ChunkKind
    width_bits: int
    max_channels: int
    output_bits: int
    activation_table: bool = False
    map_size: tuple[int, int] | None = None

    @staticmethod
    def of(
        layers: Sequence[Layer], kind: ChunkKind, width_bits: int, map_size: tuple[int, int] | None = None
    ) -> "ChunkClass":
        """The class for some layers."""
        return ChunkClass(
            kind=kind,
            width_bits=width_bits,
            max_channels=max(layer.out_channels for layer in layers),
            output_bits=max(layer.output_bits for layer in layers),
            activation_table=any(layer.needs_table for layer in layers),
            map_size=map_size,
        )

    def __str__(self) -> str:
        size = "" if self.map_size is None else f" for maps of {self.map_size[0]}x{self.map_size[1]}"
        return f"{self.kind} chunk of {self.width_bits} bits{size}"


def allocate(layers: Sequence[Layer], space: AcceleratorSpace) -> list[tuple[ChunkClass, list[Layer]]]:
    """The chunk classes of a space and the layers each one runs.

    Standard comes before depthwise, narrow before wide, and large maps before small ones.

    Args:
        layers: All that may occur, in any order.
        space: Says which layers share a chunk.

    Raises:
        HardwareError: if there is no layer, one is wider than every width, or the rule asks for more than shapes.
    """
    if not layers:
        raise HardwareError("a design table needs layers; give those of the networks to be priced")
    if space.allocation not in SHAPE_RULES:
        raise HardwareError(
            f"a design table needs an allocation that a layer's shape decides, {space.allocation} does not; take one "
            f"of {', '.join(SHAPE_RULES)}"
        )
    if space.allocation == "stage":
        return _by_map_size(layers, space)
    by_kind: dict[ChunkKind, list[Layer]] = {}
    for layer in layers:
        by_kind.setdefault(_kind_of(layer, space), []).append(layer)
    groups: list[tuple[ChunkClass, list[Layer]]] = []
    for kind in (ChunkKind.BOTH, ChunkKind.STANDARD, ChunkKind.DEPTHWISE):
        by_width: dict[int, list[Layer]] = {}
        for layer in by_kind.get(kind, []):
            by_width.setdefault(width_of(layer, space), []).append(layer)
        if by_width and space.allocation != "kind_bits":
            by_width = {max(by_width): by_kind[kind]}
        groups += [(ChunkClass.of(share, kind, width), share) for width, share in sorted(by_width.items())]
    return groups


def _by_map_size(layers: Sequence[Layer], space: AcceleratorSpace) -> list[tuple[ChunkClass, list[Layer]]]:
    by_size: dict[tuple[int, int], list[Layer]] = {}
    for layer in layers:
        by_size.setdefault((layer.OY, layer.OX), []).append(layer)
    groups: list[tuple[ChunkClass, list[Layer]]] = []
    for size, share in sorted(by_size.items(), reverse=True):
        width = max(width_of(layer, space) for layer in share)
        groups.append((ChunkClass.of(share, ChunkKind.BOTH, width, size), share))
    return groups


def _kind_of(layer: Layer, space: AcceleratorSpace) -> ChunkKind:
    if space.allocation == "single":
        return ChunkKind.BOTH
    return ChunkKind.DEPTHWISE if layer.is_depthwise else ChunkKind.STANDARD


def width_of(layer: Layer, space: AcceleratorSpace) -> int:
    """The narrowest width of a space that holds a layer's operands, its residual among them.

    Raises:
        HardwareError: if none does.
    """
    need = max(layer.weight_bits, layer.input_bits, layer.residual_bits)
    for width in space.widths:
        if need <= width:
            return width
    raise HardwareError(
        f"{layer.weight_bits}-bit weights and {max(layer.input_bits, layer.residual_bits)}-bit inputs exceed the "
        f"widest chunk of {space.widths[-1]} bits; add a width of at least {need}"
    ).at(layer.name)
