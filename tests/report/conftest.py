"""A run as a search leaves it: eight blocks on four chunks, with events, recipe and manifest."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cosearch.design import (
    Accuracy,
    Block,
    ChunkCost,
    Design,
    EngineRecord,
    EventLog,
    Front,
    FrontMember,
    Infeasible,
    LayerCost,
    Limit,
    Manifest,
    NetworkDesign,
    NetworkSpace,
    OpenStretch,
    Predicted,
    Relaxation,
    RunFolder,
    Stage,
    load_design,
    parse_operator,
)
from cosearch.hardware import PIXELS_OUTER, Accelerator, ChunkKind, load_platform
from cosearch.records import canonical_json

CLOCK_HERTZ = 2e8
BLOCKS = (
    Block(op="k3_e3", weight_bits=4, activation_bits=6),
    Block(op="k5_e6", weight_bits=6, activation_bits=6),
    Block(op="skip"),
    Block(op="k3_e6", weight_bits=4, activation_bits=4),
    Block(op="k3_e1_g2", weight_bits=8, activation_bits=8),
    Block(op="k5_e3", weight_bits=4, activation_bits=4),
    Block(op="k5_e6", weight_bits=6, activation_bits=8),
    Block(op="k3_e6", weight_bits=4, activation_bits=4),
)
SPACE = NetworkSpace(
    name="fashion-eight",
    input=(1, 28, 28),
    classes=10,
    stem_channels=16,
    stem_stride=1,
    stages=(
        Stage(channels=24, blocks=3, stride=2),
        Stage(channels=40, blocks=3, stride=2),
        Stage(channels=64, blocks=2),
    ),
    head_channels=256,
    operators=("k3_e1", "k3_e3", "k3_e6", "k5_e3", "k5_e6", "k3_e1_g2", "skip"),
    bits=(4, 6, 8),
)
CHUNKS: list[dict[str, Any]] = [
    {"kind": "standard", "bits": 8, "K": 16, "C": 8, "I": 65536, "W": 98304, "O": 131072, "slots": (14, 6)},
    {"kind": "standard", "bits": 4, "K": 16, "C": 4, "I": 32768, "W": 24576, "O": 65536, "slots": (9, 4)},
    {"kind": "depthwise", "bits": 8, "K": 12, "C": 1, "I": 49152, "W": 36864, "O": 65536, "slots": (8, 4)},
    {"kind": "depthwise", "bits": 4, "K": 8, "C": 1, "I": 24576, "W": 8192, "O": 32768, "slots": (2, 1)},
]


def example_layers() -> list[dict[str, Any]]:
    """Layers with their multiply-accumulates, weights and outputs, and the chunk that is wide enough."""
    height = 28
    layers = [{"name": "stem", "macs": 9 * 16 * height**2, "outputs": 16 * height**2, "weights": 144, "chunk": 0}]
    for index, (block, (c_in, c_out, stride)) in enumerate(zip(BLOCKS, SPACE.block_widths(), strict=True)):
        after = math.ceil(height / stride)
        if block.weight_bits is not None and block.activation_bits is not None:
            operator = parse_operator(block.op)
            narrow = max(block.weight_bits, block.activation_bits) <= 4
            hidden, taps, groups = c_in * operator.expansion, operator.kernel**2, operator.groups
            for name, weights, pixels, channels, chunk in (
                ("expand", c_in * hidden // groups, height**2, hidden, 1 if narrow else 0),
                ("depthwise", hidden * taps, after**2, hidden, 3 if narrow else 2),
                ("project", hidden * c_out // groups, after**2, c_out, 1 if narrow else 0),
            ):
                layers.append(
                    {
                        "name": f"block{index}.{name}",
                        "macs": weights * pixels,
                        "outputs": channels * pixels,
                        "weights": weights,
                        "chunk": chunk,
                    }
                )
        height = after
    layers.append({"name": "head", "macs": 64 * 256 * height**2, "outputs": 256, "weights": 64 * 256, "chunk": 0})
    return [*layers, {"name": "classifier", "macs": 2560, "outputs": 10, "weights": 2560, "chunk": 0}]


def _layer_cost(layer: dict[str, Any]) -> LayerCost:
    chunk = CHUNKS[layer["chunk"]]
    reads, writes = chunk["slots"]
    beat_words = 128 // chunk["bits"]
    compute = math.ceil(layer["macs"] / (chunk["K"] * chunk["C"])) + 40
    read = math.ceil((layer["weights"] + 1.4 * layer["outputs"]) / beat_words * 64 / reads)
    write = math.ceil(layer["outputs"] / beat_words * 64 / writes)
    busy = {"compute": compute, "read": read, "write": write}
    bound = max(busy, key=lambda server: busy[server])
    cycles = int(max(busy.values()) * 1.04) + 16
    return LayerCost(
        name=layer["name"],
        chunk=layer["chunk"],
        cycles=cycles,
        bound=bound,  # pyright: ignore[reportArgumentType]
        compute_cycles=compute,
        read_cycles=read,
        write_cycles=write,
        overhead_cycles=16,
        exposed_read_cycles=cycles - 16 - compute,
        exposed_write_cycles=0,
        dram_bits=int((layer["weights"] + 2.4 * layer["outputs"]) * chunk["bits"]),
        dram_bits_by_operand={"output": int((layer["weights"] + 2.4 * layer["outputs"]) * chunk["bits"])},
        num_macs=layer["macs"],
        energy_joules=layer["macs"] * 2.1e-12 + layer["outputs"] * 4e-11,
        energy_by_part_joules={"mac": layer["macs"] * 2.1e-12, "dram": layer["outputs"] * 4e-11},
    )


def _accelerator(layers: list[dict[str, Any]]) -> Accelerator:
    chunks = [
        {
            "kind": ChunkKind(chunk["kind"]),
            "weight_bits": chunk["bits"],
            "activation_bits": chunk["bits"],
            "unroll": {"K": chunk["K"], "C": chunk["C"]},
            "capacity_bits": {operand: chunk[operand] for operand in "IWO"},
            "read_slots": chunk["slots"][0],
            "write_slots": chunk["slots"][1],
            "resident_weights": chunk["kind"] == "depthwise",
            "max_channels": 384,
            "output_bits": 32,
            "layers": [
                {"name": layer["name"], "tile": {"OY": 7, "OX": 7, "K": 16}, "loop_order": PIXELS_OUTER}
                for layer in layers
                if layer["chunk"] == index
            ],
        }
        for index, chunk in enumerate(CHUNKS)
    ]
    port = load_platform("zc706").port(CLOCK_HERTZ)
    return Accelerator.model_validate(
        {"platform": "zc706", "clock_hertz": CLOCK_HERTZ, "port": port, "chunks": chunks}
    )


def _chunk_cost(index: int, per_layer: list[LayerCost]) -> ChunkCost:
    chunk = CHUNKS[index]
    multipliers = chunk["K"] * chunk["C"]
    return ChunkCost(
        cycles=sum(layer.cycles for layer in per_layer if layer.chunk == index),
        dram_bits=sum(layer.dram_bits for layer in per_layer if layer.chunk == index),
        energy_joules=sum(layer.energy_joules for layer in per_layer if layer.chunk == index),
        dsp=multipliers // 2 if chunk["bits"] > 4 else 0,
        bram18=2 * sum(math.ceil(chunk[operand] / 18432) for operand in "IWO"),
        uram=0,
        lut=900 + multipliers * (24 if chunk["bits"] > 4 else 61),
    )


def example_design() -> Design:
    """A feasible design; all totals are sums of their parts."""
    layers = example_layers()
    per_layer = [_layer_cost(layer) for layer in layers]
    per_chunk = [_chunk_cost(index, per_layer) for index in range(len(CHUNKS))]
    period = max(chunk.cycles for chunk in per_chunk)
    fps = CLOCK_HERTZ / period
    latency = sum(layer.cycles for layer in per_layer) / CLOCK_HERTZ
    dynamic = sum(layer.energy_joules for layer in per_layer)
    energy = dynamic + 0.25 / fps
    totals = {key: sum(getattr(chunk, key) for chunk in per_chunk) for key in ("dsp", "bram18", "uram", "lut")}
    predicted = Predicted(
        period_cycles=period,
        fps=fps,
        latency_seconds=latency,
        latency_loaded_seconds=latency * 1.7,
        energy_joules=energy,
        edp=energy * latency,
        power_watts=energy * fps,
        **totals,
        dram_bits=sum(layer.dram_bits for layer in per_layer),
        model_bits=sum(layer["weights"] for layer in layers) * 5,
        energy_by_part_joules={
            "multipliers": dynamic * 0.4,
            "buffers": dynamic * 0.1,
            "DRAM": dynamic * 0.5,
            "static": 0.25 / fps,
        },
        confidence={"cycles": "closed form", "resources": "as synthesis counts", "energy": "relative"},
        per_chunk=tuple(per_chunk),
        per_layer=tuple(per_layer),
    )
    limits = (
        ("fps", ">=", 1200.0, fps),
        ("dsp", "<=", 140.0, predicted.dsp),
        ("bram18", "<=", 110.0, predicted.bram18),
    )
    return Design(
        recipe="fashion-zc706",
        seed=0,
        status="feasible",
        network=NetworkDesign(input=SPACE.input, classes=10, blocks=BLOCKS, space=SPACE),
        accelerator=_accelerator(layers),
        predicted=predicted,
        limits=tuple(
            Limit.model_validate({"metric": m, "op": op, "limit": bound}).judge(value)
            for m, op, bound, value in limits
        ),
        engine=EngineRecord(
            name="exact",
            objective="fps",
            certified=True,
            gap=0.0,
            scope="67,500 designs a chunk class, layers to chunks by kind and bits, closed-form cycles",
        ),
        accuracy=Accuracy(supernet_val=0.8312, retrained_val=0.8784, retrained_test=0.8731, integer_test=0.8726),
    )


def write_events(path: Path) -> None:
    """Three stages of epochs and the finalists."""
    log = EventLog(path)
    for epoch in range(2):
        log.append(
            "epoch",
            stage="warmup",
            epoch=epoch,
            train_loss=1.6 - 0.5 * epoch,
            val_accuracy=0.52 + 0.14 * epoch,
            images=20000,
        )
    for epoch in range(6):
        log.append(
            "epoch",
            stage="search",
            epoch=epoch,
            train_loss=1.0 * 0.88**epoch,
            val_accuracy=0.70 + 0.13 * (1 - 0.6**epoch),
            arch_loss=1.1 * 0.89**epoch,
            expected_violation=0.4 * 0.5**epoch - 0.02,
            share_feasible=min(1.0, 0.1 + 0.18 * epoch),
            entropy_operators=1.9 * 0.8**epoch,
            entropy_bits=1.1 * 0.85**epoch,
            skip_share=0.14 + 0.02 * epoch,
            multipliers={"fps": 0.3 + 0.1 * epoch, "dsp": 0.05 * epoch},
            temperature=5 * 0.6**epoch,
            ratio_integer_to_lp=1.12 - 0.015 * epoch,
            note="text is no series",
        )
    for epoch in range(8):
        log.append(
            "epoch",
            stage="train",
            epoch=epoch,
            train_loss=0.8 * 0.8**epoch,
            val_accuracy=0.78 + 0.1 * (1 - 0.7**epoch),
        )
    fps = example_design().predicted.fps
    rows = [
        {
            "blocks": [
                block.model_dump() for block in (BLOCKS if rank == 0 else BLOCKS[:rank] + BLOCKS[rank - 1 : -1])
            ],
            "val_accuracy": 0.8312 - 0.004 * rank + 0.002 * (rank % 3),
            "fps": fps * (1 + 0.07 * ((rank * 5) % 7) - (0.1 if rank else 0)),
            "feasible": rank not in (3, 5),
        }
        for rank in range(8)
    ]
    log.append("candidates", rows=rows)
    log.append("something_new", value=1)


RECIPE = """\
name: fashion-zc706
seed: 0
data: {name: fashion-mnist, subset: 20000}
platform: zc706
limits: ["fps>=1200", "dsp<=140", "bram18<=110"]
objective: fps
search: {warmup_epochs: 2, epochs: 6, hardware_samples: 8}
train: {epochs: 8}
"""

MANIFEST = Manifest(
    recipe="fashion-zc706",
    seeds={"search": 0, "train": 0},
    threads=1,
    versions={"python": "3.11.2", "cosearch": "0.1.0", "torch": "2.13.0", "numpy": "2.3.1"},
    hashes={
        "recipe": "5f1d7a84693f6bca9b1a3bd1b7a9a1f4ad4e0f6c1c4f9d1f0d6f7f6fb2a9f3c1",
        "data": "a3c1e07f2b4d95e8c6f1d20b7e8a9943f5d6c2b1a0e9f8d7c6b5a4938271605f",
    },
    cpu_seconds={"search": 214.3, "train": 161.9, "check": 0.8},
    wall_seconds={"search": 109.4, "train": 84.0, "check": 0.5},
    test_reads={"0": 1},
)


def write_run(path: Path, *, feasible: bool = True) -> RunFolder:
    """All files of a run, but the page."""
    folder = RunFolder(path)
    folder.create()
    folder.recipe.write_text(RECIPE, encoding="utf-8")
    folder.save_manifest(MANIFEST)
    write_events(folder.events)
    if feasible:
        folder.design.write_text(canonical_json(example_design()), encoding="utf-8")
    else:
        folder.infeasible.write_text(json.dumps(example_infeasible().model_dump(mode="json")), encoding="utf-8")
    return folder


def example_infeasible() -> Infeasible:
    """Too many frames for too few multipliers."""
    fps = Limit(metric="fps", op=">=", limit=90000)
    dsp = Limit(metric="dsp", op="<=", limit=40)
    bram = Limit(metric="bram18", op="<=", limit=30)
    return Infeasible(
        status="infeasible",
        binding="fps",
        relaxations=(
            Relaxation(limit=fps, sufficient=5210.5),
            Relaxation(limit=dsp, sufficient=212),
            Relaxation(limit=bram, sufficient=None),
        ),
        joint_factor=2.37,
        reason="No accelerator of the space reaches 90,000 images/s with 40 DSP: the smallest network needs 212.",
    )


@pytest.fixture
def design() -> Design:
    return example_design()


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[[bool], RunFolder]:
    return lambda feasible: write_run(tmp_path / "run", feasible=feasible)


FRONT_POINTS = ((220.0, 9.0e-3), (200.0, 7.5e-3), (120.0, 6.0e-3))


def named(point: tuple[float, float]) -> dict[str, float]:
    return {"fps": point[0], "energy_joules": point[1]}


def example_front(*, whole: bool) -> Front:
    return Front(
        recipe="net <b>",
        objectives=("fps", "energy_joules"),
        certified=whole,
        scope="closed form, declared space",
        front=tuple(
            FrontMember(values=named(point), certified=True, folder=f"front/{n:02}")
            for n, point in enumerate(FRONT_POINTS, start=1)
        ),
        gaps=()
        if whole
        else (OpenStretch(better_in_first=named(FRONT_POINTS[1]), better_in_second=named(FRONT_POINTS[2])),),
    )


def example_designs(design: Design) -> tuple[Design, ...]:
    return tuple(
        design.model_copy(update={"predicted": design.predicted.model_copy(update=named(point))})
        for point in FRONT_POINTS
    )


@pytest.fixture
def front_folder(make_run: Callable[[bool], RunFolder], tmp_path: Path) -> RunFolder:
    """A front in a folder, with the example's design at every point."""
    folder = RunFolder(tmp_path / "front-run")
    designs = example_designs(load_design(make_run(True).design))
    for member, design in zip(example_front(whole=True).front, designs, strict=True):
        own = RunFolder(folder.path / member.folder)
        own.create()
        own.design.write_text(canonical_json(design), encoding="utf-8")
    folder.front.write_text(canonical_json(example_front(whole=True)), encoding="utf-8")
    return folder


@pytest.fixture
def make_front() -> Callable[..., Front]:
    return example_front


@pytest.fixture
def point_designs(make_run: Callable[[bool], RunFolder]) -> tuple[Design, ...]:
    return example_designs(load_design(make_run(True).design))
