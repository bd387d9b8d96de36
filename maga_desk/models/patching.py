"""The difference between two nets of one architecture, exact to the last bit, as one small file.

A safetensors file. A tensor that did not change is not in it. Of one that did there is whichever is smaller: its new
values, or the exclusive or of old and new bits, its bytes in planes (first all lowest bytes) and deflated: where values
changed little, sign and exponent are mostly zeros. Metadata ``maga_desk_patch`` (JSON) say which original it is for and
how each tensor is made; hashes tell a cut or edited patch, another original, and a result that is not the net.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor

from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.outside import json_of
from maga_desk.models.reading.weights import State

PATCH_KEY = "maga_desk_patch"
PATCH_FORMAT = 1
"""Raised when a reader of this version could not use what a later one writes."""

_VALUES, _XOR = "values", "xor"
WHOLE = "ask for it again: a patch that was cut or edited is never applied"
"""What to do about a patch that cannot be used."""


@dataclass(frozen=True)
class Patch:
    """A patch, read and found whole.

    :param original: SHA-256 of the file that it applies to; ``original_name``: what that was called.
    :param result: digest of the tensors that come of it (:func:`digest_of`).
    :param info: the text that goes into the result's metadata.
    :param changed: values that differ, of ``values`` in all.
    """

    original: str
    original_name: str
    result: str
    info: str
    changed: int
    values: int
    tensors: Mapping[str, Mapping[str, Any]]
    stored: Mapping[str, Tensor]

    @property
    def changed_tensors(self) -> int:
        """How many tensors differ."""
        return sum(how["how"] != "same" for how in self.tensors.values())

    @property
    def share(self) -> float:
        """Percent of all values that differ."""
        return 100 * self.changed / max(1, self.values)


def digest_of(state: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, formats, shapes and bytes of tensors, in the order of their names."""
    found = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name]
        found.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        found.update(_bytes(tensor).tobytes())
    return found.hexdigest()


def make_patch(before: State, after: State, *, original: str, original_name: str, info: str) -> bytes:
    """The patch's file.

    :param before: the original's tensors under the names that ``after`` has; contiguous, on the CPU.
    :param original: SHA-256 of the original's file.
    :param info: the text of the result's metadata.
    """
    tensors: dict[str, dict[str, Any]] = {}
    stored: State = {}
    changed = 0
    for name, new in after.items():
        old = before.get(name)
        alike = old is not None and old.shape == new.shape and old.dtype == new.dtype
        tensors[name] = {"how": _VALUES}
        if old is None or not alike:
            changed += new.numel()
            stored[name] = new
            continue
        bits = _bytes(old) ^ _bytes(new)
        different = int(bits.reshape(new.numel(), new.element_size()).any(axis=1).sum())
        changed += different
        if not different:
            tensors[name] = {"how": "same"}
            continue
        planes = np.ascontiguousarray(bits.reshape(new.numel(), new.element_size()).T)
        squeezed = zlib.compress(planes.tobytes(), 6)
        if len(squeezed) < new.numel() * new.element_size():
            tensors[name] = {"how": _XOR}
            stored[name] = torch.frombuffer(bytearray(squeezed), dtype=torch.uint8)
        else:
            stored[name] = new
    said = {
        "format": PATCH_FORMAT,
        "original": original,
        "original_name": original_name,
        "result": digest_of(after),
        "info": info,
        "changed": changed,
        "values": sum(tensor.numel() for tensor in after.values()),
        "tensors": tensors,
    }
    said["seal"] = _seal(said, stored)
    return safetensors.torch.save(stored, metadata={PATCH_KEY: json.dumps(said)})


def read_patch(path: Path) -> Patch:
    """A patch from a file.

    :raises CheckpointError: it is none, was cut or edited, or a newer version wrote it.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as stream:
            text = (stream.metadata() or {}).get(PATCH_KEY)
            stored = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118  # it is no mapping
    except OSError as error:
        raise CheckpointError(f"cannot be read ({error})", where=str(path)) from error
    except safetensors.SafetensorError as error:
        raise CheckpointError("is no patch, or one that was cut", where=str(path), todo=WHOLE) from error
    if text is None:
        raise CheckpointError("is no patch", where=str(path), todo="name the file that `export --format patch` wrote")
    try:
        said = json_of(text)
        if int(said["format"]) > PATCH_FORMAT:
            raise CheckpointError("was written by a newer version of this program", where=str(path), todo="update it")
        if said.pop("seal") != _seal(said, stored):
            raise ValueError("another seal")
        return Patch(
            original=str(said["original"]),
            original_name=str(said["original_name"]),
            result=str(said["result"]),
            info=str(said["info"]),
            changed=int(said["changed"]),
            values=int(said["values"]),
            tensors={str(name): dict(how) for name, how in said["tensors"].items()},
            stored=stored,
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RuntimeError) as error:
        raise CheckpointError("was edited, or is damaged", where=str(path), todo=WHOLE) from error


def apply_patch(patch: Patch, before: State, *, where: str) -> State:
    """The net's tensors, proved to be the very same bits.

    :param before: the original's tensors under the net's names; contiguous, on the CPU.
    :param where: the patch's file, for messages.
    :raises CheckpointError: they are not.
    """
    try:
        after = dict(_applied(patch, before))
    except (KeyError, ValueError, TypeError, RuntimeError, zlib.error) as error:
        raise CheckpointError("does not fit the original", where=where, todo=WHOLE) from error
    if digest_of(after) != patch.result:
        raise CheckpointError("does not give the net that it was made from", where=where, todo=WHOLE)
    return after


def _applied(patch: Patch, before: State) -> Iterator[tuple[str, Tensor]]:
    for name, how in patch.tensors.items():
        if how["how"] == _VALUES:
            yield name, patch.stored[name]
        elif how["how"] == _XOR:
            old, stored = before[name], patch.stored[name]
            if stored.dtype != torch.uint8:
                raise ValueError("bits of another format")
            size = old.numel() * old.element_size()
            unpacking = zlib.decompressobj()
            planes = unpacking.decompress(stored.numpy().tobytes(), size + 1)
            if len(planes) != size:
                raise ValueError("another size")
            bits = np.frombuffer(planes, dtype=np.uint8).reshape(old.element_size(), old.numel()).T.reshape(-1)
            new = torch.from_numpy(np.ascontiguousarray(_bytes(old) ^ bits))
            yield name, new.view(old.dtype).reshape(old.shape)
        else:
            yield name, before[name]


def _bytes(tensor: Tensor) -> NDArray[np.uint8]:
    """All bytes of a contiguous tensor on the CPU, ``(n,) uint8``."""
    found: NDArray[np.uint8] = tensor.detach().reshape(-1).view(torch.uint8).numpy()
    return found


def _seal(said: Mapping[str, Any], stored: Mapping[str, Tensor]) -> str:
    text = json.dumps({key: value for key, value in said.items() if key != "seal"}, sort_keys=True)
    return hashlib.sha256(f"{text}{digest_of(stored)}".encode()).hexdigest()
