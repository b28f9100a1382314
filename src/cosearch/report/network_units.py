"""The found network as a row of units: what each reads, does and makes."""

from dataclasses import dataclass

from cosearch.design import Block, Design, NetworkSpace, parse_operator
from cosearch.report.places import chunks_by_part

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The image, the stem, a block, the head or the classifier.

    Attributes:
        name: ``stem``, ``block 3``.
        label: What it does, in few characters: ``5×5, e6``.
        channels: Width at the input, at the widest place and at the output; None for the image and skips.
        kernel: Taps on a side of its spatial kernel; 1 where it has none.
        bits: Of weights and of activations; None for the image and skips.
        shape: Channels, height and width of what it makes.
        has_residual: Whether its input is added to its output.
        chunks: Indices of the chunks that run it.
    """

    name: str
    label: str
    channels: tuple[int, int, int] | None
    kernel: int
    bits: tuple[int, int] | None
    shape: Shape
    has_residual: bool = False
    chunks: tuple[int, ...] = ()

    @property
    def is_skip(self) -> bool:
        """Whether it hands on what it gets."""
        return self.channels is None and self.name != "image"

    def sentence(self) -> str:
        """All of it, for those who hover or cannot see."""
        shape = "×".join(map(str, self.shape))
        if self.name == "image":
            return f"image of {shape}"
        if self.bits is None:
            return f"{self.name}: skip, hands on {shape}"
        words = (
            f"{self.name}: {self.label}, {self.bits[0]}-bit weights, {self.bits[1]}-bit activations, makes {shape}"
        )
        if self.has_residual:
            words += ", input added to output"
        if self.chunks:
            words += f", runs on chunk {' and '.join(map(str, self.chunks))}"
        return words


def units_of(design: Design) -> list[Unit]:
    """Everything from the image to the classes, in order."""
    space = design.found_network.space
    chunks = chunks_by_part(design)
    edge = (space.edge_bits, space.edge_bits)
    channels, height, width = space.input
    shape = (space.stem_channels, _strided(height, space.stem_stride), _strided(width, space.stem_stride))
    units = [
        Unit(name="image", label="", channels=None, kernel=1, bits=None, shape=space.input),
        Unit(
            name="stem",
            label="3×3" + _stride(space.stem_stride),
            channels=(channels, space.stem_channels, space.stem_channels),
            kernel=3,
            bits=edge,
            shape=shape,
            chunks=chunks.get("stem", ()),
        ),
    ]
    for index, block in enumerate(design.found_network.blocks):
        unit = _block_unit(space, index, block, shape, chunks)
        units.append(unit)
        shape = unit.shape
    return units + _ends(space, shape, chunks)


def _block_unit(
    space: NetworkSpace, index: int, block: Block, shape: Shape, chunks: dict[str, tuple[int, ...]]
) -> Unit:
    c_in, c_out, stride = space.block_widths()[index]
    operator = parse_operator(block.op)
    name = f"block {index}"
    if block.weight_bits is None or block.activation_bits is None:
        return Unit(name=name, label="skip", channels=None, kernel=1, bits=None, shape=shape)
    groups = f" g{operator.groups}" if operator.groups > 1 else ""
    return Unit(
        name=name,
        label=f"{operator.kernel}×{operator.kernel}{_stride(stride)} e{operator.expansion}{groups}",
        channels=(c_in, c_in * operator.expansion, c_out),
        kernel=operator.kernel,
        bits=(block.weight_bits, block.activation_bits),
        shape=(c_out, _strided(shape[1], stride), _strided(shape[2], stride)),
        has_residual=stride == 1 and c_in == c_out,
        chunks=chunks.get(name, ()),
    )


def _ends(space: NetworkSpace, shape: Shape, chunks: dict[str, tuple[int, ...]]) -> list[Unit]:
    edge = (space.edge_bits, space.edge_bits)
    head, classes = space.head_channels, space.classes
    return [
        Unit(
            name="head",
            label="1×1, pool",
            channels=(shape[0], head, head),
            kernel=1,
            bits=edge,
            shape=(head, 1, 1),
            chunks=chunks.get("head", ()),
        ),
        Unit(
            name="classifier",
            label="linear",
            channels=(head, head, classes),
            kernel=1,
            bits=edge,
            shape=(classes, 1, 1),
            chunks=chunks.get("classifier", ()),
        ),
    ]


def _stride(stride: int) -> str:
    return f" /{stride}" if stride > 1 else ""


def _strided(size: int, stride: int) -> int:
    return -(-size // stride)
