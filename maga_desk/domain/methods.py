"""What the program knows about an unlearning method without importing its code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from maga_desk.domain.durations import exact, rough
from maga_desk.domain.errors import MethodError
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import Intent, describe

Task = Literal["class", "sub-class", "random"]
TASKS: tuple[Task, ...] = ("class", "sub-class", "random")

Group = Literal["maga", "labels", "away", "staying", "at-once", "retraining", "other"]
GROUPS: Mapping[Group, str] = {
    "maga": "MaGA family",
    "labels": "Towards other labels",
    "away": "Away from what was known",
    "staying": "Training on what stays",
    "at-once": "Without training: masks and closed form",
    "retraining": "Retraining",
    "other": "Other",
}
"""What methods do, in the order in which they are offered; those of installed packages that say nothing come last."""

RECOMMENDED, NOT_FOR_TASK = "Recommended for this task", "Not for this task"

AUTO = "auto"
"""The preset that sets parameters from the situation."""


class MethodParams(BaseModel):
    """Base of every method's parameter class: frozen, closed; each field has a default and a description."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class FollowsNet:
    """Stands in the metadata of a learning rate that moves the original's weights: where another program trained the
    net, its default is scaled to what the net bears.
    """


@dataclass(frozen=True)
class Situation:
    """What good defaults depend on.

    :param intent: what the forgetting is for; never ``auto`` here.
    :param forget: how many pictures go; ``retain`` stay, of ``classes`` classes.
    """

    task: Task
    intent: Literal["concept", "membership"] = "concept"
    forget: int = 2_000
    retain: int = 18_000
    classes: int = 10

    @classmethod
    def of(cls, task: Task, intent: Intent = "auto", **sizes: int) -> Situation:
        """With ``auto`` resolved: whole classes go as a concept, everything else as if it had never been seen."""
        if intent == "auto":
            intent = "concept" if task == "class" else "membership"
        return cls(task, intent, **sizes)


@dataclass(frozen=True)
class Turn:
    """A parameter and the way to change it."""

    field: str
    up: bool


def _as_they_are(_situation: Situation) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class MethodInfo:
    """A method's record.

    :param params: the parameter class; a form is built from its fields.
    :param automatic: the parameters whose measured defaults differ from the class's in a situation.
    :param presets: fixed settings by name, as parameters that differ from the class's defaults.
    :param search: what tuning tries, by parameter; values that are worth a try whatever the data.
    :param recommended: tasks that it is the best choice for, by our measurements (resources/docs/results.md).
    :param needs: what must be there beyond the pictures, of ``{"guidance", "recipe"}``.
    :param group: what it does, where methods are offered.
    :param cost: percent of a retraining's seconds that it took in our measurements (resources/docs/results.md).
    :param noise: whether it can make noise pairs to look at.
    :param firmer: what to change where too much is left; ``gentler``: where what stays has suffered.
    :param shortened: of one that retrains: with less training than the recipe says.
    :param retrains: of a method that trains from newly drawn weights on all that stays and on nothing else: by which
        recipe, given the original's and the parameters. Its results are retrained models, and their records say so.
    :param retain_free: it looks at no picture that stays.
    """

    name: str
    title: str
    summary: str
    paper: str
    tasks: tuple[Task, ...]
    params: type[MethodParams]
    automatic: Callable[[Situation], Mapping[str, Any]] = _as_they_are
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    search: Mapping[str, tuple[bool | int | float | str | None, ...]] = field(default_factory=dict)
    recommended: tuple[Task, ...] = ()
    needs: frozenset[str] = frozenset()
    group: Group = "other"
    cost: Mapping[Task, float] = field(default_factory=dict)
    noise: bool = False
    firmer: Turn | None = None
    gentler: Turn | None = None
    retrains: Callable[[TrainRecipe, Any], TrainRecipe] | None = None
    retain_free: bool = False
    shortened: bool = False

    @property
    def exact(self) -> bool:
        """Whether it is retraining itself by the whole recipe, and approximates nothing."""
        return self.retrains is not None and not self.shortened

    def settings(self, situation: Situation, preset: str = AUTO) -> Mapping[str, Any]:
        """What a preset changes in the parameter class's defaults.

        :raises MethodError: no preset has this name.
        """
        if preset == AUTO:
            return self.automatic(situation)
        if preset not in self.presets:
            known = ", ".join([AUTO, *self.presets])
            raise MethodError(f"{self.name} has no preset '{preset}'", where="[method] preset", todo=f"known: {known}")
        return self.presets[preset]

    def parameters(self, situation: Situation, given: Mapping[str, Any], preset: str = AUTO) -> MethodParams:
        """The parameter class filled from the preset and then from what was given.

        :raises MethodError: the method cannot do the task, or a parameter or the preset is wrong.
        """
        if situation.task not in self.tasks:
            able = ", ".join(self.tasks)
            raise MethodError(f"{self.name} cannot do the task '{situation.task}'", todo=f"it can do: {able}")
        try:
            return self.params.model_validate({**self.settings(situation, preset), **given})
        except ValidationError as error:
            raise MethodError(describe(error), where=f"[method] {self.name}") from error


def without_retained(methods: Iterable[MethodInfo], task: Task | None = None) -> list[str]:
    """The names of the methods that look at no picture that stays, of those that can do a task."""
    return [info.name for info in methods if info.retain_free and (task is None or task in info.tasks)]


def recommended(methods: Iterable[MethodInfo], task: Task) -> MethodInfo | None:
    """The best choice for a task by our measurements; ``None`` where none of the methods is."""
    return next((info for info in methods if task in info.recommended), None)


def arranged(methods: Sequence[MethodInfo], task: Task | None) -> list[tuple[str, list[MethodInfo]]]:
    """The methods under headings, as they are offered.

    :param task: what they would face; ``None`` while that is not known, and then by what they do alone.
    """
    able = [info for info in methods if task is None or task in info.tasks]
    best = [info for info in able if task is not None and task in info.recommended]
    found = [(RECOMMENDED, best)]
    found += [(title, [i for i in able if i.group == group and i not in best]) for group, title in GROUPS.items()]
    found += [(NOT_FOR_TASK, [info for info in methods if info not in able])]
    return [(heading, group) for heading, group in found if group]


def expected_cost(
    info: MethodInfo, task: Task | None, last: float | None = None, retraining: float | None = None
) -> str:
    """What a run will take, in words, before it is started; empty where nothing is known.

    :param last: seconds that the last run of the method took here.
    :param retraining: seconds that retraining is expected to take here.
    """
    share = info.cost.get(task) if task is not None else None
    parts = []
    if info.group == "retraining":
        here = f": {rough(retraining)} here" if retraining is not None else ""
        parts.append(f"Takes as long as training the original did{here}")
    elif share is not None:
        about = f"about {share:.0f} %" if share >= 1 else "less than 1 %"
        here = f": {rough(share / 100 * retraining)} here" if retraining is not None else ""
        parts.append(f"Takes {about} of the time of a retraining, by our measurements{here}")
    if last is not None:
        parts.append(f"{'the' if parts else 'The'} last run of it here took {exact(last)}")
    return f"{'; '.join(parts)}." if parts else ""
