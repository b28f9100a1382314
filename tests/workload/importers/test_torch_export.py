"""Modules of PyTorch as workloads, operator by operator."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cosearch.errors import UnsupportedLayerError, WorkloadError
from cosearch.workload.importers import from_module, from_program

# torch.export warns about its own use of what it deprecates.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.isinstance.treespec:FutureWarning"),
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning"),
]


class Apply(nn.Module):
    """A convolution named `conv` over 4 channels, a function of its output and of itself, and a layer named `out`."""

    def __init__(self, function, channels=4):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)
        self.out = nn.Conv2d(channels, 2, 1)
        self.function = function

    def forward(self, x):
        return self.out(self.function(self.conv(x)))


def _image(*shape):
    return torch.empty(*shape, device="meta")


def _layers(module, *shape):
    with torch.device("meta"):
        return from_module(module.to("meta"), _image(*(shape or (1, 4, 8, 8))), bits=8).layers


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (torch.relu, "relu"),
        (lambda x: F.relu(x, inplace=True), "relu"),
        (F.relu6, "relu6"),
        (lambda x: x.clamp(0, 6), "relu6"),
        (lambda x: x.clamp(min=0).clamp(max=6), "relu6"),
        (lambda x: F.hardtanh(x, 0, 6), "relu6"),
        (F.hardsigmoid, "hard_sigmoid"),
        (F.hardswish, "hard_swish"),
        (lambda x: x * F.relu6(x + 3) / 6, "hard_swish"),
        (torch.sigmoid, "sigmoid"),
        (F.silu, "swish"),
        (lambda x: torch.sigmoid(x) * x, "swish"),
        (F.gelu, "gelu"),
        (lambda x: F.gelu(x, approximate="tanh"), "gelu"),
        (lambda x: 0.5 * x * (1 + torch.erf(x / 2**0.5)), "gelu"),
        (lambda x: 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3))), "gelu"),
        (torch.tanh, "tanh"),
        (lambda x: x / (1 + torch.exp(-x)), "swish"),
        (lambda x: 1 - (1 - x), "linear"),
        (lambda x: F.dropout(x, 0.5, training=False).contiguous().detach(), "linear"),
        (lambda x: x.permute(0, 2, 3, 1).permute(0, 3, 1, 2), "linear"),
        (lambda x: x.flatten(2).unflatten(2, (8, 8)), "linear"),
        (lambda x: x.unsqueeze(1).squeeze(1).float(), "linear"),
        (lambda x: torch.ops.aten.slice(x, 2, 0, 2**63 - 1), "linear"),
    ],
)
def test_functions_and_views_become_the_activation_of_the_layer(function, name):
    conv, out = _layers(Apply(function))
    assert (conv.name, conv.activation, out.name) == ("conv", name, "out")


@pytest.mark.parametrize(
    ("module", "shape", "expected"),
    [
        (nn.Conv2d(4, 6, (1, 7), padding=(0, 3)), (1, 4, 8, 9), {"FY": 1, "FX": 7, "padding_x": 3, "OY": 8, "OX": 9}),
        (nn.Conv2d(4, 6, 3, stride=(2, 1)), (1, 4, 9, 8), {"stride_y": 2, "stride_x": 1, "OY": 4, "OX": 6}),
        (nn.Conv2d(4, 6, 3, dilation=2, padding=2), (1, 4, 8, 8), {"dilation_y": 2, "padding_y": 2, "OY": 8}),
        (nn.Conv2d(4, 6, 4, padding="same"), (1, 4, 8, 8), {"padding_y": 1, "padding_x": 1, "OY": 8}),
        (nn.Conv2d(4, 6, 3, padding="valid"), (1, 4, 8, 8), {"padding_y": 0, "OY": 6}),
        (nn.Conv2d(4, 6, 1, groups=2), (1, 4, 8, 8), {"G": 2, "K": 3, "C": 2}),
        (nn.Conv2d(4, 4, 3, padding=1, groups=4), (1, 4, 8, 8), {"G": 4, "K": 1, "C": 1}),
        (nn.Conv2d(4, 8, 3, padding=1, groups=4), (1, 4, 8, 8), {"G": 4, "K": 2, "C": 1}),
        (nn.Conv1d(4, 6, 3, stride=2, padding=1), (1, 4, 9), {"FY": 1, "FX": 3, "IY": 1, "IX": 9, "OX": 5}),
        (nn.Linear(4, 6), (1, 4), {"K": 6, "C": 4, "OY": 1, "OX": 1}),
        (nn.Sequential(nn.ZeroPad2d((1, 2, 0, 1)), nn.Conv2d(4, 6, 3)), (1, 4, 8, 8), {"padding_x": 1, "OX": 9}),
        (nn.Conv2d(4, 6, 3, padding=1), (16, 4, 8, 8), {"N": 1, "OY": 8}),  # a workload is one image of a batch
    ],
)
def test_sizes_of_layers_with_weights(module, shape, expected):
    (layer,) = _layers(module, *shape)
    assert {name: getattr(layer, name) for name in expected} == expected
    assert layer.num_weights == sum(p.numel() for p in module.parameters() if p.ndim > 1)


@pytest.mark.parametrize(
    ("function", "channels", "ops"),
    [
        (nn.MaxPool2d(2), 4, ["convolution", "convolution"]),
        (nn.AvgPool2d(4, 4), 4, ["convolution", "convolution"]),
        (nn.AdaptiveAvgPool2d(2), 4, ["convolution", "convolution"]),
        (nn.AdaptiveMaxPool2d(1), 4, ["convolution", "convolution"]),
        (lambda x: x.mean((2, 3), keepdim=True), 4, ["convolution", "convolution"]),
        (lambda x: x.amax((-1, -2), keepdim=True), 4, ["convolution", "convolution"]),
        (nn.AdaptiveAvgPool2d(8), 4, ["convolution", "convolution"]),
        (nn.MaxPool2d(3, 2, 1), 4, ["convolution", "max_pool", "convolution"]),
        (nn.AvgPool2d(3, 1, 1), 4, ["convolution", "average_pool", "convolution"]),
        (lambda x: x.mean((2, 3), keepdim=True) * x, 4, ["convolution", "average_pool", "multiply", "convolution"]),
        (lambda x: x.mean((2, 3))[:, :, None, None].expand(-1, 4, 8, 8) * x, 4, None),
        (lambda x: torch.cat((x, F.relu(x)), 1), 8, ["convolution", "copy", "convolution"]),
        (lambda x: x + torch.ones(4, 1, 1, device="meta"), 4, ["convolution", "convolution"]),
        (nn.ChannelShuffle(2), 4, ["convolution", "convolution"]),
    ],
)
def test_pooling_products_and_concatenations(function, channels, ops):
    layers = _layers(Apply(function, channels))
    assert [layer.op for layer in layers] == (ops or ["convolution", "average_pool", "multiply", "convolution"])


def test_a_shuffle_is_gathered_in_runs():
    shuffle = nn.Sequential(nn.Conv2d(4, 8, 1, groups=2), nn.ChannelShuffle(2), nn.Conv2d(8, 8, 1, groups=2))
    assert [layer.input_runs for layer in _layers(shuffle)] == [1, 2]


def test_a_multi_layer_perceptron_and_tokens():
    module = nn.Sequential(nn.Flatten(), nn.Linear(4 * 64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
    first, second = _layers(module)
    assert (first.name, first.FY, first.activation, second.name, second.C) == ("1", 8, "relu", "4", 16)


def test_the_mode_of_a_module_is_left_as_it_is():
    module = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4).eval(), nn.Dropout())
    assert len(_layers(module)) == 1
    assert [part.training for part in module.modules()] == [True, True, False, True]


def test_fake_quantisers_state_widths():
    def quantise(x, low, high):
        return torch.fake_quantize_per_tensor_affine(x, 0.1, 0, low, high)

    class Quantised(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 1, bias=False)
            self.out = nn.Conv2d(4, 4, 1, bias=False)

        def forward(self, x):
            scales, zeros = torch.ones(4), torch.zeros(4, dtype=torch.int32)
            weight = torch.fake_quantize_per_channel_affine(self.conv.weight, scales, zeros, 0, -4, 3)
            x = F.conv2d(quantise(x, 0, 255), weight)
            return F.conv2d(quantise(F.relu(x), 0, 15), quantise(self.out.weight, -127, 127))

    conv, out = from_module(Quantised(), torch.empty(1, 4, 2, 2)).layers
    assert (conv.name, conv.weight_bits, conv.input_bits, conv.output_bits) == ("conv", 3, 8, 4)
    assert (out.name, out.weight_bits, out.input_bits, out.output_bits) == ("out", 8, 4, 32)


def test_a_decomposed_program_gives_the_same_workload():
    module = Apply(lambda x: nn.MaxPool2d(3, 2, 1)(F.hardswish(x)) * x.mean((2, 3), keepdim=True)).eval()
    program = torch.export.export(module, (torch.empty(1, 4, 8, 8),))
    workload = from_program(program, bits=8)
    assert from_program(program.run_decompositions(), bits=8) == workload
    assert [layer.op for layer in workload.layers] == [
        "convolution",
        "copy",
        "max_pool",
        "average_pool",
        "multiply",
        "convolution",
    ]


def _dynamic():
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

        def forward(self, x):
            return self.fc(F.adaptive_avg_pool2d(self.conv(x), 1).view(x.size(0), -1))

    dims = {0: torch.export.Dim("batch"), 2: torch.export.Dim("height", min=4, max=64)}
    return torch.export.export(Head().eval(), (torch.empty(2, 3, 8, 8),), dynamic_shapes={"x": dims})


def test_open_dimensions_are_settled_by_the_caller():
    program = _dynamic()
    conv, fc = from_program(program, bits=8, input_shape=(1, 3, 20, 8)).layers
    assert (conv.OY, conv.OX, conv.pool_y, fc.C) == (18, 6, 18, 4)
    for shape, message in [
        (None, r"input 'x': dimension 0 \(s\d+\) has no fixed length; give input_shape=\(\.\.\., 3, \.\.\., 8\)"),
        ((1, 3, 20), "input 'x': input_shape has 3 dimensions; the file has 4"),
        ((1, 4, 20, 8), "input 'x': input_shape has 4 at dimension 1; the file fixes 3"),
        ((1, 3, 0, 8), "input 'x': input_shape has 0 at dimension 2; it must be at least 1"),
        ((1, 3, 65, 8), "input 'x': dimension 2 of 65; the program was exported for 4 to 64"),
    ]:
        with pytest.raises(WorkloadError, match=message):
            from_program(program, bits=8, input_shape=shape)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda x: F.layer_norm(x, (8,)),
            r"node 2 of 4 'layer_norm' \(aten.layer_norm\): operator aten.layer_norm is not supported; exp",
        ),
        (
            lambda x: torch.softmax(x, 1),
            r"node 2 of 4 'softmax' \(aten.softmax\): operator aten.softmax is not suppo",
        ),
        (lambda x: F.interpolate(x, scale_factor=2.0), r"operator aten.upsample_nearest2d is not supported"),
        (lambda x: F.leaky_relu(x), r"operator aten.leaky_relu is not supported"),
        (
            lambda x: x.clamp(-1, 1),
            r"node 2 of 4 'clamp' \(aten.clamp\): a function that the store path does not have",
        ),
        (
            lambda x: F.avg_pool2d(x, 9, padding=0, ceil_mode=True) if x.shape[2] > 9 else x[:, :, ::2],
            r"'slice_\d' \(aten.slice\): a part of a dimension is not modelled; supported is the whole",
        ),
        (lambda x: x @ x, r"node 2 of 4 'matmul' \(aten.matmul\): argument 'other' depends on the network's input"),
        (lambda x: x + torch.ones(8, 8, device="meta"), "a constant of 8x8 changes from pixel to pixel"),
        (lambda x: 1 / (x + torch.ones(4, 1, 1, device="meta")), "a function that the store path does not have"),
        (lambda x: torch.ones(4, 1, 1, device="meta") / x, "a constant divided by a map; supported is a map divided"),
        (lambda x: torch.add(x, F.relu(x), alpha=2), "alpha=2; supported is 1, scale the second operand before"),
        (lambda x: torch.div(x, 2, rounding_mode="floor"), "a division that rounds is not modelled"),
        (lambda x: F.pad(x, (1, 1, 1, 1), value=1.0), "padding by anything else than zeros is not modelled"),
        (
            lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"),
            r"operator aten.reflection_pad2d|anything else than zeros",
        ),
        (
            lambda x: F.pad(x, (0, 0, 0, 0, 1, 1))[:, :4],
            "padding of other dimensions than rows and columns is not mo",
        ),
        (
            lambda x: x.mean((2, 3), keepdim=True).expand(1, 4, 8, 8),
            "numbers of a channel repeated over 8x8 pixels are read",
        ),
        (lambda x: F.conv_transpose2d(x, torch.ones(4, 4, 1, 1, device="meta")), "conv_transpose2d is not supported"),
    ],
)
def test_what_is_not_modelled_is_refused_by_name_and_place(function, message):
    with pytest.raises(UnsupportedLayerError, match=message):
        _layers(Apply(function))


def test_the_place_names_the_module():
    with pytest.raises(UnsupportedLayerError, match=r"node 2 of 3 'layer_norm' \(aten.layer_norm\) in 1: operator"):
        _layers(nn.Sequential(nn.Conv2d(4, 4, 1), nn.LayerNorm(8)))


def test_two_inputs_are_refused():
    class Two(nn.Module):
        def forward(self, x, y):
            return x + y

    program = torch.export.export(Two(), (torch.empty(1, 2), torch.empty(1, 2)))
    with pytest.raises(UnsupportedLayerError, match=r"a network of 2 inputs \(x, y\); supported is one"):
        from_program(program, bits=8)


def test_a_module_that_does_not_take_the_example_is_refused():
    with pytest.raises(WorkloadError, match=r"torch.export refuses Conv2d: Given groups=1, weight of size"):
        from_module(nn.Conv2d(3, 4, 1), torch.empty(1, 2, 4, 4), bits=8)


def test_a_tuple_of_outputs():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 1)

        def forward(self, x):
            y = self.conv(x)
            return y, F.relu(y)

    layers = _layers(Two())
    assert [(layer.op, layer.output_bits) for layer in layers] == [("convolution", 8), ("copy", 32)]
