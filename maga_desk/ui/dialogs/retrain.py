"""What retraining to compare would cost: said before anything is trained."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from maga_desk.domain.said_recipe import SaidRecipe
from maga_desk.domain.specs.recipe import NamedRecipe
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.verify.recipe_form import SECOND_GUESS, RecipeForm

WHY = (
    "A model that is trained from scratch without the forgotten pictures is what the result is judged by. It is kept "
    "and used by itself for every run that forgets the same pictures. It can be paused, and cancelled without losing "
    "what was trained so far."
)


_WAIT = 400  # milliseconds after a change: someone may go on typing


class RetrainDialog(QDialog):
    """Shows what it would cost, and by which recipe.

    Signals: ``agreed()``, only once the estimate is there; ``estimate_requested()`` at first, by :meth:`ask`, and after
    each change.

    :param said: what the original's checkpoint says of its recipe.
    :param given: what a person named of it before.
    :param guesses: how many guesses were retrained by before.
    """

    agreed = Signal()
    estimate_requested = Signal()

    def __init__(
        self,
        said: SaidRecipe | None = None,
        given: NamedRecipe | None = None,
        parent: QWidget | None = None,
        *,
        guesses: int = 1,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Retrain to compare")
        why, self.estimate = TextLabel(WHY, self), TextLabel(self)
        for label in (why, self.estimate):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.estimate.setAccessibleName("Estimate")
        self.form = RecipeForm(said or SaidRecipe(), given, self)
        self.form.changed.connect(self._changed)
        self.second = QCheckBox("Retrain by a second guess as well", self)
        self.second.setToolTip(SECOND_GUESS)
        self.second.setAccessibleDescription(SECOND_GUESS)
        self.second.setChecked(guesses > 1)
        self.second.toggled.connect(self._changed)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_WAIT)
        self._later.timeout.connect(self.estimate_requested)
        self._estimated = False
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel, self)
        self.train_button = self.buttons.button(buttons.Ok)
        self.train_button.setText("Train and judge")
        self.train_button.setEnabled(False)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.accepted.connect(self.agreed)
        self.finished.connect(self._later.stop)
        layout = QVBoxLayout(self)
        for widget in (why, self.form, self.second, self.estimate):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(560)
        self._wait()

    def guesses(self) -> int:
        """By how many guesses is retrained; one where nothing has to be guessed."""
        return 2 if self.second.isChecked() and self.form.is_guessed() else 1

    @Slot()
    def ask(self) -> None:
        """Ask for an estimate of what is entered."""
        self._wait()
        self.estimate_requested.emit()

    @Slot(str)
    def show_estimate(self, text: str, *, possible: bool = True) -> None:
        """What it would cost, or why it cannot be said."""
        self.estimate.setText(text)
        self._estimated = possible
        self._allow()

    @Slot()
    def _changed(self) -> None:
        """What was measured no longer holds: it is measured anew once nothing changes any more."""
        self._wait()
        if self.form.mistake():
            self._later.stop()
        else:
            self._later.start()
        self.adjustSize()

    def _wait(self) -> None:
        self.show_estimate("Measuring what it costs\u2026", possible=False)
        self.second.setVisible(self.form.is_guessed())

    def _allow(self) -> None:
        self.train_button.setEnabled(self._estimated and not self.form.mistake())
