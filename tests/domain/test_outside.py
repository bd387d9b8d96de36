"""What others wrote is read within bounds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from maga_desk.domain.errors import SpecError
from maga_desk.domain.outside import json_of, read_bytes, read_text, toml_of
from maga_desk.domain.specs.run import read_spec


@pytest.mark.parametrize("parse", [json_of, lambda text: toml_of(f"x = {text}")])
@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5_000, "[", "\0"])
def test_text_that_cannot_be_parsed_is_one_kind_of_error(parse: object, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (each parser has its own words)
        parse(text)  # type: ignore[operator]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_pipes_and_devices_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "spec.toml")
    for path in (tmp_path / "spec.toml", Path("/dev/zero")):
        with pytest.raises(OSError, match="is no plain file"):
            read_bytes(path)
        with pytest.raises(SpecError, match="cannot read: is no plain file"):
            read_spec(path)


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as stream:
        stream.truncate(2**40)  # without taking room
    with pytest.raises(OSError, match="larger than 64 MiB"):
        read_bytes(path)
    with pytest.raises(OSError, match="larger than 0 MiB"):
        read_text(path, most=0)


@pytest.mark.parametrize("key", ["data.path", "model.checkpoint", "output.dir", "forget.classes"])
def test_a_nul_in_a_spec_is_named(tmp_path: Path, key: str) -> None:
    section, name = key.split(".")
    value = '["a\\u0000b"]' if name == "classes" else '"a\\u0000b"'
    path = tmp_path / "spec.toml"
    path.write_text(f"[{section}]\n{name} = {value}\n")
    with pytest.raises(SpecError, match=rf"'{key}.*has a NUL character"):
        read_spec(path)


@pytest.mark.parametrize("text", [f"{'.'.join(['a'] * 20_000)} = 1", f"[{'.'.join(['a'] * 20_000)}]"])
def test_keys_that_would_take_hours_are_not_parsed(text: str) -> None:
    with pytest.raises(ValueError, match="nested too deep"):
        toml_of(text)


def test_dots_elsewhere_are_no_keys() -> None:
    dots = "." * 300
    text = f'a = \'{dots}\' # {dots}\nb = [{"0.5, " * 300}]\nc = "\\"{dots}"\nd = """\n{dots}"""\n'
    assert toml_of(text) == {"a": dots, "b": [0.5] * 300, "c": f'"{dots}', "d": dots}
