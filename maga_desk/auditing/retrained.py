"""Whether a net can be a retrained one: what can be checked of it without knowing how it was trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maga_desk.auditing.outputs import Outputs
from maga_desk.auditing.parts import Parts
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.yardstick import hardly_better
from maga_desk.models.inference import accuracy

CLOSE_ENOUGH = 5.0
"""Points of accuracy on what stays by which a retrained model may be below the original. More than this counts where it
is beyond the 99 % interval of the difference as well, so that a sound one does not fail on a handful of pictures."""

TOO_LIKE = 0.1
"""A net whose logits are nearer to the original's than this is the original in another form: rounded, moved, tuned for
a few steps. It is the root mean square of the differences, as a share of that of the original's logits, each picture's
logits taken from their mean. Two trainings of one net are about 0.5 apart."""

_APART = f"more than {CLOSE_ENOUGH:g} points apart, so that the guessed recipe is not the original's."
_WIDE = 2.58  # standard errors, for 99 %: two things are looked at, and a sound yardstick must not fail by chance
_STAYS = {"stays_train": "training", "stays_test": "test"}


@dataclass(frozen=True)
class Checked:
    """What was found.

    :param accuracies: percent, by what was looked at: ``forget_train`` and ``unseen`` (test pictures in the same
        mixture of kinds), ``gone_test`` (unseen pictures of classes that go wholly), ``stays_train`` and
        ``stays_test``, and the original's two, ``original_train`` and ``original_test``.
    :param knows: why it must have seen the forget set; ``falls_short``: where it does not reach the original;
        ``copies``: that it is the original in another form. A sentence each.
    """

    accuracies: Mapping[str, float]
    knows: tuple[str, ...]
    falls_short: tuple[str, ...]
    copies: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """All that speaks against it."""
        return (*self.copies, *self.knows, *self.falls_short)


def check_retrained(found: Outputs, original: Outputs, images: ImageSet, parts: Parts) -> Checked:
    """Look at what a net says of all pictures, beside what the original says."""
    accuracies: dict[str, float] = {}
    knows = list(_known_better(found, images, parts, accuracies))
    test = _Said.of(found.test, parts.test_labels)
    gone = np.isin(parts.test_labels.numpy(), parts.gone)
    if gone.any():
        named, chance = 100 * float(test.right[gone].mean()), 100 / len(images.classes)
        accuracies["gone_test"] = named
        if named > chance + _WIDE * (chance * (100 - chance) / int(gone.sum())) ** 0.5:
            knows.append(
                f"It names {named:.1f} % of unseen pictures of what goes rightly. A model that never saw such a "
                f"picture can only guess ({chance:.1f} %)."
            )
    short = []
    for key, mask in (("stays_train", parts.retain_train), ("stays_test", parts.retain_test)):
        pair = [_accuracy(said, parts, key, mask) for said in (found, original)]
        own, wanted = pair
        if own is None or wanted is None:
            continue
        accuracies |= {key: own, key.replace("stays", "original"): wanted}
        if key == "stays_train" and (learned := _hardly_learned(own, wanted, parts.train_labels[mask])):
            short.append(learned)
        elif own < wanted - CLOSE_ENOUGH and _surely_fewer(found, original, parts, key, mask):
            short.append(
                f"On {_STAYS[key]} pictures of what stays it has {own:.1f} %, the original {wanted:.1f} %: more than "
                f"{CLOSE_ENOUGH:g} points less."
            )
    return Checked(accuracies, tuple(knows), tuple(short), _copies(found, original))


def among_what_stays(outputs: Tensor, gone: Sequence[int]) -> Tensor:
    """``(n, K) float`` outputs with those of classes that go wholly at minus infinity.

    A net that was retrained without them names them no more; beside it the original may not name them either, or it
    would be called worse than it is.
    """
    if not gone:
        return outputs
    among = outputs.clone()
    among[:, list(gone)] = -torch.inf
    return among


def sureness(outputs: Tensor) -> Tensor:
    """``(n,) float64``: the probability of the class that each of ``(n, K)`` logits names."""
    return outputs.double().softmax(dim=1).amax(dim=1)


def taught_otherwise(found: Outputs, original: Outputs, parts: Parts) -> tuple[str, ...]:
    """How a net of a guessed recipe shows that the original was trained by another: it knows what stays far better or
    worse, where the original may name only classes that stay, or is far more or less sure of it. A sentence each.
    """
    own, its = (
        Outputs(among_what_stays(each.train, parts.gone), among_what_stays(each.test, parts.gone))
        for each in (found, original)
    )
    said = []
    for key, mask in (("stays_train", parts.retain_train), ("stays_test", parts.retain_test)):
        if not bool(mask.any()):
            continue
        has, wanted = (_accuracy(each, parts, key, mask) or 0.0 for each in (own, its))
        fewer, more = (own, its) if has < wanted else (its, own)
        surely = key == "stays_train" or _surely_fewer(fewer, more, parts, key, mask)
        if abs(has - wanted) > CLOSE_ENOUGH and surely:
            both = f"it names {has:.1f} % rightly, the original {wanted:.1f} %"
            said.append(f"Of {_STAYS[key]} pictures of what stays {both}: {_APART}")
        pair = [sureness(_answers(each, parts, key, mask)[0]).numpy() for each in (own, its)]
        apart = 100 * (pair[0] - pair[1])
        if abs(float(apart.mean())) > max(CLOSE_ENOUGH, _WIDE * float(apart.std()) / len(apart) ** 0.5):
            sure = " and the original ".join(f"{100 * float(each.mean()):.1f} %" for each in pair)
            said.append(f"Of {_STAYS[key]} pictures of what stays it is {sure} sure on average: {_APART}")
    return tuple(said)


def _known_better(found: Outputs, images: ImageSet, parts: Parts, accuracies: dict[str, float]) -> Iterator[str]:
    """How a net shows that it knows the forget set better than unseen pictures of the same kinds, a sentence each.

    :param accuracies: what was found is put there.
    """
    train, test = _Said.of(found.train, parts.train_labels), _Said.of(found.test, parts.test_labels)
    forget, kinds = parts.forget_train.numpy(), (images.train.kinds, images.test.kinds)
    right = _excess(train.right[forget], kinds[0][forget], test.right, kinds[1])
    if right is not None:
        accuracies |= {"forget_train": 100 * right.known, "unseen": 100 * right.unseen}
        if right.beyond:
            yield (
                f"It names {100 * right.known:.1f} % of the pictures to forget rightly and {100 * right.unseen:.1f} % "
                "of comparable unseen ones: it knows the former."
            )
    surer = _excess(-train.loss[forget], kinds[0][forget], -test.loss, kinds[1])
    if surer is not None and surer.beyond:
        yield (
            f"Its mean loss is {-surer.known:.3f} on the pictures to forget and {-surer.unseen:.3f} on comparable "
            "unseen ones: it knows the former."
        )


def start_knows(found: Outputs, images: ImageSet, parts: Parts) -> tuple[str, ...]:
    """How a net that training is to start from shows that it knows the forget set better than unseen pictures of the
    same kinds; nothing where it does not. Nets for other classes show it by how sure they are.
    """
    if found.train.shape[1] == len(images.classes):
        return tuple(_known_better(found, images, parts, {}))
    forget, kinds = parts.forget_train.numpy(), (images.train.kinds, images.test.kinds)
    unsure = [
        torch.distributions.Categorical(logits=said.double()).entropy().numpy() for said in (found.train, found.test)
    ]
    surer = _excess(-unsure[0][forget], kinds[0][forget], -unsure[1], kinds[1])
    if surer is None or not surer.beyond:
        return ()
    return (
        f"The entropy of its answers is {-surer.known:.3f} on the pictures to forget and {-surer.unseen:.3f} on "
        "comparable unseen ones: it knows the former.",
    )


def _copies(found: Outputs, original: Outputs) -> tuple[str, ...]:
    own, other = (torch.cat([each.train, each.test]).double() for each in (found, original))
    own, other = own - own.mean(dim=1, keepdim=True), other - other.mean(dim=1, keepdim=True)
    size = float(other.norm())
    apart = float((own - other).norm()) / size if size else 0.0
    if apart >= TOO_LIKE:
        return ()
    return (
        f"Its outputs differ from the original's by {100 * apart:.2g} %, those of a model that was trained anew by far "
        f"more than {100 * TOO_LIKE:g} %: it is the original in another form.",
    )


def _accuracy(said: Outputs, parts: Parts, key: str, mask: Tensor) -> float | None:
    return accuracy(*_answers(said, parts, key, mask))


def _answers(said: Outputs, parts: Parts, key: str, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs and labels of what stays."""
    outputs, labels = (said.train, parts.train_labels) if key == "stays_train" else (said.test, parts.test_labels)
    return outputs[mask], labels[mask]


def _hardly_learned(own: float, wanted: float, labels: Tensor) -> str | None:
    """That a net is hardly better than always naming the commonest class; ``None`` where it is, or there is but one."""
    chance = 100 * float(labels.bincount().max()) / len(labels)
    if chance >= 100 or not hardly_better(own, chance):
        return None
    return (
        f"On training pictures of what stays it has {own:.1f} %, the original {wanted:.1f} %: hardly more than always "
        f"naming the commonest class ({chance:.1f} %)."
    )


def _surely_fewer(found: Outputs, original: Outputs, parts: Parts, key: str, mask: Tensor) -> bool:
    """Whether a net is right less often than the original beyond the 99 % interval, over the same pictures."""
    right = []
    for said in (found, original):
        outputs, labels = _answers(said, parts, key, mask)
        right.append((outputs.argmax(dim=1) == labels).double().numpy())
    apart = right[1] - right[0]
    # half a picture more on which they differ, so that a few alike do not mean certainty
    spread = (float(np.square(apart).sum()) + 0.5) / (len(apart) + 1) - float(apart.mean()) ** 2
    return bool(float(apart.mean()) > _WIDE * (max(0.0, spread) / len(apart)) ** 0.5)


@dataclass(frozen=True)
class _Said:
    """Of every picture whether it is named rightly, 0 or 1, and the loss: ``(n,) float64`` each."""

    right: NDArray[np.float64]
    loss: NDArray[np.float64]

    @classmethod
    def of(cls, outputs: Tensor, labels: Tensor) -> _Said:
        losses = torch.nn.functional.cross_entropy(outputs.double(), labels, reduction="none")
        return cls((outputs.argmax(dim=1) == labels).double().numpy(), losses.numpy())


@dataclass(frozen=True)
class _Excess:
    """Means on the forget set and on unseen pictures in the same mixture of kinds.

    :param beyond: the former is larger by more than the 99 % interval of their difference.
    """

    known: float
    unseen: float
    beyond: bool


def _excess(
    known: NDArray[np.float64],
    known_kinds: NDArray[np.int64],
    unseen: NDArray[np.float64],
    unseen_kinds: NDArray[np.int64],
) -> _Excess | None:
    """``None`` where no kind has pictures of both."""
    groups = [(known[known_kinds == kind], unseen[unseen_kinds == kind]) for kind in np.unique(known_kinds)]
    groups = [(a, b) for a, b in groups if len(b)]
    total = sum(len(a) for a, _ in groups)
    if not total:
        return None
    first, second, variance = 0.0, 0.0, 0.0
    for a, b in groups:
        share = len(a) / total
        first, second = first + share * float(a.mean()), second + share * float(b.mean())
        variance += share**2 * (_variance(a) + _variance(b))
    return _Excess(first, second, first - second > _WIDE * variance**0.5)


def _variance(values: NDArray[np.float64]) -> float:
    """Of the mean; of right and wrong with half a picture of each added, so that a few alike do not mean certainty."""
    count = len(values)
    if np.isin(values, (0.0, 1.0)).all():
        share = (float(values.sum()) + 0.5) / (count + 1)
        return share * (1 - share) / count
    return float(values.var(ddof=1)) / count if count > 1 else float(np.square(values).mean())
