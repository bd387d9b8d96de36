"""Colours of values: shades between two colours, and what can be read on them."""

from __future__ import annotations

from PySide6.QtGui import QColor

from maga_desk.ui import theme


def blend(low: QColor, high: QColor, share: float) -> QColor:
    """A colour between two others."""
    share = min(max(share, 0.0), 1.0)
    return QColor(
        round(low.red() + share * (high.red() - low.red())),
        round(low.green() + share * (high.green() - low.green())),
        round(low.blue() + share * (high.blue() - low.blue())),
    )


def readable_on(ground: QColor) -> QColor:
    """Near-black or white, whichever has more contrast on a colour (WCAG relative luminance)."""
    linear = [part**2.2 for part in (ground.redF(), ground.greenF(), ground.blueF())]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return QColor("#101418") if luminance > 0.2 else QColor("#ffffff")


def shade(strength: float) -> QColor:
    """The ground of a cell: from no colour at 0 to blue at 1, or to orange at -1."""
    colours = theme.colours()
    end = colours.accent if strength >= 0 else colours.forget
    return blend(QColor(colours.surface), QColor(end), abs(strength))
