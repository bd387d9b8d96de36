"""What a step of each method costs beside a step of fine-tuning, in one run on one machine.

    python tests/benchmarks/bench_steps.py [--device auto] [--arch resnet8] [--rounds 3] [--methods maga trew ...]

4,000 random pictures of CIFAR's size, a tenth of them to forget; every method with its defaults for a class. The order
of the methods is shuffled in every round; a round's cost is the mean of steps from all over the run, as methods take
turns, and medians over the rounds are compared. Also the number formats beside float32, channels first.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from maga_desk.data.batches import Normalisation, to_device
from maga_desk.domain.control import RunControl
from maga_desk.domain.forget import from_indices
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.registry import METHODS
from maga_desk.engine.routine import Routine, fresh_model
from maga_desk.models.runtime import Runtime, choose_device, choose_runtime

STEPS, WARM_UP = 20, 3
VARIANTS: dict[str, tuple[str, dict[str, object]]] = {
    "fine-tune": ("fine-tune", {}),
    "maga, no noise": ("maga", {"noise": "none"}),
    "maga, conditioned": ("maga", {"noise": "conditioned", "positive": 0.0, "negative": 1.0}),
    **{name: (name, {}) for name in METHODS if name != "fine-tune"},
}


def inputs_for(arch: str, runtime: Runtime) -> RunInputs:
    rng = np.random.default_rng(0)
    count = 4000
    labels = rng.integers(0, 10, count)
    names = tuple(str(i) for i in range(count))
    split = PictureIndex(InMemory(rng.integers(0, 256, (count, 3, 32, 32), dtype=np.uint8)), labels, labels, names)
    classes = tuple("abcdefghij")
    images = ImageSet(split, split, classes, classes)
    forget = from_indices(np.flatnonzero(labels == 3), images.catalogue())
    targets = torch.eye(10)[rng.integers(4, 10, len(forget))]
    return RunInputs(
        to_device(images, Normalisation.of(split), runtime.device), fresh_model(arch, 10, 0, runtime), arch,
        forget, runtime, 0, TrainRecipe(), targets.argmax(1), targets,
    )  # fmt: skip


def routine_of(name: str, params: dict[str, object], inputs: RunInputs) -> tuple[Routine, float]:
    method = METHODS[name]
    start = time.perf_counter()
    events = method.build(inputs, method.info.parameters(inputs.situation, params), RunControl())
    while True:
        try:
            next(events)
        except StopIteration as stop:
            return stop.value, time.perf_counter() - start


def seconds_per_step(routine: Routine, runtime: Runtime) -> float:
    """Mean over steps from all over the run; nan for methods that take none."""
    if not routine.steps:
        return float("nan")
    times = []
    for step in [0] * WARM_UP + np.linspace(0, routine.steps - 1, STEPS).astype(int).tolist():
        runtime.synchronise()
        start = time.perf_counter()
        routine.optimizer.zero_grad(set_to_none=True)
        routine.loss(step).backward()
        routine.optimizer.step()
        runtime.synchronise()
        times.append(time.perf_counter() - start)
    return statistics.mean(times[WARM_UP:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--arch", default="resnet8")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    options = parser.parse_args()
    device = choose_device(options.device)
    runtime = choose_runtime(device, options.arch, (32, 32))
    print(f"{runtime.device_title}; {runtime.precision_title}; torch {torch.__version__}; {options.arch}")
    inputs = inputs_for(options.arch, runtime)
    chosen = ["fine-tune", *(title for title in options.methods if title != "fine-tune")]
    made = {title: routine_of(*VARIANTS[title], inputs) for title in chosen}
    found: dict[str, list[float]] = {title: [] for title in made}
    for _ in range(options.rounds):
        for title in random.sample(list(made), len(made)):
            found[title].append(seconds_per_step(made[title][0], runtime))
    base = statistics.median(found["fine-tune"])
    print("| method | a step, beside fine-tuning's | steps | preparation | all in all, in fine-tuning steps |")
    print("|---|---:|---:|---:|---:|")
    for title, times in found.items():
        (routine, preparing), each = made[title], statistics.median(times) / base
        whole = preparing / base + (routine.steps * each if routine.steps else 0)
        step = f"{each:.2f}" if routine.steps else "–"
        print(f"| {title} | {step} | {routine.steps:,} | {preparing / base:,.0f} | {whole:,.0f} |")
    formats = {"float32, channels first": (False, False), "float32, channels last": (False, True)}
    formats["bfloat16, channels last"] = (True, True)
    speeds = {}
    for title, choice in formats.items():
        other = Runtime(device, *choice)
        part = replace(inputs, runtime=other, original=fresh_model(options.arch, 10, 0, other))
        speeds[title] = min(seconds_per_step(routine_of("fine-tune", {}, part)[0], other) for _ in range(2))
    print("| number format | times as fast as float32, channels first |\n|---|---|")
    for title, seconds in speeds.items():
        print(f"| {title} | {speeds['float32, channels first'] / seconds:.2f} |")


if __name__ == "__main__":
    main()
