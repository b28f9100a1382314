"""Row-stationary mappings are those of Eyeriss' parameters, one by one."""

from itertools import product

import pytest

from cosearch.accelerate.asic import MappingSpace, best_mappings, row_stationary_mappings
from cosearch.cost.asic import loads_weights, nest_of, price_layers, structure_of
from cosearch.errors import MappingError
from cosearch.hardware import ArrayNetwork, RowStationary, check_array_mapping, row_stationary

FOLDING = ArrayNetwork(bits_per_cycle={"I": 16, "W": 32, "O": 32}, folds=True)


def is_legal(layer, mapping, array):
    try:
        check_array_mapping(layer, mapping, array)
    except MappingError:
        return False
    return True


def is_full(layer, array, e, r, t):
    """Whether no set can be added, and no row of outputs."""
    sizes = {"e": e, "r": r, "t": t}
    bounds = {"e": layer.OY, "r": layer.C, "t": layer.K}
    larger = [sizes | {name: sizes[name] + 1} for name in sizes if sizes[name] < bounds[name]]
    return not any(each["r"] * layer.FY * -(-each["t"] * each["e"] // array.columns) <= array.rows for each in larger)


def every_pass(layer, array, rates):
    """Costs of all parameters that fit, with values beyond the layer's bounds left out."""
    structure, points = structure_of(array, loads_weights=loads_weights(layer)), []
    outputs, inputs = range(1, layer.K + 1), range(1, layer.C + 1)
    images, rows = range(1, layer.N + 1), range(1, layer.OY + 1)
    for m, n, e, p, q, r, t in product(outputs, images, rows, outputs, inputs, inputs, outputs):
        mapping = row_stationary(layer, RowStationary(m=m, n=n, e=e, p=p, q=q, r=r, t=t))
        if not is_legal(layer, mapping, array) or not is_full(layer, array, e, r, t):
            continue
        price = price_layers(nest_of(layer, mapping), structure, rates)
        points.append((int(price.timing.cycles), float(price.energy_joules)))
    return points


def test_the_front_is_that_of_all_parameters(array, layer, rates):
    small, own = array(rows=4, network=FOLDING), layer(K=3, C=2, OY=3, FY=2, OX=2, FX=2)
    front = row_stationary_mappings(own, small, rates(small))
    points = every_pass(own, small, rates(small))
    least: dict[int, float] = {}
    for cycles, joules in sorted(points):
        if joules < min(least.values(), default=float("inf")) * (1 - 1e-12):
            least[cycles] = joules
    assert [point.cycles for point in front.points] == list(least)
    assert [point.joules for point in front.points] == pytest.approx(list(least.values()), rel=1e-12)
    for point in front.points:
        check_array_mapping(own, point.mapping, small)


def test_a_space_with_passes_is_never_worse(array, layer, rates):
    small, own = array(rows=4, network=FOLDING), layer(K=3, C=2, OY=3, FY=2, OX=2, FX=2)
    passes = row_stationary_mappings(own, small, rates(small))
    both = best_mappings(own, small, rates(small), space=MappingSpace(row_stationary=True))
    for point in passes.points:
        assert any(each.cycles <= point.cycles and each.joules <= point.joules for each in both.points)


def test_a_kernel_higher_than_the_array_has_no_pass(array, layer, rates):
    with pytest.raises(MappingError, match="a: no mapping of the space fits tiny; allow smaller tiles"):
        row_stationary_mappings(layer(FY=3), array(), rates(array()))


def test_wide_operands_are_refused(array, layer, rates):
    with pytest.raises(MappingError, match="a: input_bits=16 on multipliers of 8 bits; at most 8"):
        best_mappings(layer(input_bits=16), array(), rates(array()))
