"""Measured runs as they are read: defaults, best mappings, words, and every error with its line."""

from pathlib import Path

import pytest

from cosearch.cost import best_mapping
from cosearch.errors import DataError
from cosearch.hardware import INPUT_STATIONARY, WEIGHTS_OUTER, ChunkKind, DramPort
from cosearch.validate.calibrate import read_runs
from cosearch.workload import IMAGE

PORT = DramPort(beat_bits=64, burst_latency_cycles=4, total_slots=48)
CELLS = {
    "name": "one",
    "K": 16,
    "C": 16,
    "OY": 8,
    "OX": 8,
    "IY": 8,
    "IX": 8,
    "weight_bits": 8,
    "input_bits": 8,
    "output_bits": 8,
    "unroll_K": 8,
    "seconds": 1e-3,
}


def table(tmp_path: Path, **cells: object) -> Path:
    row = {name: value for name, value in (CELLS | cells).items() if value is not None}
    path = tmp_path / "runs.csv"
    path.write_text(f"# measured\n{','.join(row)}\n{','.join(map(str, row.values()))}\n")
    return path


def test_what_is_not_given_has_its_default(tmp_path):
    (run,), unit = read_runs(table(tmp_path, tile_K=8), PORT)
    assert (unit, run.measured, run.place) == ("seconds", 1e-3, "runs.csv:3")
    assert (run.layer.FY, run.layer.stride_y, run.layer.G, run.layer.source) == (1, 1, 1, IMAGE)
    assert (run.chunk.kind, run.chunk.read_slots, run.chunk.write_slots) == (ChunkKind.BOTH, 36, 12)
    assert (run.chunk.unroll.K, run.chunk.unroll.C, run.chunk.weight_bits) == (8, 1, 8)
    assert run.mapping.loop_order == WEIGHTS_OUTER
    assert (run.mapping.tile.K, run.mapping.tile.C, run.mapping.tile.OY) == (8, 16, 8)


def test_everything_can_be_given(tmp_path):
    given = {
        "FY": 3,
        "FX": 3,
        "padding_y": 1,
        "padding_x": 1,
        "residual_bits": 8,
        "activation": "swish",
        "kind": "standard",
        "unroll_C": 4,
        "unroll_OX": 2,
        "chunk_weight_bits": 16,
        "read_slots": 20,
        "write_slots": 5,
        "resident_weights": 1,
        "partial_sums": 1,
        "tile_C": 8,
        "tile_K": 8,
        "loop_order": "G OY OX C K",
        "seconds": None,
        "cycles": 5000,
    }
    (run,), unit = read_runs(table(tmp_path, **given), PORT)
    assert (unit, run.measured) == ("cycles", 5000)
    assert (run.layer.residual, run.layer.activation, run.layer.padding_y) == (IMAGE, "swish", 1)
    assert (run.chunk.weight_bits, run.chunk.activation_bits, run.chunk.unroll.OX) == (16, 8, 2)
    assert run.chunk.resident_weights
    assert run.chunk.activation_table
    assert run.mapping.loop_order == INPUT_STATIONARY


def test_a_depthwise_layer_tiles_its_channels(tmp_path):
    (run,), _ = read_runs(table(tmp_path, G=32, K=1, C=1, tile_OY=4), PORT)
    assert run.layer.is_depthwise
    assert run.mapping.tile.G == 32


def test_without_a_mapping_it_is_the_best_one(tmp_path):
    banks = {"capacity_I_bits": 4096, "capacity_W_bits": 2048, "capacity_O_bits": 8192}
    (run,), _ = read_runs(table(tmp_path, **banks), PORT)
    assert run.mapping == best_mapping(run.layer, run.chunk, PORT)[0]
    assert run.chunk.capacity_bits.W == 2048


def test_repeats_are_one_run(tmp_path):
    path = table(tmp_path, tile_K=8)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[-1].replace("one", "again").replace("0.001", "0.002")]) + "\n")
    (first, again), _ = read_runs(path, PORT)
    assert first.same_run() == again.same_run()
    (other,), _ = read_runs(table(tmp_path, tile_K=8, unroll_K=4), PORT)
    assert first.same_run() != other.same_run()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"unrol_C": 4}, r"runs\.csv: unknown column 'unrol_C'; known columns: op, G, K"),
        ({"IY": None}, r"runs\.csv:2: no column 'IY'"),
        ({"cycles": 4}, r"runs\.csv: give one column of seconds or cycles, and not both"),
        ({"seconds": None}, r"runs\.csv: give one column of seconds or cycles"),
        ({"seconds": -1}, r"runs\.csv:3: seconds=-1 must be a finite number above 0"),
        ({"K": "x"}, r"runs\.csv:3: K='x' is not a whole number; mend it"),
        ({"OY": ""}, r"runs\.csv:3: OY is empty; fill it in"),
        ({"op": "bake"}, r"runs\.csv:3: op='bake' is unknown; use convolution, max_pool"),
        ({"kind": "round"}, r"runs\.csv:3: kind='round' is unknown; use standard, depthwise, both"),
        ({"loop_order": "K C"}, r"runs\.csv:3: loop_order='K C' is unknown; use one of G K OY OX C; "),
        ({"weight_bits": 40}, r"runs\.csv:3: one: weight_bits=40; it must be from 1 to 32"),
        ({"weight_bits": 20, "tile_K": 8}, r"runs\.csv:3: weight_bits: Input should be less than or equal to 16"),
        ({"tile_K": 3}, r"runs\.csv:3: tile K=3 splits a beat of 8 8-bit output channels"),
        ({}, r"runs\.csv:3: capacity_I_bits is empty; fill it in"),
        (
            {"capacity_I_bits": 8, "capacity_W_bits": 8, "capacity_O_bits": 8},
            r"runs\.csv:3: one: no tiling fits banks of 8 \(I\), 8 \(W\) and 8 \(O\) bits; enlarge them",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, cells, message):
    with pytest.raises(DataError, match=message) as caught:
        read_runs(table(tmp_path, **cells), PORT)
    assert "\n" not in str(caught.value)
