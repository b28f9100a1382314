"""Which operations share a layer, on networks written down by hand."""

import pytest

from cosearch.errors import UnsupportedLayerError, WorkloadError
from cosearch.workload import IMAGE
from cosearch.workload.importers import functions as fn
from cosearch.workload.importers.assembly import assemble
from cosearch.workload.importers.builder import Builder
from cosearch.workload.importers.windows import Sliding


class Net:
    """Shorthand for small networks on an image of 4 channels and 8x8 pixels."""

    def __init__(self, image=(1, 4, 8, 8)):
        self.builder = Builder(image)
        self.image = self.builder.image

    def conv(self, signal, label="", *, k=4, kernel=3, **more):
        C = self.builder.tape.settle(signal).tensor.shape[0]
        pad = kernel // 2
        sliding = Sliding(size=(kernel, kernel), padding=(pad, pad, pad, pad))
        groups = more.get("groups", 1)
        return self.builder.convolve(signal, (k, C // groups, kernel, kernel), sliding, label=label, **more)

    def pool(self, signal, kind="max_pool", size=2, stride=2):
        return self.builder.pool(signal, kind, Sliding(size=(size, size), stride=(stride, stride)))

    def relu(self, signal):
        return self.builder.function(fn.relu, signal)

    def add(self, left, right):
        return self.builder.join("add", left, right)

    def layers(self, *outputs, bits=8):
        return assemble(self.builder.finish(outputs), bits).layers


def _names(layers):
    return [layer.name for layer in layers]


def test_norm_residual_activation_and_pooling_share_the_convolutions_layer():
    net = Net()
    a = net.relu(net.builder.normalise(net.conv(net.image, "a")))
    b = net.builder.normalise(net.conv(a, "b"))
    out = net.pool(net.relu(net.add(b, a)))
    first, second = net.layers(out)
    assert (first.name, first.activation, first.residual) == ("a", "relu", None)
    assert (second.name, second.residual, second.residual_bits, second.activation) == ("b", "a", 8, "relu")
    assert (second.pool, second.pool_y, second.pool_x, second.OY) == ("max", 2, 2, 8)
    assert (second.input_bits, second.output_bits) == (8, 32)


def test_what_two_layers_read_is_not_changed_on_its_way():
    net = Net()
    a = net.conv(net.image, "a")
    out = net.add(net.conv(net.relu(a), "b"), a)  # a itself is the residual, so its relu is a copy
    a_layer, copy, b = net.layers(out)
    assert (a_layer.activation, copy.op, copy.activation, copy.source) == ("linear", "copy", "relu", "a")
    assert (copy.G, copy.K, copy.C, copy.weight_bits, copy.num_macs) == (4, 1, 1, 1, 0)
    assert (b.source, b.residual) == ("copy1", "a")


def test_an_activation_before_the_residual_needs_a_copy():
    net = Net()
    a = net.conv(net.image, "a")
    out = net.add(net.relu(net.conv(a, "b")), a)
    _, b, copy = net.layers(out)
    assert (b.activation, b.residual) == ("relu", None)
    assert (copy.op, {copy.source, copy.residual}) == ("copy", {"a", "b"})


def test_the_residual_goes_to_the_one_that_can_take_it_even_if_it_was_made_first():
    net = Net()
    a = net.conv(net.image, "a")
    shortcut = net.conv(a, "shortcut", kernel=1)
    main = net.relu(net.conv(a, "main"))
    layers = net.layers(net.add(main, shortcut))
    assert _names(layers) == ["a", "main", "shortcut"]  # in an order in which what is read comes first
    assert layers[2].residual == "main"


def test_no_layer_waits_for_itself():
    net = Net()
    a = net.conv(net.image, "a")
    b = net.relu(net.conv(a, "b"))
    c = net.relu(net.conv(b, "c"))
    layers = net.layers(net.add(b, c))
    assert _names(layers) == ["a", "b", "c", "copy1"]


def test_a_map_added_to_itself_is_a_scale():
    net = Net()
    a = net.conv(net.image, "a")
    (layer,) = net.layers(net.add(a, a))
    assert (layer.name, layer.residual) == ("a", None)


def test_a_map_added_to_a_function_of_itself():
    net = Net()
    a = net.conv(net.image, "a")
    _, relu, added = net.layers(net.add(a, net.relu(a)))
    assert (relu.activation, added.op, {added.source, added.residual}) == ("relu", "copy", {"a", "copy1"})


def test_the_image_may_be_the_residual():
    net = Net()
    (layer,) = net.layers(net.add(net.conv(net.image, "a"), net.image))
    assert (layer.residual, layer.residual_bits) == (IMAGE, 8)


@pytest.mark.parametrize(
    ("size", "stride", "fused"),
    [(2, 2, True), (4, 4, True), (8, 1, True), (3, 2, False), (3, 3, False), (2, 1, False), (7, 7, False)],  # 8 rows
)
def test_pooling_shares_a_layer_if_its_windows_touch_and_divide(size, stride, fused):
    net = Net()
    layers = net.layers(net.pool(net.conv(net.image, "a"), size=size, stride=stride))
    assert len(layers) == (1 if fused else 2)
    if not fused:
        pool = layers[1]
        assert (pool.op, pool.name, pool.FY, pool.stride_y) == ("max_pool", "max_pool1", size, stride)
        assert pool.OY == (8 - size) // stride + 1


def test_average_pooling_over_all_pixels_shares_the_layer():
    net = Net()
    (layer,) = net.layers(net.builder.reduce(net.conv(net.image, "a"), "average_pool", [2, 3], keep=False))
    assert (layer.pool, layer.pool_y, layer.pool_x) == ("average", 8, 8)


def test_a_monotone_activation_behind_largest_of_a_window_comes_before_it():
    net = Net()
    (layer,) = net.layers(net.relu(net.pool(net.conv(net.image, "a"))))
    assert (layer.activation, layer.pool_y) == ("relu", 2)


@pytest.mark.parametrize(("kind", "function"), [("max_pool", fn.swish), ("average_pool", fn.relu)])
def test_other_activations_behind_pooling_are_copies(kind, function):
    net = Net()
    pool, copy = net.layers(net.builder.function(function, net.pool(net.conv(net.image, "a"), kind)))
    assert (pool.activation, copy.op) == ("linear", "copy")


def test_a_second_pooling_or_activation_is_a_layer_of_its_own():
    net = Net()
    pooled = net.pool(net.pool(net.conv(net.image, "a")))
    again = net.builder.function(fn.tanh, net.builder.function(fn.sigmoid, pooled))
    assert [layer.op for layer in net.layers(again)] == ["convolution", "max_pool", "copy"]


def test_chains_of_functions_are_as_few_activations_as_they_can_be():
    net = Net()
    a = net.conv(net.image, "a")
    gate = net.builder.function(fn.clip(0, 6), net.builder.function(lambda x: x + 3, a))
    product = net.builder.join("multiply", a, gate)
    (layer,) = net.layers(net.builder.function(lambda x: x / 6, product))
    assert layer.activation == "hard_swish"


def test_a_norm_behind_an_activation_is_a_copy_and_takes_the_next_activation():
    net = Net()
    normed = net.builder.normalise(net.relu(net.conv(net.image, "a")))
    _, copy, b = net.layers(net.conv(net.relu(normed), "b"))
    assert (copy.op, copy.activation, b.source) == ("copy", "relu", "copy1")


def test_squeeze_and_excite_is_a_pooling_layer_two_products_and_a_multiply():
    net = Net()
    x = net.builder.function(fn.swish, net.conv(net.image, "x"))
    pooled = net.builder.reduce(x, "average_pool", [2, 3], keep=True)
    squeezed = net.builder.function(fn.swish, net.conv(pooled, "squeeze", k=2, kernel=1))
    gate = net.builder.function(fn.sigmoid, net.conv(squeezed, "excite", kernel=1))
    out = net.conv(net.builder.join("multiply", gate, x), "project")
    layers = {layer.name: layer for layer in net.layers(out)}
    assert list(layers) == ["x", "average_pool1", "squeeze", "excite", "multiply1", "project"]
    multiply = layers["multiply1"]
    assert (multiply.op, multiply.source, multiply.scale, multiply.weight_bits) == ("multiply", "x", "excite", 8)
    assert (layers["squeeze"].activation, layers["excite"].activation) == ("swish", "sigmoid")
    assert (layers["average_pool1"].FY, layers["average_pool1"].OY) == (8, 1)


def test_a_shuffle_passes_a_depthwise_layer_and_is_gathered_by_a_grouped_one():
    net = Net((1, 8, 4, 4))
    a = net.conv(net.image, "a", k=8, groups=2, kernel=1)
    split = net.builder.reshape(a, (1, 2, 4, 4, 4))
    shuffled = net.builder.reshape(net.builder.permute(split, [0, 2, 1, 3, 4]), (1, 8, 4, 4))
    depthwise = net.conv(shuffled, "depthwise", k=8, groups=8)
    out = net.conv(net.conv(depthwise, "grouped", k=8, groups=2, kernel=1), "full", kernel=1)
    assert [layer.input_runs for layer in net.layers(out)] == [1, 1, 2, 1]


def test_a_depthwise_layer_with_several_outputs_a_channel_keeps_the_order_of_a_shuffle():
    net = Net((1, 4, 4, 4))
    split = net.builder.reshape(net.conv(net.image, "a", kernel=1), (1, 2, 2, 4, 4))
    shuffled = net.builder.reshape(net.builder.permute(split, [0, 2, 1, 3, 4]), (1, 4, 4, 4))
    doubled = net.conv(shuffled, "doubled", k=8, groups=4)
    out = net.conv(doubled, "grouped", k=4, groups=2, kernel=1)
    _, middle, last = net.layers(out)
    assert (middle.G, middle.K, middle.C, last.input_runs) == (4, 2, 1, 2)


def test_a_layer_over_flattened_pixels_is_a_convolution_of_their_size():
    net = Net((1, 4, 6, 5))
    flat = net.builder.reshape(net.conv(net.image, "a"), (1, -1))
    _, fc = net.layers(net.builder.linear(flat, (10, 120), label="fc"))
    assert (fc.K, fc.C, fc.FY, fc.FX, fc.OY, fc.OX, fc.IY, fc.IX) == (10, 4, 6, 5, 1, 1, 6, 5)
    assert fc.num_macs == 1200


def test_a_layer_over_the_last_of_transposed_dimensions_is_pointwise():
    net = Net((1, 4, 6, 5))
    tokens = net.builder.permute(net.builder.reshape(net.conv(net.image, "a"), (1, 4, 30)), (0, 2, 1))
    _, fc = net.layers(net.builder.linear(tokens, (10, 4), label="fc"))
    assert (fc.K, fc.C, fc.OY, fc.OX, fc.num_macs) == (10, 4, 6, 5, 30 * 40)


def test_what_no_output_needs_is_left_out():
    net = Net()
    a = net.conv(net.image, "a")
    net.conv(a, "auxiliary")
    assert _names(net.layers(net.relu(a))) == ["a"]


def test_equal_names_are_told_apart():
    net = Net()
    shared = net.conv(net.conv(net.conv(net.image, "a"), "a"), "image")
    assert _names(net.layers(shared)) == ["a", "a#2", "image#2"]


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (
            lambda net, a: net.builder.join("add", a, net.conv(net.image, k=8)),
            "add of 1x4x8x8 and 1x8x8x8; supported are the sum of two equal maps in one order of channels, and a map",
        ),
        (
            lambda net, a: net.builder.join("multiply", a, net.conv(net.image)),
            "multiply of 1x4x8x8 and 1x4x8x8; supported are the sum",
        ),
        (
            lambda net, a: net.builder.tape.settle(net.builder.function(fn.clip(-1, 5), a)),
            r"here: a function that the store path does not have; it has linear, relu, relu6, hard_sigmoid, hard_sw",
        ),
        (
            lambda net, a: net.builder.affine(a, (8, 8)),
            "a constant of 8x8 changes from pixel to pixel; it may be one",
        ),
        (lambda net, a: net.builder.affine(a, (3, 1, 1)), "a constant of 3x1x1 changes from pixel to pixel"),
        (lambda net, a: net.builder.reduce(a, "average_pool", [1], keep=True), "a mean or maximum over other dimens"),
        (
            lambda net, a: net.builder.adaptive_pool(a, "average_pool", (3, 3)),
            "pooling 8x8 to 3x3 has windows of sev",
        ),
        (
            lambda net, a: net.builder.concatenate([a, a], 2),
            "a concatenation joins whole tensors along their channel",
        ),
        (
            lambda net, a: net.relu(net.builder.pad(a, (1, 1, 1, 1))),
            "padding is followed by neither a convolution nor pooling; pad there instead",
        ),
        (lambda net, a: net.builder.pad(a, (0, 0, -1, 0)), "padding by -1 cuts the map; it must not be negative"),
        (
            lambda net, a: net.builder.linear(a, (3, 8)),
            "a linear layer reads a mixture of channels and pixels|reads 8",
        ),
        (lambda net, a: net.builder.linear(a, (3, 5)), "a linear layer of 5 inputs reads 8"),
        (
            lambda net, a: net.builder.convolve(a, (4, 3, 1, 1), Sliding(size=(1, 1))),
            "a convolution of 1 groups of 3 channels reads 4 channels",
        ),
        (
            lambda net, a: net.conv(net.builder.permute(a, [0, 1, 3, 2])),
            "reads 1x4x8x8 as a map, but its dimensions are no longer batch, channels, rows and columns",
        ),
        (lambda net, a: net.builder.normalise(net.builder.permute(a, [0, 2, 3, 1])), "a batch norm over a dimension"),
    ],
)
def test_what_is_not_modelled_is_refused(write, message):
    net = Net()
    a = net.conv(net.image, "a")
    net.builder.tape.place = "here"
    with pytest.raises(UnsupportedLayerError, match=message):
        write(net, a)


def test_a_shuffled_map_is_not_added_to_one_in_order():
    net = Net()
    a = net.conv(net.image, "a")
    split = net.builder.reshape(net.conv(a, "b"), (1, 2, 2, 8, 8))
    shuffled = net.builder.reshape(net.builder.permute(split, [0, 2, 1, 3, 4]), (1, 4, 8, 8))
    with pytest.raises(
        UnsupportedLayerError, match="add of 1x4x8x8 and 1x4x8x8; supported are the sum of two equal map"
    ):
        net.add(a, shuffled)


def test_a_map_is_not_added_to_itself_turned():
    net = Net()
    a = net.conv(net.image, "a")
    with pytest.raises(
        UnsupportedLayerError, match="add of 1x4x8x8 and 1x4x8x8; supported are the sum of two equal map"
    ):
        net.add(a, net.builder.permute(a, [0, 1, 3, 2]))


@pytest.mark.parametrize(("bits", "message"), [(0, "bits=0; it must be from 1 to 32"), (33, "bits=33; it must be")])
def test_bits_have_bounds(bits, message):
    net = Net()
    with pytest.raises(WorkloadError, match=message):
        net.layers(net.conv(net.image, "a"), bits=bits)


def test_a_network_that_computes_nothing_is_refused():
    net = Net()
    with pytest.raises(WorkloadError, match="a network needs at least one layer"):
        net.layers(net.image)
