"""What two threads that wait for each other cost: spinning (OpenMP's default), asleep (the program), and one thread.

    python tests/benchmarks/bench_waiting.py [--busy N] [--rounds 6] [--arch resnet8]

Training steps (128 pictures of 32 x 32) and looks (512) in three processes that take turns, first beside whatever else
runs, then beside ``--busy`` loops that never rest (default: one for each core). Prints medians of seconds and of CPU
seconds beside those of one thread; only figures of one table are comparable.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import resource, sys, time
from maga_desk.domain.memory import keep_freed_memory
keep_freed_memory()
import torch
from maga_desk.models.families.registry import build

torch.manual_seed(0)
torch.set_num_threads(int(sys.argv[1]))
net = build(sys.argv[2], 10).to(memory_format=torch.channels_last)
shown = {n: torch.randn(n, 3, 32, 32).contiguous(memory_format=torch.channels_last) for n in (128, 512)}
labels = torch.randint(0, 10, (128,))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)

def step():
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net.train()(shown[128]), labels).backward()
    optimizer.step()

@torch.no_grad()
def look():
    net.eval()(shown[512])

def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

for line in sys.stdin:
    work = {"step": step, "look": look}[line.strip()]
    work()
    seconds, used = time.perf_counter(), cpu()
    for _ in range(3):
        work()
    print((time.perf_counter() - seconds) / 3, (cpu() - used) / 3, flush=True)
"""

KINDS: dict[str, tuple[int, dict[str, str]]] = {
    "one thread": (1, {}),
    "all, spinning": (os.cpu_count() or 1, {"OMP_WAIT_POLICY": ""}),
    "all, asleep": (os.cpu_count() or 1, {"OMP_WAIT_POLICY": "PASSIVE"}),
}


def started(threads: int, variables: dict[str, str], arch: str) -> subprocess.Popen[str]:
    environment = {**os.environ, **variables, "PYTHONPATH": str(ROOT)}
    environment = {key: value for key, value in environment.items() if value}
    command = [sys.executable, "-c", PROGRAM, str(threads), arch]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def answer(process: subprocess.Popen[str], work: str) -> tuple[float, float]:
    """Seconds and CPU seconds of one piece of work, a mean of three."""
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(work + "\n")
    process.stdin.flush()
    seconds, used = process.stdout.readline().split()
    return float(seconds), float(used)


def table(processes: dict[str, subprocess.Popen[str]], rounds: int) -> None:
    for work in ("step", "look"):
        found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in processes}
        for number in range(rounds):
            for kind in list(processes)[:: 1 if number % 2 else -1]:
                found[kind].append(answer(processes[kind], work))
        middle = {
            kind: [statistics.median(column) for column in zip(*rows, strict=True)] for kind, rows in found.items()
        }
        base = middle["one thread"]
        for kind, (seconds, used) in middle.items():
            print(f"| {work} | {kind} | {seconds / base[0]:.2f} | {used / base[1]:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--busy", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--arch", default="resnet8")
    options = parser.parse_args()
    processes = {kind: started(*how, options.arch) for kind, how in KINDS.items()}
    loops: list[subprocess.Popen[bytes]] = []
    try:
        for busy in (0, options.busy):
            loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
            print(f"\n{busy} busy loops beside it; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
            print("| work | threads | seconds, beside one thread's | CPU seconds, likewise |\n|---|---|---:|---:|")
            table(processes, options.rounds)
    finally:
        for process in (*loops, *processes.values()):
            process.kill()


if __name__ == "__main__":
    main()
