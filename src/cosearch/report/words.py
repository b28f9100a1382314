"""Numbers and metrics as a person reads them."""

from cosearch.design import METRICS
from cosearch.units import format_quantity

TITLES = {
    "fps": "Throughput",
    "latency_seconds": "Latency, one image alone",
    "latency_loaded_seconds": "Latency at full rate",
    "energy_joules": "Energy per image",
    "edp": "Energy-delay product",
    "power_watts": "Power",
    "dsp": "DSP",
    "bram18": "BRAM18",
    "uram": "URAM",
    "lut": "LUT",
    "area_m2": "Area",
    "dram_bits": "DRAM traffic per image",
    "model_bits": "Model size",
    "accuracy": "Accuracy",
}

SPLITS = {
    "integer_test": "test, integer network",
    "retrained_test": "test, retrained",
    "retrained_val": "val, retrained",
    "supernet_val": "val, supernet",
}
"""Accuracies from the most telling to the least, and what each was measured on."""


def title_of(metric: str) -> str:
    """A metric's name in words."""
    return TITLES.get(metric, metric)


def amount(metric: str, value: float, digits: int = 3) -> str:
    """A value of a metric with its unit: ``214 images/s``, ``2.1 ms``, ``87.3 %``."""
    if metric == "accuracy":
        return percent(value, 2)
    unit = METRICS[metric].unit if metric in METRICS else ""
    if metric == "fps":
        return f"{count(value, digits)} {unit}"
    if not unit:
        return count(value, digits)
    return quantity(value, unit, digits)


def quantity(value: float, unit: str, digits: int = 3) -> str:
    """A number with an SI prefix, held together by a no-break space and with a proper micro sign."""
    number, _, name = format_quantity(value, unit, digits).partition(" ")
    return f"{number} {'µ' + name[1:] if name.startswith('u') else name}"


def count(value: float, digits: int = 3) -> str:
    """A plain number: thousands apart; below a thousand, and unless it is whole, so many significant digits."""
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def percent(fraction: float, digits: int = 1) -> str:
    """A fraction in percent; whole percents lose their zeros."""
    written = f"{fraction * 100:.{digits}f}"
    return f"{written.removesuffix('.' + '0' * digits)} %"


def ranges(numbers: list[int]) -> str:
    """``0-3, 5`` for 0, 1, 2, 3, 5."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def listing(parts: list[str]) -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def duration(seconds: float) -> str:
    """``3 min 34 s``; seconds below a minute, hours above one."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
