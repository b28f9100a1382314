"""The same network at other widths."""

import pytest

from cosearch.errors import WorkloadError
from cosearch.network.zoo import build, example_input
from cosearch.workload import Workload, with_bits
from cosearch.workload.importers import from_module


@pytest.fixture(scope="module", params=["resnet18", "squeezenet", "efficientnet_b0", "densenet121"])
def network(request: pytest.FixtureRequest) -> Workload:
    return from_module(build(request.param), example_input(request.param), bits=8)


def test_the_widths_it_had_change_nothing(network: Workload) -> None:
    assert with_bits(network, {layer.name: 8 for layer in network.layers}) == network


def test_one_width_for_all_is_what_an_import_gives(network: Workload) -> None:
    narrow = with_bits(network, {layer.name: 4 for layer in network.layers})
    assert {layer.weight_bits for layer in narrow.layers if layer.has_weights} == {4}
    assert {layer.input_bits for layer in narrow.layers} == {4}
    assert narrow.layers[-1].output_bits == network.layers[-1].output_bits
    assert narrow.model_bits < network.model_bits


def test_a_tensor_is_as_wide_as_its_widest_reader_asks() -> None:
    network = from_module(build("resnet18"), example_input("resnet18"), bits=8)
    names = [layer.name for layer in network.layers]
    mixed = with_bits(network, {name: 8 if name in (names[0], names[-1]) else 4 for name in names})
    first, second = mixed.layers[0], mixed.layers[2]
    assert (first.weight_bits, first.input_bits, first.output_bits) == (8, 8, 4)
    assert (second.weight_bits, second.input_bits) == (4, 4)
    assert (mixed.layers[-2].output_bits, mixed.layers[-1].input_bits) == (8, 8)
    # One wide reader of a tensor that two layers read makes it wide for both.
    one = next(layer for layer in network.layers if layer.residual)
    wide = with_bits(network, {name: 8 if name == one.name else 4 for name in names})
    readers = [layer for layer in wide.layers if layer.source == one.residual]
    assert wide.layer(one.name).residual_bits == 8
    assert readers
    assert all(layer.input_bits == 8 for layer in readers)


def test_every_layer_is_named_once_and_exists(network: Workload) -> None:
    bits = {layer.name: 8 for layer in network.layers}
    with pytest.raises(WorkloadError, match="'nothing' is given a width, but no layer is called so"):
        with_bits(network, {**bits, "nothing": 8})
    last = network.layers[-1].name
    with pytest.raises(WorkloadError, match="no width is given for it; name every layer"):
        with_bits(network, {name: 8 for name in bits if name != last})
