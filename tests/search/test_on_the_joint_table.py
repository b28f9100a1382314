"""The default search on a space in which every network is known: benchmarks/joint_table."""

import numpy as np
import pytest
from benchmarks.joint_study.gradient import searched_point
from benchmarks.joint_study.prices import sampled_exact
from benchmarks.joint_study.world import World, regret
from benchmarks.joint_table import JointTable

from cosearch.search import SearchRecipe
from cosearch.search.joint import JointSearch

SEARCH = SearchRecipe(
    warmup_epochs=2, epochs=4, weight_steps=30, arch_steps=8, finalists=8, recalibration_batches=2, val_images=100
)
"""The defaults in all that is not a budget."""


@pytest.fixture(scope="module")
def world() -> World:
    return World(JointTable.load(), "a")


@pytest.mark.fashion
def test_the_default_search_chooses_well_within_every_limit(world: World) -> None:
    accuracy = world.joint.val.mean(axis=1)
    found, chance = list[float](), list[float]()
    for number, limit in enumerate(world.limits(10)[1::3]):
        feasible = world.feasible(limit)
        recipe = world.recipe.model_copy(update={"seed": number, "search": SEARCH})
        point = searched_point(world, limit, JointSearch(recipe, world.splits, sampled_exact(world, limit)))
        assert point is not None
        found.append(regret(point, feasible, accuracy))  # refuses a network that breaks the limit
        chance.append(float(accuracy[feasible].max() - accuracy[feasible].mean()))
    # A random network within these limits is 6 points behind the best one on average.
    assert np.mean(chance) > 0.06
    assert np.mean(found) < 0.03


def test_regret_refuses_a_broken_limit(world: World) -> None:
    limit = world.limits(10)[-1]
    feasible = world.feasible(limit)
    slow = int(np.flatnonzero(~feasible)[0])
    with pytest.raises(AssertionError):
        regret(slow, feasible, world.joint.val.mean(axis=1))
