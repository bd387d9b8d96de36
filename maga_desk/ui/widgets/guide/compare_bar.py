"""Another source beside the proposal: which one, what of it is shown, and how far both agree."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from maga_desk.domain.choices import ProposerInfo
from maga_desk.ui import theme
from maga_desk.ui.item_models.matrix import Layer, TransitionModel
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.guide.shades import shade

NOBODY = "nothing"
BESIDE = (
    "Show another source's matrix for the same classes. The classifier's own views measure its entanglement, beside "
    "the opinion of a model that was asked."
)
LAYERS: tuple[Layer, ...] = ("proposal", "other", "difference")
BOTH = 3


class CompareBar(QWidget):
    """Signals: ``compare_requested(str proposer)``, ``compare_dropped()`` and ``layer_chosen()``."""

    compare_requested = Signal(str)
    compare_dropped = Signal()
    layer_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = ChoiceBox(self)
        self.box.setAccessibleName("Compare with")
        self.box.setToolTip(BESIDE)
        self.box.setMinimumWidth(160)
        self.layers = Segments(("Proposal", "Other", "Difference", "Both"), "Show", self)
        self.layers.buttons[LAYERS.index("difference")].setToolTip("The proposal minus the other source")
        self.layers.buttons[BOTH].setToolTip("Both matrices, one above the other")
        self.words = TextLabel(self)
        self.words.setObjectName("muted")
        self.words.setWordWrap(True)
        self.scale = DifferenceScale(self)
        caption = TextLabel("Beside", self)
        caption.setBuddy(self.box)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(caption)
        row.addWidget(self.box)
        row.addStretch(1)
        row.addWidget(self.layers)
        below = QHBoxLayout()
        below.addWidget(self.words, 1)
        below.addWidget(self.scale)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addLayout(below)
        self.box.activated.connect(self._chosen)
        self.layers.chosen.connect(self._layer_chosen)
        self.show_sources([])
        self.show_agreement(None)

    @property
    def both(self) -> bool:
        return self.layers.current == BOTH

    @property
    def layer(self) -> Layer:
        """What the upper matrix shows."""
        return "proposal" if self.both else LAYERS[self.layers.current]

    def show_difference(self) -> None:
        """Let the upper matrix show what sets both apart."""
        self.layers.set_current(LAYERS.index("difference"))

    def show_sources(self, infos: Iterable[ProposerInfo]) -> None:
        """The sources that can be compared with."""
        chosen = self.box.currentData()
        self.box.clear()
        self.box.addItem(NOBODY, None)
        for info in infos:
            self.box.addItem(info.title, info.name)
            self.box.setItemData(self.box.count() - 1, info.summary, Qt.ItemDataRole.ToolTipRole)
        self.box.setCurrentIndex(max(0, self.box.findData(chosen)))

    def show_agreement(self, model: TransitionModel | None) -> None:
        """What is compared now and how far both agree; ``None`` when nothing is compared."""
        other = model.other if model is not None else None
        if other is None:
            self.layers.set_current(0)
            self.box.setCurrentIndex(0)
        elif (place := self.box.findData(other.source)) >= 0:
            self.box.setCurrentIndex(place)
        self.layers.setVisible(other is not None)
        self.words.setVisible(other is not None)
        self.words.setText(_in_words(model) if model is not None and other is not None else "")
        self.scale.setVisible(other is not None and self.layer == "difference")
        self.scale.set_top(model.top if model is not None else 1)

    @Slot()
    def _chosen(self) -> None:
        name = self.box.currentData()
        if name is None:
            self.compare_dropped.emit()
        else:
            self.compare_requested.emit(name)

    @Slot()
    def _layer_chosen(self) -> None:
        self.layer_chosen.emit()


def _in_words(model: TransitionModel) -> str:
    """``Rank agreement 0.83 with centroids (mean of 3 rows; least in cat, 0.41)``."""
    assert model.other is not None
    known = {name: value for name, value in model.agreement.items() if not math.isnan(value)}
    if not known:
        return f"No rank agreement: {model.other.source} gives no order (all its values are alike)."
    mean = sum(known.values()) / len(known)
    text = f"Rank agreement {mean:.2f} with {model.other.source}"
    if len(known) == 1:
        return f"{text} in the row of {next(iter(known))}"
    least = min(known, key=known.__getitem__)
    return f"{text}, mean of {len(known):,} rows; least in {least}, {known[least]:.2f}"


class DifferenceScale(QWidget):
    """The legend of a difference: orange where the other gives more, blue where the proposal does."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._top = 1.0
        self.setAccessibleName("Colours of the difference")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def ends(self) -> tuple[str, str]:
        """The texts at both ends."""
        return f"−{self._top:.2f}", f"+{self._top:.2f}"

    def set_top(self, top: float) -> None:
        self._top = top
        low, high = self.ends
        self.setToolTip(f"{low}: the other source gives more; {high}: the proposal gives more")
        self.setAccessibleDescription(self.toolTip())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(190, self.fontMetrics().height() + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, edge = QPainter(self), 46
        low, high = self.ends
        painter.setPen(QColor(theme.colours().text_muted))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(0, 0, edge - 4, self.height()), middle | Qt.AlignmentFlag.AlignRight, low)
        painter.drawText(
            QRect(self.width() - edge + 4, 0, edge, self.height()), middle | Qt.AlignmentFlag.AlignLeft, high
        )
        bar = QRect(edge, (self.height() - 10) // 2, self.width() - 2 * edge, 10)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for step in range(9):
            place = -1 + step / 4
            gradient.setColorAt(step / 8, shade(abs(place) ** 0.5 * (1 if place > 0 else -1)))
        painter.fillRect(bar, gradient)
        painter.setPen(QColor(theme.colours().border))
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        painter.end()
