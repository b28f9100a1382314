"""The distribution over networks: logits of operators and bits, and what can be drawn or read from them."""

import heapq
from collections.abc import Sequence
from typing import NamedTuple, final

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from cosearch.choices import AbstractPathEstimator, AbstractRelaxation, draw, log_probs
from cosearch.design import Block, NetworkSpace, parse_operator
from cosearch.network.describe import check_blocks
from cosearch.network.geometry import geometry_of
from cosearch.network.path import BlockPath


class NetworkIndices(NamedTuple):
    """Networks as indices into `space.operators` and `space.bits`; the bits of a skip are 0 and mean nothing."""

    operators: Int[Tensor, "networks blocks"]
    bits: Int[Tensor, "networks blocks"]


@final
class Architecture(nn.Module):
    """Independent categorical variables: the operator of every block, and the bits of every operator of it.

    Weights and activations of a block share one choice of bits.

    Args:
        space: The space of networks.

    Attributes:
        op_logits: alpha, [blocks, operators], zero at first.
        bit_logits: beta, [blocks, operators, bits], zero at first.
        mask: [blocks, operators], True where an operator is legal.
    """

    def __init__(self, space: NetworkSpace) -> None:
        super().__init__()
        self.space = space
        shape = (space.num_blocks, len(space.operators))
        self.op_logits = nn.Parameter(torch.zeros(shape))
        self.bit_logits = nn.Parameter(torch.zeros(*shape, len(space.bits)))
        legal = [[name in block.legal for name in space.operators] for block in geometry_of(space).blocks]
        self.mask: Tensor
        self.register_buffer("mask", torch.tensor(legal, dtype=torch.bool))
        has_bits = [not parse_operator(name).is_skip for name in space.operators]
        self.has_bits: Tensor
        self.register_buffer("has_bits", torch.tensor(has_bits, dtype=torch.bool), persistent=False)

    def op_log_probs(self) -> Float[Tensor, "blocks operators"]:
        """Logarithm of the operators' probabilities; minus infinity where illegal."""
        return log_probs(self.op_logits, self.mask)

    def op_probs(self) -> Float[Tensor, "blocks operators"]:
        """Probabilities of the operators; zero where illegal."""
        return torch.exp(self.op_log_probs())

    def bit_log_probs(self) -> Float[Tensor, "blocks operators bits"]:
        """Logarithm of the bitwidths' probabilities, given the operator."""
        return log_probs(self.bit_logits)

    def bit_probs(self) -> Float[Tensor, "blocks operators bits"]:
        """Probabilities of the bitwidths, given the operator."""
        return torch.exp(self.bit_log_probs())

    def joint_probs(self) -> Float[Tensor, "blocks operators bits"]:
        """Probabilities of operator and bitwidth together; all of a skip's lies on its first entry."""
        joint = self.op_probs().unsqueeze(2) * self.bit_probs()
        first = torch.zeros_like(joint)
        first[:, :, 0] = 1.0
        return torch.where(self.has_bits[None, :, None], joint, self.op_probs().unsqueeze(2) * first)

    def argmax(self) -> list[Block]:
        """The most probable network."""
        return self.most_probable(1)[0]

    @torch.no_grad()
    def sample_indices(self, num_networks: int, generator: Generator) -> NetworkIndices:
        """Hard networks drawn from the distribution."""
        num_blocks, num_bits = self.op_logits.shape[0], self.bit_logits.shape[2]
        operators = draw(self.op_probs(), num_networks, generator)
        rows = torch.arange(num_blocks).unsqueeze(1)
        chosen = self.bit_probs()[rows, operators].reshape(-1, num_bits)
        bits = draw(chosen, 1, generator).reshape(num_blocks, num_networks)
        bits = torch.where(self.has_bits[operators], bits, 0)
        return NetworkIndices(operators.t().contiguous(), bits.t().contiguous())

    def sample(self, generator: Generator) -> list[Block]:
        """One hard network drawn from the distribution."""
        return self.blocks_of(self.sample_indices(1, generator))[0]

    def blocks_of(self, indices: NetworkIndices) -> list[list[Block]]:
        """Networks as blocks."""
        return [
            [self._block(operator, bit) for operator, bit in zip(operators, bits, strict=True)]
            for operators, bits in zip(indices.operators.tolist(), indices.bits.tolist(), strict=True)
        ]

    def indices_of(self, networks: Sequence[Sequence[Block]]) -> NetworkIndices:
        """Networks as indices.

        Raises:
            WorkloadError: if the space does not hold a network, or one has unequal weight and activation bits.
        """
        operators: list[list[int]] = []
        bits: list[list[int]] = []
        for blocks in networks:
            check_blocks(self.space, blocks, equal_bits=True)
            operators.append([self.space.operators.index(block.op) for block in blocks])
            bits.append([0 if b.weight_bits is None else self.space.bits.index(b.weight_bits) for b in blocks])
        return NetworkIndices(torch.tensor(operators), torch.tensor(bits))

    def log_prob(self, indices: NetworkIndices) -> Float[Tensor, " networks"]:
        """Logarithm of the probability of every network, differentiable in the logits."""
        rows = torch.arange(self.op_logits.shape[0])
        of_operators = self.op_log_probs()[rows, indices.operators]
        of_bits = self.bit_log_probs()[rows, indices.operators, indices.bits]
        return (of_operators + torch.where(self.has_bits[indices.operators], of_bits, 0.0)).sum(dim=1)

    @torch.no_grad()
    def most_probable(self, num_networks: int) -> list[list[Block]]:
        """The most probable networks, best first, exactly; fewer where the space holds fewer."""
        best: list[tuple[float, tuple[tuple[int, int], ...]]] = [(0.0, ())]
        op_logs, bit_logs = self.op_log_probs().tolist(), self.bit_log_probs().tolist()
        for op_row, bit_row in zip(op_logs, bit_logs, strict=True):
            options = self._options(op_row, bit_row)
            extended = ((a + b, (*chosen, option)) for a, chosen in best for b, option in options)
            best = heapq.nlargest(num_networks, extended, key=lambda item: item[0])
        return [[self._block(*option) for option in chosen] for _, chosen in best]

    def _options(self, op_row: list[float], bit_row: list[list[float]]) -> list[tuple[float, tuple[int, int]]]:
        """Log-probability and indices of all that one block can be."""
        options: list[tuple[float, tuple[int, int]]] = []
        for operator, op_log in enumerate(op_row):
            if op_log == float("-inf"):
                continue
            if not self.has_bits[operator]:
                options.append((op_log, (operator, 0)))
            else:
                options += [(op_log + bit_log, (operator, bit)) for bit, bit_log in enumerate(bit_row[operator])]
        return options

    def sample_path(
        self, estimator: AbstractPathEstimator, relaxation: AbstractRelaxation, generator: Generator
    ) -> tuple[BlockPath, ...]:
        """Active operators with gates and bits, for a step that updates the logits."""
        paths = estimator.sample(self.op_logits, self.mask, generator)
        bits = relaxation(self.bit_logits, generator)
        return tuple(
            BlockPath(
                operators=tuple(options),
                gates=paths.gates[block],
                bits=tuple(bits[block, option] for option in options),
            )
            for block, options in enumerate(paths.options.tolist())
        )

    @torch.no_grad()
    def sample_bits(
        self, operators: Sequence[int], relaxation: AbstractRelaxation, generator: Generator
    ) -> tuple[BlockPath, ...]:
        """One given operator a block with bits drawn from beta, for a step that updates the weights."""
        rows = torch.arange(len(operators))
        bits = relaxation(self.bit_logits[rows, torch.tensor(operators)], generator)
        return tuple(BlockPath((operator,), None, (bits[i],)) for i, operator in enumerate(operators))

    def _block(self, operator: int, bit: int) -> Block:
        name = self.space.operators[operator]
        if parse_operator(name).is_skip:
            return Block(op=name)
        return Block(op=name, weight_bits=self.space.bits[bit], activation_bits=self.space.bits[bit])
