"""A line for queries: names of columns and their values are proposed, a mistake is underlined where it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, QStringListModel, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QInputMethodEvent, QKeyEvent, QTextCharFormat
from PySide6.QtWidgets import QAbstractItemView, QCompleter, QLineEdit, QWidget

from maga_desk.domain.finding.query import quoted
from maga_desk.ui import theme

Suggest = Callable[[str, str], Sequence[str]]
"""Values of a column that begin so, a few."""

_BREAKS = " ()|\t"
_SIGNS = ":=<>!"


def token_at(text: str, place: int) -> tuple[int, str, str, str]:
    """The part of a query that is being written: where what is proposed would begin, the column that it is a value of
    (empty: it is a column itself), the operator before it, and what is there of it.
    """
    start, within = 0, False
    for position, letter in enumerate(text[:place]):
        if letter == '"':
            within = not within
        elif letter in _BREAKS and not within:
            start = position + 1
    if text[start : start + 1] == "-":
        start += 1
    part = text[start:place]
    sign = next((i for i, letter in enumerate(part) if letter in _SIGNS), None)
    if sign is None:
        return start, "", "", part
    end = sign + 1 + (part[sign + 1 : sign + 2] == "=")
    value = max(end, part.rfind(",") + 1) if '"' not in part[end:] else end
    return start + value, part[:sign], part[sign:end], part[value:]


class QueryLine(QLineEdit):
    """Signals: ``asked(str)``: the text, at once or after a pause (:meth:`wait`); ``settled(str)``: a query that can be
    read, once a person has finished it.
    """

    asked = Signal(str)
    settled = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[str, ...] = ()
        self._suggest: Suggest = lambda _column, _begun: ()
        self._mistake: tuple[int, int] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask)
        self._words = QStringListModel(self)
        self.proposals = QCompleter(self._words, self)
        self.proposals.setWidget(self)
        self.proposals.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.proposals.activated.connect(self._take)
        self.setClearButtonEnabled(True)
        self.textChanged.connect(self._changed)
        self.textEdited.connect(self._propose)
        self.editingFinished.connect(self._settle)

    def set_columns(self, columns: Sequence[str], suggest: Suggest) -> None:
        """What can be asked for."""
        self._columns, self._suggest = tuple(columns), suggest

    def wait(self, milliseconds: int) -> None:
        """How long to wait for further letters before a query is asked."""
        self._timer.setInterval(milliseconds)

    def ask(self, text: str) -> None:
        """Another query, asked at once."""
        self.setText(text)
        self._timer.stop()
        self._ask()
        self._settle()

    def show_mistake(self, span: tuple[int, int] | None) -> None:
        """Underline a part of the text, from its first to behind its last letter; ``None``: nothing is wrong."""
        if span is not None and span[0] >= span[1]:
            span = (max(0, len(self.text()) - 1), len(self.text()))  # what is missing at the end
        self._mistake = span
        form = QTextCharFormat()
        form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        form.setUnderlineColor(QColor(theme.colours().danger))
        attributes = []
        if span is not None:  # places are counted from the cursor
            kind = QInputMethodEvent.AttributeType.TextFormat
            begin = span[0] - self.cursorPosition()
            attributes.append(QInputMethodEvent.Attribute(kind, begin, span[1] - span[0], form))
        QCoreApplication.sendEvent(self, QInputMethodEvent("", attributes))

    def list_of_proposals(self) -> QAbstractItemView:
        popup = self.proposals.popup()
        assert popup is not None
        return popup

    @property
    def mistake(self) -> tuple[int, int] | None:
        """What is underlined."""
        return self._mistake

    def keyPressEvent(self, event: QKeyEvent) -> None:
        choosing = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Escape)
        if self.list_of_proposals().isVisible() and event.key() in choosing:
            event.ignore()  # the list takes it
            return
        if event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self._propose()
            return
        super().keyPressEvent(event)

    @Slot()
    def _changed(self) -> None:
        if self._timer.interval():
            self._timer.start()
        else:
            self._ask()

    @Slot()
    def _ask(self) -> None:
        self.asked.emit(self.text())

    @Slot()
    def _settle(self) -> None:
        text = self.text().strip()
        if text and self._mistake is None:
            self.settled.emit(text)

    @Slot()
    def _propose(self) -> None:
        _, column, sign, begun = token_at(self.text(), self.cursorPosition())
        if column:
            words = [quoted(value) for value in self._suggest(column.casefold(), begun.strip('"'))]
        else:
            words = [f"{name}:" for name in self._columns if begun and name.startswith(begun.casefold())]
        words = [word for word in words if word != begun]
        self._words.setStringList(words)
        if not words or (not begun and not sign):
            self.list_of_proposals().hide()
            return
        place = self.cursorRect()
        place.setWidth(min(320, self.width()))
        self.proposals.complete(place)

    @Slot(str)
    def _take(self, word: str) -> None:
        start, _, _, _ = token_at(self.text(), self.cursorPosition())
        rest = self.text()[self.cursorPosition() :]
        after = "" if word.endswith(":") or rest.startswith(" ") else " "
        self.setText(f"{self.text()[:start]}{word}{after}{rest}")
        self.setCursorPosition(start + len(word) + len(after))
