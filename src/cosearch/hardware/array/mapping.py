"""A mapping: how one layer's loops are spread over time, over the array and over the memories."""

from math import prod

from pydantic import Field

from cosearch.hardware.array.loops import Dim, Factors, LevelLoops
from cosearch.records import Record


class ArrayMapping(Record):
    """Loops from the inside out: in each element, along rows and columns of the array, over the buffer, over DRAM.

    `registers` loops run inside an element over what its registers hold, `buffer` loops over what the buffer holds,
    `dram` loops over the whole layer. The order of `registers` changes no count. Where factors multiply to more than
    a loop's bound, the surplus runs idle and is priced as if it did not.
    """

    registers: LevelLoops = Field(default_factory=LevelLoops)
    rows: Factors = Field(default_factory=dict)
    columns: Factors = Field(default_factory=dict)
    buffer: LevelLoops = Field(default_factory=LevelLoops)
    dram: LevelLoops = Field(default_factory=LevelLoops)

    def inside(self, dim: Dim, level: str) -> int:
        """Extent of a loop within an element (`registers`), in the array, in the `buffer`, or whole (`dram`)."""
        own = self.registers.factors.get(dim, 1)
        if level == "registers":
            return own
        own *= self.rows.get(dim, 1) * self.columns.get(dim, 1)
        if level == "array":
            return own
        own *= self.buffer.factors.get(dim, 1)
        return own if level == "buffer" else own * self.dram.factors.get(dim, 1)

    @property
    def used_rows(self) -> int:
        """Rows of elements at work."""
        return prod(self.rows.values())

    @property
    def used_columns(self) -> int:
        """Columns of elements at work."""
        return prod(self.columns.values())
