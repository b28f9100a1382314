import pytest

from cosearch.design import Design
from cosearch.hardware import load_platform
from cosearch.report.charts import energy_parts, layer_cycles, resource_use, server_shares
from cosearch.report.history import candidates_of, epochs_of
from cosearch.report.history_charts import candidate_scatter, panels_of


def named(figure: object, name: str) -> object:
    (trace,) = [trace for trace in figure.data if trace.name == name and trace.showlegend is not True]
    return trace


def test_bars_of_layers_add_up_to_the_cycles_of_chunks(design: Design) -> None:
    figure = layer_cycles(design)
    for index, cost in enumerate(design.predicted.per_chunk):
        bars = [trace for trace in figure.data if trace.legendgroup == f"chunk {index}" and trace.showlegend is False]
        assert sum(bars[0].y) == cost.cycles
    assert list(figure.layout.xaxis.categoryarray) == [layer.name for layer in design.predicted.per_layer]


def test_hatching_says_what_bounds_a_layer(design: Design) -> None:
    shapes = {}
    for trace in layer_cycles(design).data:
        if trace.showlegend is False:
            shapes |= dict(zip(trace.x, trace.marker.pattern.shape, strict=True))
    expected = {"compute": "", "read": "/", "write": "x"}
    assert shapes == {layer.name: expected[layer.bound] for layer in design.predicted.per_layer}
    assert {layer.bound for layer in design.predicted.per_layer} == {"compute", "write", "read"}


def test_busy_shares_are_of_the_period(design: Design) -> None:
    trace = named(server_shares(design), "compute")
    busy = sum(layer.compute_cycles for layer in design.predicted.per_layer if layer.chunk == 2)
    assert trace.x[2] == pytest.approx(busy / design.predicted.period_cycles)


def test_resources_are_stacked_and_held_against_the_budget(design: Design) -> None:
    platform = load_platform("zc706")
    figure = resource_use(design, platform)
    stack = [trace for trace in figure.data if str(trace.name).startswith("chunk")]
    assert sum(trace.x[0] for trace in stack) == pytest.approx(design.predicted.dsp / 720)
    assert list(named(figure, "whole part").x) == pytest.approx([900 / 720, 1090 / 872, 218600 / 174880])
    assert list(named(figure, "your limit").x) == pytest.approx([140 / 720, 110 / 872])
    assert "shared" not in [trace.name for trace in figure.data]
    assert figure.data[0].y[0] == "DSP: 70 of 720"


def test_what_no_chunk_owns_is_shown_as_shared(design: Design) -> None:
    more = design.predicted.model_copy(update={"lut": design.predicted.lut + 1749})
    figure = resource_use(design.model_copy(update={"predicted": more}), load_platform("zc706"))
    assert list(named(figure, "shared").x) == pytest.approx([0, 0, 1749 / 174880])


def test_energy_is_sorted_and_adds_up(design: Design) -> None:
    bars = energy_parts(design).data[0]
    assert list(bars.x) == sorted(bars.x, reverse=True)
    assert sum(bars.x) == pytest.approx(1)
    assert bars.y[0] == "static"


def test_small_multiples_break_between_stages() -> None:
    events = [{"event": "epoch", "stage": stage, "epoch": 0, "train_loss": 1.0} for stage in ("warmup", "search")]
    ((panel, figure),) = panels_of(epochs_of(events))
    assert panel.title == "Loss"
    assert list(figure.data[0].y) == [1.0, None, 1.0, None]
    assert [note.text for note in figure.layout.annotations] == ["warmup", "search"]


def test_the_chosen_finalist_stands_out(design: Design) -> None:
    blocks = [block.model_dump() for block in design.network.blocks]
    rows = [
        {"blocks": blocks, "val_accuracy": 0.83, "fps": 2028, "feasible": True},
        {"blocks": blocks[::-1], "val_accuracy": 0.81, "fps": 2100, "feasible": True},
        {"blocks": [], "val_accuracy": 0.82, "fps": 900, "feasible": False},
    ]
    found = candidates_of([{"event": "candidates", "rows": rows}])
    figure = candidate_scatter(found, design)
    assert list(named(figure, "chosen").x) == [2028]
    assert list(named(figure, "breaks a limit").x) == [900]
    assert [shape.x0 for shape in figure.layout.shapes] == [1200]
    assert [trace.name for trace in candidate_scatter(found, None).data] == ["keeps the limits", "breaks a limit"]
