"""How mappings are explored changes nothing of what is found."""

import numpy as np
import pytest

from cosearch.accelerate.asic import best_mappings, exploration


def test_a_first_try_of_promising_tiles_leaves_the_front_as_it_is(monkeypatch, array, layer, rates) -> None:
    own, what = array(), layer(OX=4, FX=3, FY=3)
    alone = best_mappings(what, own, rates(own))
    monkeypatch.setattr(exploration, "_MANY", 0)
    monkeypatch.setattr(exploration, "_FIRST_TILES", 2)
    tried = best_mappings(what, own, rates(own))
    np.testing.assert_array_equal(tried.cycles, alone.cycles)
    np.testing.assert_allclose(tried.joules, alone.joules, rtol=1e-12)


@pytest.mark.parametrize("most", [1, 3])
def test_at_most_so_many_tiles_of_either_memory(monkeypatch, array, layer, rates, most) -> None:
    own, seen = array(), []
    pairs = exploration.Halves.pairs

    def counted(halves, keeps, *, most=None):
        found = pairs(halves, keeps, most=most)
        if most is not None:
            seen.append((len(np.unique(found.registers)), len(np.unique(found.buffer))))
        return found

    monkeypatch.setattr(exploration, "_MANY", 0)
    monkeypatch.setattr(exploration, "_FIRST_TILES", most)
    monkeypatch.setattr(exploration.Halves, "pairs", counted)
    best_mappings(layer(OX=4), own, rates(own))
    assert len(seen) >= 1
    assert max(max(each) for each in seen) <= most
