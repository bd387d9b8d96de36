"""What every test starts from: no screen, an empty home, few threads, and nothing left behind."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Read by torch when it is first imported. Parallel workers share the cores, so each keeps to one.
os.environ.setdefault("OMP_NUM_THREADS", "1" if "PYTEST_XDIST_WORKER" in os.environ else "2")

import pytest

# Windows that Qt keeps for itself.
_QT_OWN_WINDOWS = {"QTipLabel", "QMenuBar", "QDesktopScreenWidget"}


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh user's data folder for each test, for subprocesses too."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MAGA_DESK_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """Fail a test that leaves a thread running. Daemon threads of libraries are let be."""
    before = set(threading.enumerate())
    yield
    left = _wait_until_empty(lambda: [thread for thread in threading.enumerate() if _is_left(thread, before)])
    assert not left, f"threads left running: {left}"


@pytest.fixture(autouse=True)
def no_widgets_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a top-level widget or a running QThread behind."""
    if not {"qtbot", "qapp"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("qapp")
    before = set(_top_widgets())
    yield
    widgets = _wait_until_empty(lambda: [widget for widget in _top_widgets() if widget not in before])
    threads = _running_qthreads()
    assert not widgets, f"top-level widgets left behind: {widgets}"
    assert not threads, f"QThreads left running: {threads}"


def _is_left(thread: threading.Thread, before: set[threading.Thread]) -> bool:
    # Threads that Python did not start (Qt's) appear as dummies, which outlive them; QThreads are looked at apart.
    foreign = isinstance(thread, threading._DummyThread)
    return thread not in before and thread.is_alive() and not thread.daemon and not foreign


def _wait_until_empty(find: Any, seconds: float = 2.0) -> list[Any]:
    """What ``find`` still returns after a short grace, in which garbage is collected."""
    end = time.monotonic() + seconds
    left = find()
    while left and time.monotonic() < end:
        gc.collect()
        time.sleep(0.01)
        left = find()
    return list(left)


def _top_widgets() -> list[Any]:
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if widget.parent() is None and widget.metaObject().className() not in _QT_OWN_WINDOWS
    ]


def _running_qthreads() -> list[Any]:
    import shiboken6
    from PySide6.QtCore import QCoreApplication, QThread

    application = QCoreApplication.instance()
    main = application.thread() if application else None
    threads = [thing for thing in gc.get_objects() if isinstance(thing, QThread) and shiboken6.isValid(thing)]
    return [thread for thread in threads if thread is not main and thread.isRunning()]
