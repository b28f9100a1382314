import pytest
import torch

from cosearch.network import Architecture
from cosearch.search import load_recipe
from cosearch.search.limited_loss import LimitedLoss, constrained_optimiser

SPACE = load_recipe("digits").space


def _started(multiplier_lr=0.1):
    """A problem on uniform logits, its optimiser, and one roll of it."""
    architecture, problem = Architecture(SPACE), LimitedLoss()
    optimiser = constrained_optimiser(problem, architecture, lr=0.05, betas=(0.5, 0.999), multiplier_lr=multiplier_lr)

    def roll(loss, violation):
        optimiser.roll(compute_cmp_state_kwargs={"loss": loss, "violation": violation})

    return architecture, problem, roll


def _task_loss(architecture):
    return architecture.op_probs()[:, 0].sum()


def _broken_by(architecture, amount):
    """A violation of a given value, with a slope of its own."""
    slope = architecture.op_probs()[:, 1].sum()
    return amount + 3 * (slope - slope.detach())


def test_the_multiplier_rises_by_the_violation_and_never_falls_below_zero():
    architecture, problem, roll = _started(multiplier_lr=0.1)
    assert problem.multiplier == 0
    measured = []
    for violation in (-1.0, 2.0, 0.5, -1.0, -9.0, -9.0, 1.0):
        roll(_task_loss(architecture), _broken_by(architecture, violation))
        measured.append(problem.multiplier)
    assert measured == pytest.approx([0, 0.2, 0.25, 0.15, 0, 0, 0.1], abs=1e-7)


def test_the_logits_descend_on_loss_plus_multiplier_times_violation():
    architecture, problem, roll = _started(multiplier_lr=0.25)
    roll(_task_loss(architecture), _broken_by(architecture, 2.0))
    multiplier = problem.multiplier
    assert multiplier == 0.5
    of_loss = torch.autograd.grad(_task_loss(architecture), architecture.op_logits)[0]
    of_violation = torch.autograd.grad(_broken_by(architecture, 1.0), architecture.op_logits)[0]
    before = architecture.op_logits.detach().clone()
    roll(_task_loss(architecture), _broken_by(architecture, 1.0))
    expected = of_loss + multiplier * of_violation
    assert float((multiplier * of_violation).norm()) > 0.3 * float(of_loss.norm())
    torch.testing.assert_close(architecture.op_logits.grad, expected)
    moved = (architecture.op_logits.detach() - before) * expected
    assert float(moved.sum()) < 0


def test_without_a_violation_the_multiplier_stays_and_the_loss_alone_is_differentiated():
    architecture, problem, roll = _started()
    roll(_task_loss(architecture), _broken_by(architecture, 2.0))
    multiplier = problem.multiplier
    of_loss = torch.autograd.grad(_task_loss(architecture), architecture.op_logits)[0]
    roll(_task_loss(architecture), None)
    assert problem.multiplier == multiplier == pytest.approx(0.2)
    torch.testing.assert_close(architecture.op_logits.grad, of_loss)
