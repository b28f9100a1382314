"""Limits: what a design must meet, and by how much it does."""

import re
import sys
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import model_validator

from cosearch.errors import RecipeError
from cosearch.records import Record


@dataclass(frozen=True, slots=True)
class Metric:
    """A quantity a user may bound or optimise; more is better only for fps and accuracy."""

    name: str
    unit: str
    more_is_better: bool = False


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("fps", "images/s", more_is_better=True),
        Metric("latency_seconds", "s"),
        Metric("latency_loaded_seconds", "s"),
        Metric("energy_joules", "J"),
        Metric("edp", "J s"),
        Metric("power_watts", "W"),
        Metric("dsp", ""),
        Metric("bram18", ""),
        Metric("uram", ""),
        Metric("lut", ""),
        Metric("area_m2", "m2"),
        Metric("dram_bits", "bit"),
        Metric("model_bits", "bit"),
        Metric("accuracy", "", more_is_better=True),
    )
}

_LIMIT = re.compile(r"\s*([a-z_0-9]+)\s*(>=|<=)\s*([-+0-9.eE]+)\s*")


class Limit(Record):
    """A bound on one metric, in its direction, finite and not negative: ``fps >= 200``."""

    metric: str
    op: Literal[">=", "<="]
    limit: float

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.metric not in METRICS:
            raise ValueError(f"{self.metric!r} cannot be bounded; known: {', '.join(METRICS)}")
        wanted = _direction(self.metric)
        if self.op != wanted:
            raise ValueError(f"{self.metric} is bounded with {wanted}")
        if self.limit < 0:
            raise ValueError(f"{self}: the bound must be finite and not negative")
        return self

    def met_by(self, value: float) -> bool:
        """Whether a value keeps the limit; equality does."""
        return value >= self.limit if self.op == ">=" else value <= self.limit

    def judge(self, value: float) -> "LimitResult":
        """The limit with the value it was held against."""
        return LimitResult(metric=self.metric, op=self.op, limit=self.limit, value=value, met=self.met_by(value))

    def relaxed(self, factor: float) -> "Limit":
        """The limit loosened by a finite factor of at least 1; it stays finite."""
        bound = self.limit / factor if self.op == ">=" else min(self.limit * factor, sys.float_info.max)
        return self.model_copy(update={"limit": bound})

    def __str__(self) -> str:
        # All digits: a limit that is read, copied and given back must be the same limit.
        return f"{self.metric}{self.op}{self.limit!r}".removesuffix(".0")


class LimitResult(Limit):
    """A limit, the value reached and whether it is met."""

    value: float
    met: bool

    @property
    def slack(self) -> float:
        """Distance to the limit as a fraction of it; negative where it is broken."""
        if self.limit == 0:
            return 0.0 if self.met else -1.0
        distance = self.value - self.limit if self.op == ">=" else self.limit - self.value
        return distance / self.limit


def _direction(metric: str) -> Literal[">=", "<="]:
    return ">=" if METRICS[metric].more_is_better else "<="


def parse_limits(texts: tuple[str, ...] | list[str], known: frozenset[str] | None = None) -> tuple[Limit, ...]:
    """Limits from their written form.

    Args:
        texts: Such as ``["fps>=200", "dsp<=140"]``.
        known: Metrics that can be bounded where this is asked; all by default.

    Raises:
        RecipeError: for an unknown metric, a bound in the wrong direction, a number that is none, or a metric twice.
    """
    limits: list[Limit] = []
    for text in texts:
        match = _LIMIT.fullmatch(text)
        if match is None:
            raise RecipeError(f"limit {text!r} is not of the form METRIC>=NUMBER or METRIC<=NUMBER, such as fps>=200")
        name, op, number = match[1], match[2], match[3]
        metrics = [m for m in METRICS if known is None or m in known]
        if name not in metrics:
            raise RecipeError(f"limit {text!r}: {name!r} cannot be bounded; known: {', '.join(metrics)}")
        wanted = _direction(name)
        if op != wanted:
            raise RecipeError(f"limit {text!r}: {name} is bounded with {wanted}")
        try:
            bound = float(number)
        except ValueError:
            raise RecipeError(f"limit {text!r}: {number!r} is not a number") from None
        if bound < 0 or bound == float("inf"):
            raise RecipeError(f"limit {text!r}: the bound must be finite and not negative")
        if any(limit.metric == name for limit in limits):
            raise RecipeError(f"limit {text!r}: {name} is bounded twice; keep one")
        limits.append(Limit(metric=name, op=wanted, limit=bound))
    return tuple(limits)
