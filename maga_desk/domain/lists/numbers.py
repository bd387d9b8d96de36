"""Lists of pictures by their numbers: positions among the training pictures, counted from 0 or from 1, or a mask.

The order is that in which the source lists the training pictures, as the Forget page shows them. Whether a list counts
from 0 or from 1 is never guessed: one that has 0 in it counts from 0, one with the number of pictures in it from 1,
and of any other it has to be said.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import ForgetError, name_some
from maga_desk.domain.lists.found import FIRST, Found
from maga_desk.domain.lists.names import Names, bytes_of_list, read_list
from maga_desk.domain.lists.ways import ListText
from maga_desk.domain.outside import MOST, json_of

Base = Literal[0, 1]
Numbers = NDArray[Any]
Content = str | ListText | Numbers
"""Of a list: its text, or the numbers that a file of arrays holds."""

ARRAYS, TENSORS = (".npy", ".npz"), (".pt", ".pth")
SAY_BASE = "say it by --index-base 0 or 1, or [forget] index_base"

_WHOLE = re.compile(r"[+-]?(0|[1-9]\d*)")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?nan|[+-]?inf", re.IGNORECASE)
_TITLES = {"index", "indices", "id", "ids", "idx", "number", "position", "positions"}
_SHOWN = 3
_HEAD = 20_000  # characters


class BaseUnsaid(ForgetError):
    """A list that may count from 0 or from 1.

    :param readings: the first names by each way of counting.
    """

    def __init__(self, readings: tuple[str, str], *, where: str | None = None) -> None:
        self.readings = readings
        zero, one = readings
        what = f"does its first number mean {zero} (counting from 0) or {one} (from 1)? Both are possible"
        super().__init__(what, where=where, todo=SAY_BASE)


def read_content(path: str | Path) -> Content:
    """A list's text, or the numbers in an ``.npy`` or ``.npz`` file. Nothing in it is executed.

    :raises ForgetError: it cannot be read, or holds no one array.
    """
    suffix = Path(path).suffix.lower()
    if suffix in TENSORS:
        raise ForgetError("PyTorch files are not read here", where=str(path), todo="save the list as .npy or .txt")
    if suffix not in ARRAYS:
        return read_list(path)
    raw = bytes_of_list(path)
    try:
        return _array(raw) if suffix == ".npy" else _only_member(raw)
    except (ValueError, OSError, EOFError, MemoryError, SyntaxError, zipfile.BadZipFile) as error:
        what = str(error) if isinstance(error, _Odd) else "damaged, or no NumPy file of plain numbers"
        raise ForgetError(what, where=str(path), todo="save one array of whole numbers") from error


def numbers_in(text: str, names: Names, where: str | None = None) -> Numbers | None:
    """The numbers of a text that holds nothing else; ``None`` where it has names, which come first.

    :raises ForgetError: it has several numbers on each of several lines.
    """
    text = text.removeprefix("\ufeff").strip()
    if text.startswith("["):
        try:
            held = json_of(text)
        except ValueError:
            return None
        return _of_list(held) if isinstance(held, list) and held and _are_numbers(held) else None
    first = [line for line in text[:_HEAD].splitlines() if line.strip() and not line.lstrip().startswith("#")][1:-1]
    if not all(_NUMBER.fullmatch(cell) for line in first for cell in _cells(line)):
        return None  # a long list of names is told from its beginning
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if lines and lines[0].strip().strip('"').lower() in _TITLES and not names.find(lines[0]):
        lines = lines[1:]
    rows = [_cells(line) for line in lines]
    cells = [cell for row in rows for cell in row]
    if not cells or not all(_NUMBER.fullmatch(cell) for cell in cells) or any(names.find(cell) for cell in cells[:9]):
        return None
    if any(re.fullmatch(r"0\d+", cell) for cell in cells):
        return None  # 007 is a name
    if len(rows) > 1 and max(map(len, rows)) > 1:
        if re.search(r"[,;\t]", lines[0]):
            return None  # a table: which column it is can be said
        raise ForgetError("several numbers stand on each line", where=where, todo="keep the column of the positions")
    if all(_WHOLE.fullmatch(cell) for cell in cells):
        return _of_list([int(cell) if len(cell) < 19 else 2**62 for cell in cells])
    return np.array([float(cell) for cell in cells])


def counted(numbers: Numbers, names: Names, count: int, *, base: Base | None = None, where: str | None = None) -> Found:
    """The pictures at some positions, or of a mask.

    :param count: how many training pictures there are.
    :param base: what the numbers count from; ``None``: what follows from them.
    :raises BaseUnsaid: they may count from either.
    :raises ForgetError: they name nothing, or are no positions.
    """
    positions, repeated, how = _positions(numbers, count, base, names, where)
    some = name_some([names.name(int(i)) for i in positions[:_SHOWN]], _SHOWN)
    more = len(positions) - _SHOWN
    rest = f" and {more:,} more" if more > 0 else ""
    order = f"{how}, in the order in which the source lists the training pictures: {some}{rest}."
    return Found(positions, repeated=repeated, counted=order, first=tuple(positions[:FIRST].tolist()))


def of_list(held: Sequence[Any], where: str | None = None) -> Numbers:
    """A list of numbers or of yes and no as an array.

    :raises ForgetError: it has something else in it.
    """
    if not held or not _are_numbers(held):
        raise ForgetError("is no list of whole numbers", where=where, todo="save positions, or a mask of yes and no")
    return _of_list(held)


def _cells(line: str) -> list[str]:
    return [cell for cell in re.split(r"[\s,;]+", line.strip()) if cell]


def _are_numbers(held: Sequence[Any]) -> bool:
    return all(isinstance(each, int | float) for each in held)


def _of_list(held: Sequence[Any]) -> Numbers:
    if all(isinstance(each, bool) for each in held):
        return np.array(held, dtype=bool)
    if all(isinstance(each, int) and not isinstance(each, bool) for each in held):
        return np.array([max(-(2**62), min(2**62, each)) for each in held], dtype=np.int64)
    return np.array([float(each) for each in held])


def _positions(
    numbers: Numbers, count: int, base: Base | None, names: Names, where: str | None
) -> tuple[NDArray[np.int64], tuple[str, ...], str]:
    """Positions, names that come more than once, and how the list was read."""
    fail = _failing(where)
    if numbers.size != max(numbers.shape, default=1):
        raise fail(f"is a table of shape {numbers.shape}, no list", "save one column")
    flat = numbers.reshape(-1)
    if flat.dtype == bool:
        if len(flat) != count:
            raise fail(f"is a mask of {len(flat):,} pictures, and there are {count:,} training pictures", None)
        return _named(np.flatnonzero(flat), fail), (), f"The mask names {int(flat.sum()):,} of {count:,} pictures"
    if not np.issubdtype(flat.dtype, np.integer):
        raise fail(f"holds numbers of type {flat.dtype}; positions are whole numbers", "save them as integers")
    if len(flat) == count > 2 and set(np.unique(flat).tolist()) <= {0, 1}:
        raise fail(f"holds {count:,} times 0 or 1: is it a mask?", "save it as yes and no (bool)")
    if not len(flat):
        raise fail("names no picture", None)
    if (flat < 0).any():
        raise fail(f"{_some(flat[flat < 0])} is negative; positions count from 0 or 1", None)
    chosen = _base(flat, count, base, names, where)
    places = flat.astype(np.int64) - chosen
    wrong = flat[(places < 0) | (places >= count)]
    if len(wrong):
        span = f"{chosen} to {count - 1 + chosen:,}"
        raise fail(f"{_some(wrong)} is none of the {count:,} training pictures, which are {span}", None)
    found, times = np.unique(places, return_counts=True)
    repeated = tuple(names.name(int(i)) for i in found[times > 1])
    return found, repeated, f"{len(flat):,} {'number' if len(flat) == 1 else 'numbers'}, counted from {chosen}"


def _base(flat: Numbers, count: int, base: Base | None, names: Names, where: str | None) -> Base:
    has_zero, has_last = bool((flat == 0).any()), bool((flat == count).any())
    if has_zero and has_last:
        what = f"holds both 0 and {count:,}, the number of training pictures: it counts neither from 0 nor from 1"
        raise _failing(where)(what, None)
    if base is not None:
        if (base == 1 and has_zero) or (base == 0 and has_last):
            held = "0" if has_zero else f"{count:,}, the number of training pictures,"
            raise _failing(where)(f"holds {held} and so does not count from {base}", SAY_BASE)
        return base
    if has_zero or has_last:
        return 0 if has_zero else 1
    if (flat > count).any():
        return 0  # it is out of range either way, and that is said
    first = int(flat[0])
    raise BaseUnsaid((names.name(first), names.name(first - 1)), where=where)


def _named(positions: NDArray[Any], fail: Callable[[str, str | None], ForgetError]) -> NDArray[np.int64]:
    if not len(positions):
        raise fail("is a mask that names no picture", None)
    return positions.astype(np.int64)


def _failing(where: str | None) -> Callable[[str, str | None], ForgetError]:
    return lambda what, todo: ForgetError(what, where=where, todo=todo)


def _some(numbers: Numbers) -> str:
    return name_some([str(each) for each in np.unique(numbers)[:_SHOWN]], _SHOWN)


class _Odd(ValueError):
    """A file that is whole and is no list; said as it stands."""


def _array(raw: bytes) -> Numbers:
    """:raises ValueError: it is damaged, or says to be larger than it is."""
    stream = io.BytesIO(raw)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise _Odd("holds objects that could run code, and none was executed")
    if int(np.prod(shape, dtype=object)) * dtype.itemsize > len(raw):
        raise _Odd("says to be larger than it is")
    stream.seek(0)
    found: Numbers = np.load(stream, allow_pickle=False)
    return found


def _only_member(raw: bytes) -> Numbers:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = archive.infolist()
        if len(members) != 1:
            raise _Odd(f"holds {len(members)} arrays: which one is the list is not known")
        if members[0].file_size > MOST:
            raise _Odd(f"is larger than {MOST / 2**20:,.0f} MiB")
        return _array(archive.read(members[0]))
