"""Batches of runs have the closed form's cycles, each run under its own constants, and the slopes of those."""

import random
from dataclasses import fields

import pytest
import torch

from cosearch.cost import TileSizes, rates_of, shape_of, time_layer
from cosearch.hardware import DramPort
from cosearch.validate.calibrate import Batches, PortConstants, Run
from cosearch.validate.cases import random_case

NUM = 24


@pytest.fixture(scope="module")
def cases():
    rng = random.Random(5)
    return [random_case(rng) for _ in range(NUM)]


def as_run(case) -> Run:
    tile = case.mapping.tile
    return Run(
        shape=shape_of(case.layer, case.port.beat_bits),
        tile=TileSizes(M=tile.G if case.layer.is_depthwise else tile.K, C=tile.C, OY=tile.OY, OX=tile.OX),
        loop_order=case.mapping.loop_order,
        rates=rates_of(case.chunk),
        beat_bits=case.port.beat_bits,
    )


def constants(ports: list[DramPort]) -> PortConstants:
    names = [field.name for field in fields(PortConstants) if field.name.endswith("_cycles")]
    columns = {name: torch.tensor([float(getattr(port, name)) for port in ports]).double() for name in names}
    return PortConstants(**columns, read_part=torch.ones(NUM).double(), write_part=torch.ones(NUM).double())


def test_every_run_has_the_cycles_of_the_closed_form(cases):
    ports = [
        case.port.model_copy(
            update={
                "layer_overhead_cycles": index,
                "step_overhead_cycles": 2 * index,
                "store_overhead_cycles": 3 * index,
            }
        )
        for index, case in enumerate(cases)
    ]
    found = Batches([as_run(case) for case in cases]).cycles(constants(ports))
    exact = [
        time_layer(case.layer, case.mapping, case.chunk, port).cycles for case, port in zip(cases, ports, strict=True)
    ]
    assert found.tolist() == exact


def test_slopes_belong_to_each_run(cases):
    given = constants([case.port for case in cases])
    given.step_overhead_cycles.requires_grad_()
    given.layer_overhead_cycles.requires_grad_()
    batches = Batches([as_run(case) for case in cases])
    batches.cycles(given).sum().backward()
    assert given.layer_overhead_cycles.grad is not None
    assert given.layer_overhead_cycles.grad.tolist() == [1.0] * NUM
    steps = given.step_overhead_cycles.grad
    assert steps is not None
    assert (steps >= 0).all()
    assert len(set(steps.tolist())) > 5


def test_fewer_delivered_beats_are_never_faster(cases):
    batches = Batches([as_run(case) for case in cases])
    full = constants([case.port for case in cases])
    half = constants([case.port for case in cases])
    half.read_part.mul_(0.5)
    half.write_part.mul_(0.5)
    assert (batches.cycles(half) >= batches.cycles(full)).all()
    assert (batches.cycles(half) > 1.2 * batches.cycles(full)).any()
