"""Whatever a file holds: it is read, or one line says why not. Never a traceback, and nothing of it is run.

``MAGA_DESK_FUZZ=20000 python main.py test tests/fuzz`` looks for long, differently each time.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save

from maga_desk.data.families import read_families
from maga_desk.data.sources.decode import decode_rgb
from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.class_lists import read_classes
from maga_desk.domain.errors import UserError
from maga_desk.domain.forgotten import known, write_forgotten
from maga_desk.domain.lists.names import Names, read_list
from maga_desk.domain.lists.reading import listed
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.recognising import recognise
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.comparison import read_comparison
from maga_desk.domain.specs.run import DataSpec, read_spec
from maga_desk.domain.specs.stream import read_stream
from maga_desk.guidance.matrix_file import read_matrix
from maga_desk.models.checkpoint import restore
from maga_desk.models.reading.contents import METADATA_KEY, read_contents
from maga_desk.store.sessions import SessionStore
from tests.fuzz.strategies import EXAMPLES, VALUES, bounded, files, overridden

CLASSES = ("cat", "dog", "fox")
SPEC = b'[data]\npath = "p"\n[model]\ncheckpoint = "m"\n[forget]\nclasses = ["cat"]\n[method]\nname = "maga"\n'
NAMES = b'train/cat/0.png\n"train/cat/1\\n.png"\n# a remark\ntrain/dog/2.png\n'
MATRIX = json.dumps({"classes": CLASSES, "matrix": [[0, 1, 2], [1, 0, 2], [1, 2, 0]]}).encode()
TABLE = b"path,label,split\n0.png,cat,train\n1.png,dog,test\n"

if EXAMPLES:
    pytestmark = pytest.mark.timeout(0)  # a long run takes as long as it takes


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def survives(work: Callable[[], object]) -> None:
    """It works, or a person is told in one line."""
    try:
        work()
    except UserError as error:
        said = str(error)
    else:
        return
    assert said and "\n" not in said


def written(place: Path, name: str, content: bytes) -> Path:
    path = place / name
    path.write_bytes(content)
    return path


@bounded
@given(files(SPEC, SPEC + b'[audit]\nretrained = "make"\n[audit.recipe]\nepochs = 3\n'))
def test_specs(place: Path, content: bytes) -> None:
    path = written(place, "spec.toml", content)
    for read in (read_spec, read_comparison, read_stream, recognise):
        survives(lambda read=read: read(path))


@bounded
@given(files(NAMES, NAMES.decode().encode("utf-16"), TABLE))
def test_lists(place: Path, content: bytes) -> None:
    path = written(place, "names.txt", content)
    survives(lambda: listed(read_list(path), Names(["train/cat/0.png", "train/dog/2.png"], place)))


@bounded
@given(files(b"cat = 'pet'\ndog = 'pet'\n", b'{"pet": ["cat", "dog"]}', b"cat,pet\ndog,pet\n", MATRIX))
def test_families_classes_and_matrices(place: Path, content: bytes) -> None:
    for ending in ("toml", "json", "csv", "txt"):
        path = written(place, f"table.{ending}", content)
        survives(lambda path=path: read_families(str(path)))
        survives(lambda path=path: read_classes(str(path)))
        survives(lambda path=path: read_matrix(str(path), CLASSES, [0, 1]))


@bounded
@given(files(b'{"version": 1, "appearance": {"theme": "dark"}}') | VALUES.map(lambda v: json.dumps(v).encode()))
def test_settings(place: Path, content: bytes) -> None:
    SettingsFile(written(place, "settings.json", content))  # a person's broken settings stop no start


def _pictures() -> list[bytes]:
    picture = Image.fromarray(np.arange(300, dtype=np.uint8).reshape(10, 10, 3))
    made = []
    for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "TGA", "ICO", "JPEG2000"):
        picture.save(stream := io.BytesIO(), form)
        made.append(stream.getvalue())
    np.save(stream := io.BytesIO(), np.asarray(picture))
    return [*made, stream.getvalue()]


@bounded
@given(files(*_pictures()), st.sampled_from(["a.png", "a.npy", "a"]))
def test_pictures(content: bytes, name: str) -> None:
    survives(lambda: decode_rgb(io.BytesIO(content), name))


@pytest.fixture(scope="module")
def net() -> Path:
    return Path(__file__).parents[1] / "nets" / "shapes.safetensors"


def looked_at(path: Path) -> None:
    contents = read_contents(path)
    restore(contents.nets[0].state, contents.info.arch, where=str(path))


@bounded
@given(st.data())
def test_metadata(place: Path, net: Path, data: st.DataObject) -> None:
    with safe_open(str(net), "pt") as stream:
        tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 (no mapping)
        said = json.loads(stream.metadata()[METADATA_KEY])
    content = save(tensors, {METADATA_KEY: data.draw(overridden(said))})
    survives(lambda: looked_at(written(place, "said.safetensors", content)))


@bounded
@given(st.data())
def test_headers(place: Path, net: Path, data: st.DataObject) -> None:
    raw = net.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + length])
    name = data.draw(st.sampled_from(sorted(set(header) - {"__metadata__"})))
    header[name] = json.loads(data.draw(overridden(header[name])))
    text = json.dumps(header).encode()
    content = struct.pack("<Q", len(text)) + text + raw[8 + length :]
    survives(lambda: looked_at(written(place, "header.safetensors", content)))


@bounded
@given(st.data())
def test_torchs_files(place: Path, data: st.DataObject) -> None:
    sound = {"arch": "resnet8", "state_dict": {"fc.weight": torch.zeros(3, 2), "fc.bias": torch.zeros(3)}}
    samples = []
    for new in (True, False):
        torch.save(sound, stream := io.BytesIO(), _use_new_zipfile_serialization=new)
        samples.append(stream.getvalue())
    content = data.draw(files(*samples))
    survives(lambda: looked_at(written(place, "net.pt", content)))


@bounded
@given(st.binary(max_size=400), st.integers(0, 400))
def test_databases(place: Path, noise: bytes, at: int) -> None:
    path = place / "sessions.db"
    for old in place.glob("sessions.db*"):
        old.unlink()
    with SessionStore.open(path):
        pass
    content = bytearray(path.read_bytes())
    content[at : at + len(noise)] = noise
    path.write_bytes(content)

    def opened() -> None:
        with SessionStore.open(path) as store:
            store.recent()

    survives(opened)


@bounded
@given(files(TABLE, b'{"path": "0.png", "label": "cat"}\n{"path": "1.png", "label": 3}\n', MATRIX))
def test_tables_of_pictures(place: Path, tiny_folder: Path, content: bytes) -> None:
    folder = place / "pictures"
    folder.mkdir(exist_ok=True)
    for number, picture in enumerate(sorted((tiny_folder / "train" / "ring").iterdir())[:2]):
        (folder / f"{number}.png").write_bytes(picture.read_bytes())
    for name in ("metadata.csv", "labels.jsonl", "annotations.json"):
        path = written(folder, name, content)
        survives(lambda: load_pictures(DataSpec(path=str(folder))))
        path.unlink()


@pytest.fixture(scope="module")
def tiny_images(tiny_folder: Path) -> ImageSet:
    return load_pictures(DataSpec(path=str(tiny_folder), train_limit=20))


@bounded
@given(st.data())
def test_lists_of_the_forgotten(tiny_images: ImageSet, data: st.DataObject) -> None:
    sound = write_forgotten(tiny_images, np.arange(4)).encode()
    text = data.draw(files(sound)).decode("utf-8", "replace")
    survives(lambda: known(text, tiny_images, None, where="list", pixels=True))
