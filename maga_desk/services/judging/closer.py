"""Looking closer at a result: what original, unlearned and retrained net say of every picture, as plain data."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.closer.answers import Answers, CloseLook, Net, SplitAnswers
from maga_desk.domain.closer.feature_map import FeatureMap
from maga_desk.domain.control import RunControl, aside
from maga_desk.domain.errors import CheckpointError, UserError
from maga_desk.domain.events import Ended, Event, Progress, Started
from maga_desk.domain.files import sha256_of
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.references import fitting
from maga_desk.services.judging.trainings import Reference, read_reference
from maga_desk.services.judging.yardsticks import check_is_another, claim, settled
from maga_desk.services.keeping import kept_outputs, kept_shelf
from maga_desk.services.workspace import Workspace

if TYPE_CHECKING:
    from torch import Tensor, nn

    from maga_desk.auditing.outputs import Outputs
    from maga_desk.auditing.parts import Parts

Rows = NDArray[np.float64]
NO_YARDSTICK = "There is no retrained model: what retraining would change as well cannot be told apart."
NO_TEST = "There are no test pictures: all that rests on unseen ones is missing."
_STAGE = "Asking about every picture"
_MAPPED = {"forget": 700, "unseen": 300, "retain": 1200, "kept": 500}
"""How many pictures of each kind a map shows, at most; evenly spread."""
_WIDE = 600  # features: of more, an exact PCA takes long


def look_closer(erasure: Erasure, checkpoint: str | Path, control: RunControl) -> Generator[Event, None, CloseLook]:
    """Ask the nets of a run about all pictures. Nothing is trained, and nothing of the run is written.

    Where the spec names a retrained net it is asked as well, else one that was made here before and fits; only one that
    may judge.

    :raises UserError: the checkpoint cannot be used.
    :raises Cancelled: in between.
    """
    from maga_desk.auditing.parts import parts_of

    yield Started("Looking closer at the result")
    workspace, steps = erasure.workspace, 5
    yield Progress(_STAGE, 0, steps)
    model, parts = read_unlearned(erasure, checkpoint), parts_of(workspace.images, erasure.forget)
    control.checkpoint()
    outputs = {"unlearned": _asked(workspace, model, Path(checkpoint), control)}
    yield Progress(_STAGE, 1, steps)
    beside = retrained_of(erasure, model, parts, control)
    yield Progress(_STAGE, 2, steps)
    outputs["original"] = workspace.outputs
    if beside.outputs is not None:
        outputs["retrained"] = beside.outputs
    nets: dict[Net, Answers] = {}
    for name in ("original", "unlearned", "retrained"):
        if name in outputs:
            nets[name] = aside(partial(_answers, workspace, outputs[name]), control)
    yield Progress(_STAGE, 3, steps)
    maps = _maps(workspace, model, parts, control)
    yield Progress(_STAGE, steps, steps)
    look = CloseLook(
        workspace.images,
        nets,
        parts.forget_train.numpy(),
        parts.earlier_train.numpy(),
        parts.forget_test.numpy(),
        parts.retain_test.numpy(),
        parts.non_members.numpy(),
        erasure.forget.task,
        beside.said,
        maps,
        () if len(workspace.images.test) else (NO_TEST,),
        None if parts.later_train is None else parts.later_train.numpy(),
    )
    yield Ended("finished")
    return look


def read_unlearned(erasure: Erasure, checkpoint: str | Path) -> nn.Module:
    """The unlearned net, placed where the original is.

    :raises CheckpointError: it cannot be read, or is not the open model's; the open model is not the run's original.
    """
    from maga_desk.models.outputs import read_like

    workspace = erasure.workspace
    _check_original(erasure)
    model, info = read_like(Path(checkpoint), workspace.card.arch, workspace.info.came, workspace.model)
    if info.classes and info.classes != workspace.card.classes:
        raise CheckpointError("its classes are not the open model's", where=str(checkpoint))
    return workspace.runtime.place(model).eval()


def _check_original(erasure: Erasure) -> None:
    """After a next request another model may be open than the one that a run in sight began from."""
    named, opened = Path(erasure.spec.model.checkpoint or ""), erasure.workspace.card.checkpoint_sha256
    if named.is_file() and opened and sha256_of(named) != opened:
        raise CheckpointError(
            "is what the run began from, and another model is open", where=str(named), todo="open the run's own session"
        )


@dataclass(frozen=True)
class RetrainedBeside:
    """The retrained net, where there is one that may judge.

    :param said: which it is, or why there is none.
    """

    gold: Reference | None
    outputs: Outputs | None
    said: str


def retrained_of(erasure: Erasure, result: nn.Module, parts: Parts, control: RunControl) -> RetrainedBeside:
    """The net that the spec names, or one that was made here before; nothing is trained."""
    wanted = erasure.spec.audit.retrained
    try:
        named = wanted not in (None, "make")
        gold = read_reference(erasure.workspace, Path(str(wanted))) if named else fitting(erasure)
        if gold is None:
            return RetrainedBeside(None, None, NO_YARDSTICK)
        check_is_another(gold.model, result, gold.path)
        said = claim(erasure, gold.model, gold.info, gold.path)
    except UserError as error:
        return RetrainedBeside(None, None, f"{NO_YARDSTICK} {error}.")
    outputs = _asked(erasure.workspace, gold.model, gold.path, control)
    yardstick = settled(erasure, gold, said, outputs, erasure.workspace.outputs, parts)
    if not yardstick.judges:
        return RetrainedBeside(None, None, f"{NO_YARDSTICK} {gold.path.name} is left aside. {' '.join(yardstick.said)}")
    return RetrainedBeside(gold, outputs, f"Compared with {yardstick.text()}.")


def _asked(workspace: Workspace, model: nn.Module, path: Path, control: RunControl) -> Outputs:
    """A net's logits on all pictures, as they were computed before or anew."""
    from maga_desk.auditing.outputs import compute_outputs

    sha256, images, runtime = sha256_of(path), workspace.images, workspace.runtime
    for key, look in workspace.looks.items():
        if key.startswith(f"retrained {sha256} "):
            return look.outputs
    return kept_outputs(
        kept_shelf(),
        workspace.spec.data,
        (sha256, workspace.card.arch, images.fingerprint, images.test_digest, workspace.pictures.normalisation,
         runtime.device_title, runtime, "closer"),
        (len(images.train), len(images.test)),
        lambda: compute_outputs(model, workspace.pictures, runtime, control),
    )  # fmt: skip


def _answers(workspace: Workspace, outputs: Outputs) -> Answers:
    images = workspace.images
    return Answers(
        SplitAnswers.of(outputs.train.numpy(), images.train.labels),
        SplitAnswers.of(outputs.test.numpy(), images.test.labels),
    )


def _maps(workspace: Workspace, model: nn.Module, parts: Parts, control: RunControl) -> tuple[FeatureMap, ...]:
    """PCA and linear discriminants of the original's features, and the unlearned net's features by the same."""
    import torch

    from maga_desk.models.evenly import evenly
    from maga_desk.models.inference import features

    def some(mask: Tensor, kind: str) -> Tensor:
        return evenly(mask.nonzero().squeeze(1), _MAPPED[kind])

    train = torch.cat([some(parts.forget_train, "forget"), some(parts.retain_train, "retain")])
    unseen, kept = some(parts.non_members, "unseen"), some(parts.retain_test & ~parts.non_members, "kept")
    test = torch.cat([unseen, kept])
    rows = []
    for net in (workspace.model, model):
        pictures, runtime = workspace.pictures, workspace.runtime
        both = [features(net, pictures.train, runtime, train, control)]
        if len(test):
            both.append(features(net, pictures.test, runtime, test, control))
        rows.append(torch.cat(both).flatten(1).double().numpy())
    before, after = (np.nan_to_num(each, nan=0.0, posinf=0.0, neginf=0.0) for each in rows)
    if before.shape != after.shape:
        return ()
    is_test = np.repeat([False, True], [len(train), len(test)])
    positions = torch.cat([train, test]).numpy()
    images = workspace.images
    labels = np.concatenate([images.train.labels[train.numpy()], images.test.labels[test.numpy()]])
    found = aside(partial(_projected, before, after, labels), control)
    return tuple(FeatureMap(name, said, is_test, positions, one, other) for name, said, one, other in found)


def _projected(before: Rows, after: Rows, labels: NDArray[np.int64]) -> list[tuple[str, str, Rows, Rows]]:
    """By each projection: its name, what it shows, and both nets' pictures in the plane ``(n, 2)``."""
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    found = []
    if min(before.shape) >= 2 and before.std() > 0:
        plane = PCA(2, svd_solver="full" if before.shape[1] <= _WIDE else "randomized", random_state=0).fit(before)
        share = float(plane.explained_variance_ratio_.sum())
        said = f"PCA, fitted to the original: the plane holds {100 * share:.0f} % of the variance of its features."
        found.append(("PCA", said, plane.transform(before), plane.transform(after)))
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) > 2 and counts.max() > 1 and before.shape[1] >= 2 and len(labels) > 2 * len(classes):
        plane = LinearDiscriminantAnalysis(solver="svd", n_components=2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # features that are collinear: those of a net often are
            plane.fit(before, labels)
        if plane.transform(before[:1]).shape[1] == 2:
            said = (
                "Linear discriminants, fitted to the original: the plane in which its classes lie farthest apart. "
                "New pictures would lie less far apart than these, to which it was fitted."
            )
            found.append(("Discriminants", said, plane.transform(before), plane.transform(after)))
    return found
