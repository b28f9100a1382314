"""Mappings in the notation of Timeloop, such as ``L3[WIO] P7 K2 - L2[WI] K16X - L1[O] C4 C16X - L0[W] Q4``."""

import re
from typing import Literal

from cosearch.errors import MappingError

Dim = Literal["N", "K", "C", "OY", "OX", "FY", "FX"]

DIMS: tuple[Dim, ...] = ("N", "K", "C", "OY", "OX", "FY", "FX")

TIMELOOP_DIMS: dict[str, Dim] = {"N": "N", "K": "K", "C": "C", "Q": "OY", "P": "OX", "S": "FY", "R": "FX"}
"""Letters of the notation, in our words; the measured programs take P for columns and R for kernel columns."""

_LEVEL = re.compile(r"L(\d)\[\w*\]((?: [A-Z]\d+[XY]?)+)")
_LOOP = re.compile(r"([A-Z])(\d+)([XY]?)")

Loop = tuple[Dim, int]


def parse_mapping(text: str) -> dict[int, tuple[Loop, ...]]:
    """Loops of every memory level, outermost first; spatial loops stand among them.

    Raises:
        MappingError: if a level or a loop is not of the notation, or a level is missing.
    """
    levels: dict[int, tuple[Loop, ...]] = {}
    for part in text.split(" - "):
        match = _LEVEL.fullmatch(part)
        if match is None:
            raise MappingError(f"cannot read the level {part!r}; write one as L1[O] K4 C16X")
        levels[int(match[1])] = tuple(_loop(word) for word in match[2].split())
    if missing := [level for level in range(4) if level not in levels]:
        raise MappingError(f"levels {missing} are missing in {text!r}; give L3 to L0")
    return levels


def _loop(word: str) -> Loop:
    match = _LOOP.fullmatch(word)
    assert match is not None
    if match[1] not in TIMELOOP_DIMS or int(match[2]) == 0:
        known = " ".join(TIMELOOP_DIMS)
        raise MappingError(f"loop {word} is not a dimension and its bound; dimensions: {known}, bounds from 1")
    return TIMELOOP_DIMS[match[1]], int(match[2])
