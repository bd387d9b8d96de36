"""A picture as its file has it, for those who look closer than the classifier does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from maga_desk.data.sources.decode import decode_rgb
from maga_desk.domain.errors import DataError
from maga_desk.domain.pictures import ImageSet


def original(images: ImageSet, position: int, *, folder: Path | None, largest: int = 1024) -> Image.Image:
    """A training picture in RGB: the file below ``folder``, at most ``largest`` pixels a side.

    Without a folder, or when the file has gone, the pixels that the classifier sees.
    """
    if folder is not None:
        try:
            picture = decode_rgb(folder / images.train.names[position])
        except DataError:
            pass
        else:
            return ImageOps.contain(picture, (largest, largest)) if max(picture.size) > largest else picture
    return Image.fromarray(np.ascontiguousarray(images.train.images[position].transpose(1, 2, 0)))
