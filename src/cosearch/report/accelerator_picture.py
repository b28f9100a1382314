"""The accelerator as a picture: who owns which slots of the DRAM port, and what each chunk is made of and does."""

from markupsafe import Markup

from cosearch.design import Design
from cosearch.hardware import FRAME_SLOTS
from cosearch.report.chunk_picture import CHUNK_HEIGHT, draw_chunk
from cosearch.report.palette import chunk_colour, ink_on
from cosearch.report.svg import Drawing, group, tag, text
from cosearch.report.words import percent

_GAP = 16
_BAR_TOP = 40
_BAR_HEIGHT = 30
_WIDEST_CHUNK = 352
_ROOMY = 600


def draw_accelerator(design: Design, width: float = 1104, columns: int = 4) -> Drawing:
    """The port on top, the chunks below it, so many to a row."""
    chunks = design.accelerator.chunks
    columns = min(columns, len(chunks))
    chunk_width = min(_WIDEST_CHUNK, (width - _GAP * (columns - 1)) / columns)
    left = (width - columns * chunk_width - (columns - 1) * _GAP) / 2
    top = _BAR_TOP + _BAR_HEIGHT + (46 if len(chunks) <= columns and columns > 1 else 24)
    slot_width = width / FRAME_SLOTS
    parts = _port(design, slot_width)
    start = 0
    for index, chunk in enumerate(chunks):
        row, column = divmod(index, columns)
        x = left + column * (chunk_width + _GAP)
        owned = chunk.read_slots + chunk.write_slots
        if len(chunks) <= columns and columns > 1:
            parts.append(_wire(slot_width * (start + owned / 2), x + chunk_width / 2, top, chunk_colour(index)))
        start += owned
        parts.append(draw_chunk(design, index, chunk_width).placed(x, top + row * (CHUNK_HEIGHT + _GAP)))
    rows = -(-len(chunks) // columns)
    return Drawing(width, top + rows * (CHUNK_HEIGHT + _GAP) - _GAP + 1, Markup("").join(parts))


def describe_accelerator(design: Design) -> str:
    """The picture in words."""
    port = design.accelerator.port
    said = [f"DRAM port of {port.beat_bits} bits with {port.total_slots} usable slots in a frame of {FRAME_SLOTS}."]
    for index, (chunk, cost) in enumerate(zip(design.accelerator.chunks, design.predicted.per_chunk, strict=True)):
        busy = percent(cost.cycles / design.predicted.period_cycles)
        said.append(
            f"Chunk {index}: {chunk.kind.value}, {chunk.unroll.K} by {chunk.unroll.C} multipliers of "
            f"{chunk.weight_bits} by {chunk.activation_bits} bits, {chunk.read_slots} read and "
            f"{chunk.write_slots} write slots, {cost.dsp} DSP, {cost.bram18} BRAM18, busy {busy} of the period."
        )
    return " ".join(said)


def _port(design: Design, slot_width: float) -> list[Markup]:
    port = design.accelerator.port
    width = slot_width * FRAME_SLOTS
    owned = sum(chunk.read_slots + chunk.write_slots for chunk in design.accelerator.chunks)
    beat = f", a slot is a beat of {port.beat_bits} bits" if width > _ROOMY else ""
    parts = [
        text("DRAM port", 0, 14, "title"),
        text(f"{owned} of {port.total_slots} usable slots owned; a frame has {FRAME_SLOTS}{beat}", 0, 31, "small"),
        tag("rect", x=0, y=_BAR_TOP, width=width, height=_BAR_HEIGHT, rx=4, class_="track"),
    ]
    start = 0
    for index, chunk in enumerate(design.accelerator.chunks):
        slots = (("read", chunk.read_slots, 1.0), ("write", chunk.write_slots, 0.55))
        for verb, number, opacity in slots:
            parts.append(_segment(index, verb, start, number, opacity, slot_width))
            start += number
    for slot in range(1, FRAME_SLOTS):
        x = slot * slot_width
        parts.append(tag("line", x1=x, y1=_BAR_TOP, x2=x, y2=_BAR_TOP + _BAR_HEIGHT, class_="notch"))
    if port.total_slots < FRAME_SLOTS:
        x = port.total_slots * slot_width
        line = tag("line", x1=x, y1=_BAR_TOP - 5, x2=x, y2=_BAR_TOP + _BAR_HEIGHT + 5, class_="bound")
        parts.append(group(line, title=f"the memory's bandwidth fills {port.total_slots} slots"))
        if width > _ROOMY:
            parts.append(text("memory's bandwidth", x - 4, _BAR_TOP - 8, "small", "end"))
    return parts


def _segment(index: int, verb: str, start: int, number: int, opacity: float, slot_width: float) -> Markup:
    """Slots of one chunk in one direction; writes are paler, and both say so."""
    colour = chunk_colour(index)
    bar = tag(
        "rect",
        x=start * slot_width,
        y=_BAR_TOP,
        width=number * slot_width,
        height=_BAR_HEIGHT,
        fill=colour,
        fill_opacity=opacity,
        class_="segment",
    )
    label = {"read": "R", "write": "W"}[verb]
    written = f"{label} {number}" if number * slot_width > 26 else ""
    ink = ink_on(colour) if opacity == 1 else None
    middle = (start + number / 2) * slot_width
    words = tag("text", written, x=middle, y=_BAR_TOP + 19.5, text_anchor="middle", class_="chip", fill=ink)
    return group(bar, words, title=f"chunk {index}: {number} {verb} slots")


def _wire(x1: float, x2: float, bottom: float, colour: str) -> Markup:
    top = _BAR_TOP + _BAR_HEIGHT + 3
    half = (top + bottom) / 2
    path = f"M{x1:.1f} {top}C{x1:.1f} {half:.1f} {x2:.1f} {half:.1f} {x2:.1f} {bottom}"
    return tag("path", d=path, fill="none", stroke=colour, stroke_width=2.5)
