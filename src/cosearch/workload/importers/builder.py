"""Writes a network down operator by operator: what importers call, whatever file they read."""

from collections.abc import Sequence

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers import axes as ax
from cosearch.workload.importers.elementwise import (
    Formula,
    Joining,
    Signal,
    apply,
    combine,
    plain,
    same_base,
    unspread,
)
from cosearch.workload.importers.functions import Function
from cosearch.workload.importers.operations import POINT, OperationGraph, OperationKind, Read, Tensor, Value, Window
from cosearch.workload.importers.tape import Tape
from cosearch.workload.importers.windows import Sliding
from cosearch.workload.layer import IMAGE


class Builder:
    """Operations so far.

    Reshapes, transposes and elementwise chains are followed on `Signal`s; what must be computed becomes an operation.
    An importer sets `tape.place` before every node. Errors do not name it, except of elementwise chains, which are
    found to be no activation only where they are read.
    """

    def __init__(self, image: Sequence[int]) -> None:
        """A network with one input of this shape, the batch first; the batch is dropped: a workload is one image."""
        axes, shape = ax.natural_axes(image)
        self.tape = Tape()
        self.image = Value(Tensor(IMAGE, shape), axes)

    def finish(self, outputs: Sequence[Signal]) -> OperationGraph:
        """The whole network, with what it returns."""
        values = [plain(self.tape.settle(signal)) for signal in outputs]
        reads = tuple(Read(value.tensor.name, value.bits) for value in values)
        return OperationGraph(tuple(self.tape.operations), self.image.tensor.shape, reads)

    # Layers

    def convolve(
        self,
        signal: Signal,
        weight: Sequence[int],
        sliding: Sliding,
        *,
        groups: int = 1,
        weight_bits: int | None = None,
        label: str = "",
    ) -> Value:
        """A convolution; `weight` is out channels, in channels of a group, rows, columns."""
        value = self.tape.settle(signal)
        shape, order = value.tensor.shape, _channels(value)
        if shape[0] != groups * weight[1]:
            raise UnsupportedLayerError(
                f"a convolution of {groups} groups of {weight[1]} channels reads {shape[0]} channels"
            )
        window, size = sliding.on(value)
        K = weight[0] // groups
        if weight[1] == 1 and groups > 1:  # every channel alone: the order in memory passes through
            channels = tuple(ax.Factor("C", f.stride * K, f.size) for f in order) + ax.whole("C", K)
            runs = 1
        else:
            channels = ax.whole("C", weight[0])
            runs = ax.gathered_runs(ax.channel_order(order), groups)
        return self.tape.push(
            "convolution",
            (value,),
            (weight[0], *size),
            _with_channels(value, channels, size),
            window=window,
            groups=groups,
            input_runs=runs,
            weight_bits=weight_bits,
            label=label,
        )

    def linear(
        self, signal: Signal, weight: tuple[int, int], *, weight_bits: int | None = None, label: str = ""
    ) -> Value:
        """A fully connected layer over the last dimension; `weight` is outputs, inputs."""
        value = plain(self.tape.settle(signal))
        (C, H, W), last = value.tensor.shape, value.axes[-1]
        if ax.size_of(last) != weight[1]:
            raise UnsupportedLayerError(f"a linear layer of {weight[1]} inputs reads {ax.size_of(last)}")
        axes = (*value.axes[:-1], ax.whole("C", weight[0]))
        if ax.covers(last, {"C": C}):
            window, size = POINT, (H, W)
        elif ax.covers(last, {"C": C, "Y": H, "X": W}):
            window, size = Window(size=(H, W)), (1, 1)
        else:
            raise UnsupportedLayerError(
                "a linear layer reads a mixture of channels and pixels; it may read all channels, or all of both"
            )
        return self.tape.push(
            "convolution",
            (value,),
            (weight[0], *size),
            axes,
            window=window,
            weight_bits=weight_bits,
            label=label,
        )

    def pool(self, signal: Signal, kind: OperationKind, sliding: Sliding) -> Value:
        """`max_pool` or `average_pool`; the largest of quantised numbers has their width."""
        value = self.tape.settle(signal)
        channels = _channels(value)
        window, size = sliding.on(value)
        if window == POINT and size == value.tensor.shape[1:]:
            return value
        axes = _with_channels(value, channels, size)
        pooled = self.tape.push(kind, (value,), (value.tensor.shape[0], *size), axes, window=window)
        return pooled._replace(bits=value.bits) if kind == "max_pool" else pooled

    def adaptive_pool(self, signal: Signal, kind: OperationKind, size: tuple[int, int]) -> Value:
        """Pooling to so many rows and columns, which must divide those there are."""
        value = plain(self.tape.settle(signal))
        rows, columns = value.tensor.shape[1:]
        if rows % size[0] or columns % size[1]:
            raise UnsupportedLayerError(
                f"pooling {rows}x{columns} to {size[0]}x{size[1]} has windows of several sizes; "
                "use sizes that divide, or pooling with a window"
            )
        window = (rows // size[0], columns // size[1])
        return self.pool(value, kind, Sliding(size=window, stride=window))

    def reduce(self, signal: Signal, kind: OperationKind, dims: Sequence[int], *, keep: bool) -> Value:
        """Mean or maximum over all pixels."""
        value = plain(self.tape.settle(signal))
        C, H, W = value.tensor.shape
        reduced = {dim % len(value.axes) for dim in dims}
        factors = tuple(factor for dim in sorted(reduced) for factor in value.axes[dim])
        if not ax.covers(factors, {"Y": H, "X": W}):
            raise UnsupportedLayerError("a mean or maximum over other dimensions than all rows and columns")
        axes = tuple(() if index in reduced else dim for index, dim in enumerate(value.axes))
        if not keep:
            axes = tuple(dim for index, dim in enumerate(axes) if index not in reduced)
        if (H, W) == (1, 1):
            return value._replace(axes=axes)
        window = Window(size=(H, W), stride=(H, W))
        pooled = self.tape.push(kind, (value,), (C, 1, 1), axes, window=window)
        return pooled._replace(bits=value.bits) if kind == "max_pool" else pooled

    def concatenate(self, signals: Sequence[Signal], dim: int) -> Value:
        """Values one behind the other along their channels."""
        values = [plain(self.tape.settle(signal)) for signal in signals]
        if len(values) == 1:
            return values[0]
        first, index = values[0], dim % len(values[0].axes)
        channels = 0
        for value in values:
            whole = ax.whole("C", value.tensor.shape[0])
            if value.axes[index] != whole or _without(value.axes, index) != _without(first.axes, index):
                raise UnsupportedLayerError(
                    "a concatenation joins whole tensors along their channels, in the order in which they are stored"
                )
            channels += value.tensor.shape[0]
        axes = (*first.axes[:index], ax.whole("C", channels), *first.axes[index + 1 :])
        known = [value.bits for value in values]
        joined = self.tape.push("concatenation", values, (channels, *first.tensor.shape[1:]), axes)
        return joined._replace(bits=None if None in known else max(bits for bits in known if bits is not None))

    # What one number becomes

    def function(self, function: Function, signal: Signal) -> Signal:
        """An elementwise function."""
        return apply(function, signal, self.tape.place)

    def affine(self, signal: Signal, constant: Sequence[int]) -> Value:
        """A scale or a shift by a constant of this shape: one number, or one a channel."""
        value = plain(self.tape.settle(signal))
        wide = [len(constant) - index for index, size in enumerate(constant) if size > 1]  # counted from the end
        ours = dict(enumerate(reversed(value.axes), start=1))
        for index in wide:
            size = constant[len(constant) - index]
            if index not in ours or ax.size_of(ours[index]) != size or {f.axis for f in ours[index]} != {"C"}:
                raise UnsupportedLayerError(
                    f"a constant of {'x'.join(map(str, constant))} changes from pixel to pixel; "
                    "it may be one number, or one a channel"
                )
        return self.tape.push("affine", (value,), value.tensor.shape, value.axes)

    def normalise(self, signal: Signal) -> Value:
        """A batch norm, of which each channel has a scale and a shift."""
        value = plain(self.tape.settle(signal))
        if not ax.covers(value.axes[1], {"C": value.tensor.shape[0]}):
            raise UnsupportedLayerError("a batch norm over a dimension that is not that of the channels")
        return self.tape.push("affine", (value,), value.tensor.shape, value.axes)

    def join(self, joining: Joining, left: Signal, right: Signal) -> Signal:
        """Two signals, number by number, or a map times one number a channel."""
        if same_base(left, right):
            return combine(joining, left, right, self.tape.place)
        return self.tape.join(joining, self.tape.settle(left), self.tape.settle(right))

    def quantise(self, signal: Signal, bits: int) -> Signal:
        """What a quantiser of so many bits makes of a signal."""
        if isinstance(signal, Value):
            return signal._replace(bits=bits)
        return Formula(signal.base, signal.function, signal.origin, signal.place, bits)

    # What only changes how a value is read

    def reshape(self, signal: Signal, sizes: Sequence[int]) -> Value:
        """The same numbers in other dimensions; one size may be -1."""
        value = plain(self.tape.settle(signal))
        return value._replace(axes=ax.reshaped(value.axes, sizes))

    def permute(self, signal: Signal, order: Sequence[int]) -> Value:
        """Dimensions in another order."""
        value = plain(self.tape.settle(signal))
        return value._replace(axes=tuple(value.axes[index] for index in order))

    def pad(self, signal: Signal, margin: tuple[int, int, int, int]) -> Value:
        """Zeros around rows and columns: top, left, bottom, right."""
        value = unspread(self.tape.settle(signal))
        _channels(value)
        if min(margin) < 0:
            raise UnsupportedLayerError(f"padding by {min(margin)} cuts the map; it must not be negative")
        top, left, bottom, right = (old + new for old, new in zip(value.margin, margin, strict=True))
        return value._replace(margin=(top, left, bottom, right))

    def shape(self, signal: Signal) -> tuple[int, ...]:
        """Dimensions of a signal."""
        value = signal if isinstance(signal, Value) else signal.base
        sizes = list(ax.sizes_of(value.axes))
        if any(value.margin):
            sizes[-2] += value.margin[0] + value.margin[2]
            sizes[-1] += value.margin[1] + value.margin[3]
        if value.spread is not None:
            sizes[-2:] = value.spread
        return tuple(sizes)


def _channels(value: Value) -> ax.Dim:
    """The dimension of channels of a value that is a map.

    Raises:
        UnsupportedLayerError: if its dimensions are not batch, channels, rows and columns.
    """
    C, H, W = value.tensor.shape
    if len(value.axes) >= 3 and {factor.axis for factor in value.axes[0]} <= {"N"}:
        pixels = tuple(factor for dim in value.axes[2:] for factor in dim)
        if ax.covers(value.axes[1], {"C": C}) and pixels == ax.whole("Y", H) + ax.whole("X", W):
            return value.axes[1]
    raise UnsupportedLayerError(
        f"reads {'x'.join(map(str, ax.sizes_of(value.axes)))} as a map, but its dimensions are no longer batch, "
        "channels, rows and columns"
    )


def _with_channels(value: Value, channels: ax.Dim, size: tuple[int, int]) -> ax.Axes:
    """Axes of a map like a value's, with other channels and pixels."""
    natural = ax.axes_of((1, *size), len(value.axes), 1)
    return (value.axes[0], channels, *natural[2:])


def _without(axes: ax.Axes, index: int) -> ax.Axes:
    return (*axes[:index], *axes[index + 1 :])
