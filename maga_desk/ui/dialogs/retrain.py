"""What retraining to compare would cost: said before anything is trained."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from maga_desk.domain.said_recipe import SaidRecipe
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.ui.widgets.verify.recipe_form import RecipeForm

WHY = (
    "A model that is trained from scratch without the forgotten pictures is what the result is judged by. It is kept "
    "and used by itself for every run that forgets the same pictures. It can be paused, and cancelled without losing "
    "what was trained so far."
)


class RetrainDialog(QDialog):
    """Shows what it would cost, and by which recipe. Signal: ``agreed()``, only once the estimate is there.

    :param said: what the original's checkpoint says of its recipe.
    :param given: the recipe that a person named before.
    """

    agreed = Signal()

    def __init__(
        self, said: SaidRecipe | None = None, given: TrainRecipe | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Retrain to compare")
        why, self.estimate = QLabel(WHY, self), QLabel("Measuring what it costs\u2026", self)
        for label in (why, self.estimate):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.estimate.setAccessibleName("Estimate")
        self.form = RecipeForm(said or SaidRecipe(), given, self)
        self.form.changed.connect(self._changed)
        self._estimated = False
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel, self)
        self.train_button = self.buttons.button(buttons.Ok)
        self.train_button.setText("Train and judge")
        self.train_button.setEnabled(False)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.accepted.connect(self.agreed)
        layout = QVBoxLayout(self)
        for widget in (why, self.form, self.estimate):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(460)

    @Slot(str)
    def show_estimate(self, text: str, *, possible: bool = True) -> None:
        """What it would cost, or why it cannot be said."""
        self.estimate.setText(text)
        self._estimated = possible
        self._allow()

    @Slot()
    def _changed(self) -> None:
        self._allow()
        self.adjustSize()

    def _allow(self) -> None:
        self.train_button.setEnabled(self._estimated and not self.form.mistake())
