"""The main window: assembly of rail, pages, menus and status bar. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from PySide6.QtCore import QByteArray, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from maga_desk import __version__
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.sessions import SessionInfo
from maga_desk.ui.dialogs.help import HelpDialog
from maga_desk.ui.page_table import PageInfo
from maga_desk.ui.widgets.basic.notice import Level, Notice
from maga_desk.ui.widgets.basic.rail import Rail

_SPEC_FILES = "Run specifications (*.toml);;All files (*)"
ABOUT = (
    f"<b>MaGA Desk {__version__}</b><p>Machine unlearning of image classifiers, by machine-guided amnesiac unlearning "
    "(MaGA / MeGU, arXiv 2602.17088).</p><p>Its figures are evidence of forgetting, not proof of it.</p>"
)


class MainWindow(QMainWindow):
    """Signals: ``page_chosen(str key)``, ``new_requested()``, ``open_spec_requested(str path)``,
    ``save_spec_requested(str path)``, ``session_chosen(int id)``, ``theme_chosen(str)``, ``closed()``.

    ``may_close`` is asked before the window closes.
    """

    page_chosen = Signal(str)
    new_requested = Signal()
    open_spec_requested = Signal(str)
    save_spec_requested = Signal(str)
    session_chosen = Signal(int)
    theme_chosen = Signal(str)
    closed = Signal()

    def __init__(self, pages: Sequence[PageInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.may_close: Callable[[], bool] = lambda: True
        self._keys = [info.key for info in pages]
        self.setWindowTitle("MaGA Desk")
        self.resize(1280, 800)
        self.setMinimumSize(760, 480)
        self.rail = Rail([info.title for info in pages], self)
        self.rail.setFixedWidth(150)
        self.stack = QStackedWidget(self)
        self.notice = Notice(self, closable=True)
        self.session = QLabel(self)
        self.session.setObjectName("muted")
        self._device, self._job, self._bar = QLabel(self), QLabel(self), QProgressBar(self)
        self._recent = QMenu("Recent sessions", self)
        self.pages = {info.key: info.page(self) for info in pages}
        for info in pages:
            self.pages[info.key].introduce(info.title, info.subtitle)
            self.stack.addWidget(self.pages[info.key])
        self._lay_out()
        self._make_menus(pages)
        self.rail.chosen.connect(self._choose)
        self.show_page(self._keys[0])
        self.set_job(None, 0, 0)
        self.set_session_title("")

    def show_page(self, key: str) -> None:
        """Bring a page to the front."""
        self._choose(self._keys.index(key))

    def set_page_state(self, key: str, state: str) -> None:
        """The mark of a page: ``missing``, ``ready``, ``done``, ``busy`` or ``paused``."""
        self.rail.buttons[self._keys.index(key)].set_state(state)

    def set_session_title(self, title: str) -> None:
        self.session.setText(title)
        self.session.setVisible(bool(title))
        self.setWindowTitle(f"{title} – MaGA Desk" if title else "MaGA Desk")

    def set_device(self, text: str) -> None:
        self._device.setText(text)

    def set_job(self, text: str | None, done: int, total: int) -> None:
        """What is being worked on; ``None`` when nothing is. ``total`` 0: a bar that only moves."""
        for widget in (self._job, self._bar):
            widget.setVisible(text is not None)
        self._job.setText(text or "")
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    def show_recent(self, recent: Sequence[SessionInfo]) -> None:
        """Fill the menu of recent sessions."""
        self._recent.clear()
        self._recent.setEnabled(bool(recent))
        for info in recent:
            action = self._recent.addAction(info.title)
            action.setData(info.id)

    def notify(self, text: str, level: str = "info") -> None:
        """One line over the pages, until it is closed or another comes."""
        self.notice.say(text, cast(Level, level))

    def geometry_text(self) -> str:
        """Size and place as text."""
        return bytes(self.saveGeometry().toHex().data()).decode()

    def restore_geometry_text(self, text: str) -> None:
        """The inverse; texts that make no sense are ignored."""
        if text:
            self.restoreGeometry(QByteArray.fromHex(text.encode()))

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.may_close():
            event.accept()
            self.closed.emit()
        else:
            event.ignore()

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        for widget in (self.session, self.notice):
            holder = QVBoxLayout()
            holder.setContentsMargins(24, 8, 24, 0)
            holder.addWidget(widget)
            right.addLayout(holder)
        right.addWidget(self.stack, 1)
        centre = QWidget(self)
        row = QHBoxLayout(centre)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(right, 1)
        self.setCentralWidget(centre)
        self._bar.setMaximumWidth(180)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress of the current job")
        status = self.statusBar()
        status.addWidget(self._job)
        status.addWidget(self._bar)
        status.addPermanentWidget(self._device)

    def _make_menus(self, pages: Sequence[PageInfo]) -> None:
        file = self.menuBar().addMenu("&File")
        self._add(file, "&New session", self.new_requested.emit, QKeySequence.StandardKey.New)
        self._add(file, "&Open spec…", self._ask_open, QKeySequence.StandardKey.Open)
        self._add(file, "&Save spec as…", self._ask_save, QKeySequence.StandardKey.Save)
        file.addMenu(self._recent)
        self._recent.triggered.connect(self._recent_chosen)
        file.addSeparator()
        self._add(file, "&Quit", self.close, QKeySequence("Ctrl+Q"))  # the standard key is empty on some platforms
        view = self.menuBar().addMenu("&View")
        for number, info in enumerate(pages):
            action = self._add(view, info.title, self._page_action, QKeySequence(f"Ctrl+{number + 1}"))
            action.setData(number)
        view.addSeparator()
        group = QActionGroup(self)
        for name, title in (("auto", "As the system"), ("light", "Light"), ("dark", "Dark")):
            action = self._add(view, title, self._theme_action)
            action.setData(name)
            action.setCheckable(True)
            group.addAction(action)
        self._themes = group
        about = self.menuBar().addMenu("&Help")
        self._add(about, "&Documentation", self._show_help, QKeySequence.StandardKey.HelpContents)
        self._add(about, "&About", self._show_about)

    def mark_theme(self, name: str) -> None:
        """Tick the theme in force in its menu."""
        for action in self._themes.actions():
            action.setChecked(action.data() == name)

    def _add(
        self,
        menu: QMenu,
        text: str,
        slot: Callable[[], object],
        key: QKeySequence | QKeySequence.StandardKey | None = None,
    ) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(slot)
        if key is not None:
            action.setShortcut(QKeySequence(key))
        return action

    @Slot(int)
    def _choose(self, position: int) -> None:
        self.rail.select(position)
        if self.rail.isAncestorOf(self.focusWidget() or self):
            self.rail.buttons[position].setFocus()  # the ring follows the page
        self.stack.setCurrentIndex(position)
        self.page_chosen.emit(self._keys[position])

    @Slot()
    def _page_action(self) -> None:
        self._choose(cast(QAction, self.sender()).data())

    @Slot()
    def _theme_action(self) -> None:
        name = cast(QAction, self.sender()).data()
        self.mark_theme(name)
        self.theme_chosen.emit(name)

    @Slot(QAction)
    def _recent_chosen(self, action: QAction) -> None:
        self.session_chosen.emit(action.data())

    @Slot()
    def _ask_open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a run specification", "", _SPEC_FILES)
        if path:
            self.open_spec_requested.emit(path)

    @Slot()
    def _ask_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save the run specification", "spec.toml", _SPEC_FILES)
        if path:
            self.save_spec_requested.emit(path)

    @Slot()
    def _show_help(self) -> None:
        dialog = HelpDialog(resources_dir() / "docs", self)
        dialog.exec()
        dialog.deleteLater()

    @Slot()
    def _show_about(self) -> None:
        QMessageBox.about(self, "About MaGA Desk", ABOUT)
