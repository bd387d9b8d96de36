"""Merkle trees as in RFC 6962, section 2.1: one hash stands for many entries, and any change of one changes it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

_LEAF, _NODE = b"\x00", b"\x01"


def merkle_root(entries: Sequence[bytes]) -> bytes:
    """The tree's hash, 32 bytes; of no entries that of an empty text.

    Built from below, level by level: an odd node at the end of a level goes up as it is, which gives the same tree as
    the RFC's split at the largest power of two.
    """
    if not entries:
        return hashlib.sha256(b"").digest()
    level = [hashlib.sha256(_LEAF + entry).digest() for entry in entries]
    while len(level) > 1:
        pairs = [_joined(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = [*pairs, level[-1]] if len(level) % 2 else pairs
    return level[0]


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
