"""A person's settings, in a small JSON file: read once, then watched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from maga_desk.domain import paths
from maga_desk.domain.files import write_json
from maga_desk.domain.outside import json_of
from maga_desk.domain.own_code import agreement, is_agreed
from maga_desk.domain.specs.section import Titles

SCHEMA = 2
AT_START = {"ask": "Wait until I run the queue", "go on": "Go on by themselves"}
THEMES = {"auto": "As the system", "light": "Light", "dark": "Dark"}


class _Section(BaseModel):
    """Settings that belong together. What the program does not know is ignored: a newer version wrote it."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Appearance(_Section):
    """How the window looks."""

    theme: Annotated[Literal["auto", "light", "dark"], Titles(THEMES)] = Field(
        "auto", title="Theme", description="Light or dark colours"
    )


class Endpoints(_Section):
    """What may be sent to models that others serve."""

    agreed: tuple[str, ...] = Field(
        (),
        title="May receive pictures",
        description="Addresses that you agreed to send pictures to. Remove one, and you are asked again.",
    )


class Code(_Section):
    """What of a person's own may run."""

    agreed: tuple[str, ...] = Field(
        (),
        title="May run",
        description="Python files that build nets and that you agreed to run.",
    )


class Desktop(_Section):
    """What the computer is asked for beside the window."""

    notify: bool = Field(
        True,
        title="Tell when a long job ends",
        description="By a notification of the desktop, while another window is in use",
    )
    awake: bool = Field(
        True, title="Stay awake during a run", description="The computer does not sleep by itself; its screen may"
    )


class QueueSettings(_Section):
    """What becomes of runs that wait."""

    at_start: Annotated[Literal["ask", "go on"], Titles(AT_START)] = Field(
        "ask",
        title="Runs that wait at start",
        description="What happens to runs that waited, or were interrupted, when the program was last closed",
    )


class Storage(_Section):
    """What is kept to be faster the next time."""

    decoded_gb: float = Field(
        5.0,
        ge=0,
        le=1000,
        title="Decoded pictures, GB",
        description="Kept on the disk up to this size, with thumbnails; what was opened last stays longest. 0 keeps "
        "nothing.",
    )


class SavedQuery(_Section):
    """A query under a person's own name."""

    name: str = Field(min_length=1, max_length=200)
    query: str = Field(min_length=1, max_length=100_000)


class FindingSettings(_Section):
    """How pictures are found."""

    saved: tuple[SavedQuery, ...] = Field((), title="Saved queries", description="By name, as they are listed")

    def query(self, name: str) -> str | None:
        """What is saved under a name; capitals make no difference. ``None``: nothing."""
        return next((each.query for each in self.saved if each.name.casefold() == name.strip().casefold()), None)


class Window(_Section):
    """What the window remembers by itself."""

    geometry: str = Field("", title="Window", description="Size and place, as hexadecimal text")
    splits: dict[str, tuple[int, ...]] = Field(
        default_factory=dict, title="Splits", description="How each page is divided, in points"
    )
    picture_side: int = Field(64, ge=24, le=256, title="Pictures", description="Side of the pictures to choose from")
    picture_shows: tuple[str, ...] = Field((), title="On pictures", description="What is shown on them")


class PlacesKept(_Section):
    """Where files were last; read by :class:`~maga_desk.domain.places.Places`."""

    folders: dict[str, str] = Field(default_factory=dict, title="Folders", description="Of each purpose, the last one")
    recent: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, title="Recent", description="Of each purpose, what was opened, newest first"
    )


class Settings(_Section):
    """All settings, by section."""

    schema_version: int = Field(SCHEMA, title="Schema version", description="Of the file")
    appearance: Appearance = Field(default_factory=Appearance, title="Appearance")
    endpoints: Endpoints = Field(default_factory=Endpoints, title="Endpoints")
    code: Code = Field(default_factory=Code, title="Python files")
    desktop: Desktop = Field(default_factory=Desktop, title="Desktop")
    queue: QueueSettings = Field(default_factory=QueueSettings, title="Queue")
    storage: Storage = Field(default_factory=Storage, title="Storage")
    places: PlacesKept = Field(default_factory=PlacesKept, title="Places")
    window: Window = Field(default_factory=Window, title="Window")
    finding: FindingSettings = Field(default_factory=FindingSettings, title="Finding")

    def having(self, section: str, **values: Any) -> Settings:
        """The settings with other values in one section.

        :raises pydantic.ValidationError: a value that the section does not take.
        """
        part: _Section = getattr(self, section)
        changed = type(part).model_validate({**part.model_dump(), **values})
        return self.model_copy(update={section: changed})

    def saving_query(self, name: str, query: str) -> Settings:
        """The settings with a query under a name, in the place of an earlier one of that name."""
        kept = [each for each in self.finding.saved if each.name.casefold() != name.casefold()]
        saved = sorted((*kept, SavedQuery(name=name, query=query)), key=lambda each: each.name.casefold())
        return self.having("finding", saved=saved)

    def renaming_query(self, name: str, to: str) -> Settings:
        """The settings with a saved query under another name."""
        query = self.finding.query(name)
        return self if query is None else self.removing_query(name).saving_query(to, query)

    def removing_query(self, name: str) -> Settings:
        """The settings without a saved query."""
        return self.having("finding", saved=[each for each in self.finding.saved if each.name != name])

    def with_agreement(self, origin: str, *, agreed: bool) -> Settings:
        """The settings after a person agreed, or no longer agrees, that pictures are sent to an address."""
        others = tuple(each for each in self.endpoints.agreed if each != origin)
        return self.having("endpoints", agreed=(*others, origin) if agreed else others)

    def with_code(self, sha256: str, file: Path | str) -> Settings:
        """The settings after a person agreed that a Python file with this content runs."""
        if is_agreed(sha256, self.code.agreed):
            return self
        return self.having("code", agreed=(*self.code.agreed, agreement(sha256, file)))


class SettingsFile:
    """The settings in force. One object for the whole program reads the file, once.

    :param path: the file; that of the user's data folder by default.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or paths.settings_file()
        self.notice: str | None = None
        """A line for the person when the file was broken; it is then moved aside."""
        self._listeners: list[Callable[[], object]] = []
        self._values = Settings.model_validate(self._read())

    @property
    def values(self) -> Settings:
        return self._values

    def on_change(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Call ``listener`` after each change, until the function that is returned is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def change(self, edit: Callable[[Settings], Settings]) -> None:
        """Put other settings in force, tell the listeners, and write the file, whole or not at all.

        The file is read again first: another process of the program may have changed it meanwhile.

        :raises OutputError: the file cannot be written; the change is in force all the same.
        """
        stored = self._read()
        before, self._values = self._values, edit(Settings.model_validate(stored))
        if self._values != before:
            for listener in list(self._listeners):
                listener()
        merged = _merged(stored, self._values.model_dump(mode="json"))
        if merged != stored or not self.path.exists():
            write_json(self.path, merged)

    def _read(self) -> dict[str, Any]:
        """What the file holds, in today's layout; ``{}`` where there is none."""
        try:
            stored = _migrated(json_of(self.path.read_text(encoding="utf-8")))
            Settings.model_validate(stored)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            self.notice = self._moved_aside()
            return {}
        return stored

    def _moved_aside(self) -> str:
        aside = self.path.with_suffix(".broken.json")
        try:
            self.path.replace(aside)
        except OSError:
            return f"The settings in {self.path} cannot be read; the defaults are used."
        return f"The settings could not be read and were moved to {aside}; the defaults are used."


def _sections(stored: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had all settings in one flat table."""
    places = {"theme": "appearance.theme", "agreed_endpoints": "endpoints.agreed", "geometry": "window.geometry"}
    sections: dict[str, Any] = {key: value for key, value in stored.items() if key not in places}
    for old, new in places.items():
        if old in stored:
            section, key = new.split(".")
            sections.setdefault(section, {})[key] = stored[old]
    return sections


_MIGRATIONS: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = (_sections,)
"""The n-th makes version n + 1 of version n."""


def _migrated(stored: Any) -> dict[str, Any]:
    """A file's content in today's layout. A newer version's stays as it is.

    :raises ValueError: it is no table, or has no number as its version.
    """
    if not isinstance(stored, dict) or not isinstance(version := stored.get("schema_version", 1), int) or version < 1:
        raise ValueError("no settings")
    for step in _MIGRATIONS[version - 1 :]:
        stored = step(stored)
    return {**stored, "schema_version": max(version, SCHEMA)}


def _merged(stored: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """``values`` over ``stored``: what only a newer version knows is kept."""
    tables = {key: _merged(stored.get(key, {}), value) for key, value in values.items() if isinstance(value, dict)}
    return {**stored, **values, **tables}
