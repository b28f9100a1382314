"""Row-stationary mappings, from the parameters of Eyeriss."""

from pydantic import Field

from cosearch.hardware.array.loops import LevelLoops
from cosearch.hardware.array.mapping import ArrayMapping
from cosearch.records import Record
from cosearch.workload import Layer


class RowStationary(Record):
    """One processing pass, and what the buffer holds of a layer.

    Source: Chen, Krishna, Emer, Sze, "Eyeriss", JSSC 52(1), 2017, table III.

    Attributes:
        m: Output channels whose sums the buffer holds.
        n: Images of a pass.
        e: Output rows of a pass: columns of a set of elements.
        p, q: Output and input channels that an element works on in turn.
        r: Sets that work on other input channels.
        t: Sets that work on other output channels.
    """

    m: int = Field(ge=1)
    n: int = Field(ge=1)
    e: int = Field(ge=1)
    p: int = Field(ge=1)
    q: int = Field(ge=1)
    r: int = Field(ge=1)
    t: int = Field(ge=1)


def row_stationary(layer: Layer, parameters: RowStationary) -> ArrayMapping:
    """The mapping of a layer in passes.

    An element convolves a row of the kernel with a row of the input; a set of FY x `e` elements makes `e` rows of
    output, and sums go up its columns. Sets of other input channels stand above one another, those of other output
    channels beside one another; what is wider than the array is cut, so the array has to fold. Within a pass the
    window moves along the row, then images change; the buffer keeps the sums of `m` channels while passes go through
    them, then input channels change.
    """
    outputs = parameters.p * parameters.t
    held = -(-min(parameters.m, layer.K) // outputs)
    return ArrayMapping(
        registers=LevelLoops(factors={"K": parameters.p, "C": parameters.q, "FX": layer.FX}, order=("K", "C", "FX")),
        rows={"C": parameters.r, "FY": layer.FY},
        columns={"K": parameters.t, "OY": parameters.e},
        buffer=LevelLoops(factors={"K": held, "N": parameters.n, "OX": layer.OX}, order=("K", "N", "OX")),
        dram=LevelLoops(
            factors={
                "N": -(-layer.N // parameters.n),
                "G": layer.G,
                "K": -(-layer.K // (outputs * held)),
                "OY": -(-layer.OY // parameters.e),
                "C": -(-layer.C // (parameters.q * parameters.r)),
            },
            order=("G", "N", "K", "OY", "C"),
        ),
    )
