"""The compute term of the closed form against the cycles of Shen et al.'s single- and multi-CLP AlexNets.

Source: Shen, Ferdman, Milder, "Maximizing CNN Accelerator Efficiency Through Resource Partitioning", ISCA 2017. A CLP
is a K x C array; several of them run different layers of different images, as chunks do.
"""

import re
from pathlib import Path

from cosearch.cost import ChunkRates, TileSizes, layer_timing, shape_of
from cosearch.errors import DataError
from cosearch.hardware import WEIGHTS_OUTER, DramPort
from cosearch.validate.comparison import Comparison, Point, Target
from cosearch.validate.csv_rows import CsvRow, read_rows
from cosearch.workload import IMAGE, Layer

# Output channels, input channels, output rows, rows of the kernel and stride of one of the two halves of each layer.
# Source: Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012.
_ALEXNET = {
    "conv1": (48, 3, 55, 11, 4),
    "conv2": (128, 48, 27, 5, 1),
    "conv3": (192, 256, 13, 3, 1),
    "conv4": (192, 192, 13, 3, 1),
    "conv5": (128, 192, 13, 3, 1),
}

_BITS = 32
"""Of the designs' floating-point words; the compute term does not depend on it."""

_COLUMNS = ("device", "design", "CLP", "Tn", "Tm", "layers", "formula_cycles", "printed_kcycles")


def compare_multi_clp(path: Path) -> Comparison:
    """Cycles of every CLP and of every design's epoch, its slowest CLP, by the K x C array without overheads.

    Raises:
        DataError: if the file is not of the form of `shen17_multiclp_alexnet.csv`, or names a layer AlexNet lacks.
    """
    points: list[Point] = []
    epochs: dict[str, tuple[int, int]] = {}
    wrong_cycles = wrong_printed = 0
    for row in read_rows(path, _COLUMNS):
        ours, theirs = _clp_cycles(row), row.integer("formula_cycles", least=1)
        design = f"{row.text('device')} {row.text('design')}"
        wrong_cycles += ours != theirs
        wrong_printed += round(ours / 1000) != row.integer("printed_kcycles")
        points.append(Point(name=f"CLP {row.text('CLP')}", group=design, reference=theirs, model=ours))
        slowest = epochs.get(design, (0, 0))
        epochs[design] = max(slowest[0], ours), max(slowest[1], theirs)
    points += [
        Point(name="epoch", group=design, reference=theirs, model=ours) for design, (ours, theirs) in epochs.items()
    ]
    figures: dict[str, float] = {
        "num_clps": len(points) - len(epochs),
        "num_epochs": len(epochs),
        "wrong_cycles": wrong_cycles,
        "wrong_printed": wrong_printed,
        "wrong_epochs": sum(ours != theirs for ours, theirs in epochs.values()),
    }
    return Comparison(
        name="multi_clp",
        title="The closed form's compute term against the cycles of Shen et al.'s AlexNet CLPs",
        figures=figures,
        targets={name: Target(op="==", bound=0) for name in figures if name.startswith("wrong")},
        notes=(
            "the printed cycles are a model's and RTL simulation's, bound by compute: no board, no memory",
            "figures count rows that differ; a printed thousand is compared after rounding",
        ),
        unit="cycles",
        points=tuple(points),
    )


def _clp_cycles(row: CsvRow) -> int:
    """Array cycles of all layer halves that a CLP runs."""
    total = 0
    for part in row.text("layers").split(";"):
        form = re.fullmatch(r"(\w+?)x(\d+)", part.strip())
        if form is None or form[1] not in _ALEXNET:
            raise DataError(
                f"layers: {part!r} is not a layer and its halves; use {', '.join(_ALEXNET)} as conv1x2"
            ).at(row.place)
        lanes, reduction = row.integer("Tm", least=1), row.integer("Tn", least=1)
        total += int(form[2]) * _array_cycles(form[1], lanes, reduction)
    return total


def _array_cycles(name: str, lanes: int, reduction: int) -> int:
    k, c, size, kernel, stride = _ALEXNET[name]
    edge = (size - 1) * stride + kernel
    layer = Layer(
        name=name,
        source=IMAGE,
        K=k,
        C=c,
        OY=size,
        OX=size,
        FY=kernel,
        FX=kernel,
        IY=edge,
        IX=edge,
        stride_y=stride,
        stride_x=stride,
        weight_bits=_BITS,
        input_bits=_BITS,
        output_bits=_BITS,
    )
    rates = ChunkRates(
        unroll_K=lanes,
        unroll_C=reduction,
        unroll_pixels=1,
        unroll_FX=1,
        fused_pixels=False,
        read_slots=1,
        write_slots=1,
        resident_weights=False,
    )
    port = DramPort(beat_bits=_BITS, burst_latency_cycles=0, total_slots=2)
    tile = TileSizes(M=k, C=c, OY=size, OX=size)
    return int(layer_timing(shape_of(layer, _BITS), tile, WEIGHTS_OUTER, rates, port).array_cycles)
