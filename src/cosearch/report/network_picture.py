"""The found network as a picture: the outline of a unit is its channels, its colour the bits of its weights."""

import math

from markupsafe import Markup

from cosearch.design import Design
from cosearch.report.network_units import Unit, units_of
from cosearch.report.palette import bits_colour, chunk_colour, ink_on
from cosearch.report.svg import Drawing, group, tag, text

UNIT_WIDTH = 92
_ROW_HEIGHT = 216
_ROW_GAP = 18
_AXIS = 96
_TALLEST = 46
_LEGEND_HEIGHT = 34


def draw_network(design: Design, columns: int = 12) -> Drawing:
    """All units in reading order, so many to a row."""
    units = units_of(design)
    widest = max(max(unit.channels) for unit in units if unit.channels)
    rows = math.ceil(len(units) / columns)
    columns = math.ceil(len(units) / rows) if rows > 1 else len(units)
    width = columns * UNIT_WIDTH
    cells: list[Markup] = []
    for index, unit in enumerate(units):
        row, column = divmod(index, columns)
        is_last = index == len(units) - 1
        cells.append(
            group(
                *_unit(unit, widest, is_first=index == 0, is_last=is_last),
                x=column * UNIT_WIDTH,
                y=row * (_ROW_HEIGHT + _ROW_GAP),
                title=unit.sentence(),
            )
        )
    legend = _legend(units, width)
    below = rows * (_ROW_HEIGHT + _ROW_GAP) - _ROW_GAP + 8
    body = Markup("").join([*cells, legend.placed(0, below)])
    return Drawing(width, below + legend.height, body)


def describe_network(design: Design) -> str:
    """The picture in words."""
    return "; ".join(unit.sentence() for unit in units_of(design)) + "."


def _unit(unit: Unit, widest: int, *, is_first: bool, is_last: bool) -> list[Markup]:
    middle = UNIT_WIDTH / 2
    start, end = (middle if is_first else 0), (middle if is_last else UNIT_WIDTH)
    parts = [tag("line", x1=start, y1=_AXIS, x2=end, y2=_AXIS, class_="flow")]
    parts.append(text(unit.name, middle, 14, "small", "middle"))
    if unit.has_residual:
        parts += _residual()
    if unit.name == "image":
        parts += _image(middle)
    elif unit.channels is None:
        parts.append(tag("rect", x=18, y=_AXIS - 14, width=UNIT_WIDTH - 36, height=28, rx=14, class_="hollow"))
    else:
        parts += _outline(unit, widest)
    parts.append(text(unit.label, middle, 162, "strong", "middle"))
    parts += _bits(unit, middle)
    parts += _chunks(unit, middle)
    parts.append(text("×".join(map(str, unit.shape)), middle, 209, "small", "middle"))
    return parts


def _image(middle: float) -> list[Markup]:
    return [
        tag("rect", x=middle - 17, y=_AXIS - 17, width=34, height=34, rx=4, class_="sheet"),
        tag("circle", cx=middle - 6, cy=_AXIS - 6, r=4, class_="soft-fill"),
        tag("path", d=f"M{middle - 14:g} {_AXIS + 13}l9 -12 7 8 5 -6 7 10z", class_="soft-fill"),
    ]


def _outline(unit: Unit, widest: int) -> list[Markup]:
    """Narrow, wide, narrow: channels before, inside and after, on a logarithmic scale."""
    if unit.channels is None or unit.bits is None:
        return []
    first, inner, last = (_half_height(channels, widest) for channels in unit.channels)
    xs = (12, 28, UNIT_WIDTH - 28, UNIT_WIDTH - 12)
    halves = (first, inner, inner, last)
    upper = [f"{x},{_AXIS - half:.1f}" for x, half in zip(xs, halves, strict=True)]
    lower = [f"{x},{_AXIS + half:.1f}" for x, half in zip(reversed(xs), reversed(halves), strict=True)]
    colour = bits_colour(unit.bits[0])
    shape = tag("polygon", points=" ".join(upper + lower), fill=colour, class_="solid")
    return [shape, *_kernel(unit.kernel, ink_on(colour), inner)]


def _kernel(taps: int, ink: str, half_height: float) -> list[Markup]:
    """The taps of a spatial kernel as a grid; nothing for 1x1."""
    if taps == 1:
        return []
    pitch = min(6.0, 2 * half_height / (taps + 1), 30 / taps)
    x0, y0 = UNIT_WIDTH / 2 - pitch * taps / 2, _AXIS - pitch * taps / 2
    return [
        tag(
            "rect",
            x=x0 + column * pitch + 0.5,
            y=y0 + row * pitch + 0.5,
            width=pitch - 1,
            height=pitch - 1,
            rx=0.8,
            fill=ink,
            fill_opacity=0.75,
        )
        for row in range(taps)
        for column in range(taps)
    ]


def _residual() -> list[Markup]:
    left, right, top = 6, UNIT_WIDTH - 6, 30
    path = (
        f"M{left} {_AXIS}V{top + 14}Q{left} {top} {left + 14} {top}"
        f"H{right - 14}Q{right} {top} {right} {top + 14}V{_AXIS - 6}"
    )
    return [
        tag("path", d=path, class_="residual"),
        tag("circle", cx=right, cy=_AXIS, r=5.5, class_="sum"),
        tag("path", d=f"M{right - 3} {_AXIS}h6M{right} {_AXIS - 3}v6", class_="sum-sign"),
    ]


def _bits(unit: Unit, middle: float) -> list[Markup]:
    if unit.bits is None:
        return []
    parts: list[Markup] = []
    for letter, bits, x in (("W", unit.bits[0], middle - 34), ("A", unit.bits[1], middle + 2)):
        colour = bits_colour(bits)
        parts.append(tag("rect", x=x, y=168, width=32, height=15, rx=3, fill=colour))
        parts.append(text(f"{letter} {bits}", x + 16, 179.5, "chip", "middle", fill=ink_on(colour)))
    return parts


def _chunks(unit: Unit, middle: float) -> list[Markup]:
    size, gap = 11, 2
    left = middle - (len(unit.chunks) * (size + gap) - gap) / 2
    parts: list[Markup] = []
    for place, chunk in enumerate(unit.chunks):
        x, colour = left + place * (size + gap), chunk_colour(chunk)
        parts.append(tag("rect", x=x, y=186, width=size, height=size, rx=2, fill=colour))
        parts.append(text(str(chunk), x + size / 2, 194.8, "tiny", "middle", fill=ink_on(colour)))
    return parts


def _half_height(channels: int, widest: int) -> float:
    return 7 + (_TALLEST - 7) * math.log2(1 + channels) / math.log2(1 + widest)


def _legend(units: list[Unit], width: float) -> Drawing:
    """What the signs mean; wraps where the picture is narrow."""
    used = sorted({bits for unit in units if unit.bits for bits in unit.bits})
    entries: list[tuple[list[Markup], str]] = [
        ([tag("rect", y=-10, width=12, height=12, rx=2, fill=bits_colour(bits))], f"{bits} bits") for bits in used
    ]
    entries.append(
        ([tag("polygon", points="0,-6 5,-11 13,-11 18,-6 18,-2 13,3 5,3 0,-2", class_="sheet")], "height: channels")
    )
    if any(unit.has_residual for unit in units):
        entries.append(([tag("path", d="M0 1V-4Q0 -9 5 -9H13Q18 -9 18 -4V1", class_="residual")], "input is added"))
    if any(unit.is_skip for unit in units):
        entries.append(([tag("rect", y=-10, width=20, height=12, rx=6, class_="hollow")], "skip"))
    if any(unit.chunks for unit in units):
        entries.append(([tag("rect", y=-9, width=11, height=11, rx=2, fill=chunk_colour(0))], "chunk that runs it"))
    placed: list[Markup] = []
    x, y = 4.0, 18.0
    for signs, words in entries:
        needed = 30 + 7.0 * len(words) + 18
        if x + needed > width and x > 4:
            x, y = 4.0, y + 22
        placed.append(group(*signs, text(words, 26, 0, "small"), x=x, y=y))
        x += needed
    return Drawing(width, y - 18 + _LEGEND_HEIGHT, Markup("").join(placed))
