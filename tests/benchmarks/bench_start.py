"""From a fresh Python to the painted window, before the engine, at a second start: CPU seconds, seconds and memory.

    python tests/benchmarks/bench_start.py [--rounds 5] [--imports 15]

In turns with a fresh Python that imports Qt's widgets alone, which is the least that any window needs. ``--imports``
lists so many modules by the CPU time of their own import.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

REPORT = """
import os, resource, time
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, time.time() - float(os.environ["STARTED"]), used.ru_maxrss / 1024)
"""

QT = "from PySide6.QtWidgets import QApplication\nQApplication([])\n" + REPORT

WINDOW = f"""
from maga_desk.ui import composition
from maga_desk import app

def painted(self):
    exec({REPORT!r})
    self.window.close()

composition.Composition.start = painted  # called once the first paint is over
app.main([])
"""


def measured(home: str, code: str, *options: str) -> tuple[list[float], str]:
    """CPU seconds, seconds and MiB of a fresh Python up to its report, and what it wrote to stderr."""
    own = {"QT_QPA_PLATFORM": "offscreen", "MAGA_DESK_HOME": home, "PYTHONPATH": str(ROOT)}
    environment = {**os.environ, **own, "STARTED": str(time.time())}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its byte code
    command = [sys.executable, *options, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()], done.stderr


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--imports", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        compare(home, options.rounds, options.imports)


def compare(home: str, rounds: int, imports: int) -> None:
    """Print the table of ``rounds`` starts each in ``home``, and what so many ``imports`` cost."""
    measured(home, WINDOW)  # byte code and disk cache are there from here on
    found: dict[str, list[list[float]]] = {"Qt alone": [], "the window": []}
    for _ in range(rounds):
        found["Qt alone"].append(measured(home, QT)[0])
        found["the window"].append(measured(home, WINDOW)[0])
    middle = {name: [statistics.median(each) for each in zip(*rows, strict=True)] for name, rows in found.items()}
    base = middle["Qt alone"]
    print("| | CPU seconds | beside Qt alone | seconds | MiB |\n|---|---:|---:|---:|---:|")
    for name, (used, seconds, memory) in middle.items():
        print(f"| {name} | {used:.2f} | {used / base[0]:.1f} | {seconds:.2f} | {memory:.0f} |")
    if imports:
        lines = re.findall(r"import time: +(\d+) \| +\d+ \| +(\S+)", measured(home, WINDOW, "-X", "importtime")[1])
        for own_time, name in sorted(((int(each), name) for each, name in lines), reverse=True)[:imports]:
            print(f"{own_time / 1000:8.1f} ms  {name}")


if __name__ == "__main__":
    main()
