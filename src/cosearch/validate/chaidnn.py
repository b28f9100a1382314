"""How much faster 6 bits are than 8: the closed form against CHaiDNN's boards, on which the ratio is no constant.

Source: github.com/Xilinx/CHaiDNN, version 2 (Apache-2.0), its tables of measured frames per second. What is taken of
the accelerator stands in its page on configurable parameters and in its xi_conv_config.h: an array
of output channels by output pixels, four input channels deep; 6 bits double the products a DSP makes, hence the
pixels, and change neither what is stored nor the memory's ports. Nothing is fitted to the measured numbers.
"""

from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from cosearch.cost import best_mapping
from cosearch.errors import DataError
from cosearch.hardware import Capacity, Chunk, ChunkKind, DramPort, Unroll, load_platform
from cosearch.records import Record, load_yaml, parse_record
from cosearch.validate.comparison import Comparison, Point, Target
from cosearch.validate.csv_rows import CsvRow, read_rows
from cosearch.workload import IMAGE, Layer

_STORED_BITS = 8
"""Of features and weights in memory, whatever their width: both pass as bytes."""

_DSP = (128, 256)
_DEPTH = 4
"""Input channels in one cycle of the core clock."""

_LANES, _DIET_LANES = 16, 8
_PUMPED = 2
"""Cycles of a DSP in one of the core."""

_BANK_BITS, _DIET_BANK_BITS = 1 << 20, 1 << 17
"""Of each buffer: weights are 2048 rows (of the small version 1024) of four bytes for each output channel, and the
stages in front of and behind the array about as large."""

_DIET_BEAT_BITS = 128
"""Ports of the small version: two of 64 bits, or one of 128."""

_WRITE_SHARE = 4
"""One slot in so many is for writes."""

_PLATFORM = "zcu102"
"""Its memory port; ZCU104 has the same."""

_COLUMNS = ("device", "compute_DSP", "clock_MHz", "network", "bits", "with_FC_on_CPU", "fps")

_NOTES = (
    "rows with 128 and 256 DSP whose fully connected layers are not counted; left out are networks part of which "
    "runs on the processor for an unknown time (VGG-SSD, AlexNetFCN)",
    "the constant of a row is the mean, or the median, of all other rows' ratios: it has seen the boards, which the "
    "model has not; the target is the better of the two",
    "pooling has an engine of its own and is taken as hidden; residual additions pass through memory on the main one",
    "array_share: predicted over measured time. The board's array does not keep its DSPs busy, at either width; the "
    "ratio does not depend on that",
)


class Networks(Record):
    """Layer lists: what a row holds stands in the file."""

    sources: dict[str, str]
    networks: dict[str, tuple[tuple[int, int, int, int, int, int, int], ...]]
    additions: dict[str, tuple[tuple[int, int, int], ...]]


class _Pair(Record):
    """One network on one board, at both widths."""

    device: str
    dsp: int
    clock_hertz: float
    network: str
    fps: dict[int, float]

    @property
    def ratio(self) -> float:
        return self.fps[6] / self.fps[8]


def compare_chaidnn(path: Path) -> Comparison:
    """Ratios of frames per second at 6 and at 8 bits, against those measured and against the best constant.

    Raises:
        DataError: if the file is not of the form of `chaidnn_zu9_zu7.csv`, or has fewer than three ratios.
    """
    pairs, num_left_out = _pairs(read_rows(path, _COLUMNS))
    if len(pairs) < 3:
        raise DataError(f"{len(pairs)} ratios of 6 and 8 bits; a constant that leaves one out needs 3").at(path.name)
    seconds = [{bits: _seconds(pair, bits) for bits in (6, 8)} for pair in pairs]
    measured = np.array([pair.ratio for pair in pairs])
    predicted = np.array([one[8] / one[6] for one in seconds])
    constants = {
        f"constant_error_{name}": float(np.abs(_left_out(measured, reduce) / measured - 1).mean())
        for name, reduce in (("mean", np.mean), ("median", np.median))
    }
    errors = np.abs(predicted / measured - 1)
    shares = [one[bits] * pair.fps[bits] for one, pair in zip(seconds, pairs, strict=True) for bits in (6, 8)]
    return Comparison(
        name="chaidnn",
        title="Speed-up of 6 bits over 8 on CHaiDNN's boards",
        figures={
            "num_ratios": len(pairs),
            "num_left_out": num_left_out,
            "mean_error": float(errors.mean()),
            "worst_error": float(errors.max()),
            **constants,
            "array_share": float(np.mean(shares)),
        },
        targets={"mean_error": Target(op="<=", bound=min(constants.values()))},
        notes=_NOTES,
        unit="ratio of frames per second",
        points=tuple(
            Point(name=f"{pair.network} {pair.dsp} DSP", group=pair.device, reference=pair.ratio, model=float(ratio))
            for pair, ratio in zip(pairs, predicted, strict=True)
        ),
    )


def _pairs(rows: Sequence[CsvRow]) -> tuple[list[_Pair], int]:
    """Networks that were measured at both widths, and the number of rows of other networks."""
    found: dict[tuple[str, int, str], dict[int, CsvRow]] = {}
    num_left_out = 0
    for row in rows:
        dsp, counts = row.integer("compute_DSP", least=1), not row.has("with_FC_on_CPU")
        if dsp not in _DSP:
            continue
        if counts or row.text("network") not in shipped_networks().networks:
            num_left_out += 1
        elif row.text("with_FC_on_CPU") == "0":
            key = (row.text("device"), dsp, row.text("network"))
            found.setdefault(key, {})[row.integer("bits", least=1)] = row
    pairs = [
        _Pair(
            device=device,
            dsp=dsp,
            clock_hertz=_clock_hertz(by_bits[8]),
            network=network,
            fps={bits: by_bits[bits].number("fps", above=0) for bits in (6, 8)},
        )
        for (device, dsp, network), by_bits in found.items()
        if {6, 8} <= set(by_bits)
    ]
    return pairs, num_left_out


def _clock_hertz(row: CsvRow) -> float:
    """Of the core: ``core/DSP`` in MHz."""
    core, slash, _ = row.text("clock_MHz").partition("/")
    if not slash or not core.isdigit():
        raise DataError(f"clock_MHz={row.text('clock_MHz')!r} is not core/DSP; write 300/600").at(row.place)
    return float(core) * 1e6


def _left_out(measured: np.ndarray, reduce: Any) -> np.ndarray:
    """The constant of each row, from all others."""
    return np.array([reduce(np.delete(measured, index)) for index in range(len(measured))])


def _seconds(pair: _Pair, bits: int) -> float:
    """Time of all layers of a network, one after another."""
    diet = "diet" in pair.device.lower()
    return _cycles(tuple(_layers(pair.network)), pair.dsp, bits, diet, pair.clock_hertz) / pair.clock_hertz


@cache
def _cycles(layers: tuple[tuple[Layer, int], ...], dsp: int, bits: int, diet: bool, clock_hertz: float) -> int:
    port = _port(clock_hertz, diet=diet)
    chunk = _chunk(dsp, bits, port, diet=diet)
    return sum(times * int(best_mapping(layer, chunk, port)[1].cycles) for layer, times in layers)


def _port(clock_hertz: float, *, diet: bool) -> DramPort:
    platform = load_platform(_PLATFORM)
    if diet:
        dram = platform.dram.model_copy(update={"beat_bits": _DIET_BEAT_BITS})
        platform = platform.model_copy(update={"dram": dram})
    return platform.port(clock_hertz)


def _chunk(dsp: int, bits: int, port: DramPort, *, diet: bool) -> Chunk:
    lanes, bank = (_DIET_LANES, _DIET_BANK_BITS) if diet else (_LANES, _BANK_BITS)
    products = 2 if bits == 6 else 1
    writes = port.total_slots // _WRITE_SHARE
    return Chunk(
        kind=ChunkKind.BOTH,
        weight_bits=_STORED_BITS,
        activation_bits=_STORED_BITS,
        unroll=Unroll(K=lanes, C=_DEPTH, OYOX=dsp * _PUMPED * products // (lanes * _DEPTH)),
        capacity_bits=Capacity(I=bank, W=bank, O=bank),
        read_slots=port.total_slots - writes,
        write_slots=writes,
        max_channels=4096,
        output_bits=_STORED_BITS,
    )


@cache
def shipped_networks() -> Networks:
    """The shipped layer lists."""
    with resources.as_file(resources.files("cosearch.validate") / "chaidnn_networks.yaml") as path:
        value, lines = load_yaml(path, DataError)
        return parse_record(Networks, value, source=path.name, error=DataError, lines=lines)


def _layers(network: str) -> list[tuple[Layer, int]]:
    """Layers of a network that run on the accelerator, and how often each occurs."""
    known = shipped_networks()
    convolutions = [(_convolution(*row[:6]), row[6]) for row in known.networks[network]]
    return convolutions + [(_addition(row[0], row[1]), row[2]) for row in known.additions.get(network, ())]


def _convolution(k: int, c: int, size: int, kernel: int, stride: int, groups: int) -> Layer:
    padding = (kernel - 1) // 2 if stride == 1 else 0
    edge = (size - 1) * stride + kernel - 2 * padding
    return _layer("convolution", G=groups, K=k, C=c, OY=size, FY=kernel, IY=edge, stride=stride, padding=padding)


def _addition(channels: int, size: int) -> Layer:
    return _layer("addition", op="copy", G=channels, K=1, C=1, OY=size, IY=size, residual=IMAGE)


def _layer(name: str, *, stride: int = 1, padding: int = 0, FY: int = 1, **values: Any) -> Layer:
    """A square layer at the stored width."""
    return Layer(
        name=name,
        source=IMAGE,
        OX=values["OY"],
        IX=values["IY"],
        FY=FY,
        FX=FY,
        stride_y=stride,
        stride_x=stride,
        padding_y=padding,
        padding_x=padding,
        weight_bits=_STORED_BITS,
        input_bits=_STORED_BITS,
        output_bits=_STORED_BITS,
        residual_bits=_STORED_BITS if "residual" in values else 0,
        **values,
    )
