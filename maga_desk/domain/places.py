"""Where a person's files were last, by what they are for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from maga_desk.domain.errors import UserError
from maga_desk.domain.settings import Settings, SettingsFile

Purpose = Literal["pictures", "checkpoint", "retrained", "families", "names", "spec", "guidance", "export", "report"]
MOST = 10
"""So many recent files and folders are kept for each purpose."""


class Places:
    """The folder for each file dialog, and what was opened; kept in the settings.

    :param settings: where they are kept; without them nothing is remembered.
    """

    def __init__(self, settings: SettingsFile | None = None) -> None:
        self._settings = settings

    def folder(self, purpose: Purpose) -> str:
        """Where a dialog begins; empty where nothing is known, or the folder is gone."""
        folder = self._settings.values.places.folders.get(purpose, "") if self._settings else ""
        return folder if folder and Path(folder).is_dir() else ""

    def recent(self, purpose: Purpose) -> tuple[str, ...]:
        """What was opened, newest first, of what is still there."""
        known = self._settings.values.places.recent.get(purpose, ()) if self._settings else ()
        return tuple(path for path in known if Path(path).exists())

    def went_to(self, purpose: Purpose, path: str) -> None:
        """A file or folder was chosen in a dialog: the next one begins where it lies."""
        self._change("folders", lambda now: {**now, purpose: str(Path(path).parent)})

    def opened(self, purpose: Purpose, path: str) -> None:
        """A file or folder was opened: offer it again."""

        def with_it(now: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
            others = [each for each in now.get(purpose, ()) if each != path]
            return {**now, purpose: (path, *others)[:MOST]}

        self._change("recent", with_it)

    def forget(self, purpose: Purpose) -> None:
        """Offer nothing more of what was opened."""
        self._change("recent", lambda now: {**now, purpose: ()})

    def forget_all(self, paths: Iterable[str]) -> None:
        """Offer none of these, and begin no dialog in one of them, whatever they were opened for."""
        gone = {os.path.abspath(path) for path in paths}

        def stays(path: str) -> bool:
            return os.path.abspath(path) not in gone

        def without(now: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
            return {key: tuple(filter(stays, known)) for key, known in now.items()}

        self._change("recent", without)
        self._change("folders", lambda now: {key: path if stays(path) else "" for key, path in now.items()})

    def _change(self, what: str, edit: object) -> None:
        if self._settings is None or not callable(edit):
            return

        def changed(now: Settings) -> Settings:
            return now.having("places", **{what: edit(getattr(now.places, what))})

        with contextlib.suppress(UserError):  # a full disk costs the next start a few clicks
            self._settings.change(changed)
