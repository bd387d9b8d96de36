"""Where things live: the program's own resources and the user's folders."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import platformdirs

from maga_desk.domain.errors import OutputError

APP_NAME = "maga-desk"
_HOME = "MAGA_DESK_HOME"


def fault_of(path: str) -> str | None:
    """Why the system takes no such path at all (a name is too long); ``None``: it does, be anything there or not."""
    try:
        os.stat(path)
    except OSError as error:
        return error.strerror if error.errno in _NO_PATH else None
    except ValueError:  # a NUL in it
        return "has a NUL character in it"
    return None


_NO_PATH = frozenset({errno.ENAMETOOLONG, errno.EINVAL})


def resources_dir() -> Path:
    """The folder ``resources/``: beside the package in a checkout, inside it when installed or in the bundle."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        return Path(frozen) / "resources"
    package = Path(__file__).resolve().parents[1]
    installed = package / "resources"
    return installed if installed.is_dir() else package.parent / "resources"


def demo_dir() -> Path:
    """The shipped demo checkpoints."""
    return resources_dir() / "demo"


def data_dir() -> Path:
    """The user's data folder (``MAGA_DESK_HOME`` overrides it); made when missing.

    :raises OutputError: it cannot be made.
    """
    override = os.environ.get(_HOME)
    path = Path(override) if override else Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make the user's data folder: {error.strerror}",
            where=str(path),
            todo="set MAGA_DESK_HOME to another",
        ) from error
    return path


def kept_dir() -> Path:
    """What was computed from pictures, to open them again at once: below the user's cache folder. Not made here."""
    override = os.environ.get(_HOME)
    cache = Path(override) / "cache" if override else Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False))
    return cache / "kept"


def sessions_file() -> Path:
    """The SQLite database of sessions."""
    return data_dir() / "sessions.sqlite"


def runs_dir() -> Path:
    """Where the window puts run folders unless told otherwise."""
    return data_dir() / "runs"


def references_dir() -> Path:
    """Retrained references, kept by what they were trained on so that a second audit need not retrain."""
    return data_dir() / "references"


def settings_file() -> Path:
    return data_dir() / "settings.json"


def speed_file() -> Path:
    """What the short measurement said about number formats on this machine."""
    return data_dir() / "precision.json"


def rates_file() -> Path:
    """How long things took on this machine; told before they are done again."""
    return data_dir() / "rates.json"


def forecasts_file() -> Path:
    """What was forecast of runs, until they begin."""
    return data_dir() / "forecasts.json"


def log_file() -> Path:
    return data_dir() / "maga-desk.log"
