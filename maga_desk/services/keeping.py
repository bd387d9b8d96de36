"""What opening keeps, within the limit that a person set."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from maga_desk.data.keeping import GIGABYTE, DiskShelf, KeptName, owner_of
from maga_desk.data.thumbnails import ThumbnailFile
from maga_desk.domain import paths
from maga_desk.domain.settings import SettingsFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from maga_desk.auditing.outputs import Outputs
    from maga_desk.domain.specs.run import DataSpec

OUTPUTS_VERSION = 2
"""Raised whenever the same net, pictures and runtime give other logits."""


def kept_shelf() -> DiskShelf:
    """The shelf of this user, with the limit in force now. Work makes it before it reads what it will keep."""
    return DiskShelf(paths.kept_dir(), round(SettingsFile().values.storage.decoded_gb * GIGABYTE))


def kept_thumbnails(data: DataSpec) -> ThumbnailFile:
    """The file of thumbnails of a spec's pictures. Nothing is opened or made before it is used."""
    return ThumbnailFile(kept_shelf(), owner_of(data.path or data.source))


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
