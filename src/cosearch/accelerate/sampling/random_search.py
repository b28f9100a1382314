"""Random search: the yardstick that every cleverer engine must beat."""

from dataclasses import dataclass
from typing import final

from cosearch.accelerate.sampling.engine import AbstractSamplingEngine, AbstractSearch, draw_uniform
from cosearch.accelerate.sampling.meter import Meter, SpentError

_BATCH = 64


@final
@dataclass(frozen=True, slots=True)
class Random(AbstractSamplingEngine):
    """Draws whole designs, every part uniformly among its valid designs.

    Attributes:
        assembles: Whether parts of different draws are put together, which costs no evaluation. Off, it is random
            search as it is commonly compared with.
    """

    assembles: bool = False

    def start(self, meter: Meter, seed: int) -> AbstractSearch:
        """At its beginning."""
        return _RandomSearch(meter, seed, self.assembles)


class _RandomSearch(AbstractSearch):
    def __init__(self, meter: Meter, seed: int, assembles: bool) -> None:
        super().__init__(meter, seed)
        self.assembles = assembles

    def step(self) -> None:
        """A batch of whole designs."""
        parts = self.meter.question.parts
        number = min(_BATCH, self.meter.left // len(parts))
        if number < 1:
            raise SpentError
        codes = [draw_uniform(part, number, self.rng) for part in parts]
        features = [self.meter.price(index, own) for index, own in enumerate(codes)]
        self.meter.offer(codes, features)
        if self.assembles:
            self.meter.assemble()
