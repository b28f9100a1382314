"""Path estimators: gates, masks, replay, and the mean gradient of a linear loss against the true one."""

import pytest
import torch
from torch import Tensor

from cosearch.choices import AbstractPathEstimator, GumbelTopK, LeaveOneOut, PathSample, Resoftmax, marginals
from cosearch.errors import RecipeError

ESTIMATORS = [LeaveOneOut(2), LeaveOneOut(3), GumbelTopK(2, 1.0), GumbelTopK(9, 0.5), Resoftmax(2), Resoftmax(3)]
COSTS = torch.tensor([3.0, 1.0, -2.0, 0.5, 4.0, -1.0, 0.0, 2.0, 1.5])


def mean_gradient(
    estimator: AbstractPathEstimator, logits: Tensor, costs: Tensor, num_samples: int = 60_000
) -> tuple[Tensor, Tensor]:
    """Mean and standard error of the gradient of ``sum_k gate_k cost_k``: one block a sample."""
    rows = logits.expand(num_samples, -1).clone().requires_grad_()
    mask = torch.ones(rows.shape, dtype=torch.bool)
    paths = estimator.sample(rows, mask, torch.Generator().manual_seed(1))
    (paths.gates * costs[paths.options]).sum().backward()
    assert rows.grad is not None
    return rows.grad.mean(dim=0), rows.grad.std(dim=0) / num_samples**0.5


def true_gradient(logits: Tensor, costs: Tensor) -> Tensor:
    probs = marginals(logits)
    return probs * (costs - (probs * costs).sum())


def share_of_truth(estimator: AbstractPathEstimator, logits: Tensor) -> float:
    """Least-squares factor between the mean gradient and the true one."""
    truth = true_gradient(logits, COSTS)
    mean, _ = mean_gradient(estimator, logits, COSTS)
    return float((mean @ truth) / (truth @ truth))


def peaked(largest: float, num_options: int = 9) -> Tensor:
    probs = torch.full((num_options,), (1 - largest) / (num_options - 1))
    probs[0] = largest
    return probs.log()


@pytest.mark.parametrize("num_paths", [2, 3, 5])
@pytest.mark.parametrize("logits", [torch.zeros(9), peaked(0.9), torch.linspace(-1, 2, 9)], ids=str)
def test_leave_one_out_is_unbiased_within_three_standard_errors(num_paths: int, logits: Tensor) -> None:
    estimator = LeaveOneOut(num_paths)
    mean, error = mean_gradient(estimator, logits, COSTS)
    assert estimator.unbiased
    assert (mean - true_gradient(logits, COSTS)).abs().le(3 * error).all()


def test_resoftmax_has_the_bias_that_was_measured_on_the_public_code() -> None:
    assert not Resoftmax(2).unbiased
    assert share_of_truth(Resoftmax(2), torch.zeros(9)) == pytest.approx(0.5625, abs=0.01)  # 9/16, exactly
    assert share_of_truth(Resoftmax(2), peaked(0.9)) == pytest.approx(0.15, abs=0.03)


def test_the_gumbel_form_has_a_bias_that_depends_on_the_temperature() -> None:
    assert not GumbelTopK(2, 1.0).unbiased
    for temperature, at_uniform, at_peak in ((5.0, 0.058, 0.467), (1.0, 0.390, 1.803), (0.2, 0.825, 1.057)):
        estimator = GumbelTopK(2, temperature)
        assert share_of_truth(estimator, torch.zeros(9)) == pytest.approx(at_uniform, abs=0.04)
        assert share_of_truth(estimator, peaked(0.9)) == pytest.approx(at_peak, abs=0.06)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_gates_are_exactly_one_hot_on_the_first_path(estimator: AbstractPathEstimator) -> None:
    logits = torch.randn(50, 9, generator=torch.Generator().manual_seed(0), requires_grad=True)
    paths = estimator.sample(logits, torch.ones(50, 9, dtype=torch.bool), torch.Generator().manual_seed(0))
    expected = torch.zeros_like(paths.gates)
    expected[:, 0] = 1
    assert torch.equal(paths.gates, expected)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_illegal_options_are_never_active_and_get_no_gradient(estimator: AbstractPathEstimator) -> None:
    mask = torch.tensor([[True, False, True, False], [False, False, True, False]]).repeat(100, 1)
    logits = torch.randn(200, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    paths = estimator.sample(logits, mask, torch.Generator().manual_seed(0))
    assert mask.gather(1, paths.options).all()
    (paths.gates * torch.arange(4.0)[paths.options]).sum().backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert (logits.grad[~mask] == 0).all()
    assert logits.grad[1::2].abs().max() < 1e-6  # a single legal option has nothing to learn


@pytest.mark.parametrize("estimator", [GumbelTopK(3, 1.0), Resoftmax(3)], ids=repr)
def test_a_path_that_no_legal_option_is_left_for_has_a_dead_gate(estimator: AbstractPathEstimator) -> None:
    logits = torch.randn(20, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    mask = torch.tensor([True, False, True, False]).expand(20, 4)
    paths = estimator.sample(logits, mask, torch.Generator().manual_seed(0))
    assert torch.equal(paths.options[:, 2], paths.options[:, 0])
    (third,) = torch.autograd.grad(paths.gates[:, 2].sum(), logits, retain_graph=True)
    (second,) = torch.autograd.grad(paths.gates[:, 1].sum(), logits)
    assert third.abs().max() == 0
    assert second.abs().max() > 0


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_the_first_path_is_drawn_with_the_exact_probabilities(estimator: AbstractPathEstimator) -> None:
    logits = torch.tensor([0.0, 1.0, -1.0])
    num = 20_000
    paths = estimator.sample(logits.expand(num, -1), torch.ones(num, 3, dtype=torch.bool), torch.Generator())
    shares = torch.bincount(paths.options[:, 0], minlength=3) / num
    assert torch.allclose(shares, marginals(logits), atol=0.015)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_equal_generators_draw_equal_paths(estimator: AbstractPathEstimator) -> None:
    def run(seed: int) -> PathSample:
        generator = torch.Generator().manual_seed(seed)
        return estimator.sample(torch.zeros(40, 9), torch.ones(40, 9, dtype=torch.bool), generator)

    assert torch.equal(run(3).options, run(3).options)
    assert not torch.equal(run(3).options, run(4).options)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_the_gradient_is_linear_in_the_upstream_gradient(estimator: AbstractPathEstimator) -> None:
    logits = torch.randn(6, 9, generator=torch.Generator().manual_seed(0), requires_grad=True)
    paths = estimator.sample(logits, torch.ones(6, 9, dtype=torch.bool), torch.Generator().manual_seed(0))
    first, second = torch.randn(2, *paths.gates.shape, generator=torch.Generator().manual_seed(1))

    def pull(upstream: Tensor) -> Tensor:
        return torch.autograd.grad(paths.gates, logits, upstream, retain_graph=True)[0]

    assert pull(first).abs().max() > 0
    assert torch.allclose(pull(2 * first - 3 * second), 2 * pull(first) - 3 * pull(second), atol=1e-6)


def test_one_path_and_a_temperature_of_zero_are_refused() -> None:
    with pytest.raises(RecipeError, match="num_paths=1; a gradient of the logits needs at least 2"):
        LeaveOneOut(1)
    with pytest.raises(RecipeError, match="temperature=0; it must be positive"):
        GumbelTopK(2, 0.0)
