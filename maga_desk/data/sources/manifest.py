"""Tables that name pictures and their classes: CSV, TSV, JSON lines, lists of ``path label``."""

from __future__ import annotations

import csv
import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from maga_desk.data.sources.columns import (
    LABEL_NAMES,
    PICTURE_NAMES,
    UNNAMED,
    ColumnOptions,
    Roles,
    Table,
    further,
    labels_in,
    roles,
    splits_in,
)
from maga_desk.data.sources.labelled import Labelled, assembled, split_in
from maga_desk.data.sources.large_tables import bounded, check_json, lines_of
from maga_desk.data.sources.named_files import NamedFiles, found_files, once_each, opening, unnamed
from maga_desk.data.sources.parts import check_count
from maga_desk.data.sources.source import LAID_OUT, SIGNED, Contents, Recognition, Source, SourceRequest
from maga_desk.domain.accounting import Accounting, PassedOver
from maga_desk.domain.choices import SourceInfo
from maga_desk.domain.errors import DataError, name_some
from maga_desk.domain.outside import json_of

_LINES, _OBJECTS = (".csv", ".tsv", ".txt"), (".jsonl", ".ndjson", ".json")
_LARGEST = 2**30  # bytes
_MOST = 50  # tables in a folder
_LOOKED_AT = 5
_CHECKED = 2**18  # bytes, to see what a file is


@dataclass(frozen=True)
class _Manifest:
    path: Path
    split: str


def recognise(path: Path) -> Recognition | None:
    """A table whose first rows name files that are there."""
    for manifest in _manifests(path)[:_MOST]:
        try:
            head = _head(manifest.path)
        except (OSError, DataError, csv.Error, UnicodeError, ValueError, RecursionError):
            continue
        names = {str(name).lower() for name in head}
        labelled = bool(names & set(LABEL_NAMES)) or len(head) > 1
        if head and labelled and _names_files(manifest.path, head):
            sure = SIGNED if names & set(PICTURE_NAMES) else LAID_OUT
            return Recognition(sure, f"{manifest.path.name} names pictures")
        if path.is_file() and names & set(PICTURE_NAMES):
            return Recognition(LAID_OUT, f"{path.name} is a table")
    return None


def read(request: SourceRequest) -> Contents:
    """Read the tables and look whether the files are there; opens no picture.

    :raises DataError: no pictures, no labels, several labels a picture.
    """
    path, options = Path(request.spec.path or ""), request.options
    assert isinstance(options, ColumnOptions)
    where = str(path)
    manifests = _manifests(path)
    check_count(len(manifests), _MOST, "tables", where)
    table, splits, files, used = dict[str, list[Any]](), list[str](), NamedFiles(_base(path, manifests)), list[Path]()
    passed = list[str]()
    for manifest in manifests:
        request.control.checkpoint()
        mine = _table(manifest.path)
        if path.is_dir() and not _names_files(manifest.path, {name: each[:_LOOKED_AT] for name, each in mine.items()}):
            passed.append(manifest.path.name)
            continue
        _add(table, mine, _prefix(manifest.path, files))
        splits += [manifest.split] * len(next(iter(mine.values()), ()))
        used.append(manifest.path)
    if not splits:
        raise DataError("no table that names pictures", where=where, todo="a CSV with a row a picture is expected")
    layout = f"Pictures as {name_some([each.name for each in used], 3)} names them"
    found = Accounting(layout=layout)
    if passed:
        found = replace(found, others=(PassedOver("tables that name no pictures here", tuple(passed)),))
    known = roles(table, options, lambda name: _any_file(table[name][:_LOOKED_AT], files), where)
    files.paths.clear()
    files = NamedFiles(_base(path, manifests))
    found = found.guessed(*known.guesses)
    given = _labelled(table, known, splits, files, found, used, path)
    return assembled(given, where, options.split_seed)


def _labelled(
    table: Table, known: Roles, splits: list[str], files: NamedFiles, found: Accounting, used: list[Path], path: Path
) -> Labelled:
    where = str(path)
    rows, paths, found = found_files([str(v or "") for v in table[known.picture]], files, found, where)
    labels = labels_in(table, known, where)
    found = unnamed(path, paths, found)
    labels = [labels[row] for row in rows]
    places, found = once_each(paths, labels, found, where)
    rows = [rows[place] for place in places]
    said = splits_in(table, known, len(splits))
    said = np.where(said == "", np.array(splits, dtype="<U5"), said)
    paths, labels = [paths[place] for place in places], [labels[place] for place in places]
    numbers = all(isinstance(label, int) for label in labels)
    return Labelled(
        labels if numbers else [str(label if label is not None else "") for label in labels],
        opening(paths),
        files.stamps(*used),
        said[rows],
        stems=[files.name(each) for each in paths],
        paths=paths,
        columns={name: tuple(values[row] for row in rows) for name, values in further(table, known).items()},
        group=known.group or None,
        found=found,
    )


def _manifests(path: Path) -> list[_Manifest]:
    """Tables: the given one; those of a folder; else ``metadata.csv`` and its like in the folders of its splits."""
    ends = (*_LINES, *_OBJECTS)
    if path.is_file():
        return [_Manifest(path, split_in(path.stem))] if path.suffix.lower() in ends else []
    try:
        here = sorted(each for each in path.iterdir() if each.suffix.lower() in ends and each.is_file())
        below = [each for each in sorted(path.iterdir()) if each.is_dir() and split_in(each.name)]
        deep = [
            _Manifest(file, split_in(folder.name))
            for folder in below
            for file in sorted(folder.iterdir())
            if file.stem.lower() in ("metadata", "labels", "annotations") and file.suffix.lower() in ends
        ]
    except OSError:
        return []
    return deep or [_Manifest(each, split_in(each.stem)) for each in here]


def _base(path: Path, manifests: list[_Manifest]) -> Path:
    return path if path.is_dir() or not manifests else manifests[0].path.parent


def _prefix(manifest: Path, files: NamedFiles) -> str:
    name = files.name(str(manifest.parent))
    return "" if name in (".", "") else f"{name}/"


def _add(table: dict[str, list[Any]], mine: Mapping[str, list[Any]], prefix: str) -> None:
    """Put a table's rows below the others'; names of files below its own folder become those below the common one."""
    before, count = len(next(iter(table.values()), ())), len(next(iter(mine.values()), ()))
    for name in [*table, *(each for each in mine if each not in table)]:
        values = mine.get(name, [None] * count)
        if prefix and name.lower() in PICTURE_NAMES:
            values = [f"{prefix}{value}" if value else value for value in values]
        table[name] = table.get(name, [None] * before) + values


def _any_file(values: list[Any], files: NamedFiles) -> bool:
    return any(isinstance(value, str | int) and str(value) and files.find(str(value)) for value in values)


def _names_files(manifest: Path, head: Mapping[str, list[Any]]) -> bool:
    files = NamedFiles(manifest.parent)
    first = [name for name in head if str(name).lower() in PICTURE_NAMES]
    return any(_any_file(head[name], files) for name in [*first, *(each for each in head if each not in first)][:20])


def _head(path: Path) -> dict[str, list[Any]]:
    return _columns(itertools.islice(_rows(path, _CHECKED), _LOOKED_AT))


def _table(path: Path) -> dict[str, list[Any]]:
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError("a table of more than a gigabyte is not read", where=str(path))
        if path.suffix.lower() == ".json":
            check_json(path)
        return _columns(bounded(_rows(path, None)))
    except OSError as error:
        raise DataError(f"cannot read: {error.strerror}", where=str(path)) from error
    except (csv.Error, UnicodeError, ValueError, RecursionError) as error:
        raise DataError(f"damaged, or no table ({error})", where=str(path)) from error


def _columns(rows: Iterator[Mapping[str, Any]]) -> dict[str, list[Any]]:
    found = dict[str, list[Any]]()
    for count, row in enumerate(rows):
        for name, value in row.items():
            found.setdefault(name, [None] * count).append(value)
        for values in found.values():
            if len(values) == count:
                values.append(None)
    return found


def _rows(path: Path, limit: int | None) -> Iterator[Mapping[str, Any]]:
    """Each row as a mapping.

    :param limit: bytes that are read.
    """
    with open(path, "rb") as stream:
        data = stream.read() if limit is None else stream.read(limit)
    cut = limit is not None and len(data) == limit
    text = _decoded(data)
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        for line in lines_of(text[: text.rfind("\n") + 1] if cut else text):
            if not line.strip():
                continue
            held = json_of(line)
            if not isinstance(held, dict):
                raise ValueError("a line is no object")
            yield held
    elif path.suffix.lower() == ".json":
        yield from _objects(text) if not cut else ()
    else:
        yield from _separated(text, path)


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return data.decode("utf-8-sig", "ignore") if error.start > len(data) - 4 else data.decode("latin-1")


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    held = json_of(text)
    if isinstance(held, dict) and "annotations" not in held:
        lists = [each for each in held.values() if isinstance(each, list) and each and isinstance(each[0], dict)]
        if len(lists) == 1:
            held = lists[0]
        elif held and all(isinstance(each, str | int) for each in held.values()):
            held = [{"file": name, "label": label} for name, label in held.items()]
    if not isinstance(held, list) or not all(isinstance(each, dict) for each in held):
        raise ValueError("no list of pictures")
    yield from held


def _separated(text: str, path: Path) -> Iterator[Mapping[str, Any]]:
    first = text.partition("\n")[0]
    marks = {mark: first.count(mark) for mark in (",", "\t", ";", "|")}
    mark = max(marks, key=lambda each: marks[each])
    mark = mark if marks[mark] else " " if path.suffix.lower() == ".txt" and " " in first else ","
    rows = csv.reader(lines_of(text), delimiter=mark)
    head = next(rows, [])
    if any(os.path.splitext(cell)[1].lower() in (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif") for cell in head):
        rows = itertools.chain([head], rows)  # type: ignore[assignment]
        head = [""] * len(head)
    names = [name.strip() or f"{UNNAMED}{i + 1}" for i, name in enumerate(head)]
    for row in rows:
        if any(cell.strip() for cell in row):
            yield dict(zip(names, (cell.strip() for cell in row), strict=False))


SOURCE = Source(
    SourceInfo(
        name="manifest",
        title="A table of pictures",
        summary="CSV, TSV or JSON lines with a row a picture: its file, its class and whatever else is known of it.",
        path="folder or file",
        path_help="a .csv, .tsv, .txt or .jsonl file that names pictures, or the folder with it",
        suffixes=(".csv", ".tsv", ".jsonl"),
        options=ColumnOptions,
    ),
    read,
    recognise,
)
