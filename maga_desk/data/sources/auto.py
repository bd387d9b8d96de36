"""The source that is taken where none is named: it asks the others which of them can read what lies there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ConfigDict

from maga_desk.data.sources.source import Contents, Recognition, Source, SourceRequest
from maga_desk.domain.choices import AUTO, Options, SourceInfo, read_options
from maga_desk.domain.errors import DataError


class AnyOptions(Options):
    """Own keys of whichever source it will be, which checks them."""

    model_config = ConfigDict(frozen=True, extra="allow")


@dataclass(frozen=True)
class Sighting:
    """A source that can read a path."""

    source: Source
    recognition: Recognition


def sightings(path: Path, known: Mapping[str, Source]) -> tuple[Sighting, ...]:
    """The sources that can read a path, the surest first; of equally sure ones the first that is offered.

    :raises DataError: nothing is there.
    """
    if not path.exists():
        raise DataError("there is no such folder or file", where=str(path))
    asked = ((each, each.recognise(path)) for each in known.values() if each.recognise is not None)
    found = [Sighting(source, answer) for source, answer in asked if answer is not None]
    return tuple(sorted(found, key=lambda each: -each.recognition.sure))


def chosen(path: Path, known: Mapping[str, Source]) -> Sighting:
    """The source that reads a path.

    :raises DataError: nothing is there, or none can.
    """
    found = sightings(path, known)
    if not found:
        names = ", ".join(name for name, source in known.items() if source.recognise is not None)
        raise DataError("no pictures are recognised", where=str(path), todo=f"these are known: {names}")
    return found[0]


def asking(known: Callable[[], Mapping[str, Source]]) -> Source:
    """The source, of a registry that holds it as well."""

    def read(request: SourceRequest) -> Contents:
        source = chosen(Path(request.spec.path or ""), known()).source
        options = read_options(source.info.options, request.spec.options, "[data] options")
        contents = source.read(replace(request, options=options))
        return replace(contents, source=source.info.name)

    return Source(
        SourceInfo(
            name=AUTO,
            title="Found by looking",
            summary="Asks the other sources which of them can read what lies there.",
            path="folder or file",
            path_help="a folder or file with the pictures",
            options=AnyOptions,
        ),
        read,
    )
