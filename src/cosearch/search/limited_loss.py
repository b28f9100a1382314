"""Task loss under limits, as a constrained problem: a multiplier rises while limits are broken."""

from typing import final

import torch
from cooper.cmp import CMPState, ConstrainedMinimizationProblem
from cooper.constraints.constraint import Constraint
from cooper.constraints.constraint_state import ConstraintState
from cooper.multipliers.multipliers import DenseMultiplier
from cooper.optim import SimultaneousOptimizer
from cooper.utils.annotations import ConstraintType
from torch import Tensor

from cosearch.network import Architecture


@final
class LimitedLoss(ConstrainedMinimizationProblem):
    """Task loss subject to: the expected violation of the limits is at most zero.

    Source: Gallego-Posada et al., "Cooper", arXiv 2504.01212, for the Lagrangian and its updates.
    """

    def __init__(self) -> None:
        super().__init__()
        self._multiplier = DenseMultiplier(num_constraints=1)
        self.limits = Constraint(ConstraintType.INEQUALITY, multiplier=self._multiplier)

    def compute_cmp_state(self, loss: Tensor, violation: Tensor | None) -> CMPState:
        """The state that is differentiated; without limits there is nothing to constrain."""
        if violation is None:
            return CMPState(loss=loss)
        return CMPState(
            loss=loss, observed_constraints={self.limits: ConstraintState(violation=violation.reshape(1))}
        )

    @property
    def multiplier(self) -> float:
        """Price of a violation of one, in units of the task loss; never negative."""
        return float(self._multiplier.weight.detach())


def constrained_optimiser(
    problem: LimitedLoss, architecture: Architecture, *, lr: float, betas: tuple[float, float], multiplier_lr: float
) -> SimultaneousOptimizer:
    """Descent on the logits, ascent on the multiplier."""
    primal = torch.optim.Adam(architecture.parameters(), lr=lr, betas=betas)
    dual = torch.optim.SGD(problem.dual_parameters(), lr=multiplier_lr, maximize=True)
    return SimultaneousOptimizer(problem, primal_optimizers=primal, dual_optimizers=dual)
