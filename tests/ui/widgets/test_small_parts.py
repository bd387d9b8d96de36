"""Progress words, noise pictures and the flow of the forget set."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from maga_desk.domain.events import NoisePair
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.ui.widgets.guide.flow_bars import SHOWN, Flow, flows
from maga_desk.ui.widgets.run.noise_strip import MOST_TILES, NoiseStrip, noise_to_bytes


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
