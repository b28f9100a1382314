"""All designs of one chunk class, priced for every layer shape."""

from dataclasses import dataclass

from cosearch.accelerate.allocation import ChunkClass
from cosearch.accelerate.arrays import IntArray
from cosearch.accelerate.designs import ChunkDesigns
from cosearch.accelerate.moves import MappedDesigns

ShapeKey = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassTable:
    """One chunk class: its designs, less those that another beats for every network.

    Attributes:
        first_column: Where the class's columns start among those of the whole table.
        shapes: Column of each layer shape, within the class.
        cycles: [designs, columns], contiguous by column; `NEVER_CYCLES` where no tiling fits the buffers.
        resources: [designs, resources], in the order of `RESOURCES`.
        resident_bits: [designs, columns], what a layer takes of a W buffer that holds all weights of the chunk; 0
            where weights are streamed.
        num_declared: Designs of the declared space, before any was dropped.
        mapped: The fastest tilings, with their energy and traffic; None where those are not known.
    """

    chunk_class: ChunkClass
    first_column: int
    shapes: dict[ShapeKey, int]
    designs: ChunkDesigns
    cycles: IntArray
    resources: IntArray
    resident_bits: IntArray
    num_declared: int
    mapped: MappedDesigns | None = None
