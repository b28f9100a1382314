"""A recipe from start to end: prove, search, choose, retrain, write. Every step can be killed and taken up again."""

from hashlib import sha256
from typing import Any

import torch

from cosearch.accelerate import DesignTable
from cosearch.cost import metric_values
from cosearch.design import (
    Accuracy,
    Block,
    Design,
    EngineRecord,
    Infeasible,
    NetworkDesign,
    RunFolder,
    load_design,
)
from cosearch.errors import RunError
from cosearch.network import FixedNetwork, path_of
from cosearch.records import canonical_json, write_atomically
from cosearch.search.columns import SpaceColumns
from cosearch.search.feasibility import judge_limits
from cosearch.search.finalists import Builder, Built
from cosearch.search.hardware import (
    PERFORMANCE,
    AbstractHardwarePrice,
    ExpectedPrice,
    SampledPrice,
    integer_over_relaxed,
)
from cosearch.search.joint import JointSearch
from cosearch.search.observer import Observer, Silent
from cosearch.search.recipe import Recipe, load_recipe
from cosearch.search.scoring import score
from cosearch.search.session import Session
from cosearch.train import FixedTraining, Splits, evaluate, load_splits, load_weights, save_weights

CHOSEN_EVENT = "design"
_CHOSEN = ("recipe", "seed", "status", "network", "accelerator", "engine", "accuracy")


def run_search(recipe: Recipe, folder: RunFolder, observer: Observer | None = None) -> Design | Infeasible:
    """Run every stage of a recipe, or what remains of it.

    Args:
        recipe: What to run.
        folder: Where; a folder that holds a run of the same recipe is continued.
        observer: Told what happens.

    Raises:
        RunError: if the folder cannot be used.
        DataError: if the data set is missing or wrong.
    """
    session = Session(recipe, folder, observer or Silent())
    if session.state.get("stage") == "done":
        return load_design(folder.design)
    splits = load_splits(recipe.data)
    session.note_hashes(**splits.hashes())
    with session.stage("price"):
        hardware = _Hardware(recipe, session.observer)
        verdict = judge_limits(hardware.columns, hardware.table, recipe.parsed_limits(), recipe.objective)
    if verdict.infeasible is not None:
        write_atomically(folder.infeasible, canonical_json(verdict.infeasible))
        return verdict.infeasible
    with session.stage("search"):
        joint = _search(session, splits, hardware)
    with session.stage("choose"):
        built = _choose(session, splits, hardware, joint, verdict.witness)
    if isinstance(built, Infeasible):
        write_atomically(folder.infeasible, canonical_json(built))
        return built
    with session.stage("train"):
        accuracy = _retrain(session, splits, [Block(**b) for b in session.state["blocks"]])
    return _finish(session, built, accuracy)


def run_training(folder: RunFolder, *, final: bool, observer: Observer | None = None) -> Design:
    """Train the found network of a run from scratch, at the found bits; with `final`, read the test set.

    A training that is complete is not repeated; the test set is read once per seed, and every look is counted.

    Raises:
        RunError: if the run has no design yet.
    """
    design = load_design(folder.require(folder.design, "search"))
    recipe = load_recipe(str(folder.require(folder.recipe, "search")))
    session = Session(recipe, folder, observer or Silent())
    splits = load_splits(recipe.data)
    with session.stage("train"):
        val = _retrain(session, splits, design.network.blocks)
    accuracy = design.accuracy.model_copy(update={"retrained_val": val})
    if final and accuracy.retrained_test is None:
        session.count_test_read(recipe.seed)
        with session.stage("test"):
            test = evaluate(
                _trained(recipe, folder, design.network.blocks), splits.read_test("final"), splits.normalisation
            )
        accuracy = accuracy.model_copy(update={"retrained_test": test})
    design = design.model_copy(update={"accuracy": accuracy})
    _write(session, design)
    return design


def chosen_part(written: dict[str, Any]) -> dict[str, Any]:
    """What of a design.json was chosen or measured, not derived: the run's record holds a copy of it."""
    return {key: written.get(key) for key in _CHOSEN}


class _Hardware:
    """The design table of the recipe's space on its platform."""

    def __init__(self, recipe: Recipe, observer: Observer) -> None:
        self.platform, clock_hertz = recipe.board()
        self.columns = SpaceColumns(recipe.space)
        layers = self.columns.layers()
        self.table = DesignTable.build(layers, recipe.accelerator, self.platform, clock_hertz)
        kept = sum(len(entry.designs) for entry in self.table.classes)
        declared = sum(entry.num_declared for entry in self.table.classes)
        observer.say(
            f"{self.table.num_columns} layer shapes on {declared:,} chunk designs; "
            f"{kept:,} of them are best for some network"
        )

    def price(self, recipe: Recipe) -> AbstractHardwarePrice | None:
        """What prices networks in the loop; None where no limit depends on the network."""
        limits = recipe.parsed_limits()
        if not any(limit.metric in PERFORMANCE for limit in limits):
            return None
        if recipe.search.hardware_price == "expected":
            return ExpectedPrice(self.table, self.columns, limits)
        return SampledPrice(self.table, self.columns, limits, recipe.search.hardware_samples)


def _search(session: Session, splits: Splits, hardware: _Hardware) -> JointSearch:
    """The joint search, epoch by epoch."""
    recipe = session.recipe
    observer = session.observer
    joint = JointSearch(
        recipe, splits, hardware.price(recipe), on_step=lambda loss: observer.advance(1, f"loss {loss:.3f}")
    )
    if "joint" in session.state:
        joint.load_state_dict(session.state["joint"])
    observer.begin("search", joint.num_epochs * joint.weight_steps, joint.epoch * joint.weight_steps)
    for report in joint.epochs():
        rng = torch.Generator().manual_seed(recipe.seed + report.epoch)
        networks = joint.architecture.blocks_of(
            joint.architecture.sample_indices(recipe.search.hardware_samples, rng)
        )
        ratio = integer_over_relaxed(hardware.table, joint.architecture, networks, recipe.parsed_limits())
        extra = {} if ratio is None else {"ratio_integer_to_lp": ratio}
        session.events.append("epoch", stage=report.stage, epoch=report.epoch, **_rounded(report.numbers | extra))
        session.save(stage="search", joint=joint.state_dict())
        observer.advance(0, f"loss {report.numbers['train_loss']:.3f}  val {report.numbers['val_accuracy']:.3f}")
    return joint


def _choose(
    session: Session, splits: Splits, hardware: _Hardware, joint: JointSearch, witness: tuple[Block, ...] | None
) -> Built | Infeasible:
    """Score the finalists on `val`, keep the best; the accelerator is rebuilt after a restart, it is exact."""
    recipe = session.recipe
    builder = Builder(
        hardware.table, hardware.platform, joint.architecture, recipe.objective, recipe.parsed_limits(), recipe.seed
    )
    if "blocks" in session.state:
        built = builder.build([Block(**block) for block in session.state["blocks"]])
        if built is None:
            raise RunError("the checkpoint's network keeps the limits no more; delete the folder and start over")
        return built
    finalists = list(builder.finalists(recipe.search.finalists, witness))
    if not finalists:
        return _not_found(recipe)
    session.observer.begin("choose", len(finalists), 0)
    rows: list[dict[str, Any]] = []
    for built in finalists:
        path = path_of(recipe.space, built.blocks)
        value = score(joint.supernet, path, splits, splits.val, recipe.search)
        rows.append(_candidate(built, value))
        session.observer.advance(1, f"val {value:.3f}")
    best = max(range(len(rows)), key=lambda i: (rows[i]["val_accuracy"], -i))
    rows[best]["chosen"] = True
    session.events.append("candidates", rows=rows)
    blocks = [block.model_dump() for block in finalists[best].blocks]
    session.save(stage="train", blocks=blocks, supernet_val=rows[best]["val_accuracy"])
    return finalists[best]


def _retrain(session: Session, splits: Splits, blocks: tuple[Block, ...] | list[Block]) -> float:
    """Train from scratch what was searched; accuracy on `val`."""
    recipe, folder = session.recipe, session.folder
    if "retrained_val" in session.state and folder.weights.exists():
        return float(session.state["retrained_val"])
    network = _fresh(recipe, blocks)
    training = FixedTraining(network, splits, recipe.train, recipe.seed)
    if "training" in session.state:
        training.load_state_dict(session.state["training"])
    session.observer.begin("train", recipe.train.epochs, training.epoch)
    for result in training.epochs():
        val = evaluate(network, splits.val, splits.normalisation)
        numbers = {"train_loss": result.loss, "train_accuracy": result.running_accuracy, "val_accuracy": val}
        session.events.append("epoch", stage="train", epoch=result.epoch, **_rounded(numbers))
        session.save(training=training.state_dict())
        session.observer.advance(1, f"loss {result.loss:.3f}  val {val:.4f}")
    network.is_quantised = True
    accuracy = evaluate(network, splits.val, splits.normalisation)
    save_weights(network, folder.weights)
    session.save(retrained_val=accuracy)
    return accuracy


def _finish(session: Session, built: Built, retrained_val: float) -> Design:
    """Assemble and write the design."""
    recipe, space = session.recipe, session.recipe.space
    values = metric_values(built.predicted)
    design = Design(
        recipe=recipe.name,
        seed=recipe.seed,
        status="feasible",
        network=NetworkDesign(input=space.input, classes=space.classes, blocks=built.blocks, space=space),
        accelerator=built.accelerator,
        predicted=built.predicted,
        limits=tuple(limit.judge(values[limit.metric]) for limit in recipe.parsed_limits()),
        engine=EngineRecord(
            name="exact",
            objective=recipe.objective,
            certified=built.result.certified,
            gap=built.result.gap,
            scope=f"closed form, declared space, allocation by {recipe.accelerator.allocation}",
        ),
        accuracy=Accuracy(supernet_val=session.state["supernet_val"], retrained_val=retrained_val),
    )
    _write(session, design)
    return design


def _write(session: Session, design: Design) -> None:
    """design.json, and its copy in the record, with the hash of the weights it speaks of."""
    written = design.model_dump(mode="json", by_alias=True)
    digest = sha256(session.folder.weights.read_bytes()).hexdigest()
    session.events.append(CHOSEN_EVENT, chosen=chosen_part(written), weights_sha256=digest)
    write_atomically(session.folder.design, canonical_json(design))
    session.save(stage="done")


def _not_found(recipe: Recipe) -> Infeasible:
    limits = ", ".join(recipe.limits)
    return Infeasible(
        status="not_found",
        binding=recipe.limits[0],
        relaxations=(),
        joint_factor=None,
        reason=f"no network that was tried keeps {limits}, and no bound says that none can; search longer or loosen",
    )


def _candidate(built: Built, val_accuracy: float) -> dict[str, Any]:
    row = {"blocks": [block.model_dump() for block in built.blocks], "val_accuracy": val_accuracy, "feasible": True}
    return row | {name: getattr(built.predicted, name) for name in ("fps", "dsp", "bram18", "lut")}


def _fresh(recipe: Recipe, blocks: tuple[Block, ...] | list[Block]) -> FixedNetwork:
    return FixedNetwork(recipe.space, blocks, torch.Generator().manual_seed(recipe.seed))


def _trained(recipe: Recipe, folder: RunFolder, blocks: tuple[Block, ...]) -> FixedNetwork:
    network = _fresh(recipe, blocks)
    load_weights(network, folder.weights)
    return network


def _rounded(numbers: dict[str, float]) -> dict[str, float]:
    """Six digits are enough to plot."""
    return {name: float(f"{value:.6g}") for name, value in numbers.items()}
