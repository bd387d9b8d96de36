"""What opening keeps, within the limit that a person set."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from maga_desk.data.keeping import GIGABYTE, DiskShelf, KeptName, owner_of
from maga_desk.data.thumbnails import ThumbnailFile
from maga_desk.domain import paths
from maga_desk.domain.pixels import Mapped
from maga_desk.domain.settings import SettingsFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from maga_desk.auditing.outputs import Outputs
    from maga_desk.domain.pictures import ImageSet
    from maga_desk.domain.specs.run import DataSpec

PIXELS_VERSION = 1
"""Raised whenever the same pixels, labels and classes give another fingerprint or other samples."""

OUTPUTS_VERSION = 2
"""Raised whenever the same net, pictures and runtime give other logits."""


def kept_shelf() -> DiskShelf:
    """The shelf of this user, with the limit in force now. Work makes it before it reads what it will keep."""
    return DiskShelf(paths.kept_dir(), round(SettingsFile().values.storage.decoded_gb * GIGABYTE))


def kept_thumbnails(data: DataSpec) -> ThumbnailFile:
    """The file of thumbnails of a spec's pictures. Nothing is opened or made before it is used."""
    return ThumbnailFile(kept_shelf(), owner_of(data.path or data.source))


def know_pixels(shelf: DiskShelf, data: DataSpec, images: ImageSet) -> None:
    """Take what an earlier opening computed from all training pixels, else compute it now and keep it.

    Only where the pixels are kept themselves: they were compared with their hash as they were taken from the disk.
    """
    import numpy as np

    pixels, train = images.train.backing, images.train
    if not isinstance(pixels, Mapped):
        return
    labels = hashlib.sha256(np.ascontiguousarray(train.labels, dtype="<i8").data).hexdigest()
    text = repr((PIXELS_VERSION, pixels.sha256, len(train), train.size, labels, images.classes))
    entry = KeptName(owner_of(data.path or data.source), "samples", hashlib.sha256(text.encode()).hexdigest())
    kept = shelf.find(entry)
    if kept is not None and kept.array.shape == (len(train),) and "fingerprint" in kept.facts:
        images.recall(str(kept.facts["fingerprint"]), np.array(kept.array))
        return
    fingerprint = images.fingerprint
    if not shelf.takes(train.samples.nbytes):
        return
    with suppress(OSError):  # a full disk only costs the keeping
        draft = shelf.begin(entry, (), "<u8", len(train))
        try:
            draft.add(train.samples)
            draft.seal({"fingerprint": fingerprint})
        finally:
            draft.drop()


def kept_outputs(
    shelf: DiskShelf,
    data: DataSpec,
    depends_on: tuple[object, ...],
    sizes: tuple[int, int],
    compute: Callable[[], Outputs],
) -> Outputs:
    """A net's logits as they were computed before, else computed now and kept.

    :param depends_on: all that they depend on: weights, pictures, normalisation, number format, device.
    :param sizes: how many training and test pictures there are.
    """
    import numpy as np
    import torch

    from maga_desk.auditing.outputs import Outputs

    text = repr((OUTPUTS_VERSION, torch.__version__, *depends_on))
    entry = KeptName(owner_of(data.path or data.source), "outputs", hashlib.sha256(text.encode()).hexdigest())
    kept = shelf.find(entry)
    if kept is not None and kept.array.shape[0] == sum(sizes):
        train, test = torch.from_numpy(np.array(kept.array)).split(list(sizes))
        return Outputs(train.clone(), test.clone())
    outputs = compute()
    rows = torch.cat([outputs.train, outputs.test]).numpy()
    shelf.keep(entry, [rows])
    return outputs
