import json
import re

import pytest

from cosearch.design import RunFolder


def _change(folder, change):
    path = folder / "design.json"
    design = json.loads(path.read_text())
    change(design)
    path.write_text(json.dumps(design, indent=2))


def test_a_finished_design_agrees(finished, command):
    result = command("check", finished[0])
    assert result.returncode == 0, result.stdout
    assert "0 differences" in result.stdout
    assert re.search(r"specification: [\d,]+ cycles an image", result.stdout)
    answer = json.loads(command("check", finished[0], "--json").stdout)
    assert answer["agrees"]
    assert answer["num_compared"] > 200


def _set_tile(design):
    tile = design["accelerator"]["chunks"][0]["layers"][1]["tile"]
    tile["OY"] = 1 if tile["OY"] > 1 else 2


def _set_bits(design):
    block = design["network"]["blocks"][1]  # it changes shape and is never a skip
    block["weight_bits"] = 12 - block["weight_bits"]


CHANGES = [
    (lambda d: d["predicted"].update(dsp=d["predicted"]["dsp"] - 1), "predicted.dsp: design.json says"),
    (lambda d: d["predicted"].update(energy_joules=1.0), "predicted.energy_joules: design.json says 1.0"),
    (lambda d: d["predicted"]["per_layer"][2].update(cycles=1), "predicted.per_layer[2].cycles: design.json says 1"),
    (_set_tile, "accelerator.chunks[0].layers[1].tile.OY: design.json says"),
    (
        lambda d: d["accelerator"]["chunks"][0].update(read_slots=3),
        "accelerator.chunks[0].read_slots: design.json says 3",
    ),
    (lambda d: d["limits"][0].update(limit=1.0), "limits[0].limit: design.json says 1.0, the recipe"),
    (lambda d: d["limits"][1].update(met=False), "limits[1].met: design.json says False"),
    (lambda d: d["limits"].pop(), "limits: design.json says 2, the recipe, in number of limits, says 3"),
    (lambda d: d["accuracy"].update(retrained_val=0.999), "accuracy.retrained_val: design.json says 0.999"),
    (lambda d: d["engine"].update(certified=False), "engine.certified: design.json says False"),
    (_set_bits, "network.blocks[1].weight_bits: design.json says"),
]


@pytest.mark.parametrize(("change", "message"), CHANGES)
def test_what_was_changed_by_hand_is_found_and_named(copied, command, change, message):
    _change(copied, change)
    result = command("check", copied)
    assert result.returncode == 1
    assert f"DIFFERENT  {message}" in result.stdout


def test_changed_weights_are_found(copied, command):
    weights = copied / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    result = command("check", copied)
    assert result.returncode == 1
    assert "DIFFERENT  weights.safetensors" in result.stdout


def test_the_test_set_is_read_once(copied, command):
    first = command("train", copied, "--final")
    assert first.returncode == 0, first.stderr
    assert "accuracy, retrained, test" in first.stdout
    again = command("train", copied, "--final", "--json")
    assert json.loads(again.stdout)["accuracy"]["retrained_test"] > 0.7
    assert RunFolder(copied).load_manifest().test_reads == {"0": 1}
    assert command("check", copied).returncode == 0


def test_training_again_without_final_reads_no_test(copied, command):
    before = (copied / "design.json").read_bytes()
    assert command("train", copied, "--quiet").returncode == 0
    assert RunFolder(copied).load_manifest().test_reads == {}
    assert (copied / "design.json").read_bytes() == before


def test_weights_that_were_lost_are_trained_again_to_the_same_bytes(copied, command):
    before = (copied / "weights.safetensors").read_bytes()
    (copied / "weights.safetensors").unlink()
    assert command("train", copied, "--quiet").returncode == 0
    assert (copied / "weights.safetensors").read_bytes() == before
