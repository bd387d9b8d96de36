"""From an open workspace to what the engine is given."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.methods import Situation
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.spec import RunSpec, TrainRecipe
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
        guidance = {"labels": torch.from_numpy(proposal.labels), "targets": torch.from_numpy(proposal.targets)}
    return RunInputs(
        pictures=workspace.pictures,
        original=workspace.model,
        fresh=workspace.card.arch,
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
    return _digest(workspace, forget, json.dumps(settings, sort_keys=True), *_weights(workspace))


def reference_digest(workspace: Workspace, spec: RunSpec, forget: ForgetSet) -> str:
    """A fingerprint of a retrained reference: what stays, the architecture, the recipe and the seed."""
    recipe = retraining_recipe(workspace, spec).model_dump_json()
    return _digest(workspace, forget, recipe, str(spec.seed))


def _digest(workspace: Workspace, forget: ForgetSet, *parts: str | bytes) -> str:
    digest = hashlib.sha256(workspace.images.fingerprint().encode())
    digest.update(forget.indices.tobytes())
    if len(forget.earlier):
        digest.update(b"earlier" + forget.earlier.tobytes())
    card = workspace.card
    for part in (card.arch, card.device, card.precision, *parts):
        digest.update(part.encode() if isinstance(part, str) else part)
    return digest.hexdigest()[:24]


def _weights(workspace: Workspace) -> list[bytes]:
    return [tensor.detach().cpu().contiguous().numpy().tobytes() for tensor in workspace.model.state_dict().values()]
