"""How many near copies are found, and how many that are none: on made copies of which the truth is known.

    python -m tests.benchmarks.bench_copies [--pictures N] [--cifar FOLDER] [--cifar-pictures N] [--model FILE]
                                            [--size N]

Each picture of a set gets one copy of every kind: resized to 0.6 of its side and back, saved as JPEG of quality 50, cut
to nine tenths of its sides at a random place, mirrored, brighter or darker by 30 %, and mirrored and cut at once. Two
sets: larger pictures that the script draws (256 pixels; of each scene six others that share its ground and show other
things on it: hard to tell from copies), and CIFAR-10 (32 pixels), where the pictures of a class are the hard ones.

The threshold is chosen on the first half of the pictures and everything is counted on the second half. CIFAR-10 has
copies of its own, which nobody made here: what is found among the originals is given apart, and --look FILE draws them.

--size N measures a search over N drawn pictures: seconds of the processor, and memory.
"""

from __future__ import annotations

import argparse
import io
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance

from maga_desk.data.near_copies.buckets import RADIUS, best_of_each
from maga_desk.data.near_copies.searching import ENOUGH, near_among
from maga_desk.data.near_copies.thumbs import VIEWS, WHOLE, grey_of, hashes_of, small
from maga_desk.domain.control import RunControl
from maga_desk.domain.copies import NearCopies

Picture = Image.Image
Pairs = dict[tuple[int, int], float]
KINDS = ("resized", "quality 50", "cut by a tenth", "mirrored", "brightness", "mirrored and cut")
_PLAIN_RADIUS = 10  # what users of a perceptual hash usually take


def changed(picture: Picture, kind: str, rng: np.random.Generator) -> Picture:
    """A copy of this kind, in the size of the picture."""
    width, height = picture.size
    if kind == "resized":
        less = picture.resize((round(width * 0.6), round(height * 0.6)), Image.Resampling.LANCZOS)
        return less.resize(picture.size, Image.Resampling.BICUBIC)
    if kind == "quality 50":
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=50)
        return Image.open(stream).convert("RGB")
    if kind == "brightness":
        return ImageEnhance.Brightness(picture).enhance(float(rng.choice([0.7, 1.3])))
    turned = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if "mirrored" in kind else picture
    if kind == "mirrored":
        return turned
    across, down = round(width * 0.9), round(height * 0.9)
    left, top = int(rng.integers(0, width - across + 1)), int(rng.integers(0, height - down + 1))
    return turned.crop((left, top, left + across, top + down)).resize(picture.size, Image.Resampling.BICUBIC)


def scenes(count: int, rng: np.random.Generator, alike: int = 6) -> Iterator[Picture]:
    """Drawn pictures; ``alike`` in a row share their ground."""
    side, ground = 256, Image.new("RGB", (1, 1))
    for number in range(count):
        if number % alike == 0:
            colours = Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8))
            ground = colours.resize((side, side), Image.Resampling.BICUBIC)
        picture = ground.copy()
        draw = ImageDraw.Draw(picture)
        for _ in range(8):
            x, y, w, h = (int(value) for value in rng.integers([-20, -20, 20, 20], [230, 230, 110, 110]))
            colour = tuple(int(value) for value in rng.integers(0, 256, 3))
            (draw.ellipse if rng.random() < 0.5 else draw.rectangle)((x, y, x + w, y + h), fill=colour)
        noise = rng.normal(0, 6, (side, side, 3))
        yield Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def cifar(folder: Path, count: int, rng: np.random.Generator) -> list[Picture]:
    files = sorted(folder.glob("train/*/*"))
    return [Image.open(files[place]).convert("RGB") for place in rng.choice(len(files), count, replace=False)]


def stacked(pictures: list[Picture]) -> NDArray[np.uint8]:
    return np.stack([np.asarray(each).transpose(2, 0, 1) for each in pictures])


def with_copies(originals: list[Picture], copied: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """All originals, then of the first ``copied`` the copies of each kind: ``(N, 3, H, W)``."""
    parts = [stacked(originals)]
    parts += [stacked([changed(each, kind, rng) for each in originals[:copied]]) for kind in KINDS]
    return np.concatenate(parts)


def done(search: Iterator[object]) -> NearCopies:
    while True:
        try:
            next(search)
        except StopIteration as end:
            found: NearCopies = end.value
            return found


def by_hash(thumbs: NDArray[np.uint8], views: bool, radius: int) -> Pairs:
    """Pairs whose hashes differ in so few bits: as they are, or in any of the views. Every pair is compared."""
    grey, found = grey_of(thumbs), Pairs()
    whole = hashes_of(WHOLE.waves(grey))
    for view in VIEWS if views else (WHOLE,):
        asked = hashes_of(view.waves(grey))
        for start in range(0, len(asked), 256):
            apart = np.bitwise_count(asked[start : start + 256, None] ^ whole[None])
            for one, other in zip(*np.nonzero(apart <= radius), strict=True):
                if one + start != other:
                    found[tuple(sorted((int(one) + start, int(other))))] = 1.0  # type: ignore[index]
    return found


def by_features(rows: NDArray[np.float32], least: float, most: int = 16) -> Pairs:
    """Pairs of pictures whose features' cosine is at least so much, the nearest of each."""
    found = Pairs()
    for start in range(0, len(rows), 512):
        cosine = rows[start : start + 512] @ rows.T
        one, other = np.nonzero(cosine >= least)
        near = best_of_each(one, cosine[one, other], most + 1)
        for a, b in zip(one[near] + start, other[near], strict=True):
            if a != b:
                found[tuple(sorted((int(a), int(b))))] = float(cosine[a - start, b])  # type: ignore[index]
    return found


def features(pixels: NDArray[np.uint8], model: Path) -> NDArray[np.float32]:
    """The head's input of each picture, less the mean, of length 1."""
    import torch

    from maga_desk.models.checkpoint import read_state, restore
    from maga_desk.models.taps import penultimate

    state, info = read_state(model)
    net, _ = restore(state, info.arch, where=str(model))
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (info.mean, info.std))
    parts = []
    with torch.inference_mode(), penultimate(net.eval()) as tap:
        for start in range(0, len(pixels), 256):
            net((torch.from_numpy(pixels[start : start + 256]).float() / 255 - mean) / std)
            assert tap.features is not None
            parts.append(tap.features.flatten(1).clone())
    rows = torch.cat(parts)
    scaled: NDArray[np.float32] = torch.nn.functional.normalize(rows - rows.mean(dim=0), dim=1).numpy()
    return scaled


class Truth:
    """Which pairs are copies: ``originals`` pictures, then of the first ``copied`` one of each kind."""

    def __init__(self, originals: int, copied: int) -> None:
        self.originals, self.copied = originals, copied

    def source(self, place: int) -> int:
        return place if place < self.originals else (place - self.originals) % self.copied

    def kind(self, place: int) -> str:
        return "" if place < self.originals else KINDS[(place - self.originals) // self.copied]

    def row(self, pairs: Pairs, half: Callable[[int], bool]) -> tuple[dict[str, float], float, int]:
        """Recall by kind, precision over pairs with a made picture in them, and pairs among originals, of a half."""
        hits, right, wrong, among = dict.fromkeys(KINDS, 0), 0, 0, 0
        for one, other in pairs:
            if not half(self.source(one)) or not half(self.source(other)):
                continue
            same = self.source(one) == self.source(other)
            if one < self.originals and other < self.originals:
                among += 1
                continue
            right, wrong = right + same, wrong + (not same)
            if same and one < self.originals:
                hits[self.kind(other)] += 1
        count = sum(half(place) for place in range(self.copied))
        return {k: n / count for k, n in hits.items()}, right / max(1, right + wrong), among


def report(title: str, pixels: NDArray[np.uint8], truth: Truth, model: Path | None, look: Path | None) -> None:
    thumbs = small(pixels)
    everything = done(near_among(thumbs, np.arange(len(thumbs)), RunControl(), 0.5))
    scored = dict(
        zip(zip(everything.first.tolist(), everything.second.tolist(), strict=True), everything.percent, strict=True)
    )

    def tuned(place: int) -> bool:
        return place % 2 == 0

    def tested(place: int) -> bool:
        return place % 2 == 1

    print(f"\n## {title}: {truth.originals:,} originals, {truth.copied:,} of them copied in {len(KINDS)} ways\n")
    print("The threshold on the first half (recall over all kinds, precision, pairs among originals):\n")
    print("| Alike, at least | Recall | Precision | Among originals |\n|---|---|---|---|")
    for least in (80, 85, 88, 90, 92, 94, 96):
        recall, precision, among = truth.row({pair: p for pair, p in scored.items() if p >= least}, tuned)
        print(f"| {least} % | {100 * np.mean(list(recall.values())):.1f} % | {100 * precision:.2f} % | {among:,} |")
    enough = {pair: percent for pair, percent in scored.items() if percent >= 100 * ENOUGH}
    measures: dict[str, Pairs] = {
        f"hash, {_PLAIN_RADIUS} bits": by_hash(thumbs, False, _PLAIN_RADIUS),
        f"hash, {RADIUS} bits, views": by_hash(thumbs, True, RADIUS),
        "hash and pixels": enough,
    }
    if model is not None:
        rows = features(pixels, model)
        for least in (0.9, 0.97):
            measures[f"features, cosine {least}"] = by_features(rows, least)
        seen = by_features(rows, 0.9)
        measures["features and pixels"] = {pair: p for pair, p in enough.items() if pair in seen}
    print(f"\nOn the second half, pairs that are {100 * ENOUGH:.0f} % alike or more:\n")
    print(f"| Measure | {' | '.join(KINDS)} | precision | among originals |\n|---|{'---|' * (len(KINDS) + 2)}")
    for name, pairs in measures.items():
        recall, precision, among = truth.row(pairs, tested)
        cells = " | ".join(f"{100 * recall[kind]:.1f} %" for kind in KINDS)
        print(f"| {name} | {cells} | {100 * precision:.2f} % | {among:,} |")
    if look is not None:
        draw(pixels, [pair for pair in enough if max(pair) < truth.originals], look)


def draw(pixels: NDArray[np.uint8], pairs: list[tuple[int, int]], file: Path, most: int = 60) -> None:
    """Pairs beside each other, to be looked at."""
    shown = pairs[:: max(1, len(pairs) // most)][:most]
    sheet = Image.new("RGB", (6 * 210, 100 * (-(-len(shown) // 6))), "white")
    for number, pair in enumerate(shown):
        for side, place in enumerate(pair):
            picture = Image.fromarray(pixels[place].transpose(1, 2, 0)).resize((96, 96))
            sheet.paste(picture, ((number % 6) * 210 + side * 98, (number // 6) * 100))
    sheet.save(file)


def measure(count: int, rng: np.random.Generator) -> None:
    """Seconds and memory of a search over drawn pictures."""
    few = stacked([each.resize((32, 32)) for each in scenes(2_000, rng)])
    pixels = few[rng.integers(0, len(few), count)].astype(np.int16)
    pixels += rng.integers(-40, 41, (count, 3, 4, 4)).repeat(8, axis=2).repeat(8, axis=3)  # no two alike by chance
    began, wall = time.process_time(), time.perf_counter()
    found = done(near_among(small(np.clip(pixels, 0, 255).astype(np.uint8)), np.arange(count), RunControl()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{count:,} pictures: {time.process_time() - began:.0f} s of processor, {time.perf_counter() - wall:.0f} s, "
        f"{peak:.2f} GB resident at most, {len(found):,} pairs"
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--cifar", type=Path, help="a folder with train/CLASS/*.jpg")
    asked.add_argument("--model", type=Path, help="a checkpoint that knows these pictures, for its features")
    asked.add_argument("--pictures", type=int, default=300, help="drawn ones that are copied; 0: none are drawn")
    asked.add_argument(
        "--cifar-pictures", type=int, default=400, help="how many of CIFAR-10 are copied, of ten times as many"
    )
    asked.add_argument("--look", type=Path, help="draw the pairs among CIFAR's originals into this file")
    asked.add_argument("--size", type=int, nargs="*", default=[])
    given, rng = asked.parse_args(), np.random.default_rng(24)
    for count in given.size:
        measure(count, rng)
    if given.size:
        return
    if count := given.pictures:
        drawn = list(scenes(2 * count, rng))
        report("Drawn, 256 pixels", with_copies(drawn, count, rng), Truth(len(drawn), count), None, None)
    if given.cifar is not None:
        rng, count = np.random.default_rng(24), given.cifar_pictures  # the same ones, whatever was drawn before
        originals = cifar(given.cifar, 10 * count, rng)
        pixels, truth = with_copies(originals, count, rng), Truth(len(originals), count)
        report("CIFAR-10, 32 pixels", pixels, truth, given.model, given.look)


if __name__ == "__main__":
    main()
