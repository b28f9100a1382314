"""All chunks that may be built for any layers of one network: what rules that are not fixed by shape choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from cosearch.accelerate.allocation import ChunkClass, width_of
from cosearch.accelerate.arrays import NEVER_CYCLES, RESOURCES, IntArray
from cosearch.accelerate.class_table import ShapeKey
from cosearch.accelerate.engine import programmed
from cosearch.accelerate.offers import Offers
from cosearch.accelerate.pooled_class import PoolBuilder, PooledClass
from cosearch.accelerate.space import AcceleratorSpace
from cosearch.hardware import Accelerator, Chunk, ChunkKind, DramPort, Platform
from cosearch.workload import Layer, Workload


@dataclass(frozen=True, slots=True, eq=False)
class DesignPool:
    """Designs of several classes, one after another, and what each takes for every layer.

    A design that another one matches or beats in everything may be left out.

    Attributes:
        offers: The designs, and what the platform leaves to them of each of `RESOURCES`.
        starts: First design of each class, [classes + 1].
    """

    workload: Workload
    platform: str
    port: DramPort
    clock_hertz: float
    classes: tuple[PooledClass, ...]
    offers: Offers
    starts: IntArray

    @staticmethod
    def build(
        workload: Workload,
        space: AcceleratorSpace,
        platform: Platform,
        clock_hertz: float,
        *,
        kinds: Sequence[ChunkKind] = (ChunkKind.BOTH,),
    ) -> "DesignPool":
        """Price designs of some kinds in every width of a space that some layer needs.

        Weights are streamed: how many fit beside each other depends on the layers that share a chunk.

        Args:
            workload: The network.
            space: Choices of every chunk, and widths; its rule is not asked.
            platform: What it is built on.
            clock_hertz: The accelerator clock.
            kinds: Of the chunks.

        Raises:
            HardwareError: if a layer is wider than every width, or no design of a kind and width can run it.
        """
        need = [width_of(layer, space) for layer in workload.layers]
        shapes: dict[ShapeKey, int] = {}
        distinct: list[tuple[Layer, int]] = []
        for layer, width in zip(workload.layers, need, strict=True):
            if shapes.setdefault(layer.shape_key(), len(shapes)) == len(distinct):
                distinct.append((layer, width))
        port, limits = platform.port(clock_hertz), platform.budget()
        budget = np.array([limits.get(name, port.total_slots) for name in RESOURCES], np.int64)
        builder = PoolBuilder(space.chunk, platform, port, budget)
        classes: list[PooledClass] = []
        runs: list[list[int]] = []
        for kind, width in product(kinds, sorted(set(need))):
            own = [
                column
                for column, (layer, least) in enumerate(distinct)
                if least <= width and (kind is ChunkKind.BOTH or _kind_of(layer.is_depthwise) is kind)
            ]
            if own:
                layers = [distinct[column][0] for column in own]
                classes.append(builder.build(ChunkClass.of(layers, kind, width), layers))
                runs.append(own)
        columns = np.array([shapes[layer.shape_key()] for layer in workload.layers], np.int64)
        return DesignPool(
            workload=workload,
            platform=platform.name,
            port=port,
            clock_hertz=clock_hertz,
            classes=tuple(classes),
            offers=_joined(classes, runs, columns, budget),
            starts=np.cumsum([0, *(len(entry.designs) for entry in classes)]),
        )

    def only(self, kind: ChunkKind) -> Offers:
        """The designs of one kind, if that kind was the first to be asked for; numbers stay."""
        number = sum(len(entry.designs) for entry in self.classes if entry.chunk_class.kind is kind)
        return self.offers if number == len(self.offers.rows) else self.offers.take(np.arange(number))

    def chunk(self, design: int) -> Chunk:
        """One design as a record."""
        index = int(np.searchsorted(self.starts, design, side="right")) - 1
        entry = self.classes[index]
        return entry.designs.chunk(design - int(self.starts[index]), entry.chunk_class)

    def accelerator(self, shares: Sequence[tuple[int, Sequence[int]]]) -> Accelerator:
        """Designs with the positions of the layers they run, each with its best mapping."""
        layers = self.workload.layers
        chunks = tuple(
            programmed(self.chunk(design), [layers[place] for place in places], self.port)
            for design, places in shares
        )
        return Accelerator(platform=self.platform, clock_hertz=self.clock_hertz, port=self.port, chunks=chunks)


def _joined(
    classes: Sequence[PooledClass], runs: Sequence[Sequence[int]], columns: IntArray, budget: IntArray
) -> Offers:
    """The designs of classes that run some of the columns each."""
    starts = np.cumsum([0, *(len(entry.cycles) for entry in classes)])
    cycles = np.full((int(columns.max()) + 1, int(starts[-1])), NEVER_CYCLES, np.int64)
    for entry, own, start in zip(classes, runs, starts, strict=False):
        cycles[own, start : start + len(entry.cycles)] = entry.cycles.T
    return Offers(
        cycles=cycles.T,
        rows=np.concatenate([entry.rows + start for entry, start in zip(classes, starts, strict=False)]),
        columns=columns,
        resources=np.concatenate([entry.resources for entry in classes]),
        budgets=budget,
    )


def _kind_of(is_depthwise: bool) -> ChunkKind:
    return ChunkKind.DEPTHWISE if is_depthwise else ChunkKind.STANDARD
