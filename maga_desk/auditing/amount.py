"""How much an audit's look at one net computes, told without computing it."""

from __future__ import annotations

from dataclasses import dataclass

from maga_desk.auditing import retain_only
from maga_desk.auditing.compressing import FORMS
from maga_desk.auditing.looking import Case
from maga_desk.auditing.relearning import BESIDE, EVERY, LEARNED, MOST_STEPS, WATCHED


@dataclass(frozen=True)
class Amount:
    """Pictures that pass through the net.

    :param read: forward only.
    :param trained: forward and backward, at most; ``surely``: so many of them at least.
    """

    read: int
    trained: int
    surely: int


def amount_of(case: Case) -> Amount:
    """Of a look at a net in this case. Relearning ends once the net knows again what it had known: it may take no
    step, or all.
    """
    read = len(case.parts.train_labels) + len(case.parts.test_labels)
    trained = surely = 0
    if case.depth == "full":
        read += len(case.compared)
    if case.relearning is not None:
        trained += MOST_STEPS * (LEARNED + BESIDE)
        read += (MOST_STEPS // EVERY + 1) * min(WATCHED, len(case.relearning.asked))
    asked = case.asked
    if asked is not None:
        each, retained = len(asked.forget) + len(asked.unseen), len(asked.retained)
        read += len(FORMS) * (each + len(asked.kept)) + (len(retain_only.WATCHED) + 1) * each
        if retained > 1:
            surely = retain_only.steps_for(retained) * min(retain_only.BATCH, retained)
            trained += surely
    return Amount(read, trained, surely)
