"""Forget-set algebra: from what a person asks to exact picture positions, and what kind of task that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.catalogue import Catalogue, Indices, masked_by_name
from maga_desk.domain.copies import asks_for_near
from maga_desk.domain.errors import ForgetError, NamesError, name_some
from maga_desk.domain.history import HistoryWriter, as_told, check_agreement, copies_step, replay
from maga_desk.domain.lists.among import LookedUp
from maga_desk.domain.lists.found import Found, match_entries
from maga_desk.domain.lists.names import Names
from maga_desk.domain.lists.numbers import Content, read_content
from maga_desk.domain.lists.reading import ListChoice, listed
from maga_desk.domain.methods import Situation, Task
from maga_desk.domain.positions import labelled, mask_of, positions_of, united
from maga_desk.domain.specs.forget import COPY_KEYS, ForgetSpec, ForgetStep
from maga_desk.domain.specs.run import Intent

Hashes = Callable[[str], Sequence[int]]
"""Gives the positions of pictures by the SHA-256 of their files, in small letters."""


@dataclass(frozen=True)
class ForgetSet:
    """Training pictures to forget, by position.

    :param indices: ``(n,) int64``, sorted, without repeats.
    :param whole_classes: classes that go wholly (the set B).
    :param whole_kinds: kinds that go wholly although their class stays.
    :param earlier: ``(m,) int64`` pictures that earlier requests had removed from the model; they are neither forgotten
        again nor retained.
    :param later: ``(k,) int64`` pictures that later parts of the same request remove: they are not retained either.
    :param not_found: names that were asked for and are no pictures; they stay in the record.
    :param notes: what a person should know of how the lists were read.
    :param lists: what each of them was found to stand for.
    :param gone: classes of which nothing stays, earlier requests included; never offered as perturbing labels.
    :param gone_kinds: likewise kinds whose class stays.
    :param history: how it came about, where that is known: every step has its words and counts, and none is a query
        that is still to be answered.
    """

    indices: Indices
    whole_classes: tuple[int, ...]
    whole_kinds: tuple[int, ...]
    task: Task
    earlier: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    later: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64), kw_only=True)
    gone: tuple[int, ...] = ()
    gone_kinds: tuple[int, ...] = ()
    not_found: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    history: tuple[ForgetStep, ...] = field(default=(), repr=False)
    lists: tuple[Found, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gone", tuple(sorted({*self.gone, *self.whole_classes})))
        object.__setattr__(self, "gone_kinds", tuple(sorted({*self.gone_kinds, *self.whole_kinds})))

    def __len__(self) -> int:
        return len(self.indices)

    def mask(self, count: int) -> NDArray[np.bool_]:
        """``(count,) bool``: true where the picture must be forgotten."""
        return mask_of(count, self.indices)

    def retained(self, count: int) -> Indices:
        """``(k,) int64``: positions among ``count`` training pictures of what stays."""
        stays = ~self.mask(count)
        stays[self.earlier] = stays[self.later] = False
        return np.flatnonzero(stays)

    @property
    def away(self) -> Indices:
        """``(k,) int64``, sorted: what goes, and what was forgotten before."""
        return united(self.indices, self.earlier) if len(self.earlier) else self.indices

    def situation(self, intent: Intent, *, pictures: int, classes: int) -> Situation:
        """What a method's defaults depend on.

        :param pictures: how many training pictures there are; ``classes``: how many classes the model has.
        """
        retain = pictures - len(self.away) - len(self.later)
        return Situation.of(self.task, intent, forget=len(self), retain=retain, classes=classes)


TOGETHER = (
    "All are treated as single pictures: the model is to be as if it had never seen them, and may still recognise the "
    "class or kind where it can."
)
"""What it means to answer requests with several goals in one run."""

GO_ON = "--allow-missing, or [forget] allow_missing = true"
_NOTHING: Indices = np.zeros(0, dtype=np.int64)


def resolve(
    spec: ForgetSpec,
    catalogue: Catalogue,
    *,
    seed: int,
    earlier: Indices = _NOTHING,
    root: str | None = None,
    read: Callable[[str], Content] = read_content,
    find: Callable[[str], Indices] | None = None,
    hashes: Hashes | None = None,
) -> ForgetSet:
    """Unite the parts of ``spec`` over the training pictures.

    :param seed: seeds the random share that ``fraction`` asks for.
    :param earlier: pictures that the model has forgotten before; they are not marked again.
    :param root: the picture folder: paths below it are names too.
    :param read: reads the list of pictures.
    :param find: positions of the pictures that a query finds; ``None``: what it asks for is not known yet, and nothing
        is found by it.
    :param hashes: gives pictures by the SHA-256 of their files; ``None``: not known.
    :raises ForgetError: a name is unknown or fits several pictures, the set is empty or is everything, or the spec's
        history comes to other pictures than it names.
    """
    names = Names(catalogue.names, root) if spec.pictures or spec.files or spec.history else None
    among = LookedUp(names, catalogue.columns, hashes) if names is not None else None
    mask, lists = _named(spec, catalogue, among, read)
    notes = [note for found in lists for note in found.notes()]
    if spec.query.strip() and find is not None:
        found_by = find(spec.query)
        mask[found_by] = True
        if not len(found_by):
            notes.append("The query finds no picture.")
    if spec.fraction is not None:
        count = len(catalogue.names)
        left = np.setdiff1d(np.arange(count), earlier)
        share = min(len(left), max(1, round(spec.fraction * count)))
        mask[np.random.default_rng(seed).choice(left, size=share, replace=False)] = True
    not_found = (*spec.not_found, *(name for found in lists for name in found.not_found))
    history = spec.history
    if history and (find is not None or not spec.asks_in_history):
        replayed = replay(spec, catalogue, earlier=earlier, names=names, find=find)
        if spec.names_outcome:
            check_agreement(mask, replayed.mask, earlier)
        else:
            mask, not_found = replayed.mask, (*not_found, *replayed.not_found)
        history, told = as_told(spec, replayed, HistoryWriter().written(replayed, catalogue), earlier)
        notes += told
    forget = from_indices(np.flatnonzero(mask), catalogue, earlier)
    unique = tuple(dict.fromkeys(not_found))
    later = later_of(spec, catalogue.names, forget)
    return replace(forget, not_found=unique, notes=tuple(notes), history=history, lists=tuple(lists), later=later)


def later_of(spec: ForgetSpec, names: Sequence[str], forget: ForgetSet) -> Indices:
    """``(k,) int64`` what later parts of the same request take, as far as it is there."""
    if not spec.later:
        return _NOTHING
    here = np.flatnonzero(np.isin(np.asarray(names), spec.later))
    return np.setdiff1d(here, forget.away)


def check_names(
    spec: ForgetSpec,
    catalogue: Catalogue,
    *,
    root: str | None = None,
    read: Callable[[str], Content] = read_content,
    hashes: Hashes | None = None,
) -> None:
    """Whether the classes, kinds and lists of a spec name what is there; not whether that is enough or too much.

    :raises ForgetError: a name is unknown or fits several pictures.
    """
    names = Names(catalogue.names, root) if spec.pictures or spec.files or spec.history else None
    _named(spec, catalogue, LookedUp(names, catalogue.columns, hashes) if names is not None else None, read)
    if spec.history and not spec.asks_in_history:
        replay(spec, catalogue, names=names)


def _named(
    spec: ForgetSpec, catalogue: Catalogue, among: LookedUp | None, read: Callable[[str], Content]
) -> tuple[NDArray[np.bool_], list[Found]]:
    """``(N,) bool``: what classes, kinds and lists name; and the lists as they were read."""
    count = len(catalogue.names)
    mask = np.zeros(count, dtype=bool)
    mask |= masked_by_name(spec.classes, catalogue.labels, catalogue.class_names, "class")
    mask |= masked_by_name(spec.kinds, catalogue.kinds, catalogue.kind_names, "kind")
    lists = _lists(spec, among, read) if among is not None else []
    for found in lists:
        mask[found.indices] = True
    return mask, lists


def parts_of(forget: ForgetSet, catalogue: Catalogue) -> tuple[ForgetSet, ...]:
    """The requests that a forget set is made of: whole classes, whole kinds, single pictures, in this order.

    They have different goals. Each part takes those before it as forgotten earlier; where all is of one kind, the only
    part is the set itself. Names that were not found go with the last one.
    """
    marked = forget.mask(len(catalogue.names))
    in_class = marked & labelled(catalogue.labels, forget.whole_classes)
    in_kind = marked & labelled(catalogue.kinds, forget.whole_kinds) & ~in_class
    masks = [mask for mask in (in_class, in_kind, marked & ~(in_class | in_kind)) if mask.any()]
    if len(masks) == 1:
        return (forget,)
    found, away = list[ForgetSet](), mask_of(len(marked), forget.earlier)
    for mask in masks:
        found.append(_of_masks(mask, away, catalogue))
        away = away | mask
    for number, part in enumerate(found):
        after = mask_of(len(marked), forget.later, *(each.indices for each in found[number + 1 :]))
        found[number] = replace(part, later=np.flatnonzero(after))
    found[-1] = replace(found[-1], not_found=forget.not_found)
    return tuple(_as_part(part, forget, catalogue) for part in found)


def _as_part(part: ForgetSet, whole: ForgetSet, catalogue: Catalogue) -> ForgetSet:
    """With the history of the whole request, and as its last step that only this part is kept."""
    if not whole.history:
        return part
    classes, kinds, pictures = _shortest(part, catalogue)
    step = ForgetStep(
        do="keep",
        by="part",
        words=f"Kept only {describe(part, catalogue)}: this run's part of the request",
        changed=len(whole) - len(part),
        marked=len(part),
        classes=classes,
        kinds=kinds,
        pictures=pictures,
    )
    return replace(part, history=(*whole.history, step))


def describe(forget: ForgetSet, catalogue: Catalogue) -> str:
    """One part of a request in few words: ``class cat``, ``kinds fox and owl``, ``37 pictures``."""
    classes = [catalogue.class_names[i] for i in forget.whole_classes]
    kinds = [catalogue.kind_names[i] for i in forget.whole_kinds]
    if forget.task == "random":
        return "1 picture" if len(forget) == 1 else f"{len(forget):,} pictures"
    word, plural, names = ("class", "classes", classes) if forget.task == "class" else ("kind", "kinds", kinds)
    return f"{word if len(names) == 1 else plural} {name_some(names)}"


def as_said(parts: Sequence[ForgetSet], catalogue: Catalogue) -> str:
    """``This is two requests: class cat; 37 pictures.``"""
    return f"This is {counted(parts, catalogue)}."


def counted(parts: Sequence[ForgetSet], catalogue: Catalogue) -> str:
    """``two requests: class cat; 37 pictures``"""
    count = {1: "one request", 2: "two requests", 3: "three requests"}[len(parts)]
    return f"{count}: {'; '.join(describe(part, catalogue) for part in parts)}"


def choice_of(spec: ForgetSpec) -> ListChoice:
    """What a spec says of how its list is meant."""
    return ListChoice(spec.files_column, spec.files_as, spec.index_base, spec.files_below)


def _lists(spec: ForgetSpec, among: LookedUp, read: Callable[[str], Content]) -> list[Found]:
    """What the spec's names and its file stand for.

    :raises NamesError: some stand for no one picture, and the spec does not allow that.
    """
    lists = [match_entries(spec.pictures, among.names)] if spec.pictures else []
    if spec.files:
        lists.append(listed(read(spec.files), among, choice=choice_of(spec), where=spec.files))
    for found in lists:
        if found.not_found and not spec.allow_missing:
            todo = f"names look like train/cat/0001.jpg; go on without them by {GO_ON}"
            raise NamesError(found.faults(), names=found.not_found, todo=todo)
    return lists


def from_indices(indices: Indices | Iterable[int], catalogue: Catalogue, earlier: Indices = _NOTHING) -> ForgetSet:
    """A forget set from positions; whole classes and kinds are recognised.

    :param earlier: pictures that the model has forgotten before; they are not marked again.
    :raises ForgetError: it is empty or is everything.
    """
    count = len(catalogue.names)
    away = mask_of(count, earlier)
    return _of_masks(mask_of(count, positions_of(indices)) & ~away, away, catalogue)


def _of_masks(mask: NDArray[np.bool_], before: NDArray[np.bool_], catalogue: Catalogue) -> ForgetSet:
    """A forget set from ``(N,) bool``: pictures that go, and others that the model has forgotten before."""
    away = mask | before
    if not mask.any():
        what = "all that is marked was forgotten before" if before.any() else "nothing is marked to be forgotten"
        raise ForgetError(what, todo="name classes, kinds, pictures or a fraction")
    if away.all():
        raise ForgetError("everything is marked to be forgotten", todo="leave at least one class to keep")
    gone, gone_kinds = _whole(away, catalogue)
    chosen = np.flatnonzero(mask)
    in_class, in_kind = np.bincount(catalogue.labels[chosen]), np.bincount(catalogue.kinds[chosen])
    whole_classes = tuple(label for label in gone if label < len(in_class) and in_class[label])
    whole_kinds = tuple(kind for kind in gone_kinds if kind < len(in_kind) and in_kind[kind])
    rest = mask & ~labelled(catalogue.labels, whole_classes)
    if not rest.any():
        task: Task = "class"
    elif not (rest & ~labelled(catalogue.kinds, whole_kinds)).any():
        task = "sub-class"
    else:
        task = "random"
    earlier = np.flatnonzero(before) if before.any() else _NOTHING
    return ForgetSet(chosen, whole_classes, whole_kinds, task, earlier, gone, gone_kinds)


def joined(
    forget: ForgetSet, copies: Indices, catalogue: Catalogue, what: str = "with the very same pixels"
) -> ForgetSet:
    """The forget set with copies of its pictures, ``(n,) int64`` training pictures.

    :param what: what they are, of several.
    :raises ForgetError: nothing is left to keep.
    """
    count = len(catalogue.names)
    new = mask_of(count, copies) & ~forget.mask(count)
    new[forget.earlier] = False
    if not new.any():
        return forget
    found = from_indices(united(forget.indices, np.flatnonzero(new)), catalogue, forget.earlier)
    step = copies_step(tuple(catalogue.names[place] for place in np.flatnonzero(new).tolist()), what, len(found))
    note = f"{step.words.removeprefix('Added ')} {'is' if step.changed == 1 else 'are'} forgotten as well."
    history = (*forget.history, step) if forget.history else ()
    notes = (*forget.notes, note)
    later = np.setdiff1d(forget.later, found.indices)
    return replace(found, not_found=forget.not_found, notes=notes, history=history, lists=forget.lists, later=later)


def _whole(mask: NDArray[np.bool_], catalogue: Catalogue) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Classes of which nothing is left unmarked, and kinds of which all is marked although their class stays.

    A class without any picture counts: its pictures may have been deleted after an earlier request.
    """
    classes = _wholly(mask, catalogue.labels, len(catalogue.class_names))
    kinds, count = catalogue.kinds, len(catalogue.kind_names)
    outside = np.bincount(kinds[~labelled(catalogue.labels, classes)], minlength=count)
    return classes, tuple(kind for kind in _wholly(mask, kinds, count) if outside[kind])


def _wholly(mask: NDArray[np.bool_], labels: Indices, count: int) -> tuple[int, ...]:
    total = np.bincount(labels, minlength=count)
    marked = np.bincount(labels[mask], minlength=count)
    return tuple(int(i) for i in np.flatnonzero(marked == total))


def settled(spec: ForgetSpec, forget: ForgetSet, catalogue: Catalogue) -> ForgetSpec:
    """A spec whose queries are answered once and for all: what they found stands in their place, under the names that
    it has; and so does what only a history says.

    Asked again, of another net, on another device, or of a table that was changed, a query might find others.
    """
    copied = bool(spec.history) and (spec.with_twins or spec.near_copies == "forget")  # a step that the spec has not
    if not spec.queries and (spec.names_outcome or not spec.history) and not copied:
        return spec.model_copy(update={"history": forget.history})
    return compact(forget, catalogue).model_copy(update=carried(spec))


def carried(spec: ForgetSpec) -> dict[str, Any]:
    """What stays of a spec when what it asks for is written in its place, or divided: how it is meant, not what."""
    kept = {key: getattr(spec, key) for key in ("together", "allow_missing", "group", *COPY_KEYS)}
    near = {"near_copies": "look"} if spec.near_copies == "no" and asks_for_near(spec) else {}  # the query did
    return {**kept, **near, "found_by": spec.query.strip() or spec.found_by}


def compact(forget: ForgetSet | None, catalogue: Catalogue) -> ForgetSpec:
    """The shortest way to write a forget set down: whole classes, whole kinds, and the names of the rest; and how it
    came about.
    """
    if forget is None:
        return ForgetSpec()
    classes, kinds, pictures = _shortest(forget, catalogue)
    return ForgetSpec(
        classes=classes,
        kinds=kinds,
        pictures=pictures,
        not_found=forget.not_found,
        later=tuple(map(catalogue.names.__getitem__, forget.later.tolist())),
        history=forget.history,
    )


def _shortest(forget: ForgetSet, catalogue: Catalogue) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Whole classes, whole kinds, and the names of the rest."""
    covered = labelled(catalogue.labels, forget.whole_classes) | labelled(catalogue.kinds, forget.whole_kinds)
    rest = forget.indices[~covered[forget.indices]]
    return (
        tuple(catalogue.class_names[i] for i in forget.whole_classes),
        tuple(catalogue.kind_names[i] for i in forget.whole_kinds),
        tuple(map(catalogue.names.__getitem__, rest.tolist())),
    )
