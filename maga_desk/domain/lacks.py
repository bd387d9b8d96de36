"""Faults that say what a machine, or the program as it was packed, has not got."""

from __future__ import annotations

from maga_desk.domain.errors import ResourceError
from maga_desk.domain.memory import ran_out


def lack_behind(error: BaseException) -> ResourceError | None:
    """What was lacking, in words for a person; ``None`` where the fault is of another kind.

    Looks for memory that was refused, and for a Fourier transform on a GPU in a program that was packed without
    cuFFT: the small library in its place answers ``CUFFT_NOT_SUPPORTED``, which torch names in its message.
    """
    if ran_out(error):
        return ResourceError.out_of_memory()
    if isinstance(error, RuntimeError) and _NO_FFT in str(error):
        return ResourceError(
            "this net takes a Fourier transform on the GPU, for which this package of the program has no library",
            todo='take device = "cpu", or install the program by pip',
        )
    return None


_NO_FFT = "CUFFT_NOT_SUPPORTED"
