"""How labels are to be proposed, as set up on the Guide page and perhaps not applied yet."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from maga_desk.domain.specs.guidance import GuidanceSpec

PROPOSING = (
    "proposer", "combine", "gamma", "temperature", "model", "revision", "prompt", "exemplars", "precision", "batch",
    "endpoint", "file", "mixture", "options",
)  # fmt: skip
"""The fields of a ``GuidanceSpec`` that say how labels are proposed."""
OWN = ("model", "revision", "prompt", "options")
"""Fields that mean something else for each proposer."""


class GuidanceDraft(QObject):
    """The guidance in force, with what a person changed since. Signal: ``changed()``."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spec = self._applied = GuidanceSpec()
        self._own: dict[str, dict[str, Any]] = {}

    @property
    def spec(self) -> GuidanceSpec:
        """As set up now."""
        return self._spec

    @property
    def stale(self) -> bool:
        """Whether something was set up that is not applied."""
        return settings_of(self._spec) != settings_of(self._applied)

    def settings(self) -> dict[str, Any]:
        """The fields named in ``PROPOSING``, as set up now."""
        return settings_of(self._spec)

    def settings_for(self, proposer: str) -> dict[str, Any]:
        """The same with another proposer, as that one was set up last."""
        return settings_of(self._with_proposer(proposer))

    def follow(self, spec: GuidanceSpec) -> None:
        """Another guidance is in force; what is not applied yet stays where this one says nothing new."""
        if settings_of(spec) != settings_of(self._applied):
            self._applied = spec
            self.take(spec)

    def take(self, spec: GuidanceSpec) -> None:
        """Set everything up as this guidance says."""
        self._spec = spec
        self.changed.emit()

    def change(self, **fields: Any) -> None:
        """Set some fields up."""
        spec = self._spec.model_copy(update=fields)
        if spec != self._spec:
            self.take(spec)

    def choose(self, proposer: str) -> None:
        """Let another propose; each keeps the fields named in ``OWN``."""
        if proposer != self._spec.proposer:
            self._own[self._spec.proposer] = _own(self._spec)
            self.take(self._with_proposer(proposer))

    def _with_proposer(self, proposer: str) -> GuidanceSpec:
        if proposer == self._spec.proposer:
            return self._spec
        fields = self._own.get(proposer) or _own(GuidanceSpec())
        return self._spec.model_copy(update={**fields, "proposer": proposer})


def settings_of(spec: GuidanceSpec) -> dict[str, Any]:
    """The fields that say how labels are proposed."""
    return {name: getattr(spec, name) for name in PROPOSING}


def _own(spec: GuidanceSpec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in OWN}
