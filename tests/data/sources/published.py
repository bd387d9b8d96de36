"""Pictures of two to four classes, and data sets of every published kind that are written from them there and then."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.specs.run import DataSpec

NAMES = ("ant", "bee", "cow")


def read(path: Path, source: str = "", **options: Any) -> ImageSet:
    """By looking, or by a named source."""
    spec = DataSpec(path=str(path), options=options, **({"source": source} if source else {}))
    return load_pictures(spec)


def labels(count: int) -> NDArray[np.int64]:
    return np.arange(count) % len(NAMES)


def pictures(count: int, side: int = 32) -> NDArray[np.uint8]:
    """``(N, side, side, 3)``: red says the class, green the number; the upper half is dark, so that turning shows."""
    made = np.zeros((count, side, side, 3), dtype=np.uint8)
    made[..., 0] = (40 + 60 * labels(count))[:, None, None]
    made[..., 1] = (np.arange(count) % 200)[:, None, None]
    made[:, side // 2 :, :, 2] = 250
    return made


def grey(count: int, side: int = 28) -> NDArray[np.uint8]:
    return np.ascontiguousarray(pictures(count, side)[..., 0])


def check(index: PictureIndex, count: int, *, coloured: bool = True) -> None:
    """Each picture has its class's red, and is the right way up."""
    assert len(index) == count
    pixels = index.whole()
    assert (pixels[:, 0, 2, 2] == 40 + 60 * index.labels).all()
    if coloured:
        assert (pixels[:, 2, -3, 2] == 250).all() and (pixels[:, 2, 2, 2] == 0).all()


def png(picture: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    return stream.getvalue()


def idx(path: Path, array: NDArray[Any]) -> None:
    """As MNIST's files are; a name with .gz is packed."""
    code = {"u1": 8, "i4": 12}[array.dtype.str[1:]]
    data = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    data += array.astype(array.dtype.newbyteorder(">")).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def mnist(folder: Path, end: str = "", prefix: str = "", train: int = 12, test: int = 6) -> None:
    for name, count in (("train", train), ("t10k" if not prefix else "test", test)):
        idx(folder / f"{prefix}{name}-images-idx3-ubyte{end}", grey(count))
        idx(folder / f"{prefix}{name}-labels-idx1-ubyte{end}", labels(count).astype(np.uint8))


def _rows(count: int) -> NDArray[np.uint8]:
    return pictures(count).transpose(0, 3, 1, 2).reshape(count, -1)


def cifar10(folder: Path) -> None:
    """Python 2's pickles, as published: every text in them is bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("data_batch_1", "data_batch_2", "test_batch"):
        held = {b"data": _rows(6), b"labels": labels(6).tolist(), b"batch_label": b"one",
                b"filenames": [f"{name}_{i}.png".encode() for i in range(6)]}  # fmt: skip
        (folder / name).write_bytes(pickle.dumps(held, protocol=2))
    meta = {b"label_names": [name.encode() for name in NAMES], b"num_vis": 3072}
    (folder / "batches.meta").write_bytes(pickle.dumps(meta, protocol=2))


def cifar100(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, count in (("train", 12), ("test", 6)):
        held = {"data": _rows(count), "fine_labels": labels(count).tolist(),
                "coarse_labels": (labels(count) // 2).tolist()}  # fmt: skip
        (folder / name).write_bytes(pickle.dumps(held, protocol=2))
    meta = {"fine_label_names": list(NAMES), "coarse_label_names": ["insects", "cattle"]}
    (folder / "meta").write_bytes(pickle.dumps(meta, protocol=2))


def cifar10_binary(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("data_batch_1", "data_batch_2", "test_batch"):
        rows = np.concatenate([labels(6)[:, None].astype(np.uint8), _rows(6)], axis=1)
        (folder / f"{name}.bin").write_bytes(rows.tobytes())
    (folder / "batches.meta.txt").write_text("\n".join(NAMES) + "\n\n")


def cifar100_binary(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, count in (("train", 12), ("test", 6)):
        head = np.stack([labels(count) // 2, labels(count)], axis=1).astype(np.uint8)
        (folder / f"{name}.bin").write_bytes(np.concatenate([head, _rows(count)], axis=1).tobytes())
    (folder / "fine_label_names.txt").write_text("\n".join(NAMES))
    (folder / "coarse_label_names.txt").write_text("insects\ncattle\n")


def packed(folder: Path, archive: Path) -> Path:
    """A .tar.gz of a folder, as it is downloaded."""
    with tarfile.open(archive, "w:gz") as out:
        out.add(folder, folder.name)
    return archive


def write_dicom(place: Path, values: NDArray[np.uint16], **said: object) -> None:
    """A radiograph of 12 bits.

    :param said: elements that are written whatever the picture is.
    """
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    about = FileMetaDataset()
    about.MediaStorageSOPClassUID, about.TransferSyntaxUID = SecondaryCaptureImageStorage, ExplicitVRLittleEndian
    about.MediaStorageSOPInstanceUID = generate_uid()
    made = FileDataset(str(place), {}, file_meta=about, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = SecondaryCaptureImageStorage, about.MediaStorageSOPInstanceUID
    made.Rows, made.Columns = values.shape
    made.SamplesPerPixel, made.PixelRepresentation = 1, 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 16, 12, 11
    made.PhotometricInterpretation = "MONOCHROME2"
    made.PixelData = values.tobytes()
    for name, value in said.items():
        setattr(made, name, value)
    made.save_as(place, enforce_file_format=True)
