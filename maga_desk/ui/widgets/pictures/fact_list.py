"""What is known of something: a heading and its text a row, to be read, selected and copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import (
    QColor,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextLength,
    QTextOption,
    QTextTableFormat,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit, QWidget

from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway

_TITLES = 124  # pixels


class FactList(QTextEdit):
    """As high as its text. Paths and hashes break where they must, and are copied without a break."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.facts: tuple[tuple[str, str], ...] = ()
        self.setAccessibleName(name)
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.document().setDefaultTextOption(_anywhere())
        self.takeaway = Takeaway(self, name.lower().replace(" ", "-"), self.rows)
        theme.follow(self._draw)

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Pairs of a title and a text."""
        self.facts = tuple(facts)
        self.setAccessibleDescription("\n".join(f"{title}: {text}" for title, text in self.facts))
        self._draw()

    def rows(self) -> Rows:
        """A row for each, under a head."""
        return [["fact", "value"], *([title, text] for title, text in self.facts)]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @Slot()
    def _draw(self) -> None:
        self.clear()
        if self.facts:
            form = QTextTableFormat()
            form.setBorder(0)
            form.setCellSpacing(0)
            form.setCellPadding(2)
            fixed, rest = QTextLength.Type.FixedLength, QTextLength.Type.VariableLength
            form.setColumnWidthConstraints([QTextLength(fixed, _TITLES), QTextLength(rest, 0)])
            form.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
            table = QTextCursor(self.document()).insertTable(len(self.facts), 2, form)
            quiet, plain = QTextCharFormat(), QTextCharFormat()
            quiet.setForeground(QColor(theme.colours().text_muted))
            plain.setForeground(QColor(theme.colours().text))
            for row, (title, text) in enumerate(self.facts):
                table.cellAt(row, 0).firstCursorPosition().insertText(title, quiet)
                table.cellAt(row, 1).firstCursorPosition().insertText(text, plain)
        self._fit()

    def _fit(self) -> None:
        self.document().setTextWidth(self.viewport().width())
        self.setFixedHeight(int(self.document().size().height()) + 2 if self.facts else 0)


def _anywhere() -> QTextOption:
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    return option
