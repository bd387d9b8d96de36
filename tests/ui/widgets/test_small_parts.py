"""Progress words, noise pictures, the flow of the forget set, and the menu of presets."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from maga_desk.domain.events import NoisePair
from maga_desk.domain.presets import Preset
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.ui.widgets.guide.flow_bars import SHOWN, Flow, flows
from maga_desk.ui.widgets.run.noise_strip import MOST_TILES, NoiseStrip, noise_to_bytes
from maga_desk.ui.widgets.run.preset_button import PresetButton


def test_zero_noise_is_grey_and_signs_are_opposite() -> None:
    noise = np.zeros((3, 2, 2), dtype=np.float32)
    assert (noise_to_bytes(noise) == 128).all()
    noise[0, 0], noise[0, 1] = 1.5, -1.5
    pixels = noise_to_bytes(noise)
    assert (pixels[0, 0] == 255).all()
    assert (pixels[0, 1] == 1).all()
    assert (pixels[1:] == 128).all()


def test_many_noise_pairs_are_counted_not_all_shown(qtbot: QtBot) -> None:
    strip = NoiseStrip()
    qtbot.addWidget(strip)
    bank = np.ones((1, 3, 4, 4), dtype=np.float32)
    strip.set_pairs([NoisePair("cat", str(i), bank, None) for i in range(MOST_TILES + 5)])
    assert len(strip.tiles) == MOST_TILES
    assert "and 5 more pairs" in [child.text() for child in strip.findChildren(type(strip._more))]


def test_flows_count_pictures_by_class_largest_first() -> None:
    classes = tuple("abcdefgh")
    true = np.array([0] * 3 + [1] * 7)
    labels = np.array([2, 2, 3, 2, 3, 4, 5, 6, 7, 7])
    targets = np.eye(8, dtype=np.float32)[labels]
    matrix = TransitionMatrix.from_scores(classes, np.ones((8, 8)), "uniform")
    names = tuple(f"train/{i}" for i in range(10))
    proposal = Proposal(matrix, names, np.arange(10), true, targets, targets, np.zeros(10, dtype=bool), "product")
    first, second = flows(proposal)
    assert (first.true, first.total, first.targets[0]) == ("b", 7, ("h", 2))
    assert len(first.targets) == SHOWN
    assert sum(count for _, count in first.others) == 2
    assert second == Flow("a", 3, (("c", 2), ("d", 1)), ())
    assert flows(None) == []


def test_presets_stand_in_their_menu_once_those_for_the_task_first(qtbot: QtBot) -> None:
    button = PresetButton()
    qtbot.addWidget(button)
    mask, keep = (Preset(name, task, MethodSpec(name="logit-mask")) for name, task in (("mask", "class"), ("keep", "")))
    menu = button.menu()
    for presets in ([], [mask], [keep, mask]):
        button.show_presets(presets, "class")
    for _ in range(2):
        menu.aboutToShow.emit()
        texts = [action.text() for action in menu.actions() if not action.isSeparator()]
        assert texts == [mask.title, keep.title, "Save what is set…", "Remove"]
    (remove,) = [action.menu() for action in menu.actions() if action.text() == "Remove"]
    with qtbot.waitSignal(button.removed) as said:
        remove.actions()[1].trigger()  # type: ignore[union-attr]
    assert said.args == ["keep"]
    button.show_presets([], "")
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["Save what is set…"]
