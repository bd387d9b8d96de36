"""Where a checkpoint comes from: every earlier training and unlearning, carried on in its record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maga_desk.domain.events import WorkspaceCard

EARLIER = "earlier"
"""Key of a checkpoint's record: the steps that led to its original, the oldest first."""

_KEPT = ("by", "when", "version", "method", "task", "seed", "forgotten_pictures", "forgotten_classes")


def earlier_steps(made: Mapping[str, Any], card: WorkspaceCard) -> list[dict[str, Any]]:
    """The steps that led to a net which is about to forget: those that its record has, and its own.

    :param made: what its record says of how it was made.
    """
    before = made.get(EARLIER)
    own = {"file": Path(card.checkpoint).name, "sha256": card.checkpoint_sha256, "arch": card.arch}
    said = {key: made[key] for key in _KEPT if made.get(key) is not None}
    return [*(before if isinstance(before, list) else []), {**own, **said}]
