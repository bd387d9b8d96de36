"""A proposer: its record and the code that scores how alike every class is to the classes that lose pictures.

One from outside is such a record as well, named by an entry point of the group ``maga_desk.proposers``::

    PROPOSER = Proposer(
        ProposerInfo(name="least", title="Least likely", summary="The classes that the classifier gives least to."),
        at_once(scores),
    )
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.choices import ProposerInfo
from maga_desk.domain.events import Event
from maga_desk.guidance.question import Likeness, Question

Scores = NDArray[np.float64]
Proposing = Generator[Event, None, Likeness]


@dataclass(frozen=True)
class Proposer:
    """:param propose: answers a :class:`~maga_desk.guidance.question.Question`, telling how far it is."""

    info: ProposerInfo
    propose: Callable[[Question], Proposing]


def at_once(view: Callable[[Question], Scores]) -> Callable[[Question], Proposing]:
    """A ``propose`` from a function that has nothing to tell on the way; it returns ``(K, K) float64``."""

    def propose(question: Question) -> Proposing:
        yield from ()
        return Likeness(view(question))

    return propose
