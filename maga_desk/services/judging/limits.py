"""What was allowed beside what a result is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maga_desk.domain.limits import LimitCheck, Share, Split, Stays, of_result
from maga_desk.services.erasure import Erasure

if TYPE_CHECKING:
    from torch import Tensor

    from maga_desk.auditing.outputs import Outputs
    from maga_desk.auditing.parts import Parts


def limits_of(
    erasure: Erasure, parts: Parts, original: Outputs, after: Outputs, seconds: float | None, stopped: str = ""
) -> tuple[LimitCheck, ...]:
    """Of what both nets say of the pictures that stay.

    :param seconds: of work, proposing included; ``None``: unknown. :param stopped: the limit that ended the run early.
    """
    limits, classes = erasure.spec.limits, erasure.workspace.card.classes
    if not limits.any:
        return ()
    before, now = (stays(each, parts, classes) for each in (original, after))
    return of_result(limits, before, now, seconds, ended=bool(stopped))


def stays(outputs: Outputs, parts: Parts, classes: tuple[str, ...]) -> Stays:
    """Of each class its test pictures that stay; where it has none, the training pictures that stay.

    Of all that stays: the test pictures, as the figure *accuracy on what stays* has them; without any, the training
    pictures.
    """
    splits: tuple[tuple[Split, Tensor, Tensor], ...] = (
        (
            "test pictures",
            outputs.test.argmax(dim=1)[parts.retain_test] == parts.test_labels[parts.retain_test],
            parts.test_labels[parts.retain_test],
        ),
        (
            "training pictures",
            outputs.train.argmax(dim=1)[parts.retain_train] == parts.train_labels[parts.retain_train],
            parts.train_labels[parts.retain_train],
        ),
    )
    by_class: dict[str, Share] = {}
    for place, name in enumerate(classes):
        found = (_share(on, right[labels == place]) for on, right, labels in splits)
        share = next((each for each in found if each is not None), None)
        if share is not None:
            by_class[name] = share
    whole = (_share(on, right) for on, right, _ in splits)
    return Stays(by_class, next((each for each in whole if each is not None), None))


def _share(on: Split, right: Tensor) -> Share | None:
    """:param right: ``(n,) bool``; nothing of no pictures."""
    return Share(100.0 * float(right.double().mean()), len(right), on) if len(right) else None
