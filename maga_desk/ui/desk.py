"""The one state object of the window: everything that pages show lives here, runs in its :class:`RunList`.

Controllers change it through its methods, which tell by signals what changed; nobody else sets its attributes or emits
its signals. No widget keeps state that is not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from maga_desk.domain.basket import Basket
from maga_desk.domain.catalogue import Catalogue
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.events import Compared, WorkspaceCard
from maga_desk.domain.forget import ForgetSet, compact, from_indices, later_of, parts_of
from maga_desk.domain.history import HistoryWriter
from maga_desk.domain.installation import Installation
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.forget import CopyDecision
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.ui.queue import QueueShown
from maga_desk.ui.runs import RunList, RunView
from maga_desk.ui.selection import PictureSelection

_NOTHING: NDArray[np.int64] = np.empty(0, dtype=np.int64)


class Desk(QObject):
    """The state. Signals (no arguments; read what changed from the attributes):

    ``engine_ready``, ``spec_changed``, ``workspace_changed`` (another model with its pictures), ``card_changed`` (what
    is said of it), ``forget_changed``, ``proposal_changed``, ``compared_changed``, ``title_changed`` (the session's),
    ``session_changed`` (another session). ``runs`` tells of runs, ``queue`` of the queue, ``selection`` of the
    pictures that are selected.
    """

    engine_ready = Signal()
    spec_changed = Signal()
    workspace_changed = Signal()
    card_changed = Signal()
    forget_changed = Signal()
    proposal_changed = Signal()
    compared_changed = Signal()
    title_changed = Signal()
    session_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.installation = Installation()
        self.spec = RunSpec()
        self.method_chosen = False  # by a person or a file; until then the recommended one is in force
        self.workspace: Any = None  # a services.workspace.Workspace; opaque here
        self.card: WorkspaceCard | None = None
        self.images: ImageSet | None = None
        self.earlier: NDArray[np.int64] = _NOTHING  # pictures that the model has forgotten before
        self.basket = Basket(0)
        self._history = HistoryWriter()
        self.selection = PictureSelection(self)
        self.forget: ForgetSet | None = None
        self.forget_error: str | None = None
        self.parts: tuple[ForgetSet, ...] = ()  # the forget set by goals: classes, kinds, single pictures
        self.proposal: Proposal | None = None
        self.proposed_at: datetime | None = None
        self.changed_at: dict[str, datetime] = {}  # picture name -> when a person set its label or agreed to it
        self.compared: Compared | None = None  # another source, beside the proposal
        self.runs = RunList(self)
        self.queue = QueueShown(self)
        self.session_id: int | None = None
        self.session_title = ""

    def set_engine(self, installation: Installation) -> None:
        """The engine was started: what can be chosen here."""
        self.installation = installation
        self.engine_ready.emit()

    def set_spec(self, spec: RunSpec) -> None:
        if spec != self.spec:
            self.spec = spec
            self.spec_changed.emit()

    def choose_method(self, method: MethodSpec) -> None:
        """A person chose a method, or set its parameters."""
        self.method_chosen = True
        self.set_spec(self.spec.model_copy(update={"method": method}))

    def recall_choice(self, *, chosen: bool) -> None:
        """Whether an opened session's method was chosen by a person or a file."""
        self.method_chosen = chosen

    def set_session(self, session_id: int | None, title: str) -> None:
        """Another session, or the same under another title."""
        another = session_id != self.session_id
        self.session_id, self.session_title = session_id, title
        self.title_changed.emit()
        if another:
            self.session_changed.emit()

    def clear(self) -> None:
        """An empty desk, for a new session."""
        self.method_chosen = False
        self.set_spec(RunSpec())
        self.set_workspace(None, None, None)
        self.runs.show(RunView())
        self.runs.set_recorded(())
        self.set_session(None, "")

    def set_workspace(
        self, workspace: Any, card: WorkspaceCard | None, images: ImageSet | None, earlier: NDArray[np.int64] = _NOTHING
    ) -> None:
        """Another model with its pictures; the basket starts empty and nothing is proposed.

        :param earlier: ``(m,)`` pictures that the model has forgotten before.
        """
        self.workspace, self.card, self.images, self.earlier = workspace, card, images, earlier
        count = len(images.train) if images else 0
        self.basket, self._history = Basket(count), HistoryWriter()
        self.selection.reset(count)
        self.forget, self.forget_error, self.parts = None, None, ()
        self.proposal = None
        self.proposed_at, self.changed_at = None, {}
        self.workspace_changed.emit()
        self.card_changed.emit()
        self.set_compared(None)
        self.forget_changed.emit()
        self.proposal_changed.emit()

    def move_workspace(self, workspace: Any, card: WorkspaceCard) -> None:
        """The same model and pictures, opened anew for another device: marks and proposal stay."""
        self.workspace, self.card = workspace, card
        self.card_changed.emit()

    def set_card(self, card: WorkspaceCard | None) -> None:
        """What is known of a session's model before it is open."""
        self.card = card
        self.card_changed.emit()

    def set_basket(self, basket: Basket) -> None:
        """Other marks: the forget set and the spec follow, and what was proposed no longer fits."""
        if self.images is None or basket is self.basket:
            return
        before, self.basket = self.basket, basket
        catalogue = self.images.catalogue()
        history = self._history.written(basket, catalogue)
        if basket.marks_as(before) and history == self.spec.forget.history:
            self._set_forget(left=self._decided(catalogue))
            return
        self.forget, self.forget_error = None, None
        self.parts = ()
        if basket.mask.any():
            try:
                forget = from_indices(np.flatnonzero(basket.mask), catalogue, self.earlier)
                later = later_of(self.spec.forget, catalogue.names, forget)
                self.forget = replace(forget, not_found=basket.not_found, history=history, later=later)
            except ForgetError as error:
                self.forget_error = str(error)
            else:
                self.parts = parts_of(self.forget, catalogue)
        self.proposal = None
        guidance = self._without_forgotten_labels(self.images)
        asked = self.spec.forget
        kept: dict[str, Any] = {key: getattr(asked, key) for key in ("allow_missing", "group")}
        kept["history"], kept["left"] = history, self._decided(catalogue)
        kept["together"] = asked.together and len(self.parts) > 1
        kept["near_copies"] = "no" if asked.near_copies == "no" else "look"  # those that go are among the marks
        wanted = compact(self.forget, catalogue).model_copy(update=kept)
        self.set_spec(self.spec.model_copy(update={"forget": wanted, "guidance": guidance}))
        self.forget_changed.emit()
        self.set_compared(None)
        self.proposal_changed.emit()

    def set_together(self, together: bool) -> None:
        """Whether a request with several goals is one run, all of it as single pictures."""
        self._set_forget(together=together)

    def set_looked(self) -> None:
        """Near copies were looked for: whoever runs the spec looks, too."""
        self._set_forget(near_copies="look")

    def set_group(self, column: str) -> None:
        """Which column says of whom a picture is."""
        self._set_forget(group=column)

    def _set_forget(self, **changed: Any) -> None:
        """Something of the request that changes none of its marks."""
        self.set_spec(self.spec.model_copy(update={"forget": self.spec.forget.model_copy(update=changed)}))
        self.forget_changed.emit()

    def _decided(self, catalogue: Catalogue) -> tuple[CopyDecision, ...]:
        """The decisions over copies of pictures that go or went before; others do not matter and name people."""
        if not self.basket.left:
            return ()
        gone = {catalogue.names[place] for place in np.union1d(np.flatnonzero(self.basket.mask), self.earlier).tolist()}
        return tuple(each for each in self.basket.left if each.copy_of in gone)

    @property
    def consecutive(self) -> tuple[ForgetSet, ...]:
        """The requests that are run one after the other; one where all is done together or is of one kind."""
        if self.spec.forget.together and self.forget is not None:
            return (self.forget,)
        return self.parts

    def _without_forgotten_labels(self, images: ImageSet) -> GuidanceSpec:
        """The guidance without labels set by hand to a class that is wholly forgotten: no label may point to it."""
        guidance = self.spec.guidance
        forgotten = {images.classes[i] for i in self.forget.gone} if self.forget else set()
        kept = {name: label for name, label in guidance.label_edits.items() if label not in forgotten}
        return guidance.model_copy(update={"label_edits": kept})

    def set_proposal(
        self,
        proposal: Proposal | None,
        at: datetime | None = None,
        changed_at: Mapping[str, datetime] | None = None,
    ) -> None:
        """Show another proposal, or the same after a person's change.

        :param at: when it was proposed; without it that stays as it is.
        :param changed_at: when a person set or agreed to labels, by picture; likewise.
        """
        self.proposal = proposal
        self.proposed_at = at or self.proposed_at
        if changed_at is not None:
            self.changed_at = dict(changed_at)
        self.proposal_changed.emit()

    def note_changes(self, names: Iterable[str]) -> None:
        """A person set these pictures' labels, or agreed to them, now."""
        self.changed_at |= dict.fromkeys(names, datetime.now(UTC))

    def set_compared(self, compared: Compared | None) -> None:
        """Another source's matrix to look at beside the proposal."""
        if compared is not self.compared:
            self.compared = compared
            self.compared_changed.emit()
