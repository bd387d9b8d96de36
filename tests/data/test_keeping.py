"""Files of what opening keeps: whole or thrown away, within a limit, private, and safe between processes."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import numpy as np
import pytest

from maga_desk.cli import main
from maga_desk.data.keeping import DiskShelf, Draft, Kept, KeptName, owner_of
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.files import write_text
from maga_desk.services.keeping import kept_shelf

ENTRY = KeptName(owner_of("/pictures"), "pictures", "ab" * 32)
ROWS = np.random.default_rng(0).integers(0, 256, (40, 3, 8, 8), dtype=np.uint8)


@pytest.fixture
def shelf(tmp_path: Path) -> DiskShelf:
    return DiskShelf(tmp_path / "kept", 10**6)


def keep(shelf: DiskShelf, entry: KeptName = ENTRY, rows: np.ndarray = ROWS) -> Kept:
    draft = shelf.begin(entry, rows.shape[1:], "uint8", len(rows))
    for part in np.array_split(rows, 3):
        draft.add(part)
    kept = draft.seal({"lost": [7]})
    draft.drop()
    return kept


def files(shelf: DiskShelf) -> list[Path]:
    """But for the file that says that something was forgotten."""
    return sorted(file for file in shelf.folder.iterdir() if file.name != "erasures")


def test_what_is_kept_comes_back_mapped(shelf: DiskShelf) -> None:
    assert shelf.find(ENTRY) is None
    first, second = keep(shelf), shelf.find(ENTRY)
    assert second is not None and second.facts == first.facts == {"lost": [7]}
    for kept in (first, second):
        np.testing.assert_array_equal(kept.array, ROWS)
        kept.array[0] = 0  # a tensor over it may be written to; the file stays as it is
    again = shelf.find(ENTRY)
    assert again is not None
    np.testing.assert_array_equal(again.array, ROWS)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
def test_nobody_else_may_look(shelf: DiskShelf) -> None:
    shelf.folder.mkdir(mode=0o755)
    keep(shelf)
    assert stat.S_IMODE(shelf.folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in files(shelf)] == [0o600]


@pytest.mark.parametrize("place", [0, 3000, -200, -60, -20, -1])
def test_a_changed_byte_is_noticed_and_the_file_thrown_away(shelf: DiskShelf, place: int) -> None:
    keep(shelf)
    (file,) = files(shelf)
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)
    assert shelf.find(ENTRY) is None
    assert files(shelf) == []


@pytest.mark.parametrize("length", [0, 10, 40 * 3 * 64, -1])
def test_half_a_file_is_noticed(shelf: DiskShelf, length: int) -> None:
    keep(shelf)
    (file,) = files(shelf)
    file.write_bytes(file.read_bytes()[:length])
    assert shelf.find(ENTRY) is None
    assert files(shelf) == []


def test_reading_can_be_cancelled(shelf: DiskShelf) -> None:
    keep(shelf)
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        shelf.find(ENTRY, control.checkpoint)
    assert len(files(shelf)) == 1


def test_one_file_in_anothers_place_is_noticed(shelf: DiskShelf) -> None:
    keep(shelf)
    other = KeptName(ENTRY.owner, "pictures", "cd" * 32)
    files(shelf)[0].rename(shelf.folder / other.file)
    assert shelf.find(other) is None


def test_a_draft_is_never_found_and_leaves_nothing(shelf: DiskShelf) -> None:
    draft = shelf.begin(ENTRY, ROWS.shape[1:], "uint8", len(ROWS))
    draft.add(ROWS[:9])
    np.testing.assert_array_equal(draft.added(), ROWS[:9])
    assert shelf.find(ENTRY) is None and len(files(shelf)) == 1
    draft.drop()
    assert files(shelf) == []


def test_two_may_write_the_same_at_once(shelf: DiskShelf) -> None:
    drafts = [shelf.begin(ENTRY, ROWS.shape[1:], "uint8", len(ROWS)) for _ in range(2)]
    for start in range(0, len(ROWS), 10):
        for draft in drafts:
            draft.add(ROWS[start : start + 10])
    kept = [draft.seal({}) for draft in drafts]
    found = shelf.find(ENTRY)
    assert found is not None and len(files(shelf)) == 1
    for each in (*kept, found):
        np.testing.assert_array_equal(each.array, ROWS)


@pytest.mark.skipif(os.name != "posix", reason="Windows removes no file that is open")
def test_what_is_open_survives_clearing(shelf: DiskShelf) -> None:
    kept = keep(shelf)
    assert shelf.clear() > ROWS.nbytes
    assert files(shelf) == [] and shelf.size == 0
    np.testing.assert_array_equal(kept.array, ROWS)


def test_the_one_not_used_for_the_longest_time_goes_first(tmp_path: Path) -> None:
    shelf = DiskShelf(tmp_path / "kept", 7 * ROWS.nbytes // 2)
    entries = [KeptName(ENTRY.owner, "pictures", f"{number}" * 64) for number in range(4)]
    for age, entry in enumerate(entries[:2]):
        keep(shelf, entry)
        os.utime(shelf.folder / entry.file, (1000 + age, 1000 + age))
    assert shelf.find(entries[0]) is not None  # used: now the second is the oldest
    for entry in entries[2:]:
        keep(shelf, entry)
    assert shelf.size <= shelf.limit
    assert [shelf.find(entry) is not None for entry in entries] == [True, False, True, True]


def test_abandoned_drafts_go(shelf: DiskShelf) -> None:
    for age in (10, 7200):
        draft = shelf.begin(ENTRY, ROWS.shape[1:], "uint8", len(ROWS))
        draft.add(ROWS)
        os.utime(draft._path, (time.time() - age,) * 2)
        draft._stream.close()  # as when a process is killed
    shelf.tidy()
    assert len(files(shelf)) == 1


def test_what_belongs_to_one_folder_can_be_removed(shelf: DiskShelf) -> None:
    other = KeptName(owner_of("/others"), "pictures", "ab" * 32)
    keep(shelf)
    keep(shelf, other)
    shelf.begin(ENTRY, ROWS.shape[1:], "uint8", 1)._stream.close()
    shelf.forget(ENTRY.owner)
    assert [file.name for file in files(shelf)] == [other.file]


@pytest.mark.parametrize("when", ["before", "while", "after"])
def test_work_that_began_before_an_erasure_keeps_nothing_after_it(
    shelf: DiskShelf, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process, or another thread, erases before the entry is begun, while it is written, or as it is placed."""
    elsewhere = DiskShelf(shelf.folder, 0)
    if when == "before":
        elsewhere.forget(ENTRY.owner)
    elif when == "while":
        real = Draft.add
        monkeypatch.setattr(Draft, "add", lambda self, rows: (real(self, rows), elsewhere.forget(ENTRY.owner)))
    else:
        moved = os.replace

        def replaced(source: Path, target: Path) -> None:
            if str(target).endswith(".kept"):
                write_text(shelf.folder / "erasures", "now")  # noted, but the entry was not there yet when it looked
            moved(source, target)

        monkeypatch.setattr(os, "replace", replaced)
    shelf.keep(ENTRY, [ROWS])
    monkeypatch.undo()
    assert files(shelf) == [] and shelf.outdated
    fresh = DiskShelf(shelf.folder, 10**6)
    fresh.keep(ENTRY, [ROWS[:5], ROWS[5:]], {"said": "later"})
    found = fresh.find(ENTRY)
    assert found is not None and found.facts == {"said": "later"}, "what is begun after it is kept again"
    np.testing.assert_array_equal(found.array, ROWS)


def test_what_is_too_large_or_finds_a_full_disk_is_not_kept(shelf: DiskShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    DiskShelf(shelf.folder, ROWS.nbytes - 1).keep(ENTRY, [ROWS])
    assert not shelf.folder.exists()
    monkeypatch.setattr(DiskShelf, "has_room", lambda self, nbytes: False)
    shelf.keep(ENTRY, [ROWS])
    assert files(shelf) == []


def test_owners_are_told_apart_by_path_alone() -> None:
    assert owner_of("/a/b") == owner_of("/a/c/../b/") != owner_of("/a")
    assert owner_of("demo") != owner_of(os.path.abspath("demo"))


def test_limits(tmp_path: Path) -> None:
    assert not DiskShelf(tmp_path, 0).takes(1)
    assert DiskShelf(tmp_path, 10).takes(10) and not DiskShelf(tmp_path, 10).takes(11)
    with pytest.raises(OSError, match="too little room"):
        DiskShelf(tmp_path, 2**63).begin(ENTRY, (2**30,), "uint8", 2**30)


def test_the_command_shows_and_clears(capsys: pytest.CaptureFixture[str]) -> None:
    keep(kept_shelf())
    assert main(["kept", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bytes"] > ROWS.nbytes and told["limit_bytes"] == 5 * 10**9 and told["cleared_bytes"] == 0
    assert main(["kept", "--clear"]) == 0
    assert capsys.readouterr().out == "0.00 GB are cleared\n"
    assert main(["kept"]) == 0
    assert capsys.readouterr().out.startswith("0.00 of at most 5 GB in ")
