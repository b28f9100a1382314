"""Physical constants that measurements may settle, and what a fit says of them."""

from dataclasses import dataclass

from pydantic import Field

from cosearch.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A constant of the model before it is fitted.

    Attributes:
        name: As the model knows it.
        start: Its value before, at which the error before is taken.
        low, high: Bounds; the fit never leaves them.
        guess: Where the fit begins, if not at the start: inside the bounds, off every kink.
    """

    name: str
    start: float
    low: float
    high: float
    guess: float | None = None

    @property
    def first(self) -> float:
        """Where the fit begins."""
        return self.start if self.guess is None else self.guess


class Fitted(Record):
    """A constant after the fit.

    Attributes:
        before, value: Before and after.
        low, high: 95 % interval of the bootstrap.
    """

    before: float
    value: float
    low: float
    high: float


class Fit(Record):
    """What measurements say of some constants.

    Attributes:
        constants: Those that were fitted, by name.
        held: Those the measurements do not determine, with the reason; they keep their start.
        num_runs: Measurements.
        num_groups: Groups of runs that are never parted: repeats of one run, for example.
        error_before, error_after: Mean relative error with the constants as they were, and as fitted to all runs.
        error_validated: Mean relative error of runs that were left out of the fit, by folds.
        worst_validated: The largest of those errors.
    """

    constants: dict[str, Fitted]
    held: dict[str, str] = Field(default_factory=dict)
    num_runs: int
    num_groups: int
    error_before: float
    error_after: float
    error_validated: float
    worst_validated: float

    def values(self) -> dict[str, float]:
        """The fitted values by name."""
        return {name: fitted.value for name, fitted in self.constants.items()}
