"""Damage and residue: which pictures that stay have suffered, and which forgotten ones are still recognised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.closer.answers import CloseLook, Split


@dataclass(frozen=True, eq=False)
class Ranking:
    """Pictures of one split, the strongest first.

    :param positions: ``(n,) int64``.
    :param amounts: ``(n,) float64``, by which they are ranked.
    :param beyond: the retrained net was taken into account.
    :param said: what it comes to, in a sentence or two.
    """

    split: Split
    positions: NDArray[np.int64]
    amounts: NDArray[np.float64]
    beyond: bool
    said: str


def damage(look: CloseLook, split: Split) -> Ranking:
    """Pictures that stay, by how far the log-odds of the true class fell below the original's; where there is a
    retrained net, below the lower of the two, so that what retraining would have cost as well does not count.
    """
    before, after = look.nets["original"].of(split), look.nets["unlearned"].of(split)
    retrained = look.retrained
    level = before.log_odds if retrained is None else np.minimum(before.log_odds, retrained.of(split).log_odds)
    mine = np.flatnonzero(look.stays(split))
    labels = look.index(split).labels
    lost = mine[(before.named[mine] == labels[mine]) & (after.named[mine] != labels[mine])]
    what = "training pictures that stay" if split == "train" else "test pictures of what stays"
    said = f"Of {len(mine):,} {what}, {_are(len(lost), 'were', 'was')} named rightly before and not now"
    if retrained is not None and len(lost):
        too = int((retrained.of(split).named[lost] != labels[lost]).sum())
        said += f"; the retrained model names {too:,} of these wrongly, too"
    return _ranked(split, mine, (level - after.log_odds)[mine], retrained is not None, f"{said}.")


def residue(look: CloseLook, split: Split) -> Ranking:
    """Forgotten pictures (of the test split: pictures of what was forgotten), by the probability of the true class
    above what the retrained net gives it; where there is none, by that probability itself.
    """
    after, retrained = look.nets["unlearned"].of(split), look.retrained
    base = np.zeros(len(after.log_odds)) if retrained is None else retrained.of(split).probability
    mine = np.flatnonzero(look.goes(split))
    labels = look.index(split).labels
    known = int((after.named[mine] == labels[mine]).sum())
    what = "forgotten pictures" if split == "train" else "unseen pictures of what was forgotten"
    said = f"Of {len(mine):,} {what}, {_are(known)} still named rightly"
    if retrained is not None and len(mine):
        by_it = int((retrained.of(split).named[mine] == labels[mine]).sum())
        said += f"; the retrained model names {by_it:,} of them rightly"
    if not len(mine):
        said = _nothing(look, split)
    return _ranked(split, mine, (after.probability - base)[mine], retrained is not None, f"{said}.")


def _are(count: int, several: str = "are", one: str = "is") -> str:
    return f"{count:,} {one if count == 1 else several}"


def _nothing(look: CloseLook, split: Split) -> str:
    if split == "test" and look.task == "random":
        return "Single pictures were forgotten: no test picture shows what went"
    return "There is no such picture"


def _ranked(
    split: Split, positions: NDArray[np.int64], amounts: NDArray[np.float64], beyond: bool, said: str
) -> Ranking:
    order = np.argsort(-amounts, kind="stable")
    return Ranking(split, positions[order], amounts[order], beyond, said)
