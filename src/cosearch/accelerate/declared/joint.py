"""A space that is priced as a whole: nothing is known of how its parameters meet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np

from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.accelerate.declared.separable import Cost
from cosearch.accelerate.question import AbstractQuestion, Answer, Judged, Part
from cosearch.errors import RecipeError


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class JointQuestion(AbstractQuestion):
    """Minimise one metric of whole designs, while others keep bounds.

    `Exact` refuses it; every other engine runs it.

    Attributes:
        part: All parameters, with their rule.
        cost: Metrics of whole designs.
        objective: One of them; the least value is best.
        bounds: The most that metrics may reach.
    """

    part: Part
    cost: Cost
    objective: str
    bounds: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def parts(self) -> tuple[Part, ...]:
        """One."""
        return (self.part,)

    @property
    def more_is_better(self) -> bool:
        """False: the objective is minimised."""
        return False

    def price(self, part: int, codes: IntArray) -> FloatArray:
        """The objective, then the bounded metrics; infinite where the rule forbids a design. [designs, metrics].

        Raises:
            RecipeError: if the cost lacks a metric.
        """
        names = (self.objective, *self.bounds)
        values = np.full((len(codes), len(names)), np.inf)
        rows = np.flatnonzero(self.part.valid(codes))
        if len(rows):
            found = self.cost(self.part.columns(codes[rows]))
            for column, name in enumerate(names):
                if name not in found:
                    raise RecipeError(f"the cost has no {name!r}; it gives {', '.join(found)}").at(self.part.name)
                values[rows, column] = np.asarray(found[name], np.float64)
        return values

    def answer(self, codes: Sequence[IntArray]) -> Answer:
        """The choices by name."""
        return Answer(choices={part.name: part.named(own) for part, own in zip(self.parts, codes, strict=True)})

    def judge(self, priced: Sequence[FloatArray]) -> Judged:
        """Hold against the bounds."""
        (values,) = priced
        violations = np.zeros(len(values))
        for column, bound in enumerate(self.bounds.values(), start=1):
            excess = values[:, column] - bound
            relative = excess / abs(bound) if bound else np.full_like(excess, np.inf)
            violations = np.maximum(violations, np.where(excess > 0, relative, 0.0))
        violations[~np.isfinite(values).all(axis=1)] = np.inf
        return Judged(values=values[:, 0], violations=violations)
