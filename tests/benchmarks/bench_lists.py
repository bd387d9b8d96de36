"""Reading lists of a million lines, and hashing files: ``python -m tests.benchmarks.bench_lists [LINES] [FILES]``.

Prints CPU seconds; the second hashing against the first as a ratio within one run.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from maga_desk.data.keeping import DiskShelf
from maga_desk.domain.control import RunControl
from maga_desk.domain.lists.among import LookedUp
from maga_desk.domain.lists.found import finished
from maga_desk.domain.lists.names import Names
from maga_desk.domain.lists.reading import listed
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import Unread
from maga_desk.domain.specs.run import DataSpec
from maga_desk.services.file_hashes import hashing

_PICTURES = 100_000


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    names = [f"train/c{i % 100:03}/img_{i:07}.jpg" for i in range(_PICTURES)]
    among = LookedUp(Names(names))
    known = [names[i % _PICTURES] for i in range(lines)]
    strange = [f"train/x/no_{i}.jpg" for i in range(lines)]
    for what, text in {
        "names that are there": "\n".join(known),
        "names that are not": "\n".join(strange),
        "a table": "\n".join(f"{i};{name};x" for i, name in enumerate(known)),
        "Windows paths in capitals": "\n".join(name.replace("/", "\\").upper() for name in known),
    }.items():
        print(f"{what:<28}{lines:>10,} lines {_seconds(lambda text=text: listed(text, among)):>7.2f} s")
    _hashes(files)


def _hashes(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "pictures")
        place.mkdir()
        rng = np.random.default_rng(0)
        paths = [str(place / f"{i:06}.jpg") for i in range(count)]
        for path in paths:
            Path(path).write_bytes(rng.bytes(3000))
        time.sleep(2.1)  # younger files are read again: a second change need not show in their times
        kinds = np.zeros(count, dtype=np.int64)
        index = PictureIndex(Unread(count), kinds, kinds, tuple(paths), file_of=lambda name: name)
        images, shelf = ImageSet(index, index, ("a",), ("a",)), DiskShelf(Path(folder, "shelf"), 10**9)
        data = DataSpec(path=str(place))
        first, second = (_seconds(lambda: finished(hashing(images, data, shelf, RunControl()))) for _ in range(2))
        print(f"SHA-256 of {count:,} files: {first:.2f} s, again {second:.2f} s ({second / first:.0%} of it)")


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
