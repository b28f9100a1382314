from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from cosearch.errors import HardwareError, MappingError, WorkloadError
from cosearch.hardware import WEIGHTS_OUTER, Accelerator
from cosearch.workload import IMAGE, Layer, Workload

STEM = Layer(
    name="stem",
    source=IMAGE,
    K=16,
    C=1,
    OY=8,
    OX=8,
    IY=8,
    IX=8,
    weight_bits=8,
    input_bits=8,
    output_bits=8,
)
HEAD = replace(STEM, name="head", source="stem", C=16)
NETWORK = Workload((STEM, HEAD))


def program(name: str, **tile: int) -> dict[str, Any]:
    return {"name": name, "tile": {"K": 16, "C": 1, "OY": 8, "OX": 8, **tile}, "loop_order": WEIGHTS_OUTER}


def chunk(*layers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "kind": "standard",
        "weight_bits": 8,
        "activation_bits": 8,
        "unroll": {"K": 4, "C": 4},
        "capacity_bits": {"I": 8192, "W": 2048, "O": 32768},
        "read_slots": 8,
        "write_slots": 8,
        "max_channels": 16,
        "output_bits": 32,
        "layers": layers,
        **changes,
    }


def accelerator(*chunks: dict[str, Any]) -> Accelerator:
    return Accelerator.model_validate(
        {
            "platform": "zc706",
            "clock_hertz": 2e8,
            "port": {"beat_bits": 128, "burst_latency_cycles": 9, "total_slots": 40},
            "chunks": chunks,
        }
    )


STEM_PROGRAM = program("stem")
HEAD_PROGRAM = program("head", C=16)


def test_layers_run_on_one_chunk_or_on_several() -> None:
    accelerator(chunk(STEM_PROGRAM, HEAD_PROGRAM)).check(NETWORK)
    accelerator(chunk(STEM_PROGRAM), chunk(HEAD_PROGRAM)).check(NETWORK)
    accelerator(chunk(HEAD_PROGRAM), chunk(STEM_PROGRAM)).check(NETWORK)


@pytest.mark.parametrize(
    ("chunks", "error", "message"),
    [
        (
            [chunk(STEM_PROGRAM, HEAD_PROGRAM), chunk(HEAD_PROGRAM)],
            HardwareError,
            "layer 'head' runs on chunk 0 and on chunk 1; keep one",
        ),
        ([chunk(STEM_PROGRAM)], HardwareError, "no chunk runs 'head'; add it to a chunk's layers"),
        (
            [chunk(HEAD_PROGRAM, STEM_PROGRAM)],
            HardwareError,
            "chunks[0]: runs 'head' before 'stem'; keep the order of the network",
        ),
        (
            [chunk(STEM_PROGRAM), chunk(HEAD_PROGRAM, program("tail"))],
            WorkloadError,
            "chunks[1].layers[tail]: no layer is called 'tail'",
        ),
        (
            [chunk(STEM_PROGRAM), chunk(program("head", C=17))],
            MappingError,
            "chunks[1].layers[head]: tile C=17 exceeds the layer's C=16",
        ),
        (
            [chunk(STEM_PROGRAM, read_slots=32), chunk(HEAD_PROGRAM)],
            HardwareError,
            "chunks own 56 slots, the port has 40; give some chunk fewer",
        ),
        (
            [chunk(STEM_PROGRAM, HEAD_PROGRAM, resident_weights=True)],
            HardwareError,
            "chunks[0]: resident weights of 2560 bits do not fit the W buffer of 2048 bits; enlarge it",
        ),
    ],
)
def test_what_cannot_run_is_refused(chunks: list[dict[str, Any]], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        accelerator(*chunks).check(NETWORK)
    assert str(caught.value) == message


def test_slots_and_resident_weights_may_fill_what_there_is() -> None:
    accelerator(chunk(STEM_PROGRAM, read_slots=16, write_slots=8), chunk(HEAD_PROGRAM)).check(NETWORK)
    weights_bits = (16 * 4 + 256) * 8  # one input channel takes a row of four
    capacity = {"I": 8192, "W": weights_bits, "O": 32768}
    accelerator(chunk(STEM_PROGRAM, HEAD_PROGRAM, resident_weights=True, capacity_bits=capacity)).check(NETWORK)


@pytest.mark.parametrize(
    ("chunks", "message"), [([], "at least 1 item"), ([chunk()], "at least 1 item")], ids=["no chunk", "idle chunk"]
)
def test_an_empty_accelerator_is_refused(chunks: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        accelerator(*chunks)
