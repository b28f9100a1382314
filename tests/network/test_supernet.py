"""The supernet: what runs, what gets a gradient, what stays untouched, and that it is the fixed network."""

import pytest
import torch
from torch import Tensor, nn

from cosearch.choices import GumbelSoft, LeaveOneOut, MarginalHard
from cosearch.errors import RunError
from cosearch.network import (
    Architecture,
    BlockPath,
    FairOperators,
    FixedNetwork,
    InvertedResidual,
    Quantiser,
    Supernet,
    accuracy,
    path_of,
    recalibrate,
)


@pytest.fixture
def images(tiny) -> Tensor:
    return torch.randn(16, *tiny.input, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def supernet(tiny, images) -> Supernet:
    """With steps initialised from a batch."""
    result = Supernet(tiny)
    result.initialise_steps(images)
    return result


def snapshot(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items() if "num_batches" not in name}


def test_a_path_of_the_supernet_is_the_fixed_network_with_the_same_weights(tiny, blocks, supernet, images):
    choice = blocks("k5_e3:4", "skip", "k3_e1_g2:8", "k3_e1:6")
    network = FixedNetwork(tiny, choice)
    state = network.state_dict()
    for name in state:
        source = name
        pick = slice(None)
        if name.startswith("blocks."):
            index = int(name.split(".")[1])
            operator = tiny.operators.index(choice[index].op)
            source = name.replace(f"blocks.{index}.", f"blocks.{index}.{operator}.")
            if name.endswith("steps"):
                bit = tiny.bits.index(choice[index].weight_bits)
                pick = slice(bit, bit + 1)
        value = supernet.state_dict()[source]
        state[name] = value[pick] if value.dim() else value
    network.load_state_dict(state)
    assert torch.equal(supernet(images, path_of(tiny, choice)), network(images))


def test_every_step_is_initialised_by_one_call(supernet, images):
    quantisers = [module for module in supernet.modules() if isinstance(module, Quantiser)]
    assert all(bool(quantiser.is_initialised) for quantiser in quantisers)
    before = [quantiser.steps.detach().clone() for quantiser in quantisers]
    supernet.initialise_steps(images * 10)
    assert all(torch.equal(q.steps, old) for q, old in zip(quantisers, before, strict=True))


def test_a_supernet_without_steps_says_what_to_do(tiny, blocks, images):
    path = path_of(tiny, blocks("k5_e3:4", "skip", "k3_e1_g2:8", "k3_e1:6"))
    fresh = Supernet(tiny)
    fresh(images, path, full_precision=True)
    with pytest.raises(RunError, match="no step yet"), fresh.frozen():
        fresh(images, path)


def test_the_value_is_that_of_the_first_path_alone(tiny, supernet, images):
    architecture = Architecture(tiny)
    path = architecture.sample_path(LeaveOneOut(3), MarginalHard(), torch.Generator().manual_seed(2))
    assert any(len(set(entry.operators)) > 1 for entry in path)
    single = [BlockPath(entry.operators[:1], None, entry.bits[:1]) for entry in path]
    assert torch.equal(supernet(images, path), supernet(images, single))


def test_the_gradient_of_a_gate_is_the_derivative_along_its_path(tiny, supernet, images):
    """Against the sum of gated values written out, for the last block."""
    gates = torch.tensor([1.0, 0.0], requires_grad=True)
    bits = (2, 2)
    front = [BlockPath((0,), None, (2,)) for _ in range(3)]
    upstream = torch.randn(16, 3, generator=torch.Generator().manual_seed(1))
    last = supernet.blocks[3]
    features: list[Tensor] = []
    handle = last["0"].register_forward_pre_hook(lambda _, inputs: features.append(inputs[0]))
    out = supernet(images, [*front, BlockPath((0, 1), gates, bits)])
    (own,) = torch.autograd.grad(out, gates, upstream)
    handle.remove()
    mixed = gates[0] * last["0"](features[0], 2) + gates[1] * last["1"](features[0], 2)
    (expected,) = torch.autograd.grad(supernet.head(mixed, 0), gates, upstream)
    assert torch.allclose(own, expected, rtol=1e-4, atol=1e-5)
    assert own.abs().min() > 0


def test_an_inactive_path_gives_no_gradient_to_its_weights(tiny, supernet, images):
    gates = torch.tensor([1.0, 0.0], requires_grad=True)
    path = [BlockPath((0, 1), gates, (0, 0)) for _ in range(4)]
    supernet(images, path).sum().backward()
    assert all(supernet.blocks[b]["0"].expand.weight.grad is not None for b in range(4))
    assert all(supernet.blocks[b]["1"].expand.weight.grad is None for b in range(4))


def test_one_operator_active_twice_runs_once(tiny, supernet, images):
    calls: list[int] = []
    supernet.blocks[0]["0"].register_forward_hook(lambda *_: calls.append(1))
    gates = torch.tensor([1.0, 0.0], requires_grad=True)
    supernet(images, [BlockPath((0, 0), gates, (0, 0)) for _ in range(4)])
    assert calls == [1]


def test_a_frozen_step_moves_logits_and_nothing_else(tiny, supernet, images):
    architecture = Architecture(tiny)
    optimiser = torch.optim.Adam(architecture.parameters(), lr=0.1)
    before = snapshot(supernet)
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(16) % 3
    for _ in range(3):
        with supernet.frozen():
            logits = supernet(images, architecture.sample_path(LeaveOneOut(2), MarginalHard(), generator))
            optimiser.zero_grad()
            nn.functional.cross_entropy(logits, labels).backward()
            optimiser.step()
    after = snapshot(supernet)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(p.grad is None and p.requires_grad for p in supernet.parameters())
    assert architecture.op_logits.detach().abs().max() > 0.05
    assert architecture.bit_logits.detach().abs().max() > 0.05


def test_a_soft_step_trains_the_steps_of_every_bitwidth(tiny, supernet, images):
    architecture = Architecture(tiny)
    path = architecture.sample_bits((0, 1, 0, 2), GumbelSoft(1.0), torch.Generator().manual_seed(0))
    supernet(images, path).square().sum().backward()
    block = supernet.blocks[1]["1"]
    assert isinstance(block, InvertedResidual)
    for quantiser in (block.input_quantiser, block.expand.weight_quantiser, block.depthwise_quantiser):
        assert quantiser.steps.grad is not None
        assert (quantiser.steps.grad != 0).all()


def test_a_skip_passes_its_input_through_unquantised(tiny, supernet, images):
    skip = tiny.operators.index("skip")
    features: list[Tensor] = []
    supernet.stem.register_forward_hook(lambda _m, _i, output: features.append(output))
    supernet.blocks[2]["0"].register_forward_pre_hook(lambda _m, inputs: features.append(inputs[0]))
    supernet(images, [BlockPath((op,), None, (0,)) for op in (skip, skip, 0, 0)])
    assert torch.equal(features[0], features[1])


def test_fair_operators_come_equally_often_in_every_block(tiny):
    fair = FairOperators(tiny, torch.Generator().manual_seed(0))
    drawn = torch.tensor([fair.draw() for _ in range(120)])
    for block in range(4):
        legal = [tiny.operators.index(name) for name in tiny.legal_operators(block)]
        counts = torch.bincount(drawn[:, block], minlength=4)
        assert counts[legal].tolist() == [120 // len(legal)] * len(legal)
    assert len({tuple(row) for row in drawn.tolist()}) > 50


def test_fair_operators_resume_where_they_were_left(tiny):
    generator = torch.Generator().manual_seed(0)
    fair = FairOperators(tiny, generator)
    fair.draw()
    state, random_state = fair.state_dict(), generator.get_state()
    expected = [fair.draw() for _ in range(7)]
    other = FairOperators(tiny, torch.Generator())
    other.generator.set_state(random_state)
    other.load_state_dict(state)
    assert [other.draw() for _ in range(7)] == expected


def test_recalibration_averages_the_statistics_of_the_path_it_runs(tiny, blocks, supernet):
    path = path_of(tiny, blocks("k5_e3:4", "k3_e1:4", "k3_e1_g2:8", "k3_e1:6"))
    generator = torch.Generator().manual_seed(1)
    batches = [torch.randn(32, *tiny.input, generator=generator) + 0.5 for _ in range(4)]
    recalibrate(supernet, lambda x: supernet(x, path), batches)
    convs = [
        supernet.stem.conv(supernet.stem.image_quantiser(x.contiguous(), 0), 0).mean(dim=(0, 2, 3)) for x in batches
    ]
    expected = torch.stack(convs).mean(dim=0)
    assert torch.allclose(supernet.stem.norm.running_mean, expected, atol=1e-5)
    assert not supernet.training
    assert supernet.stem.norm.momentum == 0.1


def test_accuracy_is_the_share_of_right_answers():
    linear = nn.Identity()
    batches = [(torch.eye(3), torch.tensor([0, 1, 1])), (torch.eye(3)[:1], torch.tensor([0]))]
    assert accuracy(linear, linear, batches) == 0.75
    assert linear.training
