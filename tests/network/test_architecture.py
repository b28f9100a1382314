"""The distribution over networks, against enumeration of the whole tiny space."""

import itertools

import pytest
import torch

from cosearch.choices import GumbelSoft, LeaveOneOut, MarginalHard
from cosearch.design import NetworkSpace, Stage
from cosearch.errors import WorkloadError
from cosearch.network import Architecture


@pytest.fixture
def tiny(tiny) -> NetworkSpace:
    """Three blocks, so that the space can be enumerated."""
    return tiny.model_copy(update={"stages": (Stage(channels=4, blocks=1), Stage(channels=6, blocks=2, stride=2))})


@pytest.fixture
def architecture(tiny) -> Architecture:
    """Logits that are not uniform."""
    result = Architecture(tiny)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        result.op_logits.normal_(generator=generator)
        result.bit_logits.normal_(generator=generator)
    return result


@pytest.fixture
def everything(tiny, blocks, architecture):
    """All networks of the space with equal bits, most probable first."""
    options = []
    for block in range(tiny.num_blocks):
        legal = tiny.legal_operators(block)
        options.append([t for op in legal for t in (["skip"] if op == "skip" else [f"{op}:{b}" for b in tiny.bits])])
    networks = [blocks(*texts) for texts in itertools.product(*options)]
    log_probs = architecture.log_prob(architecture.indices_of(networks))
    return networks, log_probs.detach()


def test_the_probabilities_of_all_networks_sum_to_one(everything):
    networks, log_probs = everything
    assert len(networks) == 10 * 9 * 10
    assert float(log_probs.double().exp().sum()) == pytest.approx(1, abs=1e-5)


def test_the_most_probable_networks_are_those_of_enumeration(architecture, everything):
    networks, log_probs = everything
    best = log_probs.argsort(descending=True)[:25].tolist()
    assert architecture.most_probable(25) == [networks[i] for i in best]
    assert architecture.argmax() == networks[best[0]]
    assert len({repr(n) for n in architecture.most_probable(2_000)}) == len(networks)


def test_samples_come_with_their_probabilities(architecture, everything):
    _, log_probs = everything
    num = 20_000
    indices = architecture.sample_indices(num, torch.Generator().manual_seed(0))
    drawn = architecture.log_prob(indices).detach()
    assert float(drawn.mean()) == pytest.approx(float((log_probs.exp() * log_probs).sum()), abs=0.05)
    best = architecture.indices_of([architecture.argmax()])
    share = ((indices.operators == best.operators) & (indices.bits == best.bits)).all(dim=1).double().mean()
    assert float(share) == pytest.approx(float(log_probs.max().exp()), abs=0.01)


def test_blocks_and_indices_are_inverse_and_sampling_replays(architecture):
    indices = architecture.sample_indices(50, torch.Generator().manual_seed(5))
    again = architecture.indices_of(architecture.blocks_of(indices))
    assert torch.equal(indices.operators, again.operators)
    assert torch.equal(indices.bits, again.bits)
    one = architecture.sample(torch.Generator().manual_seed(5))
    assert one == architecture.sample(torch.Generator().manual_seed(5))


def test_the_gradient_of_a_log_probability_is_that_of_its_logits(tiny, architecture):
    indices = architecture.sample_indices(1, torch.Generator().manual_seed(1))
    architecture.log_prob(indices).sum().backward()
    chosen = torch.nn.functional.one_hot(indices.operators[0], len(tiny.operators))
    assert torch.allclose(architecture.op_logits.grad, chosen - architecture.op_probs().detach(), atol=1e-6)


def test_illegal_operators_have_no_probability_and_a_skip_has_one_entry(tiny, architecture):
    skip = tiny.operators.index("skip")
    joint = architecture.joint_probs().detach()
    assert joint[1, skip].tolist() == [0, 0, 0]
    assert joint.sum(dim=(1, 2)).tolist() == pytest.approx([1] * 3)
    assert joint[2, skip].tolist() == pytest.approx([float(architecture.op_probs().detach()[2, skip]), 0, 0])


def test_a_path_carries_a_gradient_to_both_sets_of_logits(architecture):
    path = architecture.sample_path(LeaveOneOut(2), MarginalHard(), torch.Generator().manual_seed(0))
    loss = sum(entry.gates[0] * 2.0 - entry.gates[1] + entry.bits[0][1] for entry in path)
    loss.backward()
    assert architecture.op_logits.grad.abs().max() > 0
    assert architecture.bit_logits.grad.abs().max() > 0


def test_bits_of_a_weight_step_carry_no_gradient(architecture):
    path = architecture.sample_bits((0, 1, 2), GumbelSoft(1.0), torch.Generator().manual_seed(0))
    assert [entry.operators for entry in path] == [(0,), (1,), (2,)]
    assert all(entry.gates is None and not entry.bits[0].requires_grad for entry in path)
    assert all(float(entry.bits[0].sum()) == pytest.approx(1) for entry in path)


def test_unequal_bits_are_refused_since_the_supernet_has_none(architecture, blocks):
    with pytest.raises(WorkloadError, match="block0: 4 weight bits and 8 activation bits; make them equal"):
        architecture.indices_of([blocks("k3_e1:4/8", "k3_e1:4", "skip")])
