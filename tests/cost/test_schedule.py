import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from cosearch.cost.schedule import period_cycles, schedule_alone, schedule_loaded
from cosearch.workload import IMAGE, Layer, Workload


def layer(name: str, source: str, residual: str | None = None) -> Layer:
    return Layer(
        name=name,
        source=source,
        residual=residual,
        residual_bits=8 if residual else 0,
        K=4,
        C=4,
        OY=2,
        OX=2,
        IY=2,
        IX=2,
        weight_bits=8,
        input_bits=8,
        output_bits=8,
    )


def chain(num_layers: int) -> Workload:
    names = [IMAGE, *(f"l{i}" for i in range(num_layers))]
    return Workload(tuple(layer(name, source) for source, name in itertools.pairwise(names)))


DIAMOND = Workload((layer("a", IMAGE), layer("b", "a"), layer("c", "a"), layer("d", "c", residual="b")))


def test_a_chain_alone_takes_the_sum_wherever_it_runs() -> None:
    cycles = {"l0": 10, "l1": 20, "l2": 30}
    for chunk_of in ({"l0": 0, "l1": 0, "l2": 0}, {"l0": 0, "l1": 1, "l2": 0}):
        assert schedule_alone(chain(3), cycles, chunk_of).latency_cycles == 60


def test_branches_on_two_chunks_run_side_by_side() -> None:
    cycles = {"a": 10, "b": 40, "c": 5, "d": 7}
    apart = schedule_alone(DIAMOND, cycles, {"a": 0, "b": 0, "c": 1, "d": 1})
    assert apart.starts == {"a": 0, "b": 10, "c": 10, "d": 50}  # d waits for its residual
    assert apart.latency_cycles == 57
    together = schedule_alone(DIAMOND, cycles, dict.fromkeys("abcd", 0))
    assert together.starts == {"a": 0, "b": 10, "c": 50, "d": 55}


def test_the_period_is_the_slowest_chunks_sum() -> None:
    assert period_cycles({"a": 10, "b": 40, "c": 5, "d": 7}, {"a": 0, "b": 0, "c": 1, "d": 1}) == 50


def test_at_full_rate_a_layer_waits_for_its_turn_in_a_later_round() -> None:
    # Chunk 0 runs l0 and l2 back to back in every round of 40; chunk 1 runs l1, begun when l0 ends.
    cycles, chunk_of = {"l0": 10, "l1": 25, "l2": 30}, {"l0": 0, "l1": 1, "l2": 0}
    loaded = schedule_loaded(chain(3), cycles, chunk_of)
    # l1 ends at 35; chunk 0 begins l2 at 10, 50, 90, ...
    assert loaded.starts == {"l0": 0, "l1": 10, "l2": 50}
    assert loaded.latency_cycles == 80


def test_at_full_rate_no_layer_runs_in_a_round_before_the_layers_in_front_of_it() -> None:
    # Chunk 0 begins c at 60, a round late, for b ends then; d follows there at 70 though it was ready at 10.
    workload = Workload((layer("a", IMAGE), layer("b", "a"), layer("c", "b"), layer("d", "a")))
    loaded = schedule_loaded(workload, {"a": 10, "b": 50, "c": 10, "d": 10}, {"a": 0, "b": 1, "c": 0, "d": 0})
    assert loaded.starts == {"a": 0, "b": 10, "c": 60, "d": 70}
    assert loaded.latency_cycles == 80


def test_one_chunk_has_no_turns_to_wait_for() -> None:
    cycles = {"a": 10, "b": 40, "c": 5, "d": 7}
    chunk_of = dict.fromkeys("abcd", 0)
    assert schedule_loaded(DIAMOND, cycles, chunk_of) == schedule_alone(DIAMOND, cycles, chunk_of)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 3)), min_size=1, max_size=12))
def test_loaded_schedules_keep_order_phase_and_chunks(rows: list[tuple[int, int]]) -> None:
    workload = chain(len(rows))
    names = [item.name for item in workload.layers]
    cycles = {name: row[0] for name, row in zip(names, rows, strict=True)}
    chunk_of = {name: row[1] for name, row in zip(names, rows, strict=True)}
    period = period_cycles(cycles, chunk_of)
    loaded = schedule_loaded(workload, cycles, chunk_of)
    alone = schedule_alone(workload, cycles, chunk_of)
    assert alone.latency_cycles == sum(cycles.values())
    assert loaded.latency_cycles >= alone.latency_cycles
    for before, after in itertools.pairwise(names):
        assert loaded.starts[after] >= loaded.starts[before] + cycles[before]
    for chunk in set(chunk_of.values()):
        taken = {
            (loaded.starts[name] + cycle) % period
            for name in names
            if chunk_of[name] == chunk
            for cycle in range(cycles[name])
        }
        assert len(taken) == sum(cycles[name] for name in names if chunk_of[name] == chunk)


@pytest.mark.parametrize("schedule", [schedule_alone, schedule_loaded])
def test_an_image_is_there_at_once(schedule: type[schedule_alone]) -> None:
    two = Workload((layer("a", IMAGE), layer("b", IMAGE)))
    assert schedule(two, {"a": 3, "b": 5}, {"a": 0, "b": 1}).starts == {"a": 0, "b": 0}
