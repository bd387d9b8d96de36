"""The weights of a program that ``torch.export`` wrote (``.pt2``): bytes and a table of them. Its graph is not read.

The layout is that of ``torch.export.pt2_archive`` (PyTorch 2.8 and later), and before it a state dict beside the graph.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.outside import json_of

_TABLE, _EARLIER = "model_weights_config.json", "serialized_state_dict.pt"
_DTYPES = {
    1: torch.uint8,
    2: torch.int8,
    3: torch.int16,
    4: torch.int32,
    5: torch.int64,
    6: torch.float16,
    7: torch.float32,
    8: torch.float64,
    12: torch.bool,
    13: torch.bfloat16,
}
"""Numbers of formats, as ``torch._export.serde.schema.ScalarType`` has them."""


def is_exported(names: list[str]) -> bool:
    """Whether an archive with these members is such a program."""
    return any(
        "/models/" in name or name.endswith(("serialized_exported_program.json", "archive_format")) for name in names
    )


def earlier_state(path: Path) -> io.BytesIO | None:
    """The state dict as a file of its own, where an earlier PyTorch wrote the program; else ``None``."""
    with zipfile.ZipFile(path) as archive:
        found = next((name for name in archive.namelist() if name.endswith(_EARLIER)), None)
        return None if found is None else io.BytesIO(archive.read(found))


def exported_tensors(path: Path) -> dict[str, Tensor]:
    """The program's parameters and buffers by name, on the CPU.

    :raises CheckpointError: they are not there, or their table does not fit their bytes.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            tables = [name for name in archive.namelist() if name.endswith(_TABLE)]
            if len(tables) != 1:
                raise CheckpointError(
                    "a program written by torch.export, with its weights elsewhere",
                    where=str(path),
                    todo="give the state dict of the net that it was exported from",
                )
            folder = tables[0].removesuffix(_TABLE)
            entries: Mapping[str, Any] = json_of(archive.read(tables[0]))["config"]
            return {name: _tensor(entry, archive, folder) for name, entry in entries.items()}
    except (KeyError, ValueError, TypeError, AttributeError, RuntimeError, OSError, zipfile.BadZipFile) as error:
        raise CheckpointError(
            "a program written by torch.export whose weights cannot be read", where=str(path)
        ) from error


def _tensor(entry: Mapping[str, Any], archive: zipfile.ZipFile, folder: str) -> Tensor:
    """:raises ValueError: it is pickled, of an unknown format, or larger than its bytes."""
    about = entry["tensor_meta"]
    dtype = _DTYPES.get(about["dtype"])
    if entry["use_pickle"] or dtype is None:
        raise ValueError("no plain numbers")
    sizes, strides = ([int(each["as_int"]) for each in about[key]] for key in ("sizes", "strides"))
    first = int(about["storage_offset"]["as_int"])
    if min((*sizes, *strides, first), default=0) < 0:
        raise ValueError("negative sizes")
    if not all(sizes):
        return torch.empty(sizes, dtype=dtype)
    flat = torch.frombuffer(bytearray(archive.read(folder + entry["path_name"])), dtype=dtype)
    last = first + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    if last >= flat.numel():
        raise ValueError("cut off")
    if math.prod(sizes) > flat.numel():
        raise ValueError("claims more values than it has")
    return flat.as_strided(sizes, strides, first).clone()
