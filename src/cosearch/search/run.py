"""A recipe from start to end: prove, search, choose, retrain, write. Every step can be killed and taken up again."""

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
from cosearch.search.build import Builder, Built
from cosearch.search.columns import SpaceColumns
from cosearch.search.feasibility import judge_limits
from cosearch.search.finalists import finalists
from cosearch.search.hardware import (
    AbstractHardwarePrice,
    ExpectedPrice,
    SampledPrice,
    integer_over_relaxed,
)
from cosearch.search.joint import JointSearch
from cosearch.search.observer import Observer, Silent
from cosearch.search.recipe import Recipe, load_recipe
from cosearch.search.record import CHOSEN_EVENT, chosen_part, file_hash, recorded_design
from cosearch.search.scoring import score
from cosearch.search.session import Session, tensor_settings
from cosearch.train import (
    FixedTraining,
    ImageData,
    Splits,
    check_data,
    evaluate,
    load_splits,
    load_weights,
    save_weights,
)


def run_search(
    recipe: Recipe, folder: RunFolder, observer: Observer | None = None, data: ImageData | None = None
) -> Design | Infeasible:
    """Run every stage of a recipe, or what remains of it.

    Args:
        recipe: What to run.
        folder: Where; a folder that holds a run of the same recipe is continued.
        observer: Told what happens.
        data: Images of your own, such as `images_from_datasets` makes; None reads the recipe's data set.

    Raises:
        RunError: if the folder cannot be used.
        DataError: if the data set is missing or wrong.
    """
    session = Session(recipe, folder, observer or Silent())
    with tensor_settings(recipe.threads):
        return _run(session, data)


def _run(session: Session, data: ImageData | None) -> Design | Infeasible:
    recipe, folder = session.recipe, session.folder
    if session.state.get("stage") == "done":
        _put_down(session)
        return load_design(folder.design)
    splits = _splits(recipe, data)
    check_data(recipe.space, splits)
    session.note_hashes(splits.hashes())
    with session.stage("price"):
        hardware = _Hardware(recipe, session.observer)
        verdict = judge_limits(hardware.columns, hardware.builder(recipe))
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


def run_training(
    folder: RunFolder, *, final: bool, observer: Observer | None = None, data: ImageData | None = None
) -> Design:
    """Train the found network of a run from scratch, at the found bits; with `final`, read the test set.

    A training that is complete is not repeated; the test set is read once per seed, and every look is counted.

    Raises:
        RunError: if the run has no design yet.
    """
    folder.require(folder.design, "search")
    recipe = load_recipe(str(folder.require(folder.recipe, "search")))
    session = Session(recipe, folder, observer or Silent())
    _put_down(session)
    design = recorded_design(folder, session.state)
    splits = _splits(recipe, data)
    session.note_hashes(splits.hashes())
    with tensor_settings(recipe.threads):
        with session.stage("train"):
            accuracy = {"retrained_val": _retrain(session, splits, design.found_network.blocks)}
        if final:
            accuracy["retrained_test"] = _read_test_once(session, splits, design)
    changed = design.model_copy(update={"accuracy": design.accuracy.model_copy(update=accuracy)})
    if changed != design:
        _write(session, changed)
    return changed


def _splits(recipe: Recipe, data: ImageData | None) -> Splits:
    return load_splits(recipe.data) if data is None else Splits(data, recipe.data)


def _read_test_once(session: Session, splits: Splits, design: Design) -> float:
    """Test accuracy of the trained network; a seed that has read the test set has it on record."""
    if "retrained_test" not in session.state:
        network = _fresh(session.recipe, design.found_network.blocks)
        load_weights(network, session.folder.weights)
        session.count_test_read(session.recipe.seed)
        with session.stage("test"):
            test = evaluate(network, splits.read_test("final accuracy"), splits.normalisation)
        session.save(retrained_test=test)
    return float(session.state["retrained_test"])


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

    def builder(self, recipe: Recipe) -> Builder:
        """Builds the accelerators of the recipe's networks."""
        return Builder(
            table=self.table,
            platform=self.platform,
            space=recipe.space,
            objective=recipe.objective,
            limits=recipe.parsed_limits(),
            seed=recipe.seed,
        )

    def price(self, recipe: Recipe) -> AbstractHardwarePrice | None:
        """What prices networks in the loop; None without limits."""
        limits = recipe.parsed_limits()
        if not limits:
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
    builder = hardware.builder(recipe)
    if "blocks" in session.state:
        built = builder.build([Block(**block) for block in session.state["blocks"]])
        if built is None:
            raise RunError("the checkpoint's network keeps the limits no more; delete the folder and start over")
        return built
    last = list(finalists(builder, joint.architecture, recipe.search.finalists, witness))
    if not last:
        return _not_found(recipe)
    session.observer.begin("choose", len(last), 0)
    rows: list[dict[str, Any]] = []
    for built in last:
        path = path_of(recipe.space, built.blocks)
        value = score(joint.supernet, path, splits, splits.val, recipe.search)
        rows.append(_candidate(built, value))
        session.observer.advance(1, f"val {value:.3f}")
    best = max(range(len(rows)), key=lambda i: (rows[i]["val_accuracy"], -i))
    rows[best]["chosen"] = True
    session.events.append("candidates", rows=rows)
    blocks = [block.model_dump() for block in last[best].blocks]
    session.save(stage="train", blocks=blocks, supernet_val=rows[best]["val_accuracy"])
    return last[best]


def _retrain(session: Session, splits: Splits, blocks: tuple[Block, ...] | list[Block]) -> float:
    """Train from scratch what was searched; accuracy on `val`."""
    recipe, folder = session.recipe, session.folder
    if folder.weights.exists() and file_hash(folder.weights) == session.state.get("weights_sha256"):
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
    session.save(retrained_val=accuracy, weights_sha256=file_hash(folder.weights))
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
    """design.json, with a copy of its choices in the record; a kill in between is made good by `_put_down`."""
    written = design.model_dump(mode="json", by_alias=True)
    session.events.append(CHOSEN_EVENT, chosen=chosen_part(written), weights_sha256=session.state["weights_sha256"])
    session.save(stage="done", design=canonical_json(design), is_pending=True)
    _put_down(session)


def _put_down(session: Session) -> None:
    """Write the design that the checkpoint holds, if it was still to be written or is gone."""
    if "design" in session.state and (session.state.get("is_pending") or not session.folder.design.exists()):
        write_atomically(session.folder.design, session.state["design"])
        session.save(is_pending=False)


def _not_found(recipe: Recipe) -> Infeasible:
    limits = recipe.parsed_limits()
    return Infeasible(
        status="not_found",
        binding=limits[0].metric if limits else "platform",
        relaxations=(),
        joint_factor=None,
        reason=f"no network that was tried keeps {', '.join(map(str, limits)) or 'the platform'}, and no bound says "
        "that none can; search longer or loosen a limit",
    )


def _candidate(built: Built, val_accuracy: float) -> dict[str, Any]:
    row = {"blocks": [block.model_dump() for block in built.blocks], "val_accuracy": val_accuracy, "feasible": True}
    return row | {name: getattr(built.predicted, name) for name in ("fps", "dsp", "bram18", "lut")}


def _fresh(recipe: Recipe, blocks: tuple[Block, ...] | list[Block]) -> FixedNetwork:
    return FixedNetwork(recipe.space, blocks, torch.Generator().manual_seed(recipe.seed))


def _rounded(numbers: dict[str, float]) -> dict[str, float]:
    """Six digits are enough to plot."""
    return {name: float(f"{value:.6g}") for name, value in numbers.items()}
