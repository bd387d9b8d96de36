"""Pixmaps that come from other threads: in the right order, none that nobody wants any more, within their room."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from maga_desk.data.keeping import DiskShelf
from maga_desk.data.thumbnails import ThumbnailFile
from maga_desk.domain.errors import DataError
from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.ui.item_models.thumbnail_store import ThumbnailStore
from maga_desk.ui.workers.thumbnail_thread import Wishes


class Originals:
    """Opens pictures twice as large as a thumbnail and remembers in which thread."""

    def __init__(self, side: int = 600) -> None:
        self.side = side
        self.opened: list[str] = []
        self.threads: set[int] = set()
        self.gone: set[str] = set()
        self.wait = threading.Event()
        self.wait.set()

    def __call__(self, name: str) -> Image.Image:
        self.wait.wait(10)
        self.opened.append(name)
        self.threads.add(threading.get_ident())
        if name in self.gone:
            raise DataError("no such file", where=name)
        return Image.new("RGB", (self.side, self.side), (int(name), 0, 0))


def index_of(count: int, opener: Originals | None = None, side: int = 32) -> PictureIndex:
    pixels = np.zeros((count, 3, side, side), dtype=np.uint8)
    pixels[:, 0] = (np.arange(count) % 256)[:, None, None]
    labels, names = np.zeros(count, dtype=np.int64), tuple(str(i % 256) for i in range(count))
    return PictureIndex(InMemory(pixels), labels, labels, names, opener=opener, versions=np.arange(count))


@pytest.fixture
def store(qapp: object) -> ThumbnailStore:
    return ThumbnailStore()


def test_pixels_come_from_another_thread_and_in_the_side_that_is_wanted(qtbot: QtBot, store: ThumbnailStore) -> None:
    here, used = threading.get_ident(), set[int]()

    class Told(InMemory):
        def at(self, positions: np.ndarray) -> np.ndarray:
            used.add(threading.get_ident())
            return super().at(positions)

    store.show(replace(index_of(80), backing=Told(index_of(80).whole())))
    store.want(range(80), 24, 80)
    qtbot.waitUntil(lambda: len(store) == 80)
    found = store.get(77)
    assert found is not None and found.pixmap.width() == 24 and found.pixmap.toImage().pixelColor(3, 3).red() == 77
    assert used and here not in used, "no picture was read in the window's thread"
    store.rest()


def test_originals_are_opened_for_large_sides_alone_and_never_here(qtbot: QtBot, store: ThumbnailStore) -> None:
    originals = Originals()
    store.show(index_of(5, originals))
    store.want(range(5), 32, 5)
    qtbot.waitUntil(lambda: len(store) == 5)
    assert not originals.opened, "what the classifier sees is as large"
    store.want(range(5), 128, 5)
    qtbot.waitUntil(lambda: all(store.get(i).pixmap.width() == 128 for i in range(5)))  # type: ignore[union-attr]
    assert sorted(originals.opened) == list("01234") and threading.get_ident() not in originals.threads
    store.want(range(5), 128, 5)
    store.rest()
    assert len(originals.opened) == 5, "nothing is opened again"


def test_what_has_scrolled_away_is_dropped(qtbot: QtBot, store: ThumbnailStore) -> None:
    originals = Originals()
    originals.wait.clear()
    store.show(index_of(200, originals))
    store.want(range(100), 64, 20)
    qtbot.waitUntil(lambda: len(store) == 100)  # the classifier's pixels, while a thread stands at an original
    store.want(range(150, 160), 64, 10)
    originals.wait.set()
    qtbot.waitUntil(lambda: all((found := store.get(i)) is not None and found.final for i in range(150, 160)))
    away = [name for name in originals.opened if int(name) < 100]
    assert len(away) <= 4, "at most what each thread was at"
    store.rest()


def test_pixmaps_stay_within_their_room_and_what_is_seen_has_it(qtbot: QtBot) -> None:
    store = ThumbnailStore(room=40 * 4 * 24 * 24)
    store.show(index_of(200))
    store.want(range(200), 24, 10)
    qtbot.waitUntil(lambda: len(store) >= 40)
    qtbot.wait(30)
    assert store.made == 40 and store.taken == 40 * 4 * 24 * 24, "nothing is made that there is no room for"
    store.want(range(100, 160), 24, 60)
    qtbot.waitUntil(lambda: all(store.get(i) is not None for i in range(100, 160)))
    assert store.taken <= 60 * 4 * 24 * 24
    store.rest()


def test_a_file_that_is_gone_leaves_the_classifiers_pixels(qtbot: QtBot, store: ThumbnailStore) -> None:
    originals = Originals()
    originals.gone.add("1")
    store.show(index_of(3, originals))
    store.want(range(3), 64, 3)
    qtbot.waitUntil(lambda: all((found := store.get(i)) is not None and found.final for i in range(3)))
    gone = store.get(1)
    assert gone is not None and gone.gone and gone.pixmap.width() == 32
    assert [store.get(i).gone for i in (0, 2)] == [False, False]  # type: ignore[union-attr]
    store.rest()


def test_a_small_original_is_not_opened_again_for_another_zoom(qtbot: QtBot, store: ThumbnailStore) -> None:
    originals = Originals(side=32)
    store.show(index_of(3, originals))
    for side in (64, 128, 256):
        store.want(range(3), side, 3)
        qtbot.waitUntil(lambda: all((found := store.get(i)) is not None and found.native for i in range(3)))
    store.rest()
    assert len(originals.opened) == 3


def test_large_originals_come_from_the_disk_the_second_time(qtbot: QtBot, tmp_path: Path) -> None:
    shelf = DiskShelf(tmp_path / "kept", 100 * 2**20)
    opened = []
    for _ in range(2):
        originals, store = Originals(), ThumbnailStore()
        store.show(index_of(4, originals))
        store.keep_in(ThumbnailFile(shelf, "owner"))
        store.want(range(4), 200, 4)
        qtbot.waitUntil(lambda store=store: all((found := store.get(i)) is not None and found.final for i in range(4)))
        shown = store.get(3)
        assert shown is not None and shown.pixmap.width() == 200
        assert abs(shown.pixmap.toImage().pixelColor(100, 100).red() - 3) <= 2
        store.rest()
        opened.append(len(originals.opened))
    assert opened == [4, 0]
    assert shelf.forget("owner") > 0


def test_other_pictures_take_nothing_of_the_earlier_ones(qtbot: QtBot, store: ThumbnailStore) -> None:
    store.show(index_of(3))
    store.want(range(3), 64, 3)
    qtbot.waitUntil(lambda: len(store) == 3)
    store.show(index_of(5))
    assert store.get(0) is None and store.taken == 0
    store.want(range(5), 64, 5)
    qtbot.waitUntil(lambda: len(store) == 5)
    store.rest()


def test_wishes_are_taken_in_order_the_classifiers_pixels_first() -> None:
    wishes = Wishes(index_of(50), None)
    wishes.replace(range(40), [3, 4], 64)
    assert wishes.take() == (list(range(32)), False, 64)
    wishes.replace([7], [8], 96)
    assert [wishes.take() for _ in range(3)] == [([7], False, 96), ([8], True, 96), ([], False, 96)]
