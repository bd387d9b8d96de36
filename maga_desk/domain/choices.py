"""What the program knows about each thing that can be chosen, without importing its code.

One frozen record for each; forms, help, command line and documents follow from it. Unlearning methods have theirs in
:mod:`~maga_desk.domain.methods`. The code that belongs to a record stands beside it in the room that runs it, and the
room's registry (:mod:`~maga_desk.domain.registry`) holds both.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """Base of a choice's own keys, those that no section of the spec knows: frozen, closed, with defaults and
    descriptions. They stand in the section's ``options`` table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class SourceInfo:
    """A source of pictures.

    :param fields: the keys of ``[data]`` that it reads, in the order in which a form shows them.
    :param path: what ``[data] path`` names, in words for a form ("a folder with train/ and test/"); empty where the
        source needs no path.
    :param options: its own keys, in ``[data] options``.
    """

    name: str
    title: str
    summary: str
    fields: tuple[str, ...] = ()
    path: str = ""
    options: type[Options] = Options


@dataclass(frozen=True)
class ProposerInfo:
    """Who proposes perturbing labels.

    :param summary: what it does, in a sentence: the help of the form.
    :param why: how its row of the matrix is explained beside a picture ("asked about pictures of {class}").
    :param fields: the keys of ``[guidance]`` that it reads, in the order in which a form shows them.
    :param asks: it puts questions about pictures to a model, so that it takes time, has opinions and can be paused.
    :param sends: it sends pictures to another machine, so that the user must agree first.
    :param options: its own keys, in ``[guidance] options``.
    """

    name: str
    title: str
    summary: str
    why: str = ""
    fields: tuple[str, ...] = ()
    asks: bool = False
    sends: bool = False
    options: type[Options] = Options


@dataclass(frozen=True)
class FormatInfo:
    """A file format that a checkpoint is exported in.

    :param suffix: how its files end, with the dot.
    """

    name: str
    title: str
    summary: str
    suffix: str


@dataclass(frozen=True)
class FamilyInfo:
    """A family of classifiers, found by the prefix of their names (``torchvision/resnet18``).

    :param prefix: what its architectures' names begin with, with the slash; empty for the program's own.
    :param recognised: its architectures are few and quickly built, so that a checkpoint that does not name its own is
        compared with each.
    """

    name: str
    title: str
    summary: str
    prefix: str = ""
    recognised: bool = False


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
