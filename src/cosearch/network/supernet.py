"""All networks of a space with shared weights, of which one path runs at a time."""

from collections.abc import Generator as Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any, cast, final

import torch
from torch import Generator, Tensor, nn

from cosearch.design import NetworkSpace
from cosearch.network.geometry import STEM_KERNEL, geometry_of
from cosearch.network.operators import Head, InvertedResidual, Stem
from cosearch.network.path import BlockPath
from cosearch.network.quantiser import BitMix, Quantiser


@final
class Supernet(nn.Module):
    """Stem, blocks of candidate operators (each with its own weights, shared by all its bitwidths), head.

    Args:
        space: The space of networks.
        generator: Of the initial weights; seed 0 by default.
    """

    def __init__(self, space: NetworkSpace, generator: Generator | None = None) -> None:
        super().__init__()
        generator = generator or torch.Generator().manual_seed(0)
        geometry = geometry_of(space)
        self.space = space
        self.stem = Stem(
            (space.input[0], space.stem_channels), space.stem_stride, STEM_KERNEL, space.edge_bits, generator
        )
        self.blocks = nn.ModuleList()
        for index, shape in enumerate(geometry.blocks):
            candidates = {
                str(space.operators.index(name)): InvertedResidual(
                    operator, shape, space.bits, space.bits, generator, reads_stem=index == 0
                )
                for name, operator in shape.operators.items()
                if not operator.is_skip
            }
            self.blocks.append(nn.ModuleDict(candidates))
        widths = (geometry.head_in_channels, space.head_channels, space.classes)
        self.head = Head(widths, space.edge_bits, generator)

    def forward(self, images: Tensor, path: Sequence[BlockPath], *, full_precision: bool = False) -> Tensor:
        """Logits of the network on a path.

        Args:
            images: Normalised, [images, channels, height, width].
            path: One entry a block.
            full_precision: Quantise nothing, whatever the path's bits.
        """
        edge: BitMix = None if full_precision else 0
        features = self.stem(images.contiguous(memory_format=torch.channels_last), edge)
        for candidates, block in zip(self.blocks, path, strict=True):
            features = _run_block(cast(nn.ModuleDict, candidates), features, block, full_precision)
        return self.head(features, edge)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Weights take no gradient, and batch norm and quantisers learn nothing from the batches they see.

        For steps that update the architecture: those statistics belong to the data of the weights.
        """
        norms = [module for module in self.modules() if isinstance(module, nn.BatchNorm2d)]
        quantisers = [module for module in self.modules() if isinstance(module, Quantiser)]
        momenta = [norm.momentum for norm in norms]
        parameters = [parameter for parameter in self.parameters() if parameter.requires_grad]
        self._freeze(parameters, quantisers, is_frozen=True)
        for norm in norms:
            norm.momentum = 0.0
        try:
            yield
        finally:
            self._freeze(parameters, quantisers, is_frozen=False)
            for norm, momentum in zip(norms, momenta, strict=True):
                norm.momentum = momentum

    @staticmethod
    def _freeze(parameters: list[nn.Parameter], quantisers: list[Quantiser], *, is_frozen: bool) -> None:
        for parameter in parameters:
            parameter.requires_grad_(not is_frozen)
        for quantiser in quantisers:
            quantiser.is_frozen = is_frozen

    @torch.no_grad()
    def initialise_steps(self, images: Tensor) -> None:
        """Give every quantiser its first steps from a real batch of `train_w`, by running each operator once.

        Steps that are initialised already stay.
        """
        was_training = self.training
        self.train()
        legal = [[self.space.operators.index(name) for name in s.legal] for s in geometry_of(self.space).blocks]
        widest = len(self.space.bits) - 1
        for turn in range(max(len(options) for options in legal)):
            chosen = [options[turn % len(options)] for options in legal]
            self(images, [BlockPath((operator,), None, (widest,)) for operator in chosen])
        self.train(was_training)


def _run_block(candidates: nn.ModuleDict, features: Tensor, block: BlockPath, full_precision: bool) -> Tensor:
    """The first active operator's value; the others run for the gradient of their gates alone."""
    bits = [None] * len(block.bits) if full_precision else block.bits
    first = _run_operator(candidates, features, block.operators[0], bits[0])
    if block.gates is None or not block.gates.requires_grad:
        return first
    values: dict[int, Tensor] = {block.operators[0]: first}
    with torch.no_grad():
        for operator, mix in zip(block.operators[1:], bits[1:], strict=True):
            if operator not in values:
                values[operator] = _run_operator(candidates, features, operator, mix)
    others = [values[operator].detach() for operator in block.operators[1:]]
    return cast(Tensor, _SinglePath.apply(block.gates, first, *others))


def _run_operator(candidates: nn.ModuleDict, features: Tensor, operator: int, mix: BitMix) -> Tensor:
    key = str(operator)
    return candidates[key](features, mix) if key in candidates else features


class _SinglePath(torch.autograd.Function):
    """``sum_k gate_k value_k`` for gates of value (1, 0, ..., 0): the first value, with the gradient of every gate.

    A path whose gate is zero passes no gradient to its own input or weights, so it needs no graph.

    Source: TRIPS, arXiv 2106.06575, section 3.2 (single-path forward, multi-path backward).
    """

    @staticmethod
    def forward(ctx: Any, gates: Tensor, first: Tensor, *others: Tensor) -> Tensor:
        """The first value."""
        ctx.save_for_backward(first, *others)
        return first.view_as(first)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> tuple[Tensor | None, ...]:
        """Gradients of the gates and of the first value."""
        values = ctx.saved_tensors
        grad = grad_outputs[0]
        of_gates = torch.stack([(grad * value).sum() for value in values]) if ctx.needs_input_grad[0] else None
        return of_gates, grad, *([None] * (len(values) - 1))
