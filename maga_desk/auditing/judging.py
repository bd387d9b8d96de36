"""All figures of one net, from what was found in it and in those it is baselines with.

Definitions are in ``resources/docs/measures.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.auditing.class_aware import class_aware_attack
from maga_desk.auditing.distances import (
    average_gap,
    jensen_shannon,
    kullback_leibler,
    tug_of_war,
    zero_retrain_forgetting,
)
from maga_desk.auditing.intervals import mean, share
from maga_desk.auditing.looking import Case, Look
from maga_desk.auditing.membership import confidence_attack, entropy_attack, roc, true_log_probability
from maga_desk.auditing.relearning import SHOWN, steps_needed
from maga_desk.auditing.similarity import PENULTIMATE, alignments
from maga_desk.domain.measures import resting_on
from maga_desk.domain.results import Audit, Figure
from maga_desk.models.inference import accuracy

Hits = NDArray[np.bool_]
Found = Iterator[tuple[str, Figure | None]]
FEW = 30
"""Fewer pictures than this behind a figure are worth a warning."""


@dataclass(frozen=True)
class Baselines:
    """Those a net is judged beside; either may be the judged one itself, ``None`` is unknown."""

    retrained: Look | None = None
    original: Look | None = None


def judge(found: Look, case: Case, baselines: Baselines) -> Audit:
    """The figures of one net; what cannot be known is left out."""
    parts = case.parts
    counted = hits_of(found, case)
    figures = {**dict(_accuracies(counted)), **dict(_membership(found, case, counted)), **dict(_residue(found, case))}
    if baselines.retrained is not None:
        figures["cmia"] = _class_aware(found, case, baselines.retrained)
        if baselines.retrained is not found:
            figures |= dict(_distances(found, case, counted, baselines.retrained))
    figures["zrf"] = zero_retrain_forgetting(found.answers.train[parts.forget_train], case.untrained)
    layers = _layers(found, baselines)
    for name in ("retrained", "original"):
        if PENULTIMATE in layers and name in layers[PENULTIMATE]:
            figures[f"cka_{name}"] = Figure(layers[PENULTIMATE][name], n=len(case.compared))
    per_class = tuple(
        accuracy(found.answers.test[parts.test_labels == label], parts.test_labels[parts.test_labels == label])
        for label in range(case.classes)
    )
    known = {key: figure for key, figure in figures.items() if figure is not None}
    return Audit(known, per_class, layers, _curves(found))


def hits_of(found: Look, case: Case) -> Mapping[str, Hits]:
    """Which pictures count, by the accuracy's key: ``(n,) bool`` each; ``mia`` has those called members."""
    parts, said = case.parts, found.answers
    right_train = (said.train.argmax(dim=1) == parts.train_labels).numpy()
    right_test = (said.test.argmax(dim=1) == parts.test_labels).numpy()
    counted = {
        "retain_train": right_train[parts.retain_train],
        "forget_train": right_train[parts.forget_train],
        "retain_test": right_test[parts.retain_test],
        "forget_test": right_test[parts.forget_test],
        "earlier_train": right_train[parts.earlier_train],
    }
    called = entropy_attack(said.train[parts.retain_train], said.test, said.train[parts.forget_train])
    return counted if called is None else {**counted, "mia": called}


def notes(case: Case, retrained: bool, shadows: bool) -> list[str]:
    """What a reader of the figures must know: what is missing, and what is too small to say much."""
    parts = case.parts
    found = []
    if not retrained:
        found.append(
            "There is no retrained model: whether the result is like one that never saw the pictures cannot be said. "
            f"{_begun(_listed(*resting_on('retrained'), 'all verdicts'))} are missing."
        )
    if not shadows:
        attacks = _listed(*resting_on("retrained", "shadows"))
        found.append(f"No shadow models were trained: the attacks to be trusted most, {attacks}, are missing.")
    counts = {
        "pictures to forget": int(parts.forget_train.sum()),
        "test pictures of what stays": int(parts.retain_test.sum()),
        "test pictures of the same kind as the forget set": int(parts.strangers.sum()),
    }
    few = [f"{count} {what}" for what, count in counts.items() if count < FEW]
    if few:
        found.append(f"There are only {' and '.join(few)}: the intervals are wide, and small differences mean nothing.")
    return found


def _listed(*names: str) -> str:
    """``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _begun(text: str) -> str:
    """As a sentence begins."""
    return text[:1].upper() + text[1:]


def _accuracies(counted: Mapping[str, Hits]) -> Found:
    for key, hits in counted.items():
        yield key, share(hits)


def _distances(found: Look, case: Case, counted: Mapping[str, Hits], retrained: Look) -> Found:
    wanted, forget = hits_of(retrained, case), case.parts.forget_train
    gaps = ("retain_train", "forget_train", "retain_test", "mia")
    if all(key in counted and len(counted[key]) for key in gaps):
        yield "gap", average_gap([(counted[key], wanted[key]) for key in gaps])
    accuracies = [key for key in gaps[:3] if len(counted[key])]
    yield "tow", tug_of_war([(counted[key], wanted[key]) for key in accuracies])
    gold, said = retrained.answers.train[forget], found.answers.train[forget]
    yield "js_to_retrained", mean(jensen_shannon(said, gold))
    yield "kl_to_retrained", mean(kullback_leibler(gold, said))


def _membership(found: Look, case: Case, counted: Mapping[str, Hits]) -> Found:
    parts, said = case.parts, found.answers
    train = true_log_probability(said.train, parts.train_labels).numpy()
    test = true_log_probability(said.test, parts.test_labels).numpy()
    members, strangers = train[parts.forget_train], test[parts.strangers]
    found_by_loss = roc(members, strangers)
    if found_by_loss is not None:
        yield "mia_auc", found_by_loss.auc
        yield "mia_tpr1", found_by_loss.tpr_1
        yield "mia_tpr01", found_by_loss.tpr_01
    if case.depth == "full":
        called = confidence_attack(np.exp(train[parts.retain_train]), np.exp(test[parts.retain_test]), np.exp(members))
        yield "mia_confidence", None if called is None else share(called)


def _class_aware(found: Look, case: Case, retrained: Look) -> Figure | None:
    parts = case.parts
    if not parts.forget_test.any():
        return None
    right = class_aware_attack(
        retrained.answers.test, found.answers.test, parts.forget_test.numpy(), parts.test_labels.numpy(), parts.gone
    )
    return None if right is None else share(right)


def _residue(found: Look, case: Case) -> Found:
    yield "probe", None if found.probed is None else share(found.probed.numpy())
    if found.prototypes is not None:
        value = mean(found.prototypes[SHOWN[-1]].double().numpy())
        if value is not None:
            percent = [100 * bound for bound in (value.value, value.low or 0.0, value.high or 0.0)]
            yield "prototype", Figure(percent[0], percent[1], percent[2], value.n)
    if found.relearned is not None and case.relearning is not None:
        yield "relearn", Figure(steps_needed(found.relearned, case.relearning.level), n=len(case.relearning.asked))


def _layers(found: Look, baselines: Baselines) -> dict[str, dict[str, float]]:
    layers: dict[str, dict[str, float]] = {}
    for name, other in (("retrained", baselines.retrained), ("original", baselines.original)):
        if found.grams is None or other is None or other is found or other.grams is None:
            continue
        for layer, value in alignments(found.grams, other.grams).items():
            layers.setdefault(layer, {})[name] = value
    return layers


def _curves(found: Look) -> dict[str, tuple[tuple[float, float], ...]]:
    curves: dict[str, tuple[tuple[float, float], ...]] = {}
    if found.relearned is not None:
        curves["relearn"] = tuple((float(step), value) for step, value in found.relearned)
    if found.prototypes is not None:
        curves["prototype"] = tuple(
            (float(count), 100 * float(right.double().mean())) for count, right in found.prototypes.items()
        )
    return curves
