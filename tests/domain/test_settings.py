"""Settings survive a round trip, older files open, and a broken file costs nothing but itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maga_desk.domain.errors import OutputError
from maga_desk.domain.settings import SCHEMA, Settings, SettingsFile

ORIGIN = "https://models.example.org:8443"


def test_round_trip(home: Path) -> None:
    settings = SettingsFile()
    assert (settings.values, settings.notice) == (Settings(), None)
    settings.change(lambda now: now.having("appearance", theme="dark").having("window", geometry="00ff"))
    again = SettingsFile()
    assert again.values == settings.values != Settings()
    assert (again.values.appearance.theme, again.values.window.geometry) == ("dark", "00ff")


@pytest.mark.parametrize("content", ["{", '{"theme": "pink"}', "[]", "\x00", '{"schema_version": "x"}'])
def test_a_broken_file_is_moved_aside(home: Path, content: str) -> None:
    (home / "settings.json").write_text(content)
    settings = SettingsFile()
    assert settings.values == Settings()
    assert settings.notice is not None and "settings.broken.json" in settings.notice
    assert (home / "settings.broken.json").read_text() == content
    assert SettingsFile().notice is None


def test_a_file_of_the_first_version_opens_and_is_written_in_sections(home: Path) -> None:
    first = {"schema_version": 1, "theme": "dark", "agreed_endpoints": [ORIGIN], "geometry": "00ff"}
    (home / "settings.json").write_text(json.dumps(first))
    settings = SettingsFile()
    assert settings.notice is None
    assert settings.values.appearance.theme == "dark"
    assert settings.values.endpoints.agreed == (ORIGIN,)
    assert settings.values.window.geometry == "00ff"
    settings.change(lambda now: now.having("appearance", theme="light"))
    assert json.loads((home / "settings.json").read_text()) == {
        "schema_version": SCHEMA,
        "appearance": {"theme": "light"},
        "endpoints": {"agreed": [ORIGIN]},
        "storage": Settings().storage.model_dump(),
        "code": {"agreed": []},
        "queue": Settings().queue.model_dump(),
        "desktop": Settings().desktop.model_dump(),
        "places": {"folders": {}, "recent": {}},
        "finding": {"saved": []},
        "window": {**Settings().window.model_dump(), "geometry": "00ff", "picture_shows": []},
    }


def test_what_a_newer_version_wrote_is_kept(home: Path) -> None:
    newer = {"schema_version": 9, "appearance": {"theme": "light", "sparkle": True}, "sound": {"volume": 3}}
    (home / "settings.json").write_text(json.dumps(newer))
    settings = SettingsFile()
    assert settings.values.appearance.theme == "light"
    settings.change(lambda now: now.having("appearance", theme="dark"))
    stored = json.loads((home / "settings.json").read_text())
    assert (stored["schema_version"], stored["sound"]) == (9, {"volume": 3})
    assert stored["appearance"] == {"theme": "dark", "sparkle": True}


def test_listeners_hear_of_changes_until_they_leave(home: Path) -> None:
    settings = SettingsFile()
    heard: list[str] = []
    leave = settings.on_change(lambda: heard.append(settings.values.appearance.theme))
    settings.change(lambda now: now.having("appearance", theme="dark"))
    settings.change(lambda now: now.having("appearance", theme="dark"))
    assert heard == ["dark"], "the second changed nothing"
    leave()
    settings.change(lambda now: now.having("appearance", theme="light"))
    assert heard == ["dark"]


def test_what_another_process_changed_meanwhile_stays(home: Path) -> None:
    window, command = SettingsFile(), SettingsFile()
    command.change(lambda now: now.with_agreement(ORIGIN, agreed=True))
    window.change(lambda now: now.having("appearance", theme="dark"))
    assert SettingsFile().values.endpoints.agreed == window.values.endpoints.agreed == (ORIGIN,)


def test_agreement_is_given_once_and_taken_back() -> None:
    agreed = Settings().with_agreement(ORIGIN, agreed=True).with_agreement(ORIGIN, agreed=True)
    assert agreed.endpoints.agreed == (ORIGIN,)
    assert agreed.with_agreement(ORIGIN, agreed=False) == Settings()


def test_a_change_that_cannot_be_written_is_in_force_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    settings = SettingsFile(tmp_path / "taken" / "settings.json")
    with pytest.raises(OutputError):
        settings.change(lambda now: now.with_agreement(ORIGIN, agreed=True))
    assert settings.values.endpoints.agreed == (ORIGIN,)
