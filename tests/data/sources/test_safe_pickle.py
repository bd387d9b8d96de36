"""Pickles as published are read; nothing that a pickle wants is ever called."""

from __future__ import annotations

import contextlib
import os
import pickle
import pickletools
import shutil
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maga_desk.data.sources.safe_pickle import Refused, plain
from maga_desk.domain.errors import DataError
from tests.data.sources import published


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("type_", ["u1", "<i8", ">i4", "f4", "?"])
def test_plain_data_and_arrays_of_every_protocol(protocol: int, type_: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(type_)
    held = {"data": array, b"turned": np.asfortranarray(array), "list": [1, "two", b"three", None, (4.5, True)],
            "number": array.flat[1]}  # fmt: skip
    found = plain(pickle.dumps(held, protocol=protocol))
    for key in ("data", b"turned"):
        key = key if key in found else b"data"
        np.testing.assert_array_equal(np.asarray(found[key]), array)
        assert np.asarray(found[key]).dtype == array.dtype
    text = {key.decode() if isinstance(key, bytes) else key: value for key, value in found.items()}
    assert text["number"] == array.flat[1] and text["list"][4] == (4.5, True)


class Calls:
    def __init__(self, function: Any, *given: Any) -> None:
        self.function, self.given = function, given

    def __reduce__(self) -> Any:
        return self.function, self.given


MALICIOUS = {
    "system": lambda mark: pickle.dumps(Calls(os.system, f"touch {mark}")),
    "open": lambda mark: pickle.dumps(Calls(open, str(mark), "w")),
    "eval": lambda mark: pickle.dumps({"data": Calls(eval, f"open({str(mark)!r}, 'w')")}),
    "rmtree": lambda mark: pickle.dumps(Calls(shutil.rmtree, str(mark))),
    "getattr": lambda mark: pickle.dumps(Calls(getattr, "", "join")),
    "an old instance": lambda mark: f"(S'touch {mark}'\nios\nsystem\n.".encode(),
    "a class of no harm": lambda mark: pickle.dumps(OrderedDict(a=1)),
    "numpy's testing": lambda mark: b"cnumpy.testing._private.utils\nrunstring\n(S'1'\ntR.",
    "a name with dots": lambda mark: pickle.dumps(Calls(str.join, "", [])),
    "a number from outside": lambda mark: b"\x80\x02P1\n.",
}


@pytest.mark.parametrize("kind", MALICIOUS)
def test_nothing_of_a_pickle_is_executed(tmp_path: Path, kind: str) -> None:
    mark, folder = tmp_path / "executed", tmp_path / "cifar"
    published.cifar10(folder)
    (folder / "data_batch_1").write_bytes(MALICIOUS[kind](mark))
    with pytest.raises(DataError, match=r"refused: .*nothing of it was executed") as caught:
        published.read(folder)
    assert not mark.exists() and "\n" not in str(caught.value)


def array_pickle(shape: tuple[int, ...], data: bytes, type_: str = "u1") -> bytes:
    """An array's pickle with a shape that says something else than its bytes."""
    parts = [b"\x80\x02cnumpy._core.multiarray\n_reconstruct\n", b"cnumpy\nndarray\nK\x00\x85C\x01b\x87R"]
    state = pickle.dumps(shape, protocol=2)[2:-1]
    dtype = b"cnumpy\ndtype\n" + b"X" + struct.pack("<I", len(type_)) + type_.encode() + b"\x89\x88\x87R"
    held = b"B" + struct.pack("<I", len(data)) + data
    return b"".join([*parts, b"(K\x01", state, dtype, b"\x89", held, b"tb."])


def test_an_arrays_bytes_are_counted() -> None:
    assert np.asarray(plain(array_pickle((3,), b"abc"))).tolist() == [97, 98, 99]
    for shape, data, type_ in [
        ((10**12,), b"abc", "u1"),
        ((-1, -3), b"abc", "u1"),
        ((1,), b"x" * 8, "O"),
        ((1,), b"x", "V1"),
    ]:
        with pytest.raises(Refused):
            plain(array_pickle(shape, data, type_))


def test_memory_is_not_taken_by_a_few_bytes() -> None:
    for data in (
        b"\x80\x02]r" + struct.pack("<I", 2**31) + b".",  # a place in the memo that far out
        b"\x80\x04B" + struct.pack("<I", 2**32 - 1) + b"abc.",  # more bytes than there are
        b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"abc.",
        b"\x80\x02\x8b" + struct.pack("<I", 2**31 - 1) + b"abc.",
    ):
        with pytest.raises(Refused):
            plain(data)


def test_damaged_pickles_are_refused_at_every_place() -> None:
    whole = pickle.dumps({"data": np.arange(6, dtype=np.uint8), "labels": [1, 2]}, protocol=2)
    assert any(operation.name == "REDUCE" for operation, _, _ in pickletools.genops(whole))
    for stop in range(len(whole)):
        with pytest.raises(Refused):
            plain(whole[:stop])
    rng = np.random.default_rng(0)
    for _ in range(300):
        spoilt = bytearray(whole)
        spoilt[rng.integers(len(whole))] = rng.integers(256)
        with contextlib.suppress(Refused):
            plain(bytes(spoilt))
