"""Two nested values, leaf by leaf."""

import math
from dataclasses import dataclass
from typing import Any

RELATIVE_TOLERANCE = 1e-12
"""Floats are recomputed by the same operations from integers; only the last digit of a decimal may differ."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the file and what it should say disagree."""

    where: str
    found: Any
    expected: Any
    source: str

    def __str__(self) -> str:
        return f"{self.where}: design.json says {self.found!r}, {self.source} says {self.expected!r}"


def compare(found: Any, expected: Any, *, where: str, source: str) -> list[Difference]:
    """Every leaf that differs; integers and texts exactly, floats to the last digit.

    Args:
        found: What the file says, as plain data.
        expected: What it should say.
        where: Path of the two values in the file.
        source: Who says what it should be, for the message.
    """
    if isinstance(found, dict) and isinstance(expected, dict):
        keys = [*expected, *(key for key in found if key not in expected)]
        parts = [(f"{where}.{key}" if where else str(key), found.get(key), expected.get(key)) for key in keys]
        return [d for place, f, e in parts for d in compare(f, e, where=place, source=source)]
    if isinstance(found, list | tuple) and isinstance(expected, list | tuple) and len(found) == len(expected):
        pairs = enumerate(zip(found, expected, strict=True))
        return [d for i, (f, e) in pairs for d in compare(f, e, where=f"{where}[{i}]", source=source)]
    if _equal(found, expected):
        return []
    return [Difference(where, found, expected, source)]


def _equal(found: Any, expected: Any) -> bool:
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, float) or isinstance(expected, float):
        numbers = isinstance(found, int | float) and isinstance(expected, int | float)
        return numbers and math.isclose(found, expected, rel_tol=RELATIVE_TOLERANCE, abs_tol=0.0)
    return type(found) is type(expected) and found == expected
