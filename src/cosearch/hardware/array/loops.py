"""Loop dimensions, operands, and which of them belong together."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cosearch.records import Record

Dim = Literal["N", "G", "K", "C", "OY", "OX", "FY", "FX"]
DIMS: tuple[Dim, ...] = ("N", "G", "K", "C", "OY", "OX", "FY", "FX")

Operand = Literal["I", "W", "O"]
OPERANDS: tuple[Operand, ...] = ("I", "W", "O")

RELEVANT: Mapping[Operand, frozenset[Dim]] = {
    "I": frozenset({"N", "G", "C", "OY", "OX", "FY", "FX"}),
    "W": frozenset({"G", "K", "C", "FY", "FX"}),
    "O": frozenset({"N", "G", "K", "OY", "OX"}),
}
"""LevelLoops that choose other words of an operand; under the others its words are used again."""

Factors = dict[Dim, Annotated[int, Field(ge=1)]]


class LevelLoops(Record):
    """Temporal loops of one level.

    Attributes:
        factors: Iterations by dimension; those left out are 1.
        order: Outermost loop first. LevelLoops of one iteration may be left out.
    """

    factors: Factors = Field(default_factory=dict)
    order: tuple[Dim, ...] = ()

    @model_validator(mode="after")
    def _orders_each_loop_once(self) -> "LevelLoops":
        twice = [dim for dim in DIMS if self.order.count(dim) > 1]
        if twice:
            raise ValueError(f"order names {twice[0]} twice; name each loop once")
        missing = [dim for dim in DIMS if self.factors.get(dim, 1) > 1 and dim not in self.order]
        if missing:
            raise ValueError(f"order lacks {', '.join(missing)}; say where each loop of the level stands")
        return self

    def outwards(self) -> tuple[Dim, ...]:
        """All dimensions from the innermost loop outwards; those that are not in the order stand outside."""
        return (*reversed(self.order), *(dim for dim in DIMS if dim not in self.order))
