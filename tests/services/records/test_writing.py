"""A record's files appear together or not at all, and earlier ones stay until a person says otherwise."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from maga_desk.domain.errors import FullError, UserError
from maga_desk.services.records.reading import read_folder
from maga_desk.services.records.writing import write_record
from tests.services.test_full_disk import room


def test_an_earlier_record_is_replaced_only_when_asked(kept_run: Path, record_folder: Path, key_file: Path) -> None:
    whole = {path.name: path.read_bytes() for path in record_folder.iterdir()}
    with pytest.raises(UserError, match="is there already"):
        write_record(read_folder(kept_run), record_folder, key_file=key_file)
    assert {path.name: path.read_bytes() for path in record_folder.iterdir()} == whole
    shutil.rmtree(record_folder)
    record_folder.write_text("a file")
    with pytest.raises(UserError):
        write_record(read_folder(kept_run), record_folder, key_file=key_file)


def test_a_disk_that_fills_leaves_what_was_there(kept_run: Path, record_folder: Path, key_file: Path) -> None:
    whole = {path.name: path.read_bytes() for path in record_folder.iterdir()}
    with room(100_000), pytest.raises(FullError, match="cannot write"):
        write_record(read_folder(kept_run), record_folder, key_file=key_file, force=True)
    assert {path.name: path.read_bytes() for path in record_folder.iterdir()} == whole
    new = record_folder.parent / "new"
    with room(100_000), pytest.raises(FullError):
        write_record(read_folder(kept_run), new, key_file=key_file)
    assert not list(new.iterdir())


def test_an_input_is_never_written_over(kept_run: Path, tmp_path: Path, key_file: Path) -> None:
    folder = tmp_path / "record"
    folder.mkdir()
    key = shutil.copy(key_file, folder / "public-key.pem")
    with pytest.raises(UserError, match="is the key, and an input is never replaced"):
        write_record(read_folder(kept_run), folder, key_file=Path(key), force=True)
