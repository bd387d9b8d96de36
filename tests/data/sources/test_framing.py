"""Bringing pictures to a net's size as the libraries do, and saying what is cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode

from maga_desk.data.keeping import DiskShelf
from maga_desk.data.sources.decode import to_pixels
from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.preprocessing import IMAGENET, Framing, fill_of
from maga_desk.domain.specs.run import DataSpec

BICUBIC = InterpolationMode.BICUBIC


@pytest.fixture
def picture() -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 255, (50, 71, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("framing", "theirs"),
    [
        (Framing("cover", 32 / 37), [transforms.Resize(37), transforms.CenterCrop(32)]),
        (Framing("cover", 32 / 37, "bicubic"), [transforms.Resize(37, BICUBIC), transforms.CenterCrop(32)]),
        (Framing("squash"), [transforms.Resize((32, 32))]),
        (Framing("squash", 1.0, "nearest"), [transforms.Resize((32, 32), InterpolationMode.NEAREST)]),
        (Framing("squash", 32 / 37), [transforms.Resize((37, 37)), transforms.CenterCrop(32)]),
        (Framing("squash", 1.0, "lanczos"), [transforms.Resize((32, 32), InterpolationMode.LANCZOS)]),
    ],
)
def test_pixels_are_those_of_torchvision(picture: Image.Image, framing: Framing, theirs: list[Any]) -> None:
    expected = np.asarray(transforms.Compose(theirs)(picture)).transpose(2, 0, 1)
    assert np.array_equal(to_pixels(picture, (32, 32), framing), expected)


def test_covering_is_what_it_was(picture: Image.Image) -> None:
    pixels = to_pixels(picture, (32, 32))
    expected = np.asarray(transforms.Compose([transforms.Resize(32), transforms.CenterCrop(32)])(picture))
    assert np.abs(pixels.astype(int) - expected.transpose(2, 0, 1)).mean() < 20  # to half a pixel


def test_padding_shows_all_of_a_picture_on_black() -> None:
    white = Image.new("RGB", (64, 32), "white")
    pixels = to_pixels(white, (16, 16), Framing("pad"))
    assert (pixels[:, :4] == 0).all() and (pixels[:, 12:] == 0).all() and (pixels[:, 4:12] == 255).all()


def test_what_a_picture_is_filled_up_with() -> None:
    picture = Image.new("RGB", (64, 32), "white")
    picture.paste((200, 0, 0), (0, 0, 64, 4))
    filled = {
        fill: to_pixels(picture, (16, 16), Framing("pad", 1.0, "nearest", fill)) for fill in ("mean", "edge", "#0a0b0c")
    }
    assert all((each[:, 5:12] == 255).all() for each in filled.values())
    assert filled["mean"][:, 0, 0].tolist() == [124, 116, 104] == filled["mean"][:, -1, -1].tolist()
    assert filled["#0a0b0c"][:, 0, 3].tolist() == [10, 11, 12]
    assert filled["edge"][:, 0, 3].tolist() == [200, 0, 0] and filled["edge"][:, -1, 3].tolist() == [255] * 3
    larger = to_pixels(picture, (16, 16), Framing("pad", 0.5, "nearest", "mean"))
    assert larger.shape == (3, 16, 16) and (larger[:, 8] == 255).all(), (
        "scaled beyond its size, nothing is left to fill"
    )


def test_a_timm_net_with_borders_is_filled_as_timm_does(picture: Image.Image) -> None:
    from timm.data.transforms_factory import transforms_imagenet_eval

    mean = (0.5, 0.25, 0.75)
    theirs = transforms_imagenet_eval(
        32, crop_pct=1.0, crop_mode="border", interpolation="bicubic", mean=mean, normalize=False, use_prefetcher=True
    )
    ours = to_pixels(picture, (32, 32), Framing("pad", 1.0, "bicubic", fill_of(mean)))
    assert np.array_equal(ours[:, 0, 0], np.asarray(theirs(picture))[:, 0, 0])
    assert (fill_of(IMAGENET[0]), fill_of((0.0,)), fill_of((0.5,))) == ("mean", "black", "#808080")


@pytest.mark.parametrize(
    ("framing", "picture", "size", "cut"),
    [
        (Framing(), (64, 128), (64, 64), 0.5),
        (Framing(), (64, 128), (64, 128), 0.0),
        (Framing("squash"), (64, 128), (64, 64), 0.0),
        (Framing("pad"), (64, 128), (64, 64), 0.0),
        (Framing("cover", 0.5), (64, 64), (32, 32), 0.75),
        (Framing("pad", 0.5), (64, 64), (64, 64), 0.75),
    ],
)
def test_what_is_cut_off(framing: Framing, picture: tuple[int, int], size: tuple[int, int], cut: float) -> None:
    assert framing.cut(picture, size) == pytest.approx(cut)


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """Pictures of 32 x 16 pixels, the left half white and the right half black or the other way round."""
    for split in ("train", "test"):
        for kind in ("left", "right"):
            folder = tmp_path / "wide" / split / kind
            folder.mkdir(parents=True)
            pixels = np.zeros((16, 32, 3), dtype=np.uint8)
            pixels[:, :16] += 255 * (kind == "left")
            pixels[:, 16:] += 255 * (kind == "right")
            for i in range(3):
                Image.fromarray(pixels).save(folder / f"{i}.png")
    return tmp_path / "wide"


def test_cropping_more_than_a_little_is_said_with_the_ways_out(wide: Path, tmp_path: Path) -> None:
    shelf = DiskShelf(tmp_path / "kept", 10**8)
    for _ in range(2):  # decoded, then taken from what is kept
        images = load_pictures(DataSpec(path=str(wide), size=16), shelf=shelf)
        (guess,) = images.found.guesses
        assert "50 % of the pictures is cut off to fit 16 × 16" in guess
        assert "[data] size = [16, 32]" in guess and 'resize = "squash" or "pad"' in guess


def test_a_size_may_be_height_and_width_and_each_framing_is_kept_apart(wide: Path, tmp_path: Path) -> None:
    shelf = DiskShelf(tmp_path / "kept", 10**8)
    whole = DataSpec.model_validate({"path": str(wide), "size": [16, 32]})
    seen = {}
    for spec in (whole, *(DataSpec(path=str(wide), size=16, resize=each) for each in ("cover", "squash", "pad"))):
        first, again = (load_pictures(spec, shelf=shelf) for _ in range(2))
        assert first.fingerprint == again.fingerprint
        seen[spec.resize] = first
    assert seen[None].size == (16, 32) and seen[None].found.guesses == ()
    assert len({images.fingerprint for images in seen.values()}) == 4
    assert (seen["squash"].train.picture(0)[:, :, :7] == 255).all()
    assert len(list((tmp_path / "kept").iterdir())) == 8


def test_the_first_entries_that_were_kept_are_found_again(wide: Path, tmp_path: Path) -> None:
    from maga_desk.data.sources.decoding import Decoding, _entry
    from maga_desk.data.sources.reading import list_pictures
    from maga_desk.domain.control import RunControl

    listing = list_pictures(DataSpec(path=str(wide))).contents.train
    how = Decoding(DataSpec(path=str(wide)), RunControl(), lambda done: None, lambda line: None)
    usual = _entry(listing, (16, 16), how)
    assert usual is not None and usual == _entry(listing, (16, 16), Decoding(**{**vars(how), "framing": Framing()}))
    assert usual != _entry(listing, (16, 16), Decoding(**{**vars(how), "framing": Framing("pad")}))
