"""The window's frame: marks of the pages, status bar, settings, help, and whether the window may close."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from maga_desk.domain.errors import UserError
from maga_desk.domain.files import write_bytes
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.protection import check_file, inputs_of
from maga_desk.domain.settings import THEMES, SettingsFile
from maga_desk.services.keeping import kept_shelf
from maga_desk.ui.actions import Actions
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.desktop import DesktopNotes
from maga_desk.ui.dialogs.about import AboutDialog
from maga_desk.ui.dialogs.help import HelpDialog
from maga_desk.ui.dialogs.settings import SettingsDialog
from maga_desk.ui.dialogs.stop import StopDialog
from maga_desk.ui.job_view import JobKind
from maga_desk.ui.main_window import MainWindow
from maga_desk.ui.page_table import PAGES, PageInfo
from maga_desk.ui.widgets.basic.copying import copied_from, select_all_in
from maga_desk.ui.widgets.basic.page import Command

log = logging.getLogger(__name__)
Confirm = Callable[[QWidget, Sequence[JobKind]], bool]


def ask_to_stop(parent: QWidget, jobs: Sequence[JobKind]) -> bool:
    """Ask whether jobs may be stopped; true to stop and close."""
    dialog = StopDialog(jobs, parent)
    dialog.exec()  # the window waits for the answer before it closes
    dialog.deleteLater()
    return dialog.agreed()


class FrameController(QObject):
    """Connects the window with desk, jobs and settings, and opens its own dialogs.

    :param confirm: asks whether the window may close while these jobs are going on or wait.
    """

    def __init__(
        self,
        window: MainWindow,
        actions: Actions,
        desk: Desk,
        jobs: Jobs,
        settings: SettingsFile,
        confirm: Confirm = ask_to_stop,
    ) -> None:
        super().__init__(window)
        self._window, self._actions, self._desk = window, actions, desk
        self._settings, self._confirm = settings, confirm
        self._help: HelpDialog | None = None
        self._notes = DesktopNotes(window)
        window.may_close = self._may_close
        window.save_requested.connect(self._save_file)
        settings.on_change(self._tick)
        self._tick()
        self._jobs = jobs
        jobs.moved.connect(self._show_job)
        jobs.over.connect(self._tell_outside)
        jobs.broken.connect(self.tell_fault)
        desk.title_changed.connect(self._show_title)
        desk.session_changed.connect(window.notices.clear)
        desk.engine_ready.connect(self._show_device)
        runs = desk.runs
        for signal in (
            desk.engine_ready,
            desk.workspace_changed,
            desk.forget_changed,
            desk.proposal_changed,
            runs.state_changed,
            runs.shown_changed,
            runs.result_changed,
            runs.recorded_changed,
            runs.judged_changed,
        ):
            signal.connect(self._show_readiness)
        for here, following in pairwise(PAGES):
            window.pages[here.key].commands["next"] = self._leading_to(following)
        self._show_readiness()

    def _leading_to(self, page: PageInfo) -> Command:
        return Command(
            partial(self._window.show_page, page.key),
            lambda: next((lack.text for lack in page.missing(self._desk)), ""),
            lambda: f"Ne&xt: {page.title}",
        )

    @Slot()
    def show_help(self) -> None:
        """Show the documentation beside the window, which stays in use."""
        self._open_help().show_start()

    @Slot()
    def show_help_on_page(self) -> None:
        """Show what the documentation says of the page in sight."""
        page = next(info for info in PAGES if self._window.pages[info.key] is self._window.page)
        self._open_help().show_place(page.help)

    def _open_help(self) -> HelpDialog:
        if self._help is None:
            self._help = HelpDialog(resources_dir() / "docs", self._window)
            self._help.finished.connect(self._help_closed)
            self._help.show()
        self._help.raise_()
        self._help.activateWindow()
        return self._help

    @Slot()
    def copy(self) -> None:
        """Copy what is selected in the widget that has the focus."""
        if text := copied_from(QApplication.focusWidget()):
            QApplication.clipboard().setText(text)
        else:
            self._window.notify("Nothing is selected that can be copied.")

    @Slot()
    def select_all(self) -> None:
        """Select all in the widget that has the focus."""
        select_all_in(QApplication.focusWidget())

    @Slot()
    def show_about(self) -> None:
        self._open(AboutDialog(self._window))

    @Slot()
    def show_settings(self) -> None:
        """Show the settings; what is changed there is in force at once."""
        dialog = SettingsDialog(self._settings.values, kept_shelf().size, self._window)
        dialog.changed.connect(self._change)
        dialog.clear_requested.connect(self._clear_kept)
        self._open(dialog)

    @Slot()
    def _clear_kept(self) -> None:
        shelf = kept_shelf()
        shelf.clear()
        dialog = self.sender()
        if isinstance(dialog, SettingsDialog):
            dialog.show_kept(shelf.size)

    def choose_theme(self, name: str) -> None:
        """Put a theme in force and remember it."""
        self._change("appearance", "theme", name)

    @Slot(object, object)
    def _save_file(self, path: Path, content: bytes) -> None:
        """What a plot or a table shows, as a file; never over an input of the session."""
        try:
            check_file(path, inputs_of(self._desk.spec), force=True)  # the dialog has asked about an earlier file
            write_bytes(path, content)
        except UserError as error:
            self._window.notify(str(error), "error")
            return
        self._window.notify(f"Saved {path}")

    @staticmethod
    def _open(dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _may_close(self) -> bool:
        kinds = [view.kind for view in self._jobs.views() if view.kind.long and view.state != "stopping"]
        return not kinds or self._confirm(self._window, kinds)

    @Slot(str, str, object)
    def _change(self, section: str, name: str, value: object) -> None:
        try:
            self._settings.change(lambda now: now.having(section, **{name: value}))
        except UserError as error:
            self._window.notify(f"The setting holds until the program ends: {error}", "warning")

    def _tick(self) -> None:
        for name in THEMES:
            self._actions[f"theme-{name}"].setChecked(name == self._settings.values.appearance.theme)

    @Slot()
    def _help_closed(self) -> None:
        if self._help is not None:
            self._help.deleteLater()
            self._help = None

    @Slot(object)
    def tell_fault(self, error: Exception) -> None:
        """A fault of ours, in whatever thread."""
        log.error("a job failed", exc_info=error)
        self._window.notify("Something went wrong on our side; the log file has the details.", "error")

    @Slot()
    def _show_job(self) -> None:
        """The job that has the worker thread, and how many wait."""
        views = self._jobs.views()
        if not views:
            self._window.set_job(None, 0, 0)
            return
        view, progress = views[0], views[0].progress
        waiting = f" ({len(views) - 1} waiting)" if len(views) > 1 else ""
        done, total = (progress.done, progress.total) if progress is not None else (0, 0)
        self._window.set_job(f"{view.words()}{waiting}", done, total)

    @Slot(object, str)
    def _tell_outside(self, kind: JobKind, outcome: str) -> None:
        """A long job has ended while the person works elsewhere: the window asks for attention, without a sound, and
        the desktop tells it, if that is wanted.
        """
        if kind.long and outcome != "cancelled" and not self._window.isActiveWindow():
            QApplication.alert(self._window)
            if self._settings.values.desktop.notify:
                end = "is finished" if outcome == "finished" else "has failed"
                self._notes.tell("MaGA Desk", f"{kind.title[:1].upper()}{kind.title[1:]} {end}.")

    @Slot()
    def _show_device(self) -> None:
        self._window.set_device(self._desk.installation.device)

    @Slot()
    def _show_title(self) -> None:
        self._window.set_session_title(self._desk.session_title)

    @Slot()
    def _show_readiness(self) -> None:
        for info in PAGES:
            self._window.pages[info.key].show_missing(info.missing(self._desk))
            self._window.set_page_state(info.key, info.state(self._desk))
        self._actions.refresh()
