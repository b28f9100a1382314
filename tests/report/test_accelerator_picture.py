from xml.etree import ElementTree

import pytest

from cosearch.design import Design
from cosearch.report.accelerator_picture import describe_accelerator, draw_accelerator
from cosearch.report.palette import chunk_colour

SVG = "{http://www.w3.org/2000/svg}"


def parsed(design: Design, width: float = 1104, columns: int = 4) -> ElementTree.Element:
    return ElementTree.fromstring(draw_accelerator(design, width, columns).as_svg(title="t", description="d"))


def titled(root: ElementTree.Element, start: str) -> list[ElementTree.Element]:
    return [g for g in root.iter(f"{SVG}g") if (g.findtext(f"{SVG}title") or "").startswith(start)]


def test_slots_are_as_wide_as_they_are_many(design: Design) -> None:
    root = parsed(design)
    segments = [e for e in root.iter(f"{SVG}rect") if e.get("class") == "segment"]
    widths = [float(str(e.get("width"))) for e in segments]
    slots = [n for chunk in design.accelerator.chunks for n in (chunk.read_slots, chunk.write_slots)]
    assert widths == pytest.approx([1104 * n / 64 for n in slots], abs=0.01)
    starts = [float(str(e.get("x"))) for e in segments]
    assert starts[1:] == pytest.approx([sum(widths[: i + 1]) for i in range(len(widths) - 1)], abs=0.1)


def test_each_chunk_shows_its_layers_along_the_period(design: Design) -> None:
    root = parsed(design)
    room = 264 - 28
    for index, cost in enumerate(design.predicted.per_chunk):
        mine = [layer for layer in design.predicted.per_layer if layer.chunk == index]
        bars = [titled(root, f"{layer.name}: ")[0].find(f"{SVG}rect") for layer in mine]
        assert all(bar is not None and bar.get("fill") == chunk_colour(index) for bar in bars)
        length = sum(float(str(bar.get("width"))) for bar in bars if bar is not None)
        assert length == pytest.approx(room * cost.cycles / design.predicted.period_cycles, abs=0.1)
    assert "98,600 cycles, 100 % of the period" in [e.text for e in root.iter(f"{SVG}text")]


def test_resident_weights_have_one_bank(design: Design) -> None:
    words = [e.text for e in parsed(design).iter(f"{SVG}text")]
    assert "1 × 36.9\u00a0kbit" in words or "1 × 36.9 kbit" in words
    assert len([b for b in parsed(design).iter(f"{SVG}rect") if b.get("class") == "bank-full"]) == 2
    assert len([b for b in parsed(design).iter(f"{SVG}rect") if b.get("class") == "bank"]) == 2 * (4 * 3 - 2)


def test_arrays_share_one_scale(design: Design) -> None:
    root = parsed(design)
    sizes = []
    for chunk in design.accelerator.chunks:
        title = f"array of {chunk.unroll.K} lanes (K) by {chunk.unroll.C} (C)"
        rect = titled(root, title)[0].find(f"{SVG}rect")
        assert rect is not None
        sizes.append(
            (float(str(rect.get("width"))) / chunk.unroll.C, float(str(rect.get("height"))) / chunk.unroll.K)
        )
    assert [size for pair in sizes for size in pair] == pytest.approx([100 / 16] * 8)


def test_a_huge_array_is_drawn_with_few_lines(design: Design) -> None:
    data = design.model_dump(mode="json", by_alias=True)
    data["accelerator"]["chunks"][0]["unroll"] = {"K": 512, "C": 128}
    svg = draw_accelerator(Design.model_validate(data)).as_svg(title="t", description="d")
    assert "16×16 to a cell" in svg
    assert len(svg) < 60_000


def test_one_column_stacks_the_chunks_without_wires(design: Design) -> None:
    wide, narrow = draw_accelerator(design), draw_accelerator(design, 368, 1)
    assert narrow.width == 368
    assert narrow.height > 3 * wide.height / 1.5
    assert 'stroke-width="2.5"' in wide.body
    assert 'stroke-width="2.5"' not in narrow.body


def test_the_picture_in_words(design: Design) -> None:
    said = describe_accelerator(design)
    assert "DRAM port of 128 bits with 63 usable slots in a frame of 64." in said
    assert "Chunk 2: depthwise, 12 by 1 multipliers of 8 by 8 bits, 8 read and 4 write slots" in said
    assert "busy 100 % of the period" in said
