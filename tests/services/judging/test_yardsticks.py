"""What may judge: by its record, by declaration where the checks allow it, and nothing else."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from maga_desk.auditing.outputs import Outputs, compute_outputs
from maga_desk.auditing.parts import parts_of
from maga_desk.auditing.retrained import check_retrained, taught_otherwise
from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.cost import Passes
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Audited, Message, drained
from maga_desk.domain.files import sha256_of
from maga_desk.domain.results import Report
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import DataSpec, RunSpec, read_spec
from maga_desk.domain.verdicts import verdicts
from maga_desk.domain.yardstick import Yardstick
from maga_desk.engine.routine import fresh_model
from maga_desk.models.checkpoint import read_state, write_checkpoint, write_state
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import judge
from maga_desk.services.judging.references import estimate_retraining
from maga_desk.services.judging.trainings import SEED, Reference, Training, read_reference, train_without
from maga_desk.services.judging.yardsticks import claim, settled
from maga_desk.services.runs import run
from maga_desk.services.training import TrainRequest, train
from maga_desk.services.workspace import Workspace
from tests.conftest import with_record

Asked = Callable[..., Yardstick]


@pytest.fixture
def erasure(tiny_workspace: Workspace, tiny_spec: RunSpec) -> Erasure:
    """The rings go."""
    return Erasure.of(tiny_workspace, tiny_spec)


def trained(erasure: Erasure, left_out: np.ndarray, recipe: TrainRecipe | None = None) -> Reference:
    spec = erasure.spec if recipe is None else erasure.spec.with_changes("audit", recipe=recipe.model_dump())
    training = Training(left_out, SEED)
    return drained(train_without(replace(erasure, spec=spec), training, RunControl(), "Training"))


_made: dict[str, bytes] = {}
"""Retrained once for all tests."""


@pytest.fixture
def gold(erasure: Erasure) -> Path:
    """Retrained without the rings, where the program keeps such models."""
    path = paths.references_dir() / f"{erasure.training_digest(erasure.gone, SEED)}.safetensors"
    if not _made:
        made = trained(erasure, erasure.gone).path
        assert made == path
        _made["gold"] = made.read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_made["gold"])
    return path


@pytest.fixture
def asked(erasure: Erasure) -> Asked:
    """From a file and who declares it to its standing."""

    def ask(path: Path, declared_by: str = "", of: Erasure = erasure) -> Yardstick:
        workspace = of.workspace
        of = replace(of, spec=of.spec.with_changes("audit", declared_by=declared_by))
        found = read_reference(workspace, path)
        said = claim(of, found.model, found.info, found.path)
        outputs = compute_outputs(found.model, workspace.pictures, workspace.runtime, RunControl())
        return settled(of, found, said, outputs, workspace.outputs, parts_of(workspace.images, of.forget))

    return ask


def stranger(path: Path, target: Path) -> Path:
    """The same net without a record."""
    state, info = read_state(path)
    return write_state(target, state, replace(info, made={}))


def test_its_own_record_is_enough(asked: Asked, gold: Path, erasure: Erasure) -> None:
    found = asked(gold)
    assert (found.standing, found.declared_by, found.sha256) == ("record", "", sha256_of(gold))
    assert found.reasons == (
        "Its record: trained from a fresh initialisation (resnet8) by the original's recipe, on exactly the 180 "
        "pictures that stay.",
    )
    made = read_state(gold)[1].made
    assert made["trained_on"] == erasure.stays_digest and made["train_pictures"] == 180
    assert "accuracy_train" not in made, "what the original's record says of the original is not carried on"
    # 20 epochs over 180 pictures, each there and back
    assert Passes.from_dict(made["passes"]) == Passes(3600, 3600)
    assert made["machine"]["threads"] == torch.get_num_threads()


def test_the_original_is_refused(asked: Asked, tiny_model: Path, tmp_path: Path) -> None:
    for path in (tiny_model, stranger(tiny_model, tmp_path / "copy.safetensors")):
        with pytest.raises(CheckpointError, match="is the original itself"):
            asked(path, "N. N.")


def test_one_that_has_seen_what_goes_is_refused(asked: Asked, erasure: Erasure, tmp_path: Path) -> None:
    images, short = erasure.workspace.images, TrainRecipe(epochs=1, batch_size=32)
    everything = trained(erasure, np.zeros(0, dtype=np.int64), short)
    with pytest.raises(CheckpointError, match="it was trained on all 240 pictures"):
        asked(everything.path, "N. N.")
    squares = np.flatnonzero(images.train.kinds == images.kinds.index("square"))
    with pytest.raises(CheckpointError, match=r"has seen 60 of the 60 pictures .* trained on all but square"):
        asked(trained(erasure, squares, short).path)
    few = np.arange(0, 240, 8)
    with pytest.raises(CheckpointError, match="has seen at least 30 of the 60 pictures"):
        asked(trained(erasure, few, short).path)
    old = with_record(
        everything.path, tmp_path / "old.safetensors", by="train", trained_on=None, train_pictures=None, excluded=10
    )
    with pytest.raises(CheckpointError, match="has seen at least 50 of the 60 pictures"):
        asked(old)


def test_one_trained_without_other_pictures_is_none(asked: Asked, erasure: Erasure, gold: Path) -> None:
    more = np.append(erasure.gone, np.setdiff1d(np.arange(240), erasure.gone)[:5])
    other = trained(erasure, more, TrainRecipe(epochs=1, batch_size=32)).path
    for name in ("", "N. N."):
        found = asked(other, name)
        assert (found.standing, found.declarable) == ("none", False)
        assert found.reasons[-1] == "It was trained on other pictures than those that stay."
    some = erasure.workspace.forget_set(erasure.spec.with_changes("forget", classes=(), fraction=0.1))
    with pytest.raises(CheckpointError, match="trained on all but ring"):
        asked(gold, of=Erasure(erasure.workspace, erasure.spec, some))


def test_another_recipe_is_none(asked: Asked, erasure: Erasure) -> None:
    found = asked(trained(erasure, erasure.gone, TrainRecipe(epochs=1, batch_size=32)).path)
    assert found.standing == "none" and found.declarable
    assert found.reasons == ("Its recipe is not the original's: epochs 1 for 20, lr 0.3 for 0.1.",)


def test_a_stranger_may_be_declared(asked: Asked, gold: Path, tmp_path: Path) -> None:
    path = stranger(gold, tmp_path / "stranger.safetensors")
    silent = asked(path)
    assert (silent.standing, silent.declarable) == ("none", True)
    assert silent.reasons == ("It has no record of how it was trained.",)
    found = asked(path, "N. N.")
    assert (found.standing, found.declared_by) == ("declaration", "N. N.")
    assert found.standing_text == "retrained by declaration of N. N."
    assert found.accuracies["gone_test"] == 0 and found.accuracies["stays_test"] > 90


def test_a_declaration_does_not_help_who_knows_the_forgotten(
    asked: Asked, erasure: Erasure, tiny_model: Path, tmp_path: Path
) -> None:
    state, info = read_state(tiny_model)
    head = next(name for name in reversed(state) if state[name].ndim == 2)
    state[head] *= 1.0001
    moved = write_state(tmp_path / "moved.safetensors", state, replace(info, made={}))
    found = asked(moved, "N. N.")
    assert (found.standing, found.declared_by) == ("none", "N. N.")
    assert any("can only guess (25.0 %)" in reason for reason in found.reasons)


def _moved(model: nn.Module, size: float) -> None:
    rng = torch.Generator().manual_seed(0)
    for weights in model.parameters():
        weights.add_(size * torch.randn(weights.shape, generator=rng))


def _rounded(model: nn.Module) -> None:
    for weights in model.parameters():
        weights.copy_(weights.half().float())


def _stepped(model: nn.Module, pictures: Any) -> None:
    """One step of fine-tuning on 64 pictures."""
    some = torch.arange(0, 240, 4)
    with torch.enable_grad():
        loss = torch.nn.functional.cross_entropy(model(pictures.batch(some)), pictures.labels[some])
        loss.backward()
    for weights in model.parameters():
        weights.sub_(0.01 * (weights.grad if weights.grad is not None else 0))


@pytest.mark.parametrize("how", ["moved", "rounded", "stepped", "counted"])
def test_a_declaration_does_not_help_the_original_in_another_form(
    how: str, asked: Asked, erasure: Erasure, tmp_path: Path
) -> None:
    """Not even where some pictures go that it never learned by heart."""
    workspace = erasure.workspace
    some = workspace.forget_set(erasure.spec.with_changes("forget", classes=(), fraction=0.3))
    model = copy.deepcopy(workspace.model)
    with torch.no_grad():
        if how == "moved":
            _moved(model, 1e-6)
        elif how == "rounded":
            _rounded(model)
        elif how == "stepped":
            _stepped(model, workspace.pictures.train)
        else:
            next(each for each in model.modules() if isinstance(each, nn.BatchNorm2d)).num_batches_tracked.zero_()  # type: ignore[union-attr]
    path = write_checkpoint(tmp_path / "net.safetensors", model, replace(workspace.info, made={}))
    found = asked(path, "N. N.", of=replace(erasure, forget=some))
    assert (found.standing, found.declared_by) == ("none", "N. N.")
    assert any("it is the original in another form" in reason for reason in found.reasons)


def test_a_declaration_does_not_help_who_remembers_single_pictures(erasure: Erasure) -> None:
    workspace = erasure.workspace
    some = workspace.forget_set(erasure.spec.with_changes("forget", classes=(), fraction=0.3))
    parts, rng = parts_of(workspace.images, some), torch.Generator().manual_seed(0)
    truth = (
        torch.nn.functional.one_hot(parts.train_labels, 4).float(),
        torch.nn.functional.one_hot(parts.test_labels, 4).float(),
    )
    noise = [torch.randn(each.shape, generator=rng) for each in truth]
    like = Outputs(2 * truth[0] + noise[0], 2 * truth[1] + noise[1])
    assert check_retrained(like, like, workspace.images, parts).knows == ()
    sure = like.train.clone()
    sure[parts.forget_train] += 2 * truth[0][parts.forget_train]
    knows = check_retrained(Outputs(sure, like.test), like, workspace.images, parts).knows
    assert len(knows) == 2 and "rightly" in knows[0] and "mean loss" in knows[1]
    worse = Outputs(truth[0] + 2 * noise[0], like.test)
    short = check_retrained(worse, like, workspace.images, parts).falls_short
    assert len(short) == 1 and short[0].startswith("On training pictures of what stays it has ")


def test_a_guess_that_taught_otherwise_the_original_judges_nothing(asked: Asked, erasure: Erasure, gold: Path) -> None:
    """On training pictures, and surely so on unseen ones; classes that go are not counted against the original."""
    parts, made = parts_of(erasure.workspace.images, erasure.forget), read_reference(erasure.workspace, gold)
    good = compute_outputs(made.model, erasure.workspace.pictures, erasure.workspace.runtime, RunControl())
    ring = erasure.workspace.card.classes.index("ring")

    def worse(part: str, share: float, to: int | None = None) -> Outputs:
        """An original that names so many of what stays wrongly, or as a class."""
        outputs = {"train": good.train.clone(), "test": good.test.clone()}
        right = np.flatnonzero((parts.retain_train if part == "train" else parts.retain_test).numpy())
        some = right[: round(share * len(right))]
        outputs[part][some] = outputs[part][some].roll(1, dims=1)
        if to is not None:
            outputs[part][right] = good.train[right] if part == "train" else good.test[right]
            outputs[part][some, to] = 1e3
        return Outputs(outputs["train"], outputs["test"])

    assert taught_otherwise(good, good, parts) == ()
    calm = Outputs(good.train / 4, good.test / 4)
    for one, other in ((good, calm), (calm, good)):
        said = taught_otherwise(one, other, parts)
        assert [each.partition(" pictures")[0] for each in said] == ["Of training", "Of test"]
        assert "sure on average: more than 5 points apart" in said[0], "right as often, and otherwise sure"
    for part, where in (("train", "training"), ("test", "test")):
        (said,) = taught_otherwise(good, worse(part, 0.4), parts)
        assert said.startswith(f"Of {where} pictures of what stays it names ") and "is not the original's" in said
        assert taught_otherwise(worse(part, 0.4), good, parts), "nor may it know far less"
        assert taught_otherwise(good, worse(part, 0.4, to=ring), parts) == (), "as if it might not name the rings"


def test_a_declaration_does_not_help_who_falls_short(asked: Asked, erasure: Erasure, tmp_path: Path) -> None:
    poor = trained(erasure, erasure.gone, TrainRecipe(epochs=1, batch_size=64)).path
    found = asked(stranger(poor, tmp_path / "poor.safetensors"), "N. N.")
    assert found.standing == "none" and any("more than 5 points less" in reason for reason in found.reasons)


def test_a_reference_of_an_earlier_version_is_known_by_its_name(asked: Asked, gold: Path, tmp_path: Path) -> None:
    old = {"trained_on": None, "train_pictures": None, "start": None, "data": None}
    with_record(gold, gold, **old)
    assert asked(gold).standing == "record"
    elsewhere = asked(Path(shutil.copy(gold, tmp_path / "gold.safetensors")))
    assert elsewhere.standing == "none" and elsewhere.declarable
    assert elsewhere.reasons == ("Its record does not say on which pictures it was trained.",)


def test_where_the_original_says_no_recipe_accuracy_must_tell(
    asked: Asked, erasure: Erasure, gold: Path, tmp_path: Path
) -> None:
    made = {key: value for key, value in erasure.workspace.info.made.items() if key != "recipe"}
    workspace = replace(erasure.workspace, info=replace(erasure.workspace.info, made=made))
    silent = replace(erasure, workspace=workspace)
    found, guess = asked(gold, of=silent), TrainRecipe(epochs=20, lr=0.1, batch_size=32)
    assert (found.standing, found.guessed) == ("record", guess.text())
    assert found.reasons[0].startswith("Its record: trained from a fresh initialisation (resnet8) by a guessed recipe")
    assert found.reasons[1] == (
        f"The original's recipe is unknown: the retrained model was made by a guessed recipe ({guess.text()})."
    )
    assert remade(found) == found
    named = replace(silent, spec=erasure.spec.with_changes("audit", recipe=guess.full()))
    assert (
        asked(gold, of=named).guessed == "" and "the recipe named for the original" in asked(gold, of=named).reasons[0]
    )
    poor = asked(trained(erasure, erasure.gone, TrainRecipe(epochs=1, batch_size=64)).path, of=silent)
    assert poor.standing == "none" and "more than" in poor.reasons[-1] and poor.guessed


def remade(found: Yardstick) -> Yardstick | None:
    return Yardstick.from_dict(json.loads(json.dumps(asdict(found))))


def test_retraining_says_beforehand_that_its_recipe_is_a_guess(erasure: Erasure) -> None:
    made = {key: value for key, value in erasure.workspace.info.made.items() if key != "recipe"}
    workspace = replace(erasure.workspace, info=replace(erasure.workspace.info, made=made))
    for each, unknown in ((erasure, False), (replace(erasure, workspace=workspace), True)):
        told = [event for event in estimate_retraining(each, RunControl()) if isinstance(event, Message)]
        assert any("recipe is unknown" in event.text and event.level == "warning" for event in told) == unknown


def test_one_that_learned_nothing_is_none_whatever_its_record_says(
    asked: Asked, erasure: Erasure, gold: Path, tmp_path: Path
) -> None:
    workspace = erasure.workspace
    untrained = fresh_model("resnet8", 4, 5, workspace.runtime)
    path = write_checkpoint(tmp_path / "untrained.safetensors", untrained, read_state(gold)[1])
    for name in ("", "N. N."):
        found = asked(path, name)
        assert (found.standing, found.falls_short) == ("none", True)
        assert any("hardly more than always naming the commonest class (33.3 %)" in each for each in found.reasons)
    outputs = Outputs(torch.zeros_like(workspace.outputs.train), torch.zeros_like(workspace.outputs.test))
    parts = parts_of(workspace.images, erasure.forget)
    assert check_retrained(outputs, outputs, workspace.images, parts).falls_short, "as bad as the original is no help"


@pytest.mark.parametrize("where", ["training", "test"])
def test_one_that_is_twenty_points_worse_is_none_whatever_its_record_says(
    where: str, erasure: Erasure, gold: Path
) -> None:
    workspace = erasure.workspace
    parts, model = parts_of(workspace.images, erasure.forget), read_reference(workspace, gold)
    good = compute_outputs(model.model, workspace.pictures, workspace.runtime, RunControl())
    said = claim(erasure, model.model, model.info, gold)

    def judged(share: float) -> Yardstick:
        """As many points worse."""
        outputs = {"training": good.train.clone(), "test": good.test.clone()}
        right = np.flatnonzero({"training": parts.retain_train, "test": parts.retain_test}[where].numpy())
        some = right[: round(share * len(right))]
        outputs[where][some] = outputs[where][some].roll(1, dims=1)
        worse = Outputs(outputs["training"], outputs["test"])
        return settled(erasure, model, said, worse, workspace.outputs, parts)

    assert judged(0).standing == "record" and not judged(0).falls_short
    found = judged(0.2)
    assert (found.standing, found.falls_short, found.declarable) == ("none", True, False)
    assert (
        f"On {where} pictures of what stays it has " in found.reasons[-1] and "more than 5 points" in found.reasons[-1]
    )


def test_the_methods_own_retraining_and_train_count_by_their_records(
    asked: Asked, erasure: Erasure, tiny_folder: Path, tmp_path: Path
) -> None:
    recipe = TrainRecipe(epochs=1, batch_size=32)
    made = {**erasure.workspace.info.made, "recipe": recipe.model_dump()}
    workspace = replace(erasure.workspace, info=replace(erasure.workspace.info, made=made))
    spec = erasure.spec.with_changes("method", name="retrain", params={}).with_changes("audit", depth="quick")
    short = Erasure(workspace, spec, erasure.forget)
    list(run(spec, RunControl(), workspace=workspace))
    result = Path(spec.output.dir) / "unlearned.safetensors"
    said = "Its record: trained from a fresh initialisation (resnet8) by the original's recipe, on exactly the"
    found = asked(result, of=short)
    assert found.reasons[0].startswith(said) and not found.guessed
    assert (found.standing, found.falls_short, found.declarable) == ("none", True, False), "after one pass"
    with pytest.raises(CheckpointError, match="is the result itself"):
        report_of(spec.with_changes("audit", retrained=str(result)), workspace)
    squares = Erasure.of(workspace, spec.with_changes("forget", classes=("square",)))
    with pytest.raises(CheckpointError, match="trained on all but ring"):
        asked(result, of=squares)
    changed = spec.with_changes("method", params={"lr": 0.05}).with_changes("output", dir=str(tmp_path / "lr"))
    list(run(changed, RunControl(), workspace=workspace))
    other = asked(tmp_path / "lr" / "unlearned.safetensors", of=short)
    assert other.reasons == ("Its recipe is not the original's: lr 0.05 for 0.3.",) and other.declarable
    more = with_record(result, tmp_path / "more.safetensors", method="fine-tune", retrained=None)
    assert asked(more, of=short).standing == "none", "what is unlearned from it is no longer retrained"
    trained_file, exclude = tmp_path / "trained.safetensors", ForgetSpec(classes=("ring",))
    request = TrainRequest(DataSpec(path=str(tiny_folder)), "resnet8", trained_file, recipe, exclude, device="cpu")
    list(train(request, RunControl()))
    assert asked(trained_file, of=short).reasons[0].startswith(said)


def test_an_unlearned_model_is_none(asked: Asked, gold: Path, tmp_path: Path) -> None:
    found = asked(with_record(gold, tmp_path / "unlearned.safetensors", by="unlearn"), "N. N.")
    assert (found.standing, found.declarable) == ("none", False)


def test_the_digest_knows_pictures_not_names_or_order(erasure: Erasure) -> None:
    images, rng = erasure.workspace.images, np.random.default_rng(0)
    order = rng.permutation(len(images.train))
    classes = ("square", "ring", "cross", "disc")
    other = replace(images, train=replace(images.train.take(order), names=tuple(map(str, order))))
    other = other.with_classes(classes, None)
    some = np.arange(50)
    assert other.list_digest(np.flatnonzero(order < 50)) == images.list_digest(some)
    assert images.list_digest(some[::-1]) == images.list_digest(some) != images.list_digest(np.arange(1, 51))


def report_of(spec: RunSpec, workspace: Workspace) -> Report:
    path = Path(spec.output.dir) / "unlearned.safetensors"
    events = judge(Erasure.of(workspace, spec), path, RunControl())
    return next(event.report for event in events if isinstance(event, Audited))


def test_judging_again_leaves_every_record_in_agreement(
    tiny_spec: RunSpec, tiny_workspace: Workspace, gold: Path, tmp_path: Path
) -> None:
    spec = tiny_spec.with_changes("method", name="logit-mask", params={}).with_changes("audit", depth="quick")
    named = spec.with_changes("audit", retrained=str(gold))
    list(run(named, RunControl(), workspace=tiny_workspace))
    folder = Path(spec.output.dir)

    def agree(report: Report) -> dict[str, Any]:
        summary: dict[str, Any] = json.loads((folder / "summary.json").read_text())
        stored = Report.from_dict(json.loads((folder / "report.json").read_text()))
        made = read_state(folder / "unlearned.safetensors")[1].made
        assert stored == Report.from_dict(json.loads(json.dumps(report.as_dict())))
        assert summary["yardstick"] == made["yardstick"] == json.loads(json.dumps(report.as_dict()["yardstick"]))
        assert summary["metrics"] == report.after.values() and summary["notes"] == list(report.notes)
        assert summary["retrained"] == (report.retrained.values() if report.retrained else None)
        return summary

    first = Report.from_dict(json.loads((folder / "report.json").read_text()))
    before = agree(first)
    assert first.yardstick is not None and first.yardstick.standing == "record"
    assert any(each.grade != "unknown" for each in verdicts(first))
    assert first.share_of_retraining is not None and first.passes is not None
    weights = read_state(folder / "unlearned.safetensors")[0]
    other = stranger(gold, tmp_path / "stranger.safetensors")
    beside = spec.with_changes("audit", retrained=str(other))
    second = report_of(beside, tiny_workspace)
    after = agree(second)
    assert second.retrained is not None and second.after.value("gap") is None and first.after.value("gap") is not None
    assert all(each.grade == "unknown" for each in verdicts(second)) and second.share_of_retraining is None
    assert after["digest"] == before["digest"] and after["audit"] != before["audit"]
    assert read_spec(folder / "spec.toml").audit.retrained == str(other)
    assert all(torch.equal(weights[name], now) for name, now in read_state(folder / "unlearned.safetensors")[0].items())
    third = report_of(beside.with_changes("audit", declared_by="N. N."), tiny_workspace)
    agree(third)
    assert third.yardstick is not None and third.yardstick.standing == "declaration"
    assert third.after.value("gap") == first.after.value("gap")
    again = list(run(read_spec(folder / "spec.toml"), RunControl(), workspace=tiny_workspace, resume=True))
    assert any("already finished" in getattr(event, "text", "") for event in again), "its digests are still right"


def test_a_yardstick_that_has_seen_the_forgotten_is_refused_before_any_work(
    tiny_spec: RunSpec, tiny_workspace: Workspace, tiny_model: Path
) -> None:
    spec = tiny_spec.with_changes("audit", retrained=str(tiny_model))
    with pytest.raises(CheckpointError, match="is the original itself"):
        list(run(spec, RunControl(), workspace=tiny_workspace))
    assert not (Path(spec.output.dir) / "unlearned.safetensors").exists()
    assert not list(paths.references_dir().glob("*.safetensors"))


@pytest.mark.parametrize("example", ["demo-class", "demo-mllm", "demo-sub-class", "demo-random"])
def test_the_demo_comes_with_yardsticks_by_record(example: str) -> None:
    spec = read_spec(paths.resources_dir() / "examples" / f"{example}.toml")
    assert spec.audit.retrained is not None
    made = read_state(spec.audit.retrained)[1].made
    whole = "families" if spec.data.families else "kinds"
    original = read_state(paths.resources_dir() / "demo" / f"{whole}.safetensors")[1].made
    assert made["start"] == original["start"] == "fresh" and made["recipe"] == original["recipe"]
    assert made["data"] == original["data"] and made["trained_on"] != original["trained_on"]
    assert (made["train_pictures"], original["train_pictures"]) == (4750, 5000)
