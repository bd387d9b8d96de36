"""Whether what was forgotten can still be read off the features.

A linear probe is trained on the penultimate features to tell the classes apart, the forgotten one among them, and asked
for test pictures of the forgotten one. A net that merely no longer predicts the class gives it away here. Retraining's
value is the yardstick, not zero: features learned without a class tell it apart too.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from maga_desk.auditing.parts import Parts
from maga_desk.data.batches import DeviceSet
from maga_desk.domain.control import RunControl
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.pictures import ImageSet
from maga_desk.models.evenly import evenly
from maga_desk.models.inference import features
from maga_desk.models.runtime import Runtime

RETAIN, FORGET = 3000, 1500
"""Training pictures that the probe learns from, at most; evenly spread."""


@dataclass(frozen=True)
class Probing:
    """What a probe learns from and is asked; the same for every net that is compared.

    :param learn: ``(n,) int64`` positions among the training pictures; ``truth`` ``(n,) int64`` their classes, or their
        kinds when a sub-class goes.
    :param asked: ``(m,) int64`` positions among the test pictures, all of what is forgotten; ``wanted`` their classes.
    """

    learn: Tensor
    truth: Tensor
    asked: Tensor
    wanted: Tensor


def probing_of(images: ImageSet, forget: ForgetSet, parts: Parts) -> Probing | None:
    """``None`` where there is nothing to ask: single pictures, no test pictures of what goes."""
    asked = parts.forget_test.nonzero().squeeze(1)
    if not len(asked):
        return None
    fine = forget.task == "sub-class"
    train, test = (torch.from_numpy(split.kinds if fine else split.labels) for split in (images.train, images.test))
    sides = ((parts.retain_train, RETAIN), (parts.forget_train, FORGET))
    learn = torch.cat([evenly(mask.nonzero().squeeze(1), most) for mask, most in sides])
    if len(train[learn].unique()) < 2:
        return None
    return Probing(learn, train[learn], asked, test[asked])


@dataclass(frozen=True)
class Shown:
    """A net's penultimate features of the pictures of a :class:`Probing`, float32 on the CPU.

    :param learned: ``(n, D)``; ``asked`` ``(m, D)``.
    """

    learned: Tensor
    asked: Tensor


def shown(model: nn.Module, probing: Probing, pictures: DeviceSet, runtime: Runtime, control: RunControl) -> Shown:
    """:raises Cancelled: in between."""
    return Shown(
        features(model, pictures.train, runtime, probing.learn, control),
        features(model, pictures.test, runtime, probing.asked, control),
    )


def named_by_probe(probing: Probing, seen: Shown) -> Tensor:
    """``(m,) bool``: which of the asked test pictures the probe names rightly.

    Multinomial logistic regression with balanced classes on standardised features.
    """
    probe = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000, tol=1e-3))
    probe.fit(seen.learned.numpy(), probing.truth.numpy())
    return torch.from_numpy(probe.predict(seen.asked.numpy()) == probing.wanted.numpy())
