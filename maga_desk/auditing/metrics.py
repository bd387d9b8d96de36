"""The figures: accuracies, entropy membership inference, Jensen-Shannon distance.

Definitions are in ``resources/docs/measures.md``. Everything takes logits, so that a net runs over the pictures once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from maga_desk.data.batches import DeviceSet
from maga_desk.domain.control import RunControl
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.results import Audit, Metrics
from maga_desk.models.inference import accuracy, logits
from maga_desk.models.runtime import Runtime


@dataclass(frozen=True)
class Answers:
    """A net's logits on both splits: ``train`` ``(N, K)`` and ``test`` ``(M, K)``, float32 on the CPU."""

    train: Tensor
    test: Tensor


@dataclass(frozen=True)
class Split:
    """Who is where, as masks: ``forget_train`` ``(N,) bool``; ``forget_test`` ``(M,) bool``: test pictures of what goes
    (a whole class or kind; none when single pictures go).
    """

    train_labels: Tensor
    test_labels: Tensor
    forget_train: Tensor
    forget_test: Tensor


def split_of(pictures: DeviceSet, test_kinds: np.ndarray, forget: ForgetSet) -> Split:
    """The masks of an audit.

    :param test_kinds: ``(M,) int64`` kinds of the test pictures.
    """
    train_labels, test_labels = pictures.train.labels.cpu(), pictures.test.labels.cpu()
    gone = torch.isin(test_labels, torch.tensor(forget.whole_classes, dtype=torch.int64))
    gone |= torch.from_numpy(np.isin(test_kinds, forget.whole_kinds))
    return Split(train_labels, test_labels, torch.from_numpy(forget.mask(len(train_labels))), gone)


def answers(model: nn.Module, pictures: DeviceSet, runtime: Runtime, control: RunControl) -> Answers:
    """Run a net over all pictures.

    :raises Cancelled: in between.
    """
    return Answers(
        logits(model, pictures.train, runtime, control=control), logits(model, pictures.test, runtime, control=control)
    )


def judge(
    given: Answers, split: Split, classes: int, retrained: Answers | None = None, probe: float | None = None
) -> Audit:
    """All figures of one net.

    :param retrained: the retrained net's answers; without them ``js_to_retrained`` is unknown.
    :param probe: what a linear probe found (:mod:`maga_desk.auditing.probe`).
    """
    keep_train, keep_test = ~split.forget_train, ~split.forget_test
    metrics = Metrics(
        retain_train=accuracy(given.train[keep_train], split.train_labels[keep_train]),
        forget_train=accuracy(given.train[split.forget_train], split.train_labels[split.forget_train]),
        retain_test=accuracy(given.test[keep_test], split.test_labels[keep_test]),
        forget_test=accuracy(given.test[split.forget_test], split.test_labels[split.forget_test]),
        mia=entropy_attack(given.train[keep_train], given.test, given.train[split.forget_train]),
        js_to_retrained=(
            jensen_shannon(given.train[split.forget_train], retrained.train[split.forget_train]) if retrained else None
        ),
        probe=probe,
    )
    per_class = tuple(
        accuracy(given.test[split.test_labels == label], split.test_labels[split.test_labels == label])
        for label in range(classes)
    )
    counts = {
        "retain_train": int(keep_train.sum()),
        "forget_train": int(split.forget_train.sum()),
        "retain_test": int(keep_test.sum()),
        "forget_test": int(split.forget_test.sum()),
    }
    return Audit(metrics, per_class, counts)


def entropy_attack(members: Tensor, strangers: Tensor, forget: Tensor) -> float | None:
    """Percent of forget pictures that an attacker takes for training pictures.

    A logistic regression on the entropy of the softmax is fitted to tell members (retain-train logits ``(a, K)``, an
    even spread of as many as there are strangers) from non-members (test logits ``(b, K)``), balanced. ``None`` without
    members or strangers. As used with Bad Teacher (arXiv 2205.08096) and SSD (arXiv 2308.07707).
    """
    if not len(members) or not len(strangers) or not len(forget):
        return None
    if len(members) > len(strangers):
        members = members[torch.linspace(0, len(members) - 1, len(strangers)).long()]
    inside, outside, asked = (entropy(part).numpy().reshape(-1, 1) for part in (members, strangers, forget))
    attack = LogisticRegression(class_weight="balanced", C=1e3)
    attack.fit(np.concatenate([inside, outside]), np.repeat([1, 0], [len(inside), len(outside)]))
    return float(attack.predict(asked).mean() * 100)


def entropy(outputs: Tensor) -> Tensor:
    """Entropy in nats of the softmax of ``(n, K)`` logits: ``(n,) float64``."""
    logs = torch.log_softmax(outputs.double(), dim=1)
    return -(logs.exp() * logs).sum(dim=1)


def jensen_shannon(first: Tensor, second: Tensor) -> float | None:
    """Mean over pictures of the Jensen-Shannon divergence in nats (0 to ln 2) between two nets' softmax outputs.

    :param first: logits ``(n, K)``; likewise ``second``.
    """
    if not len(first):
        return None
    log_p, log_q = torch.log_softmax(first.double(), 1), torch.log_softmax(second.double(), 1)
    log_m = torch.logaddexp(log_p, log_q) - float(np.log(2))
    divergence = 0.5 * ((log_p.exp() * (log_p - log_m)).sum(1) + (log_q.exp() * (log_q - log_m)).sum(1))
    return float(divergence.clamp(min=0).mean())
