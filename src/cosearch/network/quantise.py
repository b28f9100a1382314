"""Quantisation with learned step sizes, at one bitwidth or at a mixture of several, as one autograd function."""

import math
from typing import Any

import torch
from torch import Tensor

SMALLEST_STEP = 1e-8
"""A step never falls below this; gradient descent may push it through zero."""

Levels = tuple[float, float]


def signed_levels(bits: int) -> Levels:
    """Lowest and highest code in two's complement."""
    return -float(2 ** (bits - 1)), float(2 ** (bits - 1) - 1)


def unsigned_levels(bits: int) -> Levels:
    """Lowest and highest code without sign."""
    return 0.0, float(2**bits - 1)


def quantise_to(values: Tensor, step: float, levels: Levels) -> Tensor:
    """Nearest representable values: ``step * clamp(round(values / step))``; not differentiable."""
    codes = values / step
    return codes.round_().clamp_(*levels).mul_(step)


class MixedQuantise(torch.autograd.Function):
    """``sum_j mix_j Q_j(values)``, where Q_j has its own step and levels.

    The forward pass skips terms whose coefficient is zero, so a hard choice costs one quantiser. Only `values` (and,
    for one hard term, the output, which the next convolution keeps anyway) stay in memory: the quantised copies are
    made anew in the backward pass, so memory does not grow with the number of bitwidths.

    Gradients: of the values, straight-through inside the range; of a step, that of LSQ; of a coefficient, exact.

    Source: Esser et al., "Learned step size quantization", arXiv 1902.08153, eq. 3-5; the mixture is heterogeneous
    sampling of TRIPS, arXiv 2106.06575, eq. 5.
    """

    @staticmethod
    def forward(
        ctx: Any, values: Tensor, steps: Tensor, mix: Tensor, levels: tuple[Levels, ...], count: int
    ) -> Tensor:
        """Mix; `steps` and `mix` have one entry per pair of levels, `count` numbers share a step."""
        ctx.steps = [max(step, SMALLEST_STEP) for step in steps.tolist()]
        ctx.mix = mix.tolist()
        ctx.levels, ctx.count = levels, count
        active = [j for j, coefficient in enumerate(ctx.mix) if coefficient != 0]
        out = torch.zeros_like(values) if not active else None
        for j in active:
            term = quantise_to(values, ctx.steps[j], levels[j])
            if ctx.mix[j] != 1:
                term.mul_(ctx.mix[j])
            out = term if out is None else out.add_(term)
        assert out is not None
        is_one_hard_term = len(active) == 1 and ctx.mix[active[0]] == 1
        ctx.save_for_backward(values, out if is_one_hard_term else None)
        return out

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> tuple[Tensor | None, ...]:
        """Gradients of values, steps and coefficients."""
        values, out = ctx.saved_tensors
        grad = _like_layout(grad_outputs[0], values)
        wants_values, wants_steps, wants_mix = ctx.needs_input_grad[:3]
        grad_values: Tensor | None = None
        grad_steps = [0.0] * len(ctx.mix)
        grad_mix = [0.0] * len(ctx.mix)
        for j, (step, coefficient, (low, high)) in enumerate(zip(ctx.steps, ctx.mix, ctx.levels, strict=True)):
            is_active = coefficient != 0
            along_output = 0.0
            if wants_mix or (is_active and wants_steps):
                term = out if is_active and out is not None else quantise_to(values, step, (low, high))
                along_output = _dot(grad, term)
                grad_mix[j] = along_output
            if not is_active or not (wants_values or wants_steps):
                continue
            inside = torch.ops.aten.hardtanh_backward(grad, values, low * step, high * step)
            if wants_steps:
                slope = (along_output - _dot(inside, values)) / step
                grad_steps[j] = coefficient * slope / math.sqrt(ctx.count * high)
            if coefficient != 1:
                inside.mul_(coefficient)
            grad_values = inside if grad_values is None else grad_values.add_(inside)
        if wants_values and grad_values is None:
            grad_values = torch.zeros_like(values)
        like = {"dtype": values.dtype, "device": values.device}
        return (
            grad_values if wants_values else None,
            torch.tensor(grad_steps, **like) if wants_steps else None,
            torch.tensor(grad_mix, **like) if wants_mix else None,
            None,
            None,
        )


def _like_layout(grad: Tensor, values: Tensor) -> Tensor:
    """The gradient with the strides of the values, so that both can be walked in memory order."""
    if grad.stride() == values.stride():
        return grad
    return torch.empty_like(values).copy_(grad)


def _dot(a: Tensor, b: Tensor) -> float:
    """Sum of products of tensors of one layout; without an intermediate where both are dense."""
    num = a.numel()
    is_dense = a.stride() == b.stride() and (
        a.is_contiguous() or (a.dim() == 4 and a.is_contiguous(memory_format=torch.channels_last))
    )
    if is_dense and num > 0:
        return float(torch.dot(a.as_strided((num,), (1,)), b.as_strided((num,), (1,))))
    return float((a * b).sum())
