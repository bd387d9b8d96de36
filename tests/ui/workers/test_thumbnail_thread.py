"""What the threads of thumbnails hand on, and which originals are worth a thumbnail on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from maga_desk.data.keeping import DiskShelf
from maga_desk.data.thumbnails import ThumbnailFile
from maga_desk.ui.workers.thumbnail_thread import Made, ThumbnailThread, Wishes
from tests.ui.item_models.test_thumbnail_store import Originals, index_of


class Ear:
    """Hears everything."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self.looked = 0

    def hear(self, _wishes: Wishes, made: list[Made]) -> None:
        self.made += [each.position for each in made]

    def look_again(self) -> None:
        self.looked += 1


@pytest.mark.parametrize("ended", [False, True])
def test_what_comes_after_the_end_is_not_handed_on(qapp: QCoreApplication, qtbot: QtBot, ended: bool) -> None:
    wishes, ear = Wishes(index_of(3), None), Ear()
    wishes.replace(range(3), [], 24)
    thread, gone = ThumbnailThread(wishes, ear), list[bool]()
    thread.finished.connect(lambda: gone.append(True))
    thread.start()
    assert thread.wait(10_000)  # what it made lies in the window's queue, and nobody has heard it yet
    if ended:
        wishes.end()
    qtbot.waitUntil(lambda: bool(gone))
    qapp.processEvents()
    assert (ear.made, ear.looked) == (([], 0) if ended else ([0, 1, 2], 1))


@pytest.mark.parametrize(("side", "kept"), [(362, False), (363, True)])  # 2 x 256 x 256 pixels lie between
def test_an_original_of_twice_a_thumbnails_pixels_is_kept(tmp_path: Path, qtbot: QtBot, side: int, kept: bool) -> None:
    shelf = DiskShelf(tmp_path / "kept", 100 * 2**20)
    opened = []
    for _ in range(2):
        originals, ear = Originals(side), Ear()
        wishes = Wishes(index_of(2, originals), ThumbnailFile(shelf, "owner"))
        wishes.replace([], [0, 1], 200)
        thread = ThumbnailThread(wishes, ear)
        thread.start()
        qtbot.waitUntil(lambda ear=ear: sorted(ear.made) == [0, 1] and ear.looked == 1)
        opened.append(len(originals.opened))
    assert opened == ([2, 0] if kept else [2, 2])
