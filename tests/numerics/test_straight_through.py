import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cosearch.numerics import round_straight_through


def test_ties_go_to_the_even_neighbour() -> None:
    x = torch.tensor([0.4, 0.5, 1.5, 2.5, -0.5, -1.6])
    assert round_straight_through(x).tolist() == [0, 0, 2, 2, 0, -2]


@settings(deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(-3, 3))
def test_the_gradient_is_the_upstream_gradient(value: float, upstream: float, factor: float) -> None:
    x = torch.tensor(value, dtype=torch.float64, requires_grad=True)
    rounded = round_straight_through(x)
    once, scaled = (
        torch.autograd.grad(rounded, x, torch.tensor(g, dtype=torch.float64), retain_graph=True)[0].item()
        for g in (upstream, factor * upstream)
    )
    assert once == upstream
    assert scaled == factor * upstream
