"""Guessed against owner's yardstick: a net unlearned by the defaults, judged by retrained models whose recipe the
program had to guess (two of them), and by two of the recipe that the original was really trained by, which differ in
their seed.

What two trainings of the owner's own recipe disagree on is chance; a guess is wrong where it says something else than
both of them.

    python -m tests.benchmarks.bench_yardsticks PICTURES OUT [CASE ...]

PICTURES has train/<class> and test/<class>, CIFAR-10's for instance. A table for each case goes to OUT/<case>.md.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Audited, Ended, Event, Message, drained
from maga_desk.domain.results import Report
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import DataSpec, RunSpec, parse_spec
from maga_desk.domain.verdicts import GRADE_WORDS, Grade, Verdict, verdicts
from maga_desk.models.checkpoint import read_state
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import judge
from maga_desk.services.runs import run
from maga_desk.services.training import TrainRequest, train
from maga_desk.services.workspace import Workspace, open_workspace

CLASS = "cat"
TEST_PICTURES = 50  # of a class


@dataclass(frozen=True)
class Case:
    """What is trained.

    :param pictures: training pictures of a class.
    :param owners: the recipe of the original.
    :param start: pictures of a class, others than those, that the weights it starts from were trained on; 0: none.
    """

    pictures: int
    owners: TrainRecipe
    arch: str = "resnet8"
    start: int = 0


ADAMW = TrainRecipe(optimizer="adamw", lr=2e-3, schedule="cosine", epochs=20, augment="none", batch_size=32)
CASES = {
    "convnext": Case(7, ADAMW.model_copy(update={"lr": 1e-3, "epochs": 5, "weight_decay": 0.05}), "timm/convnext_atto"),
    "nothing-learned": Case(7, TrainRecipe(lr=1e-6, epochs=1, augment="none")),
    "fine-tuned": Case(30, TrainRecipe(lr=0.02, schedule="cosine", epochs=15, augment="none", batch_size=32), start=60),
    "adamw": Case(200, ADAMW),
    "sgd": Case(60, TrainRecipe(lr=0.05, nesterov=False, schedule="step", milestones=(12, 18), epochs=24)),
}


def subset(pictures: Path, folder: Path, train_count: int, test_count: int, offset: int = 0) -> Path:
    """Links to some pictures of each class."""
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


def original(pictures: Path, folder: Path, case: Case) -> tuple[RunSpec, TrainRecipe]:
    """Train it, and keep what a stranger keeps: tensors, and nothing of how they came about."""
    data, recipe = subset(pictures, folder / "pictures", case.pictures, TEST_PICTURES), case.owners
    if case.start:
        other = subset(pictures, folder / "others", case.start, 10, offset=200)
        start = folder / "start.safetensors"
        from_scratch = TrainRecipe(epochs=15, lr=0.1, batch_size=32)
        told(train(TrainRequest(DataSpec(path=str(other)), case.arch, start, from_scratch), RunControl()))
        recipe = recipe.model_copy(update={"start": str(start)})
    trained, stranger = folder / "trained.safetensors", folder / "stranger.pt"
    ended = told(train(TrainRequest(DataSpec(path=str(data)), case.arch, trained, recipe), RunControl()))[-1]
    state, info = read_state(trained)
    torch.save(state, stranger)
    assert isinstance(ended, Ended)
    print("original", {key: ended.summary[key] for key in ("accuracy_train", "accuracy_test")}, flush=True)
    model = {"arch": case.arch, "checkpoint": str(stranger), "mean": info.mean, "std": info.std}
    spec = {
        "device": "cpu",
        "precision": "float32",
        "data": {"path": str(data)},
        "model": {**model, "classes": info.classes, "allow_chance": True},
        "forget": {"classes": [CLASS]},
        "guidance": {"proposer": "uniform"},
        "audit": {"depth": "quick"},
        "output": {"dir": str(folder / "out")},
    }
    return parse_spec(spec), recipe


def main(pictures: Path, out: Path, cases: list[str]) -> None:
    torch.set_num_threads(1)
    for name in cases or CASES:
        case, folder = CASES[name], out / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        print(name, flush=True)
        spec, owners = original(pictures, folder, case)
        workspace = drained(open_workspace(spec, RunControl()))
        told(run(spec, RunControl(), workspace=workspace))
        guessed = judged(workspace, spec.with_changes("audit", retrained="make", guesses=2))
        known = spec.with_changes("audit", retrained="make", recipe=owners.full())
        twice = [judged(workspace, known.with_changes("", seed=seed)) for seed in (0, 1)]
        text = "\n".join(lines_of(name, case, guessed, twice))
        (out / f"{name}.md").write_text(text + "\n", encoding="utf-8")
        print(text, flush=True)


def judged(workspace: Workspace, spec: RunSpec) -> Report:
    result = Path(spec.output.dir) / "unlearned.safetensors"
    events = told(judge(Erasure.of(workspace, spec), result, RunControl()))
    return next(event.report for event in events if isinstance(event, Audited))


WORDS: dict[Grade, str] = {**GRADE_WORDS, "unknown": "none"}
CARE: dict[Grade, int] = {"close": 1, "near": 2, "far": 3}


def lines_of(name: str, case: Case, guessed: Report, owners: list[Report]) -> Iterator[str]:
    """The table: what each yardstick says, and how often a guess says something else than the owner's two."""
    second = guessed.by_second()
    columns = [guessed.by_first(), *([second] if second else []), guessed, *owners]
    titles = ["1st guess", *(["2nd guess"] if second else []), "both", "owner's", "owner's, seed 1"]
    by = [verdicts(each) for each in columns]
    yield f"### {name}: {10 * case.pictures:,} pictures, {case.arch}, {case.owners.text()}"
    yield ""
    for title, each in zip(titles, columns, strict=True):
        if each.yardstick is not None and title != "both":
            reached = each.yardstick.accuracies
            stays = f"{reached.get('stays_train', 0):.1f} % (original {reached.get('original_train', 0):.1f} %)"
            guess = f" {each.yardstick.guessed}" if each.yardstick.guessed else ""
            reasons = [why for why in each.yardstick.reasons if why.startswith(("On ", "Of "))]
            standing = "judges" if each.yardstick.judges else f"gives no verdict. {' '.join(reasons)}"
            yield f"- {title}:{guess} {stays} of what stays, {standing}"
    yield ""
    yield f"| Figure | after | {' | '.join(titles)} |"
    yield "|---" * (len(titles) + 2) + "|"
    differ = dict.fromkeys(titles, 0)
    milder = dict.fromkeys(titles, 0)
    unsure = dict.fromkeys(titles, 0)
    for row in zip(*by, strict=True):
        if all(each.grade == "unknown" for each in row[-2:]):
            continue
        after = row[-2].measure.text(row[-2].after)
        yield f"| {row[0].measure.title} | {after} | {' | '.join(map(_cell, row))} |"
        true = {each.grade for each in row[-2:]}
        for title, each in zip(titles, row, strict=True):
            unsure[title] += each.grade == "unsure"
            if each.grade in CARE:
                other = true if title not in titles[-2:] else {row[-2].grade}
                differ[title] += each.grade not in other
                milder[title] += CARE[each.grade] < min(CARE[grade] for grade in other)
    yield ""
    for title in titles:
        against = "the owner's" if title in titles[-2:] else "both of the owner's"
        wrong = f"{differ[title]} verdicts other than {against}, {milder[title]} of them milder"
        yield f"- {title}: {wrong}; {unsure[title]} not sure"


def _cell(judged: Verdict) -> str:
    beside = judged.measure.text(judged.after if judged.retrained is None else judged.retrained)
    return f"{beside}, {WORDS[judged.grade]}"


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3:])
