"""Random networks on random accelerators of several chunks."""

import random
from collections.abc import Sequence

from cosearch.cost import best_mapping
from cosearch.hardware import (
    Accelerator,
    Capacity,
    Chunk,
    ChunkKind,
    ChunkProgram,
    LayerProgram,
    Platform,
)
from cosearch.validate.cases import random_unroll
from cosearch.workload import IMAGE, Concatenation, Layer, Workload

_BITS = 8


def random_network(rng: random.Random, num_layers: int) -> Workload:
    """A network of convolutions with residuals, pooling and concatenations.

    Args:
        rng: Source of chance.
        num_layers: Layers, at least one.
    """
    layers: list[Layer] = []
    joined: list[Concatenation] = []
    shapes: dict[str, tuple[int, int]] = {IMAGE: (16, 28)}  # channels and rows of every tensor
    last = IMAGE
    for index in range(num_layers):
        name = f"l{index}"
        layer = _layer(rng, name, last, shapes[last], [n for n in shapes if n not in (last, IMAGE)], shapes)
        layers.append(layer)
        shapes[name] = layer.out_channels, layer.OY // layer.pool_y
        last = name
        if index > 1 and rng.random() < 0.2:
            last = _join(layers, joined, shapes, f"j{index}")
    return Workload(tuple(layers), tuple(joined))


def _layer(
    rng: random.Random,
    name: str,
    source: str,
    shape: tuple[int, int],
    others: Sequence[str],
    shapes: dict[str, tuple[int, int]],
) -> Layer:
    channels, size = shape
    depthwise = rng.random() < 0.3
    kernel, stride = rng.choice([1, 3, 5]), rng.choice([1, 1, 2]) if size > 7 else 1
    out = (size - 1) // stride + 1
    k = channels if depthwise else rng.choice([16, 32, 48])
    addable = [other for other in others if shapes[other] == (k, out) and other.startswith("l")]
    residual = rng.choice(addable) if addable and rng.random() < 0.5 else None
    pool = 2 if out % 2 == 0 and rng.random() < 0.15 else 1
    return Layer(
        name=name,
        source=source,
        G=channels if depthwise else 1,
        K=1 if depthwise else k,
        C=1 if depthwise else channels,
        OY=out,
        OX=out,
        FY=kernel,
        FX=kernel,
        IY=size,
        IX=size,
        stride_y=stride,
        stride_x=stride,
        padding_y=kernel // 2,
        padding_x=kernel // 2,
        pool_y=pool,
        pool_x=pool,
        weight_bits=_BITS,
        input_bits=_BITS,
        output_bits=_BITS,
        residual=residual,
        residual_bits=_BITS if residual else 0,
    )


def _join(layers: list[Layer], joined: list[Concatenation], shapes: dict[str, tuple[int, int]], name: str) -> str:
    """Concatenate the last tensor with a copy of it: a tensor of two parts, the second at an offset."""
    first = layers[-1]
    channels, size = shapes[first.name]
    second = Layer(
        name=f"{name}.part",
        source=first.name,
        op="copy",
        G=channels,
        K=1,
        C=1,
        OY=size,
        OX=size,
        IY=size,
        IX=size,
        weight_bits=_BITS,
        input_bits=_BITS,
        output_bits=_BITS,
        output_offset=channels,
    )
    layers.append(second)
    joined.append(Concatenation(name=name, parts=(first.name, second.name)))
    shapes[name] = 2 * channels, size
    return name


def random_accelerator(rng: random.Random, workload: Workload, num_chunks: int, platform: Platform) -> Accelerator:
    """Chunks that run any layer, each layer on one of them with its best mapping, within the slots of the port."""
    port = platform.port(platform.clock_hertz)
    share = port.total_slots // num_chunks
    homes = [rng.randrange(num_chunks) for _ in workload.layers]
    programs: list[ChunkProgram] = []
    for index in range(num_chunks):
        own = [layer for layer, home in zip(workload.layers, homes, strict=True) if home == index]
        if not own:
            continue
        reads = rng.randint(1, share - 1)
        chunk = Chunk(
            kind=ChunkKind.BOTH,
            weight_bits=_BITS,
            activation_bits=_BITS,
            unroll=random_unroll(rng, depthwise=False),
            capacity_bits=Capacity(I=1 << 20, W=1 << 20, O=1 << 20),
            read_slots=reads,
            write_slots=rng.randint(1, share - reads),
            max_channels=1 << 12,
            output_bits=_BITS,
        )
        mappings = {layer.name: best_mapping(layer, chunk, port)[0] for layer in own}
        entries = [LayerProgram(name=name, **mapping.model_dump()) for name, mapping in mappings.items()]
        programs.append(ChunkProgram(**chunk.model_dump(), layers=tuple(entries)))
    return Accelerator(platform=platform.name, clock_hertz=platform.clock_hertz, port=port, chunks=tuple(programs))
