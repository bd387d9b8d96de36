"""Forget sets are made by masks, and are what sorting and comparing positions makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maga_desk.domain.catalogue import Catalogue, masked_by_name
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.forget import ForgetSet, compact, describe, from_indices, joined, parts_of
from maga_desk.domain.specs.forget import ForgetSpec, ForgetStep
from maga_desk.domain.specs.section import Section, _has_nul

COUNT, KINDS = 12, 5
FAMILY = np.array([0, 0, 1, 1, 2])  # of each kind, its class; nothing need be of the last ones
NOTHING = np.zeros(0, dtype=np.int64)
STEPS = (ForgetStep(do="add", words="Added some", pictures=("train/0.png",)),)


def catalogue_of(kinds: list[int], families: bool) -> Catalogue:
    names = tuple(f"train/{place}.png" for place in range(COUNT))
    of, called = np.array(kinds, dtype=np.int64), tuple("abcde")
    classes = ("ab", "cd", "e") if families else called
    return Catalogue(names, FAMILY[of] if families else of, of, classes, called)


def naive_whole(mask: Any, catalogue: Catalogue) -> tuple[tuple[int, ...], tuple[int, ...]]:
    def wholly(labels: Any, count: int) -> tuple[int, ...]:
        return tuple(label for label in range(count) if mask[labels == label].all())

    classes = wholly(catalogue.labels, len(catalogue.class_names))
    outside = set(catalogue.kinds[~np.isin(catalogue.labels, classes)].tolist())
    return classes, tuple(kind for kind in wholly(catalogue.kinds, len(catalogue.kind_names)) if kind in outside)


def naive_set(indices: Iterable[int], catalogue: Catalogue, earlier: Any = NOTHING) -> ForgetSet:
    chosen = np.setdiff1d(np.unique(np.asarray(list(indices), dtype=np.int64)), earlier)
    before, count = np.unique(earlier), len(catalogue.names)
    if len(chosen) == 0:
        what = "all that is marked was forgotten before" if len(before) else "nothing is marked to be forgotten"
        raise ForgetError(what, todo="name classes, kinds, pictures or a fraction")
    if len(chosen) + len(before) == count:
        raise ForgetError("everything is marked to be forgotten", todo="leave at least one class to keep")
    mask = np.isin(np.arange(count), chosen)
    gone, gone_kinds = naive_whole(mask | np.isin(np.arange(count), before), catalogue)
    classes = tuple(label for label in gone if label in catalogue.labels[chosen])
    kinds = tuple(kind for kind in gone_kinds if kind in catalogue.kinds[chosen])
    rest = mask & ~np.isin(catalogue.labels, classes)
    task: Any = "random"
    if not rest.any():
        task = "class"
    elif np.isin(catalogue.kinds[rest], kinds).all():
        task = "sub-class"
    return ForgetSet(chosen, classes, kinds, task, before, gone, gone_kinds)


def naive_compact(forget: ForgetSet, catalogue: Catalogue) -> ForgetSpec:
    covered = np.isin(catalogue.labels, forget.whole_classes) | np.isin(catalogue.kinds, forget.whole_kinds)
    return ForgetSpec(
        classes=tuple(catalogue.class_names[i] for i in forget.whole_classes),
        kinds=tuple(catalogue.kind_names[i] for i in forget.whole_kinds),
        pictures=tuple(catalogue.names[i] for i in forget.indices if not covered[i]),
        not_found=forget.not_found,
        history=forget.history,
    )


def naive_parts(forget: ForgetSet, catalogue: Catalogue) -> tuple[ForgetSet, ...]:
    in_class = np.isin(catalogue.labels[forget.indices], forget.whole_classes)
    in_kind = np.isin(catalogue.kinds[forget.indices], forget.whole_kinds) & ~in_class
    masks = [mask for mask in (in_class, in_kind, ~(in_class | in_kind)) if mask.any()]
    if len(masks) == 1:
        return (forget,)
    found, earlier = list[ForgetSet](), forget.earlier
    for mask in masks:
        found.append(naive_set(forget.indices[mask], catalogue, earlier))
        earlier = np.union1d(earlier, forget.indices[mask])
    found = [
        replace(part, later=np.setdiff1d(forget.indices, np.union1d(part.indices, part.earlier))) for part in found
    ]
    found[-1] = replace(found[-1], not_found=forget.not_found)
    if not forget.history:
        return tuple(found)
    steps = [
        ForgetStep(
            do="keep",
            by="part",
            words=f"Kept only {describe(part, catalogue)}: this run's part of the request",
            changed=len(forget) - len(part),
            marked=len(part),
            **naive_compact(part, catalogue).model_dump(include={"classes", "kinds", "pictures"}),
        )
        for part in found
    ]
    return tuple(replace(part, history=(*forget.history, step)) for part, step in zip(found, steps, strict=True))


def plain(forget: ForgetSet) -> list[Any]:
    """All of it, with the type of every array."""
    return [(str(each.dtype), each.tolist()) if isinstance(each, np.ndarray) else each for each in astuple(forget)]


def told(work: Any) -> Any:
    """What comes of it, or the error's words."""
    try:
        return work()
    except ForgetError as error:
        return str(error)


catalogues = st.builds(catalogue_of, st.lists(st.integers(0, KINDS - 1), min_size=COUNT, max_size=COUNT), st.booleans())
positions = st.lists(st.integers(0, COUNT - 1), max_size=2 * COUNT)
few = st.lists(st.integers(0, COUNT - 1), max_size=4)


def array(given: list[int]) -> Any:
    return np.array(given, dtype=np.int64)


@settings(max_examples=300)
@given(catalogues, positions, few)
def test_a_set_from_positions(catalogue: Catalogue, chosen: list[int], before: list[int]) -> None:
    expected = told(lambda: plain(naive_set(chosen, catalogue, array(before))))
    assert told(lambda: plain(from_indices(array(chosen), catalogue, array(before)))) == expected
    assert told(lambda: plain(from_indices(iter(chosen), catalogue, array(before)))) == expected


@settings(max_examples=300)
@given(catalogues, positions, few, st.booleans())
def test_its_parts_and_how_it_is_written(
    catalogue: Catalogue, chosen: list[int], before: list[int], history: bool
) -> None:
    found = told(lambda: naive_set(chosen, catalogue, array(before)))
    if isinstance(found, str):
        return
    forget = replace(found, not_found=("lost.png",), history=STEPS if history else ())
    assert [plain(part) for part in parts_of(forget, catalogue)] == [
        plain(part) for part in naive_parts(forget, catalogue)
    ]
    assert compact(forget, catalogue) == naive_compact(forget, catalogue)
    assert forget.away.tolist() == sorted({*forget.indices.tolist(), *before})


@settings(max_examples=200)
@given(catalogues, positions, few, few, st.booleans())
def test_copies_that_go_as_well(
    catalogue: Catalogue, chosen: list[int], before: list[int], copies: list[int], history: bool
) -> None:
    found = told(lambda: naive_set(chosen, catalogue, array(before)))
    if isinstance(found, str):
        return
    forget = replace(found, history=STEPS if history else ())
    if not copies:
        assert joined(forget, array(copies), catalogue) is forget
        return
    expected = told(lambda: plain(naive_set([*chosen, *copies], catalogue, array(before)))[:7])
    more = told(lambda: joined(forget, array(copies), catalogue))
    assert (more if isinstance(more, str) else plain(more)[:7]) == expected
    new = sorted({*copies} - {*forget.indices.tolist(), *before})
    if not new:
        assert more is forget
    elif history and not isinstance(more, str):
        assert more.history[-1].pictures == tuple(catalogue.names[place] for place in new)


@given(catalogues, st.lists(st.sampled_from("abcde"), max_size=5))
def test_pictures_of_some_kinds(catalogue: Catalogue, wanted: list[str]) -> None:
    there = {catalogue.kind_names[kind] for kind in catalogue.kinds}
    if {*wanted} - there:
        with pytest.raises(ForgetError, match="has no training pictures"):
            masked_by_name(wanted, catalogue.kinds, catalogue.kind_names, "kind")
        return
    found = masked_by_name(wanted, catalogue.kinds, catalogue.kind_names, "kind")
    assert found.tolist() == [catalogue.kind_names[kind] in wanted for kind in catalogue.kinds]


def naive_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(map(naive_nul, value.values()))
    return isinstance(value, list | tuple) and any(map(naive_nul, value))


texts = st.text(alphabet="a\0\x01é", max_size=3)
values = st.recursive(
    texts | st.integers() | st.none() | st.builds(Section),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(texts, inner),
)


@settings(max_examples=300)
@given(values | st.lists(texts).map(tuple))
def test_a_nul_is_seen_wherever_it_stands(value: Any) -> None:
    assert _has_nul(value) == naive_nul(value)
