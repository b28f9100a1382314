"""The front of a layer against every mapping of its space, one by one."""

from itertools import pairwise, permutations, product

import pytest
import torch

from cosearch.accelerate.asic import MappingSpace, best_mappings, unrollings
from cosearch.cost.asic import group_nests, loads_weights, nest_of, price_layers, structure_of
from cosearch.errors import MappingError
from cosearch.hardware import (
    DIMS,
    ArrayMapping,
    ArrayNetwork,
    GlobalBuffer,
    LevelLoops,
    Storage,
    check_array_mapping,
)


def sizes(bound, surplus):
    return [size for size in range(1, bound + 1) if size == least(bound, size) and total(bound, size, surplus)]


def least(bound, size):
    return -(-bound // -(-bound // size))


def total(bound, size, surplus):
    return size * -(-bound // size) <= bound * (1 + surplus)


def orders(factors):
    long = [dim for dim in DIMS if factors.get(dim, 1) > 1]
    return list(permutations(long))


def splits(layer, unrolling, surplus):
    """Factors of registers, buffer and DRAM for one loop after another."""
    spread = {dim: 1 for dim in DIMS}
    for pairs in (unrolling.rows, unrolling.columns):
        for dim, factor in pairs:
            spread[dim] *= factor
    choices = []
    for dim in DIMS:
        bound = -(-getattr(layer, dim) // spread[dim])
        choices.append(
            [
                (part, size // part, -(-bound // size))
                for size in sizes(bound, surplus)
                for part in range(1, size + 1)
                if size % part == 0
            ]
        )
    return product(*choices)


def every_mapping(layer, array, space, spread=None):
    for unrolling in spread or unrollings(layer, array, space):
        for split in splits(layer, unrolling, space.surplus):
            levels = [{dim: own[level] for dim, own in zip(DIMS, split, strict=True)} for level in range(3)]
            mapping = ArrayMapping(
                registers=LevelLoops(factors=levels[0], order=DIMS),
                rows=dict(unrolling.rows),
                columns=dict(unrolling.columns),
                buffer=LevelLoops(factors=levels[1], order=DIMS),
                dram=LevelLoops(factors=levels[2], order=DIMS),
            )
            try:
                check_array_mapping(layer, mapping, array)
            except MappingError:
                continue
            for near, far in product(orders(levels[1]), orders(levels[2])):
                yield mapping.model_copy(
                    update={
                        "buffer": LevelLoops(factors=levels[1], order=near),
                        "dram": LevelLoops(factors=levels[2], order=far),
                    }
                )


def every_front(layer, array, rates, space, spread=None):
    structure = structure_of(array, loads_weights=loads_weights(layer))
    points = []
    for places, nests in group_nests([nest_of(layer, each) for each in every_mapping(layer, array, space, spread)]):
        price = price_layers(nests, structure, rates)
        cycles = torch.as_tensor(price.timing.cycles).expand(len(places)).tolist()
        points += zip(
            map(int, cycles), torch.as_tensor(price.energy_joules).expand(len(places)).tolist(), strict=True
        )
    front = []
    for cycles, joules in sorted(set(points)):
        if not front or joules < front[-1][1] * (1 - 1e-12):
            front.append((cycles, joules))
    return front


def check_prices(layer, array, rates, space, spread, front):
    """Between two prices of a cycle, the front of these prices has what the whole front has."""
    steepest = (
        max((a.joules - b.joules) / (b.cycles - a.cycles) for a, b in pairwise(front.points))
        if len(front.points) > 1
        else 1e-12
    )
    slopes = steepest / 3, steepest * 2
    some = best_mappings(layer, array, rates, space=space, spread=spread, slopes=slopes)
    for part in (0.0, 0.3, 0.7, 1.0):
        price = slopes[0] + part * (slopes[1] - slopes[0])
        least = [min(each.joules + price * each.cycles for each in own.points) for own in (some, front)]
        assert least[0] == pytest.approx(least[1], rel=1e-12)


ARRAYS = {
    "streamed": {},
    "double_buffered": {
        "registers": Storage(capacity_bits=96, width_bits=16, double_buffered=("I", "W", "O")),
        "buffer": GlobalBuffer(
            capacity_bits=640,
            width_bits=32,
            double_buffered=("I", "W", "O"),
            read_bits_per_cycle=64,
            write_bits_per_cycle=64,
        ),
    },
    "waits": {
        "registers": Storage(capacity_bits=16, width_bits=8, keeps=("W",)),
        "buffer": GlobalBuffer(capacity_bits=256, width_bits=16, read_bits_per_cycle=16, write_bits_per_cycle=16),
        "network": ArrayNetwork(
            bits_per_cycle={"I": 16, "W": 8, "O": 16}, multicast_rows=("W",), reduces_columns=False
        ),
    },
    "sums_in_place": {
        "registers": Storage(capacity_bits=64, width_bits=16, keeps=("O",), streamed=("O",)),
        "buffer": GlobalBuffer(
            capacity_bits={"I": 64, "W": 64},
            width_bits=16,
            keeps=("I", "W"),
            streamed=("I",),
            read_bits_per_cycle=16,
            write_bits_per_cycle=16,
        ),
    },
    "folds": {
        "rows": 4,
        "network": ArrayNetwork(bits_per_cycle={"I": 16, "W": 32, "O": 32}, folds=True),
    },
}

LAYERS = {
    "pixels": {"K": 2},
    "kernel": {"K": 2, "C": 1, "OX": 4, "OY": 1, "FX": 3},
    "gaps": {"K": 2, "C": 1, "OX": 4, "OY": 1, "stride_x": 2},
    "groups": {"G": 4, "K": 1, "C": 1, "OX": 2, "FX": 2, "OY": 1},
    "pooling": {"G": 2, "K": 1, "C": 1, "OX": 2, "FX": 2, "OY": 1, "op": "max_pool"},
    "images": {"N": 2, "K": 2, "C": 4, "OY": 1},
    "rest": {"K": 3, "C": 5, "OY": 1},
}

CASES = [
    (name, shape)
    for index, (name, shape) in enumerate(product(ARRAYS, LAYERS))
    if index % 3 == 0 or shape == "kernel"
]


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_the_front_is_that_of_all_mappings(name, shape, array, layer, rates):
    small, own = array(**ARRAYS[name]), layer(**LAYERS[shape])
    space = MappingSpace(loops_per_axis=1, surplus=0.34 if shape == "rest" else 0.0)
    choices = unrollings(own, small, space)
    spread = choices[:: max(1, len(choices) // 2)]
    front = best_mappings(own, small, rates(small), space=space, spread=spread)
    expected = every_front(own, small, rates(small), space, spread)
    assert [point.cycles for point in front.points] == [cycles for cycles, _ in expected]
    assert [point.joules for point in front.points] == pytest.approx([joules for _, joules in expected], rel=1e-12)
    check_prices(own, small, rates(small), space, spread, front)
    structure = structure_of(small, loads_weights=loads_weights(own))
    for point in front.points:
        check_array_mapping(own, point.mapping, small)
        price = price_layers(nest_of(own, point.mapping), structure, rates(small))
        assert int(price.timing.cycles) == point.cycles
        assert float(price.energy_joules) == pytest.approx(point.joules, rel=1e-12)
