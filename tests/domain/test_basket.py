"""The forget basket."""

from __future__ import annotations

import numpy as np

from maga_desk.domain.basket import Basket


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


def test_history_is_bounded() -> None:
    basket = Basket(1000)
    for number in range(500):
        basket = basket.add([number])
    count = 0
    while basket.can_undo:
        basket, count = basket.undo(), count + 1
    assert count == 200


def test_names_that_were_not_found_come_and_go_with_their_marks() -> None:
    basket = Basket(9).add([1]).add([2], ["lost.png"]).add([3], ["lost.png", "other.png"])
    assert basket.not_found == ("lost.png", "other.png")
    assert basket.remove([3]).not_found == ("lost.png", "other.png")
    assert basket.undo().not_found == ("lost.png",)
    assert basket.undo().undo().not_found == ()
    assert basket.undo().redo().not_found == ("lost.png", "other.png")
    assert basket.clear().not_found == basket.remove([1, 2, 3]).not_found == ()
    assert Basket(9).add([1]).add([1], ["lost.png"]).not_found == ("lost.png",), "though no mark changes"
