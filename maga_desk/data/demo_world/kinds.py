"""The table of the demo world: 20 kinds of things in 5 families."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "vehicles": ("car", "van", "truck", "bus"),
        "footwear": ("sneaker", "boot", "sandal", "heel"),
        "tableware": ("mug", "bowl", "teapot", "jug"),
        "fruit": ("apple", "pear", "cherry", "orange"),
        "animals": ("cat", "dog", "fox", "rabbit"),
    }
)
"""Family -> its kinds."""

FAMILY_OF: Mapping[str, str] = MappingProxyType({kind: family for family, kinds in FAMILIES.items() for kind in kinds})
"""Kind -> its family."""

KINDS: tuple[str, ...] = tuple(sorted(FAMILY_OF))
"""All kinds, sorted: the order of the demo world's labels."""
