"""Which mappings of a layer are considered: what an optimum is an optimum of."""

from typing import Annotated

from pydantic import Field

from cosearch.hardware import Dim
from cosearch.records import Record

SPREAD: tuple[Dim, ...] = ("N", "G", "K", "C", "OY", "OX", "FY", "FX")


class MappingSpace(Record):
    """Mappings of a layer on an array.

    *Spread*: along rows and along columns, at most `loops_per_axis` loops each, of those that are named; factors
    cannot be raised without exceeding the array. *Tiles*: in the buffer every extent that leaves no more than
    `surplus` of a loop in idle iterations, in the registers every divisor of that. *Orders*: all that differ in what
    they reuse. The optimum is taken over all of these together, and over row-stationary mappings where asked.

    Attributes:
        rows, columns: Loops that may lie along rows, and along columns.
        loops_per_axis: The most on either.
        surplus: Iterations that equal tiles may add to a loop, as a fraction of it; 0 leaves exact divisors.
        row_stationary: Whether Eyeriss' passes are considered too.
    """

    rows: tuple[Dim, ...] = SPREAD
    columns: tuple[Dim, ...] = SPREAD
    loops_per_axis: Annotated[int, Field(ge=1, le=3)] = 2
    surplus: Annotated[float, Field(ge=0, le=1)] = 0.0
    row_stationary: bool = False
