"""SHA-256 of files: read once, told apart by stamps, and lists of them on the command line."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from maga_desk.cli import main
from maga_desk.data.keeping import DiskShelf
from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.events import Progress
from maga_desk.domain.lists.found import finished
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.run import DataSpec, RunSpec
from maga_desk.services import file_hashes
from maga_desk.services.file_hashes import FileHashes, hashing


@pytest.fixture
def data(tiny_folder: Path, tmp_path: Path) -> DataSpec:
    shutil.copytree(tiny_folder, tmp_path / "pictures")
    return DataSpec(source="folder", path=str(tmp_path / "pictures"))


@pytest.fixture
def shelf(tmp_path: Path) -> DiskShelf:
    return DiskShelf(tmp_path / "shelf", 10**8)


def now(images: ImageSet, data: DataSpec, shelf: DiskShelf, *wanted: str) -> FileHashes:
    return finished(hashing(images, data, shelf, RunControl(), wanted))


def test_files_are_read_once_and_what_changed_again(
    data: DataSpec, shelf: DiskShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = load_pictures(data)
    real, opened = file_hashes.sha256_of, list[str]()
    monkeypatch.setattr(file_hashes, "sha256_of", lambda path: opened.append(path) or real(path))
    monkeypatch.setattr(file_hashes, "CLOCK_STEP", -(10**12))  # no file is too young to be kept
    found = now(images, data, shelf)
    first = images.train.file(0)
    assert len(opened) == len(images.train) == sum(map(len, found.files.values())) and not found.gone
    assert 0 in found.find(hashlib.sha256(Path(first).read_bytes()).hexdigest())
    opened.clear()
    assert now(images, data, shelf).files == found.files and opened == []
    Path(first).write_bytes(b"other")
    assert 0 in now(images, data, shelf).find(hashlib.sha256(b"other").hexdigest()) and opened == [first]


def test_a_young_file_is_read_again(data: DataSpec, shelf: DiskShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    images = load_pictures(data)
    monkeypatch.setattr(file_hashes, "CLOCK_STEP", 10**15)
    now(images, data, shelf)
    opened: list[str] = []
    real = file_hashes.sha256_of
    monkeypatch.setattr(file_hashes, "sha256_of", lambda path: opened.append(path) or real(path))
    now(images, data, shelf)
    assert len(opened) == len(images.train)


def test_a_file_that_is_gone_is_said_and_the_rest_is_found(data: DataSpec, shelf: DiskShelf) -> None:
    images = load_pictures(data)
    os.remove(images.train.file(3))
    found = now(images, data, shelf)
    assert found.gone == (images.train.names[3],)
    assert sum(map(len, found.files.values())) == len(images.train) - 1


def test_it_can_be_cancelled_and_goes_on_from_there(
    data: DataSpec, shelf: DiskShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, control = load_pictures(data), RunControl()
    monkeypatch.setattr(file_hashes, "_OFTEN", 10)
    monkeypatch.setattr(file_hashes, "CLOCK_STEP", -(10**12))
    events = hashing(images, data, shelf, control)
    told = [event.done for event in itertools.islice(events, 6) if isinstance(event, Progress)]
    control.cancel()
    with pytest.raises(Cancelled):
        next(events)
    assert told == [0, 10, 20, 30, 40, 50]
    opened: list[str] = []
    real = file_hashes.sha256_of
    monkeypatch.setattr(file_hashes, "sha256_of", lambda path: opened.append(path) or real(path))
    now(images, data, shelf)
    assert len(opened) == len(images.train) - 60


def test_hashes_of_decoded_pixels_are_looked_at_where_files_do_not_tell(data: DataSpec, shelf: DiskShelf) -> None:
    images = load_pictures(data)
    mark = images.marks_of(np.array([5]))[0].hex()
    assert 5 in now(images, data, shelf, mark).find(mark)
    assert not now(images, data, shelf).pixels


@pytest.mark.parametrize("how", ["file", "pixels"])
def test_a_list_of_hashes_on_the_command_line(
    how: str, tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = load_pictures(tiny_spec.data)
    file = Path(images.train.file(7)).read_bytes()
    digest = hashlib.sha256(file).hexdigest()
    twins = [i for i in range(len(images.train)) if Path(images.train.file(i)).read_bytes() == file]
    if how == "pixels":
        from maga_desk.services.workspace import open_workspace

        read = finished(open_workspace(tiny_spec, RunControl())).images
        digest = read.marks_of(np.array([7]))[0].hex()
        twins = [i for i, each in enumerate(read.marks_of(np.arange(len(read.train)))) if each.hex() == digest]
    (tmp_path / "sums.txt").write_text(f"{digest}  some.png\n{'0' * 64}  other.png\n")
    spec = tiny_spec.with_changes("forget", classes=(), files=str(tmp_path / "sums.txt"))
    (tmp_path / "spec.toml").write_text(spec.to_toml())
    assert main(["select", str(tmp_path / "spec.toml"), "--json"]) == 2
    assert "1 of 2 names are not among" in capsys.readouterr().err
    assert main(["select", str(tmp_path / "spec.toml"), "--json", "--allow-missing"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["positions"] == twins and "SHA-256" in found["notes"][0]
