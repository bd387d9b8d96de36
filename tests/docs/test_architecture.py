"""The files and folders that the documents name are there."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*(ROOT / "resources" / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
_PATH = re.compile(
    r"`((?:maga_desk|domain|data|models|engine|auditing|guidance|store|services|cli|ui|tests)/[\w./-]*)`"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_in_the_documents_exist(page: Path) -> None:
    for named in _PATH.findall(page.read_text(encoding="utf-8")):
        places = (ROOT / named, ROOT / "maga_desk" / named)
        assert any(place.exists() for place in places), named


_NAME = re.compile(r"`(\w+)(?:\.(\w+))?`")
_DEFINED = re.compile(r"^\s*(?:class |(?:async )?def )?(\w+)\s*(?:[(:=\[]|: )", re.MULTILINE)
_IN_FILE = re.compile(r"`([\w/]+\.py): (\w+)`")


@pytest.fixture(scope="module")
def defined() -> frozenset[str]:
    """The names of classes, functions, constants and fields of the package."""
    sources = (ROOT / "maga_desk").rglob("*.py")
    return frozenset(name for source in sources for name in _DEFINED.findall(source.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["architecture.md", "one-step.md"])
def test_names_from_the_code_are_there(name: str, defined: frozenset[str]) -> None:
    """Names with a capital or an underscore, also those of the drawing."""
    page = (ROOT / "resources" / "docs" / name).read_text(encoding="utf-8")
    named = {part for pair in _NAME.findall(page) for part in pair if re.search(r"[A-Z_]", part)}
    drawn = set(re.findall(r"^ {4,}([A-Z]\w+)", page, re.MULTILINE))
    known = defined | {"NAME", "SELECT", "PRAGMA"}
    assert not (named | drawn) - known - {"maga_desk"}


def test_what_is_said_to_stand_in_a_file_stands_there() -> None:
    page = (ROOT / "resources" / "docs" / "one-step.md").read_text(encoding="utf-8")
    places = _IN_FILE.findall(page)
    assert places
    for file, name in places:
        source = (ROOT / "maga_desk" / file).read_text(encoding="utf-8")
        assert re.search(rf"^(?:class|def) {name}\b", source, re.MULTILINE), f"{file}: {name}"


def test_the_lines_of_a_step_are_those_of_the_code() -> None:
    page = (ROOT / "resources" / "docs" / "one-step.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    source = (ROOT / "maga_desk" / "engine" / "routine.py").read_text(encoding="utf-8")
    assert textwrap.indent(shown, "    ") in source
