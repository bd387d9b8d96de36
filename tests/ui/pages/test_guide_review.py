"""Looking through the labels: reasons, provenance, agreeing, and all of it by keyboard."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from maga_desk.domain.opinion import Opinion
from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.prompt import Prompt
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.services.installation import proposers
from maga_desk.ui.item_models.labels import LABEL, SOURCE
from maga_desk.ui.item_models.why import Origin
from maga_desk.ui.pages.guide import GuidePage

CLASSES = ("bird", "cat", "deer", "dog")
NAMES = tuple(f"train/cat/{i}.png" for i in range(5))
QUESTION = "Looks it like a {class}?"


def opinion(**changes: Any) -> Opinion:
    """Pictures 0 and 1 were asked about."""
    p = np.array([[0.2, np.nan, 0.4, 0.9], [0.4, np.nan, 0.6, 0.7]], dtype=np.float32)
    fields: dict[str, Any] = {
        "proposer": "mllm", "model": "demo", "revision": "r", "prompt": QUESTION, "asked_about": CLASSES,
        "pictures": NAMES[:2], "rows": np.array([1, 1]), "p_true": p, "at": "2026-11-24T10:31:00+00:00",
    }  # fmt: skip
    return Opinion(**{**fields, **changes})


def made(source: str = "mllm", opinions: tuple[Opinion, ...] | None = None) -> Proposal:
    """Five cats, all sent to dog; 3 is doubtful by its margin, 4 as the classifier would say deer."""
    scores = np.zeros((4, 4))
    scores[1] = [0.1, 0, 0.3, 0.6]
    matrix = TransitionMatrix.from_scores(CLASSES, scores, source)
    p = np.array(
        [[0, 0.6, 0, 0.4], [0, 0.5, 0.1, 0.4], [0, 0.7, 0, 0.3], [0, 0.4, 0.39, 0.21], [0.1, 0.4, 0.28, 0.22]],
        dtype=np.float32,
    )
    targets = np.tile(np.eye(4, dtype=np.float32)[3], (5, 1))
    given = (opinion(),) if opinions is None else opinions
    return Proposal(
        matrix, NAMES, np.arange(5), np.ones(5, dtype=np.int64), p, targets, np.zeros(5, dtype=bool), "product",
        given, np.zeros(5, dtype=bool),
    )  # fmt: skip


def agreed(proposal: Proposal, *positions: int) -> Proposal:
    accepted = np.zeros(5, dtype=bool)
    accepted[list(positions)] = True
    return replace(proposal, accepted=accepted)


def by_hand(proposal: Proposal, position: int, label: int) -> Proposal:
    edited, targets = proposal.edited.copy(), proposal.targets.copy()
    edited[position], targets[position] = True, np.eye(4, dtype=np.float32)[label]
    return replace(proposal, edited=edited, targets=targets)


def split() -> PictureIndex:
    images = np.random.default_rng(0).integers(0, 255, (5, 3, 8, 8), dtype=np.uint8)
    return PictureIndex(InMemory(images), np.ones(5, dtype=np.int64), np.ones(5, dtype=np.int64), NAMES)


ORIGIN = Origin(
    (1,),
    1.0,
    datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
    {NAMES[2]: datetime(2026, 11, 24, 11, tzinfo=UTC)},
    proposers(),
)


@pytest.fixture
def page(qtbot: QtBot) -> GuidePage:
    page = GuidePage()
    qtbot.addWidget(page)
    page.resize(1130, 740)
    page.show_proposal(made(), split(), ORIGIN)
    page.show()
    qtbot.waitExposed(page)
    assert page.why.summary.text().startswith("Select a picture")
    page.table.view.setFocus()
    return page


def clock(hour: int, minute: int = 0) -> str:
    return f"{datetime(2026, 11, 24, hour, minute, tzinfo=UTC).astimezone():%d %b %Y %H:%M}"


def column(page: GuidePage, number: int) -> list[str]:
    model = page.why.model
    return [model.index(row, number).data() for row in range(model.rowCount())]


def test_why_shows_the_picture_and_what_speaks_for_each_candidate(page: GuidePage) -> None:
    page.table.view.selectRow(0)
    why = page.why
    assert why.summary.text() == "0.png: cat; the classifier predicts cat (60 %); new label dog, margin 1.00"
    assert not why.picture.pixmap().isNull()
    assert why.picture.pixmap().height() / why.picture.pixmap().devicePixelRatio() == 96
    assert column(page, 0) == ["dog ←", "bird", "deer"] or column(page, 0) == ["dog ←", "deer", "bird"]
    assert "cat" not in column(page, 0), "its own class, forgotten wholly, is no candidate"
    assert column(page, 1)[0] == "0.90"
    assert column(page, 2)[0] == "0.60"
    assert column(page, 3)[0] == "0.40"
    assert column(page, 4)[0] == "1.00"


def test_why_tells_question_and_answer_of_the_picture(page: GuidePage) -> None:
    page.table.view.selectRow(0)
    assert page.why.answer.text() == (
        "mllm (demo) was asked: “Looks it like a dog?” Its answer: True with 0.90 (asked about this picture)."
    )
    page.why.view.selectRow(column(page, 0).index("deer"))
    assert "“Looks it like a deer?” Its answer: False with 0.60" in page.why.answer.text()


def test_why_falls_back_to_the_class(page: GuidePage) -> None:
    page.table.view.selectRow(2)
    assert column(page, 1)[0] == "0.80"
    assert "True with 0.80 (mean of 2 exemplars of its class)" in page.why.answer.text()


def test_provenance_names_model_prompt_time_and_hand(page: GuidePage) -> None:
    page.table.view.selectRow(2)
    version = Prompt(QUESTION).version
    start = f"Proposed by mllm (demo), prompt {version}, {clock(10, 31)}"
    assert page.why.provenance.text() == f"{start}; not changed by hand"
    page.show_proposal(by_hand(made(), 2, 0), split(), ORIGIN)
    assert page.why.provenance.text() == f"{start}; label set by you, {clock(11)}"
    assert "set by you" in page.why.summary.text()
    page.show_proposal(agreed(made(), 2), split(), ORIGIN)
    assert page.why.provenance.text() == f"{start}; accepted by you, {clock(11)}"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("classifier", "classifier's own mean prediction for pictures of cat"),
        ("centroids", "mean features"),
        ("uniform", "as a control"),
        ("file", "read from a file"),
    ],
)
def test_without_a_question_why_says_where_the_label_comes_from(page: GuidePage, source: str, words: str) -> None:
    page.show_proposal(made(source, ()), split(), ORIGIN)
    page.table.view.selectRow(0)
    assert words in page.why.answer.text()
    assert page.why.view.isColumnHidden(1), "nobody was asked"
    assert page.why.provenance.text() == f"Proposed by {source}, {clock(10)}; not changed by hand"


def test_several_opinions_are_all_told(page: GuidePage) -> None:
    clip = opinion(proposer="clip", model="vit", prompt="a photo of a {class}")
    page.show_proposal(made("mixture", (opinion(), clip)), split(), ORIGIN)
    page.table.view.selectRow(0)
    lines = page.why.answer.text().split("\n")
    assert lines[0].startswith("mllm (demo) was asked") and "fits with a share of 0.90" in lines[1]
    assert "caption" in page.why.provenance.text()


def test_set_by_names_who(page: GuidePage) -> None:
    page.show_proposal(agreed(by_hand(made(), 0, 0), 1), split(), ORIGIN)
    model = page.table.label_model
    assert [model.index(row, SOURCE).data() for row in range(3)] == ["you", "mllm (demo) ✓", "mllm (demo)"]


def test_doubt_is_a_small_margin_or_a_disagreement(page: GuidePage) -> None:
    page.table.filter_box.setCurrentIndex(1)
    model = page.table.label_model
    assert [model.position(row) for row in range(model.rowCount())] == [3, 4]
    assert "2 left to review" in page.table.count.text()


def test_accept_selected_by_key_and_all_shown_by_button(qtbot: QtBot, page: GuidePage) -> None:
    page.table.view.selectRow(0)
    with qtbot.waitSignal(page.table.labels_accepted) as caught:
        qtbot.keyClick(page.table.view, Qt.Key.Key_A)
    assert caught.args == [[0]]
    page.show_proposal(agreed(made(), 0), split(), ORIGIN)
    with qtbot.assertNotEmitted(page.table.labels_accepted):
        qtbot.keyClick(page.table.view, Qt.Key.Key_A)
    assert not page.table.accept_button.isEnabled()
    with qtbot.waitSignal(page.table.labels_accepted) as caught:
        qtbot.mouseClick(page.table.accept_all_button, Qt.MouseButton.LeftButton)
    assert caught.args == [[1, 2, 3, 4]]
    page.table.filter_box.setCurrentIndex(1)
    with qtbot.waitSignal(page.table.labels_accepted) as caught:
        qtbot.mouseClick(page.table.accept_all_button, Qt.MouseButton.LeftButton)
    assert caught.args == [[3, 4]]


def test_the_queue_of_doubtful_ones_empties_by_keyboard(qtbot: QtBot, page: GuidePage) -> None:
    view, current = page.table.view, made()
    page.table.filter_box.setCurrentIndex(1)
    done: list[int] = []
    page.table.labels_accepted.connect(done.extend)
    qtbot.keyClick(view, Qt.Key.Key_N)
    for left in ("1 left", "0 left"):
        qtbot.keyClick(view, Qt.Key.Key_A)
        page.show_proposal(agreed(current, *done), split(), ORIGIN)
        assert left in page.table.count.text()
    assert done == [3, 4], "the next one is current as soon as one leaves"
    assert page.table.label_model.rowCount() == 0


def test_n_goes_to_the_next_doubtful_one_and_around(qtbot: QtBot, page: GuidePage) -> None:
    view = page.table.view
    for expected in (3, 4, 3):
        qtbot.keyClick(view, Qt.Key.Key_N)
        assert view.currentIndex().row() == expected
        assert page.table.selected_positions() == [expected]
    assert "doubtful" in page.why.summary.text()


def test_delete_takes_an_agreement_back(qtbot: QtBot, page: GuidePage) -> None:
    page.show_proposal(agreed(made(), 1), split(), ORIGIN)
    page.table.view.selectRow(1)
    with qtbot.waitSignal(page.table.labels_reset) as caught:
        qtbot.keyClick(page.table.view, Qt.Key.Key_Delete)
    assert caught.args == [[1]]


def test_arrows_and_enter(qtbot: QtBot, page: GuidePage) -> None:
    view = page.table.view
    view.selectRow(0)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert "1.png" in page.why.summary.text()
    qtbot.keyClick(view, Qt.Key.Key_Return)
    editor = view.viewport().findChild(QComboBox)
    assert editor is not None
    assert [editor.itemText(i) for i in range(editor.count())] == ["bird", "deer", "dog"], "cat is forgotten wholly"
    assert "A accepts" in page.table.keys.text()


def test_wholly_forgotten_classes_are_offered_nowhere(page: GuidePage) -> None:
    box = page.table.target_box
    assert [box.itemText(i) for i in range(box.count())] == ["bird", "deer", "dog"]
    page.table.view.selectRow(0)
    menu = page.table.context_menu([0])
    assert not any("cat" in action.text() for action in menu.actions())
    menu.deleteLater()
    assert page.table.label_model.index(0, LABEL).data() == "dog"


def test_what_asking_cost_is_told(page: GuidePage) -> None:
    first = opinion(questions=152, cached=40, tokens=1592, seconds=0.41, loading=0.22, cost=0.00123)
    second = opinion(proposer="endpoint", model="seer", questions=1, cached=1, pictures=NAMES[:1])
    page.show_proposal(made("mixture", (first, second)), split(), ORIGIN)
    assert page.matrix.cost.text().splitlines() == [
        "mllm (demo): 152 questions about 2 pictures, 40 remembered; 1,592 tokens; cost 0.0012; 0.4 s, loading 0.2 s. "
        "The demo's own toy: it knows the demo's kinds and nothing else.",
        "endpoint (seer): 1 question about 1 picture, all remembered.",
    ]
    assert page.matrix.cost.isVisibleTo(page)
    page.show_proposal(made("classifier", ()), split(), ORIGIN)
    assert not page.matrix.cost.isVisibleTo(page)


def test_one_opinion_has_a_column_and_several_do_not(page: GuidePage) -> None:
    for opinions, hidden in (((opinion(),), False), ((opinion(), opinion(model="seer")), True), ((), True)):
        page.show_proposal(made("mllm" if opinions else "classifier", opinions), split(), ORIGIN)
        page.table.view.selectRow(0)
        assert page.why.view.isColumnHidden(1) is hidden
