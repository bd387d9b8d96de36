"""Whether a net's outputs answer to the classes in the order that is assumed, by what it answers to the pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.class_order import ClassOrder, MovedClass, OrderError
from maga_desk.domain.errors import name_some
from maga_desk.domain.pixels import Bytes

if TYPE_CHECKING:
    from maga_desk.models.trying import Reading

Example = Callable[[int], Bytes | None]
"""One of a class's pictures, ``(3, H, W) uint8`` RGB."""

_EXAMPLES = 24  # classes of which a picture is shown
_LOST, _READ = 5.0, 60.0  # percent: a class that is not read, while the others are


def other_order(names: Sequence[str], outputs: int, reading: Reading, example: Example) -> ClassOrder | None:
    """The order in which the outputs answer to the classes; ``None`` where it is the assumed one, or no clear one.

    :param names: of the pictures' classes, in the assumed order of the outputs.
    :param outputs: K of the net.
    """
    from maga_desk.models.trying import mixed_up

    if not mixed_up(reading):
        return None
    by_output = {int(output): name for name, output in zip(names, reading.order, strict=True)}
    moved: list[MovedClass] = []
    for place, output in enumerate(reading.order.tolist()):
        count = int(reading.counts[place].sum())
        if output == place or not count:
            continue
        right, answered = (100 * int(reading.counts[place, at]) / count for at in (place, output))
        picture = example(place) if len(moved) < _EXAMPLES else None
        taken_for = names[output] if output < len(names) else ""
        moved.append(MovedClass(names[place], output, taken_for, right, answered, picture))
    classes = tuple(by_output.get(output, f"output {output}") for output in range(max(outputs, len(names))))
    return ClassOrder(classes, reading.accuracy, reading.matched, tuple(moved), tuple(reading.order.tolist()))


def check_order(names: Sequence[str], outputs: int, reading: Reading, example: Example, where: str) -> None:
    """:raises OrderError: the outputs answer to the classes in another order."""
    order = other_order(names, outputs, reading, example)
    if order is not None:
        raise OrderError(order, where=where)


def lost_classes(names: Sequence[str], reading: Reading) -> str:
    """That some classes are not read at all while the others are; empty where that is not so."""
    if not reading.counts.size:  # of very many classes they are not counted one by one
        return ""
    counts = reading.counts.sum(axis=1)
    right = 100 * np.diagonal(reading.counts) / np.maximum(counts, 1)
    lost: NDArray[np.int64] = np.flatnonzero((counts > 0) & (right <= _LOST))
    rest = np.flatnonzero((counts > 0) & (right > _LOST))
    if not len(lost) or len(lost) > len(rest) or right[rest].mean() < _READ:
        return ""
    told = []
    for place in lost.tolist():
        answer = int(reading.counts[place].argmax())
        named = names[answer] if answer < len(names) else f"output {answer}"
        told.append(f"{names[place]}, {right[place]:.0f} % right, mostly taken for {named}")
    return (
        f"Not read, while the other classes are at {right[rest].mean():.0f} %: {name_some(told, 3)}. Do these folders "
        "hold what the model means by these names?"
    )
