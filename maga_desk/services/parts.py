"""A class and single pictures in one request: one after the other, each with its own goal, as one case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from maga_desk.domain.catalogue import Catalogue
from maga_desk.domain.errors import ForgetError, located
from maga_desk.domain.events import Event, Message
from maga_desk.domain.forget import TOGETHER, ForgetSet, carried, compact, counted, describe, parts_of, settled
from maga_desk.domain.methods import Task
from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.domain.specs.stream import Request, Stream
from maga_desk.services.erasure import Erasure
from maga_desk.services.workspace import Workspace

_FOLDERS: Mapping[Task, str] = {"class": "class", "sub-class": "kind", "random": "pictures"}


def divided(spec: RunSpec, forget: ForgetSet, catalogue: Catalogue) -> Stream | None:
    """The requests that a spec's forget set is made of, in the order in which they are answered.

    Each has the method's own settings for its task. A method that cannot do a part's task gives way to the one that is
    recommended for it. A retrained file is what the last result is judged against: it lacks all parts.

    :returns: ``None`` where all is one request, or the spec wants it done together.
    """
    parts = () if spec.forget.together else parts_of(forget, catalogue)
    if len(parts) < 2:
        return None
    return Stream(spec, _requests(spec, parts, catalogue), Path(spec.output.dir).parent)


def unmixed(stream: Stream, workspace: Workspace) -> tuple[Stream, list[str]]:
    """A stream whose mixed requests are divided, and what is to be said of them.

    Whatever each request names is looked up, before the first one is answered.

    :param workspace: what the first request starts from.
    :raises ForgetError: unknown names; or nothing, or everything, is left to forget.
    """
    catalogue, requests, said = workspace.images.catalogue(), list[Request](), list[str]()
    for request, run in zip(stream.requests, stream.runs(), strict=True):
        where = f"request '{request.name}'"
        with located(where):
            forget = workspace.forget_set(run)
        parts = parts_of(forget, catalogue) if run.forget.may_be_mixed else ()
        if len(parts) > 1:
            requests += _requests(run, parts, catalogue, f"{request.name}-")
            said.append(f"{where} is {counted(parts, catalogue)}.")
        elif run.forget.queries:  # later requests start from other nets, which would answer them otherwise
            requests.append(request.model_copy(update={"forget": settled(run.forget, forget, catalogue)}))
        else:
            requests.append(request)
        workspace = replace(workspace, earlier=np.union1d(workspace.earlier, forget.indices))
    return replace(stream, requests=tuple(requests)), said


def check_one_goal(erasure: Erasure, todo: str) -> None:
    """Where each request has one goal, whether this one has.

    :param todo: what to do about one with several.
    :raises ForgetError: it has several, and does not say that they are wanted together.
    """
    catalogue, wanted = erasure.workspace.images.catalogue(), erasure.spec.forget
    parts = parts_of(erasure.forget, catalogue) if wanted.may_be_mixed else ()
    if len(parts) > 1:
        raise ForgetError(f"this is {counted(parts, catalogue)}", todo=todo)


def _requests(spec: RunSpec, parts: Sequence[ForgetSet], catalogue: Catalogue, prefix: str = "") -> tuple[Request, ...]:
    requests = []
    for number, part in enumerate(parts, 1):
        wanted = compact(part, catalogue).model_copy(update=carried(spec.forget))  # copies that go are among the parts
        by_file = spec.audit.retrained not in (None, "make") and number < len(parts)
        audit = spec.audit.model_copy(update={"retrained": None}) if by_file else None
        name = f"{prefix}{number}-{_FOLDERS[part.task]}"
        method = method_for(spec.method, part.task)
        requests.append(Request(name=name, forget=wanted, intent=spec.intent, method=method, audit=audit))
    return tuple(requests)


def method_for(method: MethodSpec, task: Task) -> MethodSpec:
    """The method, or the one that is recommended for a task that it cannot do."""
    from maga_desk.engine.registry import METHODS

    if task in METHODS.find(method.name).info.tasks:
        return method
    return MethodSpec(name=next(entry.info.name for entry in METHODS.values() if task in entry.info.recommended))


def said_of_methods(wanted: RunSpec, runs: Iterable[RunSpec]) -> list[list[str]]:
    """For each run, a line where it is done with another method than was asked for."""
    asked = wanted.method.name
    return [
        [f"{asked} cannot do {run.forget.title()}: {run.method.name} is used for it."]
        if run.method.name != asked
        else []
        for run in runs
    ]


def said_of_parts(erasure: Erasure) -> Iterator[Event]:
    """What it means that one run is made of a request with several goals."""
    catalogue, wanted = erasure.workspace.images.catalogue(), erasure.spec.forget
    parts = parts_of(erasure.forget, catalogue) if wanted.classes or wanted.kinds or wanted.found_by else ()
    if len(parts) > 1:
        what = ", ".join(describe(part, catalogue) for part in parts)
        yield Message(f"Forgotten together: {what}. {TOGETHER}", "warning")
