"""What every test starts from: no screen, an empty home, few threads, and nothing left behind."""

from __future__ import annotations

import copy
import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Read by torch when it is first imported. The tests' nets are tiny: two threads would wait for each other more
# than work, badly so on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from maga_desk.domain.memory import keep_freed_memory
from maga_desk.domain.waiting import wait_asleep

keep_freed_memory()  # as the program does; it takes a tenth off the suite
wait_asleep()

# Windows that Qt keeps for itself.
_QT_OWN_WINDOWS = {"QTipLabel", "QMenuBar", "QDesktopScreenWidget"}


@pytest.fixture(scope="session", autouse=True)
def _nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is made for several tests must not reach the user's own folder either."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAGA_DESK_HOME", str(tmp_path_factory.mktemp("nobodys-home")))
        yield


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
    """Fail a test that leaves a top-level widget, a running QThread, timer or animation behind."""
    if not {"qtbot", "qapp"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("qapp")
    before = set(_top_widgets())
    gc.freeze()  # what was there before is no longer looked through, which takes ten times as long as a small test
    try:
        yield
        widgets = _wait_until_empty(lambda: [widget for widget in _top_widgets() if widget not in before])
        assert not widgets, f"top-level widgets left behind: {widgets}"
        running = _running_qt_things()
        assert not running, f"left running: {running}"
    finally:
        gc.unfreeze()


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


def _running_qt_things() -> list[Any]:
    """Threads, timers and animations that go on, of those that Python knows and that are not frozen."""
    import shiboken6
    from PySide6.QtCore import QAbstractAnimation, QCoreApplication, QThread, QTimer

    application = QCoreApplication.instance()
    main = application.thread() if application else None
    kinds = (QThread, QTimer, QAbstractAnimation)
    things = [thing for thing in gc.get_objects() if issubclass(type(thing), kinds) and shiboken6.isValid(thing)]
    return [thing for thing in things if thing is not main and _is_running(thing)]


def _is_running(thing: Any) -> bool:
    from PySide6.QtCore import QAbstractAnimation, QThread

    if isinstance(thing, QThread):
        return thing.isRunning()
    if isinstance(thing, QAbstractAnimation):
        return thing.state() == QAbstractAnimation.State.Running
    return bool(thing.isActive())


# A tiny world of pictures that every room's tests share: four shapes in two families, 16 x 16 PNG files.
SHAPES = ("cross", "disc", "ring", "square")
SHAPE_FAMILIES = {"cross": "angular", "square": "angular", "disc": "round", "ring": "round"}


def draw_shape(kind: str, rng: Any) -> Any:
    """``(16, 16, 3) uint8``: one shape in a random place and colour on a noisy ground."""
    import numpy as np

    y, x = np.mgrid[0:16, 0:16] - rng.uniform(6, 9, (2, 1, 1))
    radius, reach = np.hypot(x, y), np.maximum(np.abs(x), np.abs(y))
    size = rng.uniform(3.5, 5.5)
    inside = {
        "disc": radius < size,
        "ring": (radius < size) & (radius > size - 2),
        "square": reach < size - 0.5,
        "cross": (np.minimum(np.abs(x), np.abs(y)) < 1.2) & (reach < size),
    }[kind]
    ground = rng.uniform(0, 90) + rng.normal(0, 18, (16, 16, 3))
    picture = np.where(inside[..., None], rng.uniform(130, 255, 3) + rng.normal(0, 18, (16, 16, 3)), ground)
    return picture.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``train/<shape>/*.png`` (60 each) and ``test/<shape>/*.png`` (20 each). Do not write into it."""
    import numpy as np
    from PIL import Image

    root = tmp_path_factory.mktemp("tiny")
    for split, count in (("train", 60), ("test", 20)):
        for number, kind in enumerate(SHAPES):
            rng = np.random.default_rng([split == "test", number])
            (root / split / kind).mkdir(parents=True)
            for i in range(count):
                Image.fromarray(draw_shape(kind, rng)).save(root / split / kind / f"{i:03}.png")
    families = "\n".join(f'{kind} = "{family}"' for kind, family in SHAPE_FAMILIES.items())
    (root / "families.toml").write_text(families)
    return root


# The nets are stored. Both are resnet8, trained for 20 epochs in batches of 32, learning rate 0.1, float32; seed 0 for
# the shapes, seed 1 for the families. Processors round differently, and training makes different nets of it; whether a
# method with a short budget forgets depends on the net. From stored nets it gives the same accuracies to a few per cent
# whatever instructions the processor has. ``tests/services/test_training.py`` trains such a net.
NETS = Path(__file__).with_name("nets")


@pytest.fixture(scope="session")
def tiny_model() -> Path:
    """A classifier of the four shapes. Do not write to it."""
    return NETS / "shapes.safetensors"


@pytest.fixture(scope="session")
def tiny_family_model() -> Path:
    """A classifier of the two families. Do not write to it."""
    return NETS / "families.safetensors"


@pytest.fixture
def tiny_spec(tiny_folder: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Forget the rings; short, on the CPU, results below the test's own folder.

    Live curves have five points, and the audit is the quick one: measuring often, and learning again what was
    forgotten, take longer than the steps of a tiny net. Tests of the full audit ask for it.
    """
    from maga_desk.domain.specs.run import parse_spec
    from maga_desk.engine import loop

    monkeypatch.setattr(loop, "WATCHED_TIMES", 5)
    measure_no_formats(monkeypatch)
    return parse_spec(
        {
            "device": "cpu",
            "precision": "float32",
            "data": {"path": str(tiny_folder)},
            "model": {"checkpoint": str(tiny_model)},
            "forget": {"classes": ["ring"]},
            "method": {
                "params": {"passes": 6.0, "least_steps": 1, "noise_steps": 5, "retain_batch": 32, "forget_batch": 16}
            },
            "audit": {"depth": "quick"},
            "output": {"dir": str(tmp_path / "out")},
        }
    )


def measure_no_formats(patch: pytest.MonkeyPatch) -> None:
    """Where no precision is named, float32 is taken without measuring, which takes seconds in each fresh home."""
    from maga_desk.models import runtime
    from maga_desk.models.turns import Timed

    patch.setattr(runtime, "_measure", lambda *_: Timed({(False, False): 1.0}, steady=True))


@pytest.fixture
def watched_often(tiny_spec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live curves of two hundred points, for long runs that a test stops or looks into on the way."""
    from maga_desk.engine import loop

    monkeypatch.setattr(loop, "WATCHED_TIMES", 200)


def use_small_demo(patch: pytest.MonkeyPatch) -> None:
    """Let the demo have a twelfth of its pictures: the whole world takes many seconds to draw and to pass."""
    from maga_desk.data.demo_world.world import demo_world

    patch.setattr("maga_desk.data.demo_world.world.demo_world", lambda progress: demo_world(0, 20, 5, progress))
    measure_no_formats(patch)


@pytest.fixture
def small_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo world with few pictures."""
    use_small_demo(monkeypatch)


def with_record(checkpoint: Path, target: Path, **said: Any) -> Path:
    """A copy of a checkpoint whose record says something else of how it was made; ``None`` takes a word out."""
    from dataclasses import replace

    from maga_desk.models.checkpoint import read_state, write_state

    state, info = read_state(checkpoint)
    made = {key: value for key, value in {**info.made, **said}.items() if value is not None}
    return write_state(target, state, replace(info, made=made))


@pytest.fixture(scope="session")
def opened() -> Callable[[Any], Any]:
    """From a spec to a copy of its workspace; each checkpoint is opened once a session."""
    from maga_desk.domain.control import RunControl
    from maga_desk.domain.events import drained
    from maga_desk.services.workspace import open_workspace

    workspaces: dict[str, Any] = {}

    def of(spec: Any) -> Any:
        if spec.model.checkpoint not in workspaces:
            workspaces[spec.model.checkpoint] = drained(open_workspace(spec, RunControl()))
        return copy.deepcopy(workspaces[spec.model.checkpoint])

    return of


@pytest.fixture
def tiny_workspace(tiny_spec: Any, opened: Callable[[Any], Any]) -> Any:
    """The four shapes, opened with their net; the test's own copy."""
    return opened(tiny_spec)
