"""The arithmetic of the study's tests, and its baselines."""

import numpy as np
import pytest
import torch
from benchmarks.joint_study.analysis import holm, interval, sign_flips
from benchmarks.joint_study.das import Das
from benchmarks.joint_study.hardware_gradients import slowest_prices
from benchmarks.joint_study.world import World
from benchmarks.joint_table import JointTable
from scipy.stats import permutation_test

from cosearch.accelerate import Problem
from cosearch.network import Architecture, workload_of


@pytest.fixture(scope="module")
def world() -> World:
    return World(JointTable.load(), "a")


def test_sign_flips_are_the_paired_permutation_test() -> None:
    differences = np.random.default_rng(0).normal(0.4, 1, 8)
    expected = permutation_test(
        (differences, np.zeros(8)), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=np.inf
    )
    assert sign_flips(differences) == pytest.approx(expected.pvalue)
    assert sign_flips(np.ones(10)) == pytest.approx(2 / 1024)


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
