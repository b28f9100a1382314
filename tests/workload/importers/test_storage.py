"""Where concatenated tensors lie, and at which widths."""

import pytest

from cosearch.errors import WorkloadError
from cosearch.workload import IMAGE, Workload
from cosearch.workload.importers import functions as fn
from cosearch.workload.importers.assembly import assemble
from cosearch.workload.importers.builder import Builder
from cosearch.workload.importers.windows import Sliding


class Net:
    def __init__(self):
        self.builder = Builder((1, 4, 6, 6))
        self.image = self.builder.image

    def conv(self, signal, label, k=4, **more):
        C = self.builder.tape.settle(signal).tensor.shape[0]
        return self.builder.convolve(signal, (k, C, 1, 1), Sliding(size=(1, 1)), label=label, **more)

    def cat(self, *signals):
        return self.builder.concatenate(signals, 1)

    def workload(self, *outputs, bits: int | None = 8) -> Workload:
        return assemble(self.builder.finish(outputs), bits)


def test_parts_lie_one_behind_the_other():
    net = Net()
    a, b, c = net.conv(net.image, "a"), net.conv(net.image, "b", k=6), net.conv(net.image, "c")
    workload = net.workload(net.conv(net.cat(a, b, c), "out"))
    assert [layer.output_offset for layer in workload.layers] == [0, 4, 10, 0]
    (joined,) = workload.concatenations
    assert joined.parts == ("a", "b", "c")
    assert workload.layer("out").source == joined.name == "concatenation1"


def test_a_dense_block_grows_in_one_place():
    net = Net()
    x = net.conv(net.image, "x")
    flat, parts = x, [x]
    for index in range(3):
        flat, parts = net.cat(*parts), parts
        parts = [*parts, net.conv(flat, f"l{index}", k=2)]
    workload = net.workload(net.conv(net.cat(*parts), "out"))
    assert [layer.op for layer in workload.layers] == ["convolution"] * 5
    assert [workload.layer(f"l{index}").output_offset for index in range(3)] == [4, 6, 8]


def test_a_nested_dense_block_grows_in_one_place():
    net = Net()
    x = net.conv(net.image, "x")
    for index in range(3):
        x = net.cat(net.conv(x, f"l{index}", k=2), x)  # new channels in front
    workload = net.workload(net.conv(x, "out"))
    assert "copy" not in {layer.op for layer in workload.layers}
    assert [workload.layer(name).output_offset for name in ("x", "l0", "l1", "l2")] == [6, 4, 2, 0]
    assert workload.layer("l2").input_offset == 2


def test_what_would_lie_in_two_places_is_copied():
    net = Net()
    a, b, c = (net.conv(net.image, name) for name in "abc")
    workload = net.workload(net.conv(net.cat(a, b), "first"), net.conv(net.cat(a, c), "second"))
    (copy,) = [layer for layer in workload.layers if layer.op == "copy"]
    assert (copy.source, copy.input_bits, copy.output_bits, copy.num_macs) == ("a", 8, 8, 0)
    assert sorted(entry.parts for entry in workload.concatenations) == [("a", "c"), ("copy1", "b")]


def test_a_tensor_between_two_others_serves_both():
    net = Net()
    a, b, c = (net.conv(net.image, name) for name in "abc")
    workload = net.workload(net.conv(net.cat(a, b), "first"), net.conv(net.cat(b, c), "second"))
    assert [layer.op for layer in workload.layers] == ["convolution"] * 5
    assert workload.layer("second").input_offset == 4


def test_a_tensor_twice_in_one_concatenation_is_copied():
    net = Net()
    a = net.conv(net.image, "a")
    workload = net.workload(net.conv(net.cat(a, a), "out"))
    assert workload.concatenations[0].parts == ("a", "copy1")
    assert workload.layer("copy1").output_offset == 4


def test_the_image_is_copied_into_a_concatenation():
    net = Net()
    workload = net.workload(net.conv(net.cat(net.conv(net.image, "a"), net.image), "out"))
    copy = workload.layer("copy1")
    assert (copy.source, copy.output_offset) == (IMAGE, 4)


def test_one_number_a_channel_starts_its_own_store():
    net = Net()
    a, b = net.conv(net.image, "a"), net.conv(net.image, "b")
    gates = [net.builder.reduce(part, "average_pool", [2, 3], keep=True) for part in (a, b)]
    both = net.conv(net.cat(*gates), "both")
    workload = net.workload(net.builder.join("multiply", b, gates[1]), both)
    scale = workload.layer("multiply1").scale
    assert scale is not None
    assert workload.layer(scale).op == "copy"
    assert workload.layer(scale).output_offset == 0


def test_an_activation_of_a_concatenation_is_applied_by_its_parts():
    net = Net()
    joined = net.cat(net.conv(net.image, "a"), net.conv(net.image, "b"))
    out = net.conv(net.builder.function(fn.relu, net.builder.normalise(joined)), "out")
    workload = net.workload(out)
    assert [layer.activation for layer in workload.layers] == ["relu", "relu", "linear"]


def test_an_activation_that_a_part_cannot_take_is_a_copy():
    net = Net()
    a = net.conv(net.image, "a")
    joined = net.cat(a, net.conv(a, "b"))  # a is read elsewhere, as it is
    workload = net.workload(net.conv(net.builder.function(fn.relu, joined), "out"))
    assert [(layer.op, layer.activation) for layer in workload.layers] == [
        ("convolution", "linear"),
        ("convolution", "linear"),
        ("copy", "relu"),
        ("convolution", "linear"),
    ]


def test_tensors_are_stored_at_the_widest_width_that_is_asked_for():
    net = Net()
    a = net.conv(net.image, "a", weight_bits=3)
    narrow = net.conv(net.builder.quantise(a, 4), "narrow", weight_bits=5)
    wide = net.conv(net.builder.quantise(a, 6), "wide", weight_bits=7)
    workload = net.workload(net.builder.quantise(narrow, 2), wide)
    assert [layer.weight_bits for layer in workload.layers] == [3, 5, 7]
    assert [layer.input_bits for layer in workload.layers] == [8, 6, 6]
    assert [layer.output_bits for layer in workload.layers] == [6, 2, 32]


def test_parts_are_stored_at_the_width_of_the_concatenation():
    net = Net()
    a, b = net.builder.quantise(net.conv(net.image, "a"), 4), net.conv(net.image, "b")
    joined = net.builder.quantise(net.cat(a, b), 5)
    workload = net.workload(net.conv(joined, "out"), net.conv(a, "other"))
    assert [workload.layer(name).output_bits for name in "ab"] == [5, 5]


def test_a_residual_is_read_at_the_width_it_is_stored_at():
    net = Net()
    a = net.conv(net.image, "a")
    b = net.builder.join("add", net.conv(net.builder.quantise(a, 4), "b"), net.builder.quantise(a, 6))
    assert net.workload(b).layer("b").residual_bits == 6


def test_widths_that_nothing_states_are_refused_without_bits():
    net = Net()
    net.builder.tape.place = "node 1"
    a = net.conv(net.image, "a", weight_bits=4)
    with pytest.raises(
        WorkloadError, match=r"node 1: reads the network's input at a width that no quantiser states; give"
    ):
        net.workload(a, bits=None)


def test_weights_that_nothing_quantises_are_refused_without_bits():
    net = Net()
    net.builder.tape.place = "node 1"
    a = net.conv(net.builder.quantise(net.image, 8), "a")
    with pytest.raises(
        WorkloadError, match=r"node 1: has weights of a width that no quantiser states; give bits= for wh"
    ):
        net.workload(a, bits=None)


def test_the_largest_of_quantised_numbers_keeps_their_width():
    net = Net()
    a = net.conv(net.builder.quantise(net.image, 8), "a", weight_bits=4)
    pooled = net.builder.pool(net.builder.quantise(a, 5), "max_pool", Sliding(size=(3, 3), stride=(1, 1)))
    workload = net.workload(net.conv(pooled, "b", weight_bits=4), bits=None)
    assert [layer.output_bits for layer in workload.layers] == [5, 5, 32]
