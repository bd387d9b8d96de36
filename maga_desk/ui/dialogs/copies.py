"""Each pair of copies side by side: what becomes of the one that would stay."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.copies_left import NOT_LOOKED, CopyPair
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.forget import CopyDecision
from maga_desk.domain.twins import Twin
from maga_desk.ui.item_models.thumbnails import to_pixmap
from maga_desk.ui.widgets.basic.labels import TextLabel

_SIDE = 224
MARKED, STAYS, NO_COPY = "marked too", "stays", "no copy"
_OPEN, _TESTED = "", "test picture"


class CopiesDialog(QDialog):
    """Shows pairs and takes decisions; nothing counts before *Apply*.

    Signal: ``decided(decisions, positions, dropped)``: the decisions taken, the training pictures to be marked too, and
    the pairs of names over which nothing is decided any longer.

    :param looked: whether near copies are among the pairs.
    """

    decided = Signal(object, object, object)

    def __init__(
        self, images: ImageSet, pairs: Sequence[CopyPair], looked: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Copies of what is marked")
        self._images, self._pairs = images, list(pairs)
        self._words: dict[int, tuple[str, str]] = {}  # what was said here, and the reason
        self.list = QTreeWidget(self)
        self.list.setAccessibleName("Pairs")
        self.list.setHeaderLabels(["Would stay", "Copy of", "Alike", "Decided"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.list.header()
        header.setStretchLastSection(False)
        wide, narrow = QHeaderView.ResizeMode.Stretch, QHeaderView.ResizeMode.ResizeToContents
        for column, mode in enumerate((wide, wide, narrow, narrow)):
            header.setSectionResizeMode(column, mode)
        self.gone, self.other = (self._picture(name) for name in ("Is marked", "Would stay"))
        self.gone_text, self.other_text, self.alike = (TextLabel(self) for _ in range(3))
        self.reason = QLineEdit(self)
        self.reason.setPlaceholderText("Why it stays: needed for the record")
        self.reason.setAccessibleName("Reason")
        self.mark_button, self.leave_button = QPushButton("Mark it too", self), QPushButton("Leave it", self)
        self.no_copy_button, self.undo_button = QPushButton("Not a copy", self), QPushButton("Undecided", self)
        self.all_button = QPushButton("Select all undecided", self)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.apply_button = self.buttons.addButton("Apply", QDialogButtonBox.ButtonRole.AcceptRole)
        self.apply_button.setObjectName("primary")
        self._lay_out("" if looked else f"{NOT_LOOKED} Only pictures with the very same pixels are here.")
        self._connect()
        self.list.addTopLevelItems([self._row(number) for number in range(len(self._pairs))])
        if self._pairs:
            self.list.setCurrentItem(self._item(0))
        self._show_current()

    def select_open(self) -> None:
        """Select all over which nothing is decided."""
        self.list.clearSelection()
        for number in range(len(self._pairs)):
            if self._state(number) == _OPEN:
                self._item(number).setSelected(True)

    def decide(self, word: str) -> None:
        """Say this of the selected pairs: that they are marked too, stay, are no copies; or nothing. None stays without
        a reason.
        """
        reason = self._reason() if word == STAYS else ""
        if word == STAYS and not reason:
            return
        for number in self._selected():
            pair = self._pairs[number]
            if self._allowed(pair, word):
                self._words[number] = word, reason
                self._item(number).setText(3, self._shown(number))
        self._show_current()

    def _lay_out(self, note: str) -> None:
        pictures, words = QGridLayout(), QHBoxLayout()
        for column, (picture, text) in enumerate(((self.gone, self.gone_text), (self.other, self.other_text))):
            text.setWordWrap(True)
            text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
            title = TextLabel(picture.accessibleName(), self)
            title.setObjectName("muted")
            pictures.addWidget(title, 0, column, Qt.AlignmentFlag.AlignCenter)
            pictures.addWidget(picture, 1, column, Qt.AlignmentFlag.AlignCenter)
            pictures.addWidget(text, 2, column)
            pictures.setColumnStretch(column, 1)
        self.alike.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.alike.setWordWrap(True)
        for button in (self.mark_button, self.leave_button, self.no_copy_button, self.undo_button):
            words.addWidget(button)
        right = QVBoxLayout()
        right.addLayout(pictures)
        right.addWidget(self.alike)
        right.addStretch(1)
        right.addWidget(self.reason)
        right.addLayout(words)
        left = QVBoxLayout()
        left.addWidget(self.list, 1)
        left.addWidget(self.all_button, 0, Qt.AlignmentFlag.AlignLeft)
        both = QHBoxLayout()
        both.addLayout(left, 3)
        both.addLayout(right, 2)
        layout = QVBoxLayout(self)
        layout.addLayout(both, 1)
        if note:
            told = TextLabel(note, self)
            told.setObjectName("muted")
            told.setWordWrap(True)
            layout.addWidget(told)
        layout.addWidget(self.buttons)
        self.resize(1040, 560)

    def _connect(self) -> None:
        self.reason.textChanged.connect(self._show_buttons)
        self.list.itemSelectionChanged.connect(self._show_current)
        self.list.currentItemChanged.connect(self._show_current)
        self.mark_button.clicked.connect(self._mark)
        self.leave_button.clicked.connect(self._leave)
        self.no_copy_button.clicked.connect(self._refuse)
        self.undo_button.clicked.connect(self._take_back)
        self.all_button.clicked.connect(self.select_open)
        self.buttons.accepted.connect(self._apply)
        self.buttons.rejected.connect(self.reject)

    @Slot()
    def _mark(self) -> None:
        self.decide(MARKED)

    @Slot()
    def _leave(self) -> None:
        self.decide(STAYS)

    @Slot()
    def _refuse(self) -> None:
        self.decide(NO_COPY)

    @Slot()
    def _take_back(self) -> None:
        self.decide(_OPEN)

    @Slot()
    def _apply(self) -> None:
        decisions, positions, dropped = list[CopyDecision](), list[int](), list[frozenset[str]]()
        for number, (word, reason) in self._words.items():
            pair = self._pairs[number]
            names = {"picture": pair.other.name, "copy_of": pair.gone.name}
            if word in (STAYS, NO_COPY):
                decisions.append(CopyDecision(**names, reason=reason, no_copy=word == NO_COPY))
            elif pair.decision is not None:
                dropped.append(pair.decision.pair)
            if word == MARKED:
                positions.append(pair.other.position)
        self.decided.emit(decisions, positions, dropped)
        self.accept()

    @Slot()
    def _show_current(self) -> None:
        self._show_buttons()
        item = self.list.currentItem()
        if item is None:
            return
        pair = self._pairs[self.list.indexOfTopLevelItem(item)]
        for label, text, twin in ((self.gone, self.gone_text, pair.gone), (self.other, self.other_text, pair.other)):
            split = self._images.train if twin.train else self._images.test
            label.setPixmap(to_pixmap(split.picture(twin.position), _SIDE, self.devicePixelRatioF()))
            text.setText(self._named(twin))
        self.alike.setText(_said(pair))

    @Slot()
    def _show_buttons(self) -> None:
        """Each says how many of the selected it is for: test pictures and the very same pixels are not for all."""
        pairs = [self._pairs[number] for number in self._selected()]
        for button, word, one, many in (
            (self.mark_button, MARKED, "Mark it too", "Mark {:,} too"),
            (self.leave_button, STAYS, "Leave it", "Leave {:,}"),
            (self.no_copy_button, NO_COPY, "Not a copy", "{:,} no copies"),
            (self.undo_button, _OPEN, "Undecided", "Undecided"),
        ):
            count = sum(self._allowed(pair, word) for pair in pairs)
            button.setEnabled(count > 0)
            button.setText(one if len(pairs) < 2 else many.format(count))
        unsaid = not self._reason()
        self.leave_button.setEnabled(self.leave_button.isEnabled() and not unsaid)
        self.leave_button.setToolTip("Write first why it stays" if unsaid else "")
        self.apply_button.setEnabled(bool(self._words))

    def _reason(self) -> str:
        return " ".join(self.reason.text().split())

    def _named(self, twin: Twin) -> str:
        where = "" if twin.train else ", test picture"
        return f"{twin.name}\n{self._images.classes[twin.label]}{where}"

    def _row(self, number: int) -> QTreeWidgetItem:
        pair = self._pairs[number]
        alike = "same" if pair.exact else f"{pair.percent:.1f} %"
        item = QTreeWidgetItem([pair.other.name, pair.gone.name, alike, self._shown(number)])
        for column in (0, 1):
            item.setToolTip(column, item.text(column))
        return item

    def _shown(self, number: int) -> str:
        state = self._state(number)
        reason = self._words[number][1] if number in self._words else ""
        return f"{state}: {reason}" if reason else state

    def _state(self, number: int) -> str:
        pair = self._pairs[number]
        if number in self._words:
            word = self._words[number][0]
            return word or (_OPEN if pair.other.train else _TESTED)
        if pair.decision is not None:
            return NO_COPY if pair.decision.no_copy else STAYS
        return _OPEN if pair.other.train else _TESTED

    def _allowed(self, pair: CopyPair, word: str) -> bool:
        """The very same pixels are a copy whatever is said, and no test picture can be forgotten."""
        if word == NO_COPY:
            return not pair.exact
        return word == _OPEN or pair.other.train

    def _selected(self) -> list[int]:
        return [self.list.indexOfTopLevelItem(item) for item in self.list.selectedItems()]

    def _item(self, number: int) -> QTreeWidgetItem:
        item = self.list.topLevelItem(number)
        assert item is not None
        return item

    def _picture(self, name: str) -> TextLabel:
        label = TextLabel(self)
        label.setFixedSize(_SIDE, _SIDE)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setAccessibleName(name)
        return label


def _said(pair: CopyPair) -> str:
    how = f", {pair.how}" if pair.how and not pair.exact else ""
    words = "The very same pixels" if pair.exact else f"{pair.percent:.1f} % alike{how}"
    if pair.decision is not None and pair.decision.reason:
        words += f"\nStays: {pair.decision.reason}"
    return words
