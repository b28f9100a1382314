"""Quantisers: one learned step per candidate bitwidth of one tensor."""

import math
from typing import cast, final

import torch
from torch import Tensor, nn

from cosearch.errors import RunError
from cosearch.network.quantise import Levels, MixedQuantise, signed_levels, unsigned_levels

BitMix = int | Tensor | None
"""How to quantise a tensor: at the candidate of an index, at a mixture (a coefficient each), or not at all."""


@final
class Quantiser(nn.Module):
    """Learned-step quantiser (LSQ) of one tensor, with its own step for every candidate bitwidth.

    A step is initialised from the first batch that trains it, to ``2 mean|v| / sqrt(highest code)``; a tensor of
    zeros initialises nothing and passes. An unsigned quantiser is also the ReLU before it, at full precision too.

    Args:
        bits: Candidate bitwidths.
        is_signed: Two's complement, or not below zero.
        per_sample: Whether the first axis is the batch; else the tensor is a weight.

    Source: Esser et al., arXiv 1902.08153, section 2.
    """

    def __init__(self, bits: tuple[int, ...], *, is_signed: bool, per_sample: bool) -> None:
        super().__init__()
        self.bits = bits
        self.is_signed = is_signed
        self.per_sample = per_sample
        self.is_frozen = False
        self.levels: tuple[Levels, ...] = tuple(signed_levels(b) if is_signed else unsigned_levels(b) for b in bits)
        self.steps = nn.Parameter(torch.ones(len(bits)))
        self.is_initialised: Tensor
        self.register_buffer("is_initialised", torch.zeros((), dtype=torch.bool))
        self._one: Tensor
        self.register_buffer("_one", torch.ones(1), persistent=False)

    def forward(self, values: Tensor, mix: BitMix) -> Tensor:
        """The quantised tensor.

        Raises:
            RunError: if no training batch has initialised the steps and this is none.
        """
        if mix is None:
            return values if self.is_signed else torch.relu(values)
        if not bool(self.is_initialised) and not self._initialise(values.detach()):
            return values
        count = max(1, values.numel() // (len(values) if self.per_sample else 1))
        if isinstance(mix, int):
            steps, levels, coefficients = self.steps[mix : mix + 1], self.levels[mix : mix + 1], self._one
        else:
            steps, levels, coefficients = self.steps, self.levels, mix
        return cast(Tensor, MixedQuantise.apply(values, steps, coefficients, levels, count))

    @torch.no_grad()
    def _initialise(self, values: Tensor) -> bool:
        """Set every step from a batch; False if the batch is all zeros and says nothing."""
        if self.is_frozen or not self.training:
            raise RunError("a quantiser has no step yet; run a batch of train_w in training mode first")
        magnitude = float((values if self.is_signed else values.clamp_min(0)).abs().mean())
        if magnitude == 0:
            return False
        for j, (_, highest) in enumerate(self.levels):
            self.steps[j] = 2 * magnitude / math.sqrt(highest)
        self.is_initialised.fill_(True)
        return True
