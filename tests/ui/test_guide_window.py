"""The Guide page in the whole window, with the real engine and the real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain import paths
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition

PATIENCE = 60_000


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[Composition]:
    made = Composition(SessionStore.open(paths.sessions_file()), runs_folder=tmp_path, confirm=lambda *_: True)
    made.window.show()
    qtbot.waitExposed(made.window)
    made.start()
    yield made
    made.close()
    made.window.close()
    made.window.deleteLater()
    made.deleteLater()


def test_propose_compare_review_and_reopen(
    qtbot: QtBot, window: Composition, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    file = tmp_path / "spec.toml"
    file.write_text(tiny_spec.to_toml())
    window.open_spec(str(file))
    desk, page = window.desk, window.pages["guide"]
    qtbot.waitUntil(lambda: desk.forget is not None and bool(desk.installation.proposers), timeout=PATIENCE)
    window.window.show_page("guide")
    offered = [page.bar.proposer.itemData(i) for i in range(page.bar.proposer.count())]
    assert offered == list(desk.installation.proposers)
    qtbot.mouseClick(page.bar.propose_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desk.proposal is not None, timeout=PATIENCE)
    box = page.matrix.compare.box
    box.setCurrentIndex(box.findData("centroids"))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: desk.compared is not None, timeout=PATIENCE)
    assert "Rank agreement" in page.matrix.compare.words.text()
    assert "classifier's own mean prediction" in (page.table.view.selectRow(0) or page.why.answer.text())
    page.table.view.setFocus()
    qtbot.keyClick(page.table.view, Qt.Key.Key_A)
    qtbot.mouseClick(page.table.accept_all_button, Qt.MouseButton.LeftButton)
    assert desk.proposal is not None and desk.proposal.agreed.all()
    assert "0 left to review" in page.table.count.text()
    page.table.labels_edited.emit([3], "disc")
    labels, agreed, session = desk.proposal.labels, desk.proposal.agreed, desk.session_id
    assert session is not None
    window.sessions.save()
    window.sessions.begin_new()
    assert desk.proposal is None and desk.compared is None
    window.sessions.reopen(session)
    qtbot.waitUntil(lambda: desk.proposal is not None, timeout=PATIENCE)
    assert np.array_equal(desk.proposal.labels, labels)
    assert np.array_equal(desk.proposal.agreed, agreed)
    assert page.table.label_model.rowCount() == len(labels)


DEMO = """
device = "cpu"
[data]
source = "demo"
[forget]
classes = ["dog"]
[guidance]
proposer = "mllm"
model = "demo"
exemplars = 2
"""


def test_the_demos_own_model_is_asked_and_its_answers_are_kept(
    qtbot: QtBot, window: Composition, small_demo: None, tmp_path: Path
) -> None:
    file = tmp_path / "demo.toml"
    file.write_text(DEMO)
    window.open_spec(str(file))
    desk, page = window.desk, window.pages["guide"]
    qtbot.waitUntil(lambda: desk.forget is not None and bool(desk.installation.proposers), timeout=PATIENCE)
    window.window.show_page("guide")
    qtbot.mouseClick(page.bar.propose_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desk.proposal is not None, timeout=PATIENCE)
    assert desk.proposal is not None
    (asked,) = desk.proposal.opinions
    assert "38 questions about 2 pictures" in page.matrix.cost.text()
    assert "toy" in page.matrix.cost.text()
    page.table.view.selectRow(0)
    assert page.why.answer.text().startswith("mllm (demo) was asked: “Does what this image shows")
    assert "Proposed by mllm (demo), prompt" in page.why.provenance.text()
    session = desk.session_id
    assert session is not None
    window.sessions.save()
    window.sessions.begin_new()
    window.sessions.reopen(session)
    qtbot.waitUntil(lambda: desk.proposal is not None, timeout=PATIENCE)
    (kept,) = desk.proposal.opinions
    np.testing.assert_array_equal(kept.p_true, asked.p_true)
    assert kept.provenance() == asked.provenance()
    qtbot.mouseClick(page.bar.propose_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "all remembered" in page.matrix.cost.text(), timeout=PATIENCE)
