"""What the colours of a map mean: a swatch for each value, or a scale with its ends."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from maga_desk.domain.tints import STEPS, TintKey, Tints
from maga_desk.ui import theme, tint_colours
from maga_desk.ui.widgets.basic.flow import FlowLayout

_SWATCH, _SCALE, _LONGEST = 10, 120, 170


def colour_of(tints: Tints, key: TintKey) -> QColor:
    """Of one entry of the legend."""
    return tint_colours.of_mark(key.text) if tints.column == "in" else tint_colours.single(key.code)


def colours_of(tints: Tints) -> dict[int, QColor]:
    """From codes to colours."""
    found = {key.code: colour_of(tints, key) for key in tints.keys}
    if tints.scale is not None:
        found |= {number: tint_colours.step(number) for number in range(STEPS)}
    return found


class TintLegend(QWidget):
    """Hidden while nothing is coloured."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._flow = FlowLayout(self, 12)
        self._entries: list[QWidget] = []
        self._tints: Tints | None = None
        self.hide()
        theme.follow(self._recolour)

    @property
    def spacing(self) -> int:
        """Points between its lines."""
        return self._flow.spacing()

    @property
    def texts(self) -> list[str]:
        """What it says, entry by entry."""
        return [entry.accessibleName() for entry in self._entries]

    def show_tints(self, tints: Tints | None) -> None:
        """The legend of these colours."""
        if tints is self._tints:
            return
        self._tints = tints
        for entry in self._entries:
            self._flow.removeWidget(entry)
            entry.hide()
            entry.deleteLater()
        self._entries = []
        if tints is not None:
            if tints.scale is not None:
                self._entries.append(_Ramp(tints.scale, self))
            self._entries += [_Swatch(tints, key, self) for key in tints.keys]
        for entry in self._entries:
            self._flow.addWidget(entry)
            entry.show()
        self.setVisible(bool(self._entries))
        self.updateGeometry()

    @Slot()
    def _recolour(self) -> None:
        for entry in self._entries:
            entry.update()


class _Swatch(QWidget):
    """One value."""

    def __init__(self, tints: Tints, key: TintKey, parent: QWidget) -> None:
        super().__init__(parent)
        self._tints, self._key = tints, key
        self._text = self.fontMetrics().elidedText(key.text, Qt.TextElideMode.ElideRight, _LONGEST)
        self.setAccessibleName(f"{key.text}: {key.count:,}")
        self.setToolTip(f"{key.count:,} {'picture' if key.count == 1 else 'pictures'}")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(_SWATCH + 6 + metrics.horizontalAdvance(self._text) + 2, metrics.height() + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour_of(self._tints, self._key))
        painter.drawEllipse(QRectF(0, (self.height() - _SWATCH) / 2, _SWATCH, _SWATCH))
        painter.setPen(QColor(theme.colours().text))
        box = self.rect().adjusted(_SWATCH + 6, 0, 0, 0)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), self._text)
        painter.end()


class _Ramp(QWidget):
    """A scale between two numbers."""

    def __init__(self, ends: tuple[float, float], parent: QWidget) -> None:
        super().__init__(parent)
        self._low, self._high = (f"{each:.3g}" for each in ends)
        self.setAccessibleName(f"from {self._low} to {self._high}")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        words = metrics.horizontalAdvance(self._low) + metrics.horizontalAdvance(self._high)
        return QSize(_SCALE + words + 14, metrics.height() + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, metrics = QPainter(self), self.fontMetrics()
        start = metrics.horizontalAdvance(self._low) + 6
        middle = (self.height() - _SWATCH) // 2
        for number in range(STEPS):
            left, right = start + number * _SCALE // STEPS, start + (number + 1) * _SCALE // STEPS
            painter.fillRect(QRect(left, middle, right - left, _SWATCH), tint_colours.step(number))
        painter.setPen(QPen(QColor(theme.colours().text)))
        flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        painter.drawText(self.rect(), flags, self._low)
        painter.drawText(self.rect().adjusted(start + _SCALE + 6, 0, 0, 0), flags, self._high)
        painter.end()
