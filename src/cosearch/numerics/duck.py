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
    return hard + (smooth - smooth.detach()) if smooth.requires_grad else hard


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
    if isinstance(a, int):
        return max(a, b) if isinstance(b, int) else b.clamp(min=a)
    if isinstance(b, int):
        return a.clamp(min=b)
    return torch.maximum(*_promoted(a, b))


def minimum(a: Scalar, b: Scalar) -> Scalar:
    """The smaller of two numbers, elementwise."""
    if isinstance(a, int):
        return min(a, b) if isinstance(b, int) else b.clamp(max=a)
    if isinstance(b, int):
        return a.clamp(max=b)
    return torch.minimum(*_promoted(a, b))


def times(a: Scalar, b: Scalar) -> Scalar:
    """Product of two numbers; nothing is computed where one is the int 1, as counts of tiles often are."""
    if isinstance(a, int) and a == 1:
        return b
    return a if isinstance(b, int) and b == 1 else a * b


def where(condition: bool | Tensor, a: Scalar, b: Scalar) -> Scalar:
    """`a` where the condition holds, else `b`."""
    if isinstance(condition, bool):
        return a if condition else b
    return torch.where(condition, a, b)


def _is_float(value: Scalar) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _promoted(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    if a.dtype == b.dtype:
        return a, b
    dtype = torch.promote_types(a.dtype, b.dtype)
    return a.to(dtype), b.to(dtype)
