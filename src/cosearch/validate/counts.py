"""Counts of known networks against those of PyTorch and of QONNX.

Both count on their own: PyTorch in the module while it runs, QONNX in a file in which every tensor and every weight
is quantised to some width. What is compared is what comes out of the two importers.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from torch.utils.flop_counter import FlopCounterMode

from cosearch.errors import DataError, InputError
from cosearch.network.zoo import build, example_input
from cosearch.validate.comparison import Comparison, Point, Target
from cosearch.validate.csv_rows import CsvRow, read_rows
from cosearch.workload import Workload
from cosearch.workload.importers import from_module, read_workload

_COLUMNS = ("network", "pixels", "parameters", "bits")


class Pair(NamedTuple):
    """One number as somebody else counts it, and as the workload says."""

    reference: int
    model: int


def compare_counts(path: Path) -> Comparison:
    """Multiply-accumulates, weights, their bits, and bit operations of every network of a list.

    Raises:
        DataError: if the file is not of the form of `known_networks.csv`, or QONNX is not installed.
    """
    points: list[Point] = []
    rows = read_rows(path, _COLUMNS)
    for row in rows:
        pairs = _counts(row)
        points += [
            Point(name=name, group=row.text("network"), reference=pair.reference, model=pair.model)
            for name, pair in pairs.items()
        ]
    figures: dict[str, float] = {"num_networks": len(rows)}
    for name in dict.fromkeys(point.name for point in points):
        figures[f"wrong_{name}"] = sum(point.name == name and point.reference != point.model for point in points)
    return Comparison(
        name="counts",
        title="Counts of known networks against PyTorch's FLOP counter and QONNX's inference cost",
        figures=figures,
        targets={name: Target(op="==", bound=0) for name in figures if name.startswith("wrong")},
        notes=(
            "figures count networks whose number differs; every number is a whole one, none is rounded",
            "macs_torch: half of the operations that PyTorch counts while the module runs, against its import",
            "the others: what QONNX counts in a file with a quantiser behind every tensor and every weight, widths "
            "in turn from the list, against the import of the same file",
            "bit operations: multiply-accumulates times bits of the weights times bits of the input",
            "parameters: published for the network, against the module's",
        ),
        unit="count",
        points=tuple(points),
    )


def _counts(row: CsvRow) -> Mapping[str, Pair]:
    name, pixels = row.text("network"), row.integer("pixels", least=1)
    try:
        module = build(name)
    except InputError as error:
        raise DataError(error.message).at(row.place) from None
    image = example_input(name, size=pixels)
    imported = from_module(module, image, bits=8)
    with FlopCounterMode(display=False) as counter:
        module(image)
    parameters = sum(parameter.numel() for parameter in module.parameters())
    return {
        "parameters": Pair(row.integer("parameters"), parameters),
        "macs_torch": Pair(counter.get_total_flops() // 2, imported.num_macs),
        **_qonnx_counts(name, pixels, _widths(row)),
    }


def _widths(row: CsvRow) -> list[int]:
    texts = row.text("bits").split(";")
    if not all(text.isdecimal() and 2 <= int(text) <= 16 for text in texts):
        raise DataError(f"bits={row.text('bits')!r}; write widths from 2 to 16, such as 8;6;4").at(row.place)
    return [int(text) for text in texts]


def _qonnx_counts(name: str, pixels: int, bits: list[int]) -> Mapping[str, Pair]:
    try:
        from cosearch.validate.qonnx_cost import count, write_quantised
    except ModuleNotFoundError as error:
        raise DataError(f"{error.name} is missing; run pip install 'cosearch[onnx]'") from None
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.onnx"
        write_quantised(build(name, seed=0), example_input(name, seed=0, size=pixels), bits, path)
        ours, theirs = read_workload(path), count(path)
    return {
        "macs": Pair(theirs.macs, ours.num_macs),
        "weights": Pair(theirs.weights, sum(layer.num_weights for layer in ours.layers)),
        "weight_bits": Pair(theirs.weight_bits, weight_bits(ours)),
        "bit_operations": Pair(theirs.bit_operations, bit_operations(ours)),
    }


def weight_bits(workload: Workload) -> int:
    """Bits of all weights, without biases."""
    return sum(layer.num_weights * layer.weight_bits for layer in workload.layers)


def bit_operations(workload: Workload) -> int:
    """Multiply-accumulates, each times the bits of its weight and of its input."""
    return sum(layer.num_macs * layer.weight_bits * layer.input_bits for layer in workload.layers)
