"""What runs in one forward pass of a supernet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from cosearch.design import Block, NetworkSpace
from cosearch.network.describe import check_blocks
from cosearch.network.geometry import geometry_of
from cosearch.network.quantiser import BitMix


@dataclass(frozen=True, slots=True, eq=False)
class BlockPath:
    """Active operators of one block.

    Attributes:
        operators: Indices into `space.operators`; the block's value is that of the first.
        gates: [operators], of value one for the first and zero for the others; None where no gradient is wanted, and
            then the first alone runs.
        bits: How each active operator is quantised.
    """

    operators: tuple[int, ...]
    gates: Tensor | None
    bits: tuple[BitMix, ...]


def path_of(space: NetworkSpace, blocks: Sequence[Block]) -> tuple[BlockPath, ...]:
    """The path of one hard network.

    Raises:
        WorkloadError: if the space does not hold it, or a block has unequal weight and activation bits.
    """
    check_blocks(space, blocks, equal_bits=True)
    return tuple(
        BlockPath(
            (space.operators.index(block.op),),
            None,
            (None if block.weight_bits is None else space.bits.index(block.weight_bits),),
        )
        for block in blocks
    )


class FairOperators:
    """Operators for warm-up steps: in every block each legal one comes equally often.

    Every block deals the legal operators in a random order and shuffles anew when they are through; blocks are
    independent, so that operators meet in all combinations. Without it a skip wins early, since it needs no training.

    Source: Chu et al., "FairNAS", arXiv 1907.01845, section 3.2.
    """

    def __init__(self, space: NetworkSpace, generator: Generator) -> None:
        self.generator = generator
        self._legal = [[space.operators.index(name) for name in shape.legal] for shape in geometry_of(space).blocks]
        self._waiting: list[list[int]] = [[] for _ in self._legal]

    def draw(self) -> tuple[int, ...]:
        """One operator a block."""
        for legal, waiting in zip(self._legal, self._waiting, strict=True):
            if not waiting:
                order: list[int] = torch.randperm(len(legal), generator=self.generator).tolist()
                waiting += [legal[i] for i in order]
        return tuple(waiting.pop() for waiting in self._waiting)

    def state_dict(self) -> dict[str, Any]:
        """What is still to be dealt; the generator's state is its owner's."""
        return {"waiting": [list(waiting) for waiting in self._waiting]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where a state was taken."""
        self._waiting = [list(waiting) for waiting in state["waiting"]]
