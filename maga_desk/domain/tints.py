"""How a column colours pictures: which of a few colours each has, and what the colours mean.

More values than colours are not squeezed into them: the most frequent values have one each, and all others share grey.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.finding.columns import Coded

MOST = 12
"""Colours that a reader tells apart in small points; values beyond share grey."""
STEPS = 32
"""Of a scale of numbers."""
OTHER, UNKNOWN = 254, 255
"""Codes of what shares grey: other values, and nothing known."""
_EDGE = 0.01  # of the numbers at either end of a scale, which share its last step


@dataclass(frozen=True)
class TintKey:
    """One colour of a legend.

    :param code: which colour.
    :param text: of which value.
    :param count: how many pictures have it, of all.
    """

    code: int
    text: str
    count: int


@dataclass(frozen=True, eq=False)
class Tints:
    """The colours of N pictures by one column.

    :param column: its name.
    :param codes: ``(N,) uint8``: of a few values their place among the colours; of a scale its step; :data:`OTHER` or
        :data:`UNKNOWN`.
    :param keys: the legend; of a scale only what shares grey.
    :param scale: the numbers at both ends of a scale; ``None`` for single values.
    :param others: how many different values share grey.
    """

    column: str
    codes: NDArray[np.uint8]
    keys: tuple[TintKey, ...]
    scale: tuple[float, float] | None = None
    others: int = 0

    def said(self) -> str:
        """What does not meet the eye; empty where all does."""
        if self.scale is not None:
            return "The lowest and the highest hundredth share the colours at the ends."
        return f"{MOST} colours, for the values with most pictures in sight." if self.others else ""


def tints_of(column: str, values: Coded, among: NDArray[np.bool_] | None = None) -> Tints:
    """Colours by a column.

    :param among: ``(N,) bool``: the pictures whose values have colours first, where there are more than colours.
    """
    different = len(values.values)
    if not values.is_text and different > MOST:
        return _scaled(column, values.numbers())
    known = values.codes >= 0
    counts = np.bincount(values.codes[known], minlength=different)
    # Up to MOST values keep their colours whatever is in sight; beyond, the colours go to what is.
    seen = counts if among is None or different <= MOST else np.bincount(
        values.codes[known & among], minlength=different
    )  # fmt: skip
    first = (
        np.arange(different)
        if different <= MOST
        else np.sort(np.lexsort((np.arange(different), -counts, -seen))[:MOST])
    )
    place = np.full(different + 1, OTHER, dtype=np.uint8)
    place[first], place[-1] = np.arange(len(first)), UNKNOWN
    codes = place[values.codes]
    keys = [TintKey(number, _text(values, int(each)), int(counts[each])) for number, each in enumerate(first)]
    others = different - len(first)
    if others:
        keys.append(TintKey(OTHER, f"{others:,} others", int((codes == OTHER).sum())))
    if not known.all():
        keys.append(TintKey(UNKNOWN, "not known", int((~known).sum())))
    return Tints(column, codes, tuple(keys), others=others)


def _scaled(column: str, numbers: NDArray[np.float64]) -> Tints:
    known = np.isfinite(numbers)
    low, high = (float(each) for each in np.quantile(numbers[known], (_EDGE, 1 - _EDGE)))
    codes = np.full(len(numbers), UNKNOWN, dtype=np.uint8)
    share = (numbers[known] - low) / (high - low) if high > low else np.zeros(int(known.sum()))
    codes[known] = np.clip(share * STEPS, 0, STEPS - 1).astype(np.uint8)
    missing = int((~known).sum())
    keys = (TintKey(UNKNOWN, "not known", missing),) if missing else ()
    return Tints(column, codes, keys, (low, high))


def _text(values: Coded, place: int) -> str:
    value = values.values[place]
    return value if isinstance(value, str) else f"{float(value):g}"
