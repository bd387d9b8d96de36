"""The pictures that a changed net is asked about: after fine-tuning, rounding or pruning."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from maga_desk.auditing.parts import Parts
from maga_desk.models.evenly import evenly

MOST = 400
"""Pictures of each kind, at most; evenly spread. A net is passed over them once for each change."""


@dataclass(frozen=True)
class Asked:
    """Positions, ``int64``; the same for every net that is compared.

    :param forget: ``(a,)`` training pictures to forget, with labels ``forget_labels``.
    :param unseen: ``(b,)`` test pictures of the same kind, with labels ``unseen_labels``; ``are_gone``: whether they
        show what must be forgotten, too (not so where single pictures go).
    :param kept: ``(c,)`` test pictures of what stays, with labels ``kept_labels``.
    :param retained: ``(d,)`` all training pictures that stay.
    """

    forget: Tensor
    forget_labels: Tensor
    unseen: Tensor
    unseen_labels: Tensor
    are_gone: bool
    kept: Tensor
    kept_labels: Tensor
    retained: Tensor


def asked_of(parts: Parts) -> Asked:
    """What is asked in an audit of this forget set."""
    forget, unseen, kept = (
        evenly(mask.nonzero().squeeze(1), MOST) for mask in (parts.forget_train, parts.non_members, parts.retain_test)
    )
    return Asked(
        forget,
        parts.train_labels[forget],
        unseen,
        parts.test_labels[unseen],
        bool(parts.forget_test.any()) and torch.equal(parts.forget_test, parts.non_members),
        kept,
        parts.test_labels[kept],
        parts.retain_train.nonzero().squeeze(1),
    )
