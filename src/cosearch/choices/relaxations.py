"""Samples of categorical variables as points of the simplex: soft, or hard with a straight-through gradient."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from cosearch.choices.categorical import check_temperature, gumbel_like, log_probs


class AbstractRelaxation(ABC):
    """Draws one point of the simplex per variable, differentiable in the logits."""

    @property
    @abstractmethod
    def unbiased(self) -> bool:
        """Whether the mean gradient of a linear loss is the true one, ``p_i (c_i - sum_j p_j c_j)``."""

    @abstractmethod
    def __call__(
        self, logits: Float[Tensor, "*variables options"], generator: Generator
    ) -> Float[Tensor, "*variables options"]:
        """Draw a sample.

        Args:
            logits: Free parameters, one row a variable.
            generator: Source of all randomness.
        """


@final
@dataclass(frozen=True, slots=True)
class GumbelSoft(AbstractRelaxation):
    """A soft Gumbel-softmax sample, every entry positive; biased.

    Source: Jang et al., arXiv 1611.01144; for bits, TRIPS, arXiv 2106.06575, section 3.2.
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_temperature(self.temperature)

    @property
    def unbiased(self) -> bool:
        """False."""
        return False

    def __call__(
        self, logits: Float[Tensor, "*variables options"], generator: Generator
    ) -> Float[Tensor, "*variables options"]:
        """A point inside the simplex; closer to a corner the lower the temperature."""
        return torch.softmax((logits + gumbel_like(logits, generator)) / self.temperature, dim=-1)


@final
@dataclass(frozen=True, slots=True)
class GumbelHard(AbstractRelaxation):
    """A one-hot sample with the gradient of the soft Gumbel sample it is the largest entry of; biased.

    Source: Jang et al., arXiv 1611.01144, section 2.2; for bits, TRIPS, arXiv 2106.06575, section 3.2.
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_temperature(self.temperature)

    @property
    def unbiased(self) -> bool:
        """False."""
        return False

    def __call__(
        self, logits: Float[Tensor, "*variables options"], generator: Generator
    ) -> Float[Tensor, "*variables options"]:
        """A corner of the simplex."""
        soft = torch.softmax((logits + gumbel_like(logits, generator)) / self.temperature, dim=-1)
        return _one_hot_of_largest(soft) + (soft - soft.detach())


@final
@dataclass(frozen=True, slots=True)
class MarginalHard(AbstractRelaxation):
    """A one-hot sample with the gradient of the exact probabilities; unbiased on a linear loss.

    Needs the loss's derivative for every option, which heterogeneous sampling of bits has at no further convolution.

    Source: Bengio et al., arXiv 1308.3432 (straight-through), with the probabilities as surrogate.
    """

    @property
    def unbiased(self) -> bool:
        """True."""
        return True

    def __call__(
        self, logits: Float[Tensor, "*variables options"], generator: Generator
    ) -> Float[Tensor, "*variables options"]:
        """A corner of the simplex, drawn with the exact probabilities."""
        logs = log_probs(logits)
        probs = torch.exp(logs)
        return _one_hot_of_largest(logs.detach() + gumbel_like(logits, generator)) + (probs - probs.detach())


def _one_hot_of_largest(values: Float[Tensor, "*variables options"]) -> Float[Tensor, "*variables options"]:
    largest = values.argmax(dim=-1, keepdim=True)
    return torch.zeros_like(values).scatter(-1, largest, 1.0)
