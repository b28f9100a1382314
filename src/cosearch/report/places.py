"""Which part of the network a layer belongs to, and which chunks run that part."""

import re

from cosearch.design import Design
from cosearch.report.words import ranges

_BLOCK = re.compile(r"(?:^|[^a-z])b(?:locks?)?[._\-\[]?(\d+)")


def block_of(layer_name: str) -> int | None:
    """The index of the block a layer is part of; None for stem, head, classifier and what has no block."""
    match = _BLOCK.search(layer_name.lower())
    return int(match[1]) if match else None


def part_of(layer_name: str) -> str:
    """``block 3``, or the layer's own name up to its first dot: ``stem``, ``head``, ``classifier``."""
    block = block_of(layer_name)
    return f"block {block}" if block is not None else layer_name.split(".")[0]


def chunks_by_part(design: Design) -> dict[str, tuple[int, ...]]:
    """Chunks that run each part of the network, in order."""
    found: dict[str, set[int]] = {}
    for layer in design.predicted.per_layer:
        found.setdefault(part_of(layer.name), set()).add(layer.chunk)
    return {part: tuple(sorted(chunks)) for part, chunks in found.items()}


def summary(layer_names: list[str]) -> str:
    """What a chunk runs, in few words: ``stem; 8 layers of blocks 0-3; head``."""
    blocks = [block_of(name) for name in layer_names]
    inside = [block for block in blocks if block is not None]
    alone = [name for name, block in zip(layer_names, blocks, strict=True) if block is None]
    said: list[str] = []
    if inside:
        noun = "layer" if len(inside) == 1 else "layers"
        place = "block" if len(set(inside)) == 1 else "blocks"
        said.append(f"{len(inside)} {noun} of {place} {ranges(inside)}")
    return "; ".join(said + alone)
