"""Lists of pictures in all forms that are read: text, arrays of NumPy, and tensors of PyTorch."""

from __future__ import annotations

import io
import pickle
import warnings
import zipfile
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.events import Ended, Event, Progress, Started
from maga_desk.domain.lists.among import LookedUp
from maga_desk.domain.lists.found import finished
from maga_desk.domain.lists.names import bytes_of_list
from maga_desk.domain.lists.numbers import ARRAYS, TENSORS, Content, Numbers, of_list, read_content
from maga_desk.domain.lists.reading import HASH, ListChoice, ListReading, hashes_in, reading
from maga_desk.domain.outside import MOST
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.run import DataSpec
from maga_desk.services.file_hashes import FileHashes, hashing
from maga_desk.services.keeping import kept_shelf


def read_any_list(path: str | Path) -> Content:
    """A list's text, or the numbers in a file of arrays or tensors. Nothing in it is executed.

    :raises ForgetError: it cannot be read, or holds no one list.
    """
    if Path(path).suffix.lower() not in TENSORS:
        return read_content(path)
    raw = bytes_of_list(path)
    try:
        return _numbers(_held(raw), str(path))
    except pickle.UnpicklingError as error:
        what = "it holds objects that could run code, and none was executed"
        raise ForgetError(what, where=str(path), todo="save a plain tensor or list") from error
    except (RuntimeError, ValueError, EOFError, KeyError, TypeError, IndexError, OSError) as error:
        raise ForgetError("damaged, or no PyTorch file of plain numbers", where=str(path)) from error


def hashes_asked(forget: ForgetSpec) -> frozenset[str]:
    """The SHA-256 that a spec's list holds.

    :raises ForgetError: it cannot be read.
    """
    if not forget.files or forget.files_as not in ("", HASH):
        return frozenset()
    is_array = Path(forget.files).suffix.lower() in (*TENSORS, *ARRAYS)
    return frozenset() if is_array else hashes_in(read_any_list(forget.files))


def hashes_for(
    forget: ForgetSpec, images: ImageSet, data: DataSpec, control: RunControl
) -> Generator[Event, None, FileHashes | None]:
    """Hash the pictures' files where a spec's list has hashes in it.

    :raises ForgetError: the list cannot be read.
    :raises Cancelled: in between.
    """
    wanted = hashes_asked(forget)
    return (yield from hashing(images, data, kept_shelf(), control, wanted)) if wanted else None


def hashes_now(forget: ForgetSpec, images: ImageSet, data: DataSpec) -> FileHashes | None:
    """Likewise, at once: what was read before is kept."""
    return finished(hashes_for(forget, images, data, RunControl()))


def _held(raw: bytes) -> Any:
    import torch

    if zipfile.is_zipfile(io.BytesIO(raw)):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(member.file_size for member in archive.infolist()) > 2 * MOST:
                raise ValueError("too large")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of how a stranger's file was pickled
        return torch.load(io.BytesIO(raw), map_location="cpu", weights_only=True)


def _numbers(held: Any, where: str) -> Numbers:
    import torch

    if isinstance(held, list | tuple):
        return np.array(held) if held and all(isinstance(each, str) for each in held) else of_list(held, where)
    if not isinstance(held, torch.Tensor) or held.layout != torch.strided or held.is_quantized:
        raise ForgetError("holds no plain tensor or list", where=where, todo="save a tensor of whole numbers")
    if held.numel() * held.element_size() > held.untyped_storage().nbytes():
        raise ForgetError("says to be larger than it is", where=where)
    found: Numbers = (held.float() if held.dtype == torch.bfloat16 else held.detach()).numpy()
    return found


@dataclass(frozen=True)
class ListRead:
    """A list that was read for a person to see first.

    :param content: what it holds, to be read again in another way.
    :param among: what it was looked up among, hashes too where the files were read for it.
    """

    content: Content
    among: LookedUp
    reading: ListReading


def reading_list(
    source: Content | Path,
    among: Callable[[], LookedUp],
    choice: ListChoice,
    images: ImageSet,
    data: DataSpec,
    control: RunControl,
) -> Generator[Event, None, ListRead]:
    """Read a list, and the pictures' files first where it holds hashes.

    :param source: a file, or what was pasted.
    :param among: makes what it is looked up among.
    :raises ForgetError: it cannot be read.
    :raises Cancelled: in between.
    """
    where = str(source) if isinstance(source, Path) else None
    yield Started("Reading the list")
    content = read_any_list(source) if isinstance(source, Path) else source
    control.checkpoint()
    looked = among()
    read = yield from _reading(content, looked, choice, where, control)
    if read.unsaid == "hashes":
        hashes = yield from hashing(images, data, kept_shelf(), control, hashes_in(content))
        looked = looked.with_hashes(hashes.find)
        read = yield from _reading(content, looked, choice, where, control)
        if hashes.gone and read.found is not None:
            count = len(hashes.gone)
            lost = "1 picture's file is" if count == 1 else f"{count:,} pictures' files are"
            said = f"{read.found.counted} {lost} not there any more and could not be compared."
            read = replace(read, found=replace(read.found, counted=said))
    yield Ended("finished")
    return ListRead(content, looked, read)


def _reading(
    content: Content, among: LookedUp, choice: ListChoice, where: str | None, control: RunControl
) -> Generator[Event, None, ListReading]:
    steps = reading(content, among, choice, where=where)
    while True:
        try:
            done = next(steps)
        except StopIteration as end:
            read: ListReading = end.value
            return read
        control.checkpoint()
        yield Progress("Reading the list", done, 0)
