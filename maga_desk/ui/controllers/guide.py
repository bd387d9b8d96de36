"""Guide page: proposing labels, and a person's changes to them with undo and redo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import StoreError, UserError
from maga_desk.domain.events import Event, Message, Progress, Proposed
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.guidance import GuidanceSpec
from maga_desk.domain.spec import RunSpec
from maga_desk.services.guidance import propose, relabel
from maga_desk.services.workspace import Workspace
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.guide import GuidePage

ProposeService = Callable[[Workspace, RunSpec, ForgetSet, RunControl], Iterator[Event]]
PURPOSE = "propose"


class GuideController(QObject):
    """Connects the Guide page, the desk and the proposers."""

    def __init__(
        self,
        page: GuidePage,
        desk: Desk,
        jobs: Jobs,
        store: SessionStore | None,
        say: Callable[[str, str], None],
        propose_service: ProposeService = propose,
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._store, self._say = page, desk, jobs, store, say
        self._propose_service = propose_service
        self._past: list[GuidanceSpec] = []
        self._future: list[GuidanceSpec] = []
        page.propose_requested.connect(self._propose)
        page.cell_edited.connect(self._edit_cell)
        page.row_reset.connect(self._reset_row)
        page.matrix_reset.connect(self._reset_matrix)
        page.labels_edited.connect(self._edit_labels)
        page.labels_reset.connect(self._reset_labels)
        page.undo_requested.connect(self._undo)
        page.redo_requested.connect(self._redo)
        jobs.busy.connect(self._show_busy)
        desk.engine_ready.connect(self._show_engine)
        desk.spec_changed.connect(self._show_guidance)
        desk.proposal_changed.connect(self._show_proposal)

    @Slot(str, str, float, float)
    def _propose(self, proposer: str, combine: str, gamma: float, temperature: float) -> None:
        desk = self._desk
        if desk.workspace is None or desk.forget is None:
            return
        guidance = {"proposer": proposer, "combine": combine, "gamma": gamma, "temperature": temperature}
        try:
            desk.set_spec(desk.spec.with_changes("guidance", **guidance))
        except UserError as error:
            self._fail(str(error))
            return
        workspace, spec, forget = desk.workspace, desk.spec, desk.forget
        self._jobs.start(
            PURPOSE,
            lambda control: self._propose_service(workspace, spec, forget, control),
            lambda batch: self._on_events(forget, batch),
            self._fail,
        )

    def _on_events(self, forget: ForgetSet, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, Proposed) and self._desk.forget is forget:  # else the marks changed meanwhile
                self._past.clear()
                self._future.clear()
                # edits made while it was under way are the person's last word
                self._desk.set_proposal(relabel(event.proposal, self._desk.spec, forget))
                self._keep()
            elif isinstance(event, Message):
                self._say(event.text, event.level)

    @Slot(str, str, float)
    def _edit_cell(self, row: str, column: str, value: float) -> None:
        proposal = self._desk.proposal
        if proposal is None:
            return
        try:
            matrix = proposal.matrix.with_edit(row, column, value)
        except UserError as error:
            self._fail(str(error))
            return
        self._change(self._guidance.model_copy(update={"matrix_edits": matrix.edits}))

    @Slot(str)
    def _reset_row(self, row: str) -> None:
        if (proposal := self._desk.proposal) is not None:
            kept = proposal.matrix.without_edits(row).edits
            self._change(self._guidance.model_copy(update={"matrix_edits": kept}))

    @Slot()
    def _reset_matrix(self) -> None:
        self._change(self._guidance.model_copy(update={"matrix_edits": ()}))

    @Slot(object, str)
    def _edit_labels(self, positions: Sequence[int], label: str) -> None:
        names = self._names(positions)
        edits = {**self._guidance.label_edits, **dict.fromkeys(names, label)}
        self._change(self._guidance.model_copy(update={"label_edits": edits}))

    @Slot(object)
    def _reset_labels(self, positions: Sequence[int]) -> None:
        gone = set(self._names(positions))
        edits = {name: label for name, label in self._guidance.label_edits.items() if name not in gone}
        self._change(self._guidance.model_copy(update={"label_edits": edits}))

    @Slot()
    def _undo(self) -> None:
        self._travel(self._past, self._future)

    @Slot()
    def _redo(self) -> None:
        self._travel(self._future, self._past)

    def _travel(self, away: list[GuidanceSpec], back: list[GuidanceSpec]) -> None:
        """Take the last state from one list, and remember the present in the other."""
        present = self._guidance
        if away and self._apply(away[-1]):
            away.pop()
            back.append(present)
            self._show_undo()

    @property
    def _guidance(self) -> GuidanceSpec:
        return self._desk.spec.guidance

    def _names(self, positions: Sequence[int]) -> list[str]:
        proposal = self._desk.proposal
        return [proposal.names[i] for i in positions] if proposal else []

    def _change(self, guidance: GuidanceSpec) -> None:
        """Apply a person's change and remember the state before it."""
        before = self._guidance
        if guidance == before or not self._apply(guidance):
            return
        self._past.append(before)
        self._future.clear()
        self._show_undo()

    def _apply(self, guidance: GuidanceSpec) -> bool:
        desk = self._desk
        if desk.proposal is None or desk.forget is None:
            return False
        spec = desk.spec.model_copy(update={"guidance": guidance})
        try:
            proposal = relabel(desk.proposal, spec, desk.forget)
        except UserError as error:
            self._fail(str(error))
            return False
        desk.set_spec(spec)
        desk.set_proposal(proposal)
        self._keep()
        return True

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
        self._page.set_undo(bool(self._past), bool(self._future))

    @Slot(str, object)
    def _show_busy(self, purpose: str, progress: Progress | None) -> None:
        if purpose == PURPOSE:
            self._page.show_busy(progress)

    @Slot()
    def _show_engine(self) -> None:
        self._page.show_proposers(self._desk.proposers)
        self._page.show_guidance(self._guidance)

    @Slot()
    def _show_guidance(self) -> None:
        self._page.show_guidance(self._guidance)

    @Slot()
    def _show_proposal(self) -> None:
        desk = self._desk
        if desk.proposal is None:
            self._past.clear()
            self._future.clear()
        split = desk.images.train.take(desk.proposal.indices) if desk.proposal and desk.images else None
        self._page.show_proposal(desk.proposal, split)
        self._show_undo()
