"""How a forget set came about, as a spec has it: written from a basket's steps, and replayed from a spec alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.basket import Basket
from maga_desk.domain.catalogue import Catalogue, Indices, masked_by_name
from maga_desk.domain.errors import ForgetError, NamesError, located, name_some
from maga_desk.domain.finding.compared import columns_compared
from maga_desk.domain.lists.found import match_entries
from maga_desk.domain.lists.names import Names
from maga_desk.domain.marking import How, Means, Step, unpacked
from maga_desk.domain.specs.forget import ForgetSpec, ForgetStep

Mask = NDArray[np.bool_]


@dataclass
class HistoryWriter:
    """Writes the steps of baskets down. Each is written once, however often the basket changes after it."""

    _steps: tuple[Step, ...] = ()
    _written: tuple[ForgetStep, ...] = field(default=(), repr=False)

    def written(self, basket: Basket, catalogue: Catalogue) -> tuple[ForgetStep, ...]:
        """All steps that led to a basket, each with exactly the pictures that it was about, as short as can be.

        :param catalogue: always the same one.
        """
        steps = tuple(step for step in basket.history if step.action != "leave")  # the spec has decisions by themselves
        known = _alike(self._steps, steps)
        mask, found = basket.mask, list[ForgetStep]()
        for step in reversed(steps[known:]):
            before = mask ^ unpacked(step.flipped, basket.count)
            found.append(_as_written(step, before, mask, catalogue))
            mask = before
        self._steps, self._written = steps, (*self._written[:known], *reversed(found))
        return self._written


def replay(
    spec: ForgetSpec,
    catalogue: Catalogue,
    *,
    earlier: Indices | None = None,
    names: Names | None = None,
    find: Callable[[str], Indices] | None = None,
) -> Basket:
    """The basket that a spec's history comes to, with a step for each of its steps.

    The spec's words of a step are kept where their figures are what it comes to; otherwise they are made anew.

    :param earlier: ``(m,)`` pictures that were forgotten before; no step is about them.
    :param names: the catalogue's, where they were made before.
    :param find: positions of the pictures that a query finds; needed where a step is one.
    :raises ForgetError: a step names what is not there.
    """
    count, places = len(catalogue.names), {name: place for place, name in enumerate(catalogue.names)}
    names = names or Names(catalogue.names)
    basket, slack = Basket(count), _slack(spec, earlier)
    others = np.ones(count, dtype=bool)
    if earlier is not None:
        others[earlier] = False
    for number, step in enumerate(spec.history, 1):
        with located(f"[[forget.history]], step {number}"):
            given, lost = _named(step, catalogue, places, names, allow_missing=spec.allow_missing)
            if step.query.strip() and find is not None:
                given[find(step.query)] = True
        about = {"invert": others, "clear": basket.mask}.get(step.do, given & others)
        how, positions = _how(step), np.flatnonzero(about)
        not_found = (*step.not_found, *lost) if step.do == "add" else ()
        after = basket.done(step.do, positions, not_found, by=how)
        if how.words and not _is_as_told(step, after.history[-1], slack):
            after = basket.done(step.do, positions, not_found, by=_without_words(how))
        basket = after
    return basket


def as_told(
    spec: ForgetSpec, replayed: Basket, written: Sequence[ForgetStep], earlier: Indices
) -> tuple[tuple[ForgetStep, ...], tuple[str, ...]]:
    """The steps of a replayed history, and a line for each whose figures in the spec were others.

    A run's part of a request keeps the figures of the whole request, which has marked what earlier runs of it have
    forgotten since.

    :param written: the steps as they were replayed.
    """
    slack, steps, said = _slack(spec, earlier), list[ForgetStep](), list[str]()
    for number, (told, made, step) in enumerate(zip(spec.history, replayed.history, written, strict=True), 1):
        fits = _is_as_told(told, made, slack)
        kept = {"changed": told.changed, "marked": told.marked} if fits and _has_figures(told) else {}
        steps.append(step.model_copy(update=kept))
        if not _is_as_told(told, made, len(earlier)):
            said.append(
                f"Step {number} of the history comes to {made.changed:,} changed and {made.marked:,} marked pictures; "
                "the spec tells other figures, which are not used."
            )
    return tuple(steps), tuple(said)


def _slack(spec: ForgetSpec, earlier: Indices | None) -> int:
    """By how many pictures the figures of a history may differ from what it comes to."""
    return len(earlier) if earlier is not None and spec.history and spec.history[-1].by == "part" else 0


def _is_as_told(told: ForgetStep, made: Step, slack: int) -> bool:
    """Whether a step comes to the figures that a spec tells of it, its words included."""
    pairs = [(told.changed, made.changed), (told.marked, made.marked)] if _has_figures(told) else []
    pairs += [(figure, made.marked if is_marked else made.changed) for figure, is_marked in _figures(told.words)]
    return all(abs(one - other) <= slack for one, other in pairs)


def _has_figures(told: ForgetStep) -> bool:
    """Whether a spec tells any; steps written by hand have none."""
    return bool(told.changed or told.marked)


def _figures(words: str) -> list[tuple[int, bool]]:
    """The counts in a step's words, and whether each is of what is marked after it."""
    found = [
        (int(match[2].replace(",", "")), match[1] not in ("Added", "Removed", "Cleared all", "Unmarked all"))
        for match in _COUNTED.finditer(words)
    ]
    return [*found, *((int(match[1].replace(",", "")), False) for match in _NO_LONGER.finditer(words))]


def _without_words(how: How) -> How:
    """To be told anew; of what is not kept by what exactly it was asked for, as pictures."""
    if how.means == "spec":
        return replace(how, text=how.text or "the spec", words="")
    plain = how.text or how.means in ("hand", "shown", "part")
    return replace(how, words="", nouns=None if plain else ("picture", "pictures"))


_COUNTED = re.compile(r"^(Added|Removed|Kept only|Cleared all|Unmarked all|Inverted the marks:) (\d[\d,]*)\b")
_NO_LONGER = re.compile(r"; (\d[\d,]*) no longer marked$")


def copies_step(names: tuple[str, ...], what: str, marked: int) -> ForgetStep:
    """The step by which copies of what is marked are taken in.

    :param what: what they are, of several.
    :param marked: how many pictures are marked after it.
    """
    count = len(names)
    words = f"Added 1 picture {_OF_ONE.get(what, what)}" if count == 1 else f"Added {count:,} pictures {what}"
    asked = "what was marked"
    return ForgetStep(do="add", by="copies", asked=asked, words=words, changed=count, marked=marked, pictures=names)


_OF_ONE = {"that are near copies": "that is a near copy"}


def check_agreement(named: Mask, replayed: Mask, earlier: Indices) -> None:
    """Whether a history comes to the pictures that stand beside it.

    :param earlier: ``(m,)`` pictures that were forgotten before; they count on neither side.
    :raises ForgetError: it does not.
    """
    counts = np.ones(len(named), dtype=bool)
    counts[earlier] = False
    only_named, only_replayed = int((named & ~replayed & counts).sum()), int((replayed & ~named & counts).sum())
    if not only_named and not only_replayed:
        return
    parts = [f"{only_named:,} are named and not in its history"] if only_named else []
    parts += [f"{only_replayed:,} are in its history and not named"] if only_replayed else []
    differ = only_named + only_replayed
    raise ForgetError(
        f"what [forget] names and its history differ by {differ:,} {'picture' if differ == 1 else 'pictures'}: "
        + ", ".join(parts),
        todo="remove what is named to take the history, or [[forget.history]] to take what is named",
    )


def discreetly(step: ForgetStep) -> str:
    """A step in words for those who must not learn who asked: without the names of pictures and lists, and of a query
    only which columns of the set it compared.
    """
    if step.do == "clear":
        return f"Unmarked all {_pictures(step.changed)}"
    if step.do == "invert":
        return f"Inverted the marks: {_pictures(step.marked)} marked"
    what = _DISCREET[step.by].format(text=_columns(step.columns) if step.by == "query" else "")
    lost = f"; {len(step.not_found):,} not found" if step.not_found else ""
    if step.do == "keep":
        return f"Kept only {_pictures(step.marked)} {what}; {step.changed:,} no longer marked"
    of = f", of {step.wanted:,} names" if step.wanted else ""
    return f"{'Added' if step.do == 'add' else 'Removed'} {_pictures(step.changed)} {what}{of}{lost}"


def _columns(names: tuple[str, ...]) -> str:
    """`` on class and subject``; nothing where it is not known which."""
    return f" on {name_some(names, 12)}" if names else ""


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"


_DISCREET: Mapping[Means, str] = {
    "hand": "chosen by hand",
    "query": "found by a query{text}",
    "list": "by a list",
    "class": "of a class",
    "kind": "of a sub-class",
    "like": "by their likeness to others",
    "copies": "as copies of what was marked",
    "map": "chosen on the map",
    "shown": "that were shown",
    "share": "drawn at random",
    "spec": "that the spec names",
    "part": "of this run's part of the request",
}


def _alike(one: Sequence[Step], other: Sequence[Step]) -> int:
    """How many steps two histories have in common from their beginnings."""
    count = min(len(one), len(other))
    return next((place for place in range(count) if one[place] is not other[place]), count)


def _as_written(step: Step, before: Mask, after: Mask, catalogue: Catalogue) -> ForgetStep:
    """What may be named beside the pictures that changed without changing the outcome is used to name whole classes:
    those that were marked before an addition, or were not before a removal.
    """
    flipped = before ^ after
    core, may = {
        "add": (flipped, after),
        "remove": (flipped, ~after),
        "keep": (after, ~flipped),
    }.get(step.action, (np.zeros_like(after), after))
    classes = _whole(core, may, catalogue.labels, len(catalogue.class_names))
    rest = core & ~np.isin(catalogue.labels, classes)
    kinds = _whole(rest, may, catalogue.kinds, len(catalogue.kind_names))
    rest &= ~np.isin(catalogue.kinds, kinds)
    return ForgetStep(
        do=step.action,
        by=step.by.means,
        asked=step.by.text,
        columns=columns_compared(step.by.text, catalogue.columns) if step.by.means == "query" else (),
        words=step.sentence(),
        wanted=step.by.wanted,
        changed=step.changed,
        marked=step.marked,
        classes=tuple(catalogue.class_names[label] for label in classes.tolist()),
        kinds=tuple(catalogue.kind_names[kind] for kind in kinds.tolist()),
        pictures=tuple(catalogue.names[place] for place in np.flatnonzero(rest).tolist()),
        not_found=step.not_found,
    )


def _whole(core: Mask, may: Mask, labels: Indices, count: int) -> Indices:
    """Labels of which some pictures must be named, and all may be."""
    some = np.bincount(labels[core], minlength=count) > 0
    return np.flatnonzero(some & (np.bincount(labels[~may], minlength=count) == 0))


def _named(
    step: ForgetStep, catalogue: Catalogue, places: dict[str, int], names: Names, *, allow_missing: bool
) -> tuple[Mask, tuple[str, ...]]:
    """``(N,) bool``: what a step names, and the names that are no pictures.

    :raises ForgetError: there is no such class or kind, or a name is no picture and that is not allowed.
    """
    mask = np.zeros(len(catalogue.names), dtype=bool)
    if step.classes:
        mask |= masked_by_name(step.classes, catalogue.labels, catalogue.class_names, "class")
    if step.kinds:
        mask |= masked_by_name(step.kinds, catalogue.kinds, catalogue.kind_names, "kind")
    known = [places[name] for name in step.pictures if name in places]
    mask[known] = True
    if len(known) == len(step.pictures):
        return mask, ()
    found = match_entries([name for name in step.pictures if name not in places], names)
    if found.not_found and not allow_missing:
        raise NamesError(found.faults(), names=found.not_found, todo="--allow-missing goes on without them")
    mask[found.indices] = True
    return mask, found.not_found


def _how(step: ForgetStep) -> How:
    """By what a step's pictures were asked for, as far as it says so."""
    if step.words or step.by != "spec":
        return How(step.by, step.asked, step.wanted, words=step.words)
    if step.query.strip():
        return How("query", step.query.strip())
    if step.classes and not step.kinds and not step.pictures:
        return How("class", name_some(step.classes, 3))
    if step.kinds and not step.classes and not step.pictures:
        return How("kind", name_some(step.kinds, 3))
    return How("spec", "the spec")
