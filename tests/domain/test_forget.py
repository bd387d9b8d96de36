"""Forget-set algebra."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maga_desk.domain.catalogue import Catalogue
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.forget import compact, describe, from_indices, parts_of, resolve
from maga_desk.domain.specs.forget import ForgetSpec

NAMES = [f"train/{kind}/{i}.png" for kind in ("cat", "dog", "mug", "jug") for i in range(5)]
KINDS = np.repeat(np.arange(4), 5)
FLAT = Catalogue(NAMES, KINDS, KINDS, ("cat", "dog", "mug", "jug"), ("cat", "dog", "mug", "jug"))
FAMILIES = Catalogue(NAMES, KINDS // 2, KINDS, ("animals", "tableware"), ("cat", "dog", "mug", "jug"))


def test_a_class_is_a_class_task() -> None:
    forget = resolve(ForgetSpec(classes=("dog",)), FLAT, seed=0)
    assert forget.task == "class"
    assert forget.whole_classes == (1,)
    assert forget.whole_kinds == ()
    assert forget.indices.tolist() == [5, 6, 7, 8, 9]


def test_a_kind_of_a_family_is_a_sub_class_task() -> None:
    forget = resolve(ForgetSpec(kinds=("dog",)), FAMILIES, seed=0)
    assert forget.task == "sub-class"
    assert forget.whole_classes == ()
    assert forget.whole_kinds == (1,)


def test_all_kinds_of_a_family_are_the_class() -> None:
    forget = resolve(ForgetSpec(kinds=("dog", "cat")), FAMILIES, seed=0)
    assert (forget.task, forget.whole_classes, forget.whole_kinds) == ("class", (0,), ())


def test_kinds_are_classes_where_there_are_no_families() -> None:
    assert resolve(ForgetSpec(kinds=("dog",)), FLAT, seed=0).task == "class"


def test_accented_letters_are_one_character_or_two() -> None:
    one, two = "caf\u00e9", "cafe\u0301"
    names, labels = [f"train/{two}/0.png", "train/dog/1.png", "train/dog/2.png"], np.array([0, 1, 1])
    catalogue = Catalogue(names, labels, labels, (two, "dog"), (two, "dog"))
    for spec in (ForgetSpec(classes=(one,)), ForgetSpec(kinds=(one,)), ForgetSpec(pictures=(f"{one}/0.png",))):
        assert resolve(spec, catalogue, seed=0).whole_classes == (0,)
    apart, classes = np.array([0, 1, 2, 2]), (one, two, "dog")
    both = Catalogue([f"train/{one}/0.png", *names], apart, apart, classes, classes)
    assert resolve(ForgetSpec(classes=(two,), pictures=(f"{one}/0.png",)), both, seed=0).whole_classes == (0, 1)


def test_parts_are_united_without_repeats() -> None:
    spec = ForgetSpec(classes=("dog",), pictures=("train/dog/1.png", "mug/2.png"))
    forget = resolve(spec, FLAT, seed=0)
    assert len(forget) == 6
    assert forget.task == "random"
    assert forget.whole_classes == (1,)


def test_a_share_is_seeded() -> None:
    spec = ForgetSpec(fraction=0.25)
    first, again, other = (resolve(spec, FLAT, seed=seed).indices.tolist() for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 5


def test_names_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("\ufeff# those who asked\ntrain/cat/0.png\n\ndog\\3.png\n./mug/1.png\n")
    assert resolve(ForgetSpec(files=str(file)), FLAT, seed=0).indices.tolist() == [0, 8, 11]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (ForgetSpec(), "nothing is marked"),
        (ForgetSpec(classes=("cat", "dog", "mug", "jug")), "everything is marked"),
        (ForgetSpec(classes=("catt",)), "no class is called 'catt'"),
        (ForgetSpec(kinds=("catt",)), "no kind is called 'catt'"),
        (ForgetSpec(pictures=("train/cat/99.png",)), "train/cat/99.png"),
        (ForgetSpec(files="/nowhere/names.txt"), "cannot read"),
    ],
)
def test_mistakes_are_named(spec: ForgetSpec, says: str) -> None:
    with pytest.raises(ForgetError, match="(?s)" + says.replace(".", r"\.")):
        resolve(spec, FLAT, seed=0)


def test_a_class_without_pictures_is_named() -> None:
    fewer = replace(FLAT, class_names=(*FLAT.class_names, "gone"))
    with pytest.raises(ForgetError, match="class gone has no training pictures here"):
        resolve(ForgetSpec(classes=("cat", "gone")), fewer, seed=0)


def test_an_empty_file_of_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("# nobody\n")
    with pytest.raises(ForgetError, match="names no picture"):
        resolve(ForgetSpec(files=str(tmp_path / "names.txt")), FLAT, seed=0)


@pytest.mark.parametrize("catalogue", [FLAT, FAMILIES])
def test_compact_is_the_inverse_of_resolve(catalogue: Catalogue) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        whole = np.isin(KINDS, rng.choice(4, size=2))
        chosen = np.flatnonzero((rng.random(20) < 0.3) | (whole & (rng.random() < 0.5)))
        if 0 < len(chosen) < 20:
            forget = from_indices(chosen, catalogue)
            again = resolve(compact(forget, catalogue), catalogue, seed=9)
            assert again.indices.tolist() == chosen.tolist()
            assert again.task == forget.task


def described(spec: ForgetSpec, catalogue: Catalogue) -> list[tuple[str, str, list[int]]]:
    parts = parts_of(resolve(spec, catalogue, seed=0), catalogue)
    return [(part.task, describe(part, catalogue), part.indices.tolist()) for part in parts]


def test_a_class_and_single_pictures_are_two_requests() -> None:
    assert described(ForgetSpec(classes=("cat",), pictures=("dog/1.png", "mug/2.png")), FLAT) == [
        ("class", "class cat", [0, 1, 2, 3, 4]),
        ("random", "2 pictures", [6, 12]),
    ]


def test_all_three_goals_come_in_order_and_know_of_one_another() -> None:
    spec = ForgetSpec(classes=("animals",), kinds=("mug",), pictures=("jug/0.png",))
    assert [task for task, _, _ in described(spec, FAMILIES)] == ["class", "sub-class", "random"]
    assert described(spec, FAMILIES)[1][1] == "kind mug"
    parts = parts_of(resolve(spec, FAMILIES, seed=0), FAMILIES)
    assert [len(part.earlier) for part in parts] == [0, 10, 15]
    assert parts[2].gone == (0,) and parts[2].gone_kinds == (2,)
    united = resolve(spec, FAMILIES, seed=0)
    assert np.array_equal(np.concatenate([part.indices for part in parts]), united.indices)


@pytest.mark.parametrize("spec", [ForgetSpec(classes=("cat", "dog")), ForgetSpec(pictures=("dog/1.png",))])
def test_one_goal_is_one_request(spec: ForgetSpec) -> None:
    assert len(described(spec, FLAT)) == 1


def test_names_that_were_not_found_go_with_the_single_pictures(tmp_path: Path) -> None:
    spec = ForgetSpec(classes=("cat",), pictures=("dog/1.png", "dog/9.png"), allow_missing=True)
    parts = parts_of(resolve(spec, FLAT, seed=0), FLAT)
    assert [part.not_found for part in parts] == [(), ("dog/9.png",)]
    assert compact(parts[1], FLAT).not_found == ("dog/9.png",)
