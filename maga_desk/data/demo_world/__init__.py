"""The demo world: the embedded default data, 20 kinds of drawn things in 5 families."""

from maga_desk.data.demo_world.kinds import FAMILIES, FAMILY_OF, KINDS
from maga_desk.data.demo_world.world import SIDE, WORLD_VERSION, demo_world, render

__all__ = ["FAMILIES", "FAMILY_OF", "KINDS", "SIDE", "WORLD_VERSION", "demo_world", "render"]
