"""The bodies of the libraries' nets: which names and shapes belong to which architectures.

There are well over a thousand nets; to build each, for a checkpoint that does not say its own, would take minutes. So
digests of their bodies are kept beside the program (``resources/architectures.json``), made by
``python -m tests.models.families.write_index``. What the index says is never believed: the net is built and compared,
tensor by tensor. A library of another version than the index was made with is therefore safe, but its new nets are
found by their names alone.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from maga_desk.domain.paths import resources_dir
from maga_desk.models.families.family import Shapes
from maga_desk.models.families.variants import Ends, body_digest, within

FILE = "architectures.json"


@dataclass(frozen=True)
class Index:
    """The digests.

    :param parts: stems and heads, each pair once.
    :param bodies: digest -> architectures, with their families' prefixes, likeliest first.
    :param orders: likewise by the shapes alone, in their order.
    """

    parts: Sequence[Ends]
    bodies: Mapping[str, Sequence[str]]
    orders: Mapping[str, Sequence[str]]

    def find(self, shapes: Shapes, *, headless: bool = False) -> Iterator[str]:
        """The architectures whose body these tensors have, each once.

        :param headless: the tensors are a body alone.
        """
        names = set(shapes)
        found: dict[str, None] = {}
        for parts in self.parts:
            if parts.stem and f"{parts.stem}.weight" not in names:
                continue
            if headless != any(within(name, parts.head) for name in names):
                found.update(dict.fromkeys(self.bodies.get(body_digest(shapes, parts), ())))
        yield from found


@functools.cache
def index() -> Index:
    """The index that comes with the program."""
    raw = json.loads((resources_dir() / FILE).read_text(encoding="utf-8"))
    return Index([Ends(stem, head) for stem, head in raw["parts"]], raw["bodies"], raw["orders"])
