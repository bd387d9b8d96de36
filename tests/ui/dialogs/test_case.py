from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.cases import Approval, CaseRun, ErasureCase, HandOver, Imported, KeptCase, Recipient
from maga_desk.ui.dialogs.case import CaseDialog
from tests.ui.staging import case_dialog

AT = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture
def dialog(qtbot: QtBot) -> CaseDialog:
    made = CaseDialog(today=date(2026, 3, 4))
    qtbot.addWidget(made)
    show(made, ErasureCase(reference="<b>AZ & 17</b>"))
    return made


def show(dialog: CaseDialog, case: ErasureCase, *runs: CaseRun) -> None:
    kept = KeptCase(id=1, created=AT, updated=AT, case=case, runs=runs)
    dialog.show_case(kept, [kept, replace(kept, id=2, case=ErasureCase())])


def test_what_is_typed_is_saved_and_a_month_to_answer_is_offered(qtbot: QtBot, dialog: CaseDialog) -> None:
    assert not dialog.save_button.isEnabled()
    qtbot.keyClicks(dialog.form.received, "2026-01-31")
    assert "2026-02-28" in dialog.form.due.placeholderText() and dialog.save_button.isEnabled()
    with qtbot.waitSignal(dialog.saved) as saved:
        qtbot.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)
    wanted = ErasureCase(reference="<b>AZ & 17</b>", received=date(2026, 1, 31), due=date(2026, 2, 28))
    assert saved.args == [wanted]


def test_a_day_that_is_none_is_told_and_keeps_the_dialog_open(qtbot: QtBot, dialog: CaseDialog) -> None:
    dialog.show()
    qtbot.keyClicks(dialog.form.due, "next week")
    dialog.accept()
    assert "due: 'next week' is no day" in dialog.fault.text() and dialog.isVisible()


def test_each_button_says_why_it_cannot_be_used(dialog: CaseDialog) -> None:
    for button, why in (
        (dialog.hand_over_button, "Nothing was judged yet."),
        (dialog.close_button, "Hand it over first."),
        (dialog.refuse_button, "Say why."),
    ):
        assert (button.isEnabled(), button.toolTip()) == (False, why)
    show(dialog, ErasureCase(), CaseRun(1, "running"))
    assert dialog.refuse_button.toolTip() == "A run of this case is going on."
    show(dialog, ErasureCase(approvals_needed=0), CaseRun(1, "finished", "a"))
    assert dialog.hand_over_button.isEnabled()
    show(dialog, ErasureCase(refused="not ours"))
    assert dialog.reopen_button.isVisibleTo(dialog) and not dialog.close_button.isVisibleTo(dialog)


def test_an_approval_of_an_earlier_result_is_shown_as_such(qtbot: QtBot) -> None:
    dialog = case_dialog()
    qtbot.addWidget(dialog)
    lines = dialog.approvals.text().splitlines()
    assert lines[0] == "1 of 2 approvals"
    assert [line.endswith("counts no more") for line in lines[1:]] == [True, False]
    assert dialog.state.text() == "Judged, due 2026-03-20, in 14 days"


def test_another_case_is_chosen_only_with_what_was_typed_saved(qtbot: QtBot, dialog: CaseDialog) -> None:
    qtbot.keyClicks(dialog.form.due, "soon")
    with qtbot.assertNotEmitted(dialog.chosen):
        dialog.which.setCurrentIndex(1)
        dialog.which.activated.emit(1)
    assert dialog.which.currentData() == 1
    dialog.form.due.clear()
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.which.setCurrentIndex(1)
        dialog.which.activated.emit(1)
    assert chosen.args == [2]


JUDGED = CaseRun(1, "finished", "a")


@pytest.mark.parametrize(
    ("case", "line", "button", "signal"),
    [
        (ErasureCase(), "approver", "approve_button", "approved"),
        (ErasureCase(), "recipient", "told_button", "told"),
        (ErasureCase(), "why", "refuse_button", "refused"),
        (ErasureCase(approvals_needed=0), "", "hand_over_button", "handed_over"),
        (ErasureCase(handed_over=HandOver(AT, 1, "a")), "", "close_button", "closed"),
        (ErasureCase(refused="not ours"), "", "reopen_button", "reopened"),
        (ErasureCase(refused="not ours"), "", "purge_button", "purge_requested"),
    ],
)
def test_what_was_typed_is_saved_before_each_step(
    case: ErasureCase, line: str, button: str, signal: str, qtbot: QtBot, dialog: CaseDialog
) -> None:
    show(dialog, case, JUDGED)
    if line:
        getattr(dialog, line).setText("Ada")
    qtbot.keyClicks(dialog.form.handler, "Lea")
    heard: list[str] = []
    dialog.saved.connect(lambda saved: heard.append(saved.handler))
    getattr(dialog, signal).connect(lambda *_: heard.append(signal))
    getattr(dialog, button).click()
    assert heard == ["Lea", signal]
    heard.clear()
    dialog.form.due.setText("soon")
    if line:
        getattr(dialog, line).setText("Ada")
    getattr(dialog, button).click()
    assert heard == [] and "'soon' is no day" in dialog.fault.text(), "no step over a field that cannot be read"
    assert not line or getattr(dialog, line).text() == "Ada"


def test_a_number_that_is_typed_and_not_left_counts(dialog: CaseDialog) -> None:
    dialog.form.approvals.lineEdit().setText("2")
    assert dialog.form.case().approvals_needed == 2


def test_missing_approvals_are_counted(dialog: CaseDialog) -> None:
    approval = Approval("Ada", AT, 1, "a")
    show(dialog, ErasureCase(approvals_needed=2, approvals=(approval,)), JUDGED)
    assert dialog.hand_over_button.toolTip() == "Approvals are missing: 1 of 2."


def test_a_hand_over_of_an_earlier_result_lapses_in_sight(dialog: CaseDialog) -> None:
    case = ErasureCase(approvals_needed=0, handed_over=HandOver(AT, 1, "judged before"))
    show(dialog, case, JUDGED)
    assert "counts no more" in dialog.steps.text() and dialog.state.text() == "Judged"
    assert dialog.hand_over_button.isEnabled() and dialog.close_button.toolTip() == "Hand it over first."


def test_a_case_that_is_not_among_the_newest_is_offered_still(dialog: CaseDialog) -> None:
    kept = KeptCase(id=7, created=AT, updated=AT, case=ErasureCase(reference="old"))
    dialog.show_case(kept, [replace(kept, id=8)])
    assert dialog.which.currentData() == 7


def test_nothing_is_done_to_a_case_while_it_is_purged(dialog: CaseDialog) -> None:
    show(dialog, ErasureCase(refused="not ours"))
    dialog.show_purging("Waiting for: the run")
    assert dialog.purging.text() == "Waiting for: the run"
    assert not dialog.purge_button.isEnabled() and not dialog.reopen_button.isEnabled()
    dialog.show_purging("")
    assert dialog.purge_button.isEnabled() and dialog.purging.isHidden()


def test_what_an_imported_file_says_is_called_so(dialog: CaseDialog) -> None:
    approval, over = Approval("Erika", AT, 1, "a", brought=True), HandOver(AT, 1, "a", brought=True)
    told = (Recipient("Max", AT.date(), "by letter", brought=True),)
    imported = Imported(AT, "AZ-17.case")
    show(dialog, ErasureCase(approvals=(approval,), handed_over=over, recipients=told, imported=imported), JUDGED)
    assert dialog.approvals.text().startswith("Imported on ") and "AZ-17.case" in dialog.approvals.text()
    for label in (dialog.approvals, dialog.recipients, dialog.steps):
        assert "as the imported file says" in label.text()
