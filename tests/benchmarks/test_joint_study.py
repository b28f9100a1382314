"""The arithmetic of the study's tests, and its baselines."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from benchmarks.joint_study.analysis import holm, interval, sign_flips
from benchmarks.joint_study.das import Das
from benchmarks.joint_study.hardware_gradients import slowest_prices
from benchmarks.joint_study.losses import correlations, losses
from benchmarks.joint_study.remedies import OneStep, Sandwich, rising_entropy
from benchmarks.joint_study.world import World
from benchmarks.joint_table import JointTable

from cosearch.accelerate import Problem
from cosearch.network import Architecture, Quantiser, Supernet, workload_of


@pytest.fixture(scope="module")
def world() -> World:
    return World(JointTable.load(), "a")


def test_sign_flips_are_the_paired_permutation_test() -> None:
    differences = np.random.default_rng(0).normal(0.4, 1, 8)
    means = [np.mean(np.array(signs) * differences) for signs in itertools.product((-1, 1), repeat=8)]
    expected = np.mean(np.abs(means) >= abs(differences.mean()) - 1e-12)
    assert sign_flips(differences) == pytest.approx(expected)
    assert sign_flips(np.ones(10)) == pytest.approx(2 / 1024)


def test_sign_flips_of_many_seeds_are_drawn() -> None:
    assert sign_flips(np.ones(30)) < 1e-4
    assert sign_flips(np.tile([1.0, -1.0], 15)) == pytest.approx(1.0)


def test_a_sandwich_trains_the_widest_and_the_narrowest_network(world: World) -> None:
    space = world.recipe.space
    sandwich, supernet = Sandwich(world), Supernet(space, torch.Generator().manual_seed(0))
    widest, narrowest = ([path.operators[0] for path in paths] for paths in (sandwich.widest, sandwich.narrowest))
    large = space.operators.index("k5_e3")
    assert widest == [large] * space.num_blocks
    assert [path.bits[0] for path in sandwich.widest] == [len(space.bits) - 1] * space.num_blocks
    assert large not in narrowest
    images = torch.randn(4, *space.input, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(4)
    supernet.train()
    own = F.cross_entropy(supernet(images, sandwich.widest), labels)
    loss = sandwich(supernet, sandwich.narrowest, images, labels, False)
    taught = supernet(images, sandwich.widest).softmax(dim=1)
    followed = F.cross_entropy(supernet(images, sandwich.narrowest), taught)
    assert loss.item() == pytest.approx((own + 2 * followed).item(), rel=1e-4)


def test_one_step_brings_the_steps_of_a_tensor_together(world: World) -> None:
    supernet = Supernet(world.recipe.space, torch.Generator().manual_seed(0))
    images = torch.randn(4, *world.recipe.space.input, generator=torch.Generator().manual_seed(1))
    supernet.train()
    path = world.paths[0]
    supernet(images, path)
    quantisers = [m for m in supernet.modules() if isinstance(m, Quantiser) and len(m.bits) > 1 and m.is_initialised]
    assert quantisers
    before = [quantiser.steps.detach().clone() for quantiser in quantisers]
    with torch.no_grad():
        for quantiser in quantisers:
            quantiser.steps[0] *= 8
    OneStep(world)(supernet, path, images, torch.arange(4), False)
    for quantiser, old in zip(quantisers, before, strict=True):
        # A step eight times as long moves the geometric mean of three by two.
        assert quantiser.steps.tolist() == pytest.approx((2 * old).tolist(), rel=1e-5)


def test_the_price_of_entropy_rises_and_pushes_to_decide(world: World) -> None:
    architecture = Architecture(world.recipe.space)
    with torch.no_grad():
        architecture.bit_logits[..., 0] = 1.0
    assert rising_entropy(architecture, 0.0).item() == 0.0
    half, whole = rising_entropy(architecture, 0.5), rising_entropy(architecture, 1.0)
    assert whole.item() == pytest.approx(2 * half.item())
    whole.backward()
    assert architecture.bit_logits.grad is not None
    assert bool((architecture.bit_logits.grad[architecture.mask][:, 0] < 0).all())


def test_holm_adjusts_in_order() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.001]) == pytest.approx([0.6, 0.002])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])


def test_an_interval_holds_the_statistic() -> None:
    values = np.random.default_rng(1).random((10, 10))
    low, high = interval(values, "median")
    assert low < np.median(values) < high


def test_das_prices_the_slowest_chunk_and_moves_its_logits(world: World) -> None:
    limit = world.limits(10)[5]
    das, architecture = Das(world, limit), Architecture(world.recipe.space)
    before = [logits.detach().clone() for logits in das.logits]
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        priced = das(architecture, generator)
    assert any(not torch.equal(old, new) for old, new in zip(before, das.logits, strict=True))
    priced.violation.backward()
    assert architecture.op_logits.grad is not None
    assert architecture.op_logits.grad.abs().max() > 0


def test_slowest_prices_add_up_to_the_period(world: World) -> None:
    problem = Problem.of(world.table, workload_of(world.recipe.space, world.joint.points[-1]))
    designs = {index: int(rows[0]) for index, rows in zip(problem.used, problem.rows, strict=True)}
    prices = slowest_prices(world.table, designs, problem.demand.counts)
    assert float(prices @ problem.demand.counts) == pytest.approx(1.0)


def test_losses_part_the_proposal_from_the_ranking() -> None:
    accuracy = np.array([0.9, 0.8, 0.7, 0.6])
    rows: list[dict[str, object]] = [
        {"points": [1, 3, 0, 2], "scores": [0.5, 0.6, 0.4, 0.1]},
        {"points": [0, 1, 2], "scores": [0.5, 0.4, 0.6]},
    ]
    found = losses(rows, accuracy)
    assert found[1] == pytest.approx((0.05, 0.05, 0.05))
    assert found[2] == pytest.approx((0.05, 0.15, (0.2 + 0.05) / 2))
    assert found[294] == pytest.approx((0.0, 0.25, 0.125))


def test_correlations_are_of_ranks() -> None:
    rows: list[dict[str, object]] = [{"points": [0, 1, 2, 3], "scores": [0.9, 0.7, 0.8, 0.1]}]
    found = correlations(rows, np.array([0.9, 0.8, 0.7, 0.6]))
    assert found == pytest.approx({"probability": 1.0, "score": 0.8, "score, best third": 0.5})
