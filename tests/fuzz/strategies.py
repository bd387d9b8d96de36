"""What strangers' files may hold: sound samples with something wrong in them, and pure noise."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("MAGA_DESK_FUZZ", "0"))
"""How many of each kind; 0: a few, the same each time, for the suite."""

bounded = settings(
    max_examples=EXAMPLES or 25,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("=cmd|' /C calc'!A0"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
"""Whatever JSON can say, and the numbers that it cannot."""


@st.composite
def damaged(draw: st.DrawFn, sample: bytes) -> bytes:
    """A sound file, cut, doubled, or with bytes of it replaced."""
    content = bytearray(sample)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(0, len(content) - 1)))
        match draw(st.sampled_from(["replace", "cut", "insert", "double"])):
            case "replace" if content:
                content[place] = draw(st.integers(0, 255))
            case "cut":
                del content[place:]
            case "insert":
                content[place:place] = draw(st.binary(max_size=12))
            case _:
                content += content[place : place + 64]
    return bytes(content)


def files(*samples: bytes) -> st.SearchStrategy[bytes]:
    """Damaged forms of these, and noise."""
    return st.one_of(*(damaged(sample) for sample in samples), st.binary(max_size=200))


@st.composite
def overridden(draw: st.DrawFn, sound: dict[str, Any]) -> str:
    """A JSON object with one or two of its values, or all of it, replaced by anything."""
    if draw(st.integers(0, 9)) == 0:
        return json.dumps(draw(VALUES))
    said = dict(sound)
    for _ in range(draw(st.integers(1, 2))):
        said[draw(st.sampled_from(sorted(sound)))] = draw(VALUES)
    return json.dumps(said)
