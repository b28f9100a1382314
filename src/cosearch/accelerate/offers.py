"""What may be built for the layers of one network, as the rules that are not fixed by shape see it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cosearch.accelerate.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Offers:
    """Designs that share rows of cycles, and layers that share columns.

    What a chunk is built of does not change its cycles, and layers of one shape take equally long, so both are kept
    once.

    Attributes:
        cycles: [rows, columns]; `NEVER_CYCLES` where a row cannot run a shape. Fastest if one column lies after
            another in memory.
        rows: Row of each design, not decreasing. [designs].
        columns: Column of each layer. [layers].
        resources: [designs, resources].
        budgets: [resources].
    """

    cycles: IntArray
    rows: IntArray
    columns: IntArray
    resources: IntArray
    budgets: IntArray

    @staticmethod
    def plain(cycles: IntArray, resources: IntArray, budgets: IntArray) -> "Offers":
        """One row for each design and one column for each layer."""
        designs, layers = cycles.shape
        return Offers(
            cycles=cycles, rows=np.arange(designs), columns=np.arange(layers), resources=resources, budgets=budgets
        )

    @property
    def num_layers(self) -> int:
        """Layers of the network."""
        return len(self.columns)

    @cached_property
    def starts(self) -> IntArray:
        """First design of each row; every row has one. [rows]."""
        return np.searchsorted(self.rows, np.arange(len(self.cycles)))

    def within(self, budgets: IntArray) -> "Offers":
        """The same under other budgets."""
        return replace(self, budgets=budgets)

    def take(self, designs: IntArray) -> "Offers":
        """Some of the designs, by increasing number, and the rows they have."""
        used, rows = np.unique(self.rows[designs], return_inverse=True)
        cycles = np.take(self.cycles.T, used, axis=1).T
        return replace(self, cycles=cycles, rows=rows.astype(np.int64), resources=self.resources[designs])

    def of_rows(self, rows: IntArray) -> IntArray:
        """Designs of some rows, by increasing number."""
        wanted = np.zeros(len(self.cycles), np.bool_)
        wanted[rows] = True
        return np.flatnonzero(wanted[self.rows])

    def total(self, layers: Sequence[int]) -> IntArray:
        """Cycles of some layers together. [rows]."""
        columns, counts = np.unique(self.columns[list(layers)], return_counts=True)
        total = np.zeros(len(self.cycles), np.int64)
        for column, count in zip(columns, counts, strict=True):
            total += self.cycles[:, column] * count
        return total

    def period(self, layers: Sequence[int], design: int) -> int:
        """Cycles of some layers on one design."""
        return int(self.cycles[self.rows[design], self.columns[list(layers)]].sum())

    def least(self, costs: FloatArray) -> FloatArray:
        """The least cost among the designs of each row. [rows]."""
        return np.minimum.reduceat(costs, self.starts) if len(costs) else costs
