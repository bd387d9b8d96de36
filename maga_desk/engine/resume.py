"""The resumable checkpoint: the file from which an interrupted run continues."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from maga_desk.domain.cost import Passes
from maga_desk.engine.routine import Routine
from maga_desk.models.checkpoint import write_torch
from maga_desk.models.runtime import Runtime

_DAMAGED = (OSError, RuntimeError, EOFError, KeyError, ValueError, TypeError, pickle.UnpicklingError)


@dataclass(frozen=True)
class Left:
    """What an interrupted run says of itself.

    :param digest: its fingerprint.
    :param begun: titles of the device and the number format that it computed in; ``None`` where an older version wrote.
    """

    digest: str
    begun: tuple[str, str] | None


def save_progress(
    path: Path,
    routine: Routine,
    runtime: Runtime,
    step: int,
    seconds: float,
    digest: str,
    passes: Passes | None = None,
    best: Mapping[str, Any] | None = None,
) -> None:
    """Write weights, optimiser state and step, whole or not at all.

    :param runtime: what the steps are computed on.
    :param step: the next step to take.
    :param digest: the fingerprint of the run.
    :param passes: of pictures, so far; ``None`` is unknown.
    :param best: of a run with limits, its best net so far.
    :raises OutputError: the place cannot be written.
    """
    content = {
        "digest": digest,
        "step": step,
        "seconds": seconds,
        "passes": None if passes is None else asdict(passes),
        "begun": (runtime.device_title, runtime.precision_title),
        "model": routine.model.state_dict(),
        "optimizer": routine.optimizer.state_dict(),
        **({"best": dict(best)} if best is not None else {}),
    }
    write_torch(path, content)


def load_progress(path: Path, routine: Routine, digest: str) -> tuple[int, float, Passes | None]:
    """Load the routine's net and optimiser; returns the next step, and the seconds and passes spent so far.

    ``(0, 0.0, None)`` where there is no file, it is damaged, or it belongs to another run: the run then starts from its
    first step.
    """
    try:
        content = _read(path)
        if content["digest"] != digest:
            return 0, 0.0, None
        routine.model.load_state_dict(content["model"])
        routine.optimizer.load_state_dict(content["optimizer"])
        return int(content["step"]), float(content["seconds"]), Passes.from_dict(content.get("passes"))
    except _DAMAGED:
        return 0, 0.0, None


def load_best(path: Path) -> Mapping[str, Any] | None:
    """What was given as ``best``; ``None`` where nothing was, or the file is damaged."""
    try:
        found: Mapping[str, Any] | None = _read(path).get("best")
        return found
    except _DAMAGED:
        return None


def left_in(path: Path) -> Left | None:
    """What the run that left a file says of itself; ``None`` where the file is damaged."""
    try:
        content = _read(path)
        begun = content.get("begun")
        return Left(str(content["digest"]), (str(begun[0]), str(begun[1])) if begun else None)
    except (*_DAMAGED, IndexError):
        return None


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content
