"""Rounding and pruning: does a smaller copy of the net remember what the net itself seems to have forgotten?

Small changes of the weights that hide a memory may be lost when weights are rounded to few bits or small ones are set
to zero, and what was there before shows again (seen in language models by rounding, arXiv 2605.02196). The weights of a
copy are changed in place and computed with as before; activations are not rounded.

A form in which the net no longer names what stays says nothing: its figures are left out.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from maga_desk.auditing.asked import Asked
from maga_desk.auditing.membership import true_log_probability
from maga_desk.data.batches import DeviceSet
from maga_desk.domain.control import RunControl
from maga_desk.models.fusing import fused
from maga_desk.models.inference import logits
from maga_desk.models.rounding import rounded, weights_of
from maga_desk.models.runtime import Runtime

STILL_WORKS = 0.8
"""The least share of its accuracy on what stays that a net must keep in a form, and it must beat guessing."""


@dataclass(frozen=True)
class Small:
    """A net in one form.

    :param right: ``(a,) bool`` forget pictures that are named rightly.
    :param forget: ``(a,) float64`` log-probability of the true label of forget pictures, ``unseen`` ``(b,)`` of test
        pictures of the same kind.
    :param works: whether it still names what stays (:data:`STILL_WORKS`).
    """

    right: Tensor
    forget: Tensor
    unseen: Tensor
    works: bool


@torch.no_grad()
def pruned(model: nn.Module, share: float) -> None:
    """Set the smallest ``share`` of all weights to zero in place, by magnitude over all layers."""
    weights = list(weights_of(model))
    sizes = torch.cat([weight.abs().flatten().float().cpu() for weight in weights])
    count = int(share * len(sizes))
    if not count:
        return
    threshold = float(sizes.kthvalue(count).values)
    for weight in weights:
        weight[weight.abs() <= threshold] = 0


FORMS: Mapping[str, Callable[[nn.Module], None]] = {
    "int8": lambda model: rounded(model, 8),
    "int4": lambda model: rounded(model, 4),
    "pruned30": lambda model: pruned(model, 0.3),
    "pruned": lambda model: pruned(model, 0.5),
    "pruned70": lambda model: pruned(model, 0.7),
}
"""By name: what makes a form of a net, in place."""

PRUNED = {30: "pruned30", 50: "pruned", 70: "pruned70"}
"""The forms by the percent of the weights that they lack."""


def smaller(
    model: nn.Module, kept: float, asked: Asked, pictures: DeviceSet, runtime: Runtime, control: RunControl
) -> dict[str, Small]:
    """The net in each of :data:`FORMS`; it is left as it is.

    :param kept: percent of the asked test pictures of what stays that the net as it is names rightly.
    :raises Cancelled: in between.
    """
    found = {}
    for name, make in FORMS.items():
        control.checkpoint()
        net = copy.deepcopy(model)
        make(net)
        net, how = fused(net, runtime, pictures.train.batch(asked.forget[:1]))
        forget = logits(net, pictures.train, how, asked.forget, control)
        others = torch.cat([asked.unseen, asked.kept])
        test = logits(net, pictures.test, how, others, control) if len(others) else forget[:0]
        unseen, stays = test[: len(asked.unseen)], test[len(asked.unseen) :]
        still = float((stays.argmax(dim=1) == asked.kept_labels).double().mean() * 100) if len(stays) else 0.0
        found[name] = Small(
            forget.argmax(dim=1) == asked.forget_labels,
            true_log_probability(forget, asked.forget_labels),
            true_log_probability(unseen, asked.unseen_labels),
            len(stays) > 0 and still >= STILL_WORKS * kept and still > _guessing(asked.kept_labels),
        )
    return found


def _guessing(labels: Tensor) -> float:
    """Percent that are named rightly by the commonest class alone; 0 where one class is all that stays."""
    counts = labels.bincount()
    return float(counts.max() / len(labels) * 100) if int(counts.count_nonzero()) > 1 else 0.0
