"""Retraining to compare: what is known of the original's recipe is shown, and a person can say another."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from maga_desk.domain.said_recipe import NEEDED, SaidRecipe
from maga_desk.domain.specs.recipe import NamedRecipe, TrainRecipe
from maga_desk.ui.dialogs.retrain import RetrainDialog


def dialog(qtbot: QtBot, said: SaidRecipe | None = None, given: NamedRecipe | None = None) -> RetrainDialog:
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
    named = form.recipe()
    assert named is not None and set(named.given()) == set(NEEDED), "what stands there is agreed to"
    assert SaidRecipe(named.given()).recipe() == TrainRecipe(optimizer="adamw", lr=0.002, augment="none")
    form.inputs["schedule"].set_value("step")
    assert "needs milestones" in form.fault.text() and form.recipe() is None
    assert not made.train_button.isEnabled()
    form.inputs["schedule"].set_value("cosine")
    with qtbot.waitSignal(made.estimate_requested, timeout=5000):
        assert not made.train_button.isEnabled(), "what was measured no longer holds"
    made.show_estimate("Two minutes")
    assert made.train_button.isEnabled() and not form.fault.isVisible()


def test_what_is_known_stands_there_with_its_source(qtbot: QtBot) -> None:
    partly = SaidRecipe({"optimizer": "adamw", "lr": 1e-3}, "args in the checkpoint")
    named = NamedRecipe(schedule="step", milestones=(3,), start="start.pt")
    whole = SaidRecipe(TrainRecipe().full(), "its record")
    made = [dialog(qtbot, partly), dialog(qtbot, SaidRecipe(), named), dialog(qtbot, whole)]
    first, second, third = (each.form for each in made)
    assert "optimiser and learning rate are known from args in the checkpoint" in first.known.text()
    assert first.inputs["optimizer"].value() == "adamw"
    kept = second.recipe()
    assert second.by_hand.isChecked() and kept is not None and kept.given().items() >= named.given().items()
    assert "from its record: SGD, learning rate 0.3" in third.known.text()


def test_only_what_differs_from_the_checkpoint_is_named_and_each_field_says_where_it_comes_from(qtbot: QtBot) -> None:
    own = {**TrainRecipe().full(), "lr": 0.05, "epochs": 40}
    made = [
        dialog(qtbot, SaidRecipe(own, "its record")),
        dialog(qtbot, SaidRecipe({"optimizer": "adamw"}, "args in the checkpoint", ("RandAugment",))),
    ]
    form, partly = (each.form for each in made)
    form.by_hand.setChecked(True)
    assert form.recipe() is None and form.sources["lr"].text() == "from its record", "nothing is named yet"
    form.inputs["epochs"].set_value(20)
    named = form.recipe()
    assert named is not None and named.given() == {"epochs": 20}
    assert (form.sources["epochs"].text(), form.sources["lr"].text()) == ("named here", "from its record")
    assert partly.beyond.text() == "Not followed: RandAugment." and partly.beyond.isVisible()
    assert partly.sources["lr"].text() == "not said" and partly.sources["mixup"].text() == "as most train"


def test_a_second_guess_is_offered_where_something_is_guessed(qtbot: QtBot) -> None:
    made = dialog(qtbot)
    assert made.second.isVisible() and made.guesses() == 1
    with qtbot.waitSignal(made.estimate_requested, timeout=5000):
        made.second.setChecked(True)
    assert made.guesses() == 2
    made.form.by_hand.setChecked(True)  # which says all
    assert not made.second.isVisible() and made.guesses() == 1
    whole = dialog(qtbot, SaidRecipe(TrainRecipe().full(), "its record"))
    assert not whole.second.isVisible()
