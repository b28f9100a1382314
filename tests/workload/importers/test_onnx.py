"""ONNX files as workloads, node by node."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from cosearch.errors import UnsupportedLayerError, WorkloadError
from cosearch.workload.importers import from_onnx

QONNX = "qonnx.custom_op.general"


class File:
    """Writes a file with one input `x` of 4 channels, a convolution `conv` to `c`, given nodes, and output `y`."""

    def __init__(self, path: Path, shape=(1, 4, 8, 8)):
        self.path, self.shape = path, shape
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray | TensorProto] = {}

    def add(self, op, inputs, output, *, domain="", **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=f"{op}_{output}", domain=domain, **attributes))
        return self

    def constant(self, name, value, dtype=np.float32):
        self.constants[name] = value if isinstance(value, TensorProto) else np.asarray(value, dtype)
        return self

    def conv(self, source="x", output="c", name="conv.weight", shape=(4, 4, 1, 1), **attributes):
        self.constant(name, np.zeros(shape))
        return self.add("Conv", [source, name], output, **attributes)

    def read(self, *, bits: int | None = 8, opset=21, outputs=("y",), input_shape=None):
        tensors = [
            value if isinstance(value, TensorProto) else numpy_helper.from_array(value, name)
            for name, value in self.constants.items()
        ]
        graph = helper.make_graph(
            self.nodes,
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            tensors,
        )
        imports = [helper.make_opsetid("", opset), helper.make_opsetid(QONNX, 1)]
        onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=10), self.path)
        return from_onnx(self.path, bits=bits, input_shape=input_shape)


@pytest.fixture
def file(tmp_path):
    return File(tmp_path / "net.onnx")


@pytest.mark.parametrize(
    ("op", "attributes", "constants", "opset", "name"),
    [
        ("Relu", {}, (), 21, "relu"),
        ("Clip", {"min": 0.0, "max": 6.0}, (), 9, "relu6"),
        ("Clip", {}, (0.0, 6.0), 21, "relu6"),
        ("HardSigmoid", {"alpha": 1 / 6}, (), 21, "hard_sigmoid"),
        ("HardSigmoid", {}, (), 21, "hard_sigmoid"),
        ("HardSwish", {}, (), 21, "hard_swish"),
        ("Sigmoid", {}, (), 21, "sigmoid"),
        ("Tanh", {}, (), 21, "tanh"),
        ("Gelu", {}, (), 21, "gelu"),
        ("Gelu", {"approximate": "tanh"}, (), 21, "gelu"),
        ("Max", {}, (0.0,), 21, "relu"),
        ("Identity", {}, (), 21, "linear"),
        ("Dropout", {}, (), 21, "linear"),
        ("Cast", {"to": TensorProto.FLOAT16}, (), 21, "linear"),
        ("Transpose", {"perm": [0, 1, 2, 3]}, (), 21, "linear"),
        ("Mul", {}, (2.0,), 21, "linear"),
        ("Add", {}, (np.zeros((4, 1, 1)),), 21, "linear"),
        ("Pow", {}, (1.0,), 21, "linear"),
    ],
)
def test_functions_become_the_activation_of_the_layer(file, op, attributes, constants, opset, name):
    names = [file.constant(f"k{index}", value) and f"k{index}" for index, value in enumerate(constants)]
    file.conv().add(op, ["c", *names], "f", **attributes).conv("f", "y", "out.weight")
    conv, out = file.read(opset=opset).layers
    assert (conv.name, conv.activation, out.source) == ("conv", name, "conv")


def test_a_swish_of_two_nodes_and_a_gelu_of_five(file):
    file.constant("root", 2**0.5).constant("one", 1.0).constant("half", 0.5)
    file.conv().add("Sigmoid", ["c"], "s").add("Mul", ["c", "s"], "swish").conv("swish", "d", "next.weight")
    file.add("Div", ["d", "root"], "e").add("Erf", ["e"], "f").add("Add", ["one", "f"], "g")
    file.add("Mul", ["d", "g"], "h").add("Mul", ["h", "half"], "y")
    assert [layer.activation for layer in file.read().layers] == ["swish", "gelu"]


@pytest.mark.parametrize(
    ("attributes", "kernel", "expected"),
    [
        ({"pads": [1, 1, 1, 1], "strides": [2, 2]}, (3, 3), {"OY": 4, "padding_y": 1, "stride_y": 2}),
        ({"pads": [0, 1, 2, 2]}, (3, 3), {"OY": 8, "OX": 9, "padding_y": 0, "padding_x": 1}),
        ({"auto_pad": "SAME_UPPER", "strides": [2, 2]}, (3, 3), {"OY": 4, "padding_y": 0}),
        ({"auto_pad": "SAME_LOWER", "strides": [2, 2]}, (3, 3), {"OY": 4, "padding_y": 1}),
        ({"auto_pad": "VALID"}, (3, 1), {"OY": 6, "OX": 8, "FY": 3, "FX": 1}),
        ({"dilations": [2, 1]}, (3, 3), {"OY": 4, "OX": 6, "dilation_y": 2, "dilation_x": 1}),
    ],
)
def test_windows_of_convolutions(file, attributes, kernel, expected):
    (layer,) = file.conv(output="y", shape=(4, 4, *kernel), **attributes).read().layers
    assert {name: getattr(layer, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("op", "attributes", "axes", "opset", "expected"),
    [
        ("MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2]}, None, 21, (1, "max", 2)),
        ("AveragePool", {"kernel_shape": [4, 4], "strides": [4, 4]}, None, 21, (1, "average", 4)),
        ("MaxPool", {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}, None, 21, (2, "max", 4)),
        ("GlobalAveragePool", {}, None, 21, (1, "average", 8)),
        ("GlobalMaxPool", {}, None, 21, (1, "max", 8)),
        ("ReduceMean", {}, [2, 3], 21, (1, "average", 8)),
        ("ReduceMean", {"axes": [2, 3]}, None, 13, (1, "average", 8)),
        ("ReduceMax", {}, [-1, -2], 21, (1, "max", 8)),
    ],
)
def test_pooling(file, op, attributes, axes, opset, expected):
    if axes:
        file.constant("axes", axes, np.int64)
    file.conv().add(op, ["c", *(["axes"] if axes else [])], "y", **attributes)
    layers = file.read(opset=opset).layers
    last = layers[-1]
    assert (len(layers), last.pool if len(layers) == 1 else "max") == expected[:2]
    assert (last.pool_y if len(layers) == 1 else last.OY) == expected[2]


@pytest.mark.parametrize("transposed", [0, 1])
def test_a_classifier_behind_computed_shapes(file, transposed):
    file.constant("zero", 0, np.int64).constant("zeros", [0], np.int64).constant("rest", [-1], np.int64)
    file.add("Shape", ["x"], "shape").add("Gather", ["shape", "zero"], "batch").add(
        "Unsqueeze", ["batch", "zeros"], "b"
    )
    file.add("Concat", ["b", "rest"], "target", axis=0).conv().add("Reshape", ["c", "target"], "flat")
    file.constant("fc.weight", np.zeros((10, 256) if transposed else (256, 10))).constant("bias", np.zeros(10))
    file.add("Gemm", ["flat", "fc.weight", "bias"], "y", transB=transposed)
    _, fc = file.read().layers
    assert (fc.name, fc.K, fc.C, fc.FY, fc.FX, fc.num_macs) == ("fc", 10, 4, 8, 8, 2560)


def test_nodes_on_constants_mean_what_they_mean_in_the_files_version(file):
    file.add("Shape", ["x"], "shape").constant("first", 1, np.int64).add("Gather", ["shape", "first"], "channels")
    file.add("Unsqueeze", ["channels"], "c1", axes=[0]).constant(
        "rest", [1, -1], np.int64
    )  # axes as before version 13
    file.add("Concat", ["rest", "c1"], "target", axis=0).conv().add("Reshape", ["c", "target"], "y")
    assert len(file.read(opset=11).layers) == 1


def test_a_sum_is_a_chain_of_residuals(file):
    file.conv().conv("c", "d", "next.weight").add("Sum", ["d", "c", "x"], "y")
    _, second, copy = file.read().layers
    assert (second.residual, copy.op, {copy.source, copy.residual}) == ("conv", "copy", {"next", "image"})


def test_a_matrix_product_with_transposed_weights_keeps_their_name(file):
    file.constant("fc.weight", np.zeros((10, 4))).add("Transpose", ["fc.weight"], "turned", perm=[1, 0])
    file.conv().add("GlobalAveragePool", ["c"], "p").add("Flatten", ["p"], "f").add("MatMul", ["f", "turned"], "y")
    assert file.read().layers[1].name == "fc"


def test_a_layer_whose_weights_have_no_telling_name_is_called_after_its_node(file):
    file.conv(name="onnx::Conv_12").nodes[0].name = "/stem/conv/Conv"
    file.conv("c", "y", name="13").nodes[1].name = ""
    assert [layer.name for layer in file.read().layers] == ["stem/conv", "convolution1"]


def test_squeeze_unsqueeze_pad_and_expand(file):
    file.constant("axes", [2, 3], np.int64).constant("pads", [0, 0, 1, 1, 0, 0, 1, 1], np.int64)
    file.constant("wide", [1, 4, 8, 8], np.int64)
    file.conv().add("GlobalAveragePool", ["c"], "p").add("Squeeze", ["p", "axes"], "s")
    file.add("Unsqueeze", ["s", "axes"], "u").add("Expand", ["u", "wide"], "w").add("Mul", ["w", "c"], "m")
    file.add("Pad", ["m", "pads"], "padded").conv("padded", "y", "out.weight", (4, 4, 3, 3))
    layers = file.read().layers
    assert [layer.op for layer in layers] == ["convolution", "average_pool", "multiply", "convolution"]
    assert (layers[3].padding_y, layers[3].OY) == (1, 8)


def _qdq(file, source, output, code, *, clip=None):
    """A quantiser of two nodes, with a clip between them for widths that have no type."""
    file.constant("scale", 0.1)
    file.constant(f"zero{code}", helper.make_tensor(f"zero{code}", code, [], [0]))
    file.add("QuantizeLinear", [source, "scale", f"zero{code}"], f"{output}_q")
    codes = f"{output}_q"
    if clip:
        for name, value in zip(("low", "high"), clip, strict=True):
            file.constant(f"{output}_{name}", value, np.int8)
        file.add("Clip", [codes, f"{output}_low", f"{output}_high"], f"{output}_c")
        codes = f"{output}_c"
    file.add("DequantizeLinear", [codes, "scale", f"zero{code}"], output)


def test_qdq_states_the_widths_of_every_layer(file):
    _qdq(file, "x", "x_dq", TensorProto.UINT8)
    file.constant("conv.weight", np.zeros((4, 4, 1, 1)))
    _qdq(file, "conv.weight", "w_dq", TensorProto.INT8, clip=(-32, 31))
    file.add("Conv", ["x_dq", "w_dq"], "c").add("Relu", ["c"], "r")
    _qdq(file, "r", "r_dq", TensorProto.UINT4)
    file.constant("codes.weight", np.zeros((4, 4, 1, 1)), np.int8)
    file.add("DequantizeLinear", ["codes.weight", "scale"], "v_dq").add("Conv", ["r_dq", "v_dq"], "d")
    _qdq(file, "d", "d_dq", TensorProto.INT8, clip=(-31, 31))
    file.constant("last.weight", helper.make_tensor("last.weight", TensorProto.INT4, [4, 4, 1, 1], [0] * 16))
    file.add("DequantizeLinear", ["last.weight", "scale"], "u_dq").add("Conv", ["d_dq", "u_dq"], "y")
    layers = file.read(bits=None).layers
    assert [layer.name for layer in layers] == ["conv", "codes", "last"]
    assert [layer.weight_bits for layer in layers] == [6, 8, 4]
    assert [layer.input_bits for layer in layers] == [8, 4, 6]
    assert [layer.output_bits for layer in layers] == [4, 6, 32]
    assert layers[0].activation == "relu"


@pytest.mark.parametrize(
    ("attributes", "bits"),
    [({}, 8), ({"output_dtype": TensorProto.INT16}, 16), ({"output_dtype": TensorProto.INT4}, 4)],
)
def test_a_quantiser_without_zero_point_has_the_stated_type_or_eight_bits(file, attributes, bits):
    file.constant("scale", 0.1).add("QuantizeLinear", ["x", "scale"], "q", **attributes)
    file.add("DequantizeLinear", ["q", "scale"], "d").conv("d", "y")
    assert file.read(bits=2).layers[0].input_bits == bits


def test_residuals_pass_their_quantisers(file):
    _qdq(file, "x", "x_dq", TensorProto.INT8)
    file.conv("x_dq").add("Relu", ["c"], "r")
    _qdq(file, "r", "r_dq", TensorProto.INT8)
    file.conv("r_dq", "d", "next.weight")
    _qdq(file, "d", "d_dq", TensorProto.INT8)
    file.add("Add", ["d_dq", "r_dq"], "sum").add("Relu", ["sum"], "relu")
    _qdq(file, "relu", "y", TensorProto.INT4)
    first, second = file.read(bits=8).layers
    assert (second.residual, second.residual_bits, second.activation) == ("conv", 8, "relu")
    assert (first.output_bits, second.output_bits) == (8, 4)


def test_qonnx_states_the_widths_of_every_layer(file):
    file.constant("s", 0.1).constant("z", 0.0)
    for bits in (2, 3, 5, 7):
        file.constant(f"b{bits}", bits)
    file.add("Quant", ["x", "s", "z", "b7"], "xq", domain=QONNX, signed=1, narrow=0, rounding_mode="ROUND")
    file.constant("conv.weight", np.zeros((4, 4, 1, 1)))
    file.add("IntQuant", ["conv.weight", "s", "z", "b3"], "wq", domain=QONNX, signed=1, narrow=1)
    file.add("Conv", ["xq", "wq"], "c").add("GlobalAveragePool", ["c"], "p")
    file.add("Trunc", ["p", "s", "z", "b7", "b5"], "pt", domain=QONNX).constant("out.weight", np.zeros((4, 4, 1, 1)))
    file.add("BipolarQuant", ["out.weight", "s"], "vq", domain=QONNX).add("Conv", ["pt", "vq"], "d")
    file.add("Quant", ["d", "s", "z", "b2"], "y", domain=QONNX)
    conv, out = file.read(bits=None).layers
    assert (conv.weight_bits, conv.input_bits, conv.output_bits) == (3, 7, 5)
    assert (out.weight_bits, out.input_bits, out.output_bits) == (1, 5, 2)


def test_bits_fill_in_what_a_file_does_not_quantise(file):
    file.constant("s", 0.1).constant("z", 0.0).constant("b", 4)
    file.conv().add("Quant", ["c", "s", "z", "b"], "cq", domain=QONNX).conv("cq", "y", "out.weight")
    conv, out = file.read(bits=6).layers
    assert (conv.weight_bits, conv.input_bits, conv.output_bits, out.weight_bits) == (6, 6, 4, 6)
    with pytest.raises(
        WorkloadError, match=r"net.onnx: node 1 of 3 'Conv_c' \(Conv\): reads the network's input at a wid"
    ):
        file.read(bits=None)


def test_open_dimensions_are_settled_by_the_caller(tmp_path):
    file = File(tmp_path / "net.onnx", ("batch", 4, "height", None)).conv(output="y")
    assert file.read(input_shape=(1, 4, 6, 5)).layers[0].OX == 5
    message = r"net.onnx: input 'x': dimension 0 \(batch\) has no fixed length; give input_shape=\(\.\.\., 4, "
    with pytest.raises(WorkloadError, match=message):
        file.read()
    with pytest.raises(
        WorkloadError, match=r"net.onnx: input 'x': input_shape has 3 at dimension 1; the file fixes 4"
    ):
        file.read(input_shape=(1, 3, 6, 5))


@pytest.mark.parametrize(
    ("op", "constants", "attributes", "message"),
    [
        (
            "LRN",
            (),
            {"size": 3},
            r"net.onnx: node 2 of 2 'LRN_y' \(LRN\): operator LRN is not supported; export the network with",
        ),
        ("Softmax", (), {}, r"node 2 of 2 'Softmax_y' \(Softmax\): operator Softmax is not supported"),
        ("QLinearConv", (), {}, "operator QLinearConv is not supported"),
        ("Clip", (-1.0, 1.0), {}, r"'Clip_y' \(Clip\): a function that the store path does not have; it has linear,"),
        ("MatMul", (np.zeros((2, 8, 8)),), {}, "weights of 3 dimensions; a linear layer has two"),
        ("Gemm", (np.zeros((8, 8)),), {"transA": 1}, "a transposed first operand; supported is transA=0"),
        (
            "BatchNormalization",
            (0, 0, 0, 0),
            {"training_mode": 1},
            "a batch norm in training mode; export the network",
        ),
        ("Cast", (), {"to": TensorProto.INT32}, "a cast to a type that is not floating point"),
        (
            "Pad",
            ([0, 0, 1, 1, 0, 0, 1, 1],),
            {"mode": "reflect"},
            "padding by anything else than zeros is not modelled",
        ),
        ("Max", (0.0, 1.0), {}, "supported is that of a map and one number"),
        ("MaxPool", (), {"kernel_shape": [2, 2, 2]}, "a window of 3 dimensions; supported are one and two"),
        (
            "QuantizeLinear",
            (0.1,),
            {"output_dtype": TensorProto.FLOAT8E5M2},
            "quantises to a type that is no integer",
        ),
        (
            "Concat",
            (np.zeros((1, 4, 8, 8)),),
            {"axis": 1},
            "input 1 is a constant; supported is one that depends on the",
        ),
    ],
)
def test_what_is_not_modelled_is_refused_by_name_and_place(file, op, constants, attributes, message):
    for index, value in enumerate(constants):
        file.constant(f"k{index}", value, np.int64 if op == "Pad" else np.float32)
    file.conv().add(op, ["c", *(f"k{index}" for index in range(len(constants)))], "y", **attributes)
    with pytest.raises(UnsupportedLayerError, match=message):
        file.read()


def test_operators_of_other_domains_are_refused(file):
    with pytest.raises(UnsupportedLayerError, match=r"operator com.acme.Relu is not supported"):
        file.conv().add("Relu", ["c"], "y", domain="com.acme").read()


def test_second_outputs_are_refused(file):
    file.conv()
    file.nodes.append(helper.make_node("MaxPool", ["c"], ["p", "indices"], kernel_shape=[2, 2], strides=[2, 2]))
    with pytest.raises(UnsupportedLayerError, match="reads 'indices', which is no first output of a node"):
        file.add("Relu", ["indices"], "y").read()


def test_whole_numbers_between_quantisers_may_only_be_clipped(file):
    file.constant("s", 0.1).conv().add("QuantizeLinear", ["c", "s"], "q").add("Relu", ["q"], "r")
    with pytest.raises(
        UnsupportedLayerError, match="reads whole numbers between QuantizeLinear and DequantizeLinear; sup"
    ):
        file.add("DequantizeLinear", ["r", "s"], "y").read()


def test_shapes_that_depend_on_the_image_are_refused(file):
    file.conv().add("Reshape", ["c", "x"], "y")
    with pytest.raises(
        UnsupportedLayerError, match="input 1 is no constant; supported are constant weights, shapes and"
    ):
        file.read()


def test_a_file_of_1746_nodes_and_computed_shapes():
    """DenseNet-121 as Caffe2 exported it, among the models that the onnx package tests backends with."""
    path = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / "light_densenet121.onnx"
    workload = from_onnx(path, bits=8)
    assert (workload.num_macs, len(workload.concatenations)) == (2_834_161_664, 58)
    assert {layer.op for layer in workload.layers} == {"convolution", "max_pool", "copy"}


def test_local_functions_are_opened(file):
    function = helper.make_function(
        "local", "Twice", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], [helper.make_opsetid("", 21)]
    )
    file.conv().add("Twice", ["c"], "y", domain="local")
    graph = helper.make_graph(
        file.nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, file.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in file.constants.items()],
    )
    imports = [helper.make_opsetid("", 21), helper.make_opsetid("local", 1)]
    onnx.save(helper.make_model(graph, opset_imports=imports, functions=[function], ir_version=10), file.path)
    assert from_onnx(file.path, bits=8).layers[0].activation == "relu"


def test_files_that_are_none_are_refused(tmp_path):
    path = tmp_path / "net.onnx"
    with pytest.raises(WorkloadError, match=r"cannot read .*net.onnx: No such file or directory; check the path"):
        from_onnx(path, bits=8)
    path.write_text("no network")
    with pytest.raises(WorkloadError, match=r"net.onnx: is no ONNX file; export it anew"):
        from_onnx(path, bits=8)


def test_weights_in_another_file_are_not_needed(file, tmp_path):
    file.conv(output="y", shape=(4, 4, 64, 64), pads=[32, 32, 32, 32]).read()
    model = onnx.load(file.path)
    onnx.save(model, file.path, save_as_external_data=True, location="weights.bin", size_threshold=1024)
    (tmp_path / "weights.bin").unlink()
    assert from_onnx(file.path, bits=8).layers[0].num_weights == 4 * 4 * 64 * 64


def test_shapes_in_another_file_are_read_from_it(file, tmp_path):
    file.constant("target", [1, 2, -1, 8], np.int64).conv().add("Reshape", ["c", "target"], "y").read()
    model = onnx.load(file.path)
    onnx.save(model, file.path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert len(from_onnx(file.path, bits=8).layers) == 1
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(UnsupportedLayerError, match="a shape that depends on numbers the file does not hold"):
        from_onnx(file.path, bits=8)
