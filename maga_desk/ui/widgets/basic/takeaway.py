"""Copying and saving what a plot or a table shows: one menu for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QCoreApplication, QEvent, QIODevice, QObject, QPoint, QRect, Qt, Slot
from PySide6.QtGui import QAction, QGuiApplication, QPainter
from PySide6.QtWidgets import QMenu, QTableView, QToolButton, QWidget

from maga_desk.domain.tables import csv_text
from maga_desk.ui.widgets.basic.file_dialogs import ask_target, places_of

Rows = Sequence[Sequence[str]]
"""A table as text; the first row has the titles."""

PICTURES = {"PNG picture (*.png)": ".png", "SVG drawing (*.svg)": ".svg"}
TABLES = {"CSV table (*.csv)": ".csv"}


class SaveEvent(QEvent):
    """A file that a person wants to have, sent to the window: who has an eye on the session's inputs writes it.

    :param content: what is to be in it.
    """

    KIND = QEvent.Type(QEvent.registerEventType())

    def __init__(self, path: Path, content: bytes) -> None:
        super().__init__(self.KIND)
        self.path, self.content = path, content


class Takeaway(QObject):
    """Gives a widget the actions to copy and save what it shows, and a context menu of them.

    :param name: of the file that is suggested, without its ending.
    :param rows: the data behind a plot; of a table its cells by default.
    :param menu: make the context menu; a widget with a menu of its own puts :attr:`actions` into that.
    """

    def __init__(
        self, widget: QWidget, name: str, rows: Callable[[], Rows] | None = None, *, menu: bool = True
    ) -> None:
        super().__init__(widget)
        self._widget, self._name, self._given = widget, name, rows
        self.is_table = isinstance(widget, QTableView)
        what = "table" if self.is_table else "data"
        self.actions: list[QAction] = []
        if not self.is_table:
            self._add("Copy picture", self.copy_picture)
        self._add(f"Copy {what}", self.copy_data)
        if not self.is_table:
            self._add("Save picture…", self.ask_for_picture)
        self._add(f"Save {what} as CSV…", self.ask_for_data)
        if menu:
            widget.addActions(self.actions)
            widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def rows(self) -> Rows:
        """What is shown, as text."""
        if self._given is not None:
            return self._given()
        assert isinstance(self._widget, QTableView)
        return cells_of(self._widget)

    @Slot()
    def copy_picture(self) -> None:
        QGuiApplication.clipboard().setPixmap(self._widget.grab())

    @Slot()
    def copy_data(self) -> None:
        """As lines with tabs between the cells, which spreadsheets take."""
        lines = ("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row) for row in self.rows())
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    @Slot()
    def ask_for_picture(self) -> None:
        path = self._ask("Save the picture", PICTURES)
        if path is not None:
            self._save(path, self.svg() if path.suffix.lower() == ".svg" else self.png())

    @Slot()
    def ask_for_data(self) -> None:
        path = self._ask("Save as a table", TABLES)
        if path is not None:
            self._save(path, csv_of(self.rows()))

    def png(self) -> bytes:
        """The picture as it is on the screen."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self._widget.grab().save(buffer, "PNG")
        return bytes(buffer.data().data())

    def svg(self) -> bytes:
        """The same, drawn with lines and letters."""
        from PySide6.QtSvg import QSvgGenerator

        buffer, drawing = QBuffer(), QSvgGenerator()
        drawing.setOutputDevice(buffer)
        drawing.setSize(self._widget.size())
        drawing.setViewBox(QRect(QPoint(), self._widget.size()))
        drawing.setTitle(self._widget.accessibleName() or self._name)
        painter = QPainter(drawing)
        try:
            QWidget.render(self._widget, painter, QPoint())  # a plot's own way of drawing takes other arguments
        finally:
            painter.end()
        return bytes(buffer.data().data())

    def _add(self, text: str, slot: Callable[[], None]) -> None:
        action = QAction(text, self)
        action.triggered.connect(slot)
        self.actions.append(action)

    def _ask(self, title: str, kinds: dict[str, str]) -> Path | None:
        """Where to; the ending follows the chosen kind of file."""
        first = next(iter(kinds.values()))
        start = f"{self._name}{first}"
        if not places_of(self._widget).folder("report"):
            start = str(Path.home() / start)
        name, kind = ask_target(self._widget, "report", title, start, ";;".join(kinds))
        if not name:
            return None
        return Path(name) if Path(name).suffix.lower() in kinds.values() else Path(name + kinds.get(kind, first))

    def _save(self, path: Path, content: bytes) -> None:
        window = self._widget.window()
        while (owner := window.parentWidget()) is not None:  # a dialog's window
            window = owner.window()
        QCoreApplication.sendEvent(window, SaveEvent(path, content))


def take_button(parent: QWidget, of: Callable[[], Takeaway], name: str) -> QToolButton:
    """A button with the same menu.

    :param of: whose menu; asked when it opens, where several widgets take turns.
    :param name: what is copied or saved, for readers of the screen.
    """
    button = QToolButton(parent)
    button.setText("⋯")
    button.setToolTip("Copy or save")
    button.setAccessibleName(f"Copy or save {name}")
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(button)

    def fill() -> None:
        menu.clear()
        menu.addActions(of().actions)

    menu.aboutToShow.connect(fill)
    button.setMenu(menu)
    return button


def cells_of(view: QTableView) -> Rows:
    """All cells that a table shows, with the titles of its columns, and of its rows where they are seen."""
    model, across, down = view.model(), Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    named = not view.verticalHeader().isHidden()
    columns = [column for column in range(model.columnCount()) if not view.isColumnHidden(column)]
    rows = [[*([""] if named else []), *(_text(model.headerData(column, across)) for column in columns)]]
    for row in range(model.rowCount()):
        first = [_text(model.headerData(row, down))] if named else []
        rows.append([*first, *(_text(model.index(row, column).data()) for column in columns)])
    return rows


def csv_of(rows: Rows) -> bytes:
    """As UTF-8 with commas; lines end as on Windows, as the format has it."""
    return csv_text(rows, "\r\n").encode()


def number_text(value: float | None) -> str:
    """A figure for other programs: no unit, no thin digits, empty where it is unknown."""
    return "" if value is None else f"{value:.6g}"


def _text(value: object) -> str:
    return "" if value is None else str(value)
