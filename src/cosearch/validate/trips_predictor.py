"""The reproduced TRIPS predictor against what the public code says of its own designs."""

from pathlib import Path
from typing import Any

import torch
from pydantic import Field

from cosearch.cost.legacy import TripsChunks, TripsLayers, trips_bram_banks, trips_cycles, trips_dsp
from cosearch.errors import CosearchError, DataError
from cosearch.records import Record, parse_record, read_json
from cosearch.validate.comparison import Comparison, Point, Target

_TOLERANCE = 1e-9
_SIZES = ("OY", "OX", "K", "C")


class TripsLayer(Record):
    """A layer of the example network, with the chunk that runs it."""

    C: int
    K: int
    OY: int
    OX: int
    FY: int
    FX: int
    depthwise: bool
    bits: int
    chunk: str


class TripsChunk(Record):
    """A chunk of a design."""

    compute_mode: int
    tile: dict[str, int]
    unroll: dict[str, int]
    bits: int


class TripsDesign(Record):
    """A design and what the public code predicts for it."""

    chunks: dict[str, TripsChunk]
    cycles_per_chunk: dict[str, float]
    bottleneck_cycles: float
    dsp: float
    bram_banks: float
    cycles_per_layer: tuple[float, ...]


class TripsExample(Record):
    """The network that all designs of a setting run."""

    blocks: tuple[str, ...] = ()
    bits: tuple[int, ...] = ()
    layers: tuple[TripsLayer, ...]


class TripsSetting(Record):
    """One data set's space, its example network and designs with their predictions."""

    space: dict[str, dict[str, tuple[int, ...]]] = Field(default_factory=dict)
    example: TripsExample
    designs: tuple[TripsDesign, ...]


def load_trips(path: Path) -> dict[str, TripsSetting]:
    """The settings of a file in the form of `trips_space.json`, by name; other keys are not read.

    Raises:
        DataError: if the file holds no setting, or one is not of that form.
    """
    value = read_json(path, DataError)
    found: dict[str, Any] = {
        name: part for name, part in value.items() if isinstance(part, dict) and "designs" in part
    }
    if not found:
        raise DataError("no setting with `designs`; give a file of the form of trips_space.json").at(path.name)
    return {
        name: parse_record(TripsSetting, part, source=f"{path.name}: {name}", error=DataError)
        for name, part in found.items()
    }


def compare_trips_predictor(path: Path) -> Comparison:
    """Cycles of every layer and chunk, DSP and BRAM of every design against the numbers of the file.

    Raises:
        DataError: if the file is not of the form of `trips_space.json`.
    """
    worst = {"cycles": 0.0, "dsp": 0.0, "bram": 0.0}
    points: list[Point] = []
    num_layers = 0
    for name, setting in load_trips(path).items():
        for index, design in enumerate(setting.designs):
            place = f"{path.name}: {name}.designs.{index}"
            try:
                predicted = _predict(design, setting.example.layers)
            except KeyError as fault:
                raise DataError(f"{fault} is missing; complete the design").at(place) from None
            except CosearchError as fault:
                raise fault.at(place) from None
            for part, error in _worst_errors(predicted, design, place).items():
                worst[part] = max(worst[part], error)
            slowest = max(predicted.per_chunk.values())
            reference = design.bottleneck_cycles
            points.append(Point(name=f"{name} {index}", group=name, reference=reference, model=slowest))
            num_layers += len(design.cycles_per_layer)
    figures = {f"worst_{name}_error": error for name, error in worst.items()}
    return Comparison(
        name="trips_predictor",
        title="The reproduced TRIPS predictor against the public code's own predictions",
        figures={"num_designs": len(points), "num_layers": num_layers, **figures},
        targets={name: Target(op="<=", bound=_TOLERANCE) for name in figures},
        notes=("a model to reproduce, not to believe: it is here so that searches compare on its own terms",),
        unit="cycles of the slowest chunk",
        points=tuple(points),
    )


class _Prediction(Record):
    per_layer: tuple[float, ...]
    per_chunk: dict[str, float]
    dsp: float
    bram_banks: float


def _worst_errors(predicted: _Prediction, design: TripsDesign, place: str) -> dict[str, float]:
    """The largest relative error of each kind of number; every number of the design is compared."""
    if set(predicted.per_chunk) != set(design.cycles_per_chunk):
        raise DataError("cycles_per_chunk lists other chunks than the layers name; make them agree").at(place)
    if len(predicted.per_layer) != len(design.cycles_per_layer):
        raise DataError(
            f"{len(design.cycles_per_layer)} cycles_per_layer for {len(predicted.per_layer)} layers; give one a layer"
        ).at(place)
    pairs = [
        *zip(predicted.per_layer, design.cycles_per_layer, strict=True),
        *((predicted.per_chunk[name], cycles) for name, cycles in design.cycles_per_chunk.items()),
        (max(predicted.per_chunk.values()), design.bottleneck_cycles),
    ]
    return {
        "cycles": max(_error(*pair) for pair in pairs),
        "dsp": _error(predicted.dsp, design.dsp),
        "bram": _error(predicted.bram_banks, design.bram_banks),
    }


def _predict(design: TripsDesign, layers: tuple[TripsLayer, ...]) -> _Prediction:
    per_layer: dict[int, float] = {}
    per_chunk: dict[str, float] = {}
    dsp = bram_banks = 0.0
    for name in dict.fromkeys(layer.chunk for layer in layers):
        own = [index for index, layer in enumerate(layers) if layer.chunk == name]
        batch = _batch([layers[index] for index in own])
        chunks = _single(design.chunks[name], depthwise=layers[own[0]].depthwise)
        cycles = trips_cycles(chunks, batch)[0].tolist()
        per_layer.update(zip(own, cycles, strict=True))
        per_chunk[name] = sum(cycles)
        dsp += float(trips_dsp(chunks, int(batch.bits.max())))
        bram_banks += float(trips_bram_banks(chunks, batch).max())
    ordered = tuple(per_layer[index] for index in range(len(layers)))
    return _Prediction(per_layer=ordered, per_chunk=per_chunk, dsp=dsp, bram_banks=bram_banks)


def _batch(layers: list[TripsLayer]) -> TripsLayers:
    rows = {"K": "K", "C": "C", "H": "OY", "F": "FY", "bits": "bits"}
    return TripsLayers(
        **{name: torch.tensor([getattr(layer, key) for layer in layers]) for name, key in rows.items()}
    )


def _single(chunk: TripsChunk, *, depthwise: bool) -> TripsChunks:
    return TripsChunks(
        depthwise=depthwise,
        mode=torch.tensor([chunk.compute_mode]),
        tile=torch.tensor([[chunk.tile[name] for name in _SIZES]]),
        unroll=torch.tensor([[chunk.unroll[name] for name in _SIZES]]),
    )


def _error(model: float, reference: float) -> float:
    return abs(model / reference - 1)
