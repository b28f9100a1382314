"""A network as a graph of layers."""

from collections.abc import Mapping
from dataclasses import dataclass

from cosearch.errors import WorkloadError
from cosearch.workload.layer import IMAGE, PARAMETER_BITS, Layer


@dataclass(frozen=True, slots=True)
class Workload:
    """Layers in an order in which each comes after what it reads.

    Raises:
        WorkloadError: if there is no layer, a name repeats or is `IMAGE`, a layer reads what no earlier layer makes,
            or it expects another shape or another width than its producer stores.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            raise WorkloadError("a network needs at least one layer")
        earlier: dict[str, Layer] = {}
        for layer in self.layers:
            if layer.name == IMAGE:
                raise WorkloadError(f"no layer may be called {IMAGE!r}, the network's input; rename it")
            if layer.name in earlier:
                raise WorkloadError(f"two layers are called {layer.name!r}; rename one")
            input_shape = (layer.in_channels, layer.IY, layer.IX)
            _check_read(layer, layer.source, input_shape, layer.input_bits, earlier)
            if layer.residual is not None:
                added_shape = (layer.out_channels, layer.OY, layer.OX)
                _check_read(layer, layer.residual, added_shape, layer.residual_bits, earlier)
            earlier[layer.name] = layer

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


def _check_read(
    layer: Layer, source: str, shape: tuple[int, int, int], bits: int, earlier: Mapping[str, Layer]
) -> None:
    """Refuse a read of something that is not there, or not in this form."""
    if source == IMAGE:
        return
    producer = earlier.get(source)
    if producer is None:
        raise WorkloadError(f"reads {source!r}, which no earlier layer makes").at(layer.name)
    made = (producer.out_channels, producer.OY // producer.pool_y, producer.OX // producer.pool_x)
    if made != shape:
        raise WorkloadError(f"reads {_times(shape)}, but {source!r} makes {_times(made)}").at(layer.name)
    if producer.output_bits != bits:
        raise WorkloadError(
            f"reads {bits}-bit words, but {source!r} stores {producer.output_bits}; make the widths equal"
        ).at(layer.name)


def _times(shape: tuple[int, int, int]) -> str:
    return "x".join(map(str, shape))
