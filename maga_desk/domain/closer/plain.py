"""A close look as JSON has it."""

from __future__ import annotations

from typing import Any

import numpy as np

from maga_desk.domain.closer.answers import SPLITS, CloseLook, Split
from maga_desk.domain.closer.confusion import confusion
from maga_desk.domain.closer.definitions import CLOSER_DEFINITIONS
from maga_desk.domain.closer.ranking import Ranking, damage, residue
from maga_desk.domain.closer.scores import scores


def as_plain(look: CloseLook, top: int) -> dict[str, Any]:
    """:param top: how many pictures of each list are named."""
    used = [split for split in SPLITS if len(look.index(split))]
    return {
        "classes": list(look.classes),
        "nets": [name for name, _ in look.shown_nets()],
        "retrained": look.yardstick,
        "notes": list(look.notes),
        "damage": {split: _ranking(look, damage(look, split), top) for split in used},
        "residue": {split: _ranking(look, residue(look, split), top) for split in used},
        "confusion": {split: _confusion(look, split) for split in used},
        "scores": {group: {name: _scores(look, name, group) for name, _ in look.shown_nets()} for group in _GROUPS},
        "definitions": {key: each.text() for key, each in CLOSER_DEFINITIONS.items()},
    }


_GROUPS = ("forget", "retain")


def _ranking(look: CloseLook, ranking: Ranking, top: int) -> dict[str, Any]:
    return {
        "said": ranking.said,
        "pictures": len(ranking.positions),
        "against_retrained": ranking.beyond,
        "strongest": [
            {**look.facts(ranking.split, int(position)), "amount": round(float(amount), 6)}
            | {"answers": _answers(look, ranking.split, int(position))}
            for position, amount in zip(ranking.positions[:top], ranking.amounts[:top], strict=True)
        ],
    }


def _answers(look: CloseLook, split: Split, position: int) -> dict[str, Any]:
    return {
        name: {
            "true": round(float(answers.of(split).probability_of(position)), 6),
            "top": [[look.classes[each], round(share, 6)] for each, share in answers.of(split).top(position)],
        }
        for name, answers in look.shown_nets()
    }


def _confusion(look: CloseLook, split: Split) -> dict[str, Any]:
    """Counts of the classes that are worth a look: all of a few, of many the forgotten ones and those that differ."""
    found = confusion(look, split)
    rows, columns = found.rows(), found.columns()
    return {
        "rows": [look.classes[each] for each in rows],
        "columns": [look.classes[each] for each in columns],
        "counts": {name: counts[np.ix_(rows, columns)].tolist() for name, counts in found.counts.items()},
    }


def _scores(look: CloseLook, net: Any, group: Any) -> dict[str, Any]:
    found = scores(look, net, group)
    counts = {"members": len(found.members), "others": len(found.others)}
    if not found.known:
        return {**counts, "threshold": None, "tpr": None, "fpr": None, "accuracy": None, **_NO_HALVES}
    best, held_out = found.best(), found.held_out()
    rates = {"threshold": best.threshold, "tpr": best.tpr, "fpr": best.fpr, "accuracy": best.accuracy}
    return {
        **counts,
        **rates,
        "members_are": "below" if best.below else "at or above",
        "held_out_accuracy": held_out,
        "over_forgotten": group == "forget" and found.lower,
    }


_NO_HALVES = {"members_are": None, "held_out_accuracy": None, "over_forgotten": None}
