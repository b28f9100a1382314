"""Objective and limits as they are written in a recipe or a request."""

from typing import Annotated

from pydantic import AfterValidator

from cosearch.accelerate.problem import PROBLEM_METRICS
from cosearch.design import parse_limits
from cosearch.errors import RecipeError


def _known_objective(name: str) -> str:
    if name not in PROBLEM_METRICS:
        raise ValueError(f"{name!r} cannot be optimised; known: {', '.join(sorted(PROBLEM_METRICS))}")
    return name


def _known_limits(texts: tuple[str, ...]) -> tuple[str, ...]:
    try:
        parse_limits(texts, PROBLEM_METRICS)
    except RecipeError as error:
        raise ValueError(str(error)) from None
    return texts


ObjectiveName = Annotated[str, AfterValidator(_known_objective)]
"""One of `PROBLEM_METRICS`."""

LimitTexts = Annotated[tuple[str, ...], AfterValidator(_known_limits)]
"""Such as ``fps>=200``, on `PROBLEM_METRICS`."""
