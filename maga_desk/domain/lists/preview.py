"""What a list would do, before it counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.class_counts import ClassCount, class_counts
from maga_desk.domain.lists.reading import ListReading
from maga_desk.domain.pictures import ImageSet


@dataclass(frozen=True)
class ListPreview:
    """A list that was read, beside what is marked.

    :param already: how many of the found pictures are marked already.
    :param earlier: how many of them were forgotten by an earlier request.
    :param classes: the found pictures by class.
    """

    reading: ListReading
    already: int = 0
    earlier: int = 0
    classes: tuple[ClassCount, ...] = ()

    @property
    def count(self) -> int:
        """How many pictures were found."""
        return len(self.reading.found.indices) if self.reading.found is not None else 0


def previewed(
    reading: ListReading, images: ImageSet, mask: NDArray[np.bool_], earlier: NDArray[np.int64]
) -> ListPreview:
    """A list beside the marks, ``(N,) bool``, and what was forgotten before, ``(m,)``."""
    if reading.found is None:
        return ListPreview(reading)
    places = reading.found.indices
    before = np.intersect1d(places, earlier)
    counts = class_counts(images.train.labels, places, images.classes)
    return ListPreview(reading, int(mask[places].sum()), len(before), counts)
