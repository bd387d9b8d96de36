"""Opening as a window wants it: with everything made that would hold the window up once the pictures are there."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial

from maga_desk.domain.basket import Basket
from maga_desk.domain.control import RunControl, aside
from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Ended, Event, Opened, Progress, Started
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.lists import hashes_for
from maga_desk.services.workspace import Workspace, opening

_MARKING = "Marking what the spec names"


@dataclass(frozen=True, eq=False)
class MarkedWorkspace:
    """What was opened, with what its spec marks.

    :param forget: the spec's request, with the names that its pictures have here.
    :param basket: ``None`` where it marks nothing, or cannot.
    :param refused: why it cannot.
    """

    workspace: Workspace
    forget: ForgetSpec
    basket: Basket | None = None
    refused: UserError | None = None


def open_marked(spec: RunSpec, control: RunControl) -> Generator[Event, None, MarkedWorkspace]:
    """:func:`~maga_desk.services.workspace.open_workspace`, and what the spec marks: files are read for lists of
    hashes, and the history is replayed. What is known of near copies is recalled.

    :raises UserError: anything about the file, the pictures or the device that cannot be used.
    :raises Cancelled: in between.
    """
    yield Started("Opening the model and its pictures")
    workspace = yield from opening(spec, control)
    yield Progress("Recalling near copies", 0, 0)
    aside(workspace.copies.recall, control)
    found = yield from _marked(workspace, spec, control)
    yield Opened(workspace.card)
    yield Ended("finished")
    return found


def marking(workspace: Workspace, spec: RunSpec, control: RunControl) -> Generator[Event, None, MarkedWorkspace]:
    """What another spec marks of what is open.

    :raises Cancelled: in between.
    """
    yield Started(_MARKING)
    found = yield from _marked(workspace, spec, control)
    yield Ended("finished")
    return found


def _marked(workspace: Workspace, spec: RunSpec, control: RunControl) -> Generator[Event, None, MarkedWorkspace]:
    if spec.forget.is_empty:
        return MarkedWorkspace(workspace, spec.forget)
    try:
        hashes = yield from hashes_for(spec.forget, workspace.images, workspace.spec.data, control)
        yield Progress(_MARKING, 0, 0)
        basket = aside(partial(workspace.basket_of, spec, hashes), control)
        return MarkedWorkspace(workspace, workspace.named(spec).forget, basket)
    except UserError as error:
        return MarkedWorkspace(workspace, spec.forget, refused=error)
