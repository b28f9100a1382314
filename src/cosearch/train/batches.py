"""Batches that can be taken up at any step where they were left."""

from collections.abc import Iterator
from typing import Any, final

import torch
from torch import Generator, Tensor

from cosearch.errors import DataError
from cosearch.train.augment import Augmentation
from cosearch.train.splits import ImageSplit, Normalisation

Batch = tuple[Tensor, Tensor]


@final
class BatchStream:
    """An endless stream of shuffled, augmented, normalised batches; an incomplete last batch is left out.

    Args:
        split: Images and labels.
        normalisation: Of the splits.
        batch_size: At most the size of the split.
        generator: Of the order and the augmentation; owned by the stream from here on.
        augmentation: None leaves the images as they are.

    Raises:
        DataError: if the split has less than one batch.
    """

    def __init__(
        self,
        split: ImageSplit,
        normalisation: Normalisation,
        batch_size: int,
        generator: Generator,
        augmentation: Augmentation | None = None,
    ) -> None:
        if not 1 <= batch_size <= len(split):
            raise DataError(f"split {split.name} has {len(split)} images; a batch of {batch_size} is impossible")
        self.split, self.normalisation, self.augmentation = split, normalisation, augmentation
        self.batch_size = batch_size
        self._generator = generator
        self._order = torch.empty(0, dtype=torch.int64)
        self._position = 0

    @property
    def num_batches(self) -> int:
        """Batches of one pass over the split."""
        return len(self.split) // self.batch_size

    def next_batch(self) -> Batch:
        """Normalised images and their labels; starts a new order when a pass is through."""
        if self._position + self.batch_size > len(self._order):
            self._order = torch.randperm(len(self.split), generator=self._generator)
            self._position = 0
        indices = self._order[self._position : self._position + self.batch_size]
        self._position += self.batch_size
        images = self.split.images[indices]
        if self.augmentation is not None:
            images = self.augmentation(images, self._generator)
        return self.normalisation(images), self.split.labels[indices]

    def one_pass(self) -> Iterator[Batch]:
        """As many batches as one pass has."""
        for _ in range(self.num_batches):
            yield self.next_batch()

    def state_dict(self) -> dict[str, Any]:
        """Order, position and generator."""
        return {"order": self._order, "position": self._position, "generator": self._generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where a state was taken."""
        self._order, self._position = state["order"], int(state["position"])
        self._generator.set_state(state["generator"])


def ordered_batches(split: ImageSplit, normalisation: Normalisation, batch_size: int = 250) -> Iterator[Batch]:
    """All images of a split once, in order, not augmented; for scoring."""
    for start in range(0, len(split), batch_size):
        stop = start + batch_size
        yield normalisation(split.images[start:stop]), split.labels[start:stop]
