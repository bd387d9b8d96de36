"""Many pictures of mixed size, drawn quickly and always alike: what the benchmarks of large sets open.

python tests/benchmarks/made_pictures.py FOLDER [--pictures 100000] [--classes 100]
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

SIDES = (32, 48, 64, 96, 128, 160, 192, 224, 256)
TEST = 0.02  # share of the pictures that are for testing


def _draw(folder: Path, split: str, kind: int, first: int, count: int) -> None:
    rng = np.random.default_rng([split == "test", kind, first])
    place = folder / split / f"class{kind:05}"
    place.mkdir(parents=True, exist_ok=True)
    hue = np.array([(kind * 37) % 256, (kind * 101) % 256, (kind * 173) % 256]) * 0.5
    for number in range(first, first + count):
        width, height = rng.choice(SIDES, 2)
        coarse = (rng.integers(0, 128, (6, 6, 3)) + hue).astype(np.uint8)
        picture = Image.fromarray(coarse).resize((int(width), int(height)), Image.Resampling.BILINEAR)
        picture.save(place / f"IMG_{number:07}.jpg", quality=80)


def made(folder: Path, pictures: int, classes: int) -> Path:
    """A folder with ``train`` and ``test``; one that is there with as many pictures is taken as it is."""
    said, wanted = folder / "made.txt", f"{pictures} {classes}\n"
    if said.is_file() and said.read_text() == wanted:
        return folder
    test = max(classes, round(pictures * TEST))
    work = []
    for split, count in (("train", pictures - test), ("test", test)):
        for kind in range(classes):
            mine = count // classes + (kind < count % classes)
            work += [(folder, split, kind, first, min(2000, mine - first)) for first in range(0, mine, 2000)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for done in [pool.submit(_draw, *each) for each in work]:
            done.result()
    said.write_text(wanted)
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--classes", type=int, default=100)
    chosen = parser.parse_args()
    print(made(chosen.folder, chosen.pictures, chosen.classes))
