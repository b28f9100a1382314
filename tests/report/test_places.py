from cosearch.design import Design
from cosearch.report.places import block_of, chunks_by_part, part_of, summary


def test_names_of_layers_say_their_block() -> None:
    assert [block_of(name) for name in ("block12.expand", "blocks.3.project", "stem", "subblock", "b7_dw")] == [
        12,
        3,
        None,
        None,
        7,
    ]
    assert [part_of(name) for name in ("block4.depthwise", "stem", "head.conv")] == ["block 4", "stem", "head"]


def test_chunks_of_each_part(design: Design) -> None:
    chunks = chunks_by_part(design)
    assert chunks["stem"] == (0,)
    assert chunks["block 0"] == (0, 2)
    assert chunks["block 3"] == (1, 3)
    assert "block 2" not in chunks  # a skip runs nowhere


def test_summary_is_short() -> None:
    assert summary(["stem", "block0.expand", "block1.expand", "block3.project", "head"]) == (
        "3 layers of blocks 0–1, 3; stem; head"
    )
    assert summary(["block5.depthwise"]) == "1 layer of block 5"
