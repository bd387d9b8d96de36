"""How a forget set came about: written from a basket's steps, replayed from a spec alone."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from numpy.typing import NDArray

from maga_desk.domain.basket import Basket
from maga_desk.domain.catalogue import Catalogue
from maga_desk.domain.errors import ForgetError, SpecError
from maga_desk.domain.forget import compact, from_indices, joined, parts_of, resolve, settled
from maga_desk.domain.history import HistoryWriter, discreetly, replay
from maga_desk.domain.marking import PASTED, How
from maga_desk.domain.specs.forget import ForgetSpec, ForgetStep
from maga_desk.domain.specs.run import RunSpec, parse_spec

KINDS = ("fox", "owl", "cup", "jug")
LABELS = np.repeat(np.arange(4), 5)
NAMES = [f"train/{KINDS[k]}/{i}.png" for i, k in enumerate(LABELS)]
FLAT = Catalogue(NAMES, LABELS, LABELS, KINDS, KINDS)
FAMILIES = Catalogue(NAMES, LABELS // 2, LABELS, ("animals", "tableware"), KINDS)


def spec_of(basket: Basket, catalogue: Catalogue = FLAT, *, outcome: bool = True) -> ForgetSpec:
    """As the window writes it."""
    history = HistoryWriter().written(basket, catalogue)
    if not outcome:
        return ForgetSpec(history=history)
    forget = from_indices(np.flatnonzero(basket.mask), catalogue)
    return compact(forget, catalogue).model_copy(update={"history": history})


def through_toml(spec: ForgetSpec) -> ForgetSpec:
    return parse_spec(tomllib.loads(RunSpec(forget=spec).to_toml())).forget


def random_basket(rng: np.random.Generator) -> Basket:
    """Some steps of every sort, of classes, parts of them, and single pictures."""
    basket = Basket(20)
    for _ in range(int(rng.integers(2, 9))):
        some = np.flatnonzero(rng.random(20) < rng.choice([0.1, 0.5, 0.9]))
        one = int(rng.integers(4))
        given = np.flatnonzero(np.equal(LABELS, one)) if rng.random() < 0.5 else some
        lost = [f"lost {rng.integers(9)}"] if rng.random() < 0.3 else []
        basket = {
            "add": lambda b, g=given, n=lost: b.add(g, n),
            "remove": lambda b, g=given: b.remove(g),
            "keep": lambda b, g=given: b.keep(g),
            "invert": lambda b: b.invert(),
            "clear": lambda b: b.clear(),
        }[
            str(
                rng.choice(
                    ["add", "add", "add", "remove", "keep", "invert", "clear"], p=[0.2] * 3 + [0.2, 0.1, 0.07, 0.03]
                )
            )
        ](basket)
    return basket


@pytest.mark.parametrize("catalogue", [FLAT, FAMILIES])
def test_whatever_was_done_is_replayed_from_the_spec_alone(catalogue: Catalogue) -> None:
    rng = np.random.default_rng(24)
    for _ in range(300):
        basket = random_basket(rng)
        again = replay(through_toml(spec_of(basket, catalogue, outcome=False)), catalogue)
        assert np.array_equal(again.mask, basket.mask)
        assert again.not_found == basket.not_found
        assert [step.sentence() for step in again.history] == [step.sentence() for step in basket.history]
        assert [step.flipped for step in again.history] == [step.flipped for step in basket.history]
        assert HistoryWriter().written(again, catalogue) == HistoryWriter().written(basket, catalogue)


def test_whole_classes_and_kinds_are_named_as_such() -> None:
    basket = (
        Basket(20)
        .add([0, 1, 7])
        .add(range(10), by=How("query", "name:*"))  # foxes and owls, three of which were marked
        .remove(range(5), by=How("kind", "fox"))
        .keep([5, 6, 7, 8, 9, 12])
        .add([12])
    )
    flat = [step.model_dump(include={"classes", "kinds", "pictures"}) for step in spec_of(basket).history]
    assert flat == [
        {"pictures": (NAMES[0], NAMES[1], NAMES[7])},
        {"classes": ("fox", "owl")},
        {"classes": ("fox",)},
        {"pictures": (NAMES[12],)},
    ], "what changes nothing is no step"
    families = [step.model_dump(include={"classes", "kinds"}) for step in spec_of(basket, FAMILIES).history]
    assert families[1:3] == [{"classes": ("animals",)}, {"kinds": ("fox",)}]


def test_fifty_thousand_names_in_several_steps_are_written_once_a_step() -> None:
    labels = np.arange(50_000) % 10
    names = [f"train/{label}/{i:06}.png" for i, label in enumerate(labels)]
    kinds = tuple(map(str, range(10)))
    catalogue, writer = Catalogue(names, labels, labels, kinds, kinds), HistoryWriter()
    basket = Basket(50_000).add(np.flatnonzero(labels < 9)[:-1], by=How("list", "names.txt", wanted=50_000))
    first = writer.written(basket, catalogue)
    assert len(first[0].classes) == 8 and len(first[0].pictures) == 4_999
    basket = basket.remove(np.flatnonzero(labels == 3), by=How("class", "3"))
    both = writer.written(basket, catalogue)
    assert both[0] is first[0], "what was written is not written anew"
    assert both[1].classes == ("3",) and not both[1].pictures
    assert writer.written(basket.undo(), catalogue) == first


def test_a_history_alone_is_the_selection() -> None:
    basket = Basket(20).add(range(10), ["gone.png"], by=How("list", PASTED, wanted=11)).remove([3])
    spec = spec_of(basket, outcome=False)
    forget = resolve(spec, FLAT, seed=0)
    assert forget.indices.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert forget.not_found == ("gone.png",) and forget.history == spec.history
    kept = settled(spec, forget, FLAT)
    assert kept.classes == ("owl",) and len(kept.pictures) == 4 and kept.history == spec.history
    assert not spec.is_empty and spec.may_be_mixed and spec.title() == "what 2 steps come to"


def test_a_history_and_what_is_named_must_agree() -> None:
    spec = spec_of(Basket(20).add(range(8)).remove([3]))
    assert resolve(spec, FLAT, seed=0).indices.tolist() == [0, 1, 2, 4, 5, 6, 7]
    other = spec.model_copy(update={"pictures": (*spec.pictures[1:], NAMES[12], NAMES[13])})
    with pytest.raises(ForgetError) as caught:
        resolve(other, FLAT, seed=0)
    assert "differ by 3 pictures: 2 are named and not in its history, 1 are in its history" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(resolve(other, FLAT, seed=0, earlier=np.array([0, 12, 13]))) == 6, "what is gone counts on neither side"


def find(query: str) -> NDArray[np.int64]:
    return {"loss>2": np.array([1, 2, 12]), "kind:cup": np.arange(10, 15)}[query]


def test_a_step_written_by_hand_may_be_a_query() -> None:
    raw = {
        "history": [
            {"do": "add", "classes": ["fox", "cup"]},
            {"do": "keep", "query": "loss>2"},
            {"do": "remove", "query": "kind:cup"},
            {"do": "add", "pictures": ["jug/15.png"]},
        ]
    }
    spec = ForgetSpec.model_validate(raw)
    forget = resolve(spec, FLAT, seed=0, find=find)
    assert forget.indices.tolist() == [1, 2, 15]
    assert [step.words for step in forget.history] == [
        "Added 10 pictures of class fox, cup",
        "Kept only 3 pictures found by loss>2; 7 no longer marked",
        "Removed 1 picture found by kind:cup; 4 not marked before",
        "Added 1 picture that the spec names",
    ]
    kept = settled(spec, forget, FLAT)
    assert not kept.queries and kept.pictures == (NAMES[1], NAMES[2], NAMES[15])
    assert resolve(kept, FLAT, seed=0).indices.tolist() == [1, 2, 15], "without asking again"
    assert kept.history[1].asked == "loss>2" and kept.history[1].pictures == (NAMES[1], NAMES[2], NAMES[12])


def test_parts_of_a_request_keep_its_history_and_agree_with_it() -> None:
    basket = Basket(20).add(range(5), by=How("class", "fox")).add([7, 12])
    whole = resolve(spec_of(basket), FLAT, seed=0)
    first, second = parts_of(whole, FLAT)
    for part in (first, second):
        spec = compact(part, FLAT)
        assert resolve(spec, FLAT, seed=0, earlier=part.earlier).indices.tolist() == part.indices.tolist()
    assert first.history[-1].words == "Kept only class fox: this run's part of the request"
    assert [step.words for step in second.history[:-1]] == [step.sentence() for step in basket.history]


def test_copies_that_are_taken_in_are_a_step_and_the_settled_spec_agrees_with_it() -> None:
    spec = spec_of(Basket(20).add([0, 1])).model_copy(update={"with_twins": True})
    forget = joined(resolve(spec, FLAT, seed=0), np.array([7, 12]), FLAT)
    assert forget.history[-1].words == "Added 2 pictures with the very same pixels"
    kept = settled(spec, forget, FLAT)
    assert kept.with_twins and len(kept.pictures) == 4 and kept.history == forget.history
    assert resolve(kept, FLAT, seed=0).indices.tolist() == [0, 1, 7, 12]


def test_inverting_leaves_alone_what_was_forgotten_before() -> None:
    spec = ForgetSpec.model_validate({"history": [{"do": "add", "classes": ["fox"]}, {"do": "invert"}]})
    earlier = np.array([6, 7])
    assert np.flatnonzero(replay(spec, FLAT, earlier=earlier).mask).tolist() == [5, *range(8, 20)]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"do": "add", "classes": ["wolf"]}, "[[forget.history]], step 2: no class is called 'wolf'"),
        ({"do": "add", "pictures": ["train/fox/77.png"]}, "step 2: 1 of 1 names are not among"),
        ({"do": "clear", "classes": ["fox"]}, "clear names no pictures"),
        ({"do": "forget"}, "forget.history.1.do"),
        ({"do": "add", "class": ["fox"]}, "unknown key 'forget.history.1.class'"),
    ],
)
def test_a_mistake_in_a_step_is_one_line_that_says_where(step: dict[str, object], said: str) -> None:
    raw = {"forget": {"history": [{"do": "add", "classes": ["fox"]}, step]}}
    with pytest.raises((ForgetError, SpecError)) as caught:
        resolve(parse_spec(raw).forget, FLAT, seed=0)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_without_a_history_a_spec_is_written_as_it_was() -> None:
    assert "history" not in RunSpec(forget=ForgetSpec(classes=("fox",))).to_toml()
    assert "history" not in ForgetSpec(classes=("fox",)).model_dump()


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        ("subject=4711", " on subject"),
        ("subject!=Jane age<4711", " on age, subject"),
        ("name=IMG_Jane.jpg", " on name"),
        ("Jane:4711", ""),
        ("Jane", " on name"),
        ("pred!=class -subject:Jane", " on class, pred, subject"),
    ],
)
@pytest.mark.parametrize("columns_said", [(), ("jane", "4711")])
def test_a_record_has_of_a_query_only_columns_that_the_set_has(
    asked: str, columns: str, columns_said: tuple[str, ...]
) -> None:
    catalogue = Catalogue(NAMES, LABELS, LABELS, KINDS, KINDS, {"Subject": ["4711"] * 20, "age": range(20)})
    basket = Basket(20).add([1, 2], by=How("query", asked))
    spec = spec_of(basket, catalogue)
    said = tuple(step.model_copy(update={"columns": columns_said}) for step in spec.history)  # as by hand
    forget = resolve(spec.model_copy(update={"history": said}), catalogue, seed=0)
    assert [discreetly(step) for step in forget.history] == [f"Added 2 pictures found by a query{columns}"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"words": "Added 5,000 pictures of class fox", "changed": 5_000, "marked": 5_000}, ""),
        ({"words": "Added 5,000 pictures of class fox", "changed": 5, "marked": 5}, ""),
        ({"words": "Added 5,000 pictures of class fox"}, ""),
        ({"words": "Added foxes", "changed": 5, "marked": 6}, ""),
        ({"words": "Added 5 pictures of class fox, as Lea asked", "changed": 5, "marked": 5}, "as told"),
    ],
)
def test_figures_that_a_history_does_not_come_to_are_not_repeated(told: dict[str, object], words: str) -> None:
    step = {"do": "add", "by": "class", "asked": "fox", "classes": ["fox"], **told}
    forget = resolve(ForgetSpec.model_validate({"classes": ["fox"], "history": [step]}), FLAT, seed=0)
    assert forget.history[0].words == (str(told["words"]) if words else "Added 5 pictures of class fox")
    assert discreetly(forget.history[0]) == "Added 5 pictures of a class"
    said = "Step 1 of the history comes to 5 changed and 5 marked pictures; the spec tells other figures"
    assert [note.startswith(said) for note in forget.notes] == ([] if words else [True])


def test_all_figures_of_a_step_count() -> None:
    history = [
        {"do": "add", "classes": ["fox", "owl"]},
        {"do": "keep", "classes": ["fox"], "words": "Kept only 5 pictures shown; 900 no longer marked"},
        {"do": "invert", "words": "Inverted the marks: 99 pictures marked"},
        {"do": "clear", "words": "Cleared all 77 marks"},
        {"do": "add", "kinds": ["cup"], "by": "copies", "words": "Added 9 pictures with the very same pixels"},
    ]
    forget = resolve(ForgetSpec.model_validate({"history": history}), FLAT, seed=0)
    assert [step.words for step in forget.history] == [
        "Added 10 pictures of class fox, owl",
        "Kept only 5 pictures that the spec names; 5 no longer marked",
        "Inverted the marks: 15 pictures marked",
        "Cleared all 15 marks",
        "Added 5 pictures",
    ]
    assert [note[:6] for note in forget.notes] == ["Step 2", "Step 3", "Step 4", "Step 5"]


def test_no_step_is_dropped_because_it_changes_nothing() -> None:
    history = [
        {"do": "add", "query": "loss>2"},
        {"do": "remove", "query": "kind:jug"},
        {"do": "add", "pictures": [NAMES[1]]},
        {"do": "keep", "query": "kind:jug OR loss>2"},
    ]

    def answer(query: str) -> NDArray[np.int64]:
        return np.array([1, 2, 12]) if "loss" in query else np.arange(15, 20)

    spec = ForgetSpec.model_validate({"history": history})
    forget = resolve(spec, FLAT, seed=0, find=answer)
    words = [
        "Added 3 pictures found by loss>2",
        "Removed 0 pictures found by kind:jug; 5 not marked before",
        "Added 0 pictures that the spec names; 1 marked before",
        "Kept only 3 pictures found by kind:jug OR loss>2; 0 no longer marked",
    ]
    assert [step.words for step in forget.history] == words
    assert discreetly(forget.history[1]) == "Removed 0 pictures found by a query on kind"
    kept = through_toml(settled(spec, forget, FLAT))
    again = resolve(kept, FLAT, seed=0)
    assert again.history == forget.history == kept.history and not again.notes
    basket = replay(kept, FLAT)
    assert [step.sentence() for step in basket.history] == words
    assert basket.undo().undo().undo().mask.sum() == 3 and not basket.at(0).mask.any()


def test_what_was_forgotten_before_is_in_no_figure() -> None:
    spec = spec_of(Basket(20).add(range(10), by=How("query", "name:*")).keep(range(3, 20)))
    forget = resolve(spec, FLAT, seed=0, earlier=np.array([0, 4, 9]))
    assert [step.words for step in forget.history] == [
        "Added 7 pictures found by name:*",
        "Kept only 5 pictures chosen by hand; 2 no longer marked",
    ]
    assert forget.history[-1].marked == len(forget) == 5 and not forget.notes, "that follows from what was forgotten"


def test_a_later_part_tells_the_figures_of_the_whole_request_and_no_others() -> None:
    asked = ForgetSpec.model_validate({"history": [{"do": "add", "classes": ["jug"]}, {"do": "invert"},
                                                   {"do": "remove", "pictures": [NAMES[7]]}]})  # fmt: skip
    whole = resolve(asked, FLAT, seed=0)
    _, second = parts_of(whole, FLAT)
    spec = compact(second, FLAT).model_copy(update={"history": second.history})
    again = resolve(through_toml(spec), FLAT, seed=0, earlier=second.earlier)
    figures = {"words", "changed", "marked"}
    assert [step.model_dump(include=figures) for step in again.history] == [
        step.model_dump(include=figures) for step in second.history
    ]
    assert not again.notes and again.indices.tolist() == second.indices.tolist()
    lie = second.history[0].model_copy(update={"words": "Added 5,000 pictures", "changed": 5_000, "marked": 5_000})
    forged = spec.model_copy(update={"history": (lie, *second.history[1:])})
    told = resolve(forged, FLAT, seed=0, earlier=second.earlier)
    assert told.history[0].changed == 5 and "Step 1 of the history comes to 5" in told.notes[0]


@pytest.mark.parametrize(
    ("copies", "said"),
    [
        ([7], "1 picture that is a near copy is forgotten as well."),
        ([7, 12, 0], "2 pictures that are near copies are forgotten as well."),
        ([0, 1], ""),
    ],
)
def test_copies_are_told_in_their_number_and_only_those_that_were_not_marked(copies: list[int], said: str) -> None:
    spec = spec_of(Basket(20).add([0, 1]))
    forget = joined(resolve(spec, FLAT, seed=0), np.array(copies), FLAT, "that are near copies")
    assert list(forget.notes) == ([said] if said else [])
    words = ["Added " + said.partition(" is forgotten")[0].partition(" are forgotten")[0]] if said else []
    assert [step.words for step in forget.history[1:]] == words
    again = resolve(compact(forget, FLAT).model_copy(update={"history": forget.history}), FLAT, seed=0)
    assert again.history == forget.history and not again.notes


def test_figures_of_a_step_by_hand_are_made() -> None:
    spec = ForgetSpec(history=(ForgetStep(do="add", classes=("fox",)), ForgetStep(do="invert")))
    assert [(step.changed, step.marked) for step in resolve(spec, FLAT, seed=0).history] == [(5, 5), (20, 15)]
