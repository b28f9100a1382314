"""The result of holding the model against something else."""

from typing import Literal

from pydantic import Field

from cosearch.records import Record


class Target(Record):
    """What a figure has to reach."""

    op: Literal["<=", ">=", "=="]
    bound: float

    def met_by(self, value: float) -> bool:
        """Whether a figure reaches it."""
        return {"<=": value <= self.bound, ">=": value >= self.bound, "==": value == self.bound}[self.op]


class Point(Record):
    """One case of a comparison, for its plot: what was measured or counted elsewhere, and what the model says.

    Attributes:
        name: Of the case.
        group: Cases of one group share a colour.
    """

    name: str
    group: str = ""
    reference: float
    model: float

    @property
    def error(self) -> float:
        """Signed error of the model as a fraction of the reference."""
        return self.model / self.reference - 1


class Comparison(Record):
    """What was compared, how far apart the two are, and what was aimed at.

    Attributes:
        name: Short and unique, such as ``eyeriss``.
        title: What is held against what, in one line.
        figures: Results by name; errors are fractions, not per cent.
        targets: Figures that have to reach something, by name.
        notes: What a reader has to know to judge the figures: conditions, causes of a miss.
        unit: Of the points.
        points: Cases for a plot; may be a sample.
    """

    name: str
    title: str
    figures: dict[str, float]
    targets: dict[str, Target] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unit: str = ""
    points: tuple[Point, ...] = ()

    @property
    def met(self) -> bool:
        """Whether every target is reached."""
        return all(target.met_by(self.figures[name]) for name, target in self.targets.items())

    def summary(self) -> dict[str, object]:
        """For machines: name, figures, targets, met."""
        targets = {name: f"{target.op} {target.bound:g}" for name, target in self.targets.items()}
        return {"name": self.name, "figures": self.figures, "target": targets, "met": self.met}
