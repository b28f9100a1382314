"""Whether a mapping fits its layer and its array, and the extents that decide it."""

from collections.abc import Mapping

from cosearch.errors import MappingError
from cosearch.hardware.array.accelerator import ArrayAccelerator, Storage
from cosearch.hardware.array.loops import DIMS, OPERANDS, RELEVANT, Dim, Factors, Operand
from cosearch.hardware.array.mapping import ArrayMapping
from cosearch.workload import Layer


def memory_words(words: int, word_bits: int, width_bits: int) -> int:
    """Memory words that hold so many operand words: floor(width / bits) in each, or several for one."""
    return -(-words // max(1, width_bits // word_bits)) * -(-word_bits // width_bits)


def tile_words(layer: Layer, operand: Operand, extents: Mapping[Dim, int]) -> int:
    """Words of an operand under loops of some extents; of the input the box around its pixels, without padding."""
    total = 1
    for dim in RELEVANT[operand] - {"OY", "OX", "FY", "FX"} if operand == "I" else RELEVANT[operand]:
        total *= extents[dim]
    if operand == "W":
        return total if layer.op in ("convolution", "multiply") else 0
    if operand == "O":
        return total
    rows = (extents["OY"] - 1) * layer.stride_y + (extents["FY"] - 1) * layer.dilation_y + 1
    columns = (extents["OX"] - 1) * layer.stride_x + (extents["FX"] - 1) * layer.dilation_x + 1
    return total * min(rows, layer.IY) * min(columns, layer.IX)


def operand_bits(layer: Layer, array: ArrayAccelerator) -> dict[Operand, int]:
    """Bits of the words that the memories of an array hold; O as sums."""
    return {"I": layer.input_bits, "W": layer.weight_bits, "O": array.accumulator_bits}


def occupied_bits(layer: Layer, mapping: ArrayMapping, array: ArrayAccelerator, level: str) -> dict[Operand, int]:
    """Bits that each operand takes of `registers`, of one element, or of the `buffer`; both banks where there are."""
    storage: Storage = array.registers if level == "registers" else array.buffer
    extents: dict[Dim, int] = {dim: mapping.inside(dim, level) for dim in DIMS}
    bits = operand_bits(layer, array)
    taken: dict[Operand, int] = {}
    for operand in storage.keeps:
        words = memory_words(tile_words(layer, operand, extents), bits[operand], storage.width_bits)
        taken[operand] = words * storage.width_bits * (2 if operand in storage.double_buffered else 1)
    return taken


def check_array_mapping(layer: Layer, mapping: ArrayMapping, array: ArrayAccelerator) -> None:
    """Whether an array can run a layer in this way.

    Raises:
        MappingError: if operands are wider than the multipliers, a loop is not covered, the array is too small, or a
            memory is.
    """
    for name, have, limit in (
        ("weight_bits", layer.weight_bits, array.weight_bits),
        ("input_bits", layer.input_bits, array.activation_bits),
    ):
        if have > limit and (name == "input_bits" or layer.op in ("convolution", "multiply")):
            raise MappingError(f"{name}={have} on multipliers of {limit} bits; at most {limit}").at(layer.name)
    _check_cover(layer, mapping)
    _check_array(layer, mapping, array)
    for level, storage in (("registers", array.registers), ("buffer", array.buffer)):
        _check_capacity(layer, level, storage, occupied_bits(layer, mapping, array, level))


def _check_cover(layer: Layer, mapping: ArrayMapping) -> None:
    for dim in DIMS:
        bound: int = getattr(layer, dim)
        covered = mapping.inside(dim, "dram")
        if covered < bound:
            raise MappingError(
                f"factors of {dim} multiply to {covered}, the layer has {bound}; raise one of them"
            ).at(layer.name)


def _check_array(layer: Layer, mapping: ArrayMapping, array: ArrayAccelerator) -> None:
    rows, columns = mapping.used_rows, mapping.used_columns
    strips = -(-columns // array.columns)
    if strips > 1 and not array.network.folds:
        raise MappingError(f"{_names(mapping.columns)} take {columns} columns of {array.columns}; lower a factor").at(
            layer.name
        )
    if rows * strips > array.rows:
        cut = f" in {strips} strips above one another" if strips > 1 else ""
        raise MappingError(
            f"{_names(mapping.rows)}{cut} take {rows * strips} rows of {array.rows}; lower a factor"
        ).at(layer.name)


def _check_capacity(layer: Layer, level: str, storage: Storage, taken: Mapping[Operand, int]) -> None:
    for name, capacity in storage.memories().items():
        operands: list[Operand] = [each for each in OPERANDS if each in taken and name in ("shared", each)]
        needed = sum(taken[operand] for operand in operands)
        if needed > capacity:
            parts = ", ".join(f"{operand} {taken[operand]}" for operand in operands)
            raise MappingError(
                f"tiles take {needed} bits of {capacity} in {level} ({parts}); lower a factor inside {level}"
            ).at(layer.name)


def _names(factors: Factors) -> str:
    return " x ".join(f"{dim}={factor}" for dim, factor in factors.items() if factor > 1) or "no factors"
