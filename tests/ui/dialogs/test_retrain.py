"""Retraining to compare: what is known of the original's recipe is shown, and a person can say another."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from maga_desk.domain.said_recipe import SaidRecipe
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.ui.dialogs.retrain import RetrainDialog


def dialog(qtbot: QtBot, said: SaidRecipe | None = None, given: TrainRecipe | None = None) -> RetrainDialog:
    made = RetrainDialog(said, given)
    qtbot.addWidget(made)
    made.show_estimate("About a minute")
    made.show()
    return made


def test_nothing_known_is_said_and_a_recipe_can_be_named(qtbot: QtBot) -> None:
    made = dialog(qtbot)
    form = made.form
    assert form.known.text().startswith("Nothing says how the original was trained")
    assert form.recipe() is None and not form.fields.isVisible()
    form.by_hand.setChecked(True)
    assert form.fields.isVisible()
    form.inputs["optimizer"].set_value("adamw")
    form.inputs["lr"].set_value(0.002)
    form.inputs["augment"].set_value("none")
    assert form.recipe() == TrainRecipe(optimizer="adamw", lr=0.002, augment="none")
    form.inputs["schedule"].set_value("step")
    assert "needs milestones" in form.fault.text() and form.recipe() is None
    assert not made.train_button.isEnabled()
    form.inputs["schedule"].set_value("cosine")
    assert made.train_button.isEnabled() and not form.fault.isVisible()


def test_what_is_known_stands_there_with_its_source(qtbot: QtBot) -> None:
    partly = SaidRecipe({"optimizer": "adamw", "lr": 1e-3}, "args in the checkpoint")
    named = TrainRecipe(schedule="step", milestones=(3,), start="start.pt")
    whole = SaidRecipe(TrainRecipe().full(), "its record")
    made = [dialog(qtbot, partly), dialog(qtbot, SaidRecipe(), named), dialog(qtbot, whole)]
    first, second, third = (each.form for each in made)
    assert "optimiser and learning rate are known from args in the checkpoint" in first.known.text()
    assert first.inputs["optimizer"].value() == "adamw"
    assert second.by_hand.isChecked() and second.recipe() == named, "what has no field stays"
    assert "from its record: SGD, learning rate 0.3" in third.known.text()
