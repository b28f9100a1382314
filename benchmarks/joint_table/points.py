"""The joint space of the table, its points, and the data every point is trained on."""

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor

from cosearch.design import Block, NetworkSpace, Stage
from cosearch.train import DataRecipe, ImageData, Splits, TrainRecipe, load_images

SPACE = NetworkSpace(
    name="joint",
    input=(1, 14, 14),
    classes=10,
    stem_channels=8,
    stem_stride=2,
    stages=(Stage(channels=8, blocks=1), Stage(channels=16, blocks=2, stride=2)),
    head_channels=32,
    operators=("k3_e1", "k5_e3", "skip"),
    bits=(2, 4, 8),
)
DATA = DataRecipe(train_w=6000, train_arch=2000, val=4000)
TRAINING = TrainRecipe(epochs=4)
SEEDS = (0, 1, 2)


def all_points(space: NetworkSpace = SPACE) -> list[tuple[Block, ...]]:
    """Every network of a space, with equal bits of weights and activations in a block; the last block fastest."""
    options = [
        [
            Block(op=op, weight_bits=bits, activation_bits=bits)
            for op in space.legal_operators(index)
            for bits in (space.bits if op != "skip" else (None,))
        ]
        for index in range(space.num_blocks)
    ]
    return list(itertools.product(*options))


def point_name(blocks: tuple[Block, ...]) -> str:
    """Such as ``k5_e3:4 k3_e1:8 skip``."""
    return " ".join(block.op if block.weight_bits is None else f"{block.op}:{block.weight_bits}" for block in blocks)


def small_images() -> ImageData:
    """Fashion-MNIST at 14 x 14: the mean of every 2 x 2 pixels."""
    data = load_images("fashion-mnist")
    return ImageData(
        "fashion-mnist-14",
        data.classes,
        _halved(data.train_images),
        data.train_labels,
        _halved(data.test_images),
        data.test_labels,
        augmentation=data.augmentation,
    )


def table_splits() -> Splits:
    """The splits of every training and every search on the table."""
    return Splits(small_images(), DATA)


def _halved(images: Tensor) -> Tensor:
    return F.avg_pool2d(images.float(), 2).round().to(torch.uint8)
