"""Copies among open pictures: near ones are looked for when somebody asks, and then known."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence

import numpy as np

from maga_desk.data.keeping import DiskShelf, KeptName, owner_of
from maga_desk.domain.control import RunControl
from maga_desk.domain.copies import Copies, NearCopies, asks_for_near, named_decisions
from maga_desk.domain.copies_left import CopiesLeft
from maga_desk.domain.events import Ended, Event, Started
from maga_desk.domain.forget import ForgetSet, joined
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.forget import CopyDecision, ForgetSpec
from maga_desk.domain.specs.run import DataSpec
from maga_desk.services.keeping import kept_shelf


class CopiesKnown:
    """What is known of copies in a set of pictures. A search is made once, and kept on the disk for later openings.

    :param data: whose pictures they are; ``None``: nothing is kept.
    """

    def __init__(self, images: ImageSet, data: DataSpec | None = None) -> None:
        self.now = self.exact = Copies(images)
        self._data = data

    @property
    def looked(self) -> bool:
        """Whether near copies were looked for."""
        return self.now.near is not None

    def looking(self, control: RunControl) -> Generator[Event, None, None]:
        """Look for near copies, unless that was done.

        :raises Cancelled: in between; then nobody looked.
        """
        if self.looked:
            return
        from maga_desk.data.near_copies.searching import search

        images, shelf, entry = self.now.images, kept_shelf(), self._entry()
        near = _kept(shelf, entry)
        if near is None:
            near = yield from search(images, control)
            if entry is not None:
                _keep(shelf, entry, near)
        self.now = Copies(images, near)

    def recall(self) -> bool:
        """Take what an earlier search left on the disk; whether near copies are known now.

        For a job: a hash of all pixels says whether they are the same pictures.
        """
        if not self.looked and (near := _kept(kept_shelf(), self._entry())) is not None:
            self.now = Copies(self.now.images, near)
        return self.looked

    def look(self) -> Copies:
        """With near copies; waits for them."""
        for _ in self.looking(RunControl()):
            pass
        return self.now

    def _entry(self) -> KeptName | None:
        from maga_desk.data.near_copies.searching import VERSION

        if self._data is None:
            return None
        images = self.now.images
        text = repr((VERSION, images.fingerprint, images.test_digest, images.held_out_digest))
        owner = owner_of(self._data.path or self._data.source)
        return KeptName(owner, "copies", hashlib.sha256(text.encode()).hexdigest())


def _kept(shelf: DiskShelf, entry: KeptName | None) -> NearCopies | None:
    found = shelf.find(entry) if entry is not None else None
    if found is None or found.array.ndim != 2 or found.array.shape[1] != _COLUMNS:
        return None
    rows = np.array(found.array)[1:]  # the first only says that there is a file, however few were found
    first, second, how = (rows[:, column].astype(np.int64) for column in (0, 1, 3))
    return NearCopies(first, second, rows[:, 2].copy(), how)


def _keep(shelf: DiskShelf, entry: KeptName, near: NearCopies) -> None:
    rows = np.zeros((len(near) + 1, _COLUMNS))
    rows[1:] = np.stack([near.first, near.second, near.percent, near.how], axis=1)
    shelf.keep(entry, [rows])


_COLUMNS = 4


def looking_where_asked(known: CopiesKnown, forget: ForgetSpec, control: RunControl) -> Generator[Event, None, None]:
    """Look for near copies where a request asks for them, as a part of another job.

    :raises Cancelled: in between.
    """
    if asks_for_near(forget):
        yield from known.looking(control)


def look_for_copies(known: CopiesKnown, control: RunControl) -> Generator[Event, None, Copies]:
    """Look for near copies, as a job.

    :raises Cancelled: in between; then nobody looked.
    """
    yield Started("Looking for near copies")
    yield from known.looking(control)
    yield Ended("finished")
    return known.now


def with_names(forget: ForgetSpec, images: ImageSet, root: str | None) -> ForgetSpec:
    """With the names in full of the pictures that were decided over.

    :param root: the picture folder.
    :raises ForgetError: one is no picture, or fits several.
    """
    left = named_decisions(forget.left, images, root, allow_missing=forget.allow_missing)
    return forget.model_copy(update={"left": left})


def left_of(
    known: CopiesKnown, forget: ForgetSpec, found: ForgetSet, decided: Sequence[CopyDecision] = ()
) -> CopiesLeft:
    """What stays in sight of what goes. Near copies count where the request asks, whoever looked for them before: the
    same request says the same.

    :param decided: over copies of what was forgotten before.
    """
    copies = known.look() if asks_for_near(forget) else known.exact
    return copies.left_by(found.indices, (*decided, *forget.left), found.earlier, found.later)


def with_copies(
    found: ForgetSet, known: CopiesKnown, forget: ForgetSpec, decided: Sequence[CopyDecision] = ()
) -> ForgetSet:
    """The forget set with the copies that the request wants forgotten too; those that a person left stay, and so do
    those of pictures that were forgotten before alone.

    :param decided: over copies of what was forgotten before.
    :raises ForgetError: nothing is left to keep.
    """
    near = forget.near_copies == "forget"
    if not (forget.with_twins or near):
        return found
    left, catalogue = left_of(known, forget, found, decided), known.now.images.catalogue()
    found = joined(found, left.positions(near=False), catalogue)
    return joined(found, left.positions(exact=False), catalogue, "that are near copies") if near else found
