"""Files are written whole or not at all, and a folder that was made for nothing goes again."""

from __future__ import annotations

from pathlib import Path

import pytest

from maga_desk.domain.errors import OutputError
from maga_desk.domain.files import folder_for


def test_a_folder_that_stays_empty_goes_again(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with folder_for(tmp_path / "mine" / "a" / "b") as made:
        assert made.is_dir()
    assert list((tmp_path / "mine").iterdir()) == [], "with the parents that were made for it, and no others"
    with folder_for(tmp_path / "mine"):
        pass
    assert (tmp_path / "mine").is_dir(), "it was there before"


def test_a_folder_with_anything_in_it_stays(tmp_path: Path) -> None:
    with folder_for(tmp_path / "a" / "b") as made:
        (tmp_path / "a" / "other").write_text("")
        (made / "file").write_text("")
    assert made.is_dir()
    (made / "file").unlink()
    with pytest.raises(RuntimeError), folder_for(made / "c"):
        raise RuntimeError
    assert made.is_dir() and not (made / "c").exists()


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write there"), folder_for(tmp_path / "file" / "out"):
        pass
