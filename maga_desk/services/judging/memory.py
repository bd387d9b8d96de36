"""Whether trainings fit into memory, before any is begun: one step, and several processes at a time."""

from __future__ import annotations

from maga_desk.services.erasure import Erasure

PROCESS = 700 * 2**20
"""Bytes of a process with torch, a net and what it needs beside the pictures, which all map alike."""


def check_training(erasure: Erasure) -> None:
    """A step of a retraining by the recipe.

    :raises ResourceError: it does not fit; it says how large a batch would.
    """
    from maga_desk.engine.step_room import check_pass

    workspace = erasure.workspace
    shape = (*workspace.pictures.train.images.shape[1:],)
    pictures = min(erasure.recipe.batch_size, erasure.retained)
    check_pass(workspace.model, shape, pictures, workspace.runtime, "[audit.recipe] batch_size")


def jobs_that_fit(erasure: Erasure, jobs: int) -> int:
    """How many of so many trainings fit into memory at the same time, 1 at least. Results do not depend on it."""
    from maga_desk.domain.memory import free_memory
    from maga_desk.models.footprint import footprint

    workspace = erasure.workspace
    each = PROCESS
    if workspace.runtime.device.type == "cpu":
        found = footprint(workspace.model, (*workspace.pictures.train.images.shape[1:],), training=True)
        each += found.of(erasure.recipe.batch_size) if found is not None else 0
    return max(1, min(jobs, free_memory() // each))
