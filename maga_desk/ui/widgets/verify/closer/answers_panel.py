"""One picture large, and what each net says of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from maga_desk.domain.closer.answers import CloseLook, Split
from maga_desk.domain.pictures import PictureIndex
from maga_desk.ui import theme
from maga_desk.ui.item_models.close_pictures import NET_TITLES
from maga_desk.ui.item_models.thumbnails import to_pixmap
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.scroll import frameless_scroll
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, take_button

LARGE, WIDTH, LARGEST = 144, 292, 512
NOTHING = "Click a picture to see it large, with what each model says of it."
Said = list[tuple[str, bool, float]]
"""Classes that a net names, the likeliest first: name, whether it is the true one, probability."""


class AnswerBars(QWidget):
    """The five likeliest classes of each net, as bars with names and percentages."""

    ROW, TITLE = 17, 21

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said: list[tuple[str, Said]] = []
        self.takeaway = Takeaway(self, "answers", self.rows)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What each model says of the picture")

    def show_answers(self, said: list[tuple[str, Said]]) -> None:
        self.said = said
        text = "; ".join(
            f"{title}: {', '.join(f'{name} {100 * share:.1f} %' for name, _, share in rows)}" for title, rows in said
        )
        self.setAccessibleDescription(text)
        self.updateGeometry()
        self.update()

    def rows(self) -> Rows:
        """What is drawn, a row for each class."""
        return [["model", "class", "true", "probability"]] + [
            [title, name, "yes" if true else "no", f"{share:.6g}"]
            for title, rows in self.said
            for name, true, share in rows
        ]

    def sizeHint(self) -> QSize:
        return QSize(WIDTH - 24, sum(self.TITLE + self.ROW * len(rows) for _, rows in self.said))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, c, top = QPainter(self), theme.colours(), 0
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bold = QFont(self.font())
        bold.setBold(True)
        numbers, names = 54, max(76, round(self.width() * 0.36))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for title, rows in self.said:
            painter.setFont(bold)
            painter.setPen(QColor(c.text))
            painter.drawText(QRect(0, top, self.width(), self.TITLE), left, title)
            top += self.TITLE
            for name, true, share in rows:
                painter.setFont(bold if true else self.font())
                painter.setPen(QColor(c.text if true else c.text_muted))
                room = QRect(0, top, names - 6, self.ROW)
                text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room.width())
                painter.drawText(room, left, text)
                place = QRectF(names, top + 3, max(0, self.width() - names - numbers), self.ROW - 7)
                painter.fillRect(place, QColor(c.surface_alt))
                place.setWidth(place.width() * share)
                painter.fillRect(place, QColor(c.accent if true else c.text_muted))
                painter.drawText(QRect(self.width() - numbers, top, numbers, self.ROW), right, f"{100 * share:.1f} %")
                top += self.ROW
        painter.end()


class AnswersPanel(QFrame):
    """The picture, its name, class and part, and the bars; the true class is in bold.

    Signal: ``original_wanted(PictureIndex, position)``, of the picture that is shown.
    """

    original_wanted = Signal(object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setFixedWidth(WIDTH)
        self._look: CloseLook | None = None
        self.shown: tuple[Split, int] | None = None
        self.picture, self.name, self.part = TextLabel(self), TextLabel(self), TextLabel(self)
        self.picture.setFixedSize(LARGE, LARGE)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for label in (self.name, self.part):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.part.setObjectName("muted")
        self.empty = TextLabel(NOTHING, self)
        self.empty.setObjectName("muted")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bars = AnswerBars(self)
        self.take = take_button(self, lambda: self.bars.takeaway, "what each model says")
        self._inside = QWidget(self)
        self._inside.setObjectName("bar")  # the ground of a card
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(2)
        column.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.name)
        below = QHBoxLayout()
        below.addWidget(self.part, 1)
        below.addWidget(self.take, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(below)
        column.addWidget(self.bars)
        column.addStretch(1)
        self._scroll = frameless_scroll(self._inside, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 6, 8)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self.empty, 1)
        self.set_look(None)

    def set_look(self, look: CloseLook | None) -> None:
        """Other nets; no picture is shown."""
        self._look, self.shown = look, None
        self._scroll.hide()
        self.empty.show()

    def show_picture(self, split: Split, position: int) -> None:
        """Show a picture and ask every net about it."""
        look = self._look
        if look is None:
            return
        self.shown = (split, position)
        index, facts = look.index(split), look.facts(split, position)
        self._show_pixels(index.picture(position))
        self.name.setText(str(facts["picture"]))
        self.part.setText(f"{facts['class']}; {facts['part']}")
        label = int(index.labels[position])
        self.bars.show_answers(
            [
                (
                    NET_TITLES[name],
                    [(look.classes[each], each == label, share) for each, share in answers.of(split).top(position)],
                )
                for name, answers in look.shown_nets()
            ]
        )
        self.empty.hide()
        self._scroll.show()
        if index.opener is not None:
            self.original_wanted.emit(index, position)

    def show_original(self, index: PictureIndex, position: int, pixels: NDArray[np.uint8]) -> None:
        """The picture as its source has it, ``(3, H, W) uint8``; dropped where another one is shown by now."""
        if self._look is not None and self.shown is not None:
            split, shown = self.shown
            if shown == position and self._look.index(split) is index:
                self._show_pixels(pixels)

    def _show_pixels(self, pixels: NDArray[np.uint8]) -> None:
        self.picture.setPixmap(to_pixmap(pixels, LARGE, self.devicePixelRatioF()))
