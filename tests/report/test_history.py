from cosearch.report.history import PANELS, Candidate, alarms_of, candidates_of, epochs_of, series_of, stages_of

EVENTS = [
    {"event": "epoch", "stage": "warmup", "epoch": 0, "train_loss": 2, "new_thing": 5.0, "flag": True, "note": "hm"},
    {"event": "other", "train_loss": 9.0},
    {"event": "epoch", "stage": "search", "epoch": 0, "train_loss": 1.5, "multipliers": {"fps": 0.5, "dsp": 0.0}},
    {"event": "epoch", "stage": "search", "epoch": 1, "train_loss": 1.0, "multiplier": 0.7, "val_accuracy": None},
]


def test_only_numbers_of_epochs_are_read() -> None:
    epochs = epochs_of(EVENTS)
    assert [(epoch.stage, epoch.number) for epoch in epochs] == [("warmup", 0), ("search", 0), ("search", 1)]
    assert epochs[0].values == {"train_loss": 2.0, "new_thing": 5.0}
    assert epochs[1].values["multipliers.fps"] == 0.5
    assert "val_accuracy" not in epochs[2].values


def test_an_epoch_without_stage_or_number_is_still_one() -> None:
    (epoch,) = epochs_of([{"event": "epoch", "train_loss": 1.0}])
    assert (epoch.stage, epoch.number) == ("run", 0)


def test_stages_in_order_with_their_ends() -> None:
    assert stages_of(epochs_of(EVENTS)) == [("warmup", 0, 0), ("search", 1, 2)]
    assert stages_of([]) == []


def test_panels_take_what_they_know() -> None:
    epochs = epochs_of(EVENTS)
    found = {panel.title: series_of(panel, epochs) for panel in PANELS}
    assert found["Loss"] == {"train_loss": "weights"}
    assert found["Multipliers"] == {"multiplier": "multiplier", "multipliers.dsp": "dsp", "multipliers.fps": "fps"}
    assert not any("new_thing" in series for series in found.values())
    assert found["Accuracy"] == {}


def test_series_are_named_after_their_keys() -> None:
    epochs = epochs_of(
        [{"event": "epoch", "entropy_bits": 1.0, "entropy": 2.0, "ratio_a_to_b": 1.0, "op_entropy": 3.0}]
    )
    found = {panel.title: series_of(panel, epochs) for panel in PANELS}
    assert found["Entropy"] == {"op_entropy": "operators", "entropy": "entropy", "entropy_bits": "bits"}
    assert found["What is built over what is priced"] == {"ratio_a_to_b": "a to b"}


def test_a_ratio_beyond_the_alarm_is_said() -> None:
    events = [{"event": "epoch", "ratio_integer_to_lp": value} for value in (1.2, 1.1, 1.14)]
    (alarm,) = alarms_of(epochs_of(events))
    assert alarm.startswith("In 2 of 3 epochs the ratio of integer to lp passed 1.1 (at most 1.2)")
    assert alarms_of(epochs_of(events[1:2])) == []


def test_candidates_of_the_last_event() -> None:
    rows = [{"val_accuracy": 0.8, "fps": 100, "feasible": False, "blocks": []}, {"fps": 3}, "odd"]
    events = [{"event": "candidates", "rows": []}, {"event": "candidates", "rows": rows}]
    assert candidates_of(events) == [Candidate(0.8, 100.0, False, [])]
    assert candidates_of([{"event": "candidates", "rows": None}]) == []
