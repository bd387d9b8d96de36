"""What a run really uses, collected for its records (:mod:`maga_desk.domain.resolved`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maga_desk import __version__
from maga_desk.domain.resolved import ordered_plain
from maga_desk.services.erasure import Erasure


def resolved_of(
    erasure: Erasure, training: Mapping[str, Any] | None = None, scaled: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Every value that counts, as plain data.

    :param training: the optimiser and its steps, once they are known.
    :param scaled: default learning rates that were lowered to what the net bears.
    """
    spec, workspace, situation = erasure.spec, erasure.workspace, erasure.situation
    params = erasure.method.info.parameters(situation, spec.method.params, spec.method.preset).model_dump(mode="json")
    params |= dict(scaled or {})
    for key, there in (("forget_batch", len(erasure.forget)), ("retain_batch", erasure.retained)):
        if isinstance(params.get(key), int):  # a batch is never larger than what there is
            params[key] = min(params[key], there)
    found: dict[str, Any] = _plain(
        {
            "method": spec.method.name,
            "preset": spec.method.preset,
            "params": params,
            "training": dict(training or {}),
            "task": situation.task,
            "intent": situation.intent,
            "seed": spec.seed,
            "machine": _machine(erasure),
            "pictures": {
                "source": workspace.images.found.source or spec.data.source,
                "height": workspace.images.size[0],
                "width": workspace.images.size[1],
                "forget": len(erasure.forget),
                "retain": erasure.retained,
                "test": len(workspace.images.test),
                "channels": workspace.pictures.normalisation.order,
                "mean": list(workspace.pictures.normalisation.mean),
                "std": list(workspace.pictures.normalisation.std),
                "augmentation": workspace.pictures.train.augmentation,
            },
            **judging_of(erasure),
        }
    )
    return ordered_plain(found)


def judging_of(erasure: Erasure) -> dict[str, Any]:
    """The part that another judgement changes: how it is judged, and the recipe of what it is judged by."""
    audit = erasure.spec.audit
    found: dict[str, Any] = {
        "audit": {
            "depth": audit.depth,
            "retrained": Path(audit.retrained).name if audit.retrained else "none",
            "shadows": audit.shadows,
            "guesses": audit.guesses,
        }
    }
    if audit.without_retraining:
        found["audit"]["verification_models"] = audit.verification_models
    if audit.retrained == "make" or audit.shadows or audit.without_retraining or "recipe" in erasure.method.info.needs:
        known = "guessed in part" if erasure.recipe_is_guessed else "as said"
        found["recipe"] = {**erasure.recipe.recorded(), "known": known}
    return found


def _machine(erasure: Erasure) -> dict[str, Any]:
    import torch

    runtime = erasure.workspace.runtime
    machine = runtime.machine
    return {
        "device": machine.device,
        "threads": machine.threads,
        "precision": machine.precision,
        "torch": torch.__version__,
        "version": __version__,
    }


def _plain(value: Any) -> Any:
    """Without what is unset, which TOML cannot say."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
