import itertools

import torch

from cosearch.design import Block, NetworkSpace
from cosearch.network import workload_of
from cosearch.search.columns import SpaceColumns

SPACE = NetworkSpace(
    name="tiny",
    input=(1, 8, 8),
    classes=3,
    stem_channels=4,
    stages=[{"channels": 4, "blocks": 2}, {"channels": 8, "blocks": 1, "stride": 2}],
    head_channels=16,
    operators=["k3_e1", "k3_e2", "skip"],
    bits=[4, 8],
)


def _columns():
    columns = SpaceColumns(SPACE)
    keys = sorted({layer.shape_key() for layer in columns.layers()})
    index = {key: i for i, key in enumerate(keys)}
    return columns, (lambda layer: index[layer.shape_key()]), len(keys)


def _networks():
    options = [
        [(op, bits) for op in SPACE.legal_operators(i) for bits in SPACE.bits] for i in range(SPACE.num_blocks)
    ]
    return itertools.product(*options)


def _blocks(choice):
    return [Block(op=op) if op == "skip" else Block(op=op, weight_bits=b, activation_bits=b) for op, b in choice]


def test_every_layer_of_every_network_is_listed():
    _, column_of, _ = _columns()
    for choice in _networks():
        for layer in workload_of(SPACE, _blocks(choice)).layers:
            assert column_of(layer) >= 0


def test_expected_counts_are_the_mean_over_all_networks():
    columns, column_of, num_columns = _columns()
    counter = columns.counter(column_of, num_columns)
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(SPACE.num_blocks, 3, generator=rng, dtype=torch.float64)
    legal = torch.tensor(
        [[op in SPACE.legal_operators(i) for op in SPACE.operators] for i in range(SPACE.num_blocks)]
    )
    op_probs = torch.softmax(logits.masked_fill(~legal, -torch.inf), 1)
    bit_probs = torch.softmax(torch.randn(SPACE.num_blocks, 3, 2, generator=rng, dtype=torch.float64), 2)

    expected = torch.zeros(num_columns, dtype=torch.float64)
    total = 0.0
    for choice in _networks():
        places = [(SPACE.operators.index(op), SPACE.bits.index(bits)) for op, bits in choice]
        weight = 1.0
        for i, (op, bits) in enumerate(places):
            weight *= float(op_probs[i, op] * bit_probs[i, op, bits])
        for layer in workload_of(SPACE, _blocks(choice)).layers:
            expected[column_of(layer)] += weight
        total += weight

    assert abs(total - 1) < 1e-12
    torch.testing.assert_close(counter(op_probs, bit_probs), expected)


def test_counts_of_a_decided_network_are_its_layers():
    columns, column_of, num_columns = _columns()
    counter = columns.counter(column_of, num_columns)
    op_probs = torch.zeros(3, 3)
    op_probs[0, 1] = op_probs[1, 2] = op_probs[2, 0] = 1.0
    bit_probs = torch.zeros(3, 3, 2)
    bit_probs[:, :, 1] = 1.0
    counts = counter(op_probs, bit_probs)
    blocks = _blocks([("k3_e2", 8), ("skip", 8), ("k3_e1", 8)])
    expected = torch.zeros(num_columns)
    for layer in workload_of(SPACE, blocks).layers:
        expected[column_of(layer)] += 1
    assert torch.equal(counts, expected)


def test_gradients_of_the_counts():
    columns, column_of, num_columns = _columns()
    counter = columns.counter(column_of, num_columns)
    op_probs = torch.rand(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
    bit_probs = torch.rand(3, 3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2)).requires_grad_()
    assert torch.autograd.gradcheck(counter, (op_probs, bit_probs))
