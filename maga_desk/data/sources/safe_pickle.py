"""Pickles of plain data: bytes, text, numbers, lists, dictionaries and NumPy arrays. Nothing else is built or called.

Published sets such as CIFAR are Python pickles, and a pickle may call any function. Here every name in it that is not
one of the six that an array's pickle needs is refused, and those stand for functions of our own that build plain arrays
from bytes that are there; operations that no such pickle has, and numbers that would take memory, are refused before.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FORBIDDEN = {"EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "NEXT_BUFFER"}
_MEMO = {"PUT", "BINPUT", "LONG_BINPUT"}
_NUMBERS = frozenset("uifb")


class Refused(Exception):
    """A pickle that is damaged, or is more than data; the text says which."""


def plain(data: bytes) -> Any:
    """What a pickle holds.

    :raises Refused: it is damaged, or wants anything but plain data.
    """
    try:
        for count, (operation, value, _) in enumerate(pickletools.genops(data)):
            if operation.name in _FORBIDDEN:
                raise Refused("it wants to build objects of its own")
            if operation.name in _MEMO and int(value or 0) > 2 * count + 16:
                raise Refused("it wants far more memory than it needs")
        return _Plain(io.BytesIO(data), encoding="bytes").load()
    except Refused:
        raise
    except (
        pickle.UnpicklingError, ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError, OverflowError,
        MemoryError, RecursionError, UnicodeError,
    ) as error:  # fmt: skip
        raise Refused("it is damaged") from error


class _Array:
    """What becomes an array once its bytes are known."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: NDArray[Any] | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, by_column, data = state
        shape = tuple(int(each) for each in shape)
        data = data.encode("latin-1") if isinstance(data, str) else data
        if not isinstance(dtype, _Type) or not isinstance(data, bytes):
            raise Refused("it wants an array of Python objects")
        if math.prod(shape) * dtype.value.itemsize != len(data) or min(shape, default=0) < 0:
            raise Refused("the size of an array in it is not that of its bytes")
        self.value = np.frombuffer(data, dtype.value).reshape(shape, order="F" if by_column else "C")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if self.value is None:
            raise ValueError("an array without bytes")
        return self.value


class _Type:
    """The type of an array's numbers."""

    __slots__ = ("value",)

    def __init__(self, name: Any) -> None:
        value: np.dtype[Any] = np.dtype(name.decode("ascii") if isinstance(name, bytes) else str(name))
        if value.kind not in _NUMBERS:
            raise Refused("it wants an array of Python objects")
        self.value = value

    def __setstate__(self, state: Any) -> None:
        order = state[1]
        order = order.decode("ascii") if isinstance(order, bytes) else order
        if order == "<":
            self.value = self.value.newbyteorder("<")
        if order == ">":
            self.value = self.value.newbyteorder(">")


def _begun(*_: Any) -> _Array:
    return _Array()


def _type(name: Any, *_: Any) -> _Type:
    return _Type(name)


def _encoded(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str):
        raise Refused("it is damaged")
    return text.encode("latin-1")


def _number(kind: Any, data: Any = b"") -> Any:
    data = data.encode("latin-1") if isinstance(data, str) else data
    if not isinstance(kind, _Type) or len(data) != kind.value.itemsize:
        raise Refused("the size of a number in it is not that of its bytes")
    return np.frombuffer(data, kind.value)[0].item()


def _buffered(data: Any, kind: Any, shape: Any, order: Any = "C") -> _Array:
    array = _Array()
    array.__setstate__((1, shape, kind, order == "F", bytes(data)))
    return array


_STAND_INS: dict[tuple[str, str], Callable[..., Any] | None] = {
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _begun for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _number for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _buffered for core in ("core", "_core")},
    ("numpy", "ndarray"): None,
    ("numpy", "dtype"): _type,
    ("_codecs", "encode"): _encoded,
}


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _STAND_INS:
            raise Refused(f"it wants to use {module}.{name}"[:200])
        return _STAND_INS[module, name]
