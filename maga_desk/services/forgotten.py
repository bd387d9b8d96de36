"""What an unlearned checkpoint has forgotten before: its list, found, checked and matched with the pictures."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from maga_desk.domain.copies_left import decisions_in
from maga_desk.domain.errors import ForgetError, NamesError
from maga_desk.domain.forget import GO_ON
from maga_desk.domain.forgotten import known
from maga_desk.domain.lists.names import read_list
from maga_desk.domain.outside import read_bytes
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.pixels import Indices
from maga_desk.domain.protection import lists_beside
from maga_desk.domain.run_folder import COPIES, FORGOTTEN
from maga_desk.domain.specs.forget import CopyDecision
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.tables import csv_rows
from maga_desk.domain.together import settle

if TYPE_CHECKING:
    from maga_desk.domain.checkpoints import CheckpointInfo

MADE_BY_UNLEARNING = "unlearn"
"""What such a checkpoint says made it."""

LIST_DIGEST = "forgotten_list"
"""Key of a checkpoint's record: the hash of the list that it was saved with."""


@dataclass(frozen=True)
class Before:
    """What earlier requests removed.

    :param indices: ``(n,) int64`` of the training pictures.
    :param notes: what a person should know.
    :param decided: what a person decided over copies of these, as far as it lies beside their list.
    """

    indices: Indices
    notes: tuple[str, ...] = ()
    decided: tuple[CopyDecision, ...] = ()


def forgotten_list(checkpoint: Path) -> Path | None:
    """The list of what an unlearned checkpoint has forgotten: a run's, or the one that was exported with it."""
    settle(checkpoint.parent)
    return next((path for path in lists_beside(checkpoint) if path.exists()), None)


def digest_of_list(text: str) -> str:
    """The hash of a list, whatever ends its lines."""
    return hashlib.sha256("\n".join(text.splitlines()).encode("utf-8", "surrogatepass")).hexdigest()


def forgotten_before(
    spec: RunSpec, checkpoint: Path, images: ImageSet, info: CheckpointInfo, *, pixels: bool = True
) -> Before:
    """The training pictures that earlier requests removed.

    :param pixels: the pictures are decoded; without, names alone are compared.
    :raises NamesError: an entry is none of the pictures, so that one of them may wrongly count as kept, and the spec
        does not allow that.
    :raises ForgetError: the list cannot be read, is not the one that the checkpoint was saved with, or, named by the
        spec, names none of the pictures.
    """
    named = spec.model.forgotten
    path = Path(named) if named is not None else forgotten_list(checkpoint)
    unlearned = info.made.get("by") == MADE_BY_UNLEARNING
    if path is None or not (named is not None or unlearned or path == lists_beside(checkpoint)[0]):
        # a list that lies there by chance is another model's
        return Before(np.zeros(0, dtype=np.int64), (_no_list(),) if unlearned else ())
    text = read_list(path).text
    wanted = info.made.get(LIST_DIGEST)
    if named is None and wanted is not None and wanted != digest_of_list(text):
        raise ForgetError(
            "is not the list that this checkpoint was saved with: what it leaves out would be trained on again",
            where=str(path),
            todo="put that list back, or name the right one in [model] forgotten",
        )
    here = known(text, images, spec.data.path, where=str(path), pixels=pixels)
    found, count = here.found, len(here.found.indices)
    if named is not None and not count and (pixels or found.missing):
        raise ForgetError("names none of the training pictures", where=named, todo="names look like train/cat/0001.jpg")
    if found.not_found and not spec.forget.allow_missing:
        todo = f"if these pictures were deleted since, go on by {GO_ON}"
        raise NamesError(found.faults(), names=found.not_found, where=str(path), todo=todo)
    notes = []
    if count:
        notes.append(f"{count:,} pictures were forgotten before: they are neither kept nor forgotten again.")
    elif unlearned:
        notes.append(_no_list())
    if found.not_found:
        notes.append(f"Of what was forgotten before, {found.faults()}. They count as deleted.")
    return Before(found.indices, (*notes, *here.notes()), _decided_beside(path))


def _decided_beside(forgotten: Path) -> tuple[CopyDecision, ...]:
    """What the run decided over copies whose list this is. A table that cannot be read says nothing: copies that stay
    are named again then.
    """
    if forgotten.name != FORGOTTEN:  # exported: another run's table may lie there
        return ()
    try:
        return decisions_in(csv_rows(read_bytes(forgotten.with_name(COPIES)).decode()))
    except (OSError, ValueError, csv.Error):
        return ()


def _no_list() -> str:
    return (
        "The model has forgotten pictures before, but no list of theirs was found: if they are among these, they "
        "count as kept. Name the list in [model] forgotten."
    )
