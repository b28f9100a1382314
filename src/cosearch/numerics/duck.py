"""Arithmetic that is exact on integers and has a useful slope on relaxed tensors.

A formula written with these functions evaluates one design with Python ints, a batch of designs with int64 tensors
and a relaxed design with float tensors. On ints and int64 tensors the result is exact; on float tensors it is the
same value at integers, and the slope of the smooth quotient (straight-through).
"""

import torch
from torch import Tensor

Scalar = int | Tensor


def _through(hard: Tensor, smooth: Tensor) -> Tensor:
    """The value of `hard`, to the last bit, with the gradient of `smooth`."""
    return hard.detach() + (smooth - smooth.detach())


def ceil_div(numerator: Scalar, denominator: Scalar) -> Scalar:
    """Ceiling of a quotient of positive numbers.

    Source: straight-through slope as in Bengio et al., arXiv 1308.3432.
    """
    if isinstance(numerator, int) and isinstance(denominator, int):
        return -(-numerator // denominator)
    if _is_float(numerator) or _is_float(denominator):
        quotient = torch.as_tensor(numerator / denominator)
        return _through(torch.ceil(quotient), quotient)
    return -torch.div(-torch.as_tensor(numerator), denominator, rounding_mode="floor")


def floor_div(numerator: Scalar, denominator: Scalar) -> Scalar:
    """Floor of a quotient of positive numbers; see `ceil_div`."""
    if isinstance(numerator, int) and isinstance(denominator, int):
        return numerator // denominator
    if _is_float(numerator) or _is_float(denominator):
        quotient = torch.as_tensor(numerator / denominator)
        return _through(torch.floor(quotient), quotient)
    return torch.div(torch.as_tensor(numerator), denominator, rounding_mode="floor")


def maximum(a: Scalar, b: Scalar) -> Scalar:
    """The larger of two numbers, elementwise."""
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    first, second = _as_tensors(a, b)
    return torch.maximum(first, second)


def minimum(a: Scalar, b: Scalar) -> Scalar:
    """The smaller of two numbers, elementwise."""
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    first, second = _as_tensors(a, b)
    return torch.minimum(first, second)


def where(condition: bool | Tensor, a: Scalar, b: Scalar) -> Scalar:
    """`a` where the condition holds, else `b`."""
    if isinstance(condition, bool):
        return a if condition else b
    if isinstance(a, int) and isinstance(b, int):
        return torch.where(condition, a, b)
    first, second = _as_tensors(a, b)
    return torch.where(condition, first, second)


def _is_float(value: Scalar) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _as_tensors(a: Scalar, b: Scalar) -> tuple[Tensor, Tensor]:
    like = a if isinstance(a, Tensor) else b
    assert isinstance(like, Tensor)
    first = a if isinstance(a, Tensor) else torch.tensor(a, device=like.device, dtype=like.dtype)
    second = b if isinstance(b, Tensor) else torch.tensor(b, device=like.device, dtype=like.dtype)
    dtype = torch.promote_types(first.dtype, second.dtype)
    return first.to(dtype), second.to(dtype)
