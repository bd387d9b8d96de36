"""Whether what was forgotten can still be read off the features.

A linear probe is trained on the penultimate features to tell the classes apart, the forgotten one among them, and asked
for test pictures of the forgotten one. A net that merely no longer *says* the class gives it away here. Retraining's
value is the yardstick, not zero: features learned without a class tell it apart too.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from maga_desk.data.batches import DeviceSet
from maga_desk.domain.control import RunControl
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.pictures import ImageSet
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


def probing_of(images: ImageSet, forget: ForgetSet, gone: Tensor) -> Probing | None:
    """``None`` where there is nothing to ask: single pictures, no test pictures, nothing that stays.

    :param gone: ``(M,) bool`` test pictures of what is forgotten.
    """
    mask = torch.from_numpy(forget.mask(len(images.train)))
    asked = gone.nonzero().squeeze(1)
    if not len(asked) or not (~mask).any():
        return None
    fine = forget.task == "sub-class"
    train, test = (torch.from_numpy(split.kinds if fine else split.labels) for split in (images.train, images.test))
    learn = torch.cat([_spread((~mask).nonzero().squeeze(1), RETAIN), _spread(mask.nonzero().squeeze(1), FORGET)])
    if len(train[learn].unique()) < 2:
        return None
    return Probing(learn, train[learn], asked, test[asked])


def recovered(model: nn.Module, probing: Probing, pictures: DeviceSet, runtime: Runtime, control: RunControl) -> float:
    """Percent of the asked test pictures that the probe names rightly.

    Multinomial logistic regression with balanced classes on standardised features.

    :raises Cancelled: in between.
    """
    learned = features(model, pictures.train, runtime, probing.learn, control).numpy()
    asked = features(model, pictures.test, runtime, probing.asked, control).numpy()
    control.checkpoint()
    probe = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000, tol=1e-3))
    probe.fit(learned, probing.truth.numpy())
    return float((probe.predict(asked) == probing.wanted.numpy()).mean() * 100)


def _spread(positions: Tensor, count: int) -> Tensor:
    if len(positions) <= count:
        return positions
    return positions[torch.linspace(0, len(positions) - 1, count).long()]
