"""Training an original, or a retrained reference when pictures are left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain import paths
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import CheckpointError, OutputError
from maga_desk.domain.events import Ended, Event, Message, Saved, Started
from maga_desk.domain.files import folder_for
from maga_desk.domain.forget import ForgetSet, joined, resolve
from maga_desk.domain.locking import OnlyWriter
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.protection import check_file, inputs_of_training, is_filled, set_aside
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import DataSpec
from maga_desk.services.erasure import start_of
from maga_desk.services.finding.facts import facts_of
from maga_desk.services.forecast import forecasting_for
from maga_desk.services.judging.trainings import training_record
from maga_desk.services.lists import hashes_now, read_any_list
from maga_desk.services.reading import listing_pictures, reading_pictures
from maga_desk.services.workspace import said_of_names

if TYPE_CHECKING:
    from maga_desk.auditing.outputs import Outputs
    from maga_desk.data.batches import DeviceSet
    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.models.runtime import Runtime


@dataclass(frozen=True)
class TrainRequest:
    """What to train and where to put it.

    :param exclude: pictures that are left out of training (and judged apart).
    :param force: an earlier file of that name may be replaced, and an unfinished training given up.
    :param resume: go on with what an interrupted training of the same settings left.
    """

    data: DataSpec
    arch: str
    out: Path
    recipe: TrainRecipe = field(default_factory=TrainRecipe)
    exclude: ForgetSpec = field(default_factory=ForgetSpec)
    force: bool = False
    resume: bool = False
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"

    @property
    def unfinished(self) -> Path:
        """Where an interrupted training leaves what it goes on from."""
        return self.out.with_suffix(".resume.pt")


def train(request: TrainRequest, control: RunControl) -> Iterator[Event]:
    """Train from newly drawn weights, or those of a checkpoint, and write a checkpoint that says how it was made.

    Cancelled or killed, it leaves ``request.unfinished``, and ``Ended.folder`` names it.

    ``Ended.summary`` has ``checkpoint, arch, seed, epochs, seconds, train_pictures, not_found, accuracy_train,
    accuracy_test`` (percent, over the pictures trained on and all test pictures) and ``accuracy_excluded`` (or null).

    :raises UserError: the pictures, the architecture, the device or the output cannot be used.
    """
    yield Started(f"Training {request.arch}")
    _check(request)
    # Whether it can be written to is said before hours of work.
    with folder_for(request.out.resolve().parent), OnlyWriter(request.out, request.out.name, request.unfinished.name):
        yield from _train(request, control)


def _train(request: TrainRequest, control: RunControl) -> Iterator[Event]:
    import torch

    from maga_desk.auditing.outputs import compute_outputs
    from maga_desk.data.batches import Normalisation, to_device
    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.engine.looking import watching
    from maga_desk.engine.loop import Resumable, drive
    from maga_desk.engine.passes import Tally
    from maga_desk.engine.routine import fresh_model, supervised
    from maga_desk.models.checkpoint import write_checkpoint
    from maga_desk.models.runtime import choose_device, choose_runtime

    device = choose_device(request.device)
    listed = yield from listing_pictures(request.data, None, control)
    _left_out(request, listed.images)  # a name that is no picture is told before any is decoded
    yield from forecasting_for(listed, request.arch, device)
    images = yield from reading_pictures(listed, control)
    left_out = _left_out(request, images)
    kept = np.flatnonzero(~left_out.mask(len(images.train))) if left_out else np.arange(len(images.train))
    yield from said_of_names(left_out)
    if left_out is not None:
        for line in images.twins.left_by(left_out.indices).warnings("--with-twins", "that is left out"):
            yield Message(line, "warning")
    begun = _begun_in(request)
    runtime = choose_runtime(
        device, request.arch, images.size, precision=request.precision, remembered=paths.speed_file(), begun=begun
    )
    digest = _digest(request, images, kept, runtime)
    finished = _found(request, digest)
    if finished is not None:
        yield Message("This training is already finished; nothing was done again")
        yield Ended("finished", _summary(request, finished))
        return
    normalisation = Normalisation.of(images.train)
    pictures = to_device(images, normalisation, device)
    model = fresh_model(request.arch, len(images.classes), request.seed, runtime, request.recipe.start)
    positions = torch.from_numpy(kept)
    routine = supervised(model, pictures.train, positions, runtime, request.recipe, request.seed)
    try:
        outcome = yield from drive(
            routine,
            runtime,
            control,
            watching({"train_accuracy": (pictures.train, positions), "test_accuracy": (pictures.test, None)}, runtime),
            Resumable(request.unfinished, digest, go_on=request.resume),
            tally=Tally(model, pictures.train, runtime),
        )
    except Cancelled:
        yield Ended("cancelled", folder=str(request.unfinished))
        return
    outputs = compute_outputs(outcome.model, pictures, runtime, control)
    accuracies = _accuracies(outputs, pictures, kept, left_out)
    info = CheckpointInfo(
        arch=request.arch,
        classes=images.classes,
        families=images.families,
        mean=normalisation.mean,
        std=normalisation.std,
        made={
            **training_record("train", request.seed, request.recipe, outcome, runtime),
            "data": images.fingerprint,
            "trained_on": images.list_digest(kept),
            "train_pictures": len(kept),
            "excluded": len(left_out) if left_out else 0,
            "not_found": list(left_out.not_found) if left_out else [],
            "digest": digest,
            **accuracies,
        },
    ).of_shape(images.size, listed.framing)
    write_checkpoint(request.out, outcome.model, info)
    yield Saved(str(request.out))
    request.unfinished.unlink(missing_ok=True)
    yield Ended("finished", _summary(request, info))


def _summary(request: TrainRequest, info: CheckpointInfo) -> dict[str, Any]:
    told = ("seconds", "train_pictures", "not_found", "accuracy_train", "accuracy_test", "accuracy_excluded")
    return {
        "checkpoint": str(request.out.resolve()),
        "arch": info.arch,
        "seed": request.seed,
        "epochs": request.recipe.epochs,
        **{key: info.made[key] for key in told},
    }


def _begun_in(request: TrainRequest) -> tuple[str, str] | None:
    """Titles of the device and the number format of the training that is to go on."""
    from maga_desk.engine.resume import left_in

    left = left_in(request.unfinished) if request.resume and request.unfinished.exists() else None
    return None if left is None else left.begun


def _found(request: TrainRequest, digest: str) -> CheckpointInfo | None:
    """What the checkpoint says that this very training has already written; ``None`` where there is work to do.

    :raises OutputError: what is there, finished or not, belongs to another training, and must not be replaced.
    """
    from maga_desk.engine.resume import left_in
    from maga_desk.models.checkpoint import read_info

    if not request.resume:
        return None
    if request.out.exists():
        info = read_info(request.out)
        if info.made.get("digest") == digest:
            return info
    elif request.unfinished.exists():
        left = left_in(request.unfinished)
        if left is None or left.digest == digest:
            return None
    else:
        return None
    if not request.force:
        raise OutputError(
            "belongs to a training with other settings, pictures or another device",
            where=str(request.out if request.out.exists() else request.unfinished),
            todo="use the same, choose another name, or begin anew with --force",
        )
    return None


def _digest(request: TrainRequest, images: ImageSet, kept: NDArray[np.int64], runtime: Runtime) -> str:
    """A fingerprint of a training: all that its result depends on."""
    recipe = request.recipe.model_copy(update={"start": start_of(request.recipe)})
    said = [
        images.fingerprint,
        images.size,
        repr(images.families),
        request.arch,
        request.seed,
        recipe.model_dump_json(),
        runtime.device_title,
        runtime.precision_title,
        runtime.machine.threads,
    ]
    return hashlib.sha256(json.dumps(said).encode() + kept.tobytes()).hexdigest()[:24]


def _check(request: TrainRequest) -> None:
    """Name a mistake before any work.

    :raises UserError: an unknown architecture, or a file that may not be written.
    """
    import torch

    from maga_desk.models.families.registry import build

    with torch.device("meta"):
        build(request.arch, 2)
    if request.out.suffix != ".safetensors":
        raise CheckpointError("must end in .safetensors", where=str(request.out))
    inputs = inputs_of_training(request.data, request.exclude, request.recipe.start)
    check_file(request.out, inputs, force=request.force or request.resume)
    if request.unfinished.exists() and not (request.resume or request.force):
        raise OutputError(
            "is left of an unfinished training",
            where=str(request.unfinished),
            todo="go on with --resume, or begin anew with --force",
        )


def _accuracies(
    outputs: Outputs, pictures: DeviceSet, kept: NDArray[np.int64], left_out: ForgetSet | None
) -> dict[str, float | None]:
    """Percent of right predictions: on what was trained on, on the test pictures, on what was left out (or null)."""
    from maga_desk.models.inference import accuracy

    labels = pictures.train.labels.cpu()

    def on(positions: NDArray[np.int64]) -> float | None:
        return accuracy(outputs.train[positions], labels[positions])

    return {
        "accuracy_train": on(kept),
        "accuracy_test": accuracy(outputs.test, pictures.test.labels),
        "accuracy_excluded": None if left_out is None else on(left_out.indices),
    }


def _left_out(request: TrainRequest, images: ImageSet) -> ForgetSet | None:
    if request.exclude.is_empty:
        return None
    catalogue = images.catalogue()
    hashes = hashes_now(request.exclude, images, request.data)
    found = resolve(
        request.exclude, catalogue, seed=request.seed, root=request.data.path, read=read_any_list,
        find=facts_of(images).find, hashes=hashes.find if hashes is not None else None,
    )  # fmt: skip
    if not request.exclude.with_twins:
        return found
    return joined(found, images.twins.left_by(found.indices).positions, catalogue)


def train_guide(out: Path, control: RunControl, *, steps: int | None = None, force: bool = False) -> Iterator[Event]:
    """Train the demo's multimodal toy anew; ``Ended.summary``: its recipe and its figures on held-out pictures.

    :param steps: of each stage, fewer than the recipe's for a try.
    :param force: set aside what is in the folder instead of refusing.
    :raises OutputError: ``out`` is not empty, or cannot be written.
    :raises Cancelled: in between.
    """
    from maga_desk.guidance.toy import ToyRecipe, train_toy

    recipe = ToyRecipe()
    if steps is not None:
        recipe = replace(recipe, per_kind=min(recipe.per_kind, 20), vision_steps=steps, steps=steps)
    if is_filled(out):
        if not force:
            raise OutputError(
                "is not empty", where=str(out), todo="choose another folder, or set it aside with --force"
            )
        set_aside(out)
    yield Started("Training the demo's multimodal toy")
    with folder_for(out):
        figures = yield from train_toy(recipe, out, control)
    yield Ended("finished", figures, str(out))
