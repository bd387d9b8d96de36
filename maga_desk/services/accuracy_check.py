"""Whether a model reads the pictures at all: looked at first, since without it nothing else could be believed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import AT_CHANCE, WorkspaceCard
from maga_desk.domain.files import sha256_of
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.yardstick import hardly_better
from maga_desk.services.class_order import check_order, lost_classes, other_order
from maga_desk.services.fitting import THE_SPEC, FoundNet

if TYPE_CHECKING:
    from maga_desk.auditing.outputs import Outputs
    from maga_desk.domain.pixels import Bytes

ALLOW = "[model] allow_chance = true, --allow-chance, or the box on the Load page"


@dataclass(frozen=True)
class ReadingCheck:
    """What came of it.

    :param reads: the model is better than chance on the training pictures that it has not forgotten.
    """

    reads: bool
    notes: tuple[str, ...]


def check_reading(found: FoundNet, images: ImageSet, outputs: Outputs, forgotten: NDArray[np.int64]) -> ReadingCheck:
    """Look at the answers to all training pictures.

    :param forgotten: ``(m,) int64`` pictures that the model has forgotten before.
    :raises OrderError: the outputs answer to the classes in another order, and no person has said this one.
    """
    from maga_desk.models.trying import Reading

    labels = images.train.labels
    kept = np.ones(len(labels), dtype=bool)
    kept[forgotten] = False
    answers = outputs.train.argmax(dim=1).numpy()[kept]
    accuracy, notes = 100 * float((answers == labels[kept]).sum()) / max(1, len(answers)), []
    if not found.contents.ours:  # whose order of classes is its own
        reading = Reading.of(answers, labels[kept], len(images.classes))

        def example(label: int) -> Bytes | None:
            places = np.flatnonzero(labels == label)
            return images.train.picture(int(places[0])) if len(places) else None

        said = found.facts.classes_from == THE_SPEC or isinstance(found.model.classes, str)
        if not said:
            check_order(images.classes, found.classes, reading, example, str(found.contents.path))
        elif (order := other_order(images.classes, found.classes, reading, example)) is not None:
            notes.append(f"With the classes as they are said, {order.line()}.")
        if lost := lost_classes(images.classes, reading):
            notes.append(lost)
    reads = _reads(answers, labels[kept], len(images.classes))
    if not reads:
        notes.append(
            f"{AT_CHANCE}: {accuracy:.0f} % of its training pictures are read rightly, where guessing gives "
            f"{100 / len(images.classes):.3g} %. Nothing that is measured from here on can be believed. Are these the "
            "pictures it was trained on, and are they read as in its training?"
        )
    return ReadingCheck(reads, tuple(notes))


def _reads(answers: NDArray[np.int64], labels: NDArray[np.int64], classes: int) -> bool:
    """Whether more is read rightly than by chance, of all pictures and of the classes on average: an answer that is
    always the same class is right about most pictures of a lopsided set.
    """
    counts = np.bincount(labels, minlength=classes)
    shown, right = counts > 0, answers == labels
    if shown.sum() < 2:
        return True
    each = 100 * np.bincount(labels[right], minlength=classes)[shown] / counts[shown]
    if hardly_better(100 * float(right.mean()), 100 / classes):
        return False
    return not hardly_better(float(each.mean()), 100 / max(classes, int(shown.sum())))


def check_believable(card: WorkspaceCard, spec: RunSpec) -> None:
    """Stop where the model does not read the pictures, unless a person has said to go on.

    :raises CheckpointError: it does not.
    """
    if not card.reads and not spec.model.allow_chance:
        raise CheckpointError(
            f"does not read these pictures ({card.accuracy_train:.0f} % right, guessing gives "
            f"{100 / len(card.classes):.3g} %): nothing that is measured could be believed",
            where=card.checkpoint,
            todo=f"give the pictures it was trained on, read as in its training; or go on all the same: {ALLOW}",
        )


def check_unchanged(card: WorkspaceCard) -> None:
    """Whether the model's file is still the one that was opened: a run's record names it, with its hash.

    :raises CheckpointError: it has changed. A file that is gone changes nothing of what is open.
    """
    path = Path(card.checkpoint)
    if card.checkpoint_sha256 and path.is_file() and sha256_of(path) != card.checkpoint_sha256:
        raise CheckpointError("has changed since it was opened", where=str(path), todo="open it again")
