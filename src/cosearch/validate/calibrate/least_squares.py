"""Least squares on relative errors, under bounds, with slopes from the model itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy import optimize
from torch import Tensor

from cosearch.validate.calibrate.constants import Constant

Model = Callable[[Mapping[str, Tensor]], Tensor]
"""Predictions of all runs, [runs], from constants given run by run, each [runs]."""

Vector = Float[np.ndarray, " runs"]
Matrix = Float[np.ndarray, "runs constants"]

_TOLERANCE = 1e-6

_MOST_EVALUATIONS = 50
"""Of the model in one fit; at a kink of the model the last digits may never settle."""


class Problem:
    """A model, its measurements, and the constants that are fitted; others are fixed.

    Inside, a constant runs from 0 at its lower bound to 1 at the upper.
    """

    def __init__(
        self, model: Model, measured: Vector, constants: Sequence[Constant], fixed: Mapping[str, float]
    ) -> None:
        self.model, self.measured = model, measured
        self.constants, self.fixed = tuple(constants), dict(fixed)
        self._low = np.array([constant.low for constant in constants])
        self._range = np.array([constant.high - constant.low for constant in constants])

    def without(self, constant: Constant) -> "Problem":
        """The same problem with one constant fixed at its start."""
        rest = [other for other in self.constants if other.name != constant.name]
        return Problem(self.model, self.measured, rest, {**self.fixed, constant.name: constant.start})

    def values(self, unit: Float[np.ndarray, " constants"]) -> dict[str, float]:
        """All constants, the fixed ones too."""
        found = self._low + unit * self._range
        names = (constant.name for constant in self.constants)
        return {**self.fixed, **dict(zip(names, map(float, found), strict=True))}

    def errors(self, values: Mapping[str, float]) -> Vector:
        """Relative errors of all runs."""
        num = len(self.measured)
        constants = {name: torch.full((num,), value, dtype=torch.float64) for name, value in values.items()}
        with torch.no_grad():
            predicted = self.model(constants)
        return predicted.numpy() / self.measured - 1

    def linearise(self, unit: Float[np.ndarray, " constants"]) -> tuple[Vector, Matrix]:
        """Relative errors, and their slopes along each constant's whole range, from one backward pass."""
        num = len(self.measured)
        constants = {
            name: torch.full((num,), value, dtype=torch.float64) for name, value in self.values(unit).items()
        }
        for constant in self.constants:
            constants[constant.name].requires_grad_()
        predicted = self.model(constants)
        predicted.sum().backward()
        columns = [_slope(constants[constant.name]) for constant in self.constants]
        slopes = np.stack(columns, axis=1) * self._range / self.measured[:, None]
        return predicted.detach().numpy() / self.measured - 1, slopes

    def solve(
        self, rows: Int[np.ndarray, " some"] | None = None, unit: Float[np.ndarray, " constants"] | None = None
    ) -> Float[np.ndarray, " constants"]:
        """The best constants within their bounds.

        Args:
            rows: Runs to fit to, as indices; all if None.
            unit: Where to begin.
        """
        chosen = slice(None) if rows is None else rows
        begin = np.array(
            [(constant.first - constant.low) / (constant.high - constant.low) for constant in self.constants]
        )
        kept: dict[bytes, tuple[Vector, Matrix]] = {}

        def at(point: Float[np.ndarray, " constants"]) -> tuple[Vector, Matrix]:
            key = point.tobytes()
            if key not in kept:
                kept.clear()
                kept[key] = self.linearise(point)
            return kept[key]

        found: Any = optimize.least_squares(
            lambda point: at(point)[0][chosen],
            np.clip(begin if unit is None else unit, 1e-6, 1 - 1e-6),
            jac=lambda point: at(point)[1][chosen],
            bounds=(0, 1),
            xtol=_TOLERANCE,
            ftol=_TOLERANCE,
            gtol=_TOLERANCE,
            max_nfev=_MOST_EVALUATIONS,
        )
        return found.x


def _slope(constant: Tensor) -> Vector:
    """Slopes of every prediction along its own copy of a constant; zero where nothing depends on it."""
    return np.zeros(len(constant)) if constant.grad is None else constant.grad.numpy()
