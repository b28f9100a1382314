import pytest
import torch

from cosearch.choices import ExactMarginal, GumbelRao, Reinforce, StraightThrough, draw_codes
from cosearch.choices.codes import _noise_given
from cosearch.errors import RecipeError

LOGITS = torch.tensor([[0.5, -1.0, 0.2], [1.0, 0.0, -50.0]], dtype=torch.float64)
MASK = torch.tensor([[True, True, True], [True, True, False]])
COSTS = torch.tensor([[1.0, -2.0, 0.5], [0.3, 2.0, 9.0]], dtype=torch.float64)


def truth():
    probs = torch.softmax(LOGITS.masked_fill(~MASK, float("-inf")), dim=1)
    return probs * (COSTS - (probs * COSTS.masked_fill(~MASK, 0.0)).sum(1, keepdim=True))


def estimates(estimator, batches, number):
    """One gradient a batch of samples, [batches, variables, options]."""
    generator = torch.Generator().manual_seed(0)
    rows = []
    for _ in range(batches):
        logits = LOGITS.clone().requires_grad_()
        codes = estimator.draw(logits, MASK, number, generator)
        costs = COSTS.gather(1, codes.options.T).sum(0)
        scale = 1 if estimator.draws_whole else number / (number - 1)
        weights = (costs - costs.mean()) * scale if estimator.needs_baseline else costs
        surrogate = estimator.surrogate(logits, MASK, codes, generator)
        rows.append(torch.autograd.grad((weights * surrogate).mean(), logits)[0])
    return torch.stack(rows)


def test_reinforce_is_unbiased():
    assert Reinforce().unbiased
    draws = estimates(Reinforce(), 4000, 4)
    error = (draws.mean(0) - truth()).abs()
    assert (error[MASK] < 3.5 * (draws.std(0) / 4000**0.5)[MASK]).all()


def test_exact_marginals_are_unbiased_and_exact_for_a_single_variable():
    assert ExactMarginal().unbiased
    draws = estimates(ExactMarginal(), 4000, 4)
    error = (draws.mean(0) - truth()).abs()
    assert (error[MASK] < 3.5 * (draws.std(0) / 4000**0.5)[MASK]).all()
    # A batch is about one variable; of that one nothing is left to chance.
    about_first = draws[draws[:, 0].abs().sum(1) > 0][:, 0]
    assert about_first.std(0).max() < 1e-12
    assert (about_first[0] / 2).tolist() == pytest.approx(truth()[0].tolist())


@pytest.mark.parametrize("estimator", [StraightThrough(0.5), GumbelRao(0.5, 8)])
def test_the_published_form_is_biased_and_says_so(estimator):
    assert not estimator.unbiased
    assert not estimator.needs_baseline
    draws = estimates(estimator, 2000, 4)
    error = (draws.mean(0) - truth()).abs()
    assert (error[MASK] > 6 * (draws.std(0) / 2000**0.5)[MASK]).any()


def test_noise_that_is_drawn_for_given_options_draws_them_and_is_gumbel():
    generator = torch.Generator().manual_seed(1)
    logs = torch.log_softmax(LOGITS[:1], dim=1)
    options = torch.multinomial(logs.exp()[0], 40_000, replacement=True, generator=generator)[:, None]
    noise = _noise_given(logs, options, generator)
    assert ((logs + noise).argmax(dim=-1) == options).all()
    assert noise.mean(dim=(0, 1)).tolist() == pytest.approx([0.5772] * 3, abs=0.03)
    assert noise.var(dim=(0, 1)).tolist() == pytest.approx([1.645] * 3, abs=0.08)


def test_averaging_over_noise_keeps_the_mean_and_lowers_the_spread():
    plain, averaged = estimates(StraightThrough(0.5), 3000, 4), estimates(GumbelRao(0.5, 8), 3000, 4)
    assert averaged.mean(0)[MASK].tolist() == pytest.approx(plain.mean(0)[MASK].tolist(), abs=0.03)
    assert averaged.std(0)[0].sum() < plain.std(0)[0].sum()


def test_options_that_are_masked_are_never_drawn():
    codes = draw_codes(torch.zeros(2, 3, dtype=torch.float64), MASK, 500, torch.Generator().manual_seed(0))
    assert set(codes.options[:, 1].tolist()) == {0, 1}
    assert codes.take(torch.arange(7)).options.shape == (7, 2)


def test_settings_are_checked():
    with pytest.raises(RecipeError, match="temperature=0; it must be positive"):
        StraightThrough(0.0)
    with pytest.raises(RecipeError, match="repeats=0; it must be at least 1"):
        GumbelRao(1.0, 0)
