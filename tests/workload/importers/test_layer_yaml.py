import pytest

from cosearch.errors import WorkloadError
from cosearch.workload import IMAGE
from cosearch.workload.importers import read_layers

GOOD = """\
schema: 1
layers:
  - {name: stem, source: image, K: 8, C: 3, OY: 16, OX: 16, FY: 3, FX: 3, IY: 32, IX: 32, stride_y: 2, stride_x: 2,
     padding_y: 1, padding_x: 1, weight_bits: 8, input_bits: 8, output_bits: 4}
  - {name: depthwise, source: stem, G: 8, K: 1, C: 1, OY: 16, OX: 16, IY: 16, IX: 16, weight_bits: 4, input_bits: 4,
     output_bits: 4, residual: stem, residual_bits: 4}
"""


def _read(tmp_path, text):
    path = tmp_path / "net.yaml"
    path.write_text(text)
    return read_layers(path)


def test_layers_keep_what_is_written_and_default_the_rest(tmp_path):
    stem, depthwise = _read(tmp_path, GOOD).layers
    assert (stem.source, stem.K, stem.stride_y, stem.pool_y, stem.num_macs) == (IMAGE, 8, 2, 1, 8 * 3 * 9 * 256)
    assert depthwise.is_depthwise
    assert depthwise.residual == "stem"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("schema: 1", "schema: 7", r"net.yaml: schema 7 is not known; this version reads 1"),
        ("K: 8, C: 3", "C: 3", r"net.yaml:3: layers\[0\]: K is required; add it"),
        ("K: 8, C: 3", "K: 8, C: 3, Q: 1", r"net.yaml:3: layers\[0\]: unknown key 'Q'; known keys: name, source"),
        ("K: 8, C: 3", "K: 0, C: 3", r"net.yaml:3: layers\[0\]: stem: K=0; it must be at least 1"),
        ("K: 8, C: 3", "K: many, C: 3", r"net.yaml:3: layers\[0\]: K='many'; expected a whole number"),
        ("source: stem", "source: root", r"net.yaml: depthwise: reads 'root', which no earlier layer makes"),
        ("layers:", "layer:", r"net.yaml:2: layer: unknown key; did you mean 'layers'\?"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, old, new, message):
    with pytest.raises(WorkloadError, match=message):
        _read(tmp_path, GOOD.replace(old, new, 1))


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(WorkloadError, match=r"cannot read .*none.yaml: No such file or directory; check the path"):
        read_layers(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("op: softmax", "op 'softmax' is not known; known: convolution, max_pool, average_pool, multiply, copy"),
        ("activation: mish", "activation 'mish' is not known; known: linear, relu, relu6, hard_sigmoid"),
        ("pool: median", "pool 'median' is not known; known: max, average"),
        ("op: 3", "op=3; expected a text"),
    ],
)
def test_words_are_some_of_a_few(tmp_path, text, message):
    path = tmp_path / "net.yaml"
    path.write_text(
        "schema: 1\nlayers:\n  - {name: a, source: image, G: 4, K: 1, C: 1, OY: 2, OX: 2, IY: 2, IX: 2, "
        f"weight_bits: 8, input_bits: 8, output_bits: 8, {text}}}\n"
    )
    with pytest.raises(WorkloadError, match=message):
        read_layers(path)


def test_concatenations_and_operations_are_read(tmp_path):
    path = tmp_path / "net.yaml"
    shape = "OY: 2, OX: 2, IY: 2, IX: 2, weight_bits: 8, input_bits: 8, output_bits: 8"
    path.write_text(
        "schema: 1\n"
        "concatenations:\n"
        "  - {name: both, parts: [a, b]}\n"
        "layers:\n"
        f"  - {{name: a, source: image, K: 4, C: 3, {shape}}}\n"
        f"  - {{name: b, source: image, K: 4, C: 3, output_offset: 4, activation: swish, {shape}}}\n"
        f"  - {{name: c, source: both, op: max_pool, G: 8, K: 1, C: 1, {shape}}}\n"
    )
    network = read_layers(path)
    assert network.reads(network.layer("c")) == ("a", "b")
    assert network.layer("b").activation == "swish"
