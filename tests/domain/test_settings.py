"""Settings survive a round trip, and a broken file costs nothing but itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from maga_desk.domain.settings import Settings, load_settings, save_settings


def test_round_trip(home: Path) -> None:
    assert load_settings() == (Settings(), None)
    save_settings(Settings(theme="dark", geometry="00ff"))
    assert load_settings() == (Settings(theme="dark", geometry="00ff"), None)


@pytest.mark.parametrize("content", ["{", '{"theme": "pink"}', "[]", "\x00"])
def test_a_broken_file_is_moved_aside(home: Path, content: str) -> None:
    (home / "settings.json").write_text(content)
    settings, notice = load_settings()
    assert settings == Settings()
    assert notice is not None and "settings.broken.json" in notice
    assert (home / "settings.broken.json").read_text() == content
    assert load_settings() == (Settings(), None)


def test_keys_of_a_newer_version_are_ignored(home: Path) -> None:
    (home / "settings.json").write_text('{"theme": "light", "sparkle": true}')
    assert load_settings() == (Settings(theme="light"), None)
