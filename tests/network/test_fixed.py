"""The trained network is the priced one: shapes, counts and stored bits of every layer, seen by hooks."""

import pytest
import torch
from torch import Tensor, nn

from cosearch.errors import WorkloadError
from cosearch.network import FixedNetwork, QuantisedConv, Quantiser, workload_of
from cosearch.network.operators import shuffle_channels

NETWORKS = [
    ("k5_e3:4", "k3_e1_g2:6", "k3_e1:8", "k5_e3:6"),
    ("skip", "k3_e1:4/8", "k5_e3:8/4", "skip"),
    ("k3_e1:8", "skip", "k3_e1_g2:4", "k3_e1_g2:6/4"),
]


def layer_name(path: str) -> str:
    """``blocks.3.expand`` is the layer ``block3.expand``, ``stem.conv`` the stem."""
    names = {"stem.conv": "stem", "head.conv": "head", "head.classifier": "classifier"}
    return names.get(path) or path.replace("blocks.", "block", 1)


def observe(network: FixedNetwork, images: Tensor) -> dict[str, tuple[QuantisedConv, Tensor, Tensor]]:
    """Every convolution with what it read and made, by layer name."""
    seen: dict[str, tuple[QuantisedConv, Tensor, Tensor]] = {}

    def watch(name: str, conv: QuantisedConv) -> None:
        conv.register_forward_hook(lambda _, inputs, output: seen.update({name: (conv, inputs[0], output)}))

    for path, module in network.named_modules():
        if isinstance(module, QuantisedConv):
            watch(layer_name(path), module)
    network(images)
    return seen


@pytest.mark.parametrize("texts", NETWORKS, ids=str)
def test_every_layer_has_the_shape_and_the_counts_that_are_priced(tiny, blocks, texts):
    workload = workload_of(tiny, blocks(*texts))
    seen = observe(FixedNetwork(tiny, blocks(*texts)), torch.randn(2, *tiny.input))
    assert list(seen) == [layer.name for layer in workload.layers]
    for layer in workload.layers:
        conv, source, output = seen[layer.name]
        assert source.shape[1:] == (layer.in_channels, layer.IY, layer.IX)
        assert output.shape[1:] == (layer.out_channels, layer.OY, layer.OX)
        assert conv.weight.shape == (layer.out_channels, layer.C, layer.FY, layer.FX)
        assert (conv.groups, conv.stride, conv.padding) == (layer.G, layer.stride_y, layer.padding_x)
        assert conv.weight.numel() == layer.num_weights
        assert output[0].numel() * conv.weight[0].numel() == layer.num_macs


@pytest.mark.parametrize("texts", NETWORKS, ids=str)
def test_every_operand_is_on_the_grid_of_its_stored_bits(tiny, blocks, texts):
    workload = workload_of(tiny, blocks(*texts))
    network = FixedNetwork(tiny, blocks(*texts))
    generator = torch.Generator().manual_seed(0)
    seen = observe(network, torch.randn(64, *tiny.input, generator=generator))
    by_source = {layer.source: layer.input_bits for layer in workload.layers}
    for layer in workload.layers:
        conv, source, _ = seen[layer.name]
        assert conv.weight_quantiser.bits == (layer.weight_bits,)
        assert len(source.unique()) <= 2**layer.input_bits
        assert len(conv.weight_quantiser(conv.weight, 0).unique()) <= 2**layer.weight_bits
        if layer.name != "classifier":
            assert layer.output_bits == by_source[layer.name]
    assert len(seen["head"][1].unique()) > 16  # alive: values have not decayed


def test_the_residual_is_the_quantised_input(tiny, blocks):
    network = FixedNetwork(tiny, blocks("k3_e1:4", "skip", "k3_e1:4", "skip"))
    block = network.blocks["0"]
    features = torch.relu(torch.randn(2, 4, 6, 4, generator=torch.Generator().manual_seed(0)))
    nn.init.zeros_(block.project_norm.weight)  # then the block adds nothing to its input
    assert torch.equal(block(features, 0), block.input_quantiser(features, 0))
    assert not torch.equal(block(features, 0), features)
    strided = network.blocks["2"]
    nn.init.zeros_(strided.project_norm.weight)
    assert torch.equal(strided(features, 0), torch.zeros(2, 6, 3, 2))


def test_full_precision_touches_no_step(tiny, blocks):
    network = FixedNetwork(tiny, blocks("k3_e1:4", "skip", "k3_e1:4", "skip"))
    network.is_quantised = False
    network(torch.randn(2, *tiny.input))
    assert not any(bool(m.is_initialised) for m in network.modules() if isinstance(m, Quantiser))


def test_equal_generators_make_equal_networks(tiny, blocks):
    choice = blocks("k5_e3:4", "k3_e1:6", "k3_e1:8", "k5_e3:6")

    def weights(seed: int) -> Tensor:
        network = FixedNetwork(tiny, choice, torch.Generator().manual_seed(seed))
        return torch.cat([p.flatten() for p in network.parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_shuffling_interleaves_the_groups():
    features = torch.arange(6.0).reshape(1, 6, 1, 1).expand(2, 6, 3, 2).contiguous(memory_format=torch.channels_last)
    shuffled = shuffle_channels(features, 2)
    assert shuffled[1, :, 2, 1].tolist() == [0, 3, 1, 4, 2, 5]
    assert shuffled.is_contiguous(memory_format=torch.channels_last)


def test_an_illegal_network_is_refused(tiny, blocks):
    with pytest.raises(WorkloadError, match="block2: operator 'skip' cannot stand here"):
        FixedNetwork(tiny, blocks("skip", "skip", "skip", "skip"))
