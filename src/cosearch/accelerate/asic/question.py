"""The best array of a space, as engines that sample are asked."""

from collections.abc import Sequence
from typing import final

import numpy as np

from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.accelerate.asic.problem import ArrayProblem
from cosearch.accelerate.asic.solve import map_network
from cosearch.accelerate.question import AbstractQuestion, Answer, Judged, Part
from cosearch.errors import MappingError


@final
class ArrayQuestion(AbstractQuestion):
    """One part, the array; pricing an array maps every layer of the network on it in the best way.

    Args:
        problem: The network, the space, the objective and the limits.
    """

    def __init__(self, problem: ArrayProblem) -> None:
        self.problem = problem
        self._part = problem.space.part()

    @property
    def parts(self) -> tuple[Part, ...]:
        """One."""
        return (self._part,)

    @property
    def more_is_better(self) -> bool:
        """Whether the objective is maximised."""
        return self.problem.more_is_better

    def price(self, part: int, codes: IntArray) -> FloatArray:
        """The objective, and by how much limits are exceeded; infinite where no mapping fits. [designs, 2]."""
        return np.array([self._priced(code) for code in codes], np.float64).reshape(len(codes), 2)

    def answer(self, codes: Sequence[IntArray]) -> Answer:
        """The choices by name."""
        return Answer(choices={self._part.name: self._part.named(codes[0])})

    def judge(self, priced: Sequence[FloatArray]) -> Judged:
        """As they were priced."""
        (values,) = priced
        return Judged(values=values[:, 0], violations=values[:, 1])

    def _priced(self, code: IntArray) -> tuple[float, float]:
        if not self._part.valid(code[None])[0]:
            return np.inf, np.inf
        choices = self._part.named(code)
        try:
            found = map_network(self.problem, self.problem.space.array(choices), self.problem.space.mappings(choices))
        except MappingError:
            return np.inf, np.inf
        return (np.inf, np.inf) if found is None else (found.reached.value, found.reached.excess)
