"""From an open workspace to what the engine is given."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.methods import Situation
from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.run import RunSpec, TrainRecipe
from maga_desk.services.workspace import Workspace

if TYPE_CHECKING:
    from maga_desk.engine.inputs import RunInputs


def engine_inputs(
    workspace: Workspace, spec: RunSpec, forget: ForgetSet, proposal: Proposal | None = None
) -> RunInputs:
    """The engine's inputs for a forget set; without a proposal for methods that need no guidance."""
    import torch

    from maga_desk.engine.inputs import RunInputs

    guidance = {}
    if proposal is not None:
        guidance = {
            "labels": torch.from_numpy(proposal.labels),
            "targets": torch.from_numpy(proposal.targets),
            "by_hand": torch.from_numpy(proposal.edited),
        }
    return RunInputs(
        pictures=workspace.pictures,
        original=workspace.model,
        arch=workspace.card.arch,
        forget=forget,
        runtime=workspace.runtime,
        seed=spec.seed,
        recipe=retraining_recipe(workspace, spec),
        intent=spec.intent,
        **guidance,
    )


def situation(workspace: Workspace, spec: RunSpec, forget: ForgetSet) -> Situation:
    """What a method's defaults depend on."""
    retain = len(forget.retained(len(workspace.images.train)))
    sizes = {"forget": len(forget), "retain": retain, "classes": len(workspace.card.classes)}
    return Situation.of(forget.task, spec.intent, **sizes)


def retraining_recipe(workspace: Workspace, spec: RunSpec) -> TrainRecipe:
    """The spec's recipe, else the one that the checkpoint was trained with, else the default."""
    return spec.audit.recipe or workspace.recipe


def run_digest(workspace: Workspace, spec: RunSpec, forget: ForgetSet) -> str:
    """A fingerprint of everything that a run's result depends on: settings, weights, pictures and forget set.

    Paths do not count, contents do: moving a folder does not lose a half-finished run.
    """
    settings = spec.model_dump(mode="json", include={"seed", "intent", "guidance", "method"})
    for key in ("accepted", "endpoint", "batch"):  # how one asks or agrees changes no label
        settings["guidance"].pop(key)
    for part in (settings["guidance"], *settings["guidance"]["mixture"]):
        part["file"] = _content(part["file"])
    parts: list[str | bytes] = [_forgotten(forget), json.dumps(settings, sort_keys=True), *_weights(workspace)]
    if workspace.images.held_out is not None:  # some methods look at them
        parts.append(_shown(workspace.images.held_out))
    return _digest(workspace, *parts)


def training_digest(workspace: Workspace, spec: RunSpec, left_out: NDArray[np.int64], seed: int) -> str:
    """A fingerprint of a net trained without some pictures: what stays, the architecture, the recipe and the seed."""
    recipe = retraining_recipe(workspace, spec).model_dump_json()
    return _digest(workspace, left_out.tobytes(), recipe, str(seed))


def audit_digest(workspace: Workspace, spec: RunSpec, forget: ForgetSet) -> str:
    """A fingerprint of what an audit's figures rest on beside the run: test pictures, depth, shadows, reference."""
    audit = spec.audit.model_dump(mode="json", exclude={"jobs"})
    audit["retrained"] = _content(audit["retrained"])
    recipe, test = retraining_recipe(workspace, spec).model_dump_json(), _shown(workspace.images.test)
    return _digest(workspace, _forgotten(forget), json.dumps(audit, sort_keys=True), recipe, test)


def _content(path: str | None) -> str | None:
    """What a file holds, in short; words that name no file stay as they are."""
    if path is None or not Path(path).is_file():
        return path
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _shown(index: PictureIndex) -> bytes:
    digest = hashlib.sha256()
    index.hash_into(digest)
    return digest.digest()


def _forgotten(forget: ForgetSet) -> bytes:
    return forget.indices.tobytes() + (b"earlier" + forget.earlier.tobytes() if len(forget.earlier) else b"")


def _digest(workspace: Workspace, *parts: str | bytes) -> str:
    digest = hashlib.sha256(workspace.images.fingerprint.encode())
    digest.update(repr(workspace.pictures.normalisation).encode())
    card = workspace.card
    for part in (parts[0], card.arch, card.device, card.precision, *parts[1:]):
        digest.update(part.encode() if isinstance(part, str) else part)
    return digest.hexdigest()[:24]


def _weights(workspace: Workspace) -> list[bytes]:
    return [tensor.detach().cpu().contiguous().numpy().tobytes() for tensor in workspace.model.state_dict().values()]
