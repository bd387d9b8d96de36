"""What a person should know of a request before it is answered: nothing of it refuses the run."""

from __future__ import annotations

from collections.abc import Iterator

from maga_desk.domain.copies_left import NEAR_WAY_OUT, NOT_LOOKED
from maga_desk.domain.events import Event, Message
from maga_desk.domain.methods import without_retained
from maga_desk.services.erasure import Erasure

_FEW = 10  # training pictures of a class


def said_before(erasure: Erasure) -> Iterator[Event]:
    """That forgotten pictures stay in sight, and that too few stay to learn from."""
    left = erasure.left
    for line in left.warnings(near_way_out=NEAR_WAY_OUT):
        yield Message(line, "warning")
    if not left.looked:
        yield Message(f'{NOT_LOOKED} [forget] near_copies = "look" names them before the run.')
    info, stay = erasure.method.info, erasure.retained
    classes = len(erasure.workspace.card.classes) - len(erasure.forget.gone)
    if stay >= _FEW * classes or info.retain_free:
        return
    from maga_desk.engine.registry import METHODS

    names = ", ".join(without_retained((each.info for each in METHODS.values()), erasure.forget.task))
    count = "1 training picture stays" if stay == 1 else f"{stay:,} training pictures stay"
    yield Message(
        f"Only {count}, of {classes} {'class' if classes == 1 else 'classes'}: {info.title} rests on them, and may "
        f"lose the rest of what the model knows. Methods that look at none of them: {names}.",
        "warning",
    )
