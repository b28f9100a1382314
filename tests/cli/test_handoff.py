from cosearch.design import load_design
from cosearch.network import workload_of
from cosearch.workload.importers import read_layers


def test_the_network_is_handed_off_as_layers_that_read_back(copied, command):
    result = command("handoff", copied, "--to", "layers")
    assert result.returncode == 0, result.stderr
    assert f"layers: {copied / 'layers.yaml'}, read back and compared" in result.stdout
    design = load_design(copied / "design.json")
    assert read_layers(copied / "layers.yaml") == workload_of(design.network.space, design.network.blocks)


def test_an_unknown_form_is_refused(copied, command):
    result = command("handoff", copied, "--to", "stone")
    assert result.returncode == 2
    assert "--to stone: not a known form; known: layers" in result.stderr
