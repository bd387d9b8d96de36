"""What the program knows about each thing that can be chosen, without importing its code.

One frozen record for each; forms, help, command line and documents follow from it. Unlearning methods have theirs in
:mod:`~maga_desk.domain.methods`. The code that belongs to a record stands beside it in the room that runs it, and the
room's registry (:mod:`~maga_desk.domain.registry`) holds both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from maga_desk.domain.errors import SpecError
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.specs.prompt import QUESTION
from maga_desk.domain.specs.run import DataSpec, describe


class Options(BaseModel):
    """Base of a choice's own keys, those that no section of the spec knows: frozen, closed, with defaults and
    descriptions. They stand in the section's ``options`` table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


Own = TypeVar("Own", bound=Options)


def read_options(kind: type[Own], given: Mapping[str, Any], where: str) -> Own:
    """A choice's own keys, checked.

    :param where: the table that they stand in, for messages.
    :raises SpecError: a key that it does not have, or a wrong value.
    """
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        raise SpecError(describe(error), where=where) from error


DEMO = "demo"
"""The source that has a button of its own on the first page."""

AUTO = "auto"
"""The source that asks the others which of them can read a path."""


@dataclass(frozen=True)
class SourceInfo:
    """A source of pictures.

    :param path: what ``[data] path`` names; ``None`` where the source needs no path.
    :param path_help: the same in words, for a form ("a folder with train/<class> and test/<class>").
    :param suffixes: how such files end, with the dot; none: in any way.
    :param checkpoint: gives the trained model that comes with the source, so that a spec need not name one.
    :param options: its own keys, in ``[data.options]``.
    """

    name: str
    title: str
    summary: str
    path: Literal["folder", "file", "folder or file"] | None = None
    path_help: str = ""
    suffixes: tuple[str, ...] = ()
    checkpoint: Callable[[DataSpec], Path] | None = None
    options: type[Options] = Options


@dataclass(frozen=True)
class ProposerInfo:
    """Who proposes perturbing labels.

    :param summary: what it does, in a sentence: the help of the form.
    :param why: what its matrix is, where no model was asked; ``{true}`` stands for the class that is forgotten.
    :param fields: the keys of ``[guidance]`` that it reads.
    :param needs: those of them that must be given.
    :param models: names that ``model`` takes beside folders and hub names.
    :param model_help: what ``model`` names.
    :param asks: it puts questions about pictures to a model, so that it takes time, has opinions and can be paused.
    :param sends: it sends pictures to the spec's endpoint, so that the user must agree first.
    :param prompt: the standard wording of its questions.
    :param shares: its answers are shares over the other classes, not True or False.
    :param options: its own keys, in ``[guidance.options]``.
    """

    name: str
    title: str
    summary: str
    why: str = ""
    fields: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    model_help: str = ""
    asks: bool = False
    sends: bool = False
    prompt: str = QUESTION
    shares: bool = False
    options: type[Options] = Options

    @property
    def mixes(self) -> bool:
        """Whether it is made of others."""
        return "mixture" in self.fields

    @property
    def adjustable(self) -> bool:
        """Whether anything can be set."""
        return bool(self.fields or self.options.model_fields)


def title_of(name: str, known: Mapping[str, ProposerInfo]) -> str:
    """A proposer's name for people; of one that is not installed, the name that specs have."""
    return known[name].title if name in known else name


def involved(guidance: GuidanceSpec, known: Mapping[str, ProposerInfo]) -> list[ProposerInfo]:
    """The proposers that a guidance asks: the one that it names and, of a mixture, the parts; unknown ones are not."""
    first = known.get(guidance.proposer)
    if first is None:
        return []
    parts = [part.proposer for part in guidance.mixture] if first.mixes else []
    return [first, *(known[name] for name in parts if name in known)]


@dataclass(frozen=True)
class FormatInfo:
    """A file format that a checkpoint is exported in.

    :param suffix: how its files end, with the dot; empty where that depends on the net.
    :param numbers: the format of the original's numbers (``bfloat16``), where its files can have that as well.
    """

    name: str
    title: str
    summary: str
    suffix: str
    numbers: str = ""


@dataclass(frozen=True)
class FamilyInfo:
    """A family of classifiers, found by the prefix of their names (``torchvision/resnet18``).

    :param prefix: what its architectures' names begin with, with the slash; empty for the program's own.
    :param by_tensors: its nets are built from the shapes of a checkpoint's tensors, not from a name alone.
    """

    name: str
    title: str
    summary: str
    prefix: str = ""
    by_tensors: bool = False


@dataclass(frozen=True)
class ArchitectureInfo:
    """A classifier that can be built.

    :param name: what ``[model] arch`` takes, with the family's prefix.
    :param family: the name of its family.
    :param summary: its size in a few words; may be empty.
    """

    name: str
    family: str
    summary: str
