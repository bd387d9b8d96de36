"""Trying forms of a net on pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from maga_desk.models.trying import Manner, Tryout


class Wants(nn.Module):
    """Takes pictures of one size alone."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert x.shape[-1] == self.side, "wrong size"
        return x.mean(dim=(2, 3))


def tryout(*sides: int) -> Tryout:
    way = Manner("as it is", (0.0,) * 3, (1.0,) * 3, "RGB")
    pixels = {"frame": torch.zeros(4, 3, 8, 8, dtype=torch.uint8)}
    forms = {f"for {side}": lambda side=side: Wants(side) for side in sides}
    return Tryout(forms, pixels, np.zeros(4, dtype=np.int64), 3, [way], False, True, lambda: None)


def test_a_form_that_takes_no_such_pictures_is_left_out() -> None:
    assert {each.form for each in tryout(8, 16).attempts()} == {"for 8"}
    with pytest.raises(AssertionError, match="wrong size"):
        tryout(16).attempts()
