import dataclasses
import itertools

import pytest
import torch

from cosearch.accelerate import DesignTable, Problem, is_feasible, solve
from cosearch.cost import metric_values
from cosearch.design import Block, parse_limits
from cosearch.network import Architecture, workload_of
from cosearch.search import build, finalists, load_recipe
from cosearch.search.columns import SpaceColumns
from cosearch.simulate import simulate_accelerator

RECIPE = load_recipe("digits", ["accelerator.allocation=kind_bits", "accelerator.widths=[4,8]"])
SPACE = RECIPE.space
RESOURCES = ("dsp<=48", "bram18<=60")


@pytest.fixture(scope="module")
def table():
    platform, clock_hertz = RECIPE.board()
    return DesignTable.build(SpaceColumns(SPACE).layers(), RECIPE.accelerator, platform, clock_hertz)


@pytest.fixture(scope="module")
def networks():
    """Every network of the space."""
    options = [
        [
            Block(op=op, weight_bits=b, activation_bits=b)
            for op in SPACE.legal_operators(i)
            if op != "skip"
            for b in SPACE.bits
        ]
        + ([Block(op="skip")] if "skip" in SPACE.legal_operators(i) else [])
        for i in range(SPACE.num_blocks)
    ]
    return [list(blocks) for blocks in itertools.product(*options)]


@pytest.fixture(scope="module")
def best_fps(table, networks):
    """Of every network within the resources, and the networks from the fastest to the slowest."""
    problems = [Problem.of(table, workload_of(SPACE, n), "fps", parse_limits(RESOURCES)) for n in networks]
    fps = [table.clock_hertz / solve(problem).value for problem in problems]
    order = sorted(range(len(networks)), key=lambda i: -fps[i])
    return [(fps[i], networks[i]) for i in order]


def _builder(table, *limits, objective="fps"):
    return build.Builder(
        table=table,
        platform=RECIPE.board()[0],
        space=SPACE,
        objective=objective,
        limits=parse_limits(limits),
        seed=0,
    )


def _random(seed):
    architecture = Architecture(SPACE)
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for logits in architecture.parameters():
            logits.copy_(torch.randn(logits.shape, generator=rng))
    return architecture


def _peaked(blocks):
    """Logits that prefer one network to all others by far, and its neighbours to the rest."""
    architecture = Architecture(SPACE)
    indices = architecture.indices_of([blocks])
    with torch.no_grad():
        for i, (op, bits) in enumerate(zip(indices.operators[0], indices.bits[0], strict=True)):
            architecture.op_logits[i, op] += 4
            architecture.bit_logits[i, :, bits] += 4
    assert architecture.argmax() == blocks
    return architecture


def _keeps(table, blocks, limits):
    return is_feasible(Problem.of(table, workload_of(SPACE, blocks), "fps", parse_limits(limits)))


def test_the_most_probable_networks_that_keep_the_limits_come_first(table, networks, best_fps):
    limits = (f"fps>={best_fps[len(best_fps) // 2][0] * 1.001:.17g}", *RESOURCES)
    architecture = _random(0)
    with torch.no_grad():
        logs = architecture.log_prob(architecture.indices_of(networks)).tolist()
    ranked = [networks[i] for i in sorted(range(len(networks)), key=lambda i: -logs[i])]
    kept = [blocks for blocks in ranked if _keeps(table, blocks, limits)]
    assert ranked[:3] != kept[:3]  # some are dropped
    found = list(finalists.finalists(_builder(table, *limits), architecture, 3, None))
    assert [list(built.blocks) for built in found] == kept[:3]
    for built in found:
        values = metric_values(built.predicted)
        assert all(limit.met_by(values[limit.metric]) for limit in parse_limits(limits))
        assert built.result.certified


def test_fewer_are_given_where_fewer_keep_the_limits(table, best_fps):
    limits = (f"fps>={best_fps[2][0] * 0.999:.17g}", *RESOURCES)
    fast = [blocks for fps, blocks in best_fps if fps >= best_fps[2][0] * 0.999]
    found = list(finalists.finalists(_builder(table, *limits), _random(1), 90, None))
    assert sorted(str(list(built.blocks)) for built in found) == sorted(map(str, fast))


@pytest.mark.parametrize("what", ["fps", "dsp"])
def test_a_network_is_repaired_where_no_probable_one_keeps_the_limits(table, networks, best_fps, monkeypatch, what):
    monkeypatch.setattr(finalists, "MAX_RANKED", 2)
    if what == "fps":
        limits = (f"fps>={best_fps[2][0] * 0.999:.17g}", *RESOURCES)
        start = best_fps[-1][1]
    else:
        least = [solve(Problem.of(table, workload_of(SPACE, n), "dsp", ())).value for n in networks]
        limits = (f"dsp<={min(least)}",)
        kept = [n for n, value in zip(networks, least, strict=True) if value == min(least)]
        start = next(
            n
            for n, value in zip(networks, least, strict=True)
            if value > min(least) and any(other in kept for other in finalists.neighbours(SPACE, n))
        )
    architecture = _peaked(start)
    for blocks in architecture.most_probable(2):
        assert not _keeps(table, blocks, limits)
    found = list(finalists.finalists(_builder(table, *limits), architecture, 6, None))
    assert len(found) == 1
    assert _keeps(table, found[0].blocks, limits)
    values = metric_values(found[0].predicted)
    assert all(limit.met_by(values[limit.metric]) for limit in parse_limits(limits))


def test_a_network_that_cannot_be_repaired_is_none(table, best_fps):
    limits = (f"fps>={best_fps[0][0] * 1.01:.17g}", *RESOURCES)
    assert finalists.repaired(_builder(table, *limits), best_fps[-1][1]) is None


def test_the_witness_is_the_last_resort(table, best_fps, monkeypatch):
    monkeypatch.setattr(finalists, "MAX_RANKED", 2)
    limits = (f"fps>={best_fps[2][0] * 0.999:.17g}", *RESOURCES)
    builder, architecture, witness = _builder(table, *limits), _peaked(best_fps[-1][1]), best_fps[0][1]
    repaired = list(finalists.finalists(builder, architecture, 6, witness))
    monkeypatch.setattr(finalists, "repaired", lambda builder, blocks: None)
    assert [list(built.blocks) for built in finalists.finalists(builder, architecture, 6, witness)] == [witness]
    assert len(repaired) == 1
    assert list(finalists.finalists(builder, architecture, 6, None)) == []
    assert list(finalists.finalists(builder, architecture, 6, best_fps[-1][1])) == []


def test_neighbours_differ_in_one_block(networks):
    start = networks[0]
    found = list(finalists.neighbours(SPACE, start))
    expected = [n for n in networks if sum(a != b for a, b in zip(n, start, strict=True)) == 1]
    assert sorted(map(str, found)) == sorted(map(str, expected))


def test_a_specification_that_disagrees_is_our_mistake(table, best_fps, monkeypatch):
    def slower(workload, accelerator):
        trace = simulate_accelerator(workload, accelerator)
        return dataclasses.replace(trace, period_cycles=trace.period_cycles + 1)

    builder = _builder(table, *RESOURCES)
    assert builder.build(best_fps[0][1]) is not None
    monkeypatch.setattr(build, "simulate_accelerator", slower)
    with pytest.raises(AssertionError):
        builder.build(best_fps[0][1])
