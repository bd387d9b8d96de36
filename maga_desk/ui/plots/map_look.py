"""What each point of a map looks like: its colour, and whether it is faded, ringed or selected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from maga_desk.ui import theme
from maga_desk.ui.plots.plane_view import Points
from maga_desk.ui.plots.point_raster import PointLayer, Shades, mixed

_FADED, _FADED_RING = 0.82, 0.6  # of the background in the colour of what is not found, and in the ring of marked ones
_RING, _GAP, _CORE = 2.6, 1.2, 0.3  # logical pixels wider than a plain point: of a ring, and of what lies within it


@dataclass(frozen=True, eq=False)
class MapLook:
    """How N points look.

    :param shades: ``(N,) uint32``: their colours.
    :param found: ``(N,) bool``: the others are faded.
    :param ringed: ``(N,) bool``: those with a ring in the colour of forgetting.
    :param selected: ``(N,) bool``: those with a ring in the colour of text, over all others.
    """

    shades: Shades
    found: NDArray[np.bool_]
    ringed: NDArray[np.bool_]
    selected: NDArray[np.bool_]

    @classmethod
    def plain(cls, count: int) -> MapLook:
        nothing = np.zeros(count, dtype=bool)
        return cls(np.full(count, 0xFF808080, dtype=np.uint32), ~nothing, nothing, nothing)


def layers_of(
    points: Points, order: NDArray[np.int64], look: MapLook, brushed: NDArray[np.bool_] | None = None
) -> list[PointLayer]:
    """Faded, faded and ringed, plain, ringed, selected: each over the ones before.

    :param points: ``(N, 2)``.
    :param order: ``(N,)``: positions in the order in which points of a layer are drawn.
    :param brushed: ``(N,) bool``: what a brush is about to select.
    """
    if not len(order):
        return []
    c, planar, layers = theme.colours(), points.T.astype(np.float32), list[PointLayer]()
    background = QColor(c.surface).rgb()
    selected = look.selected if brushed is None else look.selected | brushed

    def add(members: NDArray[np.bool_], colour: Shades | None, wider: float) -> None:
        chosen = order[members[order]]
        if len(chosen):
            layers.append(PointLayer(planar[:, chosen], look.shades[chosen] if colour is None else colour, wider))

    def one(colour: str, faded: float = 0.0) -> Shades:
        return mixed(np.array(QColor(colour).rgb(), dtype=np.uint32), background, faded)

    def ringed(members: NDArray[np.bool_], ring: Shades, core: Shades | None) -> None:
        add(members, ring, _RING)
        add(members, one(c.surface), _GAP)
        add(members, core, _CORE)

    rest, found = ~look.found & ~selected, look.found & ~selected
    add(rest & ~look.ringed, one(c.text_muted, _FADED), 0.0)
    ringed(rest & look.ringed, one(c.forget, _FADED_RING), one(c.text_muted, _FADED))
    add(found & ~look.ringed, None, 0.0)
    ringed(found & look.ringed, one(c.forget), None)
    ringed(selected, one(c.text), None)
    return layers
