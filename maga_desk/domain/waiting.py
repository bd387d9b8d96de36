"""How torch's threads wait for one another: asleep, not spinning.

By default OpenMP's threads spin while they wait, since a spinning thread goes on sooner. Beside other programs the one
that is waited for may not even be running, and the spinning takes away what it needs: a step of a small net was seen to
take five times as long, and as many CPU seconds. Asleep, two threads cost no more than one. What is computed stays the
same to the bit: only the number of threads decides how sums are divided.

Measured: resources/docs/performance.md, tests/benchmarks/bench_waiting.py.
"""

from __future__ import annotations

import os

OURS = "OMP_WAIT_POLICY"
"""The variable that is set: in OpenMP's standard, so GNU's, LLVM's and Intel's libraries all know it."""

_SAID_BY_A_PERSON = (OURS, "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


def wait_asleep() -> bool:
    """Let threads sleep while they wait, here and in processes started from here. To be called before torch is loaded.

    :returns: whether that was arranged here; a person's own settings are left as they are.
    """
    if any(name in os.environ for name in _SAID_BY_A_PERSON):
        return False
    os.environ[OURS] = "PASSIVE"
    return True
