"""Opening a file of weights, whatever wrote it, as a tree of plain values, tensors and stand-ins."""

from __future__ import annotations

import io
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.outside import json_of, read_text
from maga_desk.models.reading import inert
from maga_desk.models.reading.exported import earlier_state, exported_tensors, is_exported

SAFETENSORS, PYTORCH, TORCHSCRIPT, EXPORTED = "safetensors", "PyTorch", "TorchScript", "torch.export"
_EXPECTED = "expected safetensors or a PyTorch state dict"
_INDEX = ".index.json"
_FOREIGN = (
    (b"\x89HDF", "HDF5, as Keras writes it"),
    (b"GGUF", "GGUF, of a language model"),
    (b"PK\x05\x06", "an empty archive"),
    (b"\x1f\x8b", "packed with gzip: unpack it first"),
    (b"7z\xbc\xaf", "packed with 7-Zip: unpack it first"),
    (b"Rar!", "packed with RAR: unpack it first"),
    (b"version https://git-lfs", "a pointer of Git LFS: fetch the file itself with `git lfs pull`"),
    (b"<!DOC", "a web page: the download did not give the file"),
    (b"<html", "a web page: the download did not give the file"),
)
"""Beginnings of files that are none of ours, and what they are."""


@dataclass(frozen=True)
class Raw:
    """What a file holds.

    :param tree: mappings, lists, plain values, tensors on the CPU and :class:`~maga_desk.models.reading.inert.Inert`.
    :param kind: what wrote it: ``safetensors``, ``PyTorch``, ``TorchScript``, ``torch.export``.
    :param metadata: texts beside the tensors of a safetensors file.
    """

    tree: Any
    kind: str
    path: Path
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_file(path: Path) -> Raw:
    """Read a file without running anything of it.

    :raises CheckpointError: missing, no weights in it, or a pickle that wants to run code.
    """
    if not path.is_file():
        raise CheckpointError("there is no such file", where=str(path))
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise CheckpointError(f"cannot be read ({error.strerror})", where=str(path)) from error
    if path.name.endswith(_INDEX):
        return _sharded(path)
    if head[8:9] == b"{":  # safetensors: the header's length, then JSON
        return _safetensors(path)
    if zipfile.is_zipfile(path) and head[:2] == b"PK":
        return _zip(path)
    if head[:1] == b"\x80" or head[:8] == b"storages" or _is_tar(head, path):
        return Raw(_torch(path), PYTORCH, path)
    for beginning, what in _FOREIGN:
        if head.startswith(beginning):
            raise CheckpointError(f"not a checkpoint: {what}", where=str(path), todo=_EXPECTED)
    if path.suffix == ".onnx" or head[:1] == b"\x08":
        raise CheckpointError(
            "an ONNX file, which cannot be trained on",
            where=str(path),
            todo="give the PyTorch file that it was exported from",
        )
    raise CheckpointError("not a checkpoint", where=str(path), todo=_EXPECTED)


def _is_tar(head: bytes, path: Path) -> bool:
    import tarfile

    return bool(head) and tarfile.is_tarfile(path)


def _safetensors(path: Path) -> Raw:
    try:
        with safetensors.safe_open(path, framework="pt") as stream:
            metadata = stream.metadata() or {}
        return Raw(safetensors.torch.load_file(path), SAFETENSORS, path, metadata)
    except (safetensors.SafetensorError, OSError) as error:
        raise CheckpointError(f"not a readable safetensors file ({error})", where=str(path)) from error


def _zip(path: Path) -> Raw:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
            _check_packed(archive, path)
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        NotImplementedError,
    ) as error:  # names that are no text, among others
        raise CheckpointError("not a checkpoint: a damaged archive", where=str(path), todo=_EXPECTED) from error
    names = [name.partition("/")[2] for name in members]
    if "constants.pkl" in names or any(name.startswith("code/") for name in names):
        return Raw(_torchscript(path), TORCHSCRIPT, path)
    if is_exported(members):
        earlier = earlier_state(path)
        return Raw(exported_tensors(path) if earlier is None else _torch(path, earlier), EXPORTED, path)
    if any(name.endswith(".npy") for name in names) or path.suffix == ".npz":
        return Raw(_numpy(path), "NumPy", path)
    if "data.pkl" not in names:
        raise CheckpointError("a zip archive without weights", where=str(path), todo=_EXPECTED)
    return Raw(_torch(path), PYTORCH, path)


_HARMLESS, _USUAL_RATIO = 2**28, 20  # bytes that unpacking adds; weights hardly pack at all


def _check_packed(archive: zipfile.ZipFile, path: Path) -> None:
    """:raises CheckpointError: its members unpack to far more than weights can, or its pickle to more than a table."""
    added = sum(each.file_size - each.compress_size for each in archive.infolist())
    if added > max(_HARMLESS, _USUAL_RATIO * path.stat().st_size):
        raise CheckpointError(
            f"not a checkpoint: it unpacks to {added / 2**30:,.1f} GB, as archive bombs do", where=str(path)
        )
    tables = [each for each in archive.infolist() if each.filename.endswith("data.pkl")]
    if any(each.file_size > _HARMLESS and each.file_size > 2 * each.compress_size for each in tables):
        raise CheckpointError("not a checkpoint: its pickle is a bomb", where=str(path))


def _torch(path: Path, content: io.BytesIO | None = None) -> Any:
    """What ``torch.save`` wrote.

    :param content: of a file inside of an archive.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's notes on odd pickles: the answers below say enough
            return torch.load(content or path, map_location="cpu", pickle_module=inert, weights_only=False)
    except inert.RefusedCall as error:
        raise refusal(path, error.what) from error
    except RecursionError as error:
        raise CheckpointError("not a checkpoint: nested too deeply", where=str(path), todo=_EXPECTED) from error
    except Exception as error:  # torch and its unpickler stumble in many ways over what is no checkpoint
        refused = error.__cause__ or error.__context__
        if isinstance(refused, inert.RefusedCall):
            raise refusal(path, refused.what) from error
        raise CheckpointError("not a checkpoint, or a damaged one", where=str(path), todo=_EXPECTED) from error


def refusal(path: Path, what: str) -> CheckpointError:
    """What is said of a pickle that wants to run code."""
    return CheckpointError(
        f"refused: this pickle wants to run code ({what}), and nothing of it was executed",
        where=str(path),
        todo="where it is yours, save the state dict alone: torch.save(model.state_dict(), 'weights.pt')",
    )


def _torchscript(path: Path) -> Any:
    """The tensors of a scripted net, as its archive's pickle names them; none of its code is read."""
    try:
        reader: Any = torch._C.PyTorchFileReader(str(path))

        def storage(saved: tuple[Any, ...]) -> Any:
            _, kind, key, _, count = saved
            dtype = getattr(kind, "dtype", None) or _dtype_of(kind)
            size = count * torch._utils._element_size(dtype)
            data = reader.get_storage_from_record(f"data/{key}", size, torch.UntypedStorage)
            return torch.storage.TypedStorage(wrap_storage=data.untyped_storage(), dtype=dtype, _internal=True)

        unpickler: Any = inert.Unpickler(io.BytesIO(reader.get_record("data.pkl")))
        unpickler.persistent_load = storage
        return unpickler.load()
    except inert.RefusedCall as error:
        raise refusal(path, error.what) from error
    except (RuntimeError, pickle.UnpicklingError, KeyError, ValueError, TypeError, EOFError, IndexError) as error:
        raise CheckpointError("a TorchScript file whose weights cannot be read", where=str(path)) from error


def _dtype_of(kind: Any) -> torch.dtype:
    """The number format of a storage that the pickle names (``torch.FloatStorage``)."""
    name = getattr(kind, "what", "").rpartition(".")[2]
    dtype: torch.dtype = torch.serialization.StorageType(name).dtype
    return dtype


def _numpy(path: Path) -> dict[str, Tensor]:
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    except (ValueError, OSError, TypeError, MemoryError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"not a readable NumPy archive ({error})", where=str(path)) from error


def _sharded(index: Path) -> Raw:
    """All files that an index names (``model.safetensors.index.json``), as one."""
    try:
        places = json_of(read_text(index))["weight_map"]
        shards = sorted({str(name) for name in places.values()})
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise CheckpointError("not an index of shards", where=str(index)) from error
    tree: dict[str, Any] = {}
    kind = SAFETENSORS
    for name in shards:
        if Path(name).name != name:
            raise CheckpointError(f"names a shard outside of its folder: {name}", where=str(index))
        shard = read_file(index.parent / name)
        kind = shard.kind
        if not isinstance(shard.tree, Mapping):
            raise CheckpointError("holds no state dict", where=str(shard.path))
        tree.update(shard.tree)
    missing = sorted(set(places) - tree.keys())
    if missing:
        raise CheckpointError(f"{len(missing)} tensors of the index are in no shard ({missing[0]})", where=str(index))
    return Raw(tree, kind, index)
