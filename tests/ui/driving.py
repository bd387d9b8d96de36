"""Driving the whole window as a person does: opening, marking, running, waiting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain import paths
from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition
from maga_desk.ui.page_table import PAGES

PATIENCE = 60_000
QUICK = {"passes": 6.0, "least_steps": 1, "noise_steps": 5, "retain_batch": 32, "forget_batch": 16}


class Windows:
    """Makes windows over the test's own store, and closes them."""

    def __init__(self, qtbot: QtBot, runs: Path) -> None:
        self._qtbot, self._runs = qtbot, runs
        self.open: list[Composition] = []

    def make(self, confirm: bool = True) -> Composition:
        composition = Composition(
            SessionStore.open(paths.sessions_file()), runs_folder=self._runs, confirm=lambda *_: confirm
        )
        composition.window.show()
        self._qtbot.waitExposed(composition.window)
        composition.start()
        self.open.append(composition)
        return composition

    def close(self, composition: Composition) -> None:
        self.open.remove(composition)
        composition.close()
        composition.window.close()
        composition.window.deleteLater()
        composition.deleteLater()


def open_tiny(qtbot: QtBot, made: Composition, spec: RunSpec) -> None:
    """Type the paths into the Load page and press Open."""
    made.load.form.path.setText(spec.data.path or "")
    made.load.form.checkpoint.setText(spec.model.checkpoint or "")
    made.load.form.device.setCurrentText("cpu")
    made.load.form.precision.setCurrentText(spec.precision)
    qtbot.mouseClick(made.load.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: made.desk.workspace is not None and made.load.open_button.isEnabled(), timeout=PATIENCE
    )  # the button comes back a moment after the workspace


def mark_class(qtbot: QtBot, made: Composition, name: str) -> None:
    made.window.show_page("forget")
    items = made.forget.classes.findItems(name, Qt.MatchFlag.MatchExactly)
    made.forget.classes.setCurrentItem(items[0])
    qtbot.mouseClick(made.forget.class_button, Qt.MouseButton.LeftButton)


def choose(made: Composition, name: str, depth: str = "quick", **params: Any) -> None:
    """A method, and the audit's depth."""
    made.run.method_changed.emit(MethodSpec(name=name, params=params))
    made.desk.set_spec(made.desk.spec.with_changes("audit", depth=depth))


def ready_to_run(qtbot: QtBot, windows: Windows, spec: RunSpec, method: str) -> Composition:
    """A window with a model, a class marked and a method chosen."""
    made = windows.make()
    qtbot.waitUntil(lambda: bool(made.desk.installation.methods), timeout=PATIENCE)
    open_tiny(qtbot, made, spec)
    mark_class(qtbot, made, "ring")
    made.window.show_page("run")
    choose(made, method)
    return made


def start_run(made: Composition, depth: str = "quick", **params: Any) -> None:
    """The audit is the quick one, as that of ``tiny_spec``: what the full one asks beside takes longer than a run."""
    made.window.show_page("run")
    choose(made, MethodSpec().name, depth, **{**QUICK, **params})
    made.run.options_changed.emit({"intent": "auto", "seed": 0, "device": "cpu", "retrained": None})
    made.run.start_requested.emit()


def wait_for_end(qtbot: QtBot, made: Composition) -> None:
    qtbot.waitUntil(lambda: made.desk.runs.shown.spec is not None and not made.desk.runs.busy, timeout=PATIENCE)


def states(made: Composition) -> dict[str, str]:
    return {info.key: button.state for info, button in zip(PAGES, made.window.rail.buttons, strict=True)}
