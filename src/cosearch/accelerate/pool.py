"""All chunks that may be built for any layers of one network: what rules that are not fixed by shape choose from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cosearch.accelerate.allocation import width_of
from cosearch.accelerate.arrays import NEVER_CYCLES, RESOURCES, IntArray
from cosearch.accelerate.engine import programmed
from cosearch.accelerate.space import AcceleratorSpace
from cosearch.accelerate.table import ClassTable, DesignTable
from cosearch.hardware import Accelerator, Chunk, ChunkKind, DramPort, Platform
from cosearch.workload import Workload


@dataclass(frozen=True, slots=True, eq=False)
class DesignPool:
    """Designs of several classes, one after another, and what each takes for every layer.

    Attributes:
        cycles: [designs, layers]; `NEVER_CYCLES` where a design cannot run a layer.
        resources: [designs, resources], in the order of `RESOURCES`.
        starts: First design of each class, [classes + 1].
        budget: Of each resource, what the platform leaves to a design.
    """

    workload: Workload
    platform: str
    port: DramPort
    clock_hertz: float
    classes: tuple[ClassTable, ...]
    cycles: IntArray
    resources: IntArray
    starts: IntArray
    budget: IntArray

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
        chunk = space.chunk.model_copy(update={"resident_weights": (False,)})
        need = [width_of(layer, space) for layer in workload.layers]
        classes: list[ClassTable] = []
        cycles: list[IntArray] = []
        port = platform.port(clock_hertz)
        for kind in kinds:
            for width in sorted(set(need)):
                runs = [
                    place
                    for place, layer in enumerate(workload.layers)
                    if need[place] <= width and (kind is ChunkKind.BOTH or _kind_of(layer.is_depthwise) is kind)
                ]
                if not runs:
                    continue
                rule = "single" if kind is ChunkKind.BOTH else "kind"
                own = AcceleratorSpace(allocation=rule, widths=(width,), chunk=chunk)
                layers = [workload.layers[place] for place in runs]
                entry = DesignTable.build(layers, own, platform, clock_hertz, prune=False).classes[0]
                classes.append(entry)
                cycles.append(np.full((len(entry.designs), len(need)), NEVER_CYCLES, np.int64))
                cycles[-1][:, runs] = entry.cycles[:, [entry.shapes[layer.shape_key()] for layer in layers]]
        limits = platform.budget()
        return DesignPool(
            workload=workload,
            platform=platform.name,
            port=port,
            clock_hertz=clock_hertz,
            classes=tuple(classes),
            cycles=np.concatenate(cycles),
            resources=np.concatenate([entry.resources for entry in classes]),
            starts=np.cumsum([0, *(len(entry.designs) for entry in classes)]),
            budget=np.array([limits.get(name, port.total_slots) for name in RESOURCES], np.int64),
        )

    def joined(self, other: "DesignPool") -> "DesignPool":
        """The designs of this pool, then those of another for the same network on the same platform."""
        return replace(
            self,
            classes=(*self.classes, *other.classes),
            cycles=np.concatenate([self.cycles, other.cycles]),
            resources=np.concatenate([self.resources, other.resources]),
            starts=np.concatenate([self.starts, self.starts[-1] + other.starts[1:]]),
        )

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


def _kind_of(is_depthwise: bool) -> ChunkKind:
    return ChunkKind.DEPTHWISE if is_depthwise else ChunkKind.STANDARD
