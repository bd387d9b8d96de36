"""Nets that a person's own Python file builds: ``model.py:build``. It runs only after a yes for that file's content."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from maga_desk.domain import architecture
from maga_desk.domain.choices import FamilyInfo
from maga_desk.domain.errors import CheckpointError, CodeError
from maga_desk.domain.outside import read_bytes
from maga_desk.domain.own_code import PREFIX, is_agreed, own_code
from maga_desk.domain.settings import SettingsFile
from maga_desk.models.families.family import Family

_COUNT_NAMES = ("classes", "num_classes", "n_classes", "nb_classes", "num_labels", "num_class", "out_features")


def architectures() -> Mapping[str, str]:
    """None can be listed: they are wherever a person has them."""
    return {}


def full_text(arch: str) -> str:
    """The text of an architecture that names a Python file, with its place in full and its digest, so that another file
    of that name is noticed; other texts as they are.

    :raises CheckpointError: there is no such file.
    """
    code = own_code(arch)
    if code is None or architecture.split(arch)[1]:
        return arch
    return architecture.join(code.name, {"sha256": _digest(_content(code.file))})


def build(name: str, classes: int, *, sha256: str | None = None) -> nn.Module:
    """Call the function with the number of classes, where it takes one.

    :param name: ``/home/me/model.py:build``, without the prefix.
    :param sha256: of the file when the architecture's text was written down.
    :raises CodeError: nobody agreed that this file runs; it did not.
    :raises CheckpointError: no such file or function; it has changed since; it failed, or gave no net.
    """
    file = _place(name)
    content = _content(file)
    digest = _digest(content)
    if sha256 is not None and sha256 != digest:
        raise CheckpointError(
            f"has changed since it was named (sha256 {sha256[:12]}, now {digest[:12]})",
            where=str(file),
            todo=f'if the change is meant, set [model] arch = "{name}"',
        )
    if not is_agreed(digest, SettingsFile().values.code.agreed):
        raise CodeError(
            "builds the net, and running it needs your yes; nothing of it was run",
            file=str(file),
            sha256=digest,
            todo=f"read it, then: maga-desk trust {file}",
        )
    wanted = own_code(name)
    assert wanted is not None
    made = getattr(_loaded(file, content), wanted.function, None)
    if not callable(made):
        raise CheckpointError(f"has no function or class '{wanted.function}'", where=str(file))
    with _own_faults(file):
        net = _called(made, classes)
    if not isinstance(net, nn.Module):
        raise CheckpointError(f"'{wanted.function}' gives {type(net).__name__}, not a torch.nn.Module", where=str(file))
    return net


def _place(name: str) -> Path:
    found = own_code(name)
    if found is None:
        raise CheckpointError(f"'{name}' names no function of a Python file", todo="write it as model.py:build")
    return found.file


def _content(file: Path) -> bytes:
    try:
        return read_bytes(file.expanduser())
    except OSError as error:
        raise CheckpointError(f"cannot be read ({error.strerror})", where=str(file)) from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=8)
def _loaded(file: Path, content: bytes) -> ModuleType:
    """The file as a module, run once: exactly the content that was agreed to. Its folder is on the path meanwhile."""
    module = ModuleType(f"own_{_digest(content)[:12]}")
    module.__file__ = str(file)
    folder = str(file.expanduser().absolute().parent)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    sys.path.insert(0, folder)
    try:
        with _own_faults(file):
            exec(compile(content, str(file), "exec"), module.__dict__)
    except CheckpointError:
        del sys.modules[module.__name__]
        raise
    finally:
        sys.path.remove(folder)
    return module


def _called(made: Callable[..., Any], classes: int) -> Any:
    """With the number of classes, where it is asked for: by its name, or as the first parameter without a default."""
    try:
        parameters = inspect.signature(made).parameters.values()
    except (TypeError, ValueError):
        return made(classes)
    for each in parameters:
        if each.name in _COUNT_NAMES and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY):
            return made(**{each.name: classes})
    asked = [each for each in parameters if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD]
    return made(classes) if asked else made()


@contextmanager
def _own_faults(file: Path) -> Iterator[None]:
    """What a person's code raises, told as a fault of their file.

    :raises NotImplementedError: it is asked for the shapes alone, without memory, and cannot do without.
    """
    try:
        yield
    except CheckpointError:
        raise
    except Exception as error:
        if torch.empty(0).device.type == "meta":
            raise NotImplementedError(str(error)) from error
        raise CheckpointError(f"failed: {type(error).__name__}: {error}", where=str(file)) from error


FAMILY = Family(
    FamilyInfo(
        name="python",
        title="Your own Python file",
        summary="A function of yours gives the net: model.py:build. It runs only after your yes.",
        prefix=PREFIX,
    ),
    architectures,
    build,
)
