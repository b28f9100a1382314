"""The quantising function against a plain autograd formula, and its memory."""

import math

import pytest
import torch
from torch import Tensor

from cosearch.network.quantise import MixedQuantise, quantise_to, signed_levels, unsigned_levels

LEVELS = (signed_levels(4), signed_levels(6), signed_levels(8))
STEPS = torch.tensor([0.2, 0.06, 0.015])


def reference(values: Tensor, steps: Tensor, mix: Tensor, count: int) -> Tensor:
    """LSQ as its paper writes it: rounding and the scaled gradient of the step by detach."""
    total = torch.zeros_like(values)
    for step, coefficient, (low, high) in zip(steps, mix, LEVELS, strict=True):
        scale = 1 / math.sqrt(count * high)
        scaled = step * scale + (step - step * scale).detach()
        clamped = (values / scaled).clamp(low, high)
        total = total + coefficient * (clamped + (clamped.round() - clamped).detach()) * scaled
    return total


@pytest.mark.parametrize("mix", [[0.2, 0.3, 0.5], [0.0, 1.0, 0.0], [0.0, 0.4, 0.6]], ids=str)
@pytest.mark.parametrize("channels_last", [False, True])
def test_values_and_gradients_are_those_of_lsq(mix: list[float], channels_last: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    values = torch.randn(3, 4, 5, 2, generator=generator).to(memory_format=layout)
    upstream = torch.randn(3, 4, 5, 2, generator=generator)
    results: list[tuple[Tensor, ...]] = []
    for function in (
        lambda v, s, m: MixedQuantise.apply(v, s, m, LEVELS, 40),
        lambda v, s, m: reference(v, s, m, 40),
    ):
        inputs = [t.detach().clone().requires_grad_() for t in (values, STEPS, torch.tensor(mix))]
        out = function(*inputs)
        results.append((out, *torch.autograd.grad(out, inputs, upstream)))
    for own, expected in zip(*results, strict=True):
        assert torch.allclose(own, expected, atol=1e-5)


def test_the_backward_pass_is_linear_in_the_upstream_gradient() -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = [torch.randn(50, generator=generator), STEPS.clone(), torch.tensor([0.5, 0.2, 0.3])]
    inputs = [t.requires_grad_() for t in inputs]
    out = MixedQuantise.apply(*inputs, LEVELS, 50)
    first, second = torch.randn(2, 50, generator=generator)

    def pull(upstream: Tensor) -> tuple[Tensor, ...]:
        return torch.autograd.grad(out, inputs, upstream, retain_graph=True)

    for both, one, other in zip(pull(2 * first - 3 * second), pull(first), pull(second), strict=True):
        assert torch.allclose(both, 2 * one - 3 * other, atol=1e-5)
        assert one.abs().max() > 0


def test_codes_are_clamped_and_ties_go_to_even() -> None:
    values = torch.tensor([-9.0, -0.5, 0.5, 1.5, 2.4, 99.0])
    assert quantise_to(values, 1.0, signed_levels(4)).tolist() == [-8, 0, 0, 2, 2, 7]
    assert quantise_to(values, 1.0, unsigned_levels(4)).tolist() == [0, 0, 0, 2, 2, 15]
    assert quantise_to(values, 0.5, unsigned_levels(2)).tolist() == [0, 0, 0.5, 1.5, 1.5, 1.5]


def test_a_step_that_went_below_zero_still_quantises() -> None:
    out = MixedQuantise.apply(torch.ones(3), torch.tensor([-0.1]), torch.ones(1), (signed_levels(4),), 3)
    assert out.isfinite().all()


def saved_bytes(num_bits: int) -> int:
    """Bytes of distinct storages that autograd keeps for one mixture of so many bitwidths."""
    sizes: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    values = torch.randn(64, 64, requires_grad=True)
    steps = torch.full((num_bits,), 0.1, requires_grad=True)
    mix = torch.full((num_bits,), 1 / num_bits, requires_grad=True)
    levels = tuple(signed_levels(4 + j) for j in range(num_bits))
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        MixedQuantise.apply(values, steps, mix, levels, 1)
    return sum(sizes.values())


def test_memory_does_not_grow_with_the_number_of_bitwidths() -> None:
    assert saved_bytes(2) == saved_bytes(6) == 64 * 64 * 4
