"""A split where there is none: which side a picture is on follows from its own name alone.

So the others stay where they are when pictures are added or deleted, as they are after a request to forget.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping


def set_apart(classes: Mapping[str, str], groups: Mapping[str, str], share: float, seed: int) -> set[str]:
    """The pictures that are set apart for testing.

    :param classes: class by picture.
    :param groups: by picture; what is in one group stays on one side. A picture without one is its own.
    :param share: about this much of each class; a class with two pictures or more has one on each side where groups
        allow it.
    """
    taken = {name for name in classes if _draw(groups.get(name, name), seed) < share}
    if groups:
        return taken
    members = defaultdict[str, list[str]](list)
    for name, kind in classes.items():
        members[kind].append(name)
    for names in members.values():
        names.sort(key=lambda name: _draw(name, seed))
        apart = sum(name in taken for name in names)
        if len(names) > 1 and apart == 0:
            taken.add(names[0])
        elif apart == len(names):
            taken.discard(names[-1])
    return taken


def _draw(text: str, seed: int) -> float:
    digest = hashlib.sha256(f"{seed}\0{text}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8]) / 2**64
