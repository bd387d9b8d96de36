"""Reads everything that is known of one training picture."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.events import Ended, Event, Started
from maga_desk.domain.files import sha256_of
from maga_desk.domain.finding.details import ErasedBy, PictureDetails
from maga_desk.domain.forgotten import listed_names, read_forgotten
from maga_desk.domain.lists.names import read_list, written_name
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.pixels import Indices
from maga_desk.domain.run_folder import CHECKPOINT, FORGOTTEN
from maga_desk.domain.sessions import KeptResult
from maga_desk.domain.twins import Group
from maga_desk.services.likeness import likeness_to
from maga_desk.services.originals import opened_picture

if TYPE_CHECKING:
    from torch import Tensor

    from maga_desk.services.workspace import Workspace

LARGEST = 1024
"""Pixels a side of what is shown."""
NEAREST = 10
"""Pictures that are shown beside one."""
_TOP = 5


def details_of(
    workspace: Workspace, position: int, results: Callable[[], Sequence[KeptResult]], control: RunControl
) -> Generator[Event, None, PictureDetails]:
    """Open a picture, hash it, and look for it in the lists of what was forgotten.

    :param results: gives the runs whose lists are looked through.
    :raises Cancelled: in between.
    """
    yield Started("Reading the picture")
    images = workspace.images
    opened = opened_picture(images.train, position, LARGEST)
    found = PictureDetails(position, opened.pixels, opened.size, lost=opened.lost)
    control.checkpoint()
    found = replace(_with_file(found, images.train.file(position)), mark=images.marks_of(np.array([position]))[0].hex())
    found = _with_answers(found, workspace.outputs.train[position], int(images.train.labels[position]))
    found = replace(found, twins=next((group for group in images.twins.groups if _has(group, position)), ()))
    erased, unread, kept = list[ErasedBy](), 0, results()
    for each in kept:
        control.checkpoint()
        try:
            by_name = _listed(each, images, found)
        except (ForgetError, OSError):
            unread += 1
            continue
        if by_name is not None:
            erased.append(_erased_by(each, by_name=by_name))
    yield Ended("finished")
    return replace(found, erased=tuple(erased), looked_through=len(kept) - unread, unread=unread)


@dataclass(frozen=True, eq=False)
class NearestPictures:
    """The training pictures that are most like one of them.

    :param positions: ``(n,) int64``, the likest first; ``percent``: how like each is, ``(n,)``, 0 to 100.
    :param said: what of it is approximate; empty where nothing is.
    """

    of: int
    positions: Indices
    percent: NDArray[np.float64]
    said: str = ""


def neighbours_of(workspace: Workspace, position: int, control: RunControl) -> Generator[Event, None, NearestPictures]:
    """By the features of the model that is open, as *More like these* compares.

    :raises Cancelled: in between.
    """
    likeness = yield from likeness_to(workspace, np.array([position]), control)
    order = np.argsort(-likeness.percent, kind="stable")
    nearest = order[order != position][:NEAREST]
    return NearestPictures(position, nearest, likeness.percent[nearest], likeness.said)


def _has(group: Group, position: int) -> bool:
    return any(twin.train and twin.position == position for twin in group)


def _with_file(found: PictureDetails, file: str) -> PictureDetails:
    if not file:
        return found
    try:
        about = os.stat(file)
        changed = datetime.fromtimestamp(about.st_mtime, UTC)
        return replace(found, file=file, bytes_=about.st_size, changed=changed, sha256=sha256_of(Path(file)))
    except (OSError, ValueError, OverflowError) as error:
        return replace(found, file=file, lost=found.lost or f"the file cannot be read ({_reason(error)})")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _with_answers(found: PictureDetails, logits: Tensor, label: int) -> PictureDetails:
    """:param logits: ``(K,)`` of the model that is open."""
    shares = logits.double().softmax(dim=0)
    top = shares.topk(min(_TOP, len(shares)))
    pairs = zip(top.indices.tolist(), top.values.tolist(), strict=True)
    return replace(found, top=tuple(pairs), loss=float(-logits.double().log_softmax(dim=0)[label]))


def _listed(result: KeptResult, images: ImageSet, found: PictureDetails) -> bool | None:
    """Whether a run's list of forgotten pictures has this one: ``False`` by its pixels, ``True`` by its name alone,
    ``None``: it has not.

    :raises ForgetError: the list cannot be read. :raises OSError: likewise.
    """
    text = read_list(Path(result.folder) / FORGOTTEN).text
    own = read_forgotten(text)
    if own is not None and own.fits(images):
        return False if found.mark in text else None
    name = images.train.names[found.position]
    return True if {name, written_name(name)} & {each.strip() for each in listed_names(text)} else None


def _erased_by(result: KeptResult, *, by_name: bool) -> ErasedBy:
    checkpoint = str(Path(result.folder) / CHECKPOINT)
    return ErasedBy(
        result.id, result.title, result.started, result.case, checkpoint, tuple(result.exports), by_name=by_name
    )
