"""Random networks on random accelerators of several chunks."""

import random
from collections.abc import Sequence
from dataclasses import replace

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
from cosearch.workload import IMAGE, Concatenation, Layer, Op, Workload

_BITS = 8


def random_network(rng: random.Random, num_layers: int) -> Workload:
    """A network of convolutions with residuals, pooling, products with one number a channel and concatenations.

    Args:
        rng: Source of chance.
        num_layers: Convolutions, at least one; what comes between them is on top.
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
        if rng.random() < 0.15:
            last = _excite(layers, shapes, f"e{index}")
        elif index > 1 and rng.random() < 0.2:
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
        weight_bits=rng.choice([4, 6, _BITS]),
        input_bits=_BITS,
        output_bits=_BITS,
        residual=residual,
        residual_bits=_BITS if residual else 0,
    )


def _excite(layers: list[Layer], shapes: dict[str, tuple[int, int]], name: str) -> str:
    """Squeeze and excite: the last tensor times one number a channel that is made of its mean."""
    last = layers[-1].name
    channels, size = shapes[last]
    mean = replace(_single(f"{name}.mean", last, "average_pool", channels, size), OY=1, OX=1, FY=size, FX=size)
    gate = replace(_single(f"{name}.gate", mean.name, "convolution", 1, 1), K=channels, C=channels)
    product = replace(_single(f"{name}", last, "copy", channels, size), op="multiply", scale=gate.name)
    layers += [mean, gate, product]
    shapes[name] = channels, size
    return name


def _single(name: str, source: str, op: Op, channels: int, size: int) -> Layer:
    """A layer of the least form: an operation on single channels, without a kernel."""
    return Layer(
        name=name,
        source=source,
        op=op,
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
    )


def _join(layers: list[Layer], joined: list[Concatenation], shapes: dict[str, tuple[int, int]], name: str) -> str:
    """Concatenate the last tensor with a copy of it: a tensor of two parts, the second at an offset."""
    first = layers[-1]
    channels, size = shapes[first.name]
    second = replace(_single(f"{name}.part", first.name, "copy", channels, size), output_offset=channels)
    layers.append(second)
    joined.append(Concatenation(name=name, parts=(first.name, second.name)))
    shapes[name] = 2 * channels, size
    return name


def random_accelerator(rng: random.Random, workload: Workload, num_chunks: int, platform: Platform) -> Accelerator:
    """Chunks that run any layer, each layer on one of them with its best mapping, within the slots of the port.

    Every chunk has a layer as long as there are enough.
    """
    port = platform.port(platform.clock_hertz)
    share = port.total_slots // num_chunks
    homes = [*range(num_chunks), *(rng.randrange(num_chunks) for _ in workload.layers)][: len(workload.layers)]
    rng.shuffle(homes)
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
