"""Random instances on the RTL: outputs against plain arithmetic, cycles and beats against the specification."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from cosearch.handoff.rtl import (
    chunk_parameters,
    golden_output,
    layer_program,
    memory_image,
    random_tensors,
    read_output,
)
from cosearch.hardware import DramPort
from cosearch.records import Record
from cosearch.simulate import simulate_layer
from cosearch.validate.comparison import Comparison, Point, Target
from cosearch.validate.rtl.instances import LEAST_BITS, Instance, random_chunk, random_instance
from cosearch.validate.rtl.verilator import Bench, Job, build_bench

LAYERS_A_BUILD = 15


class InstanceResult(Record):
    """One instance.

    Attributes:
        build: Number of the chunk that it ran on.
        spread: Standard deviation of its outputs.
    """

    build: int
    layer: str
    simulated_cycles: int
    rtl_cycles: int
    beats_equal: bool
    outputs: int
    wrong_outputs: int
    spread: float


def compare_rtl_chunk(num_instances: int = 200, seed: int = 0) -> Comparison:
    """Build chunks and run layers on them; takes minutes.

    Args:
        num_instances: Layers, `LAYERS_A_BUILD` of them on each build.
        seed: Of chunks, layers and operands.

    Raises:
        InputError: if Verilator is missing or fails.
    """
    results: list[InstanceResult] = []
    for build in range(-(-num_instances // LAYERS_A_BUILD)):
        left = num_instances - len(results)
        results += run_build(build, min(LAYERS_A_BUILD, left), seed)
    return summarise(results)


def run_build(build: int, num_layers: int, seed: int) -> list[InstanceResult]:
    """One chunk and its layers."""
    rng = random.Random(f"{seed}/{build}")
    chunk, beat_bits = random_chunk(rng, build)
    instances = [random_instance(rng, chunk, beat_bits) for _ in range(num_layers)]
    port = DramPort(beat_bits=beat_bits, burst_latency_cycles=0, total_slots=64)
    with tempfile.TemporaryDirectory() as folder:
        bench = build_bench(chunk_parameters(chunk, port, least_bits=LEAST_BITS), Path(folder))
        return list(_results(build, instances, bench, Path(folder), seed))


def _results(
    build: int, instances: Sequence[Instance], bench: Bench, folder: Path, seed: int
) -> Iterator[InstanceResult]:
    operands = [
        random_tensors(one.layer, np.random.default_rng([seed, build, index])) for index, one in enumerate(instances)
    ]
    images = [
        memory_image(one.layer, one.mapping, tensors, one.port)
        for one, tensors in zip(instances, operands, strict=True)
    ]
    jobs = [
        Job(
            program=layer_program(one.layer, one.mapping, tensors, one.port, image.bases),
            image=image,
            latency_cycles=one.port.burst_latency_cycles,
            read_slots=one.chunk.read_slots,
            write_slots=one.chunk.write_slots,
            preload=one.chunk.resident_weights,
        )
        for one, tensors, image in zip(instances, operands, images, strict=True)
    ]
    done = bench.run([(job, folder / f"job{index}") for index, job in enumerate(jobs)])
    for one, tensors, image, result in zip(instances, operands, images, done, strict=True):
        expected = golden_output(one.layer, tensors)
        found = read_output(one.layer, image, result.memory, is_signed=tensors.signed_outputs)
        yield InstanceResult(
            build=build,
            layer=_describe(one),
            simulated_cycles=simulate_layer(one.layer, one.mapping, one.chunk, one.port).cycles,
            rtl_cycles=result.cycles,
            beats_equal=_beats(one) == (result.beats_read, result.beats_written),
            outputs=expected.size,
            wrong_outputs=int((expected != found).sum()),
            spread=round(float(expected.std()), 3),
        )


def _beats(one: Instance) -> tuple[int, int]:
    """Beats read and written, by the specification."""
    beats = simulate_layer(one.layer, one.mapping, one.chunk, one.port).beats
    return sum(beats[kind] for kind in ("P", "W", "I", "R")), beats["STORE"]


def _describe(one: Instance) -> str:
    layer, tile, chunk = one.layer, one.mapping.tile, one.chunk
    lanes = f"G{layer.G}/{tile.G}" if layer.is_depthwise else f"G{layer.G} K{layer.K}/{tile.K} C{layer.C}/{tile.C}"
    return (
        f"{lanes} Y{layer.OY}/{tile.OY} X{layer.OX}/{tile.OX} F{layer.FY}x{layer.FX} s{layer.stride_y} "
        f"pool{layer.pool_y}x{layer.pool_x} bits{layer.weight_bits},{layer.input_bits},{layer.output_bits},"
        f"{layer.residual_bits} {''.join(name[-1] for name in one.mapping.loop_order)} on {chunk.unroll.K}x"
        f"{chunk.unroll.C} slots{chunk.read_slots}+{chunk.write_slots} burst{one.port.burst_latency_cycles}"
    )


def summarise(results: Sequence[InstanceResult]) -> Comparison:
    """The comparison of all instances."""
    wrong = sum(one.wrong_outputs > 0 for one in results)
    late = sum(one.rtl_cycles != one.simulated_cycles for one in results)
    return Comparison(
        name="rtl_chunk",
        title="One output-stationary chunk in Verilog against plain arithmetic and the executable specification",
        figures={
            "instances": float(len(results)),
            "builds": float(len({one.build for one in results})),
            "instances_with_wrong_outputs": float(wrong),
            "instances_with_other_cycles": float(late),
            "instances_with_other_beats": float(sum(not one.beats_equal for one in results)),
            "instances_with_constant_outputs": float(sum(one.spread == 0 and one.outputs > 1 for one in results)),
            "outputs_compared": float(sum(one.outputs for one in results)),
            "cycles_compared": float(sum(one.rtl_cycles for one in results)),
        },
        targets={
            "instances": Target(op=">=", bound=200),
            "instances_with_wrong_outputs": Target(op="<=", bound=0),
            "instances_with_other_cycles": Target(op="<=", bound=0),
            "instances_with_other_beats": Target(op="<=", bound=0),
            "instances_with_constant_outputs": Target(op="<=", bound=0),
        },
        notes=("Verilator runs the Verilog that is shipped; docs/rtl.md says what of the time is the port's.",),
        unit="cycles",
        points=tuple(
            Point(name=one.layer, group=f"build {one.build}", reference=one.rtl_cycles, model=one.simulated_cycles)
            for one in results
        ),
    )
