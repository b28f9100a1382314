"""Samples of bits: soft and hard, their gradients and their probabilities."""

import pytest
import torch
from torch import Tensor

from cosearch.choices import AbstractRelaxation, GumbelHard, GumbelSoft, MarginalHard, marginals
from cosearch.errors import RecipeError

ALL = [GumbelSoft(1.0), GumbelHard(0.7), MarginalHard()]
HARD = [GumbelHard(0.7), MarginalHard()]
COSTS = torch.tensor([4.0, 1.0, 2.5])


@pytest.mark.parametrize("relaxation", ALL, ids=repr)
def test_samples_lie_on_the_simplex(relaxation: AbstractRelaxation) -> None:
    sample = relaxation(torch.randn(7, 5, 3, generator=torch.Generator().manual_seed(0)), torch.Generator())
    assert sample.shape == (7, 5, 3)
    assert torch.allclose(sample.sum(dim=-1), torch.ones(7, 5))
    assert (sample >= 0).all()


def test_soft_samples_sharpen_as_the_temperature_falls() -> None:
    logits = torch.zeros(4000, 3)
    means = [float(GumbelSoft(t)(logits, torch.Generator()).amax(dim=-1).mean()) for t in (5.0, 1.0, 0.1)]
    assert means[0] < 0.5 < means[1] < 0.95 < means[2]


@pytest.mark.parametrize("relaxation", HARD, ids=repr)
def test_hard_samples_are_exactly_one_hot_with_the_exact_probabilities(relaxation: AbstractRelaxation) -> None:
    logits = torch.tensor([0.0, 1.0, -1.0])
    sample = relaxation(logits.expand(20_000, -1), torch.Generator())
    assert sample.unique().tolist() == [0.0, 1.0]
    assert torch.allclose(sample.mean(dim=0), marginals(logits), atol=0.015)


@pytest.mark.parametrize("relaxation", ALL, ids=repr)
def test_the_gradient_is_linear_in_the_upstream_gradient(relaxation: AbstractRelaxation) -> None:
    logits = torch.randn(6, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    sample = relaxation(logits, torch.Generator().manual_seed(2))
    first, second = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(1))

    def pull(upstream: Tensor) -> Tensor:
        return torch.autograd.grad(sample, logits, upstream, retain_graph=True)[0]

    assert pull(first).abs().max() > 0
    assert torch.allclose(pull(2 * first - 3 * second), 2 * pull(first) - 3 * pull(second), atol=1e-6)


def mean_gradient(relaxation: AbstractRelaxation, logits: Tensor, num: int = 60_000) -> Tensor:
    rows = logits.expand(num, -1).clone().requires_grad_()
    (relaxation(rows, torch.Generator().manual_seed(1)) @ COSTS).sum().backward()
    assert rows.grad is not None
    return rows.grad.mean(dim=0)


def test_the_marginal_form_is_unbiased_and_the_gumbel_forms_are_not() -> None:
    logits = torch.tensor([0.0, 1.0, -1.0])
    probs = marginals(logits)
    truth = probs * (COSTS - (probs * COSTS).sum())
    assert MarginalHard().unbiased
    assert torch.allclose(mean_gradient(MarginalHard(), logits), truth, atol=1e-5)
    for relaxation, share in ((GumbelHard(5.0), 0.25), (GumbelSoft(5.0), 0.25)):
        mean = mean_gradient(relaxation, logits)
        assert not relaxation.unbiased
        assert float((mean @ truth) / (truth @ truth)) == pytest.approx(share, abs=0.06)


@pytest.mark.parametrize("relaxation", ALL, ids=repr)
def test_equal_generators_draw_equal_samples(relaxation: AbstractRelaxation) -> None:
    logits = torch.zeros(40, 3)
    one = relaxation(logits, torch.Generator().manual_seed(3))
    assert torch.equal(one, relaxation(logits, torch.Generator().manual_seed(3)))
    assert not torch.equal(one, relaxation(logits, torch.Generator().manual_seed(4)))


def test_a_negative_temperature_is_refused() -> None:
    with pytest.raises(RecipeError, match="temperature=-1; it must be positive"):
        GumbelSoft(-1.0)
    with pytest.raises(RecipeError, match="temperature=nan; it must be positive"):
        GumbelHard(float("nan"))
