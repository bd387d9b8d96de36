"""What others called their files is shown on the terminal and not obeyed by it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maga_desk.cli import main
from maga_desk.domain.errors import DataError

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m"


def test_an_error_shows_control_characters() -> None:
    said = str(DataError(f"no pictures in {ESCAPES}", where=f"a{ESCAPES}b"))
    assert said.isprintable() and said.startswith(r"a\x1b[2J\x1b]0;owned\x07\x9b31mb: no pictures in \x1b[2J")


@pytest.mark.parametrize("command", [["data"], ["data", "--json"], ["model"]])
def test_a_command_prints_no_control_character(
    command: list[str], tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for split in ("train", "test"):
        for kind in ("ring", f"disc{ESCAPES}"):
            (tmp_path / split / kind).mkdir(parents=True)
            for file in sorted((tiny_folder / split / "ring").iterdir())[:2]:
                (tmp_path / split / kind / f"{file.stem}{ESCAPES}.png").write_bytes(file.read_bytes())
    (tmp_path / "train" / f"odd{ESCAPES}.xyz").write_bytes(b"nothing")
    main([*command, str(tmp_path)])
    out = "".join(capsys.readouterr())
    assert "disc" in out or command == ["model"]
    if "--json" in command:
        assert f"disc{ESCAPES}" in json.loads(out)["classes"], "machines read the name as it is"
    assert all(each.isprintable() or each == "\n" for each in out), [each for each in out if not each.isprintable()]
