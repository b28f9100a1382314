"""Measurements of a board that does not exist: runs of the executable specification under known constants."""

import csv
import io
import random
from dataclasses import dataclass

from cosearch.cost import best_mapping
from cosearch.hardware import Capacity, Chunk, ChunkKind, DramPort, Mapping, Platform, Unroll
from cosearch.simulate import simulate_layer
from cosearch.workload import IMAGE, Layer

_SLOTS = ((24, 8), (40, 16), (48, 8), (8, 4))
"""Read and write slots of the chunks; the delivered part leaves them whole."""

_UNROLLS = (Unroll(K=16, C=8), Unroll(K=32, C=16), Unroll(K=8, OX=7), Unroll(K=16, C=4, OYOX=4))

# Output channels, input channels, output rows, kernel, stride: large and small, so that every constant matters.
_SHAPES = (
    (64, 3, 32, 3, 1),
    (64, 64, 28, 3, 1),
    (128, 64, 14, 1, 1),
    (128, 128, 14, 3, 2),
    (256, 64, 14, 1, 1),
    (64, 256, 7, 1, 1),
    (96, 32, 14, 5, 1),
    (1000, 512, 1, 1, 1),
    (32, 16, 8, 3, 1),
    (16, 16, 8, 1, 1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Constants of a board.

    Attributes:
        delivered: Part of the beats its slots promise; a multiple of 1/4.
        noise: Standard deviation of a measurement, as a fraction of it.
    """

    clock_hertz: float
    delivered: float
    layer_cycles: int
    step_cycles: int
    store_cycles: int
    burst_latency_cycles: int
    noise: float = 0.0


def example_csv(board: Board, platform: Platform, *, seed: int, unit: str = "seconds") -> str:
    """The runs of a board as `cosearch calibrate` reads them, every layer on a chunk of its turn.

    Args:
        board: What the measurements hide.
        platform: What is thought of the board; mappings are the best there.
        seed: Of the noise.
        unit: ``seconds`` or ``cycles``.
    """
    rng = random.Random(seed)
    nominal = platform.port(platform.clock_hertz)
    true = DramPort(
        beat_bits=nominal.beat_bits,
        burst_latency_cycles=board.burst_latency_cycles,
        total_slots=nominal.total_slots,
        layer_overhead_cycles=board.layer_cycles,
        step_overhead_cycles=board.step_cycles,
        store_overhead_cycles=board.store_cycles,
    )
    rows: list[dict[str, object]] = []
    for index, (layer, chunk) in enumerate((layer, chunk) for layer in _layers() for chunk in _chunks()):
        mapping = best_mapping(layer, chunk, nominal)[0]
        slower = {name: int(getattr(chunk, name) * board.delivered) for name in ("read_slots", "write_slots")}
        cycles = simulate_layer(layer, mapping, chunk.model_copy(update=slower), true).cycles
        measured = cycles * (1 + board.noise * rng.gauss(0, 1))
        value = f"{measured / board.clock_hertz:.6e}" if unit == "seconds" else f"{measured:.0f}"
        rows.append(_row(f"{layer.name}-{index}", layer, chunk, mapping) | {unit: value})
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _layers() -> list[Layer]:
    return [_layer(*shape) for shape in _SHAPES]


def _layer(k: int, c: int, size: int, kernel: int, stride: int) -> Layer:
    padding = (kernel - 1) // 2
    edge = (size - 1) * stride + kernel - 2 * padding
    return Layer(
        name=f"conv{kernel}x{kernel}-{c}-{k}",
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
        padding_y=padding,
        padding_x=padding,
        weight_bits=8,
        input_bits=8,
        output_bits=8,
    )


def _chunks() -> list[Chunk]:
    return [
        Chunk(
            kind=ChunkKind.STANDARD,
            weight_bits=8,
            activation_bits=8,
            unroll=unroll,
            capacity_bits=Capacity(I=1 << 17, W=1 << 17, O=1 << 17),
            read_slots=read,
            write_slots=write,
            max_channels=1024,
            output_bits=8,
        )
        for unroll, (read, write) in zip(_UNROLLS, _SLOTS, strict=True)
    ]


def _row(name: str, layer: Layer, chunk: Chunk, mapping: Mapping) -> dict[str, object]:
    """The columns that these runs need; all others have their defaults."""
    columns = ("K", "C", "OY", "OX", "FY", "FX", "IY", "IX", "stride_y", "stride_x", "padding_y", "padding_x")
    bits = ("weight_bits", "input_bits", "output_bits")
    unrolls, tile = ("K", "C", "OX", "OYOX"), mapping.tile
    return {
        "name": name,
        **{column: getattr(layer, column) for column in (*columns, *bits)},
        "kind": chunk.kind.value,
        **{f"unroll_{column}": getattr(chunk.unroll, column) for column in unrolls},
        "read_slots": chunk.read_slots,
        "write_slots": chunk.write_slots,
        **{f"tile_{column}": getattr(tile, column) for column in ("K", "C", "OY", "OX")},
        "loop_order": " ".join(mapping.loop_order),
    }
