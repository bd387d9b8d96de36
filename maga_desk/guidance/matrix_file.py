"""A transition matrix from a CSV or JSON file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import GuidanceError, name_some
from maga_desk.domain.outside import json_of, read_text

LARGEST = 64 * 2**20


def read_matrix(path: str | None, classes: Sequence[str], rows: Sequence[int]) -> NDArray[np.float64]:
    """``(K, K) float64`` likenesses in the order of ``classes``; rows need not sum to one.

    CSV: a first line of class names (its first cell is free), then one line a class: its name and K numbers. JSON:
    ``{"classes": [...], "matrix": [[...], ...]}``, as ``maga-desk propose`` writes it. The order of classes is free.

    :param rows: the classes whose rows must be there.
    :raises GuidanceError: unreadable, of another shape, negative, not a number, or of unknown classes.
    """
    if not path:
        raise GuidanceError("no file is given", where="[guidance] file")
    source = Path(path)
    text = _text(source)
    as_json = source.suffix.lower() == ".json" or text.lstrip().startswith("{")
    columns, lines = _from_json(text, str(source)) if as_json else _from_csv(text, str(source))
    for names, what in ((columns, "columns"), (tuple(lines), "rows")):
        unknown = [name for name in names if name not in classes]
        if unknown:
            raise GuidanceError(f"names unknown classes in its {what}: {name_some(unknown)}", where=str(source))
    missing = [name for name in classes if name not in columns]
    if missing or len(set(columns)) < len(columns):
        problem = f"no column for {name_some(missing)}" if missing else "a class has two columns"
        raise GuidanceError(problem, where=str(source))
    scores = np.zeros((len(classes), len(classes)))
    for name, cells in lines.items():
        if len(cells) != len(columns):
            raise GuidanceError(f"the row of '{name}' has {len(cells)} values, not {len(columns)}", where=str(source))
        for column, cell in zip(columns, cells, strict=True):
            scores[classes.index(name), classes.index(column)] = _number(cell, f"'{name}' to '{column}'", source)
    np.fill_diagonal(scores, 0)
    empty = [classes[row] for row in rows if not scores[row].any()]
    if empty:
        raise GuidanceError(f"no row with values for {name_some(empty)}", where=str(source))
    return scores


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise GuidanceError(f"larger than {LARGEST // 2**20} MB: that is no matrix", where=str(path))
        return read_text(path, "utf-8-sig")
    except OSError as error:
        raise GuidanceError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise GuidanceError("is no text", where=str(path)) from error


_Table = tuple[tuple[str, ...], dict[str, list[Any]]]


def _from_csv(text: str, where: str) -> _Table:
    try:
        lines = [line for line in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise GuidanceError(f"is no CSV: {error}", where=where) from error
    if len(lines) < 2:
        raise GuidanceError("needs a line of class names and a line for each class", where=where)
    names = [line[0].strip() for line in lines[1:]]
    if len(set(names)) < len(names):
        raise GuidanceError("a class has two rows", where=where)
    return tuple(cell.strip() for cell in lines[0][1:]), {line[0].strip(): list(line[1:]) for line in lines[1:]}


def _from_json(text: str, where: str) -> _Table:
    try:
        raw = json_of(text)
    except ValueError as error:
        raise GuidanceError(f"is no JSON: {error}", where=where) from error
    classes, matrix = (raw.get("classes"), raw.get("matrix")) if isinstance(raw, dict) else (None, None)
    if not (
        isinstance(classes, list)
        and all(isinstance(name, str) for name in classes)
        and isinstance(matrix, list)
        and all(isinstance(row, list) for row in matrix)
    ):
        raise GuidanceError('needs {"classes": [names], "matrix": [rows of numbers]}', where=where)
    if len(matrix) != len(classes):
        raise GuidanceError(f"has {len(matrix)} rows for {len(classes)} classes", where=where)
    return tuple(classes), dict(zip(classes, matrix, strict=True))


def _number(cell: Any, what: str, path: Path) -> float:
    try:
        value = float(cell) if not isinstance(cell, bool) else float("nan")
    except (TypeError, ValueError):
        value = float("nan")
    if not np.isfinite(value) or value < 0:
        shown = str(cell).strip()[:20]
        raise GuidanceError(f"{what} is {shown or 'empty'}, not a number of zero or more", where=str(path))
    return value
