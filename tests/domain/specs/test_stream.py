"""Streams of requests as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from maga_desk.domain.errors import SpecError
from maga_desk.domain.specs.stream import read_stream

TEXT = """
[data]
path = "pictures"
[model]
checkpoint = "original.safetensors"
[output]
dir = "out"
[[request]]
name = "january"
forget = { files = "january.txt" }
[[request]]
name = "february"
forget = { classes = ["cat"] }
intent = "membership"
method = { name = "fine-tune" }
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "stream.toml"
    path.write_text(text)
    return path


def test_every_request_starts_from_the_last_result(tmp_path: Path) -> None:
    stream = read_stream(written(tmp_path, TEXT))
    first, second = stream.run_of(0, None), stream.run_of(1, "/somewhere/unlearned.safetensors")
    assert first.model.checkpoint == str(tmp_path / "original.safetensors")
    assert first.forget.files == str(tmp_path / "january.txt")
    assert first.output.dir == str(tmp_path / "out" / "january")
    assert second.model.checkpoint == "/somewhere/unlearned.safetensors"
    assert (second.intent, second.method.name) == ("membership", "fine-tune")
    assert second.output.dir == str(tmp_path / "out" / "february")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('name = "february"', 'name = "January"'), "two requests are called 'january'"),
        (('name = "february"', 'name = "../february"'), "request.1.name"),
        (("[output]", "[forget]\nclasses = ['cat']\n[output]"), r"a stream has no \[forget\]"),
        (("[[request]]", "[[requests]]"), "unknown key|request"),
    ],
)
def test_mistakes_get_one_line(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        read_stream(written(tmp_path, TEXT.replace(*change)))
