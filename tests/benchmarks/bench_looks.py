"""What a look at a net costs: forward passes of pictures of 32 x 32, float32, one thread, in CPU seconds.

    python tests/benchmarks/bench_looks.py [ARCH]

The plain net beside the form that is only read (normalisation folded into the convolutions, channels last), in turns,
and in batches of several sizes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import torch

from maga_desk.domain.memory import keep_freed_memory
from maga_desk.models.families.registry import build
from maga_desk.models.fusing import fused
from maga_desk.models.runtime import Runtime

PICTURES, TURNS = 1024, 5
BATCHES = (64, 128, 256, 512, 1024)


def main(arch: str = "resnet8") -> None:
    keep_freed_memory()
    torch.set_num_threads(1)
    runtime = Runtime(torch.device("cpu"))
    model, images = build(arch, 10).eval(), torch.randn(PICTURES, 3, 32, 32)
    quick, wanted = fused(model, runtime, images[:1])
    last = Runtime(torch.device("cpu"), channels_last=True)
    forms = {"plain": (model, runtime), "channels last": (build(arch, 10).eval(), last), "fused": (quick, wanted)}
    for net, form in forms.values():
        form.place(net)
    ways = {(name, batch): _passing(*form, images, batch) for name, form in forms.items() for batch in BATCHES}
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(TURNS):
        for way, work in ways.items():
            best[way] = min(best[way], _seconds(work))
    plain = best["plain", 512]
    print(f"{arch}: times as many pictures per CPU second as the plain net in batches of 512")
    print(f"{'batch':>16}" + "".join(f"{batch:>8}" for batch in BATCHES))
    for name in forms:
        print(f"{name:>16}" + "".join(f"{plain / best[name, batch]:>8.2f}" for batch in BATCHES))


def _passing(net: torch.nn.Module, runtime: Runtime, images: torch.Tensor, batch: int) -> Callable[[], None]:
    def work() -> None:
        with torch.no_grad():
            for part in images.split(batch):
                net(runtime.shape(part))

    return work


def _seconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
