"""Nets whose layers have other names than in the libraries, in the same order: ``_conv_stem`` for ``conv_stem``.

A state dict keeps the order in which a net's layers were made, and a copy of a net under other names has its shapes in
the same order. That is little evidence for small nets and much for the large ones that are in the index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from maga_desk.models.families.family import Fit, Shapes
from maga_desk.models.families.index import index
from maga_desk.models.families.variants import COUNTER

LEAST = 20
"""Tensors that a net must have to be told by their order."""
DOUBT = 1.0


def order_digest(shapes: Iterable[tuple[int, ...]]) -> str:
    """A digest of shapes in their order, without those of the last layer: 16 hexadecimal digits."""
    return hashlib.blake2b("\n".join(str(list(each)) for each in shapes).encode(), digest_size=8).hexdigest()


def in_order(shapes: Shapes) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes but those of batch normalisation's counters, which some files lack."""
    return [(name, shape) for name, shape in shapes.items() if not name.endswith(COUNTER)]


def body_and_head(shapes: Shapes) -> tuple[list[tuple[int, ...]], int] | None:
    """The shapes without those of a last layer, and that layer's rows; ``None`` where a net does not end with one."""
    found = [shape for _, shape in in_order(shapes)]
    if len(found) < LEAST:
        return None
    tail = 2 if len(found[-1]) == 1 and len(found[-2]) > 1 and found[-2][0] == found[-1][0] else 1
    head = found[-tail]
    return (found[:-tail], head[0]) if len(head) > 1 else None


def by_order(shapes: Shapes) -> Iterator[tuple[str, Fit]]:
    """The libraries' nets that have these shapes in this order, under other names; each with its full name."""
    parts = body_and_head(shapes)
    if parts is None:
        return
    body, classes = parts
    for doubt, arch in enumerate(index().orders.get(order_digest(body), ())):
        why = f"the shapes of {arch} in the same order, under other names"
        yield arch, Fit(arch.partition("/")[2], {}, classes, why, DOUBT + doubt / 10)


def names_by_order(own: Shapes, given: Shapes) -> dict[str, str] | None:
    """From a net's names to a file's, by their places; ``None`` where shapes differ, or a name is in both, in other
    places.

    :param own: of the net.
    :param given: of the file.
    """
    ours, theirs = in_order(own), in_order(given)
    if not is_renamed(own, given) or [shape for _, shape in ours] != [shape for _, shape in theirs]:
        return None
    names = dict(zip((name for name, _ in ours), (name for name, _ in theirs), strict=True))
    for name, other in list(names.items()):  # counters stand beside the statistics
        beside, there = (f"{each.rpartition('.')[0]}.{COUNTER}" for each in (name, other))
        if beside in own and there in given:
            names[beside] = there
    return names


def is_renamed(own: Shapes, given: Shapes) -> bool:
    """Whether a file may hold a net under other names: as many tensors, and the names that are in both, such as that of
    the head, in the same places.
    """
    ours, theirs = ([name for name, _ in in_order(each)] for each in (own, given))
    known = set(ours) & set(theirs)
    return len(ours) == len(theirs) >= LEAST and all(
        one == other for one, other in zip(ours, theirs, strict=True) if one in known or other in known
    )


def first_difference(own: Shapes, given: Shapes) -> str:
    """Where a renamed net is another than the file's: ``head.weight is (10, 288), expected (10, 1024)``; else empty."""
    if is_renamed(own, given):
        for (_, shape), (name, found) in zip(in_order(own), in_order(given), strict=True):
            if shape != found:
                return f"{name} is {found}, expected {shape}"
    return ""
