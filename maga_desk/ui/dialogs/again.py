"""The same run again, with something else in it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from maga_desk.domain.methods import MethodInfo
from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.ui import icons, theme
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.labels import TextLabel, muted

MOST = 50
"""Seeds at a time."""


def seeds_in(text: str) -> tuple[int, ...] | None:
    """``1, 2 5-7`` as numbers; ``None`` where it is none of that, or too many."""
    found: list[int] = []
    for part in text.replace(",", " ").split():
        first, dash, last = part.partition("-")
        if not (first.isdecimal() and (last.isdecimal() or not dash)):
            return None
        low, high = int(first), int(last or first)
        if not low <= high < 2**31 or high - low >= MOST:
            return None
        found += range(low, high + 1)
    seeds = tuple(dict.fromkeys(found))
    return seeds if 0 < len(seeds) <= MOST else None


class AgainDialog(QDialog):
    """Signals: ``shown(RunSpec)``: its settings are wanted on the Run page; ``queued(list of RunSpec)``: it is to wait
    in the queue, once for each seed. Output folders are those of the run: whoever hears it gives others.

    :param title: how the run is called.
    :param methods: to choose from; where another one is taken, it has its own settings for the task.
    :param may_queue: whether there is a queue.
    """

    shown = Signal(object)
    queued = Signal(object)

    def __init__(
        self,
        spec: RunSpec,
        title: str,
        methods: Sequence[MethodInfo],
        parent: QWidget | None = None,
        *,
        may_queue: bool = True,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Same again with…")
        self.setMinimumWidth(440)
        self._spec, self._may_queue = spec, may_queue
        self.method, self.seeds = ChoiceBox(self), QLineEdit(f"{spec.seed + 1}", self)
        self.method.setAccessibleName("Method")
        self.seeds.setAccessibleName("Seeds")
        for info in methods:
            self.method.addItem(info.title, info.name)
        self.method.setCurrentIndex(max(0, self.method.findData(spec.method.name)))
        self.fault = TextLabel(self)
        theme.set_tone(self.fault, "danger")
        form = QFormLayout()
        form.addRow("Method", self.method)
        form.addRow("Seeds", self.seeds)
        form.addRow("", muted("One run for each: 1, 2, or 5-7. All else stays as it was.", self))
        self.show_button = QPushButton("Settings on the Run page", self)
        self.queue_button = QPushButton("Add to queue", self)
        self.queue_button.setObjectName("primary")
        icons.put(self.queue_button, "list-plus")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        buttons.addButton(self.show_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.queue_button, QDialogButtonBox.ButtonRole.ActionRole)
        name = TextLabel(title, self)
        name.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(10)
        layout.addWidget(name)
        layout.addLayout(form)
        layout.addWidget(self.fault)
        layout.addWidget(buttons)
        buttons.rejected.connect(self.reject)
        self.seeds.textChanged.connect(self._check)
        self.show_button.clicked.connect(self._show)
        self.queue_button.clicked.connect(self._queue)
        self._check()

    def specs(self) -> list[RunSpec]:
        """The runs that are asked for."""
        name = self.method.currentData()
        method = self._spec.method if name == self._spec.method.name else MethodSpec(name=name)
        return [
            self._spec.model_copy(update={"method": method, "seed": seed}) for seed in seeds_in(self.seeds.text()) or ()
        ]

    @Slot()
    def _check(self) -> None:
        seeds = seeds_in(self.seeds.text())
        self.fault.setText("" if seeds else f"Seeds are whole numbers, at most {MOST} of them: 1, 2, or 5-7.")
        self.fault.setVisible(not seeds)
        self.show_button.setEnabled(bool(seeds))
        self.queue_button.setEnabled(bool(seeds) and self._may_queue)

    @Slot()
    def _show(self) -> None:
        self.shown.emit(self.specs()[0])
        self.accept()

    @Slot()
    def _queue(self) -> None:
        self.queued.emit(self.specs())
        self.accept()
