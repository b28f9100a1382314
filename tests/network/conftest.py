"""A space small enough for every test of this folder, and short names for its blocks."""

from collections.abc import Callable

import pytest

from cosearch.design import Block, NetworkSpace, Stage


@pytest.fixture(scope="session")
def tiny() -> NetworkSpace:
    """Odd sizes, two strides, groups and skips."""
    return NetworkSpace(
        name="tiny",
        input=(2, 11, 7),
        classes=3,
        stem_channels=4,
        stem_stride=2,
        stages=(Stage(channels=4, blocks=2), Stage(channels=6, blocks=2, stride=2)),
        head_channels=8,
        operators=("k3_e1", "k5_e3", "k3_e1_g2", "skip"),
        bits=(4, 6, 8),
    )


@pytest.fixture(scope="session")
def blocks() -> Callable[..., list[Block]]:
    """``k3_e1:4`` has 4 bits, ``k3_e1:4/8`` 4 for weights and 8 for activations, ``skip`` none."""

    def parse(*texts: str) -> list[Block]:
        result: list[Block] = []
        for text in texts:
            op, _, bits = text.partition(":")
            weight, _, activation = bits.partition("/")
            weight_bits = int(weight) if weight else None
            result.append(
                Block(op=op, weight_bits=weight_bits, activation_bits=int(activation) if activation else weight_bits)
            )
        return result

    return parse
