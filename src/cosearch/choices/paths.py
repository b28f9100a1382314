"""Which operators run in a step, and how the loss reaches their logits: single-path forward, multi-path backward.

Every estimator draws K active options per block. The value of the gates is one on the first and zero on the others,
so the forward pass is that of one sampled network; the gradient of the gates carries the loss to the logits.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from cosearch.choices.categorical import check_temperature, draw, gumbel_like, log_probs
from cosearch.errors import RecipeError


@dataclass(frozen=True, slots=True, eq=False)
class PathSample:
    """Active options and their gates.

    Attributes:
        options: Indices of active options, the one that is run first.
        gates: Of value one for the first and zero for the others, with the estimator's gradient.
    """

    options: Int[Tensor, "blocks paths"]
    gates: Float[Tensor, "blocks paths"]


class AbstractPathEstimator(ABC):
    """Draws active paths whose gates carry a gradient to the logits."""

    @property
    @abstractmethod
    def unbiased(self) -> bool:
        """Whether the mean gradient of a linear loss is the true one, ``p_i (c_i - sum_j p_j c_j)``."""

    @abstractmethod
    def sample(
        self,
        logits: Float[Tensor, "blocks options"],
        mask: Bool[Tensor, "blocks options"],
        generator: Generator,
    ) -> PathSample:
        """Draw paths.

        Args:
            logits: Free parameters, one row a block.
            mask: True where an option is legal; every row needs one.
            generator: Source of all randomness.
        """


@final
@dataclass(frozen=True, slots=True)
class LeaveOneOut(AbstractPathEstimator):
    """Unbiased: K independent draws, each judged against the mean of the others.

    The gates' gradient is that of ``a_k = (log p_k - mean_j log p_j) / (K - 1)``; on a linear loss this is REINFORCE
    with the leave-one-out baseline.

    Source: Kool et al., "Buy 4 REINFORCE samples, get a baseline for free", ICLR workshop 2019.
    """

    num_paths: int = 2

    def __post_init__(self) -> None:
        _at_least_two(self.num_paths)

    @property
    def unbiased(self) -> bool:
        """True."""
        return True

    def sample(
        self,
        logits: Float[Tensor, "blocks options"],
        mask: Bool[Tensor, "blocks options"],
        generator: Generator,
    ) -> PathSample:
        """Draw with replacement: one option may be active twice."""
        logs = log_probs(logits, mask)
        options = draw(torch.exp(logs), self.num_paths, generator)
        drawn = logs.gather(1, options)
        surrogate = (drawn - drawn.mean(dim=1, keepdim=True)) / (self.num_paths - 1)
        return PathSample(options, _gates(surrogate))


@final
@dataclass(frozen=True, slots=True)
class GumbelTopK(AbstractPathEstimator):
    """Biased: one soft Gumbel sample, of which the K largest entries carry the gradient.

    Its mean gradient on a linear loss depends on the temperature and on K: from a few percent of the true one to more
    than all of it (docs/estimators.md).

    Source: TRIPS, arXiv 2106.06575, section 3.2; Jang et al., arXiv 1611.01144.
    """

    num_paths: int = 2
    temperature: float = 1.0

    def __post_init__(self) -> None:
        _at_least_two(self.num_paths)
        check_temperature(self.temperature)

    @property
    def unbiased(self) -> bool:
        """False."""
        return False

    def sample(
        self,
        logits: Float[Tensor, "blocks options"],
        mask: Bool[Tensor, "blocks options"],
        generator: Generator,
    ) -> PathSample:
        """Draw without replacement; a block with fewer legal options repeats its first one with a dead gate."""
        perturbed = log_probs(logits, mask) + gumbel_like(logits, generator)
        options, is_legal = _top_options(perturbed, mask, self.num_paths)
        soft = torch.softmax(perturbed / self.temperature, dim=1).gather(1, options)
        return PathSample(options, _gates(torch.where(is_legal, soft, 0.0)))


@final
@dataclass(frozen=True, slots=True)
class Resoftmax(AbstractPathEstimator):
    """Biased: a softmax over the logits of the K sampled paths alone.

    At K = 2 and nine equal options its mean gradient is 0.56 of the true one, and less where one option leads
    (docs/estimators.md).

    Source: the public code of arXiv 2106.06575; Cai et al., "ProxylessNAS", arXiv 1812.00332, section 3.2.
    """

    num_paths: int = 2

    def __post_init__(self) -> None:
        _at_least_two(self.num_paths)

    @property
    def unbiased(self) -> bool:
        """False."""
        return False

    def sample(
        self,
        logits: Float[Tensor, "blocks options"],
        mask: Bool[Tensor, "blocks options"],
        generator: Generator,
    ) -> PathSample:
        """Draw without replacement; a block with fewer legal options repeats its first one with a dead gate."""
        perturbed = log_probs(logits, mask) + gumbel_like(logits, generator)
        options, is_legal = _top_options(perturbed, mask, self.num_paths)
        active = logits.gather(1, options).masked_fill(~is_legal, float("-inf"))
        return PathSample(options, _gates(torch.softmax(active, dim=1)))


def _gates(surrogate: Float[Tensor, "blocks paths"]) -> Float[Tensor, "blocks paths"]:
    """One on the first path and zero on the others, exactly, with the gradient of a surrogate."""
    first = torch.zeros_like(surrogate)
    first[:, 0] = 1.0
    return first + (surrogate - surrogate.detach())


def _top_options(
    perturbed: Float[Tensor, "blocks options"], mask: Bool[Tensor, "blocks options"], num_paths: int
) -> tuple[Int[Tensor, "blocks paths"], Bool[Tensor, "blocks paths"]]:
    """The options of the largest values, and which of them are legal; the others are replaced by the first."""
    num_paths = min(num_paths, perturbed.shape[1])
    options = perturbed.detach().topk(num_paths, dim=1).indices
    is_legal = mask.gather(1, options)
    return torch.where(is_legal, options, options[:, :1]), is_legal


def _at_least_two(num_paths: int) -> None:
    if num_paths < 2:
        raise RecipeError(f"num_paths={num_paths}; a gradient of the logits needs at least 2 active paths")
