from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cosearch.numerics import Scalar, ceil_div, floor_div, maximum, minimum, where

POSITIVE = st.integers(1, 10**9)
Binary = Callable[[Scalar, Scalar], Scalar]
DUCKS: list[Binary] = [ceil_div, floor_div, maximum, minimum]


@settings(deadline=None)
@given(POSITIVE, POSITIVE)
def test_division_rounds_to_the_neighbouring_whole(a: int, b: int) -> None:
    up, down = ceil_div(a, b), floor_div(a, b)
    assert isinstance(up, int)
    assert isinstance(down, int)
    assert (up - 1) * b < a <= up * b
    assert down * b <= a < (down + 1) * b


@pytest.mark.parametrize("function", DUCKS)
@settings(deadline=None)
@given(a=POSITIVE, b=POSITIVE)
def test_ints_tensors_and_floats_agree(function: Binary, a: int, b: int) -> None:
    exact = function(a, b)
    whole = function(torch.tensor([a]), torch.tensor([b]))
    relaxed = function(torch.tensor([float(a)], dtype=torch.float64), torch.tensor([float(b)], dtype=torch.float64))
    assert isinstance(whole, torch.Tensor)
    assert isinstance(relaxed, torch.Tensor)
    assert whole.dtype == torch.int64
    assert relaxed.dtype == torch.float64
    assert whole.item() == relaxed.item() == exact


@pytest.mark.parametrize("function", DUCKS)
@pytest.mark.parametrize("dtype", [torch.int64, torch.float64])
def test_an_int_meets_a_tensor_on_either_side(function: Binary, dtype: torch.dtype) -> None:
    tensor = torch.tensor([3, 7, 12], dtype=dtype)
    right, left = function(tensor, 7), function(7, tensor)
    assert isinstance(right, torch.Tensor)
    assert isinstance(left, torch.Tensor)
    assert right.dtype == left.dtype == dtype
    assert right.tolist() == [function(a, 7) for a in (3, 7, 12)]
    assert left.tolist() == [function(7, a) for a in (3, 7, 12)]


@pytest.mark.parametrize("function", DUCKS)
def test_tensors_broadcast(function: Binary) -> None:
    result = function(torch.tensor([[5], [9]]), torch.tensor([2, 3, 4]))
    assert isinstance(result, torch.Tensor)
    assert result.tolist() == [[function(a, b) for b in (2, 3, 4)] for a in (5, 9)]


def test_mixed_tensors_become_floats() -> None:
    whole, relaxed = torch.tensor([3]), torch.tensor([2.5], dtype=torch.float64)
    for function in (maximum, minimum, ceil_div):
        result = function(whole, relaxed)
        assert isinstance(result, torch.Tensor)
        assert result.dtype == torch.float64
    assert maximum(whole, relaxed) == 3
    assert ceil_div(whole, relaxed) == 2


@settings(deadline=None)
@given(st.floats(0.5, 1e4), st.floats(0.5, 1e4), st.floats(-10, 10))
def test_rounded_quotients_have_the_slope_of_the_quotient(a: float, b: float, upstream: float) -> None:
    for function in (ceil_div, floor_div):
        x = torch.tensor(a, dtype=torch.float64, requires_grad=True)
        y = torch.tensor(b, dtype=torch.float64, requires_grad=True)
        value = function(x, y)
        assert isinstance(value, torch.Tensor)
        slope_x, slope_y = torch.autograd.grad(value, (x, y), torch.tensor(upstream, dtype=torch.float64))
        assert slope_x.item() == pytest.approx(upstream / b, rel=1e-12, abs=1e-12)
        assert slope_y.item() == pytest.approx(-upstream * a / b**2, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("function", [ceil_div, floor_div])
def test_an_int_beside_a_relaxed_tensor_keeps_the_slope(function: Binary) -> None:
    x = torch.tensor(8.0, dtype=torch.float64, requires_grad=True)
    over, under = function(x, 4), function(32, x)
    assert isinstance(over, torch.Tensor)
    assert isinstance(under, torch.Tensor)
    assert torch.autograd.grad(over, x)[0] == 0.25
    assert torch.autograd.grad(under, x)[0] == -0.5


def test_the_relaxed_value_is_the_rounded_one() -> None:
    value = ceil_div(torch.tensor([7.0, 8.0, 8.5], dtype=torch.float64), 4)
    assert isinstance(value, torch.Tensor)
    assert value.tolist() == [2, 2, 3]


def test_the_slope_of_an_extreme_is_that_of_the_chosen_side() -> None:
    x = torch.tensor([1.0, 5.0], requires_grad=True)
    larger = maximum(x, 3)
    assert isinstance(larger, torch.Tensor)
    (slope,) = torch.autograd.grad(larger.sum(), x)
    assert slope.tolist() == [0, 1]


def test_where_chooses_on_a_plain_condition() -> None:
    assert where(True, 1, 2) == 1
    assert where(False, 1, 2) == 2


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (1, 2, [1, 2]),
        (torch.tensor([10, 20]), 2, [10, 2]),
        (1, torch.tensor([10, 20]), [1, 20]),
        (torch.tensor([10.0, 20.0]), torch.tensor([1, 2]), [10, 2]),
    ],
)
def test_where_chooses_elementwise(a: Scalar, b: Scalar, expected: list[int]) -> None:
    chosen = where(torch.tensor([True, False]), a, b)
    assert isinstance(chosen, torch.Tensor)
    assert chosen.tolist() == expected


def test_where_of_two_ints_stays_whole() -> None:
    chosen = where(torch.tensor([True, False]), 1, 2)
    assert isinstance(chosen, torch.Tensor)
    assert chosen.dtype == torch.int64
