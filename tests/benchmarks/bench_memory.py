"""What keeping freed memory saves: forward passes in a thread, as the window's jobs run, with and without.

    python tests/benchmarks/bench_memory.py [--passes 8] [--batch 1024]

Prints CPU seconds of both in turns and their ratio. Processes of their own, since the setting cannot be taken back.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

PROGRAM = """
import json, os, resource, sys, threading
from maga_desk.domain.memory import give_back, keep_freed_memory
kept, passes, batch = sys.argv[1] == "kept", int(sys.argv[2]), int(sys.argv[3])
if kept:
    keep_freed_memory()
import torch
from maga_desk.models.families.registry import build

torch.set_num_threads(1)
net, pictures = build("resnet8", 10).eval(), torch.randn(batch, 3, 32, 32)

def work():
    with torch.no_grad():
        for _ in range(passes):
            net(pictures)

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 2**20

start = resource.getrusage(resource.RUSAGE_SELF)
thread = threading.Thread(target=work)
thread.start()
thread.join()
end = resource.getrusage(resource.RUSAGE_SELF)
held = resident()
give_back()
print(json.dumps({"user": end.ru_utime - start.ru_utime, "system": end.ru_stime - start.ru_stime,
                  "peak": end.ru_maxrss / 1024, "held": held, "given_back": resident()}))
"""


def measured(how: str, passes: int, batch: int) -> dict[str, float]:
    """One process: CPU seconds, and MiB at most, at the end, and after giving back."""
    command = [sys.executable, "-c", PROGRAM, how, str(passes), str(batch)]
    result: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return result


def main() -> None:
    """Three turns of both; the least of each counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passes", type=int, default=8)
    parser.add_argument("--batch", type=int, default=1024)
    chosen = parser.parse_args()
    least: dict[str, float] = {}
    for _ in range(3):
        for how in ("plain", "kept"):
            got = measured(how, chosen.passes, chosen.batch)
            total = got["user"] + got["system"]
            least[how] = min(least.get(how, total), total)
            print(
                f"{how:<6} {got['user']:6.2f} s user {got['system']:6.2f} s system, at most {got['peak']:.0f} MiB, "
                f"at the end {got['held']:.0f}, after giving back {got['given_back']:.0f}"
            )
    print(f"CPU seconds, plain / kept: {least['plain'] / least['kept']:.2f}")


if __name__ == "__main__":
    main()
