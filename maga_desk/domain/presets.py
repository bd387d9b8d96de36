"""A person's own presets: a method with its parameters under a name."""

from __future__ import annotations

from dataclasses import dataclass

from maga_desk.domain.specs.run import Intent, MethodSpec


@dataclass(frozen=True)
class Preset:
    """A method as it was set on the Run page.

    :param name: what a person calls it.
    :param task: of what was marked when it was saved; empty where nothing was.
    :param intent: what the result should be like.
    """

    name: str
    task: str
    method: MethodSpec
    intent: Intent = "auto"

    @property
    def title(self) -> str:
        """``careful (salun, sub-class)``."""
        return f"{self.name} ({', '.join(part for part in (self.method.name, self.task) if part)})"
