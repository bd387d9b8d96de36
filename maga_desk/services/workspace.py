"""Opening a model and its pictures, ready for everything else."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain import paths
from maga_desk.domain.basket import Basket
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, name_some
from maga_desk.domain.events import Ended, Event, Message, Opened, Progress, Started, WorkspaceCard
from maga_desk.domain.files import sha256_of
from maga_desk.domain.forget import ForgetSet, check_names, resolve
from maga_desk.domain.history import replay
from maga_desk.domain.marking import How
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.said_recipe import SaidRecipe
from maga_desk.domain.specs.forget import CopyDecision
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import OPENED, RunSpec
from maga_desk.domain.together import settle
from maga_desk.services.accuracy_check import check_reading
from maga_desk.services.copies import CopiesKnown, looking_where_asked, with_copies, with_names
from maga_desk.services.file_hashes import FileHashes
from maga_desk.services.finding.facts import PictureFacts, facts_of, reads_pixels
from maga_desk.services.fitting import FoundNet, candidate
from maga_desk.services.forecast import forecasting
from maga_desk.services.forgotten import forgotten_before
from maga_desk.services.keeping import kept_outputs, kept_shelf, know_pixels
from maga_desk.services.lists import hashes_asked, hashes_for, hashes_now, read_any_list
from maga_desk.services.outputs import OutputPlan, fit_outputs, labelled, plan_outputs, with_plan
from maga_desk.services.reading import listing_pictures, reading_pictures

if TYPE_CHECKING:
    from torch import nn

    from maga_desk.auditing.looking import Look
    from maga_desk.auditing.outputs import Outputs
    from maga_desk.data.batches import DeviceSet
    from maga_desk.data.sources.reading import ListedPictures
    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.models.runtime import Runtime


@dataclass(frozen=True)
class Workspace:
    """A model with its pictures on a device.

    :param outputs: the original's logits on all training and test pictures, computed once.
    :param earlier: ``(m,) int64`` training pictures that the model has forgotten before.
    :param decided: what was decided over copies of these.
    :param looks: what audits found in nets that do not change, by what they rest on.
    :param features: what the model sees in the pictures, once it was asked for (:mod:`~maga_desk.services.features`).
    """

    spec: RunSpec
    images: ImageSet
    pictures: DeviceSet
    model: nn.Module
    info: CheckpointInfo
    runtime: Runtime
    outputs: Outputs
    card: WorkspaceCard
    earlier: NDArray[np.int64]
    decided: tuple[CopyDecision, ...] = ()
    looks: dict[str, Look] = field(default_factory=dict, compare=False, repr=False)
    features: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def forget_set(self, spec: RunSpec, hashes: FileHashes | None = None) -> ForgetSet:
        """:param hashes: where files were read before. :raises ForgetError: unknown names, nothing, or everything."""
        root = self.spec.data.path
        catalogue = self.images.catalogue()
        hashes = hashes or hashes_now(spec.forget, self.images, self.spec.data)
        found = resolve(
            spec.forget, catalogue, seed=spec.seed, earlier=self.earlier, root=root, read=read_any_list,
            find=self.facts.find, hashes=hashes.find if hashes is not None else None,
        )  # fmt: skip
        return with_copies(found, self.copies, self.named(spec).forget, self.decided)

    def named(self, spec: RunSpec) -> RunSpec:
        """With the names in full of the pictures that were decided over.

        :raises ForgetError: one is no picture, or fits several.
        """
        return spec.model_copy(update={"forget": with_names(spec.forget, self.images, self.spec.data.path)})

    @cached_property
    def copies(self) -> CopiesKnown:
        """What is known of copies among the pictures."""
        return CopiesKnown(self.images, self.spec.data)

    def basket_of(self, spec: RunSpec, hashes: FileHashes | None = None) -> Basket:
        """What a spec marks, with all steps by which it says that it came about.

        :raises ForgetError: unknown names, or its history comes to other pictures than it names.
        """
        wanted, basket = self.named(spec).forget, Basket(len(self.images.train))
        if wanted.history:
            basket = replay(wanted, self.images.catalogue(), earlier=self.earlier, find=self.facts.find)
        if wanted.names_outcome:
            chosen = self.forget_set(spec, hashes)
            basket = basket.add(chosen.indices, chosen.not_found, by=How("spec", "the spec"))
        return basket.decide(wanted.left, by=How("spec", "the spec"))

    @property
    def facts(self) -> PictureFacts:
        """What queries ask of: names, classes, columns, copies, and the original's answers."""
        return facts_of(self.images, logits=lambda: self.outputs.train, copies=self.copies.look)

    def fits(self, spec: RunSpec) -> bool:
        """Whether a spec asks for the same model, pictures, device and precision as are open."""
        mine, theirs = (each.with_changes("model", allow_chance=False) for each in (self.spec, spec))
        return all(getattr(mine, key) == getattr(theirs, key) for key in OPENED)

    def can_go_on(self, begun: tuple[str, str] | None) -> bool:
        """Whether a run that began on a device in a number format (their titles) could end here as it would have there.

        On another device it cannot anywhere here, so that it begins anew in whatever is open.
        """
        return begun is None or begun[0] != self.card.device or begun[1] == self.card.precision

    @property
    def said(self) -> SaidRecipe:
        """What the checkpoint, or what lay beside it, says of how it was trained."""
        return SaidRecipe.of_record(self.info.made)

    @property
    def trained_elsewhere(self) -> bool:
        """Whether the checkpoint says that it was trained on other pictures than these."""
        return _trained_elsewhere(self.images, self.info)

    @property
    def is_foreign(self) -> bool:
        """Whether another program trained the model."""
        return not self.info.made.get("recipe")

    @property
    def recipe(self) -> TrainRecipe:
        """The recipe that the checkpoint says it was trained with; the default one where it does not."""
        return self.said.recipe()


@dataclass(frozen=True)
class ReadModel:
    """What a model's file holds, and the pictures as they are listed; nothing is decoded or placed yet.

    :param images: labelled in the model's order of classes.
    """

    found: FoundNet
    plan: OutputPlan
    listed: ListedPictures
    images: ImageSet

    @property
    def count(self) -> int:
        """Outputs that answer to the classes."""
        return len(self.plan.kept or ()) or self.found.classes


def reading_model(spec: RunSpec, control: RunControl) -> Generator[Event, None, ReadModel]:
    """Read the checkpoint and list the pictures.

    :raises UserError: the file or the pictures cannot be used, or do not belong together.
    :raises Cancelled: in between.
    """
    from maga_desk.models.reading.contents import read_contents

    path = checkpoint_path(spec)
    settle(path.parent)
    yield Progress("Reading the model", 0, 0)
    found = candidate(spec.model, read_contents(path))
    listed = yield from listing_pictures(spec.data, found.info, control)
    plan = plan_outputs(spec.model, found, listed.images)
    read = ReadModel(with_plan(found, plan), plan, listed, listed.images)
    images = labelled(listed.images, read.found.info, read.count, str(read.found.contents.path))
    return replace(read, images=images)


def open_workspace(spec: RunSpec, control: RunControl) -> Generator[Event, None, Workspace]:
    """Read the checkpoint, decode the pictures, place both on the device, measure the original's accuracy.

    :raises UserError: anything about the file, the pictures or the device that cannot be used.
    :raises Cancelled: in between.
    """
    yield Started("Opening the model and its pictures")
    workspace = yield from opening(spec, control)
    yield Opened(workspace.card)
    yield Ended("finished")
    return workspace


def opening(
    spec: RunSpec, control: RunControl, begun: tuple[str, str] | None = None, *, asked: bool = False
) -> Generator[Event, None, Workspace]:
    """Like :func:`open_workspace`, as a part of another job.

    :param begun: titles of the device and the number format of a run that goes on: it does so in these.
    :param asked: the spec's request is what comes next: what it names must be there, before any picture is decoded.
    :raises ForgetError: it names what is not there, nothing, or everything.
    """
    from maga_desk.auditing.outputs import compute_outputs
    from maga_desk.data.batches import Normalisation, to_device
    from maga_desk.models.heads import count_parameters
    from maga_desk.models.inference import accuracy
    from maga_desk.models.runtime import choose_device, choose_runtime

    device = choose_device(spec.device)
    read = yield from reading_model(spec, control)
    found, plan, listed, images, count = read.found, read.plan, read.listed, read.images, read.count
    path = found.contents.path
    sha256 = sha256_of(path)
    if asked:
        yield from hashes_for(spec.forget, images, spec.data, control)
    _compare_names(spec, path, images, found.info, asked=asked)
    fitted, found = yield from fit_outputs(spec.model, found, plan, listed, images, control)
    info = found.info
    for line in fitted.notes:
        yield Message(line)
    chosen = fitted.size if listed.size or fitted.size[0] != fitted.size[1] else None
    listed = replace(listed, size=chosen, framing=fitted.framing)
    yield from forecasting(listed, fitted.size, fitted.order, fitted.model, device)
    images = yield from reading_pictures(listed, control)
    images = labelled(images, info, count, str(path))
    control.checkpoint()
    know_pixels(kept_shelf(), spec.data, images)
    model, arch = fitted.model, fitted.arch
    normalisation = fitted.normalisation or Normalisation.of(images.train, fitted.order)
    yield Progress("Measuring the machine", 0, 0)
    runtime = choose_runtime(
        device, model, images.size, precision=spec.precision, remembered=paths.speed_file(), begun=begun
    )
    runtime.place(model)
    notes = list(fitted.doubtful)
    if found.contents.ours and not (found.shown.mean and found.shown.std):
        notes.append(
            "The checkpoint does not say how pixels were normalised: the pictures' own mean and deviation are used."
        )
    said = found.contents.recipe
    pictures = to_device(images, normalisation, device, augmentation=said.recipe().augment)
    told = said.text() if not found.contents.ours else ""
    left_aside = said.beyond_text() if told or said.impossible else ""
    if told or left_aside:
        yield Message(f"How it was trained: {told or 'its record cannot be followed'}. {left_aside}".rstrip())
    before = forgotten_before(spec, path, images, info)
    notes += before.notes
    yield Progress("Trying the model on the pictures", 0, 0)
    weights = f"{sha256}{found.net.place}{plan.kept or ''}"  # of several nets in the file, or some of its outputs
    outputs = kept_outputs(
        kept_shelf(),
        spec.data,
        (weights, arch, images.fingerprint, images.test_digest, normalisation, runtime.device_title, runtime),
        (len(images.train), len(images.test)),
        lambda: _finite(compute_outputs(model, pictures, runtime, control), path),
    )
    accuracy_train = accuracy(outputs.train, pictures.train.labels) or 0.0
    checked = check_reading(found, images, outputs, before.indices)
    notes += checked.notes
    notes += _data_notes(images, info)
    card = WorkspaceCard(
        checkpoint=str(path),
        arch=arch,
        parameters=count_parameters(model),
        classes=images.classes,
        kinds=images.kinds,
        families=images.families,
        train_pictures=len(images.train),
        test_pictures=len(images.test),
        size=images.size,
        accuracy_train=accuracy_train,
        accuracy_test=accuracy(outputs.test, pictures.test.labels),
        device=runtime.device_title,
        precision=runtime.precision_title,
        trained_by=str(info.made.get("by", "")),
        skipped=images.skipped,
        notes=tuple(notes),
        fingerprint=images.fingerprint,
        checkpoint_sha256=sha256,
        found=images.found,
        model=fitted.facts(found.facts, normalisation),
        own_form=info.came.title() if info.came else "",
        own_ending=info.came.ending if info.came else "",
        own_numbers=info.came.numbers if info.came else "",
        own_without=tuple(info.came.without()) if info.came else (),
        reads=checked.reads,
    )
    for note in notes:
        yield Message(note, "warning")
    if not found.contents.ours and said.values:
        info = info.with_made(said_recipe=asdict(said))
    completed = _completed(info, arch, images, normalisation).of_shape(images.size, fitted.framing)
    workspace = Workspace(
        spec, images, pictures, model.eval(), completed, runtime, outputs, card, before.indices, before.decided
    )
    yield from looking_where_asked(workspace.copies, spec.forget, control)
    return workspace


def _finite(outputs: Outputs, path: Path) -> Outputs:
    """:raises CheckpointError: the net gives numbers that are not finite, so that nothing can be said of it."""
    wrong = int((~outputs.train.isfinite().all(dim=1)).sum())
    if wrong:
        raise CheckpointError(
            f"gives numbers that are not finite for {wrong:,} of {len(outputs.train):,} training pictures",
            where=str(path),
            todo="its weights are damaged, or its pixels are read otherwise than in its training: [model] mean and std",
        )
    return outputs


def checkpoint_path(spec: RunSpec) -> Path:
    """The checkpoint that a spec names, else the one that comes with the source of its pictures.

    :raises CheckpointError: none is named, and the source has none.
    :raises DataError: an unknown source.
    """
    from maga_desk.data.sources.registry import SOURCES

    if spec.model.checkpoint:
        return Path(spec.model.checkpoint)
    own = SOURCES.find(spec.data.source).info.checkpoint
    if own is not None:
        return own(spec.data)
    raise CheckpointError("no checkpoint is given", where="[model] checkpoint")


def _compare_names(spec: RunSpec, checkpoint: Path, listed: ImageSet, info: CheckpointInfo, *, asked: bool) -> None:
    """Refuse lists of names that do not fit, before any picture is decoded."""
    earlier = forgotten_before(spec, checkpoint, listed, info, pixels=False).indices
    if asked:
        named_only(spec, listed, earlier)


def named_only(spec: RunSpec, listed: ImageSet, earlier: NDArray[np.int64]) -> ForgetSet | None:
    """The forget set by names, classes and tables alone; ``None`` where its query asks for pixels or the model.

    :param listed: pictures that need not be decoded.
    :raises ForgetError: it names what is not there, nothing, or everything; or its query cannot be read.
    """
    forget = with_names(spec.forget, listed, spec.data.path)
    wanted, hashes = hashes_asked(forget), hashes_now(forget, listed, spec.data)
    if hashes is not None and not wanted <= hashes.files.keys():
        return None  # they may be of decoded pixels
    found_by = hashes.find if hashes is not None else None
    if any(map(reads_pixels, forget.queries)):
        check_names(forget, listed.catalogue(), root=spec.data.path, read=read_any_list, hashes=found_by)
        return None
    return resolve(
        forget, listed.catalogue(), seed=spec.seed, earlier=earlier, root=spec.data.path, read=read_any_list,
        find=facts_of(listed, pixels=False).find, hashes=found_by,
    )  # fmt: skip


def _data_notes(images: ImageSet, info: CheckpointInfo) -> list[str]:
    notes = list(images.twins.notes())
    if _trained_elsewhere(images, info):
        notes.append(
            "The model was trained on other pictures than these (another folder, subset or size). "
            "What is forgotten here may not be all that it learned."
        )
    return notes


def _trained_elsewhere(images: ImageSet, info: CheckpointInfo) -> bool:
    trained_on = info.made.get("data")
    return bool(trained_on) and trained_on != images.fingerprint


def _completed(info: CheckpointInfo, arch: str, images: ImageSet, normalisation: Any) -> CheckpointInfo:
    """The information that the unlearned checkpoint will carry on."""
    order = None if normalisation.order == "RGB" else normalisation.order
    return replace(
        info, arch=arch, classes=images.classes, families=images.families, mean=normalisation.mean,
        std=normalisation.std, order=order,
    )  # fmt: skip


def said_of_names(forget: ForgetSet | None) -> Iterator[Event]:
    """What a person should know of how the lists of a request were read."""
    if forget is None:
        return
    for note in forget.notes:
        yield Message(note)
    if forget.not_found:
        yield Message(not_found_note(forget.not_found), "warning")


def not_found_note(names: tuple[str, ...]) -> str:
    """That names of a request were not found, for people."""
    count = "1 name of the request is" if len(names) == 1 else f"{len(names):,} names of the request are"
    return f"{count} no picture here, and nothing was forgotten for it: {name_some(names, 3)}."
