"""Which table columns a network of the space uses, and how often one drawn from the logits uses each."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from cosearch.design import Block, NetworkSpace
from cosearch.network import block_layers, head_layers, stem_layers
from cosearch.workload import Layer

ColumnOf = Callable[[Layer], int]


class SpaceColumns:
    """The layers of every choice of every block, as column indices of a design table.

    The last layer of a block is stored at the bits of the next block that is no skip, so a choice has one set of
    layers for every width that may follow it.

    Attributes:
        next_bits: Widths that may follow a block: the candidate bits and the edge's.
        choices: Layers by block, operator, bits and following bits.
    """

    def __init__(self, space: NetworkSpace) -> None:
        self.space = space
        self.next_bits = tuple(sorted({*space.bits, space.edge_bits}))
        self.choices: dict[tuple[int, str, int, int], tuple[Layer, ...]] = {
            (index, op, bits, following): block_layers(space, index, _block(op, bits), "stem", following)
            for index in range(space.num_blocks)
            for op in space.legal_operators(index)
            for bits in space.bits
            for following in self.next_bits
        }

    def layers(self) -> list[Layer]:
        """Every layer that a network of the space may hold; equal shapes may repeat."""
        found = [layer for following in self.next_bits for layer in stem_layers(self.space, following)]
        for layers in self.choices.values():
            found += layers
        return found + list(head_layers(self.space, "stem"))

    def counter(self, column_of: ColumnOf, num_columns: int) -> "ExpectedCounts":
        """The expected use of every column, as a differentiable function of the probabilities."""
        return ExpectedCounts(self, column_of, num_columns)


class ExpectedCounts:
    """Expected number of layers on every column; exact, since blocks are drawn independently."""

    def __init__(self, columns: SpaceColumns, column_of: ColumnOf, num_columns: int) -> None:
        space = columns.space
        self._space, self._next_bits, self._num_columns = space, columns.next_bits, num_columns
        operators, bits, following = space.operators, space.bits, columns.next_bits
        shape = (space.num_blocks, len(operators), len(bits), len(following))
        places: list[tuple[int, int, int, int]] = []
        targets: list[int] = []
        for (index, op, width, after), layers in columns.choices.items():
            place = (index, operators.index(op), bits.index(width), following.index(after))
            for layer in layers:
                places.append(place)
                targets.append(column_of(layer))
        flat = torch.tensor(places, dtype=torch.long).T
        self._source = ((flat[0] * shape[1] + flat[1]) * shape[2] + flat[2]) * shape[3] + flat[3]
        self._target = torch.tensor(targets, dtype=torch.long)
        self._stem = torch.tensor([column_of(stem_layers(space, b)[0]) for b in following], dtype=torch.long)
        self._head = torch.tensor([column_of(layer) for layer in head_layers(space, "stem")], dtype=torch.long)

    def __call__(
        self, op_probs: Float[Tensor, "blocks operators"], bit_probs: Float[Tensor, "blocks operators bits"]
    ) -> Float[Tensor, " columns"]:
        """Expected layers per column of a network drawn block by block.

        Args:
            op_probs: Probability of each operator; zero where it is illegal.
            bit_probs: Probability of each width, given the operator.
        """
        after = self._following(op_probs, bit_probs)
        choice = op_probs[:, :, None, None] * bit_probs[:, :, :, None] * after[1:, None, None, :]
        counts = op_probs.new_zeros(self._num_columns)
        counts = counts.index_add(0, self._target, choice.reshape(-1)[self._source])
        counts = counts.index_add(0, self._stem, after[0])
        return counts.index_add(0, self._head, op_probs.new_ones(len(self._head)))

    def _following(
        self, op_probs: Float[Tensor, "blocks operators"], bit_probs: Float[Tensor, "blocks operators bits"]
    ) -> Float[Tensor, "blocks_and_stem next_bits"]:
        """Row i: distribution of the width at which the tensor before block i is stored; last, before the head."""
        skip = torch.tensor([op == "skip" for op in self._space.operators])
        edge = op_probs.new_tensor([float(b == self._space.edge_bits) for b in self._next_bits])
        place = torch.tensor([self._next_bits.index(b) for b in self._space.bits])
        rows = [edge]
        for ops, bits in zip(reversed(op_probs.unbind()), reversed(bit_probs.unbind()), strict=True):
            own = (ops[~skip, None] * bits[~skip]).sum(0)
            row = rows[-1] * ops[skip].sum()
            rows.append(row.index_add(0, place, own))
        return torch.stack(rows[::-1])


def _block(op: str, bits: int) -> Block:
    return Block(op=op) if op == "skip" else Block(op=op, weight_bits=bits, activation_bits=bits)
