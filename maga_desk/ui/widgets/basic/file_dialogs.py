"""Dialogs for files and folders, which begin where the last one of their purpose ended."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from maga_desk.domain.places import Places, Purpose

NO_OPTION = QFileDialog.Option(0)


def places_of(widget: QWidget) -> Places:
    """What the window that a widget is in remembers of places: its attribute ``places``."""
    here: QWidget | None = widget
    while here is not None:
        places = getattr(here, "places", None)
        if isinstance(places, Places):
            return places
        here = here.parentWidget()
    return Places()


def ask_folder(parent: QWidget, purpose: Purpose, title: str, current: str = "") -> str:
    """Ask for a folder; empty when the person thought better of it.

    :param current: what is chosen so far; the dialog begins there.
    """
    places = places_of(parent)
    return _chosen(places, purpose, QFileDialog.getExistingDirectory(parent, title, current or places.folder(purpose)))


def ask_file(parent: QWidget, purpose: Purpose, title: str, kinds: str = "", current: str = "") -> str:
    """Ask for a file that is there; likewise."""
    places = places_of(parent)
    path, _ = QFileDialog.getOpenFileName(parent, title, current or places.folder(purpose), kinds)
    return _chosen(places, purpose, path)


def ask_target(
    parent: QWidget,
    purpose: Purpose,
    title: str,
    name: str,
    kinds: str = "",
    *,
    options: QFileDialog.Option = NO_OPTION,
) -> tuple[str, str]:
    """Ask where to write a file; its path, empty when the person thought better of it, and the kind that was chosen.

    :param name: what is suggested; a bare name in the folder of this purpose.
    """
    places = places_of(parent)
    folder = places.folder(purpose)
    start = str(Path(folder) / name) if folder and not Path(name).is_absolute() else name
    path, kind = QFileDialog.getSaveFileName(parent, title, start, kinds, options=options)
    return _chosen(places, purpose, path), kind


def _chosen(places: Places, purpose: Purpose, path: str) -> str:
    if path:
        places.went_to(purpose, path)
    return path
