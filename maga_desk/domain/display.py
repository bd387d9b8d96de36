"""Can a window be shown here? Standard library only, and nothing of Qt is imported to find out."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from maga_desk.domain.bundle import command


@dataclass(frozen=True)
class Library:
    """A shared library that Qt loads from the system, with the packages that hold it."""

    soname: str
    debian: str
    fedora: str


# What PySide6 6.12 needs beyond its own wheels and the C library, read off its libraries with readelf.
_QT_NEEDS = (
    Library("libEGL.so.1", "libegl1", "libglvnd-egl"),
    Library("libGL.so.1", "libgl1", "libglvnd-glx"),
    Library("libX11.so.6", "libx11-6", "libX11"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    Library("libfreetype.so.6", "libfreetype6", "freetype"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    Library("libz.so.1", "zlib1g", "zlib"),
    Library("libzstd.so.1", "libzstd1", "libzstd"),
)
_XCB_NEEDS = (
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb"),
    Library("libxcb.so.1", "libxcb1", "libxcb"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    Library("libxcb-randr.so.0", "libxcb-randr0", "libxcb"),
    Library("libxcb-render.so.0", "libxcb-render0", "libxcb"),
    Library("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    Library("libxcb-shm.so.0", "libxcb-shm0", "libxcb"),
    Library("libxcb-sync.so.1", "libxcb-sync1", "libxcb"),
    Library("libxcb-util.so.1", "libxcb-util1", "xcb-util"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
)
_WAYLAND_NEEDS = (
    Library("libwayland-client.so.0", "libwayland-client0", "libwayland-client"),
    Library("libwayland-cursor.so.0", "libwayland-cursor0", "libwayland-cursor"),
)
_PLATFORM_NEEDS = {"xcb": _XCB_NEEDS, "wayland": _WAYLAND_NEEDS, "wayland-egl": _WAYLAND_NEEDS}


def has_display() -> bool:
    """Whether a window has a place to appear: always on Windows and macOS, elsewhere a display server or a platform
    that the user names in ``QT_QPA_PLATFORM``.
    """
    if sys.platform in {"win32", "darwin"}:
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def missing_qt_libraries() -> list[Library]:
    """The system libraries that Qt needs here and that the loader does not find; empty outside Linux.

    Where an X and a Wayland display are both there, Qt takes the one that it can load, so one of them is enough.
    """
    if not sys.platform.startswith("linux"):
        return []
    choices = [_QT_NEEDS + _PLATFORM_NEEDS.get(platform, ()) for platform in _platforms()]
    return min(([library for library in needs if not _loads(library.soname)] for needs in choices), key=len)


def window_problem() -> str | None:
    """Why no window can be shown here, in one line that says what to do, or ``None``."""
    if not has_display():
        return f"no display to show a window on; start it in a desktop session, or use: {command()} demo --headless"
    missing = missing_qt_libraries()
    if not missing:
        return None
    debian = " ".join(sorted({library.debian for library in missing}))
    fedora = " ".join(sorted({library.fedora for library in missing}))
    names = ", ".join(library.soname for library in missing)
    return (
        f"the window needs system libraries that are missing ({names}); install them: "
        f"Debian/Ubuntu: sudo apt install {debian}   Fedora: sudo dnf install {fedora}"
    )


def load_torch_before_qt() -> None:
    """On Windows, load torch's core library before Qt is imported; elsewhere do nothing.

    With torch 2.9 and later, importing torch after Qt has been seen to fail there with ``WinError 1114`` in
    ``c10.dll``. Loading that library alone takes milliseconds, where importing torch takes seconds.
    """
    if sys.platform != "win32":
        return
    spec = importlib.util.find_spec("torch")
    folder = Path(spec.origin).parent / "lib" if spec is not None and spec.origin else None
    if folder is not None and (folder / "c10.dll").is_file():
        with os.add_dll_directory(str(folder)):
            ctypes.WinDLL(str(folder / "c10.dll"))


def _platforms() -> list[str]:
    """The platform plugins that Qt would try: those that the user names, else those whose display is there."""
    named = os.environ.get("QT_QPA_PLATFORM", "")
    if named:
        return [name.partition(":")[0] for name in named.split(";")]
    displays = {"xcb": "DISPLAY", "wayland": "WAYLAND_DISPLAY"}
    return [platform for platform, name in displays.items() if os.environ.get(name)] or ["xcb"]


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True
