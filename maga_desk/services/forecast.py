"""What opening takes of this machine's memory, told and weighed before anything is decoded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from maga_desk.domain.errors import ResourceError
from maga_desk.domain.events import Event, Forecast
from maga_desk.services.keeping import kept_shelf

if TYPE_CHECKING:
    import torch
    from torch import nn

    from maga_desk.data.sources.reading import ListedPictures
    from maga_desk.domain.preprocessing import Order, Size

_PER_OUTPUT = 26
"""Bytes of memory for each output of each picture at most: 8 are kept, before and after; distances and attacks take the
rest in passing, in 64 bits. 25.4 were measured with 50,000 pictures and 10,000 classes.
"""
_BESIDE = 256 * 2**20  # bytes that are left to everything else
_CHANNELS: dict[Order, int] = {"RGB": 3, "BGR": 3, "L": 1, "RGBA": 4}


def forecasting(
    listed: ListedPictures, size: Size, order: Order, model: nn.Module, device: torch.device
) -> Iterator[Event]:
    """Say what the pictures and a pass of the net will take, and what is free.

    Pictures that are kept on the disk are mapped: they need no memory of their own, but all is quicker with it.

    :param size: height and width of the pictures as the net reads them; ``order``: in which channels.
    :raises ResourceError: it cannot fit.
    """
    from maga_desk.domain.memory import free_memory
    from maga_desk.models.footprint import at_once, footprint
    from maga_desk.models.heads import count_classes
    from maga_desk.models.inference import most_at_once

    contents, shape = listed.contents, (_CHANNELS[order], *size)
    train, test = len(contents.train.names), len(contents.test.names)
    each = 3 * math.prod(size)
    found = footprint(model, shape) if device.type == "cpu" else None
    together = min(train + test, at_once(model, shape, device, most_at_once(device))) if found else 0
    passing = found.of(together) if found else 0
    outputs = _PER_OUTPUT * (train + test) * count_classes(model)
    said = Forecast(train + test, size, (train + test) * each, together, passing, free_memory(), outputs)
    shelf = kept_shelf()
    resident = 0
    if contents.train.pixels is None:
        resident = sum(count * each for count in (train, test) if not shelf.takes(count * each))
    if order != "RGB":
        resident += (train + test) * math.prod(shape)  # once more, in the net's own channels
    if resident + outputs + passing + _BESIDE > said.free:
        raise ResourceError(
            f"not enough memory: {said.text()}",
            where="[data]",
            todo="set a smaller size, a subset (train_limit), or let more decoded pictures be kept on the disk",
        )
    yield said


def forecasting_for(listed: ListedPictures, arch: str, device: torch.device) -> Iterator[Event]:
    """Likewise for a net that is yet to be made.

    :raises CheckpointError: no architecture is called so.
    :raises DataError: no size is given, and none of the first pictures can be read.
    :raises ResourceError: it cannot fit.
    """
    import torch

    from maga_desk.data.sources.decoding import default_size
    from maga_desk.models.families.registry import build

    train = listed.contents.train
    size = train.pixels.size if train.pixels is not None else listed.size or default_size(train, listed.spec)
    with torch.random.fork_rng(devices=[]):
        model = build(arch, len(listed.images.classes))
    yield from forecasting(listed, size, "RGB", model, device)
