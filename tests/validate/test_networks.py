"""Random networks have what networks have, and random accelerators can run them."""

import random

import pytest

from cosearch.hardware import load_platform
from cosearch.validate.networks import random_accelerator, random_network

ZCU102 = load_platform("zcu102")


def test_networks_branch_join_and_shrink():
    rng = random.Random(0)
    networks = [random_network(rng, rng.randint(4, 12)) for _ in range(40)]
    layers = [layer for network in networks for layer in network.layers]
    assert any(network.concatenations for network in networks)
    assert any(layer.residual for layer in layers)
    assert any(layer.scale for layer in layers)
    assert any(layer.op == "average_pool" and layer.OY == 1 for layer in layers)
    assert any(layer.pool_y > 1 for layer in layers)
    assert any(layer.stride_y > 1 for layer in layers)
    assert {layer.weight_bits for layer in layers} == {4, 6, 8}


@pytest.mark.parametrize("num_chunks", [1, 2, 5, 8])
def test_every_chunk_has_a_layer_and_the_accelerator_runs_the_network(num_chunks):
    rng = random.Random(num_chunks)
    network = random_network(rng, num_chunks)
    built = random_accelerator(rng, network, num_chunks, ZCU102)
    assert len(built.chunks) == num_chunks
    built.check(network)


def test_a_seed_replays():
    def built(seed):
        rng = random.Random(seed)
        network = random_network(rng, 4)
        return network, random_accelerator(rng, network, 2, ZCU102)

    assert built(7) == built(7)
    assert built(7) != built(8)
