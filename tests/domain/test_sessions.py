from __future__ import annotations

from dataclasses import replace

from maga_desk.domain.events import WorkspaceCard
from maga_desk.domain.sessions import changed_since

CARD = WorkspaceCard(
    "net.safetensors", "resnet8", 1, ("a", "b"), ("a", "b"), None, 4, 2, (8, 8), 90.0, None, "cpu", "float32", "",
    fingerprint="0123", checkpoint_sha256="abcd",
)  # fmt: skip


def test_what_changed_is_named() -> None:
    assert changed_since(CARD, replace(CARD, device="another", checkpoint="moved.safetensors")) == ()
    assert changed_since(CARD, replace(CARD, fingerprint="4567")) == ("pictures",)
    assert changed_since(CARD, replace(CARD, fingerprint="4567", checkpoint_sha256="ef")) == ("checkpoint", "pictures")


def test_a_card_without_hashes_says_nothing() -> None:
    assert changed_since(replace(CARD, fingerprint="", checkpoint_sha256=""), CARD) == ()
