"""Decoding once: what is kept is what decoding gives, and a change is always seen."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maga_desk.data.keeping import DiskShelf
from maga_desk.data.sources.reading import load_pictures
from maga_desk.data.sources.source import Contents, Listing, Source, SourceRequest
from maga_desk.data.sources.stamps import Stamps
from maga_desk.domain.choices import SourceInfo
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import DataError
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.pixels import InMemory, Mapped
from maga_desk.domain.registry import Registry
from maga_desk.domain.specs.run import DataSpec


class Counting:
    """A source whose pictures come from one file, a byte each; remembers what was opened."""

    def __init__(self, file: Path) -> None:
        self.file, self.opened = file, list[str]()
        self.unreadable = {"train/3"}
        file.write_bytes(bytes(range(40)))

    def read(self, request: SourceRequest) -> Contents:
        stamps = Stamps.of(self.file)

        def opened(name: str) -> Image.Image:
            self.opened.append(name)
            if name in self.unreadable:
                raise DataError("unreadable")
            return Image.new("RGB", (12, 12), (self.file.read_bytes()[int(name.rpartition("/")[2])], 0, 0))

        def listing(split: str, count: int) -> Listing:
            return Listing(tuple(f"{split}/{i}" for i in range(count)), np.arange(count) % 2, opened, stamps=stamps)

        return Contents(("a", "b"), listing("train", 30), listing("test", 8))


@pytest.fixture
def shelf(tmp_path: Path) -> DiskShelf:
    return DiskShelf(tmp_path / "kept", 10**8)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    made = Counting(tmp_path / "bytes")
    record = Source(SourceInfo("counting", "Counting", "Made up."), made.read)
    registry = Registry("source", "of.no.package", (record,), kind=Source, where="[data] source")
    monkeypatch.setattr("maga_desk.data.sources.reading.SOURCES", registry)
    return made


def read(shelf: DiskShelf | None, lines: list[str] | None = None, **data: Any) -> ImageSet:
    say = (lambda line: None) if lines is None else lines.append
    return load_pictures(DataSpec(source="counting", **data), shelf=shelf, say=say)


def same(one: ImageSet, other: ImageSet) -> None:
    assert (one.fingerprint, one.test_digest, one.skipped) == (other.fingerprint, other.test_digest, other.skipped)
    assert (one.train.names, one.test.names) == (other.train.names, other.test.names)
    np.testing.assert_array_equal(one.train.whole(), other.train.whole())


def test_the_second_time_nothing_is_decoded(shelf: DiskShelf, source: Counting) -> None:
    plain, first = read(None), read(shelf)
    source.opened.clear()
    second = read(shelf)
    assert source.opened == ["train/3"]  # what could not be read is tried again, nothing else
    assert isinstance(second.train.backing, Mapped)
    for each in (first, second):
        same(plain, each)


@pytest.mark.parametrize("other", [{"size": 8}, {"train_limit": 9}, {"train_limit": 9, "subset_seed": 3}])
def test_other_settings_are_other_pictures(shelf: DiskShelf, source: Counting, other: dict[str, Any]) -> None:
    read(shelf)
    same(read(shelf, **other), read(None, **other))


def test_a_set_with_held_out_pictures_is_the_same_from_the_shelf(shelf: DiskShelf, source: Counting) -> None:
    one, other = read(None, held_out=0.5), [read(shelf, held_out=0.5) for _ in range(2)][1]
    same(one, other)
    assert one.held_out is not None and other.held_out is not None
    np.testing.assert_array_equal(one.held_out.whole(), other.held_out.whole())


def test_what_becomes_readable_is_read(shelf: DiskShelf, source: Counting) -> None:
    read(shelf)
    source.unreadable.clear()
    assert read(shelf).skipped == ()


def test_a_changed_file_is_seen_with_its_size_and_time_put_back(shelf: DiskShelf, source: Counting) -> None:
    read(shelf)
    about = source.file.stat()
    source.file.write_bytes(bytes(range(1, 41)))
    os.utime(source.file, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert read(shelf).train.whole()[0, 0, 0, 0] == 1


def test_a_change_too_quick_for_the_clock_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "picture"
    file.write_bytes(b"one")
    stamps = Stamps.of(file)
    before = stamps.young()
    file.write_bytes(b"two")  # the clock may not have moved
    assert stamps.young() != before
    later = stamps.taken + 10**11
    assert (
        Stamps(stamps.files, stamps.values, later).young() == Stamps((), stamps.values[:0]).young()
    )  # nothing is read
    assert Stamps(stamps.files, stamps.values, later).young(stamps.taken) == stamps.young()


def test_every_change_below_a_folder_is_seen(shelf: DiskShelf, tiny_folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(tiny_folder, root)
    spec = DataSpec(path=str(root))

    def marks() -> tuple[str, ...]:
        images = load_pictures(spec, shelf=shelf)
        plain = load_pictures(spec)
        same(images, plain)
        return images.fingerprint, images.test_digest

    first = marks()
    assert marks() == first
    picture, other = root / "train" / "disc" / "000.png", root / "train" / "disc" / "001.png"
    os.replace(shutil.copy2(other, tmp_path / "other.png"), picture)  # another picture, with an old time
    second = marks()
    other.unlink()
    third = marks()
    (root / "train" / "disc" / "002.png").rename(root / "train" / "ring" / "moved.png")
    assert len({first, second, third, marks()}) == 4


def test_a_damaged_file_is_made_anew(shelf: DiskShelf, source: Counting) -> None:
    first = read(None)
    read(shelf)
    for file in shelf.folder.iterdir():
        data = bytearray(file.read_bytes())
        data[100] ^= 255
        file.write_bytes(data)
    source.opened.clear()
    same(first, read(shelf))
    assert len(set(source.opened)) == 38
    source.opened.clear()
    same(first, read(shelf))
    assert source.opened == ["train/3"]


@contextmanager
def no_file_beyond(nbytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (nbytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 5000])
def test_a_full_disk_costs_one_line_and_the_keeping(shelf: DiskShelf, source: Counting, room: int) -> None:
    plain, lines = read(None), list[str]()
    with no_file_beyond(room):
        images = read(shelf, lines)
    same(plain, images)
    assert isinstance(images.train.backing, InMemory)
    assert lines[0].startswith("The decoded pictures cannot be kept (") and len(set(lines)) == 1
    assert [file for file in shelf.folder.iterdir() if file.suffix == ".part"] == []


def test_a_folder_that_cannot_be_made_costs_the_same(tmp_path: Path, source: Counting) -> None:
    (tmp_path / "file").write_text("in the way")
    lines = list[str]()
    same(read(None), read(DiskShelf(tmp_path / "file", 10**8), lines))
    assert lines


def test_what_is_larger_than_the_limit_is_not_kept(tmp_path: Path, source: Counting) -> None:
    lines = list[str]()
    same(read(None), read(DiskShelf(tmp_path / "kept", 100), lines))
    assert "more than the" in lines[0] and not (tmp_path / "kept").exists()
    same(read(None), read(DiskShelf(tmp_path / "kept", 0), lines[:0]))


def test_cancelled_in_between_nothing_stays(shelf: DiskShelf, source: Counting) -> None:
    control = RunControl()
    with pytest.raises(Cancelled):
        load_pictures(
            DataSpec(source="counting"), shelf=shelf, control=control, report=lambda done, total: control.cancel()
        )
    assert len(source.opened) < 38
    assert list(shelf.folder.iterdir()) == []
