"""How long queries take over many pictures, beside a loop in Python that finds the same.

    python tests/benchmarks/bench_finding.py          (100,000 pictures)
    python tests/benchmarks/bench_finding.py 1000000

The first use of a column makes it; that is told apart from later uses. Each time is the least of five.
"""

from __future__ import annotations

import fnmatch
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import psutil
import torch

from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import Unread
from maga_desk.services.finding.facts import facts_of

CLASSES = 100


def made(count: int) -> tuple[ImageSet, torch.Tensor]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, count)
    names = tuple(f"train/class{label:03}/IMG_{number:07}.jpg" for number, label in enumerate(labels.tolist()))
    subjects = tuple(str(each) for each in rng.integers(0, count // 20, count).tolist())
    train = PictureIndex(Unread(count), labels, labels, names, "train", {"subject": subjects})
    classes = tuple(f"class{label:03}" for label in range(CLASSES))
    return ImageSet(train, train.take(np.arange(1)), classes, classes), torch.randn(count, CLASSES)


def least(work: Callable[[], object]) -> float:
    """Seconds."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def main(count: int) -> None:
    images, logits = made(count)
    before = psutil.Process().memory_info().rss
    facts = facts_of(images, logits=lambda: logits, pixels=False)
    train, subjects = images.train, images.train.columns["subject"]
    loss = facts.column("loss").numbers()
    loops: dict[str, Callable[[], list[int]]] = {
        "IMG_0004": lambda: [i for i, name in enumerate(train.names) if "img_0004" in name.casefold()],
        "name:*class00?/*7.jpg": lambda: [
            i for i, name in enumerate(train.names) if fnmatch.fnmatchcase(name.casefold(), "*class00?/*7.jpg")
        ],
        "subject:47,48": lambda: [i for i, each in enumerate(subjects) if each in ("47", "48")],
        "class:class007": lambda: [i for i, each in enumerate(train.labels.tolist()) if each == 7],
        "loss>6 -class:class007": lambda: [
            i
            for i, (each, label) in enumerate(zip(loss.tolist(), train.labels.tolist(), strict=True))
            if each > 6 and label != 7
        ],
    }
    print(f"{count:,} pictures")
    print(f"{'query':<26}{'found':>9}{'first, ms':>12}{'then, ms':>12}{'loop, ms':>12}{'loop / query':>14}")
    for query, loop in loops.items():
        begun = time.perf_counter()
        found = facts.find(query)
        first = time.perf_counter() - begun
        if found.tolist() != loop():
            raise SystemExit(f"{query} finds other pictures than the loop")
        again, plain = least(lambda query=query: facts.find(query)), least(loop)  # type: ignore[misc]
        print(
            f"{query:<26}{len(found):>9,}{1000 * first:>12,.1f}{1000 * again:>12,.1f}{1000 * plain:>12,.1f}"
            f"{plain / again:>14.1f}"
        )
    order = next(each for each in facts.orders() if each.column == "name")
    print(f"order by name: {1000 * least(lambda: np.argsort(facts.ranks(order), kind='stable')):,.0f} ms")
    print(f"memory of the columns: {(psutil.Process().memory_info().rss - before) / 1e6:,.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
