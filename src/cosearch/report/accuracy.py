"""A comparison of the model with something else, as the page shows it: figures and errors in words."""

from dataclasses import dataclass
from typing import Literal

from cosearch.report.words import count, percent

Status = Literal["met", "missed", "no target", "not run"]

_FRACTIONS = {"error", "errors", "mape", "bias", "share", "gap", "slowdown", "exact", "saved"}
"""Words in the name of a figure that is a fraction of something."""

_EXACTLY = 1e-9
"""Relative errors up to here are rounding of floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCase:
    """One case: what was measured or counted elsewhere, and what the model says; cases of a group share a colour."""

    name: str
    group: str
    reference: float
    model: float

    @property
    def error(self) -> float | None:
        """Signed, as a fraction of the reference; none where the reference is zero and the model is not."""
        if self.reference == 0:
            return 0.0 if self.model == 0 else None
        return self.model / self.reference - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFigure:
    """A result by its name; what it had to reach, such as ``<= 0.05``, and whether it did."""

    name: str
    value: float
    op: str = ""
    bound: float | None = None
    met: bool | None = None

    @property
    def label(self) -> str:
        """The name in words."""
        return self.name.removeprefix("num_").replace("_", " ").replace(".", " ").replace("mape", "mean error")

    @property
    def shown(self) -> str:
        """The value in percent where it is a fraction."""
        return figure_text(self.name, self.value)

    @property
    def target(self) -> str:
        """What it had to reach: ``at most 5 %``."""
        if self.bound is None:
            return ""
        return f"{_OPS[self.op]} {figure_text(self.name, self.bound)}"


_OPS = {"<=": "at most", ">=": "at least", "==": "exactly"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One comparison.

    Attributes:
        name: Short and unique.
        title: What is held against what.
        figures: Results; those with a target make the verdict.
        cause: In one line, where what is left of the error comes from.
        source: Where the figures come from, or what is needed to have them.
        notes: Conditions and assumptions.
        unit: Of the cases.
        cases: For the plots.
        was_run: Whether there are figures at all.
    """

    name: str
    title: str
    figures: tuple[JudgedFigure, ...] = ()
    cause: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()
    unit: str = ""
    cases: tuple[JudgedCase, ...] = ()
    was_run: bool = True

    @property
    def status(self) -> Status:
        """The verdict over all targets."""
        if not self.was_run:
            return "not run"
        verdicts = [figure.met for figure in self.targeted]
        return ("met" if all(verdicts) else "missed") if verdicts else "no target"

    @property
    def targeted(self) -> tuple[JudgedFigure, ...]:
        """Figures that had to reach something."""
        return tuple(figure for figure in self.figures if figure.bound is not None)

    @property
    def headline(self) -> tuple[JudgedFigure, ...]:
        """Figures of the table: those with a target, else the first three."""
        return self.targeted or self.figures[:3]

    @property
    def errors(self) -> list[float]:
        """Signed errors of all cases that have one."""
        return [case.error for case in self.cases if case.error is not None]

    @property
    def is_exact(self) -> bool:
        """Whether there are cases, and none of them has an error worth a picture."""
        return bool(self.cases) and all(case.error is not None and abs(case.error) <= _EXACTLY for case in self.cases)

    @property
    def mean_error(self) -> float:
        """Mean size of the cases' errors."""
        return sum(map(abs, self.errors)) / len(self.errors)


def figure_text(name: str, value: float) -> str:
    """A figure as a person reads it; fractions in percent, unless they are as small as rounding."""
    words = set(name.replace(".", "_").split("_"))
    if not words & _FRACTIONS:
        return count(value, 4)
    if value != 0 and abs(value) < 5e-5:
        return f"{value:.0e}".replace("e-0", "e-")
    return percent(value, 2 if abs(value) < 0.1 else 1)
