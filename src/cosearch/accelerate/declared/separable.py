"""A space whose parts are priced one by one and meet only in maxima and sums."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, final

import numpy as np
from numpy.typing import ArrayLike

from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.accelerate.question import AbstractQuestion, Answer, Choice, Columns, Judged, Part
from cosearch.errors import RecipeError

Cost = Callable[[Columns], Mapping[str, ArrayLike]]
"""Metrics by name, [designs] each, from the values of the parameters by name, [designs] each; not finite where a
design cannot run."""

Combination = Literal["max", "sum"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PricedPart:
    """A part and what its designs cost."""

    part: Part
    cost: Cost


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class SeparableQuestion(AbstractQuestion):
    """Minimise one metric of a space of your own, while others keep bounds.

    Attributes:
        priced_parts: What is decided. Every cost yields all metrics of `combine`.
        combine: How a metric of the whole follows from the parts: their maximum or their sum. Metrics are not
            negative.
        objective: One of these metrics; the least value is best.
        bounds: The most that metrics may reach.
        fixed: Choices that are settled, such as ``{"conv.lanes": 16}``.

    Raises:
        RecipeError: for a metric that is not combined, a part that is named twice, or a fixed choice that is none.
    """

    priced_parts: tuple[PricedPart, ...]
    combine: Mapping[str, Combination]
    objective: str
    bounds: Mapping[str, float] = field(default_factory=dict[str, float])
    fixed: Mapping[str, Choice] = field(default_factory=dict[str, Choice])

    def __post_init__(self) -> None:
        known = ", ".join(self.combine)
        for metric in (self.objective, *self.bounds):
            if metric not in self.combine:
                raise RecipeError(f"{metric!r} is no metric of the space; known: {known}")
        names = [entry.part.name for entry in self.priced_parts]
        for name in names:
            if names.count(name) > 1:
                raise RecipeError(f"part {name!r} is declared twice; give each a name of its own")
        if not names:
            raise RecipeError("a space needs at least one part")
        parts = tuple(replace(entry, part=_settled(entry.part, self.fixed)) for entry in self.priced_parts)
        _check_fixed(self.fixed, [entry.part for entry in self.priced_parts])
        object.__setattr__(self, "priced_parts", parts)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is decided, with the settled parameters reduced to their choice."""
        return tuple(entry.part for entry in self.priced_parts)

    @property
    def more_is_better(self) -> bool:
        """False: the objective is minimised."""
        return False

    def price(self, part: int, codes: IntArray) -> FloatArray:
        """Metrics of designs in the order of `combine`, infinite for a forbidden design. [designs, metrics].

        Raises:
            RecipeError: if the cost lacks a metric, or is negative.
        """
        entry = self.priced_parts[part]
        values = np.full((len(codes), len(self.combine)), np.inf)
        rows = np.flatnonzero(entry.part.valid(codes))
        if not len(rows):
            return values
        found = entry.cost(entry.part.columns(codes[rows]))
        for column, name in enumerate(self.combine):
            if name not in found:
                raise RecipeError(f"the cost has no {name!r}; it gives {', '.join(found)}").at(entry.part.name)
            metric = np.asarray(found[name], np.float64)
            if bool((metric < 0).any()):
                raise RecipeError(f"{name!r} is negative for some design; costs start at 0").at(entry.part.name)
            values[rows, column] = metric
        values[~np.isfinite(values).all(axis=1)] = np.inf
        return values

    def answer(self, codes: Sequence[IntArray]) -> Answer:
        """The choices by name."""
        return Answer(choices={part.name: part.named(own) for part, own in zip(self.parts, codes, strict=True)})

    def judge(self, priced: Sequence[FloatArray]) -> Judged:
        """Combine, and hold against the bounds."""
        stacked = np.stack(priced)
        whole = {
            name: stacked[:, :, column].max(axis=0) if how == "max" else stacked[:, :, column].sum(axis=0)
            for column, (name, how) in enumerate(self.combine.items())
        }
        violations = np.zeros(stacked.shape[1])
        for name, bound in self.bounds.items():
            excess = whole[name] - bound
            violations = np.maximum(violations, np.where(excess > 0, excess / bound if bound else np.inf, 0.0))
        violations[~np.isfinite(whole[self.objective])] = np.inf
        return Judged(values=whole[self.objective], violations=violations)


def _settled(part: Part, fixed: Mapping[str, Choice]) -> Part:
    """The part with its settled parameters reduced to one choice."""
    parameters = list(part.parameters)
    for place, parameter in enumerate(parameters):
        name = f"{part.name}.{parameter.name}"
        if name in fixed:
            if fixed[name] not in parameter.choices:
                choices = ", ".join(map(str, parameter.choices))
                raise RecipeError(f"{name}={fixed[name]} is no choice; choices: {choices}")
            parameters[place] = replace(parameter, choices=(fixed[name],))
    return replace(part, parameters=tuple(parameters))


def _check_fixed(fixed: Mapping[str, Choice], parts: Sequence[Part]) -> None:
    known = {f"{part.name}.{parameter.name}" for part in parts for parameter in part.parameters}
    for name in fixed:
        if name.split(".", 1)[0] not in [part.name for part in parts]:
            names = ", ".join(part.name for part in parts)
            raise RecipeError(f"{name!r} fixes a part that is not there; parts: {names}")
        if name not in known:
            raise RecipeError(f"{name!r} fixes no parameter; known: {', '.join(sorted(known))}")
