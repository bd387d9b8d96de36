"""Opens a picture as its source has it, for a person to look at."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import DataError
from maga_desk.domain.events import Ended, Event, Started
from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.pixels import Bytes
from maga_desk.domain.room import PICTURES


@dataclass(frozen=True, eq=False)
class OpenedPicture:
    """A picture in RGB.

    :param pixels: ``(3, H, W) uint8``, not larger than was asked for; what the model sees where there is no original.
    :param size: height and width of the original, or of what the model sees.
    :param lost: why the original cannot be read; empty where it can, or where there is none.
    """

    pixels: Bytes
    size: tuple[int, int]
    lost: str = ""


def opened_picture(index: PictureIndex, position: int, largest: int) -> OpenedPicture:
    """:param largest: pixels a side."""
    seen, lost = index.picture(position), ""
    if index.opener is not None:
        try:
            with PICTURES.turn(largest):
                original = index.opener(index.names[position])
        except DataError as error:
            lost = str(error)
        else:
            return OpenedPicture(_pixels(original, largest), (original.height, original.width))
    return OpenedPicture(seen, (seen.shape[1], seen.shape[2]), lost)


def opening_picture(
    index: PictureIndex, position: int, largest: int, control: RunControl
) -> Generator[Event, None, OpenedPicture]:
    """The same as a job.

    :raises Cancelled: before it begins.
    """
    yield Started("Reading the picture")
    control.checkpoint()
    found = opened_picture(index, position, largest)
    yield Ended("finished")
    return found


def _pixels(picture: Image.Image, largest: int) -> Bytes:
    if max(picture.size) > largest:
        picture = ImageOps.contain(picture, (largest, largest))
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"), dtype=np.uint8).transpose(2, 0, 1))
