"""Guessed against owner's yardstick: a net unlearned by the defaults, judged by a retrained model whose recipe the
program had to guess, and by one of the recipe that the original was really trained by.

    python -m tests.benchmarks.bench_yardsticks PICTURES OUT [CASE ...]

PICTURES has train/<class> and test/<class>, CIFAR-10's for instance.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import torch

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Audited, Ended, Event, Message, drained
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import DataSpec, parse_spec
from maga_desk.domain.verdicts import verdicts
from maga_desk.models.checkpoint import read_state
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import judge
from maga_desk.services.runs import run
from maga_desk.services.training import TrainRequest, train
from maga_desk.services.workspace import open_workspace

CLASS = "cat"
SHOWN = ("gap", "tug_of_war", "js", "mia_efficacy", "retain_train")
CASES = {  # training pictures of a class, and the owner's recipe
    "adamw": (50, TrainRecipe(optimizer="adamw", lr=2e-3, schedule="cosine", epochs=20, augment="none", batch_size=32)),
    "fine-tuned": (30, TrainRecipe(lr=0.02, schedule="cosine", epochs=15, augment="none", batch_size=32)),
    "nothing-learned": (7, TrainRecipe(lr=1e-6, epochs=1, augment="none")),
}
ARCH = "resnet8"


def subset(pictures: Path, folder: Path, train_count: int, test_count: int, offset: int = 0) -> Path:
    """Links to the first pictures of each class."""
    for split, count in (("train", train_count), ("test", test_count)):
        for kind in sorted(path for path in (pictures / split).iterdir() if path.is_dir()):
            target = folder / split / kind.name
            target.mkdir(parents=True, exist_ok=True)
            for path in sorted(kind.iterdir())[offset : offset + count]:
                (target / path.name).symlink_to(path)
    return folder


def told(events: object) -> list[Event]:
    kept = []
    for event in events:  # type: ignore[attr-defined]
        kept.append(event)
        if isinstance(event, Message):
            print("   ", event.text, flush=True)
    return kept


def main(pictures: Path, out: Path, cases: list[str]) -> None:
    torch.set_num_threads(1)
    for name in cases or CASES:
        count, recipe = CASES[name]
        folder = out / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        data = subset(pictures, folder / "pictures", count, 50)
        if name == "fine-tuned":
            other = subset(pictures, folder / "others", 60, 10, offset=200)
            start = folder / "start.safetensors"
            request = TrainRequest(
                DataSpec(path=str(other)), ARCH, start, TrainRecipe(epochs=15, lr=0.1, batch_size=32)
            )
            told(train(request, RunControl()))
            recipe = recipe.model_copy(update={"start": str(start)})
        trained, stranger = folder / "trained.safetensors", folder / "stranger.pt"
        ended = told(train(TrainRequest(DataSpec(path=str(data)), ARCH, trained, recipe), RunControl()))[-1]
        state, info = read_state(trained)
        torch.save(state, stranger)  # what a stranger keeps: tensors, and nothing of how they came about
        assert isinstance(ended, Ended)
        print(name, "original", {key: ended.summary[key] for key in ("accuracy_train", "accuracy_test")}, flush=True)
        said = {"arch": ARCH, "checkpoint": str(stranger), "mean": info.mean, "std": info.std, "classes": info.classes}
        spec = parse_spec(
            {
                "device": "cpu",
                "precision": "float32",
                "data": {"path": str(data)},
                "model": said,
                "forget": {"classes": [CLASS]},
                "guidance": {"proposer": "uniform"},
                "audit": {"depth": "quick"},
                "output": {"dir": str(folder / "out")},
            }
        )
        workspace = drained(open_workspace(spec, RunControl()))
        told(run(spec, RunControl(), workspace=workspace))
        result = folder / "out" / "unlearned.safetensors"
        for title, recipes in (("guessed", None), ("owner's", recipe.full())):
            audited = spec.with_changes("audit", retrained="make", recipe=recipes)
            show(name, title, told(judge(Erasure.of(workspace, audited), result, RunControl())))


def show(name: str, title: str, events: list[Event]) -> None:
    (report,) = [event.report for event in events if isinstance(event, Audited)]
    yardstick = report.yardstick
    print(name, title, "standing", yardstick and yardstick.standing, dict(yardstick.accuracies) if yardstick else "")
    for verdict in verdicts(report):
        if verdict.grade != "unknown":
            figures = f"{verdict.before} -> {verdict.after}, gold {verdict.retrained}"
            print(f"  {verdict.measure.key}: {figures}: {verdict.grade}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3:])
