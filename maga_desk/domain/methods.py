"""What the program knows about an unlearning method without importing its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from maga_desk.domain.errors import MethodError
from maga_desk.domain.spec import describe

Task = Literal["class", "sub-class", "random"]
TASKS: tuple[Task, ...] = ("class", "sub-class", "random")


class MethodParams(BaseModel):
    """Base of every method's parameter class: frozen, closed; each field has a default and a description."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class MethodInfo:
    """A method's record.

    :param params: the parameter class; a form is built from its fields.
    :param defaults: per task, the parameters whose measured defaults differ from the class's.
    :param needs: what must be there beyond the pictures, of ``{"guidance", "recipe"}``.
    """

    name: str
    title: str
    summary: str
    paper: str
    tasks: tuple[Task, ...]
    params: type[MethodParams]
    defaults: Mapping[Task, Mapping[str, Any]]
    needs: frozenset[str] = frozenset()

    def parameters(self, task: Task, given: Mapping[str, Any]) -> MethodParams:
        """The parameter class filled from the task's defaults and then from what was given.

        :raises MethodError: the method cannot do the task, or a parameter is wrong.
        """
        if task not in self.tasks:
            raise MethodError(f"{self.name} cannot do the task '{task}'", todo=f"it can do: {', '.join(self.tasks)}")
        try:
            return self.params.model_validate({**self.defaults.get(task, {}), **given})
        except ValidationError as error:
            raise MethodError(describe(error), where=f"[method] {self.name}") from error
