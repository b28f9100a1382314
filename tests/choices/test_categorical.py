"""Exact probabilities, entropy and draws."""

import math

import pytest
import torch

from cosearch.choices import draw, entropy, gumbel_like, log_probs, marginals


def test_marginals_are_exact_and_zero_where_illegal() -> None:
    logits = torch.tensor([[1.0, 2.0, 3.0]]).log()
    mask = torch.tensor([[True, False, True]])
    assert marginals(logits)[0].tolist() == pytest.approx([1 / 6, 2 / 6, 3 / 6])
    assert marginals(logits, mask)[0].tolist() == pytest.approx([0.25, 0.0, 0.75])
    assert log_probs(logits, mask)[0, 1] == float("-inf")


def test_entropy_is_finite_with_illegal_options_and_so_is_its_gradient() -> None:
    logits = torch.zeros(2, 4, requires_grad=True)
    mask = torch.tensor([[True, True, False, False], [False, True, False, False]])
    value = entropy(logits, mask)
    assert value.tolist() == pytest.approx([math.log(2), 0.0])
    value.sum().backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_draws_follow_the_probabilities_and_replay() -> None:
    probs = torch.tensor([[0.2, 0.0, 0.8]])
    drawn = draw(probs, 20_000, torch.Generator().manual_seed(0))
    assert (torch.bincount(drawn[0], minlength=3) / 20_000).tolist() == pytest.approx([0.2, 0.0, 0.8], abs=0.01)
    assert torch.equal(drawn, draw(probs, 20_000, torch.Generator().manual_seed(0)))


def test_gumbel_noise_has_the_moments_of_its_law() -> None:
    noise = gumbel_like(torch.empty(200_000), torch.Generator().manual_seed(0))
    assert float(noise.mean()) == pytest.approx(0.5772, abs=0.01)
    assert float(noise.var()) == pytest.approx(math.pi**2 / 6, abs=0.03)
