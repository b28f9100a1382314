"""All layers of a chunk at once against one after another."""

from dataclasses import replace

import pytest

from cosearch.cost import best_mapping, best_mappings
from cosearch.errors import HardwareError, MappingError
from cosearch.hardware import Capacity, Chunk, ChunkKind, DramPort, Unroll
from cosearch.workload import Layer

PORT = DramPort(beat_bits=64, burst_latency_cycles=20, total_slots=64)
CONV = Layer(
    name="conv",
    source="image",
    K=48,
    C=24,
    OY=14,
    OX=14,
    FY=3,
    FX=3,
    IY=14,
    IX=14,
    padding_y=1,
    padding_x=1,
    weight_bits=8,
    input_bits=8,
    output_bits=8,
)
LAYERS = [
    CONV,
    replace(CONV, name="pointwise", FY=1, FX=1, padding_y=0, padding_x=0, K=96),
    replace(CONV, name="depthwise", G=48, K=1, C=1),
    replace(CONV, name="again"),
    replace(CONV, name="classifier", FY=1, FX=1, padding_y=0, padding_x=0, OY=1, OX=1, IY=1, IX=1, C=512, K=100),
]


def _chunk(kind: ChunkKind = ChunkKind.BOTH, *, bits: int = 8, window_bits: int = 65_536) -> Chunk:
    return Chunk(
        kind=kind,
        weight_bits=bits,
        activation_bits=bits,
        unroll=Unroll(K=8, C=4),
        capacity_bits=Capacity(I=window_bits, W=32_768, O=65_536),
        read_slots=8,
        write_slots=4,
        max_channels=100,
        output_bits=8,
    )


def test_each_layer_has_the_mapping_it_has_alone() -> None:
    chunk = _chunk()
    found = best_mappings(LAYERS, chunk, PORT)
    assert found == [best_mapping(layer, chunk, PORT)[0] for layer in LAYERS]
    assert found[0] == found[3]
    assert len(set(found)) == 4
    sums = chunk.model_copy(update={"partial_sums": True, "capacity_bits": Capacity(I=16_384, W=8_192, O=32_768)})
    assert best_mappings(LAYERS[:2], sums, PORT) == [best_mapping(layer, sums, PORT)[0] for layer in LAYERS[:2]]


def test_what_has_no_mapping_is_refused_by_name() -> None:
    with pytest.raises(MappingError, match=r"conv: no tiling fits banks of 64 \(I\)"):
        best_mappings(LAYERS, _chunk(window_bits=64), PORT)
    with pytest.raises(HardwareError, match="depthwise: "):
        best_mappings(LAYERS, _chunk(ChunkKind.STANDARD), PORT)
    with pytest.raises(HardwareError, match="conv: "):
        best_mappings(LAYERS, _chunk(bits=4), PORT)
