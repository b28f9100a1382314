"""The array model's access counts against Timeloop, ZigZag and AccelForge on the same mappings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cosearch.hardware import Operand
from cosearch.validate.access import (
    LEVELS,
    AccessCase,
    Counted,
    ToolCounts,
    accelforge_counts,
    read_access_cases,
    timeloop_counts,
    zigzag_counts,
)
from cosearch.validate.comparison import Comparison, Point, Target

_TOOLS: dict[str, Callable[[Counted], ToolCounts]] = {
    "timeloop": timeloop_counts,
    "zigzag": zigzag_counts,
    "accelforge": accelforge_counts,
}

_SUM_READS = {
    "timeloop": ("scalar_reads_total",),
    "zigzag": ("read_to_low", "write_from_high"),
    "accelforge": ("read",),
}
"""Names under which each tool counts partial sums that are read; all else of O are updates and writes."""

_ENERGY_LIMIT = 0.01

_NOT_JUDGED = {"accelforge": (16, 21, 63)}
"""Cases that are not held against a tool, for how their mapping had to be written there."""


@dataclass(frozen=True, slots=True)
class _Check:
    """One number held against one of a file."""

    group: str
    ours: int
    theirs: int


def compare_access_counts(path: Path) -> Comparison:
    """Compute cycles, access counts of every operand and level, and energy, case by case.

    Counts of W, of O's updates and writes, and fills of I are the model's own; partial-sum reads and what else is
    counted of I follow each tool's convention, applied to what the model counts.

    Raises:
        DataError: if the file is not of the form of its kind.
    """
    checks: dict[str, list[_Check]] = {}
    energies: dict[str, list[float]] = {tool: [] for tool in _TOOLS}
    points: list[Point] = []
    cases = [Counted(case) for case in read_access_cases(path)]
    for counted in cases:
        for check in (*_own_checks(counted), *_tool_checks(counted)):
            checks.setdefault(check.group, []).append(check)
        for point in _energy_points(counted):
            points.append(point)
            if counted.case.number not in _NOT_JUDGED.get(point.group, ()):
                energies[point.group].append(abs(point.error))
    figures: dict[str, float] = {"num_cases": len(cases), "num_counts": sum(len(group) for group in checks.values())}
    figures |= {f"{group}_exact": _share(group_checks) for group, group_checks in sorted(checks.items())}
    figures |= {f"{tool}_worst_energy_error": max(errors) for tool, errors in energies.items() if errors}
    return Comparison(
        name="access_counts",
        title="Access counts and energy of arrays against Timeloop 4.0, ZigZag 3.9.1 and AccelForge 1.0.467",
        figures=figures,
        targets=_targets(figures),
        notes=(
            "_exact: share of counts that are equal to the last word",
            "each tool's convention for inputs and partial sums was inferred from its counts on the shipped cases",
            "AccelForge is left out on cases 16, 21 and 63: a limit of how their mapping is written there",
        ),
        unit="MAC energies",
        points=tuple(points),
    )


def _targets(figures: dict[str, float]) -> dict[str, Target]:
    exact = {
        name: Target(op="==", bound=1.0) for name in figures if name.endswith("_exact") and "input_reads" not in name
    }
    energy = {name: Target(op="<=", bound=_ENERGY_LIMIT) for name in figures if name.endswith("_energy_error")}
    return exact | energy


def _share(checks: list[_Check]) -> float:
    return sum(check.ours == check.theirs for check in checks) / len(checks)


def _own_checks(counted: Counted) -> Iterator[_Check]:
    """What does not depend on a convention."""
    closed = counted.case.counted["closed_form"]
    yield _Check("compute_cycles", counted.cycles, closed["compute_cycles"])
    yield _Check("compute_cycles", counted.macs, closed["macs"])
    groups: dict[Operand, str] = {"W": "weight", "I": "input_fills", "O": "output"}
    for operand, group in groups.items():
        for level, entry in closed["tensors"][operand].items():
            yield _Check(group, counted.fills(operand, LEVELS[level]), entry["fills_if_no_first_elision"])
    for key, theirs in counted.case.counted["consensus"].items():
        ours = _consensus(counted, key)
        if ours is not None:
            yield _Check(ours[0], ours[1], theirs)


def _consensus(counted: Counted, key: str) -> tuple[str, int] | None:
    """A number on which all tools agree, with the group it belongs to; None where it is one of a convention."""
    if key == "compute_cycles":
        return key, counted.cycles
    level, operand, name = ("", *key.split("."))[-3:] if key.count(".") == 2 else ("", "", "")
    if operand == "W":
        count = counted.reads if name == "reads" else counted.fills
        return "weight", count("W", LEVELS[level])
    if operand == "O" and name in ("updates_from_below", "writes") and (name, level) != ("writes", "RF"):
        return "output", counted.updates(LEVELS[level])
    if operand == "I" and name == "fills":
        return "input_fills", counted.fills("I", LEVELS[level])
    return None


def _tool_checks(counted: Counted) -> Iterator[_Check]:
    for tool, count in _TOOLS.items():
        theirs = counted.case.counted.get(tool)
        if not theirs or counted.case.number in _NOT_JUDGED.get(tool, ()):
            continue
        for (place, operand), entry in count(counted).items():
            level = next(name for name, ours in LEVELS.items() if ours == place)
            told = theirs["levels"].get(level, {}).get(operand, {})
            for name in entry.keys() & told.keys():
                yield _Check(_group(tool, operand, name), entry[name], round(told[name]))


def _group(tool: str, operand: str, name: str) -> str:
    if operand == "O":
        return f"{tool}_partial_sum_reads" if name in _SUM_READS[tool] else "output"
    if operand == "W":
        return "weight"
    return f"{tool}_input_reads_and_fills"


def _energy_points(counted: Counted) -> Iterator[Point]:
    case: AccessCase = counted.case
    for tool, count in _TOOLS.items():
        theirs = case.counted.get(tool)
        if not theirs or not theirs.get("energy_pJ"):
            continue
        energy = counted.macs * case.joules["MAC"]
        for (place, _), entry in count(counted).items():
            level = next(name for name, ours in LEVELS.items() if ours == place)
            energy += sum(entry.values()) * case.joules[level]
        yield Point(name=case.name, group=tool, reference=theirs["energy_pJ"], model=energy)
