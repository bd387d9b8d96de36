"""The forget basket."""

from __future__ import annotations

import numpy as np

from maga_desk.domain.basket import Basket
from maga_desk.domain.marking import PASTED, How
from maga_desk.domain.specs.forget import CopyDecision


def marked(basket: Basket) -> list[int]:
    return np.flatnonzero(basket.mask).tolist()


def test_marks_come_and_go_with_undo_and_redo() -> None:
    basket = Basket(20).add([3, 5, 5]).add(range(10, 13)).remove([5])
    assert marked(basket) == [3, 10, 11, 12]
    back = basket.undo().undo()
    assert marked(back) == [3, 5]
    assert marked(back.redo()) == [3, 5, 10, 11, 12]
    assert marked(back.redo().redo().redo()) == [3, 10, 11, 12]
    assert marked(basket.undo().undo().undo().undo()) == []


def test_a_new_change_forgets_what_was_undone() -> None:
    basket = Basket(9).add([1]).add([2]).undo().add([7])
    assert not basket.can_redo
    assert marked(basket) == [1, 7]
    assert marked(basket.undo()) == [1]


def test_what_changes_nothing_is_not_remembered() -> None:
    basket = Basket(9).add([1])
    assert basket.add([1]) is basket
    assert Basket(9).clear() == Basket(9)
    assert not Basket(9).clear().can_undo
    assert marked(basket.clear()) == []
    assert marked(basket.clear().undo()) == [1]


def test_baskets_do_not_share_their_masks() -> None:
    basket = Basket(5).add([1])
    basket.mask[:] = True
    assert marked(basket) == [1]


def test_every_step_is_remembered_in_little_room() -> None:
    basket = Basket(100_000)
    for number in range(500):
        basket = basket.add([number * 7])
    assert len(basket.history) == 500
    assert sum(len(step.flipped) for step in basket.history) < 100_000
    assert marked(basket.at(3)) == [0, 7, 14]
    assert marked(basket.at(0)) == []
    assert basket.at(3).at(500) == basket


def test_only_some_are_kept_and_marks_are_inverted() -> None:
    basket = Basket(9).add([1, 2, 3]).keep([2, 3, 8])
    assert marked(basket) == [2, 3]
    assert marked(basket.invert()) == [0, 1, 4, 5, 6, 7, 8]
    assert marked(basket.invert([0, 2])) == [0, 3]
    assert marked(basket.invert().undo().undo()) == [1, 2, 3]


def test_steps_say_in_words_what_was_done() -> None:
    copies = How("copies", "what was marked", nouns=("near copy of {}", "near copies of {}"))
    basket = (
        Basket(600)
        .add(range(497), ["a", "b", "c"], by=How("list", PASTED, wanted=500))
        .add(range(490, 520), by=copies)
        .remove(range(112), by=How("query", "kind:drawing"))
        .keep(range(200, 600), by=How("class", "cat"))
        .add([3])
        .invert()
        .clear()
    )
    assert [step.sentence() for step in basket.history] == [
        "Added 497 of 500 names pasted; 3 not found",
        "Added 23 near copies of what was marked; 7 marked before",
        "Removed 112 pictures found by kind:drawing",
        "Kept only 320 pictures of class cat; 88 no longer marked",
        "Added 1 picture chosen by hand",
        "Inverted the marks: 279 pictures marked",
        "Cleared all 279 marks",
    ]


def test_going_back_several_steps_and_forth_again_gives_what_was_there() -> None:
    basket = Basket(20).add([1], ["lost"]).add([2]).remove([1, 2]).add([9], ["gone"])
    back = basket.at(1)
    assert (marked(back), back.not_found, len(back.ahead)) == ([1], ("lost",), 3)
    assert (marked(back.at(3)), back.at(3).not_found) == ([], ())
    assert back.at(4) == basket and basket.not_found == ("gone",)
    assert back.at(99) == basket and basket.at(-4) == basket.at(0)
    assert [step.positions(20).tolist() for step in basket.history] == [[1], [2], [1, 2], [9]]


def test_names_that_were_not_found_come_and_go_with_their_marks() -> None:
    basket = Basket(9).add([1]).add([2], ["lost.png"]).add([3], ["lost.png", "other.png"])
    assert basket.not_found == ("lost.png", "other.png")
    assert basket.remove([3]).not_found == ("lost.png", "other.png")
    assert basket.undo().not_found == ("lost.png",)
    assert basket.undo().undo().not_found == ()
    assert basket.undo().redo().not_found == ("lost.png", "other.png")
    assert basket.clear().not_found == basket.remove([1, 2, 3]).not_found == ()
    assert Basket(9).add([1]).add([1], ["lost.png"]).not_found == ("lost.png",), "though no mark changes"


def over(number: int, reason: str = "Of another customer", *, no_copy: bool = False) -> CopyDecision:
    return CopyDecision(picture=f"b{number}", copy_of=f"a{number}", reason=reason, no_copy=no_copy)


def test_decisions_over_copies_come_and_go_with_their_step() -> None:
    marked_one = Basket(9).add([1])
    basket = marked_one.decide([over(1), over(2)])
    assert basket.left == (over(1), over(2)) and basket.marks_as(marked_one)
    assert basket.history[-1].sentence() == "Left 2 copies: Of another customer"
    assert basket.undo().left == () and basket.undo().redo().left == basket.left
    further = basket.add([2])
    assert further.left == basket.left and further.undo().undo().left == ()
    assert further.at(0).left == () and further.at(0).at(3) == further
    assert further.undo().undo().add([5]).left == (), "a new step takes the place of the undone decision"


def test_clearing_takes_decisions_back_and_undoing_it_brings_them_again() -> None:
    basket = Basket(9).add([1]).decide([over(1)])
    assert basket.clear().left == () and basket.clear().add([1]).left == ()
    assert basket.clear().undo().left == (over(1),)
    assert basket.remove([1]).left == ()


def test_a_decision_and_copies_that_are_marked_too_are_one_step() -> None:
    basket = Basket(9).add([1]).decide([over(1), over(2, "", no_copy=True)], (), [3])
    assert len(basket.history) == 2 and marked(basket) == [1, 3]
    words = "Added 1 copy of what was marked; left 1 copy; called 1 picture no copy"
    assert basket.history[-1].sentence() == words
    assert marked(basket.undo()) == [1] and basket.undo().left == ()


def test_a_decision_is_changed_and_taken_back() -> None:
    basket = Basket(9).add([1]).decide([over(1), over(2)])
    other = basket.decide([over(1, "Agreed")])
    assert other.left == (over(1, "Agreed"), over(2))
    assert other.history[-1].sentence() == "Left 1 copy: Agreed"
    none = other.decide([], [over(1).pair])
    assert none.left == (over(2),)
    assert none.history[-1].sentence() == "Took back 1 decision over copies"
    assert other.decide([over(2)]) is other and Basket(9).decide([]) == Basket(9)
    reasons = Basket(9).add([1]).decide([over(1), over(2, "Agreed")])
    assert reasons.history[-1].sentence() == "Left 2 copies"
