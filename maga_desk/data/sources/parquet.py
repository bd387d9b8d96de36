"""Parquet and Arrow files with pictures in them, as the hub and the library ``datasets`` write them.

What a column means (pictures, class names) stands as JSON in the schema, so that pyarrow alone is needed. Labels and
other plain columns are read when listing, pictures a row group at a time when they are looked at.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydantic import Field

from maga_desk.data.sources.arrays import layout_of
from maga_desk.data.sources.columns import ColumnOptions, Roles, further, labels_in, roles, splits_in
from maga_desk.data.sources.decode import decode_rgb
from maga_desk.data.sources.labelled import Labelled, assembled, split_in
from maga_desk.data.sources.named_files import NamedFiles
from maga_desk.data.sources.parquet_files import (
    SUFFIXES,
    Chunk,
    SetFile,
    chosen_set,
    features_of,
    opened_file,
    set_files,
)
from maga_desk.data.sources.parts import LoadedParts, check_count, guarded, located_parts, stamps_of
from maga_desk.data.sources.source import LAID_OUT, SIGNED, Contents, Recognition, Source, SourceRequest
from maga_desk.domain.choices import SourceInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import DataError, name_some

_MOST = 2000  # files


class ParquetOptions(ColumnOptions):
    """Its own keys."""

    set: str = Field("", title="Set", description="Which one, where several lie together: a folder's name")


def recognise(path: Path) -> Recognition | None:
    files = set_files(path)
    if not files:
        return None
    shown = name_some([each.path.name for each in files], 2)
    signed = any(split_in(str(each.path.relative_to(path) if path.is_dir() else each.path.name)) for each in files)
    return Recognition(SIGNED if signed else LAID_OUT, f"{shown}: tables with pictures in them")


def read(request: SourceRequest) -> Contents:
    """Read labels and other plain columns.

    :raises DataError: damaged, or no column of pictures or of classes.
    """
    path, options = Path(request.spec.path or ""), request.options
    assert isinstance(options, ParquetOptions)
    where = str(path)
    files, found = chosen_set(set_files(path), path, options.set)
    check_count(len(files), _MOST, "files", where)
    stamps = stamps_of([each.path for each in files])
    tables = _Tables(files, request.control)
    picture = options.picture or tables.picture(where)
    table = tables.plain(picture)
    known = _roles(table, tables, options, picture, where)
    labels, names = labels_in(table, known, where), tables.names(known.label)
    splits = np.concatenate([np.full(rows, split, dtype="<U5") for rows, split in tables.lengths()])
    said = splits_in(table, known, len(splits))
    given = Labelled(
        labels if names or all(isinstance(each, int) for each in labels) else [_word(each) for each in labels],
        tables.opener(picture, stamps, NamedFiles(path if path.is_dir() else path.parent), where),
        stamps,
        np.where(said == "", splits, said),
        names,
        tables.stems(picture),
        columns=further(table, known),
        group=known.group or None,
        found=found.guessed(*known.guesses),
    )
    return assembled(given, where, options.split_seed)


def _word(value: Any) -> str:
    return "" if value is None else str(value)


def _roles(
    table: Mapping[str, Sequence[Any]], tables: _Tables, options: ColumnOptions, picture: str, where: str
) -> Roles:
    """As for any table, but a column whose classes have names is the likeliest."""
    named = [name for name in table if tables.names(name)]
    options = options.model_copy(update={"picture": picture})
    if not options.label and len(named) == 1:
        options = options.model_copy(update={"label": named[0]})
        return roles(table, options, lambda name: name == picture, where)
    known = roles(table, options, lambda name: name == picture, where)
    if len(named) > 1 and not options.label:
        known = replace(known, guesses=(*known.guesses, f"Columns with class names: {name_some(named)}."))
    return known


class _Tables:
    """All files of a set, by their schemas."""

    def __init__(self, files: Sequence[SetFile], control: RunControl) -> None:
        self._splits = [each.split for each in files]
        self._chunks = list[list[Chunk]]()
        self.schema: Any = None
        for each in files:
            control.checkpoint()
            schema, chunks = opened_file(each.path)
            if self.schema is None:
                self.schema = schema
            elif set(schema.names) != set(self.schema.names):
                raise DataError("it has other columns than the files beside it", where=str(each.path), todo=(
                    f"columns: {name_some(schema.names, 8)}"))  # fmt: skip
            self._chunks.append(chunks)
        self._features = features_of(self.schema, files[0].path)

    def lengths(self) -> Iterator[tuple[int, str]]:
        """Rows and split of each file."""
        for split, chunks in zip(self._splits, self._chunks, strict=True):
            yield sum(each.rows for each in chunks), split

    def names(self, column: str) -> list[str] | None:
        """A column's class names."""
        about = self._features.get(column)
        names = about.get("names") if isinstance(about, Mapping) and about.get("_type") == "ClassLabel" else None
        return [str(each) for each in names] if isinstance(names, list) else None

    def picture(self, where: str) -> str:
        """The column with pictures: what the schema says, else what looks like it.

        :raises DataError: there is none.
        """
        from pyarrow import types

        said = [
            name
            for name, about in self._features.items()
            if isinstance(about, Mapping) and about.get("_type") == "Image"
        ]
        kinds = {name: self.schema.field(name).type for name in self.schema.names}
        bytes_ = [name for name, kind in kinds.items() if types.is_struct(kind) and kind.get_field_index("bytes") >= 0]
        binary = [name for name, kind in kinds.items() if types.is_binary(kind) or types.is_large_binary(kind)]
        nested = [name for name, kind in kinds.items() if _is_nested(kind) and name.lower() not in ("label", "labels")]
        paths = [name for name in ("image", "img", "path", "file_name", "file", "filename") if name in kinds]
        found = next((some for some in (said, bytes_, binary, nested, paths) if some), [])
        found = [name for name in found if name in kinds]
        if not found:
            raise DataError(
                f"no column of pictures (it has {name_some(self.schema.names, 12)})", where=where, todo="name one in "
                "[data.options] picture",
            )  # fmt: skip
        return found[0]

    def plain(self, picture: str) -> dict[str, list[Any]]:
        """Every column of text, numbers or lists of them; of the pictures only that they are there."""
        from pyarrow import types

        if picture not in self.schema.names:
            raise DataError(f"no column is called {picture!r}", where="[data.options] picture", todo=(
                f"it has: {name_some(self.schema.names, 12)}"))  # fmt: skip
        found: dict[str, list[Any]] = {picture: [None] * sum(rows for rows, _ in self.lengths())}
        for name in self.schema.names:
            kind = self.schema.field(name).type
            kind = kind.value_type if types.is_dictionary(kind) else kind
            small = (
                types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind) or types.is_boolean(kind)
            )
            flat = types.is_floating(kind) or (types.is_list(kind) and types.is_integer(kind.value_type))
            if name != picture and (small or flat):
                found[name] = [
                    value for chunks in self._chunks for each in chunks for value in each.read(name).to_pylist()
                ]
        return found

    def stems(self, picture: str) -> list[str] | None:
        """The files' names, where every picture has one of its own."""
        from pyarrow import types

        kind = self.schema.field(picture).type
        if not types.is_struct(kind) or kind.get_field_index("path") < 0:
            return None
        found = [value for each in self._all() for value in each.read(f"{picture}.path").to_pylist()]
        return found if all(found) and len(set(found)) == len(found) else None

    def _all(self) -> list[Chunk]:
        return [each for chunks in self._chunks for each in chunks]

    def opener(self, picture: str, stamps: Any, files: NamedFiles, where: str) -> Callable[[int], Image.Image]:
        """Opens the picture of a row."""
        chunks = self._all()
        parts = LoadedParts([(str(each.path), partial(each.read, picture)) for each in chunks], stamps)
        located = located_parts([each.rows for each in chunks])

        def opened(position: int) -> Image.Image:
            part, place = located(position)
            return _picture(parts[part][place].as_py(), files, where)

        return guarded(opened)


def _is_nested(kind: Any) -> bool:
    from pyarrow import types

    kind = getattr(kind, "storage_type", kind)
    return bool(types.is_list(kind) and types.is_list(kind.value_type))


def _picture(value: Any, files: NamedFiles, where: str) -> Image.Image:
    if isinstance(value, Mapping):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, bytes):
        return decode_rgb(io.BytesIO(value), "a picture in it")
    if isinstance(value, str):
        path = files.find(value)
        if path is None:
            raise DataError("there is no such file", where=value)
        return decode_rgb(path)
    if isinstance(value, list):
        array = np.asarray(value)[None]
        return layout_of("it", array.astype(np.uint8) if array.dtype.kind in "iu" else array, where)[0].picture(
            array[0]
        )
    raise DataError("there is no picture in this row", where=where)


SOURCE = Source(
    SourceInfo(
        name="parquet",
        title="Parquet or Arrow",
        summary="Data sets of the Hugging Face hub (data/train-*.parquet) and what save_to_disk of datasets writes.",
        path="folder or file",
        path_help="a folder with .parquet or .arrow files, or one of them",
        suffixes=SUFFIXES,
        options=ParquetOptions,
    ),
    read,
    recognise,
)
