"""Windows that move over a map: convolutions and pooling."""

from dataclasses import dataclass

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers.elementwise import unspread
from cosearch.workload.importers.operations import Value, Window

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sliding:
    """How a window moves, as operators state it.

    Attributes:
        size, stride, dilation: Rows and columns, in input pixels.
        padding: Top, left, bottom, right.
        ceil: Whether a last window may begin inside the map and end outside of it.
    """

    size: Pair
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    ceil: bool = False

    def on(self, value: Value) -> tuple[Window, Pair]:
        """The window on a value, whose margin it takes as padding, and the rows and columns that it makes.

        Raises:
            UnsupportedLayerError: if padding is negative, the window is larger than the padded map, or the map is one
                pixel that is repeated.
        """
        unspread(value)
        padding = tuple(own + margin for own, margin in zip(self.padding, value.margin, strict=True))
        if min(padding) < 0:
            raise UnsupportedLayerError(f"padding by {min(padding)} cuts the map; it must not be negative")
        sizes = (
            self._moves(0, value.tensor.shape[1], padding[0], padding[2]),
            self._moves(1, value.tensor.shape[2], padding[1], padding[3]),
        )
        return Window(self.size, self.stride, self.dilation, (padding[0], padding[1])), sizes

    def _moves(self, axis: int, length: int, before: int, after: int) -> int:
        stride = self.stride[axis]
        reach = (self.size[axis] - 1) * self.dilation[axis] + 1
        free = length + before + after - reach
        if free < 0:
            raise UnsupportedLayerError(
                f"a window of {reach} does not fit {length} pixels and {before + after} of padding"
            )
        moves = free // stride + 1
        # Rounded up, the last window must begin in the map or in the padding before it.
        return moves + (self.ceil and free % stride > 0 and moves * stride < length + before)
