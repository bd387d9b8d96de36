"""The demo world: pictures of 20 kinds of things, drawn by the project, the same for the same seed."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maga_desk.data.demo_world import animals, footwear, fruit, tableware, vehicles
from maga_desk.data.demo_world.canvas import Canvas, Colouring, Drawer
from maga_desk.data.demo_world.colours import Colour, any_colour, darker, fur_colour, ripe_colour
from maga_desk.data.demo_world.kinds import FAMILY_OF, KINDS
from maga_desk.data.demo_world.scene import (
    HARD,
    TYPICAL,
    apart,
    background,
    occlude,
    photograph,
    placement,
    shadow,
    wall_colour,
)
from maga_desk.domain.errors import OutputError
from maga_desk.domain.files import write_whole
from maga_desk.domain.paths import data_dir
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory

WORLD_VERSION = 1
"""Raised whenever a picture changes; old caches are then left alone."""

SIDE = 32
"""The side of a picture in pixels."""

HARD_SHARE = 0.06
"""The share of pictures with much in the way. They are what a classifier can only remember."""

Progress = Callable[[int, int], None]
Part = Literal["train", "test"]

_PARTS: tuple[Part, ...] = ("train", "test")
_DRAWERS: Mapping[str, Drawer] = {
    **vehicles.DRAWERS,
    **footwear.DRAWERS,
    **tableware.DRAWERS,
    **fruit.DRAWERS,
    **animals.DRAWERS,
}
_COLOURS: Mapping[str, Callable[[np.random.Generator], Colour]] = {"fruit": ripe_colour, "animals": fur_colour}
_TELL_EVERY = 100


def render(kind: str, rng: np.random.Generator, size: int = SIDE) -> NDArray[np.uint8]:
    """Draw one picture of a kind.

    The composition depends on ``rng`` alone, so a larger ``size`` shows the same thing in more detail.

    :param size: side in pixels.
    :returns: ``(size, size, 3) uint8`` RGB.
    :raises KeyError: no kind is called so.
    """
    draw, colour = _DRAWERS[kind], _COLOURS.get(FAMILY_OF[kind], any_colour)
    difficulty = HARD if rng.random() < HARD_SHARE else TYPICAL
    main = any_colour(rng) if rng.random() < 0.1 else colour(rng)
    look = Colouring(rng, main, colour(rng))
    wall = apart(main, wall_colour(rng), difficulty.contrast)
    image = background(look, size, wall, apart(main, wall_colour(rng), difficulty.contrast))
    canvas = Canvas.on(image)
    ink = darker(main, 0.75) if look.chance(0.35) else None
    thing = canvas.placed(placement(look, difficulty), ink)
    shadow(thing, look)
    draw(thing, look)
    if look.chance(difficulty.occluded):
        occlude(canvas, look, difficulty.heavy)
    return photograph(image, look, difficulty)


def demo_world(
    seed: int = 0, train_per_kind: int = 250, test_per_kind: int = 50, progress: Progress | None = None
) -> ImageSet:
    """All pictures of the demo world; drawn once, then kept in the user's data folder.

    Each picture has a random stream of its own from (seed, split, kind, number): a smaller world is the beginning of a
    larger one. Pixels are the same on every machine.

    :param progress: called with (pictures done, all pictures) now and then; what it raises stops the drawing.
    :returns: an image set of 32 x 32 pictures whose classes are the kinds. Label it by family with
        ``with_families(FAMILY_OF)``.
    """
    counts: Mapping[Part, int] = {"train": train_per_kind, "test": test_per_kind}
    tell = progress or (lambda done, total: None)
    total = len(KINDS) * (train_per_kind + test_per_kind)
    kept = _kept_file(seed, counts)
    images = _read(kept, counts) if kept else None
    if images is None:
        images = _draw_all(seed, counts, tell, total)
        if kept:
            _keep(kept, images)
    tell(total, total)
    train, test = (_index(part, images[part], counts[part]) for part in _PARTS)
    return ImageSet(train, test, KINDS, KINDS)


def stream(seed: int, part: Part, kind: str, number: int) -> np.random.Generator:
    """The random stream of one picture; ``number`` counts from 1."""
    return np.random.default_rng([seed, _PARTS.index(part), zlib.crc32(kind.encode()), number])


def _draw_all(seed: int, counts: Mapping[Part, int], tell: Progress, total: int) -> dict[Part, NDArray[np.uint8]]:
    drawn: dict[Part, NDArray[np.uint8]] = {}
    done = 0
    for part in _PARTS:
        pictures = np.empty((len(KINDS) * counts[part], 3, SIDE, SIDE), dtype=np.uint8)
        for i in range(len(pictures)):
            if done % _TELL_EVERY == 0:
                tell(done, total)
            kind, number = KINDS[i // counts[part]], i % counts[part] + 1
            pictures[i] = render(kind, stream(seed, part, kind, number)).transpose(2, 0, 1)
            done += 1
        drawn[part] = pictures
    return drawn


def _index(part: Part, images: NDArray[np.uint8], count: int) -> PictureIndex:
    labels = np.repeat(np.arange(len(KINDS), dtype=np.int64), count)
    names = tuple(f"{part}/{kind}/{number:04d}.png" for kind in KINDS for number in range(1, count + 1))
    return PictureIndex(InMemory(images), labels, labels.copy(), names, part)


def _kept_file(seed: int, counts: Mapping[Part, int]) -> Path | None:
    """Where this world is kept, or ``None`` where there is no data folder to keep it in."""
    try:
        folder = data_dir() / "cache"
    except OutputError:
        return None
    return folder / f"demo-world-v{WORLD_VERSION}-{seed}-{counts['train']}-{counts['test']}.npz"


def _read(path: Path, counts: Mapping[Part, int]) -> dict[Part, NDArray[np.uint8]] | None:
    """The kept pictures, or ``None`` when there are none or the file is broken."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:  # checksums first: a broken header could ask numpy for any memory
                return None
        with np.load(path, allow_pickle=False) as kept:
            images = {part: kept[part] for part in _PARTS}
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return None
    fits = all(
        images[part].dtype == np.uint8 and images[part].shape == (len(KINDS) * counts[part], 3, SIDE, SIDE)
        for part in _PARTS
    )
    return images if fits else None


def _keep(path: Path, images: Mapping[Part, NDArray[np.uint8]]) -> None:
    try:
        write_whole(path, lambda temporary: np.savez(temporary, train=images["train"], test=images["test"]))
    except OutputError:
        return  # a full disk costs the next start a few seconds and nothing else
