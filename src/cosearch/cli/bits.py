"""``--bits``: one width for all layers, and others for some."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from cosearch.errors import InputError
from cosearch.workload import Workload, with_bits

EVERY = ""
"""Stands for all layers."""


def apply_bits(workload: Workload, texts: Sequence[str]) -> Workload:
    """A network at the widths of ``--bits``: ``8``, ``first=8``, ``last=8``, ``features.3*=6``; later ones win.

    `first` and `last` are the first and the last layer with weights. Layers that nothing names keep their widths.

    Raises:
        InputError: as `parse_bits` does, or for a pattern that no layer matches.
        WorkloadError: if a width is out of range.
    """
    if not texts:
        return workload
    bits = {layer.name: max(layer.weight_bits, layer.input_bits) for layer in workload.layers}
    convolutions = [layer.name for layer in workload.layers if layer.has_weights] or list(bits)
    ends = {"first": convolutions[0], "last": convolutions[-1], EVERY: "*"}
    for pattern, width in sorted(parse_bits(texts), key=lambda part: part[0] != EVERY):
        named = [name for name in bits if fnmatchcase(name, ends.get(pattern, pattern))]
        if not named:
            raise InputError(f"--bits {pattern}={width}: no layer matches; the first is {next(iter(bits))!r}")
        bits |= dict.fromkeys(named, width)
    return with_bits(workload, bits)


def parse_bits(texts: Sequence[str]) -> list[tuple[str, int]]:
    """Patterns and widths; `EVERY` where a width is for all layers.

    Raises:
        InputError: for a text of another form, or two widths for all layers.
    """
    parts: list[tuple[str, int]] = []
    for text in texts:
        pattern, equals, number = text.rpartition("=")
        if not number.isdecimal() or (equals and not pattern):
            raise InputError(f"--bits {text}: expected a width such as 8, or LAYERS=8")
        known = [width for name, width in parts if name == EVERY]
        if not equals and known:
            raise InputError(f"--bits {number}: one width for all layers is enough, {known[0]} is given too")
        parts.append((pattern if equals else EVERY, int(number)))
    return parts
