"""A network as a graph of layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cosearch.errors import WorkloadError
from cosearch.workload.layer import IMAGE, PARAMETER_BITS, Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Concatenation:
    """A tensor made of others, one behind the other along the channels; their producers store into it.

    Attributes:
        name: Unique among layers and concatenations.
        parts: Producers in order; a part may itself be a concatenation.
    """

    name: str
    parts: tuple[str, ...]


class _Tensor(NamedTuple):
    """What is in memory under a name: its shape, its width, and the channel at which it starts in its store."""

    shape: tuple[int, int, int]
    bits: int
    offset: int


@dataclass(frozen=True, slots=True)
class Workload:
    """Layers in an order in which each comes after what it reads.

    Attributes:
        layers: In order.
        concatenations: Tensors that several layers store together, in an order in which parts come first.

    Raises:
        WorkloadError: if there is no layer, a name repeats or is `IMAGE`, a layer reads what no earlier layer makes,
            or it expects another shape, another width or another place in memory than its producer stores.
    """

    layers: tuple[Layer, ...]
    concatenations: tuple[Concatenation, ...] = ()

    def __post_init__(self) -> None:
        if not self.layers:
            raise WorkloadError("a network needs at least one layer")
        _check_names([entry.name for entry in (*self.layers, *self.concatenations)])
        tensors: dict[str, _Tensor] = {}
        for layer in self.layers:
            self._join(tensors)
            _check_reads(layer, tensors)
            shape = (layer.out_channels, layer.OY // layer.pool_y, layer.OX // layer.pool_x)
            tensors[layer.name] = _Tensor(shape, layer.output_bits, layer.output_offset)
        self._join(tensors)
        lost = [joined for joined in self.concatenations if joined.name not in tensors]
        if lost:
            missing = next((part for part in lost[0].parts if part not in tensors), lost[0].name)
            raise WorkloadError(f"concatenates {missing!r}, which no earlier layer makes").at(lost[0].name)

    def _join(self, tensors: dict[str, _Tensor]) -> None:
        """Add the concatenations whose parts have all been made."""
        for joined in self.concatenations:
            if joined.name not in tensors and all(part in tensors for part in joined.parts):
                tensors[joined.name] = _joined(joined, [tensors[part] for part in joined.parts])

    def producers(self, name: str) -> tuple[str, ...]:
        """Layers that make a tensor: itself, or all parts of a concatenation; none for the image."""
        for joined in self.concatenations:
            if joined.name == name:
                return tuple(producer for part in joined.parts for producer in self.producers(part))
        return () if name == IMAGE else (name,)

    def reads(self, layer: Layer) -> tuple[str, ...]:
        """Layers whose output a layer reads."""
        names = [name for name in (layer.source, layer.residual, layer.scale) if name is not None]
        return tuple(dict.fromkeys(producer for name in names for producer in self.producers(name)))

    def layer(self, name: str) -> Layer:
        """The layer of a name.

        Raises:
            WorkloadError: if there is none.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise WorkloadError(f"no layer is called {name!r}")

    @property
    def num_macs(self) -> int:
        """Multiply-accumulates of one image."""
        return sum(layer.num_macs for layer in self.layers)

    @property
    def model_bits(self) -> int:
        """Bits of all weights at their own widths, biases and requantisation constants."""
        return sum(
            layer.num_weights * layer.weight_bits + layer.out_channels * PARAMETER_BITS for layer in self.layers
        )


def _check_names(names: Sequence[str]) -> None:
    if IMAGE in names:
        raise WorkloadError(f"no layer may be called {IMAGE!r}, the network's input; rename it")
    repeated = [name for index, name in enumerate(names) if name in names[:index]]
    if repeated:
        raise WorkloadError(f"two layers are called {repeated[0]!r}; rename one")


def _check_reads(layer: Layer, tensors: Mapping[str, _Tensor]) -> None:
    image = _Tensor((layer.in_channels, layer.IY, layer.IX), layer.input_bits, layer.input_offset)
    _check_read(layer, layer.source, image, tensors)
    if layer.residual is not None:
        added = _Tensor((layer.out_channels, layer.OY, layer.OX), layer.residual_bits, layer.residual_offset)
        _check_read(layer, layer.residual, added, tensors)
    if layer.scale is not None:
        _check_read(layer, layer.scale, _Tensor((layer.G, 1, 1), layer.weight_bits, 0), tensors)


def _check_read(layer: Layer, source: str, wanted: _Tensor, tensors: Mapping[str, _Tensor]) -> None:
    """Refuse a read of something that is not there, or not in this form."""
    if source == IMAGE:
        return
    made = tensors.get(source)
    if made is None:
        raise WorkloadError(f"reads {source!r}, which no earlier layer makes").at(layer.name)
    if made.shape != wanted.shape:
        raise WorkloadError(f"reads {_times(wanted.shape)}, but {source!r} makes {_times(made.shape)}").at(layer.name)
    if made.bits != wanted.bits:
        raise WorkloadError(
            f"reads {wanted.bits}-bit words, but {source!r} stores {made.bits}; make the widths equal"
        ).at(layer.name)
    if made.offset != wanted.offset:
        raise WorkloadError(
            f"reads from channel {wanted.offset}, but {source!r} is stored from channel {made.offset}; "
            "make the offsets equal"
        ).at(layer.name)


def _joined(joined: Concatenation, parts: list[_Tensor]) -> _Tensor:
    """The tensor of a concatenation, whose parts must lie one behind the other."""
    if not parts:
        raise WorkloadError("concatenates nothing; name its parts").at(joined.name)
    first = parts[0]
    channels = 0
    for name, part in zip(joined.parts, parts, strict=True):
        if part.shape[1:] != first.shape[1:] or part.bits != first.bits:
            raise WorkloadError(
                f"joins {_times(first.shape)} of {first.bits} bits and, of {name!r}, {_times(part.shape)} of "
                f"{part.bits}; rows, columns and widths must be equal"
            ).at(joined.name)
        if part.offset != first.offset + channels:
            raise WorkloadError(
                f"part {name!r} is stored from channel {part.offset}, it must be {first.offset + channels}; "
                "set its output_offset"
            ).at(joined.name)
        channels += part.shape[0]
    return _Tensor((channels, *first.shape[1:]), first.bits, first.offset)


def _times(shape: tuple[int, int, int]) -> str:
    return "x".join(map(str, shape))
