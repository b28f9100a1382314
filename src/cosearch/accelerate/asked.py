"""Objective and limits as they are written in a recipe or a request."""

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator

from cosearch.accelerate.problem import PRICED_METRICS, PROBLEM_METRICS
from cosearch.design import parse_limits
from cosearch.errors import RecipeError


def _objective_of(known: frozenset[str]) -> Callable[[str], str]:
    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"{name!r} cannot be optimised; known: {', '.join(sorted(known))}")
        return name

    return check


def _limits_on(known: frozenset[str]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    def check(texts: tuple[str, ...]) -> tuple[str, ...]:
        try:
            parse_limits(texts, known)
        except RecipeError as error:
            raise ValueError(str(error)) from None
        return texts

    return check


ObjectiveName = Annotated[str, AfterValidator(_objective_of(PROBLEM_METRICS))]
"""One of `PROBLEM_METRICS`."""

LimitTexts = Annotated[tuple[str, ...], AfterValidator(_limits_on(PROBLEM_METRICS))]
"""Such as ``fps>=200``, on `PROBLEM_METRICS`."""

PricedObjectiveName = Annotated[str, AfterValidator(_objective_of(PRICED_METRICS))]
"""One of `PRICED_METRICS`: what a search over networks can ask."""

PricedLimitTexts = Annotated[tuple[str, ...], AfterValidator(_limits_on(PRICED_METRICS))]
"""Such as ``fps>=200``, on `PRICED_METRICS`."""
