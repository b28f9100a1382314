from dataclasses import replace

import pytest
import yaml

from cosearch.design import RunFolder, load_design
from cosearch.errors import DesignError, RunError
from cosearch.handoff import hand_off_layers, layer_file
from cosearch.network import workload_of
from cosearch.search import load_recipe, run_search
from cosearch.workload import Workload
from cosearch.workload.importers import read_layers

TINY = ("warmup_epochs=0", "epochs=1", "weight_steps=2", "arch_steps=1", "finalists=1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The shortest run that ends in a design."""
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    run_search(load_recipe("digits", [*(f"search.{text}" for text in TINY), "train.epochs=1"]), folder)
    return folder


def _workload(folder):
    design = load_design(folder.design)
    return workload_of(design.network.space, design.network.blocks)


def test_the_file_reads_back_as_the_network_of_the_design(folder):
    path = hand_off_layers(folder)
    assert path == folder.path / "layers.yaml"
    assert read_layers(path) == _workload(folder)


def test_the_file_holds_every_layer_in_order_and_no_default(folder):
    content = yaml.safe_load(hand_off_layers(folder).read_text())
    layers = _workload(folder).layers
    assert list(content) == ["schema", "layers"]
    assert [row["name"] for row in content["layers"]] == [layer.name for layer in layers]
    for row, layer in zip(content["layers"], layers, strict=True):
        assert {key: getattr(layer, key) for key in row} == {
            key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
        }


def test_the_same_design_gives_the_same_bytes(folder):
    first = hand_off_layers(folder).read_bytes()
    assert hand_off_layers(folder).read_bytes() == first


def test_a_file_that_reads_back_as_another_network_is_refused(folder, monkeypatch):
    def changed(path):
        first, *others = read_layers(path).layers
        return Workload(layers=(replace(first, weight_bits=first.weight_bits - 1), *others))

    monkeypatch.setattr(layer_file, "read_layers", changed)
    with pytest.raises(
        DesignError, match=r"layers.yaml does not read back as the network of design.json; report this"
    ):
        hand_off_layers(folder)


def test_a_run_without_a_design_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"design.json is missing; run `cosearch search` first"):
        hand_off_layers(RunFolder(tmp_path))
