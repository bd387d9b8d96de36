"""The base of every section of a run specification."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)
from pydantic.fields import FieldInfo

from maga_desk.domain.paths import fault_of

Name = Annotated[str, Field(min_length=1)]


def at_home(value: Any) -> Any:
    """A path as a person writes it, with the own folder in the place of ``~/``; whatever is no such text stays.

    :raises ValueError: the system takes no such path.
    """
    if not isinstance(value, str):
        return value
    value = os.path.expanduser(value) if _AT_HOME.match(value) else value
    fault = fault_of(value)
    if fault is not None:
        raise ValueError(fault)
    return value


_AT_HOME = re.compile(r"~[^/\\]*[/\\]")

Place = Annotated[str, BeforeValidator(at_home)]
"""A path, or a word that stands for one."""


@dataclass(frozen=True, eq=False)
class Titles:
    """What a field's choices are called where people choose; stands in the metadata of its annotation."""

    titles: Mapping[str, str]


class Section(BaseModel):
    """Frozen, and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*")
    @classmethod
    def _no_nul(cls, value: Any) -> Any:
        """No path and no name has one, and the system takes it for the end."""
        if _has_nul(value):
            raise ValueError("has a NUL character in it")
        return value


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(map(_has_nul, value.values()))
    if not isinstance(value, list | tuple):
        return False
    try:
        return "\0" in "".join(value)  # names of pictures: very many
    except TypeError:
        return any(map(_has_nul, value))


class Adjustable(Section):
    """A section that names a registered choice, with room for that choice's own keys.

    Empty, they are left out of what is written: files and digests of specs without them stay the same.
    """

    options: dict[str, Any] = Field(default_factory=dict, description="Own keys of what is chosen here")

    @model_serializer(mode="wrap")
    def _without_empty_options(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        if not self.options:
            written.pop("options", None)
        return written


ABBREVIATIONS = {"lr": "learning rate", "eps": "epsilon", "num": "number of"}


def field_title(name: str, field: FieldInfo) -> str:
    """A field's own title, or its name in words."""
    words = [ABBREVIATIONS.get(word, word) for word in name.split("_")]
    return field.title or " ".join(words).capitalize()
