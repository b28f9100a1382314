"""Whether any network of the space can keep the limits, before an hour is spent on searching.

Blocks that can be skipped cost nothing when they are. Of the others, only operators and bits that no other one beats
on every design can belong to the cheapest network. These few networks are witnesses: if one keeps the limits, the
request is feasible. A bound is made of the same choices with every tensor between blocks stored at its cheapest
width, whatever follows; no network of the space is below it, so if none of these keeps the limits, the request is
proved infeasible.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from cosearch.accelerate import Demand, DesignTable, Problem, explain, is_feasible
from cosearch.design import Block, Infeasible, Limit
from cosearch.network import head_layers, stem_layers
from cosearch.search.build import Builder
from cosearch.search.columns import SpaceColumns
from cosearch.workload import Layer

MAX_NETWORKS = 512
"""Above so many cheapest networks the proof is tried with the layers alone that every network has."""

_TIGHTER = 1.01

Choice = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Either networks that keep the limits, or why there are none.

    Attributes:
        witness: The first cheapest network that keeps the limits; None if none does.
        infeasible: With a proof; None if there is a witness, or neither (nothing is known).
    """

    witness: tuple[Block, ...] | None
    infeasible: Infeasible | None


def judge_limits(columns: SpaceColumns, builder: Builder) -> Verdict:
    """Find a network that keeps the limits, or prove that there is none.

    Args:
        columns: The space's layers.
        builder: Of accelerators under the limits in question.
    """
    table, objective, limits = builder.table, builder.objective, builder.limits
    cheapest = _Cheapest(columns, table)
    networks = cheapest.networks()
    problems = [builder.problem(blocks, limits) for blocks in networks]
    for blocks, problem in zip(networks, problems, strict=True):
        if is_feasible(problem):
            return Verdict(tuple(blocks), None)
    bounds = [Problem(table=table, demand=demand, objective=objective, limits=limits) for demand in cheapest.bounds()]
    if any(is_feasible(problem) for problem in bounds):
        return Verdict(None, None)
    explained = explain(problems)
    if not _is_tight(explained, bounds):
        note = "these bounds are enough; that no network of the space does with less is not proved"
        explained = explained.model_copy(update={"reason": f"{explained.reason}; {note}"})
    return Verdict(None, explained)


def _is_tight(explained: Infeasible, bounds: Sequence[Problem]) -> bool:
    """Whether no network of the space keeps limits that are 1 % tighter than what is said to be enough."""
    limits = bounds[0].limits
    tighter: list[list[Limit]] = []
    for relaxation in explained.relaxations:
        if relaxation.sufficient is not None:
            enough = relaxation.limit.model_copy(update={"limit": relaxation.sufficient})
            others = [limit for limit in limits if limit.metric != enough.metric]
            tighter.append([*others, enough.relaxed(1 / _TIGHTER)])
    if explained.joint_factor is not None:
        tighter.append([limit.relaxed(explained.joint_factor / _TIGHTER) for limit in limits])
    return not any(is_feasible(problem.with_limits(limits)) for limits in tighter for problem in bounds)


class _Cheapest:
    """The choices that can belong to a cheapest network, block by block."""

    def __init__(self, columns: SpaceColumns, table: DesignTable) -> None:
        self.columns, self.table, self.space = columns, table, columns.space
        self.following = columns.next_bits
        self.options: list[list[Choice]] = []
        for index in range(self.space.num_blocks):
            self.options.append(self._options(index))

    def networks(self) -> list[list[Block]]:
        """Every combination, or where there are too many, those with one width throughout."""
        if self._num_combinations() <= MAX_NETWORKS:
            combinations: Iterable[Sequence[Choice]] = itertools.product(*self.options)
        else:
            combinations = [[self._of_width(choices, bits) for choices in self.options] for bits in self.space.bits]
        return [[_block(op, bits) for op, bits in choices] for choices in combinations]

    def bounds(self) -> list[Demand]:
        """What no network of the space falls below: combinations of choices and of stored widths."""
        heads = list(head_layers(self.space, "stem"))
        parts = [self._undominated([[layer] for b in self.following for layer in stem_layers(self.space, b)])]
        for index, choices in enumerate(self.options):
            if choices[0][0] != "skip":
                parts.append(self._undominated([self._layers(index, c, b) for c in choices for b in self.following]))
        if prod(len(part) for part in parts) > MAX_NETWORKS:
            return [self._demand(heads)]
        return [self._demand([*heads, *itertools.chain(*chosen)]) for chosen in itertools.product(*parts)]

    def _num_combinations(self) -> int:
        return prod(len(choices) for choices in self.options)

    def _options(self, index: int) -> list[Choice]:
        legal = self.space.legal_operators(index)
        if "skip" in legal:
            return [("skip", self.space.bits[0])]
        choices = [(op, bits) for op in legal for bits in self.space.bits]
        tails = self._tails(index)
        features = [
            np.concatenate(
                [self._cycles(self._layers(index, choice, after)) for after in self.following]
                + [self._cycles([tails[(place, choice[1])]]) for place, bits in tails if bits == choice[1]]
            )
            for choice in choices
        ]
        return [choices[i] for i in _first_undominated(features)]

    def _tails(self, index: int) -> dict[tuple[int, int], Layer]:
        """Layers that may come just before a block, by number and by the bits of the block."""
        tails: dict[tuple[int, int], Layer] = {}
        for bits in self.space.bits:
            before = [stem_layers(self.space, bits)[-1]]
            before += [
                layers[-1]
                for (block, _, _, after), layers in self.columns.choices.items()
                if block < index and after == bits and layers
            ]
            tails |= {(place, bits): layer for place, layer in enumerate(before)}
        return tails

    def _layers(self, index: int, choice: Choice, after: int) -> list[Layer]:
        return list(self.columns.choices[(index, *choice, after)])

    def _undominated(self, options: list[list[Layer]]) -> list[list[Layer]]:
        return [options[i] for i in _first_undominated([self._cycles(option) for option in options])]

    def _cycles(self, layers: list[Layer]) -> np.ndarray:
        """What layers cost on every design of every class, and the weights they leave there."""
        demand = self._demand(layers)
        return np.concatenate([*self.table.cycles_of(demand), demand.weights])

    def _demand(self, layers: Sequence[Layer]) -> Demand:
        counts, weights = np.zeros(self.table.num_columns), np.zeros(len(self.table.classes))
        for layer in layers:
            index, column = self.table.place(layer)
            counts[column] += 1
            weights[index] += layer.num_weights
        return Demand(counts=counts, weights=weights, is_chain=True)

    def _of_width(self, choices: list[Choice], bits: int) -> Choice:
        """The choice of a width; a block whose choices of that width are beaten takes its first."""
        return next((choice for choice in choices if choice[1] == bits), choices[0])


def _first_undominated(features: list[np.ndarray]) -> list[int]:
    """Rows that no other row is at or below everywhere; of equal rows, the first."""
    rows = np.stack(features)
    kept: list[int] = []
    for i, row in enumerate(rows):
        below = np.all(rows <= row, axis=1)
        equal = np.all(rows == row, axis=1)
        if not np.any(below & ~equal) and not np.any(equal[:i]):
            kept.append(i)
    return kept


def _block(op: str, bits: int) -> Block:
    return Block(op=op) if op == "skip" else Block(op=op, weight_bits=bits, activation_bits=bits)
