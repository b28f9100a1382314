import math
from typing import Any

import pytest

from cosearch.cost import evaluate, metric_values, resources_of, time_layer
from cosearch.design import METRICS, Predicted
from cosearch.errors import HardwareError
from cosearch.hardware import PIXELS_OUTER, Accelerator, Platform, load_platform
from cosearch.simulate import simulate_accelerator
from cosearch.workload import IMAGE, Layer, Workload

CLOCK_HERTZ = 2e8


def layer(name: str, source: str, **changes: Any) -> Layer:
    values: dict[str, Any] = {"OY": 8, "OX": 8, "IY": 8, "IX": 8, "weight_bits": 8, "input_bits": 8, "output_bits": 8}
    return Layer(name=name, source=source, **{**values, **changes})


KERNEL = {"FY": 3, "FX": 3, "padding_y": 1, "padding_x": 1}
WORKLOAD = Workload(
    (
        layer("stem", IMAGE, K=32, C=3, **KERNEL),
        layer("expand", "stem", K=96, C=32),
        layer("depthwise", "expand", G=96, K=1, C=1, **KERNEL),
        layer("project", "depthwise", K=32, C=96, residual="stem", residual_bits=8),
        layer("classify", "project", K=10, C=32, pool_y=8, pool_x=8),
    )
)
TILES = {
    "stem": {"K": 16, "C": 3, "OY": 4, "OX": 8},
    "expand": {"K": 48, "C": 16, "OY": 8, "OX": 8},
    "depthwise": {"G": 32, "OY": 8, "OX": 8},
    "project": {"K": 16, "C": 32, "OY": 8, "OX": 8},
    "classify": {"K": 10, "C": 32, "OY": 8, "OX": 8},
}


def program(kind: str, names: tuple[str, ...], **changes: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "weight_bits": 8,
        "activation_bits": 8,
        "unroll": {"K": 8, "C": 1 if kind == "depthwise" else 4},
        "capacity_bits": {"I": 2**17, "W": 2**16, "O": 2**18},
        "read_slots": 12,
        "write_slots": 6,
        "max_channels": 96,
        "output_bits": 32,
        "layers": [{"name": name, "tile": TILES[name], "loop_order": PIXELS_OUTER} for name in names],
        **changes,
    }


def accelerator(*chunks: dict[str, Any], **changes: Any) -> Accelerator:
    if not chunks:
        standard = ("stem", "expand", "project", "classify")
        chunks = (program("standard", standard), program("depthwise", ("depthwise",)))
    port = load_platform("zc706").port(CLOCK_HERTZ)
    values = {"platform": "zc706", "clock_hertz": CLOCK_HERTZ, "port": port, "chunks": chunks, **changes}
    return Accelerator.model_validate(values)


@pytest.fixture(scope="module")
def zc706() -> Platform:
    return load_platform("zc706")


@pytest.fixture(scope="module")
def predicted(zc706: Platform) -> Predicted:
    return evaluate(WORKLOAD, accelerator(), zc706)


def test_rows_are_the_closed_forms_in_network_order(predicted: Predicted) -> None:
    assert [row.name for row in predicted.per_layer] == ["stem", "expand", "depthwise", "project", "classify"]
    assert [row.chunk for row in predicted.per_layer] == [0, 0, 1, 0, 0]
    built = accelerator()
    for chunk in built.chunks:
        for entry in chunk.layers:
            row = next(row for row in predicted.per_layer if row.name == entry.name)
            timing = time_layer(WORKLOAD.layer(entry.name), entry, chunk, built.port)
            for name in ("cycles", "compute_cycles", "read_cycles", "write_cycles", "dram_bits"):
                assert getattr(row, name) == getattr(timing, name)
            busy = {"compute": row.compute_cycles, "read": row.read_cycles, "write": row.write_cycles}
            assert busy[row.bound] == max(busy.values())


def test_layers_are_bound_by_different_servers(zc706: Platform) -> None:
    names = ("stem", "expand", "depthwise", "project", "classify")

    def bounds(**changes: Any) -> set[str]:
        rows = evaluate(WORKLOAD, accelerator(program("both", names, **changes)), zc706).per_layer
        return {row.bound for row in rows}

    assert bounds(read_slots=32, write_slots=31, unroll={"K": 2, "C": 1}) == {"compute"}
    assert "read" in bounds(read_slots=1, unroll={"K": 32, "C": 8})
    assert "write" in bounds(write_slots=1, read_slots=60, unroll={"K": 32, "C": 8})


def test_totals_are_sums_of_their_parts(predicted: Predicted) -> None:
    for name in ("dsp", "bram18", "uram", "lut"):
        assert getattr(predicted, name) == sum(getattr(chunk, name) for chunk in predicted.per_chunk)
    for index, chunk in enumerate(predicted.per_chunk):
        assert chunk.cycles == sum(row.cycles for row in predicted.per_layer if row.chunk == index)
        assert chunk.dram_bits == sum(row.dram_bits for row in predicted.per_layer if row.chunk == index)
        energy = sum(row.energy_joules for row in predicted.per_layer if row.chunk == index)
        assert math.isclose(chunk.energy_joules, energy, rel_tol=1e-12)
    assert predicted.period_cycles == max(chunk.cycles for chunk in predicted.per_chunk)
    assert predicted.dram_bits == sum(row.dram_bits for row in predicted.per_layer)
    for row in predicted.per_layer:
        exposed = row.overhead_cycles + row.exposed_read_cycles + row.exposed_write_cycles
        assert row.cycles == row.compute_cycles + exposed
        assert min(row.exposed_read_cycles, row.exposed_write_cycles) > 0  # the first loads and the last STORE
        assert row.dram_bits == sum(row.dram_bits_by_operand.values())
        assert math.isclose(row.energy_joules, sum(row.energy_by_part_joules.values()), rel_tol=1e-12)
    assert predicted.model_bits == WORKLOAD.model_bits


def test_energy_adds_up_by_part_and_by_layer(predicted: Predicted, zc706: Platform) -> None:
    parts = predicted.energy_by_part_joules
    assert set(parts) == {"mac", "buffer_I", "buffer_W", "buffer_O", "store", "fill", "dram", "static"}
    assert all(joules > 0 for joules in parts.values())
    assert math.isclose(predicted.energy_joules, sum(parts.values()), rel_tol=1e-12)
    dynamic = sum(row.energy_joules for row in predicted.per_layer)
    assert math.isclose(predicted.energy_joules, dynamic + parts["static"], rel_tol=1e-12)
    assert math.isclose(parts["static"], zc706.static_watts * predicted.period_cycles / CLOCK_HERTZ, rel_tol=1e-12)
    assert predicted.confidence["energy"] == "relative"


def test_rates_follow_from_period_latency_and_energy(predicted: Predicted) -> None:
    assert predicted.fps == CLOCK_HERTZ / predicted.period_cycles
    assert math.isclose(predicted.power_watts, predicted.energy_joules * predicted.fps, rel_tol=1e-12)
    assert predicted.edp == predicted.energy_joules * predicted.latency_seconds
    # A chain whose residual is ready long before: one image alone takes the sum of all layers.
    cycles = sum(row.cycles for row in predicted.per_layer)
    assert predicted.latency_seconds == cycles / CLOCK_HERTZ
    assert predicted.latency_loaded_seconds >= predicted.latency_seconds


def test_chunks_have_the_resources_of_their_records(predicted: Predicted, zc706: Platform) -> None:
    for chunk, cost in zip(accelerator().chunks, predicted.per_chunk, strict=True):
        resources = resources_of(chunk, zc706)
        assert (cost.dsp, cost.bram18, cost.lut) == (resources.dsp, resources.bram18, resources.lut)


def test_periods_and_latencies_agree_with_the_simulator(predicted: Predicted) -> None:
    trace = simulate_accelerator(WORKLOAD, accelerator())
    assert predicted.period_cycles == pytest.approx(trace.period_cycles, rel=0.02)
    assert predicted.latency_seconds * CLOCK_HERTZ == pytest.approx(trace.latency_cycles, rel=0.02)
    loaded = predicted.latency_loaded_seconds * CLOCK_HERTZ
    assert loaded == pytest.approx(trace.latency_loaded_cycles, rel=0.05)


def test_equal_designs_give_equal_bytes(predicted: Predicted, zc706: Platform) -> None:
    again = evaluate(WORKLOAD, accelerator(), zc706)
    assert again.model_dump_json() == predicted.model_dump_json()


def test_resources_do_not_depend_on_the_network(zc706: Platform) -> None:
    names = ("stem", "expand", "depthwise", "project", "classify")
    whole = evaluate(WORKLOAD, accelerator(program("both", names)), zc706)
    first = evaluate(Workload(WORKLOAD.layers[:1]), accelerator(program("both", ("stem",))), zc706)
    for name in ("dsp", "bram18", "uram", "lut"):
        assert getattr(whole, name) == getattr(first, name)


def test_metrics_by_name(predicted: Predicted) -> None:
    values = metric_values(predicted)
    assert set(values) == set(METRICS) - {"accuracy", "area_m2"}
    assert values["fps"] == predicted.fps
    assert values["dsp"] == predicted.dsp
    assert all(isinstance(value, float) for value in values.values())


def test_another_platform_is_refused(zc706: Platform) -> None:
    other = accelerator(platform="zcu102")
    with pytest.raises(HardwareError, match=r"is for platform 'zcu102', not 'zc706'; load that one"):
        evaluate(WORKLOAD, other, zc706)


def test_a_port_that_the_platform_does_not_have_is_refused(zc706: Platform) -> None:
    port = zc706.port(CLOCK_HERTZ)
    free = accelerator(port=port.model_copy(update={"burst_latency_cycles": 0}))
    with pytest.raises(HardwareError, match=r"burst_latency_cycles=0 .* is not the one of zc706 at 2e\+08 Hz"):
        evaluate(WORKLOAD, free, zc706)


def test_an_accelerator_that_forgets_a_layer_is_refused(zc706: Platform) -> None:
    with pytest.raises(HardwareError, match=r"no chunk runs 'expand'; add it to a chunk's layers"):
        evaluate(WORKLOAD, accelerator(program("standard", ("stem",))), zc706)
