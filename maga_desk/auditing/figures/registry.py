"""All figures that rest on no shadow models, in groups that are computed together.

A new figure is a :class:`~maga_desk.domain.measure.Measure`, a file here with a function, and a line in
:data:`FIGURES`. What it needs of the net itself is found in :mod:`~maga_desk.auditing.looking`.
"""

from __future__ import annotations

from maga_desk.auditing.figures.accuracies import accuracies
from maga_desk.auditing.figures.calibration import calibration
from maga_desk.auditing.figures.class_aware import class_aware
from maga_desk.auditing.figures.compressed import compressed
from maga_desk.auditing.figures.confidence_attack import confidence
from maga_desk.auditing.figures.divergences import divergences
from maga_desk.auditing.figures.earlier import earlier
from maga_desk.auditing.figures.gaps import gaps
from maga_desk.auditing.figures.judged import Judged, Measuring
from maga_desk.auditing.figures.likeness import likeness
from maga_desk.auditing.figures.loss_attack import loss_attack
from maga_desk.auditing.figures.pair import pair
from maga_desk.auditing.figures.probed import probed
from maga_desk.auditing.figures.prototypes import prototypes
from maga_desk.auditing.figures.relearned import relearned
from maga_desk.auditing.figures.retain_only import from_retained
from maga_desk.auditing.figures.which_class import which_class
from maga_desk.auditing.figures.zero_retrain import zero_retrain
from maga_desk.domain.results import Figure

FIGURES: tuple[Measuring, ...] = (
    accuracies,
    calibration,
    loss_attack,
    confidence,
    probed,
    prototypes,
    relearned,
    class_aware,
    gaps,
    divergences,
    zero_retrain,
    likeness,
    earlier,
    from_retained,
    compressed,
    which_class,
    pair,
)
"""In the order in which reports hold them."""


def measured(judged: Judged) -> dict[str, Figure]:
    """Every figure of a net that can be known."""
    return {key: figure for measuring in FIGURES for key, figure in measuring(judged).items() if figure is not None}
