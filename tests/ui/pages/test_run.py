"""The Run page: a form from any parameter class, the buttons in every state, and what is shown while it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
from pydantic import Field, model_validator
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from maga_desk.domain.events import Message, NoisePair, Scalars
from maga_desk.domain.methods import MethodInfo, MethodParams, Situation
from maga_desk.domain.specs.limits import LimitsSpec
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.ui.pages.run import RunPage
from maga_desk.ui.runs import UNFINISHED
from maga_desk.ui.widgets.basic.fields import RealBox, WholeBox
from maga_desk.ui.widgets.basic.page import Lack
from maga_desk.ui.widgets.run.limits_form import NO_LIMIT

NO_LIMITS = LimitsSpec().model_dump()


class Every(MethodParams):
    """One field of every kind."""

    share: float = Field(0.3, ge=0, le=1, description="Share of the noise")
    lr: float = Field(0.02, gt=0, lt=1, description="Peak learning rate")
    steps: int = Field(30, ge=1, le=100, description="Steps of Adam.")
    flips: bool = Field(True, description="Random flips")
    mode: Literal["bank", "conditioned"] = Field("bank", description="Which noise")
    depth: Literal[1, 2, 4] = Field(2, description="Stages")
    radius: float | None = Field(None, gt=0, le=2, description="Bound of the noise")
    stage: Literal["head", "all"] | None = Field(None, description="What is made anew")
    note: str = Field("", description="A remark")

    @model_validator(mode="after")
    def together(self) -> Every:
        if self.mode == "conditioned" and self.steps > 50:
            raise ValueError("conditioned noise takes at most 50 steps")
        return self


def half_for_classes(situation: Situation) -> dict[str, float]:
    if situation.intent == "membership":
        return {"share": 0.2}
    return {"share": 0.5} if situation.task == "class" else {}


EVERY = MethodInfo(
    "every",
    "Every field",
    "Shows all inputs.",
    "A paper, 2025",
    ("class", "random"),
    Every,
    half_for_classes,
    presets={"paper": {"share": 0.9}},
)
PLAIN = MethodInfo(
    "plain", "Fine-tuning", "Trains on.", "A baseline", ("class", "sub-class"), MethodParams, recommended=("sub-class",)
)


@pytest.fixture
def page(qtbot: QtBot) -> RunPage:
    page = RunPage()
    qtbot.addWidget(page)
    page.resize(1080, 740)
    page.show_methods([EVERY, PLAIN], Situation("class"), MethodSpec(name="every"))
    page.show()
    qtbot.waitExposed(page)
    return page


class Told:
    """What the page has told of its settings."""

    def __init__(self, page: RunPage) -> None:
        self.methods: list[MethodSpec] = []
        self.options: list[dict[str, Any]] = []
        page.method_changed.connect(self.methods.append)
        page.options_changed.connect(self.options.append)


def retype(qtbot: QtBot, box: Any, text: str) -> None:
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Tab)


def field(page: RunPage, name: str) -> Any:
    return page.form.inputs[name].field


def test_every_kind_of_field_gets_its_input_and_bounds(page: RunPage) -> None:
    kinds = {name: type(box.field).__mro__ for name, box in page.form.inputs.items()}
    expected = {
        "share": RealBox,
        "lr": RealBox,
        "steps": WholeBox,
        "flips": QCheckBox,
        "mode": QComboBox,
        "depth": QComboBox,
        "radius": RealBox,
        "stage": QComboBox,
        "note": QLineEdit,
    }
    assert {name for name, kind in expected.items() if kind in kinds[name]} == set(expected)
    assert (field(page, "share").minimum(), field(page, "share").maximum()) == (0, 1)
    assert 0 < field(page, "lr").minimum() < 1e-9
    assert 0.999 < field(page, "lr").maximum() < 1
    assert (field(page, "steps").minimum(), field(page, "steps").maximum()) == (1, 100)
    assert [field(page, "stage").itemText(i) for i in range(3)] == ["head", "all", "none"]
    assert field(page, "lr").accessibleName() == "Learning rate"
    assert field(page, "lr").accessibleDescription() == "Peak learning rate"


def test_untouched_form_holds_no_parameters_and_tells_nothing(qtbot: QtBot, page: RunPage) -> None:
    told = Told(page)
    page.show_methods([EVERY, PLAIN], Situation("class", forget=7), MethodSpec(name="every"))
    page.show_options({"intent": "concept", "seed": 3, "device": "cpu", "retrained": "make"})
    page.show_options({"intent": "auto", "seed": 0, "device": "auto", "retrained": None})
    assert field(page, "share").text() == "0.5", "the task's default wins over the class's"
    assert page.method_spec() == MethodSpec(name="every")
    with qtbot.waitSignal(page.start_requested):
        qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)
    assert not told.methods and not told.options


def test_only_what_differs_is_told(qtbot: QtBot, page: RunPage) -> None:
    told = Told(page)
    retype(qtbot, field(page, "share"), "0.3")
    retype(qtbot, field(page, "lr"), "5e-4")
    retype(qtbot, field(page, "steps"), "12")
    field(page, "flips").setFocus()
    qtbot.keyClick(field(page, "flips"), Qt.Key.Key_Space)
    field(page, "mode").setCurrentText("conditioned")
    field(page, "depth").setCurrentText("4")
    field(page, "stage").setCurrentText("head")
    page.form.inputs["radius"].set_value(0.125)
    qtbot.keyClicks(field(page, "note"), "try")
    assert told.methods[-1].params == {
        "share": 0.3,
        "lr": 0.0005,
        "steps": 12,
        "flips": False,
        "mode": "conditioned",
        "depth": 4,
        "stage": "head",
        "radius": 0.125,
        "note": "try",
    }


def test_changed_fields_say_so_and_reset(qtbot: QtBot, page: RunPage) -> None:
    retype(qtbot, field(page, "share"), "0.25")
    texts = [label.text() for label in page.form.findChildren(type(page.summary))]
    assert "Share of the noise. Changed; the default is 0.5." in texts
    qtbot.mouseClick(page.defaults_button, Qt.MouseButton.LeftButton)
    assert page.form.values() == {}
    assert not page.defaults_button.isEnabled()


def test_values_out_of_bounds_do_not_come_through(qtbot: QtBot, page: RunPage) -> None:
    retype(qtbot, field(page, "share"), "7")
    assert 0 <= field(page, "share").value() <= 1
    retype(qtbot, field(page, "steps"), "0")
    assert field(page, "steps").value() >= 1


def test_an_optional_field_is_off_until_it_is_set(qtbot: QtBot, page: RunPage) -> None:
    radius = page.form.inputs["radius"]
    assert radius.value() is None
    assert not radius.field.isEnabled()
    tick = radius.findChild(QCheckBox)
    assert tick is not None
    tick.click()
    assert radius.field.isEnabled()
    assert radius.value() is not None


def test_a_rule_across_fields_blocks_start_with_one_line(qtbot: QtBot, page: RunPage) -> None:
    retype(qtbot, field(page, "steps"), "60")
    field(page, "mode").setCurrentText("conditioned")
    assert "at most 50 steps" in page.fault.text()
    assert "\n" not in page.fault.text()
    assert not page.start_button.isEnabled()
    retype(qtbot, field(page, "steps"), "40")
    assert page.start_button.isEnabled()
    assert not page.fault.isVisible()


def test_parameters_of_a_spec_are_filled_in(page: RunPage) -> None:
    page.show_methods(
        [EVERY, PLAIN], Situation.of("random"), MethodSpec(name="every", params={"lr": 0.1, "radius": 1.5})
    )
    assert page.form.values() == {"lr": 0.1, "radius": 1.5}
    assert field(page, "share").text() == "0.2"


def test_a_preset_has_settings_of_its_own(qtbot: QtBot, page: RunPage) -> None:
    told = Told(page)
    retype(qtbot, field(page, "share"), "0.4")
    assert [page.preset.itemText(i) for i in range(2)] == ["measured, for this task and data", "as in the paper"]
    page.preset.setCurrentIndex(1)
    assert field(page, "share").text() == "0.9" and page.form.values() == {}
    retype(qtbot, field(page, "lr"), "0.25")
    sent = told.methods[-1]
    assert sent == MethodSpec(name="every", preset="paper", params={"lr": 0.25})
    page.show_methods([EVERY, PLAIN], Situation("class"), sent)
    assert page.preset.currentData() == "paper" and page.form.values() == {"lr": 0.25}
    page.method.choose("plain")
    assert not page.preset.isVisible(), "a method without presets has nothing to choose"


def test_another_situation_has_other_defaults_and_keeps_what_was_changed(qtbot: QtBot, page: RunPage) -> None:
    retype(qtbot, field(page, "lr"), "0.25")
    page.show_methods([EVERY, PLAIN], Situation("class", "membership"), MethodSpec(name="every", params={"lr": 0.25}))
    assert field(page, "share").text() == "0.2"
    assert page.form.values() == {"lr": 0.25}


def test_a_method_chosen_again_comes_back_as_it_was_left_within_a_session(qtbot: QtBot, page: RunPage) -> None:
    told = Told(page)
    retype(qtbot, field(page, "lr"), "0.25")
    page.method.choose("plain")
    page.method.choose("every")
    assert [spec.params for spec in told.methods[-2:]] == [{}, {"lr": 0.25}]
    page.method.choose("plain")
    page.forget_earlier_settings()
    page.method.choose("every")
    assert told.methods[-1] == MethodSpec(name="every")


def test_a_method_that_is_not_known_is_said(page: RunPage) -> None:
    page.show_methods([EVERY, PLAIN], Situation("class"), MethodSpec(name="gone"))
    assert "not known here" in page.fault.text() and not page.start_button.isEnabled()


def test_another_method_has_another_form(qtbot: QtBot, page: RunPage) -> None:
    told = Told(page)
    page.method.choose("plain")
    assert page.form.inputs == {}
    assert (page.summary.text(), page.paper.text()) == ("Trains on.", "A baseline")
    assert told.methods == [MethodSpec(name="plain")]


def test_a_method_that_cannot_do_the_task_is_not_started(page: RunPage) -> None:
    page.show_methods([EVERY, PLAIN], Situation("sub-class"), MethodSpec(name="every"))
    assert not page.start_button.isEnabled()
    assert "cannot do the task 'sub-class'" in page.fault.text()
    assert page.method.currentText() == "Every field (not for this task)"


def test_a_method_is_recommended_for_its_task_alone(page: RunPage) -> None:
    def offered() -> list[tuple[str, bool]]:
        return [
            (page.method.itemText(i), bool(page.method.model().index(i, 0).flags() & Qt.ItemFlag.ItemIsEnabled))
            for i in range(page.method.count())
        ]

    assert offered() == [("Other", False), ("Every field", True), ("Fine-tuning", True)]
    page.show_methods([EVERY, PLAIN], Situation("sub-class"), MethodSpec(name="every"))
    assert offered() == [
        ("Recommended for this task", False),
        ("Fine-tuning (recommended)", True),
        ("Not for this task", False),
        ("Every field (not for this task)", False),
    ]


def test_options_are_told(qtbot: QtBot, page: RunPage, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(page)
    retype(qtbot, page.options.seed, "7")
    page.options.device.setCurrentText("cpu")
    page.options.compare.setCurrentIndex(1)
    assert told.options[-1] == {
        "intent": "auto", "seed": 7, "device": "cpu", "retrained": "make", "declared_by": "", "guesses": 1,
        "limits": NO_LIMITS,
    }  # fmt: skip
    page.options.second.setChecked(True)
    assert page.options.second.isVisible() and told.options[-1]["guesses"] == 2
    page.show_options({"guesses": 1})
    assert not page.options.second.isChecked()
    page.options.compare.setCurrentIndex(2)
    assert not page.options.second.isVisible()
    assert not page.start_button.isEnabled()
    assert page.options.path.isVisible() and told.options[-1]["retrained"] is None
    page.show_options(told.options[-1])
    assert page.options.path.isVisible(), "nothing is taken away while the path is not typed yet"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/runs/gold.safetensors", ""))
    qtbot.mouseClick(page.options.browse, Qt.MouseButton.LeftButton)
    assert told.options[-1]["retrained"] == "/runs/gold.safetensors" and page.start_button.isEnabled()
    page.show_options({"intent": "auto", "seed": 3, "device": "cuda:1", "retrained": None})
    page.options.intent.setCurrentIndex(1)
    assert told.options[-1] == {
        "intent": "concept", "seed": 3, "device": "cuda:1", "retrained": None, "declared_by": "", "guesses": 1,
        "limits": NO_LIMITS,
    }  # fmt: skip


def test_limits_are_told_and_shown(page: RunPage) -> None:
    told, fields = Told(page), page.options.limits.fields
    assert all(field.text() == NO_LIMIT for field in fields.values())
    fields["class_loss"].setValue(5)
    assert told.options[-1]["limits"] == {"class_loss": 5.0, "retain_accuracy": None, "minutes": None}
    page.show_options({**told.options[-1], "limits": {"class_loss": None, "retain_accuracy": 80.0, "minutes": None}})
    assert (fields["class_loss"].text(), fields["retain_accuracy"].value()) == (NO_LIMIT, 80.0)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("none", {"Start"}),
        ("queued", set()),
        ("running", set()),
        ("paused", set()),
        ("stopping", set()),
        ("finished", {"Start again"}),
        ("cancelled", {"Start again", "Continue"}),
        ("interrupted", {"Start again", "Continue"}),
        ("failed", {"Start again", "Continue"}),
    ],
)
def test_each_state_offers_what_can_be_done(page: RunPage, state: Any, shown: set[str]) -> None:
    page.show_state(state, can_continue=state in UNFINISHED)
    buttons = (page.start_button, page.continue_button)
    assert {b.text() for b in buttons if b.isVisible() and b.isEnabled()} == shown
    assert page.form.isEnabled(), "the next run can be prepared while one goes on"
    assert page.state_text.text()
    page.set_busy(True)
    assert not any(button.isEnabled() for button in buttons), "another run goes on while this one is looked at"


def test_continue_asks_for_it(qtbot: QtBot, page: RunPage) -> None:
    page.show_state("cancelled", can_continue=True)
    with qtbot.waitSignal(page.continue_requested):
        qtbot.mouseClick(page.continue_button, Qt.MouseButton.LeftButton)


def test_missing_things_block_start(page: RunPage) -> None:
    page.show_missing([Lack("Mark what must be forgotten on the Forget page.", "forget")])
    assert not page.start_button.isEnabled() and page.state_text.text().startswith("Mark what must be")
    page.show_missing([])
    assert page.start_button.isEnabled()


def test_curves_show_the_whole_history(qtbot: QtBot, page: RunPage) -> None:
    qtbot.waitUntil(lambda: page.curves.plot.content is not None)
    history = [Scalars(10 * i, {"retain_accuracy": 80.0 + i, "forget_accuracy": 70.0 - i}) for i in range(5)]
    page.show_scalars(history)
    curves: Any = page.curves.plot.content
    x, y = curves.curves["retain_accuracy"].getData()
    assert (list(x), list(y)) == ([0, 10, 20, 30, 40], [80, 81, 82, 83, 84])
    assert list(curves.series["forget_accuracy"].y) == [70, 69, 68, 67, 66]
    assert page.curves.retain_key.text == "Retain accuracy 84.0 %"
    assert page.curves.forget_key.text == "Forget accuracy 66.0 %"
    page.show_scalars([])
    assert len(curves.series["forget_accuracy"]) == 0
    assert page.curves.forget_key.text == "Forget accuracy"


def test_pyqtgraph_waits_until_the_page_was_shown(qtbot: QtBot) -> None:
    page = RunPage()
    qtbot.addWidget(page)
    page.show_scalars([Scalars(0, {"retain_accuracy": 80.0})])
    assert page.curves.plot.content is None
    page.show()
    assert page.curves.plot.content is None, "the first painting does not wait for the import"
    qtbot.waitUntil(lambda: page.curves.plot.content is not None)
    curves: Any = page.curves.plot.content
    assert list(curves.series["retain_accuracy"].y) == [80], "what was shown before is drawn then"


def test_noise_pairs_are_named(page: RunPage) -> None:
    bank = np.ones((2, 3, 8, 8), dtype=np.float32)
    first, second = NoisePair("cat", "dog", bank, None), NoisePair("cat", "deer", bank, -bank)
    page.show_noise([first])
    kept = page.noise.tiles[0]
    page.show_noise([first, second])
    assert page.noise.tiles[0] is kept, "tiles that are there stay"
    assert [tile.captions for tile in page.noise.tiles] == [
        ("positive: strengthens dog", "negative: not used"),
        ("positive: strengthens deer", "negative: impedes cat"),
    ]
    page.show_noise([])
    assert page.noise.tiles == []


def test_a_method_without_noise_promises_none_when_it_is_over(page: RunPage) -> None:
    page.show_state("running")
    assert "appear here when" in page.noise._empty.text()
    page.show_state("finished")
    assert page.noise._empty.text() == "The run made no noise pairs."


def test_messages_carry_their_level_in_words(page: RunPage) -> None:
    first, second = Message("bf16 is used <here>"), Message("only 3 pictures", "warning")
    page.show_messages([first])
    page.show_messages([first, second])
    assert page.log.toPlainText() == "bf16 is used <here>\nWarning: only 3 pictures"
    page.show_messages([second])
    assert page.log.toPlainText() == "Warning: only 3 pictures"
    page.show_messages([])
    assert page.log.toPlainText() == ""


def test_a_failure_stands_in_place_of_the_usual_words(page: RunPage) -> None:
    page.show_state("failed", "Out of memory.")
    assert page.state_text.text() == "Out of memory."
    page.show_state("failed")
    assert page.state_text.text() == "The run failed."


def test_a_retrainings_curve_has_a_plot_and_a_legend_of_its_own(qtbot: QtBot, page: RunPage) -> None:
    own = [Scalars(step, {"retain_accuracy": 84.0, "forget_accuracy": 2.0}) for step in (0, 10)]
    page.show_scalars(own)
    panel = page.curves
    assert not panel.reference_plot.isVisible() and not panel.reference_key.isVisible()
    page.show_scalars(own, [Scalars(step, {"retain_accuracy": 10.0 + step}) for step in range(3)])
    qtbot.waitUntil(lambda: panel.reference_plot.content is not None and panel.plot.content is not None)
    beside: Any = panel.reference_plot.content
    assert list(beside.series["retain_accuracy"].y) == [10.0, 11.0, 12.0] and list(beside.curves) == ["retain_accuracy"]
    assert panel.reference_key.text == "Retraining: retain accuracy 12.0 %"
    shown: Any = panel.plot.content
    assert len(shown.series["retain_accuracy"]) == 2, "the run's own stays as it is"


def test_noise_pairs_have_room_only_where_there_can_be_some(page: RunPage) -> None:
    assert not page.noise.isVisible() and not page.noise_title.isVisible()
    noisy = replace(EVERY, name="noisy", noise=True)
    page.show_methods([EVERY, noisy], Situation("class"), MethodSpec(name="noisy"))
    assert page.noise.isVisible() and page.noise_title.isVisible()
    page.method.choose("every")
    page.show_noise([NoisePair("cat", "dog", np.zeros((1, 3, 8, 8), np.float32), None)])
    assert page.noise.isVisible(), "what a run made stays in sight"


def test_what_is_compared_with_is_said_before_the_start(page: RunPage) -> None:
    page.options.compare.setCurrentIndex(0)
    assert page.options.compare.currentText() == "a kept retrained model"
    assert "used by itself" in page.options.compare_note.text()
    assert "without verdicts" in page.options.compare_note.text()
    page.options.compare.setCurrentIndex(1)
    assert "as long as training the original" in page.options.compare_note.text()
    page.show_seconds({}, 240.0)
    assert page.options.compare_note.text().endswith("Retraining takes about 4 min here.")


def test_what_a_method_costs_is_said_before_the_start(page: RunPage) -> None:
    measured = replace(EVERY, cost={"class": 10.5})
    page.show_methods([measured, PLAIN], Situation("class"), MethodSpec(name="every"))
    page.show_seconds({"every": 43.0}, 400.0)
    assert "by our measurements: about 40 s here; the last run of it here took 43 s." in page.cost.text()
    assert page.cost.text().startswith("Takes about 10 % of the time of a retraining") and "43 s" in page.cost.text()
    page.method.choose("plain")
    assert not page.cost.isVisible()


def test_what_is_drawn_can_be_chosen_and_what_there_is_none_of_is_said(qtbot: QtBot, page: RunPage) -> None:
    panel = page.curves
    qtbot.waitUntil(lambda: panel.plot.content is not None)
    history = [Scalars(10 * i, {"retain_accuracy": 80.0, "throughput": 1234.0}) for i in range(3)]
    page.show_scalars(history)
    assert panel.retain_key.isVisible() and not panel.value_key.isVisible() and not panel.lacking.isVisible()
    panel.choice.setCurrentIndex(panel.choice.findData("throughput"))
    curves: Any = panel.plot.content
    assert list(curves.series["throughput"].y) == [1234.0] * 3
    assert panel.value_key.text.endswith("1,234") and not panel.retain_key.isVisible()
    panel.choice.setCurrentIndex(panel.choice.findData("agreement"))
    assert panel.lacking.isVisible() and "Not for this method" in panel.lacking.text()
    page.show_scalars([*history, Scalars(30, {"agreement": -0.25})])
    assert not panel.lacking.isVisible() and panel.value_key.text.endswith("-0.25")


def test_earlier_runs_are_offered_and_chosen(qtbot: QtBot, page: RunPage) -> None:
    panel = page.curves
    qtbot.waitUntil(lambda: panel.plot.content is not None)
    assert not panel.earlier_button.isEnabled()
    panel.offer_earlier([(4, "R&D run"), (2, "older")])
    panel._menu.aboutToShow.emit()
    actions = panel._menu.actions()
    assert [action.text() for action in actions] == ["R&&D run", "older"]
    with qtbot.waitSignal(panel.earlier_chosen, check_params_cb=lambda chosen: chosen == [2]):
        actions[1].trigger()
    panel.show_earlier([("older", [Scalars(0, {"retain_accuracy": 3.0})])])
    assert panel.earlier_button.text() == "Earlier (1)"
    with qtbot.waitSignal(panel.earlier_chosen, check_params_cb=lambda chosen: chosen == []):
        panel.offer_earlier([(4, "R&D run")])
