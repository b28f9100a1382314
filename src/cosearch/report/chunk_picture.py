"""One chunk: its array to scale, its buffers bank by bank, its resources, and its layers along the period."""

import textwrap

from markupsafe import Markup

from cosearch.design import Design
from cosearch.hardware import FRAME_SLOTS
from cosearch.report.palette import chunk_colour, ink_on
from cosearch.report.places import summary
from cosearch.report.svg import Drawing, group, tag, text
from cosearch.report.words import count, percent, quantity

CHUNK_HEIGHT = 322
_ARRAY_SIDE = 100.0
_PAD = 14
_LEAST_PITCH = 3.0


def draw_chunk(design: Design, index: int, width: float) -> Drawing:
    """A card of fixed height; arrays and buffers of all chunks of a design share one scale."""
    parts = [
        tag("rect", x=0.5, y=0.5, width=width - 1, height=CHUNK_HEIGHT - 1, rx=8, class_="card"),
        *_header(design, index, width),
        *_array(design, index),
        *_buffers(design, index, width),
        *_resources(design, index),
        *_timeline(design, index, width),
        *_layers(design, index, width),
    ]
    return Drawing(width, CHUNK_HEIGHT, Markup("").join(parts))


def _header(design: Design, index: int, width: float) -> list[Markup]:
    chunk, colour = design.accelerator.chunks[index], chunk_colour(index)
    return [
        tag("rect", x=_PAD, y=14, width=22, height=22, rx=4, fill=colour),
        text(str(index), _PAD + 11, 29.5, "strong", "middle", fill=ink_on(colour)),
        text(f"Chunk {index}", _PAD + 30, 24, "title"),
        text(chunk.kind.value, _PAD + 30, 38, "small"),
        text(f"W {chunk.weight_bits} · A {chunk.activation_bits} bits", width - _PAD, 24, "strong", "end"),
        text(
            f"slots: {chunk.read_slots} R, {chunk.write_slots} W of {FRAME_SLOTS}", width - _PAD, 38, "small", "end"
        ),
    ]


def _array(design: Design, index: int) -> list[Markup]:
    """K lanes down, C multipliers across, each cell one multiplier where they are large enough to be told apart."""
    longest = max(max(chunk.unroll.K, chunk.unroll.C) for chunk in design.accelerator.chunks)
    cell = min(10.0, _ARRAY_SIDE / longest)
    unroll = design.accelerator.chunks[index].unroll
    x0, y0 = _PAD + 18, 66
    width, height = max(cell * unroll.C, 2.0), max(cell * unroll.K, 2.0)
    step = next(n for n in range(1, 10_000) if n * cell >= _LEAST_PITCH)
    across = "".join(f"M{x0} {y0 + row * cell:.2f}h{width:.2f}" for row in range(step, unroll.K, step))
    down = "".join(f"M{x0 + column * cell:.2f} {y0}v{height:.2f}" for column in range(step, unroll.C, step))
    cells = "one cell each" if step == 1 else f"{step}×{step} to a cell" if unroll.C > 1 else f"{step} to a cell"
    return [
        group(
            tag("rect", x=x0, y=y0, width=width, height=height, fill=chunk_colour(index)),
            tag("path", d=across + down, class_="mesh"),
            title=f"array of {unroll.K} lanes (K) by {unroll.C} (C) multipliers, {cells}",
        ),
        text(f"C {unroll.C}", x0, y0 - 5, "small"),
        text(f"K {unroll.K}", x0 - 6, y0 + 4, "small", "end", transform=f"rotate(-90 {x0 - 6} {y0})"),
        text(f"{count(unroll.K * unroll.C)} multipliers", _PAD, y0 + _ARRAY_SIDE + 17, "small"),
    ]


def _buffers(design: Design, index: int, width: float) -> list[Markup]:
    """Two bars an operand are its two banks; lengths are linear in bits, over all chunks."""
    chunks = design.accelerator.chunks
    largest = max(max(c.capacity_bits.I, c.capacity_bits.W, c.capacity_bits.O) for c in chunks)
    chunk, x0 = chunks[index], 152.0
    room = width - x0 - _PAD - 16
    parts: list[Markup] = []
    for row, operand in enumerate("IWO"):
        bits: int = getattr(chunk.capacity_bits, operand)
        banks = 1 if operand == "W" and chunk.resident_weights else 2
        y, length = 60 + row * 41, max(2.0, room * bits / largest)
        size = quantity(bits, "bit")
        note = "resident weights" if banks == 1 else "2 banks"
        signs = [
            tag(
                "rect",
                x=x0 + 16,
                y=y + 6 + bank * 8,
                width=length,
                height=14 if banks == 1 else 6,
                rx=1.5,
                class_="bank-full" if banks == 1 else "bank",
            )
            for bank in range(banks)
        ]
        parts.append(group(*signs, title=f"buffer {operand}: {size} a bank, {note}"))
        parts.append(text(operand, x0, y + 18, "strong"))
        parts.append(text(f"{banks} × {size}", x0 + 16, y + 2, "small"))
    return parts


def _resources(design: Design, index: int) -> list[Markup]:
    cost = design.predicted.per_chunk[index]
    figures = [f"{count(cost.dsp)} DSP", f"{count(cost.bram18)} BRAM18"]
    if cost.uram:
        figures.append(f"{count(cost.uram)} URAM")
    figures.append(f"{count(cost.lut)} LUT")
    return [text("  ·  ".join(figures), _PAD, 210, "strong")]


def _timeline(design: Design, index: int, width: float) -> list[Markup]:
    """The chunk's layers along the period, in the order they run."""
    period, cost = design.predicted.period_cycles, design.predicted.per_chunk[index]
    colour, room, y = chunk_colour(index), width - 2 * _PAD, 224
    parts = [tag("rect", x=_PAD, y=y, width=room, height=18, rx=3, class_="track")]
    x = float(_PAD)
    for place, layer in enumerate(layer for layer in design.predicted.per_layer if layer.chunk == index):
        length = room * layer.cycles / period
        bar = tag("rect", x=x, y=y, width=length, height=18, fill=colour, fill_opacity=1 if place % 2 == 0 else 0.7)
        parts.append(group(bar, title=f"{layer.name}: {count(layer.cycles)} cycles, bound by {layer.bound}"))
        x += length
    busy = percent(cost.cycles / period)
    words = f"{count(cost.cycles)} cycles, {busy} of the period"
    return [*parts, text(words, _PAD, y + 34, "small")]


def _layers(design: Design, index: int, width: float) -> list[Markup]:
    names = [entry.name for entry in design.accelerator.chunks[index].layers]
    said = f"Runs {summary(names)}"
    if design.accelerator.chunks[index].resident_weights:
        said += "; their weights stay on chip"
    lines = textwrap.wrap(said, int((width - 2 * _PAD) / 6.6), max_lines=3, placeholder=" …")
    return [text(line, _PAD, 280 + 16 * row, "small") for row, line in enumerate(lines)]
