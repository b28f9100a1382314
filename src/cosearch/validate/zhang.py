"""The closed form against the board of Zhang et al.: AlexNet's convolutions on a VC707, layer by layer.

Source: Zhang, Li, Sun, Guan, Xiao, Cong, "Optimizing FPGA-based Accelerator Design for Deep Convolutional Neural
Networks", FPGA 2015: one K x C array of 64 x 7 floating-point multipliers at 100 MHz, inputs, weights and outputs
double-buffered, tiles in the order rows, columns, output channels, input channels.

Nothing is fitted to the measured times. What the board is taken for, and where each number comes from, is in
`_ASSUMPTIONS` below.
"""

import math
from pathlib import Path

from cosearch.cost import ChunkRates, LayerTiming, TileSizes, layer_timing, shape_of
from cosearch.hardware import FRAME_SLOTS, PIXELS_OUTER, TILE_OVERHEAD_CYCLES, DramPort
from cosearch.units import cycles_of
from cosearch.validate.comparison import Comparison, Point, Target
from cosearch.validate.csv_rows import CsvRow, read_rows
from cosearch.workload import IMAGE, Layer

_CLOCK_HERTZ = 1e8
_WORD_BITS = 32
_BEAT_BITS = 128
"""Four 32-bit AXI ports side by side: at this clock they would carry 1.6e9 bytes per second."""

_BANDWIDTH_BYTES = 1.55e9
"""Bytes per second in use, as the paper states."""

_BURST_LATENCY_SECONDS = 3 * 13.75e-9
"""A row miss of the board's DDR3-1600, tRP + tRCD + CL (JEDEC JESD79-3F); other latency is taken as hidden."""

_PIPELINE_CYCLES = 20
"""Fill of the array in every step: the paper's own cycles are multiples of (pixels * kernel + 20)."""

_BANK_WORDS = 512
"""Words of 32 bits in a BRAM18."""

_ASSUMPTIONS = (
    "1.55 GB/s are 62 of 64 slots of a 128-bit beat, four words; AXI reads and writes have channels of their own, "
    "each as fast; a tile's channels begin at a beat",
    "the stated 1024 BRAM are two banks for each of 448 weight and 64 output partitions, one BRAM18 each: an output "
    "tile has at most 512 pixels; rows and columns are cut into as few equal parts as that allows",
    "inputs of layers of stride 1 are stored without their padding, as large as the output",
    "both halves of a layer run one after the other",
)

_COLUMNS = ("network", "layer", "N_in", "M_out", "R_out", "K", "S", "sets", "Tm", "Tn", "measured_ms")


def compare_zhang(path: Path) -> Comparison:
    """Milliseconds of every layer against those measured.

    Raises:
        DataError: if the file is not of the form of `zhang15_alexnet_vc707.csv`.
    """
    points: list[Point] = []
    default_errors: list[float] = []
    exposed = 0
    for row in read_rows(path, _COLUMNS):
        sets, measured = row.integer("sets", least=1), row.number("measured_ms", above=0)
        timing = _timing(row, _PIPELINE_CYCLES)
        exposed += sets * (int(timing.exposed_read_cycles) + int(timing.exposed_write_cycles))
        ours = _milliseconds(timing, sets)
        points.append(Point(name=row.text("layer"), group=row.text("network"), reference=measured, model=ours))
        default_errors.append(abs(_milliseconds(_timing(row, TILE_OVERHEAD_CYCLES), sets) / measured - 1))
    errors = [abs(point.error) for point in points]
    total = sum(point.model for point in points)
    return Comparison(
        name="zhang",
        title="AlexNet's convolutions on a VC707 against the board's times (Zhang et al. 2015)",
        figures={
            "num_layers": len(points),
            "mean_error": sum(errors) / len(errors),
            "worst_error": max(errors),
            "total_error": total / sum(point.reference for point in points) - 1,
            "exposed_share": exposed / _CLOCK_HERTZ * 1e3 / total,
            "mean_error_contract_pipeline": sum(default_errors) / len(default_errors),
        },
        targets={"mean_error": Target(op="<=", bound=0.06), "worst_error": Target(op="<=", bound=0.10)},
        notes=(
            *_ASSUMPTIONS,
            "mean_error_contract_pipeline: with the timing contract's own 8 cycles a step in place of the paper's 20",
        ),
        unit="ms",
        points=tuple(points),
    )


def _milliseconds(timing: LayerTiming, sets: int) -> float:
    return int(timing.cycles) * sets / _CLOCK_HERTZ * 1e3


def _timing(row: CsvRow, step_cycles: int) -> LayerTiming:
    """One half of a layer, of which the file's row says the shape and the unrolling."""
    layer = _layer(row)
    edge = _tile_edge(layer.OY)
    tile = TileSizes(
        M=min(layer.K, row.integer("Tm", least=1)), C=min(layer.C, row.integer("Tn", least=1)), OY=edge, OX=edge
    )
    slots = round(FRAME_SLOTS * _BANDWIDTH_BYTES * 8 / (_BEAT_BITS * _CLOCK_HERTZ))
    rates = ChunkRates(
        unroll_K=row.integer("Tm", least=1),
        unroll_C=row.integer("Tn", least=1),
        unroll_pixels=1,
        unroll_FX=1,
        fused_pixels=False,
        read_slots=slots,
        write_slots=slots,
        resident_weights=False,
    )
    port = DramPort(
        beat_bits=_BEAT_BITS,
        burst_latency_cycles=cycles_of(_BURST_LATENCY_SECONDS, _CLOCK_HERTZ),
        total_slots=slots,
        step_overhead_cycles=step_cycles,
    )
    return layer_timing(shape_of(layer, _BEAT_BITS), tile, PIXELS_OUTER, rates, port)


def _tile_edge(size: int) -> int:
    """Edge of a square output tile: as few equal parts as fit a bank."""
    parts = next(parts for parts in range(1, size + 1) if math.ceil(size / parts) ** 2 <= _BANK_WORDS)
    return math.ceil(size / parts)


def _layer(row: CsvRow) -> Layer:
    size, kernel, stride = (row.integer(name, least=1) for name in ("R_out", "K", "S"))
    padding = (kernel - 1) // 2 if stride == 1 else 0
    edge = (size - 1) * stride + kernel - 2 * padding
    return Layer(
        name=row.text("layer"),
        source=IMAGE,
        K=row.integer("M_out", least=1),
        C=row.integer("N_in", least=1),
        OY=size,
        OX=size,
        FY=kernel,
        FX=kernel,
        IY=edge,
        IX=edge,
        stride_y=stride,
        stride_x=stride,
        padding_y=padding,
        padding_x=padding,
        weight_bits=_WORD_BITS,
        input_bits=_WORD_BITS,
        output_bits=_WORD_BITS,
    )
