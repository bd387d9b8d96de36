"""What a person changes on the Guide page, what follows from it, and how it comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
from pytestqt.qtbot import QtBot

from maga_desk.domain.basket import Basket
from maga_desk.domain.events import Opened, WorkspaceCard
from maga_desk.domain.forget import resolve
from maga_desk.services.marked import MarkedWorkspace
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.actions import Actions
from maga_desk.ui.controllers.load import LoadController
from maga_desk.ui.controllers.sessions import SessionsController
from maga_desk.ui.main_window import MainWindow
from maga_desk.ui.page_table import PAGES
from maga_desk.ui.pages.load import LoadPage


def test_locks_hold_against_edits_and_are_refused_in_the_page(bench: Any) -> None:
    bench.propose()
    page = bench.page
    page.matrix.model.cell_edited.emit("cat", "dog", 0.5)
    page.matrix.model.cell_locked.emit("cat", "dog", True)
    assert bench.desk.proposal.matrix.locked("cat", "dog")
    page.matrix.model.cell_edited.emit("cat", "dog", 0.2)
    assert "locked" in page.cell_text.text()
    assert bench.desk.proposal.matrix.values[1, 3] == 0.5
    page.matrix.model.cell_edited.emit("cat", "deer", 0.4)
    row = bench.desk.proposal.matrix.values[1]
    assert (row[2], row[3]) == (0.4, 0.5)
    assert abs(row.sum() - 1) < 1e-9
    page.matrix.model.cell_reset.emit("cat", "dog")
    assert not bench.desk.proposal.matrix.edited("cat", "dog")
    assert bench.desk.proposal.matrix.edited("cat", "deer")
    page.matrix.model.row_locked.emit("cat", True)
    assert bench.desk.proposal.matrix.row_locked("cat")
    page.undo_requested.emit()
    assert not bench.desk.proposal.matrix.row_locked("cat")
    page.redo_requested.emit()
    page.matrix.model.row_locked.emit("cat", False)
    assert not any(edit.locked for edit in bench.desk.spec.guidance.matrix_edits)


def test_accepting_is_kept_undone_and_lost_with_the_label(bench: Any) -> None:
    bench.propose()
    names = bench.desk.proposal.names
    bench.page.table.labels_accepted.emit([0, 1, 2])
    assert bench.desk.spec.guidance.accepted == names[:3]
    assert bench.desk.proposal.agreed.sum() == 3
    assert names[0] in bench.desk.changed_at
    bench.page.undo_requested.emit()
    assert bench.desk.spec.guidance.accepted == ()
    bench.page.redo_requested.emit()
    bench.page.table.labels_edited.emit([0], "bird")
    assert bench.desk.spec.guidance.accepted == names[1:3]
    bench.page.table.labels_reset.emit([0, 1])
    assert bench.desk.spec.guidance.accepted == names[2:3]
    assert bench.desk.spec.guidance.label_edits == {}


def test_a_label_that_changes_is_not_agreed_to_any_more(bench: Any) -> None:
    bench.propose(combine="transition")
    count = len(bench.desk.proposal.names)
    bench.page.table.labels_accepted.emit(list(range(count)))
    assert bench.desk.proposal.agreed.all()
    other = next(c for c in (0, 2, 3) if c != bench.desk.proposal.labels[0])
    bench.page.matrix.model.cell_edited.emit("cat", bench.desk.images.classes[other], 0.9)
    assert (bench.desk.proposal.labels == other).all()
    assert bench.desk.spec.guidance.accepted == ()
    bench.page.undo_requested.emit()
    assert bench.desk.proposal.agreed.all()


def test_another_proposal_keeps_agreement_where_labels_stay(bench: Any) -> None:
    bench.propose(combine="transition")
    before = bench.desk.proposal.labels.copy()
    bench.page.table.labels_accepted.emit([0])
    bench.propose(combine="transition")
    assert bench.desk.proposal.agreed[0]
    bench.propose(proposer="uniform", combine="transition")
    assert bench.desk.proposal.labels[0] != before[0]
    assert not bench.desk.proposal.agreed[0]


def test_wholly_forgotten_classes_are_not_offered(bench: Any) -> None:
    bench.mark([*range(10, 20), 0])
    bench.propose()
    table = bench.page.table
    assert [table.target_box.itemText(i) for i in range(table.target_box.count())] == ["bird", "deer", "dog"]
    assert "cat" not in table.label_model.candidates(0)


def test_settings_not_applied_yet_survive_an_edit(bench: Any) -> None:
    bench.propose()
    bench.page.bar.combine.setCurrentText("soft")
    bench.page.table.labels_edited.emit([0], "bird")
    assert bench.page.bar.combine.currentText() == "soft"


def reopened(qtbot: QtBot, bench: Any, store: SessionStore, number: int) -> Any:
    """Open the session through the real session and load controllers."""

    def open_service(spec: Any, control: Any) -> Any:
        yield Opened(card)
        found = resolve(spec.forget, images.catalogue(), seed=spec.seed)
        return MarkedWorkspace(Workspace(images), spec.forget, Basket(len(images.train)).add(found.indices))

    class Workspace:
        def __init__(self, given: Any) -> None:
            self.images = given
            self.train, self.card = given.train, card
            self.earlier = np.empty(0, dtype=np.int64)

    images = bench.desk.images
    card = WorkspaceCard("c", "resnet8", 1, images.classes, images.kinds, None, 40, 40, (8, 8), 90.0, 90.0, "cpu",
                         "float32", "us")  # fmt: skip
    load_page = LoadPage()
    infos = [info for info in PAGES if info.key == "load"]
    window = MainWindow(infos, {"load": load_page}, Actions(bench.desk))
    qtbot.addWidget(window)
    load = LoadController(load_page, bench.desk, bench.jobs, open_service)
    sessions = SessionsController(window, load_page, bench.desk, load, store, lambda *_: None)
    bench.desk.clear()
    assert bench.desk.proposal is None
    sessions.reopen(number)
    bench.wait(lambda: bench.desk.forget is not None)
    return sessions


def session_of(bench: Any, store: SessionStore) -> int:
    number = store.create_session("cats", bench.desk.spec, None)
    bench.desk.set_session(number, "cats")
    return number


def test_a_reopened_session_brings_its_proposal_back(qtbot: QtBot, bench: Any, store: SessionStore) -> None:
    number = session_of(bench, store)
    bench.propose()
    bench.page.table.labels_edited.emit([2], "bird")
    bench.page.table.labels_accepted.emit([4])
    left = bench.desk.proposal
    reopened(qtbot, bench, store, number)
    back = bench.desk.proposal
    assert back is not None
    assert back.names == left.names
    assert np.array_equal(back.labels, left.labels)
    assert np.array_equal(back.agreed, left.agreed)
    assert bench.desk.proposed_at is not None
    assert left.names[2] in bench.desk.changed_at
    assert bench.page.table.label_model.rowCount() == len(left.names)


def test_a_proposal_for_other_pictures_stays_away(qtbot: QtBot, bench: Any, store: SessionStore) -> None:
    number = session_of(bench, store)
    bench.propose()
    bench.mark([0, 1, 2])
    store.update_session(number, spec=bench.desk.spec)
    reopened(qtbot, bench, store, number)
    assert bench.desk.proposal is None
