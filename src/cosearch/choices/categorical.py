"""Exact quantities of independent categorical variables, with options that are illegal."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from cosearch.errors import RecipeError


def log_probs(
    logits: Float[Tensor, "*variables options"], mask: Bool[Tensor, "*variables options"] | None = None
) -> Float[Tensor, "*variables options"]:
    """Logarithm of the exact probabilities; minus infinity for an illegal option.

    Args:
        logits: Free parameters, one row a variable.
        mask: True where an option is legal; every row needs one. All are by default.
    """
    legal = logits if mask is None else logits.masked_fill(~mask, float("-inf"))
    return torch.log_softmax(legal, dim=-1)


def marginals(
    logits: Float[Tensor, "*variables options"], mask: Bool[Tensor, "*variables options"] | None = None
) -> Float[Tensor, "*variables options"]:
    """The exact probabilities; zero for an illegal option. See `log_probs`."""
    return torch.exp(log_probs(logits, mask))


def entropy(
    logits: Float[Tensor, "*variables options"], mask: Bool[Tensor, "*variables options"] | None = None
) -> Float[Tensor, "*variables"]:
    """Entropy of every variable, in nats; zero when it is decided."""
    logs = log_probs(logits, mask)
    return -(torch.exp(logs) * logs.masked_fill(torch.isinf(logs), 0.0)).sum(dim=-1)


def draw(
    probs: Float[Tensor, "variables options"], num_draws: int, generator: Generator
) -> Int[Tensor, "variables num_draws"]:
    """Independent draws, with replacement, of every variable."""
    return torch.multinomial(probs.detach(), num_draws, replacement=True, generator=generator)


def gumbel_like(logits: Tensor, generator: Generator) -> Tensor:
    """Standard Gumbel noise of a tensor's shape: adding it to logits and taking the largest draws an option."""
    return -torch.empty_like(logits).exponential_(generator=generator).log()


def check_temperature(temperature: float) -> None:
    """Refuse a temperature that is not positive.

    Raises:
        RecipeError: stating it.
    """
    if not temperature > 0:
        raise RecipeError(f"temperature={temperature:g}; it must be positive")
