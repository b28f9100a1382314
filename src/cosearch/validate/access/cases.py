"""Cases of access counts that other tools made: a layer, an array, a mapping, and what each tool counted."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosearch.cost.asic import Place
from cosearch.errors import DataError
from cosearch.hardware import (
    DIMS,
    ArrayAccelerator,
    ArrayDram,
    ArrayMapping,
    ArrayNetwork,
    Dim,
    GlobalBuffer,
    LevelLoops,
    Operand,
    Storage,
)
from cosearch.records import read_text
from cosearch.workload import IMAGE, Layer

UNLIMITED = 10**9
"""Bits a cycle that bind nothing, as in the tools' runs."""

LEVELS: dict[str, Place] = {"RF": "registers", "GLB": "buffer", "DRAM": "dram"}
"""Names of the levels in the file, and ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessCase:
    """One case.

    Attributes:
        name: Number and layer.
        joules: Energy of a MAC, and of a word at each level, in any unit.
        counted: The file's entry.
    """

    name: str
    number: int
    layer: Layer
    array: ArrayAccelerator
    mapping: ArrayMapping
    joules: dict[str, float]
    counted: dict[str, Any]


def read_access_cases(path: Path) -> list[AccessCase]:
    """Cases of a file.

    Raises:
        DataError: if the file is no JSON of cases, or a case lacks something.
    """
    try:
        entries = json.loads(read_text(path, DataError))["cases"]
    except (ValueError, KeyError, TypeError):
        raise DataError('not a JSON object with "cases"; give a file of that form').at(path.name) from None
    cases: list[AccessCase] = []
    for index, entry in enumerate(entries):
        try:
            cases.append(_case(entry))
        except KeyError as lacking:
            raise DataError(f"lacks {lacking}; give every part of a case").at(
                f"{path.name}: cases[{index}]"
            ) from None
    if not cases:
        raise DataError("no cases; give at least one").at(path.name)
    return cases


def _case(entry: dict[str, Any]) -> AccessCase:
    layer = _layer(entry["layer"], entry["arch_spec"]["word"])
    missing = {"closed_form", "consensus"} - set(entry)
    if missing:
        raise KeyError(min(missing))
    return AccessCase(
        name=f"{entry['id']} {layer.name}",
        number=entry["id"],
        layer=layer,
        array=_array(entry),
        mapping=_mapping(entry),
        joules=entry["arch_spec"]["e"],
        counted=entry,
    )


def _layer(entry: dict[str, Any], word_bits: int) -> Layer:
    sizes: dict[str, Any] = {"K": 1, **entry["dims"]}
    if entry["dw"]:
        sizes |= {"G": sizes["C"], "K": 1, "C": 1}
    stride = entry["stride"]
    return Layer(
        name=entry["name"],
        source=IMAGE,
        **sizes,
        IY=(sizes["OY"] - 1) * stride + sizes["FY"],
        IX=(sizes["OX"] - 1) * stride + sizes["FX"],
        stride_y=stride,
        stride_x=stride,
        weight_bits=word_bits,
        input_bits=word_bits,
        output_bits=word_bits,
    )


def _array(entry: dict[str, Any]) -> ArrayAccelerator:
    spec = entry["arch_spec"]
    word = spec["word"]
    buses: dict[Operand, int] = {"I": UNLIMITED, "W": UNLIMITED, "O": UNLIMITED}
    return ArrayAccelerator(
        name=entry["arch"],
        rows=spec["Y"],
        columns=spec["X"],
        weight_bits=word,
        activation_bits=word,
        accumulator_bits=word,
        clock_hertz=1.0,
        registers=Storage(capacity_bits=spec["rf"] * word, width_bits=word, keeps=tuple(spec["keep_rf"])),
        buffer=GlobalBuffer(
            capacity_bits=spec["glb"] * word,
            width_bits=word,
            keeps=tuple(spec["keep_glb"]),
            read_bits_per_cycle=UNLIMITED,
            write_bits_per_cycle=UNLIMITED,
        ),
        network=ArrayNetwork(bits_per_cycle=buses),
        dram=ArrayDram(width_bits=word, bits_per_cycle=UNLIMITED),
    )


def _mapping(entry: dict[str, Any]) -> ArrayMapping:
    mapping, depthwise = entry["mapping"], entry["layer"]["dw"]

    def ours(factors: dict[str, int]) -> dict[Dim, int]:
        named = {"G" if depthwise and dim == "C" else dim: factor for dim, factor in factors.items()}
        return {dim: named[dim] for dim in DIMS if dim in named}

    def loops(level: str) -> LevelLoops:
        inward = ["G" if depthwise and dim == "C" else dim for dim in mapping["perm"][level]]
        order: list[Dim] = sorted((dim for dim in DIMS if dim in inward), key=lambda dim: -inward.index(dim))
        return LevelLoops(factors=ours(mapping["factors"][level]), order=tuple(order))

    spatial = mapping["factors"]["SP"]
    return ArrayMapping(
        registers=loops("RF"),
        rows=ours({dim: factor for dim, factor in spatial.items() if mapping["axis"][dim] == "Y"}),
        columns=ours({dim: factor for dim, factor in spatial.items() if mapping["axis"][dim] == "X"}),
        buffer=loops("GLB"),
        dram=loops("DRAM"),
    )
