"""The supernet's steps together on digits: warm-up, alternating updates, recalibration. No hardware."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from cosearch.choices import LeaveOneOut, MarginalHard
from cosearch.design import Block, NetworkSpace, Stage
from cosearch.network import Architecture, FairOperators, Supernet, accuracy, path_of, recalibrate
from cosearch.train import BatchStream, DataRecipe, Splits, load_splits, ordered_batches, parameter_groups, schedule

SPACE = NetworkSpace(
    name="digits",
    input=(1, 8, 8),
    classes=10,
    stem_channels=8,
    stages=(Stage(channels=12, blocks=2, stride=2),),
    head_channels=24,
    operators=("k3_e1", "k5_e3", "skip"),
    bits=(4, 8),
)
NUM_STEPS, NUM_FLOAT, NUM_WARM = 240, 80, 140


class Run:
    """Float warm-up, quantised warm-up with fair operators, then weights and logits in turn."""

    def __init__(self, splits: Splits) -> None:
        self.generator = torch.Generator().manual_seed(0)
        self.supernet, self.architecture = Supernet(SPACE, self.generator), Architecture(SPACE)
        self.fair = FairOperators(SPACE, self.generator)
        self.weights = BatchStream(splits.train_w, splits.normalisation, 32, self.generator)
        self.logits = BatchStream(splits.train_arch, splits.normalisation, 32, self.generator)
        self.optimiser = torch.optim.SGD(parameter_groups(self.supernet, 5e-4), lr=0.1, momentum=0.9, nesterov=True)
        self.adam = torch.optim.Adam(self.architecture.parameters(), lr=0.02)

    def weight_step(self, step: int) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = 0.1 * schedule(step, NUM_STEPS, 0.05)
        images, labels = self.weights.next_batch()
        if step == NUM_FLOAT:
            self.supernet.initialise_steps(images)
        operators = self.fair.draw()
        if step >= NUM_WARM:
            operators = self.architecture.sample_indices(1, self.generator).operators[0].tolist()
        path = self.architecture.sample_bits(operators, MarginalHard(), self.generator)
        self.optimiser.zero_grad()
        F.cross_entropy(self.supernet(images, path, full_precision=step < NUM_FLOAT), labels).backward()
        torch.nn.utils.clip_grad_norm_(self.supernet.parameters(), 5.0)
        self.optimiser.step()

    def architecture_step(self) -> None:
        images, labels = self.logits.next_batch()
        with self.supernet.frozen():
            path = self.architecture.sample_path(LeaveOneOut(2), MarginalHard(), self.generator)
            self.adam.zero_grad()
            F.cross_entropy(self.supernet(images, path), labels).backward()
            self.adam.step()

    def train(self) -> None:
        for step in range(NUM_STEPS):
            self.weight_step(step)
            if step >= NUM_WARM:
                self.architecture_step()


@pytest.fixture(scope="module")
def splits() -> Splits:
    return load_splits(DataRecipe(name="digits", val=300, train_arch=300))


@pytest.fixture(scope="module")
def trained(splits) -> Run:
    run = Run(splits)
    run.train()
    return run


def score(run: Run, splits: Splits, blocks: list[Block]) -> tuple[float, float]:
    """Accuracy on `val` before and after recalibration."""
    path = path_of(SPACE, blocks)

    def forward(images: Tensor) -> Tensor:
        return run.supernet(images, path)

    before = accuracy(run.supernet, forward, ordered_batches(splits.val, splits.normalisation))
    recalibrate(run.supernet, forward, [run.weights.next_batch()[0] for _ in range(6)])
    return before, accuracy(run.supernet, forward, ordered_batches(splits.val, splits.normalisation))


def test_the_most_probable_network_has_learned_and_recalibration_helps_others(trained, splits):
    _, best = score(trained, splits, trained.architecture.argmax())
    assert best > 0.8
    rare = [Block(op="k3_e1", weight_bits=4, activation_bits=4), Block(op="skip")]
    before, after = score(trained, splits, rare)
    assert after > before + 0.3


def test_the_logits_have_moved_and_no_block_has_collapsed_to_skip(trained):
    probs = trained.architecture.op_probs().detach()
    assert probs.amax(dim=1).min() > 0.4
    assert float(probs[1, SPACE.operators.index("skip")]) < 1 / 3
