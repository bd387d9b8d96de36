"""Large pictures wait for one another, small ones for nobody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from maga_desk.domain.room import Room


def test_what_is_held_together_stays_within_the_room() -> None:
    room, seen = Room(100, small=0), list[int]()

    def work(nbytes: int) -> None:
        for _ in range(20):
            with room.turn():
                room.take(nbytes)
                seen.append(room.taken)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [30, 40, 60, 90] * 2))
    assert max(seen) <= 100 and room.taken == 0


def test_those_who_need_more_while_they_hold_something_do_not_wait_for_one_another() -> None:
    room, together, seen = Room(100, small=0), Barrier(3), list[int]()

    def work(_number: int) -> None:
        with room.turn():
            room.take(30)
            together.wait(10)  # three hold 90, and each needs 60 more
            room.take(60)
            seen.append(room.taken)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert len(seen) == 3 and max(seen) <= 150 and room.taken == 0


def test_small_pictures_are_decoded_side_by_side() -> None:
    room, together = Room(100, small=100), Barrier(4)

    def work(_number: int) -> None:
        with room.turn():
            room.take(90)
            together.wait(10)  # all four are here at once

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))


def test_a_turn_within_a_turn_belongs_to_it_and_an_error_gives_back() -> None:
    room = Room(100, small=0)

    def work() -> None:
        with room.turn(largest=64):
            room.take(40)
            with room.turn():
                room.take(90)  # more than is left: who is alone goes on
            assert room.taken == 130 and room.largest == 64
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert room.taken == 0 and room.largest is None
