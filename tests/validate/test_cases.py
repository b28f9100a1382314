"""Random cases are legal, replay, and cover what the model knows."""

import random

import pytest

from cosearch.hardware import LOOP_ORDERS, ChunkKind, check_mapping
from cosearch.simulate import simulate_layer
from cosearch.validate.cases import num_steps, random_case, random_unroll


def test_a_seed_replays_and_another_differs():
    first, again, other = (random_case(random.Random(seed)) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_cases_are_legal_and_cover_operations_orders_and_options():
    rng = random.Random(0)
    cases = [random_case(rng) for _ in range(400)]
    for case in cases:
        check_mapping(case.layer, case.mapping, case.chunk, case.port.beat_bits)
    layers = [case.layer for case in cases]
    assert {layer.op for layer in layers} == {"convolution", "max_pool", "average_pool", "multiply", "copy"}
    assert {case.mapping.loop_order for case in cases} == set(LOOP_ORDERS)
    assert {case.chunk.kind for case in cases} == {ChunkKind.DEPTHWISE, ChunkKind.BOTH}
    assert {case.chunk.resident_weights for case in cases} == {True, False}
    assert any(layer.residual for layer in layers)
    assert any(layer.G > 1 and layer.K > 1 for layer in layers)  # grouped
    assert any(layer.input_runs > 1 for layer in layers)
    assert any(layer.input_offset and layer.output_offset for layer in layers)
    assert any(layer.dilation_y > 1 for layer in layers)
    assert any(layer.stride_y > 1 for layer in layers)
    assert any(layer.pool_y > 1 for layer in layers)
    assert any(layer.OY * layer.OX == 1 for layer in layers)
    assert any(layer.FY != layer.FX for layer in layers)


@pytest.mark.parametrize("depthwise", [False, True])
def test_unrollings_of_every_kind(depthwise):
    rng = random.Random(1)
    unrolls = [random_unroll(rng, depthwise=depthwise) for _ in range(200)]
    unrolled = {name for name in ("K", "C", "OX", "OYOX", "FX") if any(getattr(u, name) > 1 for u in unrolls)}
    assert unrolled == ({"K", "OX", "OYOX", "FX"} if depthwise else {"K", "C", "OX", "OYOX", "FX"})


def test_steps_are_counted():
    rng = random.Random(2)
    for _ in range(10):
        case = random_case(rng)
        trace = simulate_layer(case.layer, case.mapping, case.chunk, case.port)
        assert num_steps(case) == sum(event.kind == "COMPUTE" for event in trace.events)
