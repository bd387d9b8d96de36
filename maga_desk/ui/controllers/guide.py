"""Guide page: what is proposed, and a person's changes to it with undo and redo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.errors import StoreError, UserError
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.services.guidance import relabel
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.desk import Desk
from maga_desk.ui.item_models.why import Origin
from maga_desk.ui.pages.guide import GuidePage


class GuideController(QObject):
    """Connects the Guide page and the desk; asking is another controller's."""

    def __init__(
        self, page: GuidePage, desk: Desk, store: SessionStore | None, say: Callable[[str, str], None]
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._store, self._say = page, desk, store, say
        self._past: list[GuidanceSpec] = []
        self._future: list[GuidanceSpec] = []
        matrix, table = page.matrix.model, page.table
        matrix.cell_edited.connect(self._edit_cell)
        matrix.cell_locked.connect(self._lock_cell)
        matrix.row_locked.connect(self._lock_row)
        matrix.cell_reset.connect(self._reset_cell)
        matrix.row_reset.connect(self._reset_row)
        matrix.all_reset.connect(self._reset_matrix)
        table.labels_edited.connect(self._edit_labels)
        table.labels_reset.connect(self._reset_labels)
        table.labels_accepted.connect(self._accept_labels)
        page.undo_requested.connect(self._undo)
        page.redo_requested.connect(self._redo)
        desk.engine_ready.connect(self._show_engine)
        desk.spec_changed.connect(self._show_guidance)
        desk.proposal_changed.connect(self._show_proposal)

    def take(self, proposal: Proposal, forget: ForgetSet) -> None:
        """A new proposal. Edits made while it was under way are the person's last word."""
        desk = self._desk
        self._past.clear()
        self._future.clear()
        try:
            fresh = relabel(proposal, desk.spec, forget)
            guidance = self._still_agreed(desk.spec.guidance, desk.proposal, fresh)
            if guidance != desk.spec.guidance:
                desk.set_spec(desk.spec.model_copy(update={"guidance": guidance}))
                fresh = relabel(proposal, desk.spec, forget)
        except UserError as error:
            self._fail(str(error))
            return
        desk.set_proposal(fresh, datetime.now(UTC))
        self._keep()

    @Slot(str, str, float)
    def _edit_cell(self, row: str, column: str, value: float) -> None:
        self._change_matrix(lambda matrix: matrix.with_edit(row, column, value))

    @Slot(str, str, bool)
    def _lock_cell(self, row: str, column: str, locked: bool) -> None:
        self._change_matrix(lambda matrix: matrix.with_lock(row, column, locked))

    @Slot(str, bool)
    def _lock_row(self, row: str, locked: bool) -> None:
        self._change_matrix(lambda matrix: matrix.with_row_lock(row, locked))

    @Slot(str, str)
    def _reset_cell(self, row: str, column: str) -> None:
        self._change_matrix(lambda matrix: matrix.without_edits(row, column))

    @Slot(str)
    def _reset_row(self, row: str) -> None:
        self._change_matrix(lambda matrix: matrix.without_edits(row))

    @Slot()
    def _reset_matrix(self) -> None:
        self._change(self._guidance.model_copy(update={"matrix_edits": ()}))

    def _change_matrix(self, change: Callable[[TransitionMatrix], TransitionMatrix]) -> None:
        """Apply a change of the matrix; what is refused is told beside the matrix."""
        proposal = self._desk.proposal
        if proposal is None:
            return
        try:
            matrix = change(proposal.matrix)
        except UserError as error:
            self._page.matrix.refuse(str(error))
            return
        self._change(self._guidance.model_copy(update={"matrix_edits": matrix.edits}))

    @Slot(object, str)
    def _edit_labels(self, positions: Sequence[int], label: str) -> None:
        names = self._names(positions)
        edits = {**self._guidance.label_edits, **dict.fromkeys(names, label)}
        self._change(self._guidance.model_copy(update={"label_edits": edits, "accepted": self._but(names)}), names)

    @Slot(object)
    def _reset_labels(self, positions: Sequence[int]) -> None:
        names = self._names(positions)
        gone = set(names)
        edits = {name: label for name, label in self._guidance.label_edits.items() if name not in gone}
        self._change(self._guidance.model_copy(update={"label_edits": edits, "accepted": self._but(names)}))

    @Slot(object)
    def _accept_labels(self, positions: Sequence[int]) -> None:
        names = [name for name in self._names(positions) if name not in self._guidance.label_edits]
        accepted = (*self._but(names), *names)
        self._change(self._guidance.model_copy(update={"accepted": accepted}), names)

    @Slot()
    def _undo(self) -> None:
        self._travel(self._past, self._future)

    @Slot()
    def _redo(self) -> None:
        self._travel(self._future, self._past)

    def _travel(self, away: list[GuidanceSpec], back: list[GuidanceSpec]) -> None:
        """Take the last state from one list, and remember the present in the other."""
        present = self._guidance
        if away and self._apply(away[-1], as_it_was=True):
            away.pop()
            back.append(present)
            self._show_undo()

    @property
    def _guidance(self) -> GuidanceSpec:
        return self._desk.spec.guidance

    def _names(self, positions: Sequence[int]) -> list[str]:
        proposal = self._desk.proposal
        return [proposal.names[i] for i in positions] if proposal else []

    def _but(self, names: Sequence[str]) -> tuple[str, ...]:
        """The accepted pictures without these."""
        gone = set(names)
        return tuple(name for name in self._guidance.accepted if name not in gone)

    def _change(self, guidance: GuidanceSpec, names: Sequence[str] = ()) -> None:
        """Apply a person's change and remember the state before it.

        :param names: the pictures whose labels were set or agreed to.
        """
        before = self._guidance
        if guidance == before:
            return
        self._desk.note_changes(names)
        if self._apply(guidance):
            self._past.append(before)
            self._future.clear()
            self._show_undo()

    def _apply(self, guidance: GuidanceSpec, *, as_it_was: bool = False) -> bool:
        """Show what follows from a guidance; one that was in force before is taken as it was."""
        desk = self._desk
        if desk.proposal is None or desk.forget is None:
            return False
        spec = desk.spec.model_copy(update={"guidance": guidance})
        try:
            proposal = relabel(desk.proposal, spec, desk.forget)
            kept = guidance if as_it_was else self._still_agreed(guidance, desk.proposal, proposal)
            if kept != guidance:
                spec = spec.model_copy(update={"guidance": kept})
                proposal = relabel(desk.proposal, spec, desk.forget)
        except UserError as error:
            self._fail(str(error))
            return False
        desk.set_spec(spec)
        desk.set_proposal(proposal)
        self._keep()
        return True

    @staticmethod
    def _still_agreed(guidance: GuidanceSpec, before: Proposal | None, after: Proposal) -> GuidanceSpec:
        """The guidance without agreements to labels that are others now: what is agreed to is one label."""
        if not guidance.accepted or before is None or before.names != after.names:
            return guidance
        moved = before.labels != after.labels
        gone = {name for name, other in zip(after.names, moved, strict=True) if other}
        kept = tuple(name for name in guidance.accepted if name not in gone or name in guidance.label_edits)
        return guidance.model_copy(update={"accepted": kept}) if len(kept) < len(guidance.accepted) else guidance

    def _keep(self) -> None:
        """Write the proposal and its provenance to the session."""
        desk = self._desk
        if self._store is None or desk.session_id is None or desk.proposal is None:
            return
        try:
            self._store.update_session(desk.session_id, spec=desk.spec)
            self._store.save_proposal(desk.session_id, desk.proposal)
        except StoreError as error:
            self._say(f"The session is not up to date: {error}", "warning")

    def _fail(self, text: str) -> None:
        self._say(text, "error")

    def _show_undo(self) -> None:
        self._page.set_history(can_undo=bool(self._past), can_redo=bool(self._future))

    @Slot()
    def _show_engine(self) -> None:
        self._page.show_proposers(self._desk.installation.proposers)
        self._page.draft.follow(self._guidance)
        self._show_proposal()  # a reopened one is explained by the proposers' records

    @Slot()
    def _show_guidance(self) -> None:
        self._page.draft.follow(self._guidance)

    @Slot()
    def _show_proposal(self) -> None:
        desk = self._desk
        if desk.proposal is None:
            self._past.clear()
            self._future.clear()
        pictures = desk.images.train.take(desk.proposal.indices) if desk.proposal and desk.images else None
        gone = desk.forget.gone if desk.forget else ()
        origin = Origin(gone, self._guidance.gamma, desk.proposed_at, desk.changed_at, desk.installation.proposers)
        self._page.show_proposal(desk.proposal, pictures, origin)
        self._show_undo()
