"""Which faults are told as something that is lacking."""

from __future__ import annotations

import pytest
import torch

from maga_desk.domain.lacks import lack_behind


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "memory ran out"),
        (torch.OutOfMemoryError("CUDA out of memory"), "memory ran out"),
        (RuntimeError("cuFFT error: CUFFT_NOT_SUPPORTED"), 'Fourier transform on the GPU.*take device = "cpu"'),
    ],
)
def test_what_is_lacking_is_told_with_what_to_do(error: BaseException, said: str) -> None:
    told = lack_behind(error)
    assert told is not None and told.status == 3
    with pytest.raises(type(told), match=said):
        raise told


@pytest.mark.parametrize("error", [RuntimeError("cuFFT error: CUFFT_EXEC_FAILED"), ValueError("CUFFT_NOT_SUPPORTED")])
def test_other_faults_are_bugs(error: BaseException) -> None:
    assert lack_behind(error) is None
