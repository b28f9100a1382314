import math
from xml.etree import ElementTree

from cosearch.design import Design
from cosearch.network import workload_of
from cosearch.report.network_picture import describe_network, draw_network
from cosearch.report.network_units import units_of

SVG = "{http://www.w3.org/2000/svg}"


def parsed(design: Design, columns: int = 12) -> ElementTree.Element:
    return ElementTree.fromstring(draw_network(design, columns).as_svg(title="t", description="d"))


def test_units_have_the_shapes_of_the_workload(design: Design) -> None:
    """Oracle: the layers that the network package emits."""
    workload = workload_of(design.network.space, design.network.blocks)
    units = {unit.name: unit for unit in units_of(design)}
    last_layers = {f"block {i}": f"block{i}.project" for i in range(8)} | {
        n: n for n in ("stem", "head", "classifier")
    }
    for name, layer_name in last_layers.items():
        if units[name].is_skip:
            continue
        layer = workload.layer(layer_name)
        assert units[name].shape == (layer.out_channels, layer.OY // layer.pool_y, layer.OX // layer.pool_x), name
        assert units[name].has_residual == (layer.residual is not None), name
        assert units[name].bits is not None
        assert units[name].bits[0] == layer.weight_bits, name
    assert units["block 2"].is_skip
    assert units["block 2"].shape == units["block 1"].shape


def test_every_block_says_operator_and_bits_in_text(design: Design) -> None:
    words = [element.text for element in parsed(design).iter(f"{SVG}text")]
    for label in ("3×3 /2 e3", "5×5 e6", "skip", "3×3 e1 g2", "1×1, pool", "linear", "1×28×28", "64×7×7"):
        assert label in words
    assert words.count("W 4") == 4
    assert words.count("A 4") == 3


def test_residuals_are_arcs_and_kernels_are_grids(design: Design) -> None:
    root = parsed(design)
    assert sum(element.get("class") == "sum" for element in root.iter(f"{SVG}circle")) == 4
    taps = [e for e in root.iter(f"{SVG}rect") if e.get("fill-opacity") == "0.75"]
    assert len(taps) == 9 + (9 + 25 + 9 + 9 + 25 + 25 + 9)


def test_a_narrow_picture_wraps_and_loses_nothing(design: Design) -> None:
    wide, narrow = draw_network(design, 12), draw_network(design, 4)
    assert wide.width == 12 * 92
    assert narrow.width == 4 * 92
    assert narrow.height > 2.5 * wide.height
    words = lambda columns: sorted(e.text or "" for e in parsed(design, columns).iter(f"{SVG}text"))  # noqa: E731
    assert words(12) == words(4)


def test_the_picture_in_words(design: Design) -> None:
    said = describe_network(design)
    assert "block 1: 5×5 e6, 6-bit weights, 6-bit activations, makes 24×14×14, input added to output" in said
    assert "runs on chunk 0 and 2" in said
    assert "block 2: skip, hands on 24×14×14" in said


def test_shapes_stay_in_their_cells(design: Design) -> None:
    for polygon in parsed(design).iter(f"{SVG}polygon"):
        ys = [float(point.split(",")[1]) for point in str(polygon.get("points")).split()]
        assert all(math.isfinite(y) for y in ys)
        assert min(ys) >= -11
        assert max(ys) <= 143
