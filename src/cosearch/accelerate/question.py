"""What every engine is asked: parts with named parameters, priced one by one, that meet in sums and maxima."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from cosearch.accelerate.arrays import BoolArray, FloatArray, IntArray
from cosearch.errors import RecipeError
from cosearch.hardware import Accelerator

Choice = int | float | bool | str

Columns = Mapping[str, NDArray[np.generic]]
"""The value of every parameter, by name, [designs] each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One decision.

    Raises:
        RecipeError: if there is no choice, or one twice.
    """

    name: str
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        if not self.choices or len(set(self.choices)) != len(self.choices):
            raise RecipeError(f"choices {self.choices}; give at least one, and each once").at(self.name)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """What is decided together and priced at once: a chunk, or an array.

    A design is a row of codes, the position of its choice in each parameter.

    Attributes:
        rule: Which designs are valid, from the values of their parameters, [designs]; all are without a rule.
    """

    name: str
    parameters: tuple[Parameter, ...]
    rule: Callable[[Columns], BoolArray] | None = None

    @property
    def num_designs(self) -> int:
        """Combinations of choices, valid or not."""
        return prod(len(parameter.choices) for parameter in self.parameters)

    def codes(self, indices: IntArray) -> IntArray:
        """Codes of designs by their place among all, the last parameter fastest. [designs, parameters]."""
        shape = tuple(len(parameter.choices) for parameter in self.parameters)
        return np.stack(np.unravel_index(indices, shape), axis=1).astype(np.int64)

    def columns(self, codes: IntArray) -> dict[str, NDArray[np.generic]]:
        """The values of codes [designs, parameters]."""
        return {
            parameter.name: np.asarray(parameter.choices)[codes[:, place]]
            for place, parameter in enumerate(self.parameters)
        }

    def named(self, codes: IntArray) -> dict[str, Choice]:
        """The choices of one design, [parameters], by name."""
        return {p.name: p.choices[int(code)] for p, code in zip(self.parameters, codes, strict=True)}

    def valid(self, codes: IntArray) -> BoolArray:
        """Which codes the rule allows. [designs]."""
        if self.rule is None:
            return np.ones(len(codes), np.bool_)
        return np.asarray(self.rule(self.columns(codes)), np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """Whole designs, one design of every part.

    Attributes:
        values: The objective in its unit; not finite where a part cannot run. [designs].
        violations: By which fraction the limit that is exceeded most is exceeded; 0 where all are kept, infinite
            where a part cannot run. [designs].
    """

    values: FloatArray
    violations: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """One whole design.

    Attributes:
        choices: The value of every parameter, by part.
        designs: Row of the design in each class in use, where the space is a design table.
        accelerator: Where the space is of accelerators and the network is known.
    """

    choices: dict[str, dict[str, Choice]]
    designs: dict[int, int] | None = None
    accelerator: Accelerator | None = None


class AbstractQuestion(ABC):
    """A space with an objective and limits.

    Engines know nothing else of what they search: they price designs of a part, which counts as evaluations, and have
    whole designs judged, which is free.
    """

    @property
    @abstractmethod
    def parts(self) -> tuple[Part, ...]:
        """What is decided; a whole design takes one design of every part."""

    @property
    @abstractmethod
    def more_is_better(self) -> bool:
        """Whether the objective is maximised."""

    @abstractmethod
    def price(self, part: int, codes: IntArray) -> FloatArray:
        """What designs of one part cost; every row is an evaluation. [designs, features].

        The features are the question's own: engines keep rows and hand them to `judge`.

        Args:
            part: Its place in `parts`.
            codes: [designs, parameters].
        """

    @abstractmethod
    def answer(self, codes: Sequence[IntArray]) -> "Answer":
        """What one whole design is, in the words of its space.

        Args:
            codes: [parameters] for every part.
        """

    @abstractmethod
    def judge(self, priced: Sequence[FloatArray]) -> Judged:
        """Whole designs: the n-th takes row n of every part.

        Args:
            priced: [designs, features] for every part.
        """
