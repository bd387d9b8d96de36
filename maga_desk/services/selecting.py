"""What a spec's ``[forget]`` comes to: counts, names and positions, before anything is run."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np

from maga_desk.domain.basket_facts import basket_facts
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Ended, Event, Started
from maga_desk.domain.forget import ForgetSet, describe, parts_of
from maga_desk.domain.lists.found import Result
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.basket import entangled_with, losses_of
from maga_desk.services.copies import left_of
from maga_desk.services.finding.facts import asks_model, facts_of
from maga_desk.services.forgotten import forgotten_before
from maga_desk.services.lists import hashes_for
from maga_desk.services.reading import listing_pictures
from maga_desk.services.workspace import checkpoint_path, named_only, opening, reading_model

_TOLD = ("do", "by", "words", "changed", "marked")  # of a step
_NONE = np.zeros(0, dtype=np.int64)


def selection_of(spec: RunSpec, control: RunControl, *, facts: bool = False) -> Generator[Event, None, None]:
    """Resolve a forget set. Pictures are decoded, and the model asked, only where the spec asks for what they tell.

    ``Ended.summary`` has ``pictures, marked, share, task, requests, classes, kinds, earlier, not_found, notes``, the
    steps of a ``history``, which was replayed and comes to the same, and ``names`` and ``positions`` of the marked
    training pictures, in order. Of what was not found, ``missing`` are entries that no picture is called by,
    ``ambiguous`` those that fit several, with these; ``repeated`` are pictures that a list has more than once, and
    ``titles`` is what was taken for the title over a list without being known as one.

    ``facts`` are those of :class:`~maga_desk.domain.basket_facts.BasketFacts`, ``told`` the same in words.

    :param facts: open the model for all that is said of the request.
    :raises UserError: the model, the pictures or the request cannot be used.
    :raises Cancelled: in between.
    """
    yield Started("Finding pictures")
    found = yield from _listed(spec, control)
    if found is not None and not facts:
        images, forget = found
        parts = _parts(spec, images, forget)
        told = basket_facts(images, forget, spec.intent, parts, group=spec.forget.group, shown=0)
    else:
        workspace = yield from opening(spec, control)
        images, forget = workspace.images, workspace.forget_set(spec)
        answers = losses_of(workspace)
        entangled = (yield from _part(entangled_with(workspace, forget, control))) if facts else ()
        group, parts = spec.forget.group, _parts(spec, images, forget)
        told = basket_facts(
            images, forget, spec.intent, parts, group=group, answers=answers, entangled=entangled,
            left=left_of(workspace.copies, workspace.named(spec).forget, forget, workspace.decided), shown=0,
        )  # fmt: skip
    yield Ended("finished", {**_summary(images, forget), "facts": told.as_dict(), "told": told.rows()})


def _parts(spec: RunSpec, images: ImageSet, forget: ForgetSet) -> Sequence[ForgetSet]:
    """What is answered one after the other."""
    return (forget,) if spec.forget.together else parts_of(forget, images.catalogue())


def _listed(spec: RunSpec, control: RunControl) -> Generator[Event, None, tuple[ImageSet, ForgetSet] | None]:
    """By names, classes and tables alone; ``None`` where that does not tell."""
    try:
        checkpoint_path(spec)
    except CheckpointError:
        listed = yield from listing_pictures(spec.data, None, control)
        for query in filter(asks_model, spec.forget.queries):  # says which column it takes a model for
            facts_of(listed.images, pixels=False).find(query)
        images, earlier = listed.images, _NONE
    else:
        read = yield from reading_model(spec, control)
        images, net = read.images, read.found
        earlier = forgotten_before(spec, net.contents.path, images, net.info, pixels=False).indices
    if spec.forget.with_twins or spec.forget.near_copies == "forget":  # told by pixels
        return None
    yield from hashes_for(spec.forget, images, spec.data, control)
    forget = named_only(spec, images, earlier)
    return None if forget is None else (images, forget)


def _part(steps: Generator[Event, None, Result]) -> Generator[Event, None, Result]:
    """A job as a part of another: it neither begins nor ends."""
    while True:
        try:
            event = next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        if not isinstance(event, Started | Ended):
            yield event


def _summary(images: ImageSet, forget: ForgetSet) -> dict[str, Any]:
    catalogue, total = images.catalogue(), len(images.train)
    by_class = np.bincount(images.train.labels[forget.indices], minlength=len(images.classes))
    whole = np.bincount(images.train.labels, minlength=len(images.classes))
    kinds = np.bincount(images.train.kinds[forget.indices], minlength=len(images.kinds))
    return {
        "pictures": total,
        "marked": len(forget),
        "share": round(100 * len(forget) / total, 3),
        "task": forget.task,
        "requests": [describe(part, catalogue) for part in parts_of(forget, catalogue)],
        "classes": {
            name: {"marked": int(marked), "pictures": int(of)}
            for name, marked, of in zip(images.classes, by_class, whole, strict=True)
            if marked
        },
        "kinds": {name: int(count) for name, count in zip(images.kinds, kinds, strict=True) if count}
        if images.families is not None
        else {},
        "earlier": len(forget.earlier),
        "not_found": list(forget.not_found),
        "history": [{key: getattr(step, key) for key in _TOLD} for step in forget.history],
        "missing": [name for found in forget.lists for name in found.missing],
        "ambiguous": {name: list(fits) for found in forget.lists for name, fits in found.ambiguous.items()},
        "titles": [found.head for found in forget.lists if found.head],
        "repeated": [name for found in forget.lists for name in found.repeated],
        "notes": list(forget.notes),
        "names": [images.train.names[i] for i in forget.indices],
        "positions": forget.indices.tolist(),
    }
