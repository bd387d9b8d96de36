"""Registries: ours first, then what installed packages add; what a package gets wrong is told and left out."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from maga_desk.cli import main
from maga_desk.data.sources.registry import SOURCES
from maga_desk.domain.errors import DataError
from maga_desk.domain.registry import OURS, Registry


@dataclass(frozen=True)
class Info:
    name: str
    title: str = ""
    summary: str = ""


@dataclass(frozen=True)
class Thing:
    info: Info


def registry() -> Registry[Thing]:
    own = (Thing(Info("plain")), Thing(Info("plain-small")), Thing(Info("other")))
    return Registry("thing", "maga_desk.things", own, kind=Thing, where="[things] name", error=DataError)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with one good entry point for things and three bad ones."""
    (tmp_path / "thing_package.py").write_text(
        "from types import SimpleNamespace\n"
        "from tests_things import Info, Thing\n"
        "GOOD, TAKEN, OTHER = Thing(Info('outside')), Thing(Info('plain')), SimpleNamespace(info=Info('x'))\n"
    )
    info = tmp_path / "thing_package-2.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing-package\nVersion: 2.1\n")
    (info / "entry_points.txt").write_text(
        "[maga_desk.things]\n"
        "a-good = thing_package:GOOD\n"
        "b-taken = thing_package:TAKEN\n"
        "c-other = thing_package:OTHER\n"
        "d-gone = thing_package:GONE\n"
        "[maga_desk.sources]\n"
        "broken = package_that_is_not_there:SOURCE\n"
    )
    monkeypatch.setitem(sys.modules, "tests_things", sys.modules[__name__])
    monkeypatch.syspath_prepend(str(tmp_path))


def test_ours_alone_in_order() -> None:
    things = registry()
    assert list(things) == list(things.own) == ["plain", "plain-small", "other"]
    assert things.origin("plain") == OURS
    assert [each.info.name for each in things.matching("plain*")] == ["plain", "plain-small"]
    assert things.problems == ()


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(DataError, match=r"no thing is called 'x'") as caught:
        registry().find("x")
    assert "[things] name" in str(caught.value) and "plain, plain-small, other" in str(caught.value)


@pytest.mark.usefixtures("installed")
def test_a_package_adds_what_is_right_and_the_rest_is_told(caplog: pytest.LogCaptureFixture) -> None:
    things = registry()
    assert list(things) == ["plain", "plain-small", "other", "outside"]
    assert things.origin("outside") == "thing-package 2.1"
    assert "outside" not in things.own
    taken, other, gone = things.problems
    assert taken == "the thing 'plain' of thing-package 2.1 is left out: the name is taken"
    assert other == "the thing 'c-other' of thing-package 2.1 is no Thing"
    assert gone.startswith("the thing 'd-gone' of thing-package 2.1 cannot be loaded:")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.usefixtures("installed")
def test_the_command_names_problems_beside_its_list(capsys: pytest.CaptureFixture[str]) -> None:
    SOURCES.read_again()
    try:
        assert main(["sources"]) == 0
    finally:
        SOURCES.read_again()
    out, err = capsys.readouterr()
    assert "folder" in out and "broken" not in out
    assert err.startswith("the source 'broken' of thing-package 2.1 cannot be loaded: No module named")
