"""Some pictures of a run's own data, as its net reads them: what an exported file is shown beside the net itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import UserError
from maga_desk.domain.evenly import evenly_placed
from maga_desk.domain.run_folder import SPEC
from maga_desk.domain.specs.run import read_spec

if TYPE_CHECKING:
    from torch import Tensor

    from maga_desk.data.sources.source import Listing
    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.domain.preprocessing import Framing


def shown_pictures(checkpoint: Path, info: CheckpointInfo, count: int, control: RunControl) -> Tensor | None:
    """Test pictures of the run that lies around a checkpoint, evenly spread.

    :returns: ``(n, C, H, W) float32``, normalised, ``2 <= n <= count``; ``None`` where there is no run, its pictures
        are not where they were, or the checkpoint does not say how they are read.
    :raises Cancelled: in between.
    """
    from maga_desk.data.sources.reading import list_pictures

    spec_file = checkpoint.parent / SPEC
    if info.shape is None or info.mean is None or info.std is None or not spec_file.is_file():
        return None
    try:
        spec = read_spec(spec_file)
        listed = list_pictures(spec.data, size=info.shape, framing=info.framing, control=control)
        return _normalised(listed.contents.test, info, listed.framing, count, control)
    except (UserError, OSError):  # pictures that moved cost the comparison its pictures, not the export
        return None


def _normalised(
    listing: Listing, info: CheckpointInfo, framing: Framing, count: int, control: RunControl
) -> Tensor | None:
    import torch

    from maga_desk.data.batches import ordered
    from maga_desk.data.sources.sampling import Frame, sampled

    assert info.shape is not None and info.mean is not None and info.std is not None
    if len(listing.names) < 2:
        return None
    positions = evenly_placed(len(listing.names), count)
    found = next(iter(sampled(listing, positions, [Frame(framing, info.shape)], control.checkpoint).frames.values()))
    pixels = torch.from_numpy(ordered(found, info.order or "RGB")).float()
    if len(pixels) < 2 or tuple(pixels.shape[2:]) != info.shape:
        return None
    mean, std = (torch.tensor(each).view(1, -1, 1, 1) * 255 for each in (info.mean, info.std))
    return (pixels - mean) / std
