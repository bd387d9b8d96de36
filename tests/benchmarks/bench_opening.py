"""Opening many small pictures, the first and the second time, and a new session after that.

    python tests/benchmarks/bench_opening.py [--pictures 6000] [--side 32] [--data FOLDER] [--plain]

Draws JPEG files (or takes those of FOLDER), makes an untrained net for them, and opens both in processes of their own:
CPU seconds by part, wall seconds, ratio, and resident memory. ``--plain`` keeps nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CLASSES = tuple("abcdefghij")

PROGRAM = """
import gc, json, resource, sys, time
from pathlib import Path
from maga_desk.domain.memory import give_back, keep_freed_memory
keep_freed_memory()
import torch, torchvision
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Progress
from maga_desk.domain.specs.run import parse_spec
from maga_desk.services.workspace import open_workspace

def resident():
    lines = Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else []
    found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith(("VmRSS", "RssAnon"))}
    return {"all": found.get("VmRSS", 0.0), "own": found.get("RssAnon", 0.0)}

spec = parse_spec({"device": "cpu", "precision": "float32", "data": {"path": sys.argv[1]},
                   "model": {"checkpoint": sys.argv[2]}})
before, parts, stage = resident(), {}, "Starting"
opening = open_workspace(spec, RunControl())
wall, cpu = time.perf_counter(), time.process_time()
start = cpu
while True:
    try:
        event = next(opening)
    except StopIteration as stopped:
        workspace = stopped.value
        break
    if isinstance(event, Progress):
        now = time.process_time()
        parts[stage] = parts.get(stage, 0.0) + now - cpu
        stage, cpu = event.stage, now
parts[stage] = parts.get(stage, 0.0) + time.process_time() - cpu
told = {"cpu": time.process_time() - start, "wall": time.perf_counter() - wall, "parts": parts, "before": before,
        "open": resident(), "fingerprint": workspace.images.fingerprint, "pictures": len(workspace.images.train)}
del workspace, opening, event
gc.collect()
give_back()
told["closed"] = resident()
print(json.dumps(told))
"""


def drawn(folder: Path, pictures: int, side: int) -> Path:
    """``train`` and ``test`` with ten classes: blurred noise, five sixths of it to train on."""
    rng = np.random.default_rng(0)
    for split, count in (("train", pictures * 5 // 6), ("test", pictures // 6)):
        for kind in CLASSES:
            (folder / split / kind).mkdir(parents=True)
            for number in range(count // len(CLASSES)):
                coarse = rng.integers(0, 256, (side // 4, side // 4, 3), dtype=np.uint8)
                picture = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
                picture.save(folder / split / kind / f"{number:05}.jpg", quality=90)
    return folder


def untrained(folder: Path, data: Path, side: int) -> Path:
    """A checkpoint for the classes of a folder."""
    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.models.checkpoint import write_checkpoint
    from maga_desk.models.families.registry import build

    classes = tuple(sorted(each.name for each in (data / "train").iterdir() if each.is_dir()))
    info = CheckpointInfo(arch="resnet8", classes=classes, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25), size=side)
    write_checkpoint(folder / "net.safetensors", build("resnet8", len(classes)), info)
    return folder / "net.safetensors"


def opened(data: Path, checkpoint: Path, home: Path) -> dict[str, Any]:
    """One process."""
    environment = {**os.environ, "MAGA_DESK_HOME": str(home)}
    command = [sys.executable, "-c", PROGRAM, str(data), str(checkpoint)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def main() -> None:
    """Twice in the same user's folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=6000)
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--plain", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder), Path(folder) / "home"
        home.mkdir()
        if chosen.plain:
            (home / "settings.json").write_text('{"schema_version": 2, "storage": {"decoded_gb": 0}}')
        data = chosen.data or drawn(root / "pictures", chosen.pictures, chosen.side)
        checkpoint = untrained(root, data, chosen.side)
        times = [opened(data, checkpoint, home) for _ in range(2)]
    for name, told in zip(("first", "second"), times, strict=True):
        parts = ", ".join(
            f"{stage.lower()} {seconds:.2f}" for stage, seconds in told["parts"].items() if seconds > 0.05
        )
        print(f"{name:<6} {told['cpu']:7.2f} s CPU, {told['wall']:7.2f} s wall: {parts}")
        memory = " -> ".join(
            f"{what} {told[what]['all']:.0f} ({told[what]['own']:.0f})" for what in ("before", "open", "closed")
        )
        print(f"       MiB resident, of these not shared with files: {memory}")
    assert times[0]["fingerprint"] == times[1]["fingerprint"]
    print(f"CPU seconds, first / second: {times[0]['cpu'] / times[1]['cpu']:.1f}")


if __name__ == "__main__":
    main()
