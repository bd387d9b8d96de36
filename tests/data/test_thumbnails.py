"""Thumbnails on the disk: found again, never another picture's, bounded, and gone with all that is kept."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maga_desk.data.keeping import DiskShelf, owner_of
from maga_desk.data.sources.reading import load_pictures
from maga_desk.data.thumbnails import ThumbnailFile, key_of
from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.specs.run import DataSpec

MEGABYTE = 2**20
OWNER = owner_of("/data/pets")


@pytest.fixture
def shelf(tmp_path: Path) -> DiskShelf:
    return DiskShelf(tmp_path / "kept", 100 * MEGABYTE)


def jpegs(count: int, nbytes: int) -> list[bytes]:
    rng = np.random.default_rng(0)
    return [rng.bytes(nbytes) for _ in range(count)]


def test_what_was_kept_is_found_by_another_process_and_is_private(shelf: DiskShelf) -> None:
    first, second = ThumbnailFile(shelf, OWNER), ThumbnailFile(shelf, OWNER)
    assert first.find(b"k" * 16) is None
    first.keep(b"k" * 16, b"thumbnail")
    assert second.find(b"k" * 16) == b"thumbnail" and second.find(b"l" * 16) is None
    first.close()
    second.close()
    (file,) = shelf.folder.iterdir()
    assert file.name.startswith(f"{OWNER}-") and shelf.size == file.stat().st_size > 0
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(shelf.folder.stat().st_mode) == 0o700


def test_forgetting_an_owner_and_clearing_take_thumbnails_along(shelf: DiskShelf) -> None:
    other = owner_of("/data/birds")
    for owner in (OWNER, other):
        file = ThumbnailFile(shelf, owner)
        file.keep(b"k" * 16, b"private")
        file.close()
    assert shelf.forget(OWNER) > 0
    assert [each.name.partition("-")[0] for each in shelf.folder.glob("*.kept")] == [other]
    assert ThumbnailFile(shelf, OWNER).find(b"k" * 16) is None
    shelf.clear()
    shelf.forget(OWNER)
    assert not [each for each in shelf.folder.iterdir() if other in each.name]


@pytest.mark.parametrize("is_open", [True, False])
def test_threads_that_go_on_keep_no_thumbnail_after_an_erasure(shelf: DiskShelf, is_open: bool) -> None:
    file = ThumbnailFile(shelf, OWNER)
    if is_open:
        file.keep(b"k" * 16, b"private")
    DiskShelf(shelf.folder, 0).forget(OWNER)
    file.keep(b"l" * 16, b"private")
    assert file.find(b"l" * 16) is None
    file.close()
    assert not list(shelf.folder.glob("*.kept"))
    later = ThumbnailFile(DiskShelf(shelf.folder, 100 * MEGABYTE), OWNER)
    later.keep(b"k" * 16, b"opened again")
    assert later.find(b"k" * 16) == b"opened again"
    later.close()


def test_thumbnails_stay_within_their_share_and_the_oldest_go_first(tmp_path: Path) -> None:
    shelf = DiskShelf(tmp_path / "kept", 10 * MEGABYTE)  # a fifth is two megabytes
    file = ThumbnailFile(shelf, OWNER)
    data = jpegs(300, 20_000)
    for number, each in enumerate(data):
        file.keep(number.to_bytes(16, "big"), each)
    found = [file.find(number.to_bytes(16, "big")) for number in range(300)]
    file.close()
    assert shelf.size <= 2 * MEGABYTE
    assert found[-1] == data[-1] and found[0] is None
    kept = [number for number, each in enumerate(found) if each is not None]
    assert len(kept) > 40 and kept == list(range(kept[0], 300)), "what came last is there without a gap"
    assert all(found[number] == data[number] for number in kept)


def test_all_owners_share_a_fifth_and_who_was_not_opened_for_longest_gives_way(tmp_path: Path) -> None:
    shelf = DiskShelf(tmp_path / "kept", 20 * MEGABYTE)  # a fifth is four megabytes
    owners, data = [owner_of(f"/data/{number}") for number in range(8)], jpegs(300, 20_000)
    for number, owner in enumerate(owners):
        file = ThumbnailFile(shelf, owner)
        for place, each in enumerate(data):
            file.keep(place.to_bytes(16, "big"), each)
        found = [file.find(place.to_bytes(16, "big")) is not None for place in range(300)]
        file.close()
        path = shelf.place_of(owner, "thumbnails1")
        os.utime(path, (number, number))
        assert shelf.size <= 4 * MEGABYTE and found[-1] and sum(found) > 60
    there = {each.name.partition("-")[0] for each in shelf.folder.iterdir()}
    assert owners[-1] in there and owners[0] not in there


def test_little_of_others_stays_beside_ones_own(tmp_path: Path) -> None:
    shelf = DiskShelf(tmp_path / "kept", 20 * MEGABYTE)
    owners = [owner_of(f"/data/{number}") for number in range(3)]
    for owner in owners:
        file = ThumbnailFile(shelf, owner)
        file.keep(b"k" * 16, b"thumbnail" * 1000)
        file.close()
    assert all(ThumbnailFile(shelf, owner).find(b"k" * 16) for owner in owners)


@pytest.mark.parametrize("limit", [0, MEGABYTE])
def test_nothing_is_kept_where_nothing_may_be(tmp_path: Path, limit: int) -> None:
    shelf = DiskShelf(tmp_path / "kept", limit)
    file = ThumbnailFile(shelf, OWNER)
    file.keep(b"k" * 16, b"thumbnail")
    assert file.find(b"k" * 16) is None and shelf.size == 0
    file.close()


def test_a_damaged_file_shows_nothing_and_is_begun_anew(shelf: DiskShelf) -> None:
    file = ThumbnailFile(shelf, OWNER)
    file.keep(b"k" * 16, b"a thumbnail of some length" * 400)
    file.close()
    (path,) = shelf.folder.iterdir()
    whole = path.read_bytes()
    place = whole.index(b"a thumbnail of some")
    path.write_bytes(whole[:place] + b"X" + whole[place + 1 :])
    assert file.find(b"k" * 16) is None, "its bytes do not fit their seal"
    file.close()
    path.write_bytes(b"not a database" * 100)
    assert file.find(b"k" * 16) is None
    file.keep(b"k" * 16, b"anew")
    assert file.find(b"k" * 16) == b"anew"
    file.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for kind in ("cat", "dog"):
            (tmp_path / "set" / split / kind).mkdir(parents=True)
            for number in range(2):
                pixels = rng.integers(0, 256, (64, 48, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / "set" / split / kind / f"{number}.png")
    return tmp_path / "set"


def keys(folder: Path) -> list[bytes | None]:
    train = load_pictures(DataSpec(path=str(folder)), size=16).train
    return [key_of(train, position, 256) for position in range(len(train))]


def test_a_changed_file_has_another_key_and_the_others_keep_theirs(folder: Path) -> None:
    before = keys(folder)
    assert None not in before and len(set(before)) == 4
    assert keys(folder) == before
    picture = Image.open(folder / "train" / "cat" / "1.png")
    changed = np.asarray(picture).copy()
    changed[0, 0] ^= 1  # nothing of it is seen in 16 x 16 pixels
    Image.fromarray(changed).save(folder / "train" / "cat" / "1.png")
    after = keys(folder)
    assert after[1] != before[1]
    assert [after[i] for i in (0, 2, 3)] == [before[i] for i in (0, 2, 3)]


def test_without_the_files_times_nothing_has_a_key(folder: Path) -> None:
    train = load_pictures(DataSpec(path=str(folder)), size=16).train
    bare = PictureIndex(train.backing, train.labels, train.kinds, train.names, opener=train.opener)
    assert key_of(bare, 0, 256) is None


def test_detail_is_the_part_that_the_classifier_sees(folder: Path) -> None:
    train = load_pictures(DataSpec(path=str(folder)), size=16).train
    detail, decoded = train.detail(0, 40)
    original = Image.open(folder / train.names[0])
    assert decoded == 64 * 48 and detail.size == (40, 40)
    middle = original.resize((40, 40), Image.Resampling.BILINEAR, box=(0, 8, 48, 56), reducing_gap=2.0)
    assert np.array_equal(np.asarray(detail), np.asarray(middle))
    assert train.detail(0, 500)[0].size == (48, 48), "nothing is enlarged"
