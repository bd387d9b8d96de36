"""What a change of marks costs, part by part, with half of all pictures marked.

    python tests/benchmarks/bench_marks.py                  (100,000 pictures)
    python tests/benchmarks/bench_marks.py 1000000

CPU time of this thread, the least of five; the first use of copies and of a column is told apart: it is paid once.
Every tenth training picture is among the test pictures too, so that there are copies to follow. Beside them stands what
one pass over the pictures' names takes in Python, to compare machines by.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from maga_desk.domain.basket import Basket
from maga_desk.domain.basket_facts import basket_facts, same_group, spread
from maga_desk.domain.copies import Copies
from maga_desk.domain.forget import compact, from_indices, joined, parts_of
from maga_desk.domain.history import HistoryWriter
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory

CLASSES, TIMES = 10, 5
Found = TypeVar("Found")


def made(count: int) -> ImageSet:
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(count) % CLASSES)
    classes = tuple(f"class{label}" for label in range(CLASSES))
    names = tuple(f"train/{classes[label]}/IMG_{number:07}.jpg" for number, label in enumerate(labels.tolist()))
    columns = {"subject": tuple(f"s{each}" for each in rng.integers(0, count // 20, count).tolist())}
    pixels = rng.integers(0, 256, (count, 3, 4, 4), dtype=np.uint8)
    train = PictureIndex(InMemory(pixels), labels, labels, names, "train", columns)
    test = train.take(np.arange(count // 10))
    test = replace(test, split="test", names=tuple(f"test/{number}.jpg" for number in range(len(test))))
    return ImageSet(train, test, classes, classes)


def told(what: str, work: Callable[[], Found], *, first: bool = False) -> Found:
    times = []
    for _ in range(1 if first else TIMES):
        begun = time.thread_time()
        found = work()
        times.append(time.thread_time() - begun)
    print(f"{what:<58} {1000 * min(times):8.1f} ms", flush=True)
    return found


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    images = made(count)
    _, catalogue, rng = images.twins, images.catalogue(), np.random.default_rng(1)
    basket = Basket(count).add(np.flatnonzero(images.train.labels == 3)).add(rng.choice(count, count // 2, False))
    history = told("history: two steps, one of half the pictures", lambda: HistoryWriter().written(basket, catalogue))
    chosen = np.flatnonzero(basket.mask)
    forget = told("from_indices", lambda: from_indices(chosen, catalogue))
    forget = replace(forget, history=history)
    told("parts_of: a class, and single pictures", lambda: parts_of(forget, catalogue))
    told("compact", lambda: compact(forget, catalogue))
    copies = Copies(images)
    told("copies that stay, for the first time", lambda: copies.left_by(forget.away), first=True)
    left = told("copies that stay", lambda: copies.left_by(forget.away))
    told("joined with every third picture", lambda: joined(forget, np.arange(0, count, 3), catalogue))
    stays = forget.retained(count)
    told("same_group, for the first time", lambda: same_group(images, chosen, stays, "subject"), first=True)
    told("same_group", lambda: same_group(images, chosen, stays, "subject"))
    told("spread", lambda: spread(images.train.labels, chosen, 8))
    told("basket_facts", lambda: basket_facts(images, forget, "auto"))
    told("one pass over the names, with str.upper", lambda: [name.upper() for name in images.train.names])
    print(f"{count:,} pictures, {len(chosen):,} marked, {len(left.pairs):,} pairs of copies")


if __name__ == "__main__":
    main()
