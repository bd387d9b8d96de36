"""Comparisons: several contenders on several tasks with several seeds, as plain data.

A comparison is written as a run specification without ``[forget]`` and ``[method]``, and in their place::

    seeds = [0, 1, 2]
    methods = ["maga", "trew", "fine-tune"]        # or ["all"]; or tables of name, method, guidance
    [[task]]
    name = "cat"
    forget = { classes = ["cat"] }                 # may replace keys of [data], [model], [guidance] and intent as well
    [tuning]
    budget = 6                                     # settings tried for each contender
    [[tuning.task]]                                # other forget sets than those above
    name = "dog"
    forget = { classes = ["dog"] }
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from maga_desk.domain.errors import SpecError
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.run import (
    Intent,
    MethodSpec,
    RunSpec,
    absolute,
    describe,
    parse_spec,
    read_asked,
)
from maga_desk.domain.specs.section import Name, Section

ALL = "all"


class Contender(Section):
    """One row of a comparison: a method with its settings, and who guides it where that differs."""

    name: Name = Field(description="The row's title in the tables")
    method: MethodSpec = Field(description="As in a run")
    guidance: dict[str, Any] = Field(default_factory=dict, description="Keys of [guidance] that differ for this row")
    tune: bool = Field(True, description="false: the row keeps its settings where others are tuned")


def _as_row(entry: object) -> object:
    """A name that is no table is a method with its own settings."""
    return {"name": entry, "method": {"name": entry}} if isinstance(entry, str) else entry


class TaskSpec(Section):
    """What is forgotten in one task; keys of other sections replace the comparison's own."""

    name: Name = Field(description="The task's title in the tables")
    forget: ForgetSpec = Field(description="As in a run")
    intent: Intent | None = Field(None, description="As in a run; default: the comparison's own")
    data: dict[str, Any] = Field(default_factory=dict, description="Keys of [data] that differ for this task")
    model: dict[str, Any] = Field(default_factory=dict, description="Keys of [model] that differ for this task")
    guidance: dict[str, Any] = Field(default_factory=dict, description="Keys of [guidance] that differ for this task")
    audit: dict[str, Any] = Field(default_factory=dict, description="Keys of [audit] that differ for this task")

    def allowing_missing(self) -> TaskSpec:
        """The same, going on where names are not found."""
        return self.model_copy(update={"forget": self.forget.model_copy(update={"allow_missing": True})})

    def allowing_chance(self) -> TaskSpec:
        """The same, going on where the model is at chance."""
        return self.model_copy(update={"model": {**self.model, "allow_chance": True}})


class TuningSpec(Section):
    """How the contenders' settings are found before they are compared.

    Every contender gets the same number of tries on other forget sets, judged on test pictures that the comparison
    itself does not look at (``[data] held_out``). The task of the same kind counts, or all tasks where none is.
    """

    budget: int = Field(0, ge=0, le=1000, description="Settings tried for each contender; 0: defaults")
    seed: int = Field(0, ge=0, description="Of the settings that are drawn, and of the runs that try them")
    tasks: tuple[TaskSpec, ...] = Field((), alias="task", description="What is forgotten while tuning")


class Plan(Section):
    """The keys of a comparison that a run does not have."""

    title: str = Field("", description="The heading of the tables")
    seeds: tuple[int, ...] = Field((0,), min_length=1, description="Every trial is done once with each")
    methods: tuple[Annotated[Contender, BeforeValidator(_as_row)], ...] = Field(
        (Contender(name=ALL, method=MethodSpec(name=ALL)),),
        min_length=1,
        description="Names of methods, or tables of name, method, guidance; 'all' stands for every method",
    )
    tasks: tuple[TaskSpec, ...] = Field(alias="task", min_length=1, description="What is forgotten")
    tuning: TuningSpec = TuningSpec()


@dataclass(frozen=True)
class Comparison:
    """A whole comparison; paths in it are absolute.

    :param base: what all runs have in common.
    :param folder: from where relative paths of tasks are taken.
    """

    base: RunSpec
    plan: Plan
    folder: Path

    def run_of(self, task: TaskSpec, contender: Contender, seed: int) -> RunSpec:
        """The run that one trial is.

        :raises SpecError: a key of the task or the contender is wrong.
        """
        raw = self.base.model_dump()
        for section in ("data", "model", "guidance", "audit"):
            raw[section].update(getattr(task, section))
        raw["guidance"].update(contender.guidance)
        raw["forget"] = task.forget.model_dump()
        raw["intent"] = task.intent or self.base.intent
        raw["method"] = contender.method.model_dump()
        raw["seed"] = seed
        return absolute(parse_spec(raw, where=f"task '{task.name}', {contender.name}"), self.folder)

    def allowing_missing(self) -> Comparison:
        """The same, going on where names are not found."""
        return self._with_tasks(TaskSpec.allowing_missing)

    def allowing_chance(self) -> Comparison:
        """The same, going on where the model is at chance on the pictures."""
        return self._with_tasks(TaskSpec.allowing_chance)

    def _with_tasks(self, changed: Callable[[TaskSpec], TaskSpec]) -> Comparison:
        plan = self.plan
        tasks, tuning = (tuple(changed(task) for task in each) for each in (plan.tasks, plan.tuning.tasks))
        found = plan.model_copy(update={"tasks": tasks, "tuning": plan.tuning.model_copy(update={"tasks": tuning})})
        return replace(self, plan=found)

    def contenders(self, known: Sequence[str]) -> list[Contender]:
        """All rows; the name ``all`` stands for every known method.

        :raises SpecError: two rows with one name.
        """
        found: list[Contender] = []
        for entry in self.plan.methods:
            if entry.method.name == ALL:
                found += [Contender(name=name, method=MethodSpec(name=name)) for name in known]
            else:
                found.append(entry)
        names = [contender.name for contender in found]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SpecError(f"two rows are called '{twice[0]}'", where="methods", todo="give one another name")
        return found


def read_comparison(path: Path | str) -> Comparison:
    """Read a comparison from a TOML file.

    :raises SpecError: the file is missing, is no TOML, or has a wrong key or value.
    """
    path = Path(path)
    return parse_comparison(read_asked(path), path.resolve().parent, where=str(path))


def parse_comparison(raw: Mapping[str, Any], folder: Path, *, where: str | None = None) -> Comparison:
    """Validate plain data as a comparison.

    :raises SpecError: names the first wrong key and what was expected.
    """
    own = {name for name, field in Plan.model_fields.items()} | {"task"}
    for key in ("forget", "method"):
        if key in raw:
            raise SpecError(f"a comparison has no [{key}]", where=where, todo="write [[task]] and methods")
    try:
        plan = Plan.model_validate({key: value for key, value in raw.items() if key in own})
    except ValidationError as error:
        raise SpecError(describe(error), where=where) from error
    base = absolute(parse_spec({key: value for key, value in raw.items() if key not in own}, where=where), folder)
    return Comparison(base, plan, folder)
