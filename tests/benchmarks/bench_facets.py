"""How long the Forget page takes with very many classes and values: the class list, facets beside the query, marks.

    python tests/benchmarks/bench_facets.py          (100,000 pictures, 10,000 classes, a column of as many values)

Each time is the least of five, of the window's own thread; the first use of a column makes it and is told apart. Beside
them stands what one pass over the pictures takes, counting a column of text with Python's own Counter.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PySide6.QtWidgets import QApplication

from maga_desk.domain.marking import How
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.ui.controllers.forget import ForgetController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.forget import ForgetPage
from maga_desk.ui.workers.job_thread import JobThread

PICTURES, CLASSES = 100_000, 10_000


def made() -> ImageSet:
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(PICTURES) % CLASSES)
    classes = tuple(f"class{label:05}" for label in range(CLASSES))
    names = tuple(f"train/{classes[label]}/IMG_{number:07}.jpg" for number, label in enumerate(labels.tolist()))
    columns = {"id": tuple(f"id-{each}" for each in rng.permutation(PICTURES).tolist()), "weight": rng.random(PICTURES)}
    pixels = rng.integers(0, 256, (PICTURES, 3, 4, 4), dtype=np.uint8)
    train = PictureIndex(InMemory(pixels), labels, labels, names, "train", columns)
    return ImageSet(train, train.take(np.arange(1)), classes, classes)


def told(what: str, work: Callable[[int], object], *, first: bool = False) -> None:
    times = []
    for number in range(1 if first else 5):
        begun = time.process_time()
        work(number)
        QApplication.processEvents()
        times.append(time.process_time() - begun)
    print(f"{what:<58} {1000 * min(times):8.0f} ms")


def main() -> None:
    app = QApplication(sys.argv[:1])
    images, desk, page = made(), Desk(), ForgetPage()
    page.show_missing([])
    ForgetController(page, desk, Jobs(JobThread(page), page))
    page.resize(1280, 800)
    page.show()
    told("another set: list of classes, columns", lambda _: desk.set_workspace(object(), None, images), first=True)
    page.search.wait(0)
    queries = [f"IMG_000{n}" for n in range(5)]
    told("a query, the classes in sight", lambda n: page.search.setText(queries[n]))
    page.content.narrowing.buttons[1].click()
    for name in ("class", "id", "weight"):
        item = next(
            item
            for i in range(page.facets.topLevelItemCount())
            if (item := page.facets.topLevelItem(i)).text(0) == name
        )
        told(f"{name} opened for the first time", lambda _, item=item: item.setExpanded(True), first=True)
    told("a query, values of class, id and weight in sight", lambda n: page.search.setText(queries[n]))
    told("a click on a value", lambda n: page.facets.value_chosen.emit("class", f"class0000{n}", False))
    told("a click on one of all different values", lambda n: page.facets.value_chosen.emit("id", f"id-{n}", False))
    told("a hundred more values", lambda _: page.facets.more_wanted.emit("id"))
    rng = np.random.default_rng(1)
    lists = [rng.choice(PICTURES, 50_000, replace=False) for _ in range(5)]
    by = How("list", "names.txt", wanted=50_000)
    told("50,000 pictures marked, and the spec written", lambda n: page.step_wanted.emit("add", lists[n], by))
    told("marks inverted", lambda _: page.invert_requested.emit())
    told("undone", lambda _: page.undo_requested.emit())
    values = images.train.columns["id"]
    told("counting a column with collections.Counter", lambda _: Counter(values).most_common(8))
    page.close()
    app.processEvents()


if __name__ == "__main__":
    main()
