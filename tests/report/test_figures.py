from pathlib import Path
from xml.etree import ElementTree

from cosearch.design import Design
from cosearch.report import save_picture


def test_the_picture_is_one_file_that_needs_nothing_else(design: Design, tmp_path: Path) -> None:
    path = save_picture(design, tmp_path / "picture.svg")
    svg = path.read_text(encoding="utf-8")
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in svg
    assert "<script" not in svg
    assert svg.count("http") == 1  # the name space
    assert "2,028 images/s" in svg
    assert "Chunk 3" in svg
    assert len(svg) < 100_000


def test_equal_designs_give_equal_pictures(design: Design, tmp_path: Path) -> None:
    first, second = (save_picture(design, tmp_path / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert first == second
