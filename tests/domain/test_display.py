from __future__ import annotations

import os
import sys

import pytest

from maga_desk import __main__ as entry
from maga_desk.domain import display

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's display servers")


@pytest.fixture(autouse=True)
def no_display_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@linux_only
@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_a_display_is_what_the_environment_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert not display.has_display()
    monkeypatch.setenv(name, "")
    assert not display.has_display()
    monkeypatch.setenv(name, ":0")
    assert display.has_display()


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_other_systems_always_have_one_and_need_no_libraries(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert display.window_problem() is None


@linux_only
@pytest.mark.parametrize(
    ("environment", "soname"),
    [
        ({"DISPLAY": ":0"}, "libxcb-cursor.so.0"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "libwayland-client.so.0"),
        ({"QT_QPA_PLATFORM": "wayland-egl"}, "libwayland-client.so.0"),
        ({"QT_QPA_PLATFORM": "xcb"}, "libxcb-cursor.so.0"),
        ({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, None),
    ],
)
def test_each_platform_needs_its_own_libraries(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], soname: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(display.ctypes, "CDLL", _no_library)
    names = [library.soname for library in display.missing_qt_libraries()]
    assert "libEGL.so.1" in names
    windowing = [name for name in names if name in {"libxcb-cursor.so.0", "libwayland-client.so.0"}]
    assert windowing == ([soname] if soname else [])


@linux_only
@pytest.mark.parametrize(
    "environment", [{"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, {"QT_QPA_PLATFORM": "xcb;wayland"}]
)
def test_of_two_platforms_one_that_loads_is_enough(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(display, "_loads", lambda soname: not soname.startswith("libxcb"))
    assert display.missing_qt_libraries() == []
    monkeypatch.setattr(display, "_loads", lambda soname: soname != "libEGL.so.1")
    assert [library.soname for library in display.missing_qt_libraries()] == ["libEGL.so.1"]


@linux_only
def test_missing_libraries_get_one_line_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(display, "_loads", lambda soname: soname not in {"libxcb-cursor.so.0", "libEGL.so.1"})
    assert display.window_problem() == (
        "the window needs system libraries that are missing (libEGL.so.1, libxcb-cursor.so.0); install them: "
        "Debian/Ubuntu: sudo apt install libegl1 libxcb-cursor0   Fedora: sudo dnf install libglvnd-egl xcb-util-cursor"
    )


@linux_only
def test_the_list_is_what_the_xcb_platform_really_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the real loader has them all, Qt's own plugin must load with nothing else missing."""
    monkeypatch.setenv("DISPLAY", ":0")
    missing = display.missing_qt_libraries()
    if missing:
        pytest.skip(f"not installed here: {', '.join(library.soname for library in missing)}")
    import PySide6

    display.ctypes.CDLL(os.path.join(PySide6.__path__[0], "Qt", "plugins", "platforms", "libqxcb.so"))


@linux_only
def test_without_a_display_the_window_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.open_window() == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "demo --headless" in told


def _no_library(soname: str) -> None:
    raise OSError(soname)
