"""Archives of pictures: read like the folder that was packed, links followed within them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from maga_desk.data.keeping import DiskShelf
from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.errors import DataError
from maga_desk.domain.specs.run import DataSpec
from tests.data.sources.test_layouts import both, lay, picture, read


def pack(names: list[str], into: Path) -> Path:
    if into.suffix == ".zip":
        with zipfile.ZipFile(into, "w") as archive:
            for name in names:
                archive.writestr(name, picture(name))
    else:
        with tarfile.open(into, "w:gz" if into.name.endswith("gz") else "w") as archive:
            for name in names:
                about = tarfile.TarInfo(name)
                about.size = len(picture(name))
                archive.addfile(about, io.BytesIO(picture(name)))
    return into


@pytest.mark.parametrize("name", ["set.zip", "set.tar", "set.tar.gz"])
def test_an_archive_is_read_like_its_folder_and_kept(tmp_path: Path, name: str) -> None:
    names, shelf = both("set/train", "set/test", 5), DiskShelf(tmp_path / "kept", 10**8)
    plain = read(lay(tmp_path / "plain", names))
    archive = pack([*names, "../out.jpg"], tmp_path / name)
    for _ in range(2):
        images = load_pictures(DataSpec(path=str(archive)), size=8, shelf=shelf)
        assert (images.train.names, images.fingerprint) == (plain.train.names, plain.fingerprint)
        assert images.found.skipped[0].names == ("../out.jpg",)
        assert images.train.file(0) == ""
    pack([name.replace("0.jpg", "7.jpg") for name in names], archive)
    assert load_pictures(DataSpec(path=str(archive)), size=8, shelf=shelf).fingerprint != plain.fingerprint
    archive.write_bytes(archive.read_bytes()[:200])
    with pytest.raises(DataError):
        load_pictures(DataSpec(path=str(archive)))


@pytest.mark.parametrize("ending", ["tar", "tar.gz"])
def test_links_in_a_tar_are_followed_within_it(tmp_path: Path, ending: str) -> None:
    names = both("train", "test", 2)
    archive = tmp_path / f"set.{ending}"
    with tarfile.open(archive, f"w:{'gz' if ending.endswith('gz') else ''}") as packed:

        def link(name: str, target: str, kind: bytes) -> None:
            about = tarfile.TarInfo(name)
            about.type, about.linkname = kind, target
            packed.addfile(about)

        link("train/cat/before.jpg", "0.jpg", tarfile.SYMTYPE)  # what it leads to comes later
        for name in names:
            about = tarfile.TarInfo(name)
            about.size = len(picture(name))
            packed.addfile(about, io.BytesIO(picture(name)))
        link("train/cat/hard.jpg", "train/cat/1.jpg", tarfile.LNKTYPE)
        link("train/cat/across.jpg", "../dog/0.jpg", tarfile.SYMTYPE)
        link("train/cat/chain.jpg", "hard.jpg", tarfile.SYMTYPE)
        link("train/cat/out.jpg", "../../../etc/passwd", tarfile.SYMTYPE)
        link("train/cat/root.jpg", "/etc/passwd", tarfile.SYMTYPE)
        link("train/cat/round.jpg", "round.jpg", tarfile.SYMTYPE)
    images = read(archive)
    assert set(images.train.names) - set(names) == {
        f"train/cat/{name}.jpg" for name in ("before", "hard", "across", "chain")
    }
    assert {group.reason: sorted(group.names) for group in images.found.skipped} == {
        "links that lead to no file of the archive": [f"train/cat/{name}.jpg" for name in ("out", "root", "round")]
    }
    pixels = dict(zip(images.train.names, images.train.whole(), strict=True))
    for name, target in (("hard", "cat/1"), ("across", "dog/0"), ("chain", "cat/1"), ("before", "cat/0")):
        assert (pixels[f"train/cat/{name}.jpg"] == pixels[f"train/{target}.jpg"]).all()
