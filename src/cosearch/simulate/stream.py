"""A stream of images through the chunks of an accelerator, turn by turn.

Every chunk repeats its layers in network order, back to back, once a period: each layer has its turn. At its turn a
layer takes the next image if all that it reads of that image is stored; else the turn passes. A chunk's first round
begins when the first image is ready for its first layer.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cosearch.errors import InputError
from cosearch.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTrace:
    """When images pass through.

    Attributes:
        starts: Start of every layer, by name, for each image.
        done_cycles: When the last layer of each image has ended, from the arrival of the first image.
        latency_cycles: From the arrival of each image to its end.
        rounds: By layer, how many rounds of its chunk after the first layer's it takes up an image.
        period_cycles: Between two arrivals, and between two rounds of any chunk.
    """

    starts: dict[str, list[int]]
    done_cycles: list[int]
    latency_cycles: list[int]
    rounds: dict[str, int]
    period_cycles: int

    @property
    def num_in_flight(self) -> int:
        """Images that have arrived and not ended, at most."""
        return -(-self.latency_cycles[0] // self.period_cycles)


def stream_images(
    workload: Workload, cycles: Mapping[str, int], chunks: Sequence[Sequence[str]], num_images: int
) -> StreamTrace:
    """Pass images through, one arriving every period.

    Args:
        workload: The network.
        cycles: Cycles of each layer, by name.
        chunks: Names of the layers of each chunk, in network order.
        num_images: How many images.

    Raises:
        InputError: if there is no image.
    """
    if num_images < 1:
        raise InputError(f"num_images={num_images}; a stream needs at least 1")
    stream = _Stream(workload, cycles, chunks, num_images)
    while stream.turns:
        stream.turn()
    done = [max(stream.ends[name][image] for name in cycles) for image in range(num_images)]
    return StreamTrace(
        starts=stream.starts,
        done_cycles=done,
        latency_cycles=[end - image * stream.period for image, end in enumerate(done)],
        rounds={name: stream.rounds_waited(names, name) for names in chunks for name in names},
        period_cycles=stream.period,
    )


class _Stream:
    """The state of all chunks: whose turn is next, and which layer has done which image when."""

    def __init__(
        self, workload: Workload, cycles: Mapping[str, int], chunks: Sequence[Sequence[str]], num_images: int
    ) -> None:
        self.reads = {layer.name: workload.reads(layer) for layer in workload.layers}
        self.cycles, self.chunks, self.num_images = cycles, chunks, num_images
        self.period = max(sum(cycles[name] for name in names) for names in chunks)
        self.starts: dict[str, list[int]] = {name: [] for name in cycles}
        self.ends: dict[str, list[int]] = {name: [] for name in cycles}
        self.waiting = {index for index in range(len(chunks))}
        self.turns: list[tuple[int, int, int]] = []  # time, chunk, place of the layer among the chunk's
        self.open_chunks()

    def open_chunks(self) -> None:
        """Begin the rounds of chunks for whose first layer the first image is ready."""
        for chunk in sorted(self.waiting):
            ends = [self.ends[name] for name in self.reads[self.chunks[chunk][0]]]
            if all(ends):
                self.waiting.discard(chunk)
                heapq.heappush(self.turns, (max((end[0] for end in ends), default=0), chunk, 0))

    def turn(self) -> None:
        """The next turn of any chunk."""
        time, chunk, place = heapq.heappop(self.turns)
        name = self.chunks[chunk][place]
        image = len(self.ends[name])
        if image < self.num_images and self.is_ready(name, chunk, place, image, time):
            self.starts[name].append(time)
            self.ends[name].append(time + self.cycles[name])
            if image == 0:
                self.open_chunks()
        following = (place + 1) % len(self.chunks[chunk])
        idle = self.period - sum(self.cycles[other] for other in self.chunks[chunk]) if following == 0 else 0
        if any(len(self.ends[other]) < self.num_images for other in self.chunks[chunk]):
            heapq.heappush(self.turns, (time + self.cycles[name] + idle, chunk, following))

    def rounds_waited(self, names: Sequence[str], name: str) -> int:
        """How many rounds after the chunk's first layer a layer has taken up the first image."""
        ahead = sum(self.cycles[other] for other in names[: names.index(name)])
        return (self.starts[name][0] - self.starts[names[0]][0] - ahead) // self.period

    def is_ready(self, name: str, chunk: int, place: int, image: int, time: int) -> bool:
        """Whether an image has arrived and passed the chunk's layers before, and all that is read of it is stored."""
        if time < image * self.period:
            return False
        if place and len(self.ends[self.chunks[chunk][place - 1]]) <= image:
            return False
        return all(len(self.ends[other]) > image and self.ends[other][image] <= time for other in self.reads[name])
