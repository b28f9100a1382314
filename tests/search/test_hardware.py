import itertools

import pytest
import torch

from cosearch.accelerate import DesignTable, LinearRelaxation, Problem, solve
from cosearch.design import Block
from cosearch.network import Architecture, workload_of
from cosearch.search import load_recipe
from cosearch.search.columns import SpaceColumns
from cosearch.search.hardware import ExpectedPrice, SampledPrice, integer_over_relaxed

RECIPE = load_recipe("digits", ["accelerator.allocation=kind_bits", "accelerator.widths=[4,8]"])
LIMITS = load_recipe("digits", ['limits=["fps>=40000", "dsp<=70", "bram18<=60"]']).parsed_limits()


@pytest.fixture(scope="module")
def columns():
    return SpaceColumns(RECIPE.space)


@pytest.fixture(scope="module")
def table(columns):
    platform, clock_hertz = RECIPE.board()
    return DesignTable.build(columns.layers(), RECIPE.accelerator, platform, clock_hertz)


def _architecture(seed):
    architecture = Architecture(RECIPE.space)
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        architecture.op_logits.copy_(torch.randn(architecture.op_logits.shape, generator=rng))
        architecture.bit_logits.copy_(torch.randn(architecture.bit_logits.shape, generator=rng))
    return architecture


def test_the_value_is_the_mean_violation_of_the_sampled_networks(columns, table):
    architecture = _architecture(0)
    priced = SampledPrice(table, columns, LIMITS, 6)(architecture, torch.Generator().manual_seed(5))
    networks = architecture.blocks_of(architecture.sample_indices(6, torch.Generator().manual_seed(5)))
    values = [
        LinearRelaxation().solve(Problem.of(table, workload_of(RECIPE.space, n), "fps", LIMITS)).value
        for n in networks
    ]
    assert priced.violation.item() == pytest.approx(sum(values) / 6, rel=1e-6)
    assert priced.numbers["share_feasible"] == sum(v <= 0 for v in values) / 6


def test_the_gradient_of_the_expected_price_is_that_of_the_relaxation(columns, table):
    architecture = _architecture(1)
    price, rng = ExpectedPrice(table, columns, LIMITS), torch.Generator()
    price(architecture, rng).violation.backward()
    gradient = architecture.op_logits.grad
    assert gradient is not None
    checked = 0
    for block in range(RECIPE.space.num_blocks):
        for option in range(len(RECIPE.space.operators)):
            if not architecture.mask[block, option]:
                continue
            values = []
            for step in (1e-2, -1e-2):
                with torch.no_grad():
                    architecture.op_logits[block, option] += step
                    values.append(price(architecture, rng).violation.item())
                    architecture.op_logits[block, option] -= step
            slope = (values[0] - values[1]) / 2e-2
            assert float(gradient[block, option]) == pytest.approx(slope, rel=0.05, abs=2e-4)
            checked += 1
    assert checked == 8


def test_logits_move_towards_networks_that_keep_the_limits(columns, table):
    architecture = _architecture(2)
    price, rng = SampledPrice(table, columns, LIMITS, 8), torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(architecture.parameters(), lr=0.1)
    before = architecture.op_logits.detach().clone()
    first = price(architecture, rng).violation.item()
    for _ in range(30):
        optimiser.zero_grad()
        price(architecture, rng).violation.backward()
        optimiser.step()
    assert (architecture.op_logits - before).abs().max().item() > 0.5
    assert price(architecture, rng).violation.item() < first - 0.05


def test_the_price_of_a_decided_distribution_has_no_slope(columns, table):
    architecture = _architecture(3)
    with torch.no_grad():
        architecture.op_logits.mul_(1e4)
        architecture.bit_logits.mul_(1e4)
    SampledPrice(table, columns, LIMITS, 2)(architecture, torch.Generator().manual_seed(0)).violation.backward()
    assert float(architecture.op_logits.grad.abs().max()) < 1e-6


def test_integer_over_relaxed_is_the_mean_ratio(columns, table):
    architecture = _architecture(4)
    networks = architecture.most_probable(3)
    hard = [limit for limit in LIMITS if limit.metric != "fps"]
    problems = [Problem.of(table, workload_of(RECIPE.space, n), "fps", hard) for n in networks]
    ratios = [solve(p).value / LinearRelaxation().solve(p).value for p in problems]
    measured = integer_over_relaxed(table, architecture, networks, LIMITS)
    assert measured == pytest.approx(sum(ratios) / 3)
    assert measured >= 1


def _all_networks():
    space = RECIPE.space
    options = [
        [
            Block(op=op, weight_bits=b, activation_bits=b)
            for op in space.legal_operators(i)
            if op != "skip"
            for b in space.bits
        ]
        + ([Block(op="skip")] if "skip" in space.legal_operators(i) else [])
        for i in range(space.num_blocks)
    ]
    return [list(blocks) for blocks in itertools.product(*options)]


def _gradient(architecture, value):
    return torch.cat([g.flatten() for g in torch.autograd.grad(value, list(architecture.parameters()))])


@pytest.mark.parametrize("seed", [5, 6])
def test_the_mean_gradient_is_nearly_that_of_the_enumerated_expectation(columns, table, seed):
    """Prices are those of small changes of a network; between networks the violation is not quite linear.

    So the two gradients are not equal; their angle and ratio are bounded by what other logits show.
    """
    architecture = _architecture(seed)
    networks = _all_networks()
    assert len(networks) == 100
    values = [
        LinearRelaxation().solve(Problem.of(table, workload_of(RECIPE.space, n), "fps", LIMITS)).value
        for n in networks
    ]
    probabilities = architecture.log_prob(architecture.indices_of(networks)).exp()
    assert float(probabilities.detach().sum()) == pytest.approx(1, abs=1e-5)
    truth = _gradient(architecture, probabilities @ torch.tensor(values))
    priced = SampledPrice(table, columns, LIMITS, 250)(architecture, torch.Generator().manual_seed(0))
    mean = _gradient(architecture, priced.violation)
    assert float(torch.cosine_similarity(mean, truth, dim=0)) >= 0.98
    assert 0.7 <= float(mean.norm() / truth.norm()) <= 1.1
