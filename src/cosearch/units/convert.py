"""Quantities to cycles, and quantities to words a person reads."""

import math

_PREFIXES = (
    (1e9, "G"),
    (1e6, "M"),
    (1e3, "k"),
    (1.0, ""),
    (1e-3, "m"),
    (1e-6, "u"),
    (1e-9, "n"),
    (1e-12, "p"),
)


def cycles_of(seconds: float, clock_hertz: float) -> int:
    """Whole cycles that cover a time, rounded up; a part in 10^9 of a cycle is taken as rounding noise."""
    return math.ceil(seconds * clock_hertz - 1e-9)


def format_quantity(value: float, unit: str, digits: int = 3) -> str:
    """A number with an SI prefix and at least three digits: ``format_quantity(0.0021, "s")`` is ``"2.1 ms"``."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}".rstrip()
    rounded = float(f"{value:.{digits}g}")
    scale, prefix = next((entry for entry in _PREFIXES if abs(rounded) >= entry[0]), _PREFIXES[-1])
    return f"{rounded / scale:.{digits}g} {prefix}{unit}".rstrip()
