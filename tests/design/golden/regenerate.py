"""Write design.json beside this file: a small design with every field set, made by hand.

Run it when the schema changes on purpose: ``.venv/bin/python tests/design/golden/regenerate.py``.
"""

from pathlib import Path

from cosearch import __version__
from cosearch.design import (
    Accuracy,
    Block,
    ChunkCost,
    Design,
    EngineRecord,
    LayerCost,
    Limit,
    NetworkDesign,
    NetworkSpace,
    Predicted,
    Stage,
)
from cosearch.hardware import (
    WEIGHTS_OUTER,
    Accelerator,
    Capacity,
    ChunkKind,
    ChunkProgram,
    DramPort,
    LayerProgram,
    Tile,
    Unroll,
)
from cosearch.records import canonical_json, write_atomically

FOLDER = Path(__file__).parent
WHY = "schema 1"

CLOCK_HERTZ = 2e8
STANDARD_CYCLES = {
    "stem": 400,
    "block0.expand": 500,
    "block0.project": 500,
    "head": 600,
    "classifier": 200,
}
DEPTHWISE_CYCLES = {"block0.depthwise": 1000}


def network() -> NetworkDesign:
    space = NetworkSpace(
        name="golden",
        input=(1, 8, 8),
        classes=10,
        stem_channels=16,
        stem_stride=2,
        stages=(Stage(channels=16, blocks=2, stride=1),),
        head_channels=32,
        operators=("k3_e1", "k5_e3", "skip"),
        bits=(4, 6, 8),
        edge_bits=8,
    )
    blocks = (Block(op="k3_e1", weight_bits=4, activation_bits=6), Block(op="skip"))
    return NetworkDesign(input=space.input, classes=space.classes, blocks=blocks, space=space)


def chunk(kind: ChunkKind, unroll: Unroll, layers: tuple[LayerProgram, ...]) -> ChunkProgram:
    return ChunkProgram(
        kind=kind,
        weight_bits=8,
        activation_bits=8,
        unroll=unroll,
        capacity_bits=Capacity(I=4096, W=16384, O=8192),
        read_slots=12,
        write_slots=4,
        resident_weights=kind is ChunkKind.DEPTHWISE,
        max_channels=32,
        output_bits=32,
        layers=layers,
    )


def layer(name: str, **tile: int) -> LayerProgram:
    return LayerProgram(name=name, tile=Tile(**tile), loop_order=WEIGHTS_OUTER)


def accelerator() -> Accelerator:
    standard = (
        layer("stem", K=16, C=1, OY=4, OX=4),
        layer("block0.expand", K=16, C=16, OY=4, OX=4),
        layer("block0.project", K=16, C=16, OY=4, OX=4),
        layer("head", K=16, C=16, OY=4, OX=4),
        layer("classifier", K=10, C=32, OY=1, OX=1),
    )
    depthwise = (layer("block0.depthwise", G=16, OY=4, OX=4),)
    return Accelerator(
        platform="zc706",
        clock_hertz=CLOCK_HERTZ,
        port=DramPort(beat_bits=128, burst_latency_cycles=9, total_slots=62),
        chunks=(
            chunk(ChunkKind.STANDARD, Unroll(K=8, C=4), standard),
            chunk(ChunkKind.DEPTHWISE, Unroll(K=8), depthwise),
        ),
    )


def layer_cost(name: str, chunk_index: int, cycles: int) -> LayerCost:
    return LayerCost(
        name=name,
        chunk=chunk_index,
        cycles=cycles,
        bound="compute",
        compute_cycles=cycles - 100,
        read_cycles=cycles // 2,
        write_cycles=cycles // 4,
        overhead_cycles=16,
        exposed_read_cycles=60,
        exposed_write_cycles=24,
        dram_bits=8 * cycles,
        dram_bits_by_operand={"weight": 5 * cycles, "input": 2 * cycles, "output": cycles},
        num_macs=16 * cycles,
        energy_joules=cycles * 1e-9,
        energy_by_part_joules={"mac": cycles * 7e-10, "dram": cycles * 3e-10},
    )


def predicted() -> Predicted:
    period_cycles = sum(STANDARD_CYCLES.values())
    latency_seconds = (period_cycles + sum(DEPTHWISE_CYCLES.values())) / CLOCK_HERTZ
    energy_joules = 3.2e-6
    period_seconds = period_cycles / CLOCK_HERTZ
    costs = [layer_cost(name, 0, cycles) for name, cycles in STANDARD_CYCLES.items()]
    costs.insert(2, layer_cost("block0.depthwise", 1, DEPTHWISE_CYCLES["block0.depthwise"]))
    return Predicted(
        period_cycles=period_cycles,
        fps=1 / period_seconds,
        latency_seconds=latency_seconds,
        latency_loaded_seconds=2 * period_seconds,
        energy_joules=energy_joules,
        edp=energy_joules * latency_seconds,
        power_watts=energy_joules / period_seconds,
        dsp=40,
        bram18=12,
        uram=0,
        lut=5000,
        dram_bits=25600,
        model_bits=12345,
        energy_by_part_joules={"mac": 2e-7, "dram": 2e-7, "static": 2.8e-6},
        confidence={"cycles": "exact", "energy": "relative"},
        per_chunk=(
            ChunkCost(
                cycles=period_cycles, dram_bits=17600, energy_joules=2.2e-6, dsp=32, bram18=8, uram=0, lut=4000
            ),
            ChunkCost(cycles=1000, dram_bits=8000, energy_joules=1e-6, dsp=8, bram18=4, uram=0, lut=1000),
        ),
        per_layer=tuple(costs),
    )


def design() -> Design:
    cost = predicted()
    limits = (Limit(metric="fps", op=">=", limit=50000), Limit(metric="dsp", op="<=", limit=140))
    return Design(
        recipe="golden",
        seed=7,
        status="feasible",
        network=network(),
        accelerator=accelerator(),
        predicted=cost,
        limits=tuple(limit.judge(getattr(cost, limit.metric)) for limit in limits),
        engine=EngineRecord(
            name="exact", objective="fps", certified=True, gap=0.0, scope="by kind; two unrollings, one capacity"
        ),
        accuracy=Accuracy(supernet_val=0.81, retrained_val=0.87, retrained_test=0.865, integer_test=None),
    )


def meta() -> dict[str, object]:
    return {
        "_meta": {
            "cosearch": __version__,
            "why": WHY,
            "values": "made by hand, one design with every field set; no result of a search",
            "command": ".venv/bin/python tests/design/golden/regenerate.py",
        }
    }


if __name__ == "__main__":
    write_atomically(FOLDER / "design.json", canonical_json(design()))
    write_atomically(FOLDER / "design.meta.json", canonical_json(meta()))
