"""The best mappings of one layer on one array: the front of cycles and energy over a declared space."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.arrays import FloatArray
from cosearch.accelerate.asic.bounds import Context
from cosearch.accelerate.asic.exploration import Exploration, MappedPoint
from cosearch.accelerate.asic.passes import pass_orders, passes
from cosearch.accelerate.asic.promising import promising
from cosearch.accelerate.asic.space import MappingSpace
from cosearch.accelerate.asic.unrollings import Unrolling, unrollings
from cosearch.cost.asic import ArrayRates, loads_weights, structure_of
from cosearch.errors import MappingError
from cosearch.hardware import ArrayAccelerator
from cosearch.workload import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingFront:
    """The mappings of a layer that no other one of the space matches or beats in both cycles and energy.

    Attributes:
        points: By increasing cycles and decreasing energy; at least one.
        evaluations: Mappings that were priced.
        unrollings: That were considered.
    """

    layer: Layer
    points: tuple[MappedPoint, ...]
    evaluations: int
    unrollings: int

    @property
    def cycles(self) -> FloatArray:
        """[points]."""
        return np.array([point.cycles for point in self.points], np.float64)

    @property
    def joules(self) -> FloatArray:
        """[points]."""
        return np.array([point.joules for point in self.points], np.float64)


def best_mappings(
    layer: Layer,
    array: ArrayAccelerator,
    rates: ArrayRates,
    *,
    space: MappingSpace | None = None,
    spread: Sequence[Unrolling] | None = None,
    slopes: tuple[float, float] | None = None,
) -> MappingFront:
    """The exact front of cycles and energy of a layer on an array, over all mappings of a space.

    Halves of mappings are priced and bounded in pairs; what some mapping already beats is never priced.

    Args:
        layer: What runs.
        array: What it runs on.
        rates: Of the array in its technology; `rates_of_array` gives them.
        space: Which mappings; all that `MappingSpace` has unless said.
        spread: Unrollings to choose from, instead of the space's own.
        slopes: If given, the front is exact for prices of a cycle between these, in joules: for each of them it has a
            mapping that makes energy plus price times cycles least. That is much faster.

    Raises:
        MappingError: if operands are wider than the multipliers, or no mapping of the space fits the array.
    """
    space = MappingSpace() if space is None else space
    search = _search(layer, array, rates)
    search.slopes = slopes
    choices = unrollings(layer, array, space) if spread is None else tuple(spread)
    if space.row_stationary:
        search.add([(passes(layer, array), pass_orders(layer))])
    for halves in promising(search.context, array, choices, space, search.keeps):
        search.explore(halves)
    return _front(search, array, len(choices))


def row_stationary_mappings(layer: Layer, array: ArrayAccelerator, rates: ArrayRates) -> MappingFront:
    """The exact front of cycles and energy over Eyeriss' row-stationary passes alone.

    Args:
        layer: What runs.
        array: What it runs on.
        rates: Of the array in its technology.

    Raises:
        MappingError: if operands are wider than the multipliers, or no pass fits the array.
    """
    search = _search(layer, array, rates)
    search.add([(passes(layer, array), pass_orders(layer))])
    return _front(search, array, 0)


def _search(layer: Layer, array: ArrayAccelerator, rates: ArrayRates) -> Exploration:
    _check_widths(layer, array)
    structure = structure_of(array, loads_weights=loads_weights(layer))
    return Exploration(Context(layer=layer, structure=structure, rates=rates))


def _front(search: Exploration, array: ArrayAccelerator, unrolled: int) -> MappingFront:
    layer, points = search.context.layer, tuple(search.points())
    if not points:
        raise MappingError(
            f"no mapping of the space fits {array.name}; allow smaller tiles, other loops, or larger memories"
        ).at(layer.name)
    return MappingFront(layer=layer, points=points, evaluations=search.evaluations, unrollings=unrolled)


def _check_widths(layer: Layer, array: ArrayAccelerator) -> None:
    for name, have, limit in (
        ("input_bits", layer.input_bits, array.activation_bits),
        ("weight_bits", layer.weight_bits if loads_weights(layer) else 0, array.weight_bits),
    ):
        if have > limit:
            raise MappingError(f"{name}={have} on multipliers of {limit} bits; at most {limit}").at(layer.name)
