"""The retrained reference ("gold") that a result is judged against: made, found again, or read from a file."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, UserError
from maga_desk.domain.events import Event, Message
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.spec import RunSpec
from maga_desk.services.materials import engine_inputs, reference_digest, retraining_recipe
from maga_desk.services.workspace import Workspace

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Reference:
    """A retrained net; ``seconds`` of its training, ``None`` where a file does not say."""

    model: nn.Module
    seconds: float | None
    path: str


def reference(
    workspace: Workspace, spec: RunSpec, forget: ForgetSet, control: RunControl
) -> Generator[Event, None, Reference | None]:
    """What ``spec.audit.retrained`` asks for; ``None`` when it asks for nothing.

    A reference that was made before for the same pictures, forget set, recipe and seed is used again. An interrupted
    retraining goes on where it stopped.

    :raises CheckpointError: the named file cannot be used.
    :raises Cancelled: in between; the retraining can be resumed.
    """
    wanted = spec.audit.retrained
    if wanted is None:
        return None
    if wanted != "make":
        return _read(workspace, Path(wanted))
    path = paths.references_dir() / f"{reference_digest(workspace, spec, forget)}.safetensors"
    if path.exists():
        try:
            found = _read(workspace, path)
        except UserError:
            path.unlink()  # our own file, damaged: make it anew
        else:
            yield Message("An earlier retraining on the same pictures is used for comparison")
            return found
    return (yield from _make(workspace, spec, forget, control, path))


def check_reference(workspace: Workspace, spec: RunSpec) -> None:
    """Look at a named reference before any work is done.

    :raises CheckpointError: it cannot be used.
    """
    if spec.audit.retrained not in (None, "make"):
        _read(workspace, Path(spec.audit.retrained))


def _read(workspace: Workspace, path: Path) -> Reference:
    from maga_desk.models.architectures import head_of
    from maga_desk.models.checkpoint import read_state, restore

    state, info = read_state(path)
    model, _ = restore(state, info.arch or workspace.card.arch, where=str(path))
    classes = workspace.card.classes
    outputs = head_of(model).out_features
    if outputs != len(classes) or (info.classes and info.classes != classes):
        raise CheckpointError(
            f"the retrained model's {outputs} classes are not the original's {len(classes)}",
            where=str(path),
            todo="train it with the same classes, leaving the pictures out (train --exclude-class)",
        )
    seconds = info.made.get("seconds")
    model = workspace.runtime.place(model).eval()
    return Reference(model, float(seconds) if isinstance(seconds, int | float) else None, str(path))


def _make(
    workspace: Workspace, spec: RunSpec, forget: ForgetSet, control: RunControl, path: Path
) -> Generator[Event, None, Reference]:
    from maga_desk.engine.loop import Resumable, run
    from maga_desk.models.checkpoint import write_checkpoint

    partial = path.with_suffix(".resume.pt")
    yield Message("Retraining without the forget pictures, for comparison")
    inputs = engine_inputs(workspace, spec, forget)
    outcome = yield from run("retrain", {}, inputs, control, Resumable(partial, path.stem, go_on=True))
    info = workspace.info.with_made(
        by="retrain",
        seed=spec.seed,
        seconds=outcome.seconds,
        recipe=retraining_recipe(workspace, spec).model_dump(),
        forgotten=len(forget),
        when=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    )
    write_checkpoint(path, outcome.model, info)
    partial.unlink(missing_ok=True)
    return Reference(outcome.model, outcome.seconds, str(path))
