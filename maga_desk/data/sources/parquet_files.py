"""The Parquet and Arrow files of a set: which there are, in which split, and how their columns are opened."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from maga_desk.data.sources.labelled import split_in
from maga_desk.data.sources.parts import check_unpacked
from maga_desk.domain.accounting import Accounting, PassedOver
from maga_desk.domain.errors import DataError, name_some
from maga_desk.domain.outside import json_of

SUFFIXES = (".parquet", ".arrow")
_DEPTH = 4


def _ending(folder: str, ends: tuple[str, ...], depth: int) -> Iterator[str]:
    """Paths of files that end so, as many folders deep; in one pass, as there may be very many others."""
    with suppress(PermissionError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(ends):
                yield entry.path
            if depth > 1 and entry.is_dir():
                yield from _ending(entry.path, ends, depth - 1)


@dataclass(frozen=True)
class SetFile:
    """One of the files.

    :param set: the folder's name, where several sets lie together; ``split``: ``train``, ``val``, ``test`` or none.
    """

    path: Path
    set: str
    split: str


@dataclass(frozen=True)
class Chunk:
    """Rows that are read together: a row group, or an Arrow file."""

    path: Path
    rows: int
    read: Callable[[str], Any]


def set_files(path: Path) -> list[SetFile]:
    """What ends like such a file; beside a path that names a split's file, all of its folder."""
    if path.is_file():
        if path.suffix.lower() not in SUFFIXES:
            return []
        if not split_in(path.name):
            return [SetFile(path, "", "")]
        beside = sorted(each for each in path.parent.iterdir() if each.suffix == path.suffix and split_in(each.name))
        return [SetFile(each, "", split_in(each.name)) for each in beside]
    return next(filter(None, _below(path).values()), [])


def _below(path: Path) -> dict[str, list[SetFile]]:
    """The tables below a folder by how they end, with the set and the split that their places say."""
    found = {end: list[SetFile]() for end in SUFFIXES}
    try:
        files = sorted(Path(file) for file in _ending(os.fspath(path), SUFFIXES, _DEPTH))
    except OSError:
        return found
    for file in files:
        if file.name.startswith("cache-"):
            continue
        *folders, name = file.relative_to(path).parts
        splits = [split for part in (name, *reversed(folders)) if (split := split_in(part))]
        own = [part for part in folders if not split_in(part) and part.lower() != "data"]
        found[file.suffix].append(SetFile(file, "/".join(own), splits[0] if splits else ""))
    return found


def chosen_set(files: list[SetFile], path: Path, name: str) -> tuple[list[SetFile], Accounting]:
    """The files of one set, training pictures first, and what lies beside them.

    :param name: of the set, where several lie here.
    :raises DataError: there is none, or several and no name.
    """
    if not files:
        raise DataError("no .parquet or .arrow files in it", where=str(path))
    sets = sorted({each.set for each in files})
    wanted = [each for each in sets if name in (each, each.rpartition("/")[2])] if name else sets
    if len(wanted) != 1:
        raise DataError(
            f"{len(sets)} sets lie here: {name_some([each or '(without a folder)' for each in sets], 8)}",
            where=str(path),
            todo="name one in [data.options] set",
        )
    taken = [each for each in files if each.set == wanted[0]]
    taken.sort(key=lambda each: (("train", "val", "test", "").index(each.split), each.path))
    suffix = taken[0].path.suffix.lower()
    kind = "Parquet" if suffix == ".parquet" else "Arrow"
    found = Accounting(layout=f"{kind}: {name_some([each.path.name for each in taken], 3)}")
    below = {} if path.is_file() else _below(path)
    groups = {
        "of other sets": [each for each in files if each.set != wanted[0]],
        "tables of another kind": [each for end, some in below.items() if end != suffix for each in some],
    }
    passed = [
        PassedOver(why, tuple(each.path.relative_to(path).as_posix() for each in some))
        for why, some in groups.items()
        if some
    ]
    return taken, replace(found, others=tuple(passed))


def opened_file(path: Path) -> tuple[Any, list[Chunk]]:
    """A file's schema and its rows.

    :raises DataError: it is damaged, or would take too much memory.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.suffix.lower() == ".arrow":
            table = _mapped(path)
            return table.schema, [Chunk(path, table.num_rows, partial(_arrow_column, path))]
        with pq.ParquetFile(path) as file:
            groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
            for group in groups:
                columns = [group.column(i) for i in range(group.num_columns)]
                largest = max(columns, key=lambda each: each.total_uncompressed_size, default=None)
                if largest is not None:
                    packed = min(largest.total_compressed_size, path.stat().st_size)
                    check_unpacked(largest.path_in_schema, largest.total_uncompressed_size, packed, str(path))
            chunks = [Chunk(path, group.num_rows, partial(_group_column, path, i)) for i, group in enumerate(groups)]
            return file.schema_arrow, chunks
    except (OSError, pa.ArrowException, ValueError) as error:
        raise DataError(f"damaged, or no such file ({_short(error)})", where=str(path)) from error


def _mapped(path: Path) -> Any:
    import pyarrow as pa

    with open(path, "rb") as stream:
        random = stream.read(6) == b"ARROW1"
    source = pa.memory_map(str(path))
    reader = pa.ipc.open_file(source) if random else pa.ipc.open_stream(source)
    return reader.read_all()


def _arrow_column(path: Path, name: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        name, _, field = name.partition(".") if name.endswith(".path") else (name, "", "")
        column = _mapped(path).column(name)
        column = pc.struct_field(column, field) if field else column
        column.validate(full=True)  # a stranger's offsets may point anywhere
        return column
    except (OSError, pa.ArrowException, ValueError) as error:
        raise DataError(f"damaged ({_short(error)})", where=str(path)) from error


def _group_column(path: Path, group: int, name: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            column = file.read_row_group(group, columns=[name]).column(0)
            return pc.struct_field(column, "path") if name.endswith(".path") else column
    except (OSError, pa.ArrowException, ValueError, KeyError) as error:
        raise DataError(f"damaged ({_short(error)})", where=str(path)) from error


def _short(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error))[:120]


def features_of(schema: Any, file: Path) -> Mapping[str, Any]:
    """What the library ``datasets`` notes of each column, in the schema or in a file beside it."""
    try:
        noted = json_of((schema.metadata or {}).get(b"huggingface", b"{}"))
        found = noted.get("info", {}).get("features")
        if not found and (file.parent / "dataset_info.json").is_file():
            found = json_of((file.parent / "dataset_info.json").read_bytes()).get("features")
    except (ValueError, AttributeError, OSError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
