"""Which pictures are which in an audit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.pictures import ImageSet


@dataclass(frozen=True)
class Parts:
    """Who is where, as masks over the N training and the M test pictures, ``bool`` on the CPU.

    :param train_labels: ``(N,) int64``; ``test_labels`` ``(M,)``.
    :param forget_train: ``(N,)`` what this request removes; ``earlier_train`` what earlier ones did;
        ``later_train`` what later parts of it do; the rest stays.
    :param forget_test: ``(M,)`` test pictures of what goes (a whole class or kind; none when single pictures go).
    :param non_members: ``(M,)`` test pictures of the same kind as the forget set: those of the kinds that go, or, when
        single pictures go, of all classes that lose some. Attacks tell the forget set from them.
    :param gone: classes that no longer have any training picture.
    :param retain_test: ``(M,)`` test pictures of what stays.
    """

    train_labels: Tensor
    test_labels: Tensor
    forget_train: Tensor
    earlier_train: Tensor
    forget_test: Tensor
    retain_test: Tensor
    non_members: Tensor
    gone: tuple[int, ...]
    later_train: Tensor | None = None

    @property
    def retain_train(self) -> Tensor:
        """``(N,) bool``: training pictures that stay."""
        stays = ~(self.forget_train | self.earlier_train)
        return stays if self.later_train is None else stays & ~self.later_train

    def test_of(self, label: int) -> Tensor:
        """``(M,) bool``: the test pictures that a class is looked at by: those that stay; all where none stays."""
        mine = self.test_labels == label
        stays = mine & self.retain_test
        return stays if bool(stays.any()) else mine


def parts_of(images: ImageSet, forget: ForgetSet) -> Parts:
    """The masks of an audit of this forget set."""
    train, test = images.train, images.test
    forget_train = forget.mask(len(train))
    earlier, later = np.zeros((2, len(train)), dtype=bool)
    earlier[forget.earlier] = later[forget.later] = True
    forget_test = np.isin(test.labels, forget.whole_classes) | np.isin(test.kinds, forget.whole_kinds)
    never = np.isin(test.labels, forget.gone) | np.isin(test.kinds, forget.gone_kinds)
    losing = np.isin(test.labels, np.unique(train.labels[forget_train]))
    return Parts(
        torch.from_numpy(train.labels),
        torch.from_numpy(test.labels),
        torch.from_numpy(forget_train),
        torch.from_numpy(earlier),
        torch.from_numpy(forget_test),
        torch.from_numpy(~never),
        torch.from_numpy(losing if forget.task == "random" else forget_test),
        forget.gone,
        torch.from_numpy(later) if later.any() else None,
    )
