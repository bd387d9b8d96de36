"""Sets that are arrays, as published and as people save them: CIFAR, IDX, NumPy's and PyTorch's files."""

from __future__ import annotations

import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from maga_desk.data.keeping import DiskShelf
from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.errors import DataError
from maga_desk.domain.specs.run import DataSpec
from tests.data.sources import published
from tests.data.sources.published import NAMES, check, grey, labels, pictures, read


@pytest.mark.parametrize("write", [published.cifar10, published.cifar10_binary])
@pytest.mark.parametrize("how", ["folder", "around", "archive"])
def test_cifar_10_as_published(tmp_path: Path, write: Callable[[Path], None], how: str) -> None:
    folder = tmp_path / ("cifar-10-batches-py" if write is published.cifar10 else "cifar-10-batches-bin")
    write(folder)
    kind = "python" if write is published.cifar10 else "binary"
    path = {"folder": folder, "around": tmp_path}.get(how) or published.packed(
        folder, tmp_path / f"cifar-10-{kind}.tar.gz"
    )
    images = read(path)
    assert images.classes == NAMES and images.found.source == "cifar"
    check(images.train, 12)
    check(images.test, 6)
    assert np.asarray(images.train.open(3)).tolist() == pictures(6)[3].tolist()
    assert images.train.names[7] == "train/bee/07"


@pytest.mark.parametrize("write", [published.cifar100, published.cifar100_binary])
@pytest.mark.parametrize(
    ("option", "classes", "kinds"),
    [
        ("fine", NAMES, NAMES),
        ("coarse", ("insects", "cattle"), ("insects", "cattle")),
        ("families", ("cattle", "insects"), NAMES),
    ],
)
def test_cifar_100_by_fine_or_coarse_labels_or_as_families(
    tmp_path: Path, write: Callable[[Path], None], option: str, classes: tuple, kinds: tuple
) -> None:
    write(tmp_path)
    images = read(tmp_path, labels=option)
    assert (images.classes, images.kinds) == (classes, kinds)
    assert [images.classes[i] for i in images.train.labels[:3]] == (
        list(NAMES) if option == "fine" else ["insects", "insects", "cattle"]
    )
    assert list(images.train.columns["coarse"][:3]) == ["insects", "insects", "cattle"]


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("place", [".", "MNIST/raw"])
def test_idx(tmp_path: Path, end: str, place: str) -> None:
    published.mnist(tmp_path / place, end)
    for path in (tmp_path, tmp_path / place / f"t10k-labels-idx1-ubyte{end}"):
        images = read(path)
        assert images.classes == ("0", "1", "2") and images.size == (28, 28)
        check(images.train, 12, coloured=False)
        check(images.test, 6, coloured=False)


def test_of_a_file_and_its_gz_one_is_read_and_the_other_said(tmp_path: Path) -> None:
    published.mnist(tmp_path)
    published.mnist(tmp_path, ".gz")
    images = read(tmp_path)
    assert len(images.train) == 12
    assert images.found.other_files == 4


def test_of_emnists_sets_one_is_named(tmp_path: Path) -> None:
    for name in ("balanced", "letters"):
        published.mnist(tmp_path, ".gz", f"emnist-{name}-", train=12 if name == "letters" else 9)
    with pytest.raises(
        DataError, match=r"2 sets lie here: emnist-balanced, emnist-letters; name one in \[data.options\]"
    ):
        read(tmp_path)
    assert len(read(tmp_path, set="letters").train) == 12


def test_fashion_mnists_classes_have_names(tmp_path: Path) -> None:
    published.mnist(tmp_path / "FashionMNIST" / "raw")
    assert read(tmp_path / "FashionMNIST").classes == ("T-shirt/top", "Trouser", "Pullover")


def medmnist(name: str) -> dict[str, Any]:
    count = {"train": 12, "val": 3, "test": 6}[name]
    return {f"{name}_images": pictures(count), f"{name}_labels": labels(count)[:, None].astype(np.uint8)}


ARRAYS: dict[str, Callable[[], dict[str, Any]]] = {
    "medmnist": lambda: medmnist("train") | medmnist("val") | medmnist("test"),
    "keras": lambda: {"x_train": pictures(12), "y_train": labels(12), "x_test": pictures(6), "y_test": labels(6)},
    "nchw": lambda: {
        "X_train": pictures(12).transpose(0, 3, 1, 2), "Y_train": labels(12),
        "X_test": pictures(6).transpose(0, 3, 1, 2), "Y_test": labels(6),
    },
    "floats": lambda: {
        "trainX": (pictures(12) / 255).astype(np.float32), "trainY": labels(12),
        "testX": (pictures(6) / 255).astype(np.float32), "testY": labels(6),
    },
    "around zero": lambda: {
        "x_train": pictures(12) / 127.5 - 1, "y_train": labels(12),
        "x_test": pictures(6) / 127.5 - 1, "y_test": labels(6),
    },
    "flat": lambda: {
        "train_data": published._rows(12), "train_labels": labels(12), "test_data": published._rows(6),
        "test_labels": labels(6),
    },
    "one-hot": lambda: {
        "x_train": pictures(12), "y_train": np.eye(3)[labels(12)], "x_test": pictures(6), "y_test": np.eye(3)[labels(6)]
    },
    "wide numbers": lambda: {
        "x_train": pictures(12).astype(np.int64), "y_train": labels(12).astype(float), "x_test": pictures(6),
        "y_test": labels(6),
    },
    "by column": lambda: {
        "x_train": np.asfortranarray(pictures(12)), "y_train": labels(12), "x_test": pictures(6), "y_test": labels(6)
    },
    "names": lambda: {
        "x_train": pictures(12), "y_train": np.array(NAMES)[labels(12)], "x_test": pictures(6),
        "y_test": np.array(NAMES)[labels(6)],
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("save", ["npz", "packed npz", "npy", "pt"])
def test_arrays_under_any_usual_names_and_shapes(tmp_path: Path, kind: str, save: str) -> None:
    arrays = ARRAYS[kind]()
    if save == "npy":
        for name, array in arrays.items():
            np.save(tmp_path / f"{name}.npy", array)
    elif save == "pt":
        held = {
            name: array.tolist() if array.dtype.kind == "U" else torch.tensor(array) for name, array in arrays.items()
        }
        torch.save(held, tmp_path / "set-train-or-test.pt")
    else:
        (np.savez if save == "npz" else np.savez_compressed)(tmp_path / "set.npz", **arrays)
    path = tmp_path if save == "npy" else next(tmp_path.iterdir())
    images = read(path)
    assert images.classes == (NAMES if kind == "names" else ("0", "1", "2"))
    check(images.train, 12)
    check(images.test, 6)
    assert (images.found.skipped_files == 3) is (kind == "medmnist")


def test_grey_and_see_through_arrays(tmp_path: Path) -> None:
    clear = np.concatenate([pictures(12), np.zeros((12, 32, 32, 1), np.uint8)], axis=3)
    np.savez(tmp_path / "clear.npz", images=clear, labels=labels(12))
    assert (read(tmp_path / "clear.npz").train.whole() == 255).all()
    np.savez(tmp_path / "grey.npz", images=grey(12)[..., None], labels=labels(12))
    check(read(tmp_path / "grey.npz").train, 9, coloured=False)


def test_torchvisions_old_processed_files(tmp_path: Path) -> None:
    for name, count in (("training", 12), ("test", 6)):
        torch.save((torch.tensor(grey(count)), torch.tensor(labels(count))), tmp_path / f"{name}.pt")
    images = read(tmp_path)
    check(images.train, 12, coloured=False)
    check(images.test, 6, coloured=False)


def test_without_a_split_a_seeded_one_is_made_and_said(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=pictures(30), y=labels(30))
    first, again, other = (read(tmp_path / "a.npz", split_seed=seed) for seed in (0, 0, 1))
    assert (len(first.train), len(first.test)) == (24, 6)
    assert np.bincount(first.test.labels).tolist() == [2, 2, 2]
    assert first.train.names == again.train.names != other.train.names
    assert not {name.rpartition("/")[2] for name in first.train.names} & {
        n.rpartition("/")[2] for n in first.test.names
    }
    assert "No split is said" in " ".join(first.found.guesses)


def test_arrays_may_be_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", scans=pictures(30), diagnosis=labels(30), age=labels(30) + 40)
    with pytest.raises(DataError, match=r"no labels for its pictures .*age 30.*\[data.options\] label"):
        read(tmp_path / "a.npz")
    assert read(tmp_path / "a.npz", label="diagnosis").classes == ("0", "1", "2")


def test_what_was_changed_is_decoded_anew(tmp_path: Path) -> None:
    shelf, file = DiskShelf(tmp_path / "shelf", 10**9), tmp_path / "a.npz"
    spec = DataSpec(path=str(file))
    np.savez(file, X=pictures(30), y=labels(30))
    first = load_pictures(spec, shelf=shelf)
    assert load_pictures(spec, shelf=shelf).fingerprint == first.fingerprint
    about = file.stat()
    np.savez(file, X=255 - pictures(30), y=labels(30))
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert file.stat().st_size == about.st_size
    changed = load_pictures(spec, shelf=shelf)
    assert (changed.train.whole() == 255 - first.train.whole()).all()
    opener = first.train.opener
    assert opener is not None
    with pytest.raises(DataError, match="changed while it was open"):
        opener(first.train.names[0])


def bomb(path: Path) -> None:
    """A few kilobytes that say to unpack to gigabytes."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (300, 1024, 1024)})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        with out.open("x.npy", "w", force_zip64=True) as stream:
            stream.write(header.getvalue())
            for _ in range(300):
                stream.write(bytes(2**20))
        with out.open("y.npy", "w") as stream:
            np.save(stream, labels(3))


def lying_npy(path: Path) -> None:
    with open(path.parent / "x.npy", "wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": (10**12, 3)})
    np.save(path.parent / "y.npy", labels(3))


def lying_tensor(path: Path) -> None:
    torch.save({"images": torch.zeros(1).expand(10**12, 3, 8, 8), "labels": torch.zeros(1).expand(10**12)}, path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def half_npz(path: Path) -> None:
    np.savez(path, x=pictures(9), y=labels(9))
    cut(path)


def half_tensors(path: Path) -> None:
    torch.save({"x": torch.tensor(pictures(9)), "y": torch.tensor(labels(9))}, path)
    cut(path)


def gone(path: Path) -> None:
    published.mnist(path.parent)
    (path.parent / "train-labels-idx1-ubyte").unlink()


def mnist_then(damage: Callable[[Path], object], end: str = "") -> Callable[[Path], None]:
    def write(path: Path) -> None:
        published.mnist(path.parent, end)
        damage(path.parent / f"train-images-idx3-ubyte{end}")

    return write


def says_much(path: Path) -> None:
    data = struct.pack(">BBBBIII", 0, 0, 8, 3, 2**32 - 1, 2**16, 2**16) + bytes(100)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def cifar_then(damage: Callable[[Path], object]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        published.cifar10(path.parent)
        damage(path.parent / "data_batch_1")

    return write


def few_names(path: Path) -> None:
    published.cifar10_binary(path.parent)
    (path.parent / "batches.meta.txt").write_text("ant\nbee\n")


def cut_bin(path: Path) -> None:
    published.cifar10_binary(path.parent)
    cut(path.parent / "data_batch_1.bin")
    with open(path.parent / "data_batch_1.bin", "ab") as stream:
        stream.write(b"x")


def savez(**arrays: Any) -> Callable[[Path], None]:
    return lambda path: np.savez(path, **arrays)


BAD: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "cut npz": ("a.npz", half_npz, "damaged, or no NumPy file"),
    "npz bomb": ("a.npz", bomb, "as archive bombs do"),
    "lying npy": (".", lying_npy, "cut off, or its header lies"),
    "objects": ("a.npz", savez(x=np.full((4, 8, 8), None), y=labels(4)), "Python objects, which are never"),
    "normalised": ("a.npz", savez(x=pictures(9) / 50 - 2, y=labels(9)), "save the pictures before they are normalised"),
    "no numbers": ("a.npz", savez(x=np.full((9, 8, 8), np.nan), y=labels(9)), "values that are no numbers"),
    "lengths": ("a.npz", savez(x=pictures(9), y=labels(8)), "x has 9 pictures and a:y 8 labels"),
    "multi-label": ("a.npz", savez(x=pictures(9), y=np.ones((9, 3))), "is multi-label: several classes a picture"),
    "fractions": ("a.npz", savez(x=pictures(9), y=labels(9) + 0.5), "numbers with fractions, no classes"),
    "channels": ("a.npz", savez(x=np.zeros((9, 8, 8, 13), np.uint8), y=labels(9)), "has the shape 9x8x8x13"),
    "unlabelled": ("a.npz", savez(x=pictures(9)), "no labels for its pictures"),
    "all without": ("a.npz", savez(x=pictures(9), y=-np.ones(9)), "its pictures have no labels"),
    "one class": ("a.npz", savez(x=pictures(9), y=np.zeros(9)), "only one class"),
    "identities": ("a.npz", savez(x=pictures(200, 8), y=np.arange(200)), "almost each has its own"),
    "nothing": ("a.npz", savez(), "no array of pictures in it"),
    "cut tensors": ("a.pt", half_tensors, "damaged, or no PyTorch file"),
    "lying tensor": ("a.pt", lying_tensor, "says to be larger than it is"),
    "a list of pairs": ("a.pt", lambda path: torch.save([(torch.zeros(3, 8, 8), 1)] * 1001, path),
                        "1,001 entries are too many"),
    "a dataset object": ("a.pt", lambda path: torch.save(torch.utils.data.TensorDataset(torch.zeros(3)), path),
                         "objects that could run code, and none was executed"),
    "cut idx": (".", mnist_then(cut), "cut off, or its header lies"),
    "cut idx.gz": (".", mnist_then(cut, ".gz"), "train-images-idx3-ubyte.gz: "),
    "lying idx": (".", mnist_then(says_much), "cut off, or its header lies: 4,294,967,295x65,536x65,536"),
    "lying idx.gz": (".", mnist_then(says_much, ".gz"), "cut off, or its header lies"),
    "wrong magic": (".", mnist_then(lambda path: path.write_bytes(b"\0\0\x07\x03" + bytes(40))), "as an IDX file does"),
    "lone idx": (".", gone, "its labels are missing"),
    "idx lengths": (".", mnist_then(lambda path: published.idx(path, grey(9))), "9 pictures, but train-labels"),
    "cut pickle": (".", cifar_then(cut), "refused: it is damaged"),
    "cut bin": (".", cut_bin, "not a multiple of 3073"),
    "few names": (".", few_names, "label 2 is beyond its 2 classes"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_one_line(tmp_path: Path, kind: str) -> None:
    name, write, says = BAD[kind]
    folder = tmp_path / "set"
    folder.mkdir()
    write(folder / (name if name != "." else "x"))
    with pytest.raises(DataError) as caught:
        read(folder if name == "." else folder / name)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
