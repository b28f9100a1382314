"""Quantisers: when and from what their steps are initialised."""

import pytest
import torch

from cosearch.errors import RunError
from cosearch.network import Quantiser


def test_steps_come_from_the_first_batch_that_trains() -> None:
    quantiser = Quantiser((4, 8), is_signed=True, per_sample=True)
    first, second = torch.tensor([[1.0, -3.0]]), torch.tensor([[100.0, 100.0]])
    quantiser(first, 0)
    assert quantiser.steps.tolist() == pytest.approx([4 / 7**0.5, 4 / 127**0.5])
    quantiser(second, 1)
    assert quantiser.steps.tolist() == pytest.approx([4 / 7**0.5, 4 / 127**0.5])


def test_zeros_initialise_nothing_and_pass() -> None:
    quantiser = Quantiser((4,), is_signed=False, per_sample=True)
    assert quantiser(torch.zeros(2, 3), 0).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert not bool(quantiser.is_initialised)


@pytest.mark.parametrize("how", ["eval", "frozen"])
def test_no_step_is_initialised_from_data_that_does_not_train(how: str) -> None:
    quantiser = Quantiser((4,), is_signed=True, per_sample=True)
    quantiser.train(how != "eval")
    quantiser.is_frozen = how == "frozen"
    with pytest.raises(RunError, match="a quantiser has no step yet; run a batch of train_w in training mode first"):
        quantiser(torch.ones(2, 3), 0)


def test_an_unsigned_quantiser_is_a_relu_at_full_precision_too() -> None:
    values = torch.tensor([[-1.0, 2.0]])
    assert Quantiser((4,), is_signed=False, per_sample=True)(values, None).tolist() == [[0, 2]]
    assert Quantiser((4,), is_signed=True, per_sample=True)(values, None).tolist() == [[-1, 2]]


def test_a_one_hot_mixture_is_the_hard_choice() -> None:
    values = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    quantiser = Quantiser((2, 4, 8), is_signed=True, per_sample=True)
    for j in range(3):
        one_hot = torch.zeros(3)
        one_hot[j] = 1
        assert torch.equal(quantiser(values, one_hot), quantiser(values, j))
        assert len(quantiser(values, j).unique()) <= 2 ** quantiser.bits[j]


def test_the_flag_travels_with_the_state() -> None:
    quantiser = Quantiser((4,), is_signed=True, per_sample=True)
    quantiser(torch.ones(2, 3), 0)
    other = Quantiser((4,), is_signed=True, per_sample=True)
    other.load_state_dict(quantiser.state_dict())
    other.eval()
    assert torch.equal(other(torch.ones(2, 3), 0), quantiser(torch.ones(2, 3), 0))
