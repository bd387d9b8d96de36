"""A stream of erasure requests: one after another on the same model, each starting from the last result.

Written as a run specification without ``[forget]``, and in its place::

    [[request]]
    name = "january"                   # the run's folder below [output] dir
    forget = { files = "january.txt" }
    [[request]]
    name = "february"
    forget = { classes = ["cat"] }
    intent = "concept"                 # may differ from the spec's
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field, ValidationError

from maga_desk.domain.errors import SpecError
from maga_desk.domain.run_folder import CHECKPOINT
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.run import (
    AuditSpec,
    Intent,
    MethodSpec,
    RunSpec,
    absolute,
    describe,
    parse_spec,
    read_asked,
)
from maga_desk.domain.specs.section import Section


class Request(Section):
    """One request; what it does not say is as the stream has it."""

    name: str = Field(min_length=1, max_length=80, pattern=r"^[\w .-]*\w$", description="Also the folder's name")
    forget: ForgetSpec = Field(description="As in a run")
    intent: Intent | None = Field(None, description="As in a run; default: the stream's own")
    method: MethodSpec | None = Field(None, description="As in a run; default: the stream's own")
    audit: AuditSpec | None = Field(None, description="As in a run; default: the stream's own")


class Requests(Section):
    """The key of a stream that a run does not have."""

    request: tuple[Request, ...] = Field(min_length=1, description="What is forgotten, one request after another")


@dataclass(frozen=True)
class Stream:
    """All requests, in order; paths are absolute.

    :param base: what all runs have in common; its model is the first run's.
    :param folder: from where relative paths of requests are taken.
    """

    base: RunSpec
    requests: tuple[Request, ...]
    folder: Path

    def runs(self) -> tuple[RunSpec, ...]:
        """The run of each request, from where the one before leaves its result.

        :raises SpecError: a wrong key or value.
        """
        found: list[RunSpec] = []
        for place in range(len(self.requests)):
            found.append(self.run_of(place, str(Path(found[-1].output.dir) / CHECKPOINT) if found else None))
        return tuple(found)

    def allowing_missing(self) -> Stream:
        """The same, going on where names are not found."""
        return self._forgetting(allow_missing=True)

    def with_twins(self) -> Stream:
        """The same, forgetting pictures with the very same pixels too."""
        return self._forgetting(with_twins=True)

    def counting_from(self, base: int) -> Stream:
        """The same, where lists of numbers count from 0 or 1."""
        return self._forgetting(index_base=base)

    def _forgetting(self, **update: int) -> Stream:
        requests = [each.model_copy(update={"forget": each.forget.model_copy(update=update)}) for each in self.requests]
        return replace(self, requests=tuple(requests))

    def allowing_chance(self) -> Stream:
        """The same, going on where the model is at chance on the pictures."""
        return replace(self, base=self.base.with_changes("model", allow_chance=True))

    def run_of(self, place: int, checkpoint: str | None) -> RunSpec:
        """The run that answers a request.

        :param checkpoint: the result of the request before; ``None`` for the first.
        :raises SpecError: a wrong key or value.
        """
        request = self.requests[place]
        raw = self.base.model_dump()
        raw["forget"] = request.forget.model_dump()
        raw["intent"] = request.intent or self.base.intent
        if request.method is not None:
            raw["method"] = request.method.model_dump()
        if request.audit is not None:
            raw["audit"] = request.audit.model_dump()
        raw["output"]["dir"] = str(Path(self.base.output.dir) / request.name)
        if checkpoint is not None:
            raw["model"].update(checkpoint=checkpoint, forgotten=None)
        return absolute(parse_spec(raw, where=f"request '{request.name}'"), self.folder)


def read_stream(path: Path | str) -> Stream:
    """Read a stream from a TOML file.

    :raises SpecError: the file is missing, is no TOML, or has a wrong key or value.
    """
    path = Path(path)
    raw, where, folder = read_asked(path), str(path), path.resolve().parent
    if "forget" in raw:
        raise SpecError("a stream has no [forget]", where=where, todo="write [[request]]")
    try:
        requests = Requests.model_validate({"request": raw.pop("request", ())}).request
    except ValidationError as error:
        raise SpecError(describe(error), where=where) from error
    names = [request.name.lower() for request in requests]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError(f"two requests are called '{twice[0]}'", where=where, todo="give one another name")
    return Stream(absolute(parse_spec(raw, where=where), folder), requests, folder)
