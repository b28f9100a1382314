"""A network on arrays of a space: what is made least, under which limits, and what one array reaches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cosearch.accelerate.asic.array_space import ArraySpace
from cosearch.accelerate.asic.mappings import MappingFront
from cosearch.accelerate.asic.sums import Aim, Chosen, Share, all_sums, least_sum
from cosearch.cost.asic import area_m2
from cosearch.design import METRICS, Limit, LimitResult
from cosearch.errors import RecipeError
from cosearch.hardware import ArrayAccelerator, Technology
from cosearch.workload import Layer, Workload

ArrayMetric = Literal["edp", "energy_joules", "latency_seconds", "fps", "area_m2"]

ARRAY_METRICS: tuple[ArrayMetric, ...] = ("edp", "energy_joules", "latency_seconds", "fps", "area_m2")
"""What can be made best, or bounded."""

Slopes = tuple[float, float]
"""Least and greatest price of a cycle, in joules."""

_AIMS: dict[ArrayMetric, Aim] = {
    "edp": "product",
    "energy_joules": "joules",
    "latency_seconds": "cycles",
    "fps": "cycles",
    "area_m2": "cycles",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArrayProblem:
    """A network, arrays to choose from, an objective and limits.

    Raises:
        RecipeError: if the objective or a limit is of another metric.
    """

    workload: Workload
    space: ArraySpace
    technology: Technology
    objective: ArrayMetric = "edp"
    limits: tuple[Limit, ...] = ()

    def __post_init__(self) -> None:
        for metric in (self.objective, *(limit.metric for limit in self.limits)):
            if metric not in ARRAY_METRICS:
                raise RecipeError(f"{metric!r} is not known of arrays; known: {', '.join(ARRAY_METRICS)}")

    @property
    def more_is_better(self) -> bool:
        """Whether the objective is maximised."""
        return METRICS[self.objective].more_is_better

    def shapes(self) -> dict[tuple[int | str, ...], list[Layer]]:
        """Layers by what they cost."""
        found: dict[tuple[int | str, ...], list[Layer]] = {}
        for layer in self.workload.layers:
            found.setdefault(layer.shape_key(), []).append(layer)
        return found

    def metrics(self, array: ArrayAccelerator, cycles: float, joules: float) -> dict[ArrayMetric, float]:
        """Metrics of an array that takes so many cycles and joules for all images."""
        images = self.workload.layers[0].N
        seconds = cycles / array.clock_hertz
        return {
            "edp": joules / images * seconds,
            "energy_joules": joules / images,
            "latency_seconds": seconds,
            "fps": images / seconds,
            "area_m2": sum(area_m2(array, self.technology).values()),
        }

    def excess(self, metrics: Mapping[ArrayMetric, float]) -> float:
        """By which fraction the limit that is exceeded most is exceeded; 0 where all are kept."""
        return max((max(0.0, -judged.slack) for judged in self._judged(metrics)), default=0.0)

    def _judged(self, metrics: Mapping[ArrayMetric, float]) -> list[LimitResult]:
        return [
            limit.judge(value) for limit in self.limits for name, value in metrics.items() if name == limit.metric
        ]

    def choose(self, array: ArrayAccelerator, shares: Sequence[Share]) -> "Reached":
        """The mappings of an array that make the objective best within the limits, or come nearest to them."""
        free = least_sum(shares, _AIMS[self.objective])
        found = self.reached(array, free, is_exact=True)
        if found.excess == 0 or not self._binds:
            return found
        sums = all_sums(shares)
        metrics = [
            self.metrics(array, *pair) for pair in zip(sums.cycles.tolist(), sums.joules.tolist(), strict=True)
        ]
        sign = -1 if self.more_is_better else 1
        order = np.lexsort(
            ([sign * each[self.objective] for each in metrics], [self.excess(each) for each in metrics])
        )
        return self.reached(array, sums.chosen(int(order[0])), is_exact=sums.is_whole)

    @property
    def is_product(self) -> bool:
        """Whether a product of cycles and joules is made least, mappings free of limits."""
        return self.objective == "edp" and not self._binds

    def slopes(self, array: ArrayAccelerator, shares: Sequence[Share], most: float | None) -> Slopes | None:
        """Prices of a cycle, in joules, between which that of an optimum lies; None where fronts are needed whole.

        The optimum of a product makes energy plus price times cycles least at the price energy / cycles. Neither
        factor is below its least, nor above `most` over the least of the other.

        Args:
            array: What the network runs on.
            shares: Fronts, or bounds, of all layers.
            most: A value of the objective that is to be improved on, in its unit.
        """
        if self.objective == "energy_joules" and not self._binds:
            return 0.0, 0.0
        if not self.is_product or most is None:
            return None
        product = most * array.clock_hertz * self.workload.layers[0].N
        cycles, joules = least_sum(shares, "cycles").cycles, least_sum(shares, "joules").joules
        return joules / product * joules * (1 - 1e-9), product / cycles / cycles * (1 + 1e-9)

    @property
    def _binds(self) -> bool:
        """Whether a limit depends on the mappings."""
        return any(limit.metric != "area_m2" for limit in self.limits)

    def bound(self, array: ArrayAccelerator, shares: Sequence[Share]) -> float:
        """What no choice of mappings goes beyond, limits or not."""
        free = least_sum(shares, _AIMS[self.objective])
        return self.metrics(array, free.cycles, free.joules)[self.objective]

    def reached(self, array: ArrayAccelerator, chosen: Chosen, *, is_exact: bool) -> "Reached":
        """What a choice of mappings amounts to on an array."""
        metrics = self.metrics(array, chosen.cycles, chosen.joules)
        return Reached(metrics, metrics[self.objective], self.excess(metrics), chosen, is_exact)


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """The best that a network does on one array.

    Attributes:
        value: Of the objective.
        excess: Of the limits, as a fraction; 0 where they are kept.
        chosen: A mapping for each layer.
        is_exact: Whether no other choice of mappings is better.
    """

    metrics: Mapping[ArrayMetric, float]
    value: float
    excess: float
    chosen: Chosen
    is_exact: bool


def share_of(front: MappingFront, times: int) -> Share:
    """A layer's front as a share of the network."""
    return Share(front.cycles, front.joules, times)
