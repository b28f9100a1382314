"""Gradients of a black-box cost with respect to the logits of many categorical variables, from batches of samples.

A batch of codes is drawn, one option of every variable; each whole sample has a cost that is only known as a number.
An estimator yields one differentiable number a sample, its surrogate: the gradient of the mean of weight times
surrogate is the estimate, with weights made of the costs.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from cosearch.choices.categorical import check_temperature, gumbel_like, log_probs
from cosearch.errors import RecipeError


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """A batch of samples.

    Attributes:
        options: The option drawn of every variable.
        noise: What the draw was made with, for the estimator that made it.
    """

    options: Int[Tensor, "samples variables"]
    noise: Float[Tensor, "samples variables options"]

    def take(self, rows: Tensor) -> "Codes":
        """Some of the samples."""
        return replace(self, options=self.options[rows], noise=self.noise[rows])


def draw_codes(
    logits: Float[Tensor, "variables options"],
    mask: Bool[Tensor, "variables options"],
    number: int,
    generator: Generator,
) -> Codes:
    """Independent samples: the largest of logits and Gumbel noise."""
    noise = gumbel_like(logits.detach().expand(number, *logits.shape), generator)
    perturbed = log_probs(logits.detach(), mask) + noise
    return Codes(perturbed.argmax(dim=-1), noise)


class AbstractCodeEstimator(ABC):
    """Makes surrogates of a batch."""

    @property
    @abstractmethod
    def unbiased(self) -> bool:
        """Whether the mean estimate is the gradient of the expected cost, weights being the costs less a constant."""

    @property
    def needs_baseline(self) -> bool:
        """Whether weights are costs less their mean; else they are the costs, as published."""
        return True

    @property
    def draws_whole(self) -> bool:
        """Whether a batch means something as a whole only, so that none of it may be left out."""
        return False

    def draw(
        self,
        logits: Float[Tensor, "variables options"],
        mask: Bool[Tensor, "variables options"],
        number: int,
        generator: Generator,
    ) -> Codes:
        """The batch whose costs are asked for; independent samples unless an estimator says otherwise."""
        return draw_codes(logits, mask, number, generator)

    @abstractmethod
    def surrogate(
        self,
        logits: Float[Tensor, "variables options"],
        mask: Bool[Tensor, "variables options"],
        codes: Codes,
        generator: Generator,
    ) -> Float[Tensor, " samples"]:
        """One number a sample, differentiable in the logits."""


@final
@dataclass(frozen=True, slots=True)
class Reinforce(AbstractCodeEstimator):
    """The logarithm of the sample's probability; unbiased.

    Source: Williams, Machine Learning 8 (1992); Kool et al., ICLR workshop 2019, for the mean of the others.
    """

    @property
    def unbiased(self) -> bool:
        """True."""
        return True

    def surrogate(
        self,
        logits: Float[Tensor, "variables options"],
        mask: Bool[Tensor, "variables options"],
        codes: Codes,
        generator: Generator,
    ) -> Float[Tensor, " samples"]:
        """Summed over variables."""
        logs = log_probs(logits, mask).expand(len(codes.options), -1, -1)
        return logs.gather(2, codes.options[:, :, None]).sum(dim=(1, 2))


@final
@dataclass(frozen=True, slots=True)
class StraightThrough(AbstractCodeEstimator):
    """The soft Gumbel sample's share of the option drawn; biased.

    With the costs themselves as weights this is differentiable accelerator search as published: every parameter's
    sampled option, times the cost.

    Source: TRIPS, arXiv 2106.06575, section 3.3; Jang et al., arXiv 1611.01144.
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_temperature(self.temperature)

    @property
    def unbiased(self) -> bool:
        """False."""
        return False

    @property
    def needs_baseline(self) -> bool:
        """False."""
        return False

    def surrogate(
        self,
        logits: Float[Tensor, "variables options"],
        mask: Bool[Tensor, "variables options"],
        codes: Codes,
        generator: Generator,
    ) -> Float[Tensor, " samples"]:
        """Summed over variables."""
        soft = torch.softmax((log_probs(logits, mask) + codes.noise) / self.temperature, dim=-1)
        return soft.gather(2, codes.options[:, :, None]).sum(dim=(1, 2))


@final
@dataclass(frozen=True, slots=True)
class GumbelRao(AbstractCodeEstimator):
    """`StraightThrough` averaged over noise that would have drawn the same options; biased, with less variance.

    Source: Paulus et al., "Rao-Blackwellizing the straight-through Gumbel-softmax gradient estimator", arXiv
    2010.04838, section 3.

    Attributes:
        repeats: Draws of the noise.
    """

    temperature: float = 1.0
    repeats: int = 16

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        if self.repeats < 1:
            raise RecipeError(f"repeats={self.repeats}; it must be at least 1")

    @property
    def unbiased(self) -> bool:
        """False."""
        return False

    @property
    def needs_baseline(self) -> bool:
        """False."""
        return False

    def surrogate(
        self,
        logits: Float[Tensor, "variables options"],
        mask: Bool[Tensor, "variables options"],
        codes: Codes,
        generator: Generator,
    ) -> Float[Tensor, " samples"]:
        """Summed over variables, averaged over repeats."""
        logs = log_probs(logits, mask)
        total = torch.zeros(len(codes.options), dtype=logits.dtype)
        for _ in range(self.repeats):
            noise = _noise_given(logs.detach(), codes.options, generator)
            soft = torch.softmax((logs + noise) / self.temperature, dim=-1)
            total = total + soft.gather(2, codes.options[:, :, None]).sum(dim=(1, 2))
        return total / self.repeats


@final
@dataclass(frozen=True, slots=True)
class ExactMarginal(AbstractCodeEstimator):
    """Every option of one variable, the others drawn once: exact for that variable, so unbiased.

    The variable is drawn anew for every batch; with a single variable this is the gradient itself, without variance.
    A batch may hold fewer codes than were asked for, or more: as many as the variable has options.

    Source: local expectation gradients, Titsias and Lazaro-Gredilla, NeurIPS 2015.
    """

    @property
    def unbiased(self) -> bool:
        """True."""
        return True

    @property
    def draws_whole(self) -> bool:
        """True."""
        return True

    def draw(
        self,
        logits: Float[Tensor, "variables options"],
        mask: Bool[Tensor, "variables options"],
        number: int,
        generator: Generator,
    ) -> Codes:
        """All options of one variable."""
        one = draw_codes(logits, mask, 1, generator)
        variable = int(torch.randint(len(logits), (1,), generator=generator))
        options = torch.nonzero(mask[variable]).flatten()
        codes = one.options.repeat(len(options), 1)
        codes[:, variable] = options
        # The noise of the variable is of no use to anybody; it marks which one was enumerated.
        noise = torch.zeros(1, *logits.shape, dtype=logits.dtype)
        noise[0, variable] = 1
        return Codes(codes, noise.repeat(len(options), 1, 1))

    def surrogate(
        self,
        logits: Float[Tensor, "variables options"],
        mask: Bool[Tensor, "variables options"],
        codes: Codes,
        generator: Generator,
    ) -> Float[Tensor, " samples"]:
        """The option's probability, so scaled that the mean over the batch is the gradient of all variables."""
        variable = int(codes.noise[0, :, 0].argmax())
        probs = log_probs(logits, mask)[variable].exp()
        return probs[codes.options[:, variable]] * len(codes.options) * len(logits)


def _noise_given(
    logs: Float[Tensor, "variables options"], options: Int[Tensor, "samples variables"], generator: Generator
) -> Float[Tensor, "samples variables options"]:
    """Gumbel noise, given the options it draws: of the largest sum first, then of the others below it."""
    waits = torch.empty((*options.shape, logs.shape[1]), dtype=logs.dtype).exponential_(generator=generator)
    first = waits.gather(2, options[:, :, None])  # the largest sum is minus the logarithm of this
    others = -torch.log(waits / logs.exp() + first)
    largest = -torch.log(first)
    sums = others.scatter(2, options[:, :, None], largest)
    return torch.where(torch.isinf(logs), 0.0, sums - logs)
