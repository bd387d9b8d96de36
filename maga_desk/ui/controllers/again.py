"""A run that is shown, again with something else in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot

from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.controllers.asking import Say
from maga_desk.ui.controllers.queue import QueueController
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.again import AgainDialog
from maga_desk.ui.main_window import MainWindow

NewFolder = Callable[[tuple[str, ...]], Path]


class AgainController(QObject):
    """Opens the dialog for the run that is shown, and does what is chosen there.

    :param new_folder: a folder for a run that is none of those given.
    """

    def __init__(self, window: MainWindow, desk: Desk, queue: QueueController, new_folder: NewFolder, say: Say) -> None:
        super().__init__(window)
        self._window, self._desk, self._queue = window, desk, queue
        self._new_folder, self._say = new_folder, say

    @Slot()
    def ask(self) -> None:
        """Ask what is to be otherwise."""
        run = self._desk.runs.shown
        if run.spec is None:
            return
        methods = self._desk.installation.methods
        dialog = AgainDialog(run.spec, run.title, methods, self._window, may_queue=self._desk.queue.kept)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.shown.connect(self.show_settings)
        dialog.queued.connect(self.add)
        dialog.open()

    @Slot(object)
    def show_settings(self, spec: RunSpec) -> None:
        """Put a run's method and options on the Run page; what is open and marked stays."""
        desk = self._desk
        audit = spec.audit.model_copy(update={"shadows": desk.spec.audit.shadows})
        desk.choose_method(spec.method)
        taken = {key: getattr(spec, key) for key in ("seed", "intent", "device", "precision", "limits")}
        desk.set_spec(desk.spec.model_copy(update={**taken, "audit": audit}))
        self._window.show_page("run")
        same = all(getattr(spec, key) == getattr(desk.spec, key) for key in ("data", "model", "forget"))
        other = "" if same else " What is open and marked here is another request than that run's; it stays as it is."
        self._say(f"The run's settings are on the Run page.{other}", "info")

    @Slot(object)
    def add(self, specs: list[RunSpec]) -> None:
        """Let these wait in the queue, each with a folder of its own."""
        taken = [entry.folder for entry in self._desk.queue.view.to_come]
        placed: list[RunSpec] = []
        for spec in specs:
            folder = str(self._new_folder(tuple(taken)))
            taken.append(folder)
            placed.append(spec.with_changes("output", dir=folder))
        self._window.show_page("run")
        self._queue.add_specs(placed, self._desk.session_id)
