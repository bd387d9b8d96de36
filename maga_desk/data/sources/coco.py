"""COCO's labels: a JSON file of images, annotations and categories, with one category a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from maga_desk.data.sources.labelled import Labelled, SplitOptions, assembled, split_in
from maga_desk.data.sources.large_tables import check_json
from maga_desk.data.sources.named_files import NamedFiles, found_files, once_each, opening, unnamed
from maga_desk.data.sources.parts import check_count
from maga_desk.data.sources.source import SIGNED, Contents, Recognition, Source, SourceRequest
from maga_desk.domain.accounting import Accounting
from maga_desk.domain.choices import SourceInfo
from maga_desk.domain.errors import DataError, name_some
from maga_desk.domain.outside import json_of

_LARGEST = 2**30  # bytes
_MOST = 20
_KEYS = (b'"images"', b'"annotations"', b'"categories"')


def recognise(path: Path) -> Recognition | None:
    for file in _files(path)[:_MOST]:
        if _has_keys(file):
            return Recognition(SIGNED, f"{file.name} has images, annotations and categories, as COCO's files have")
    return None


def read(request: SourceRequest) -> Contents:
    """Read the labels and look whether the files are there; opens no picture.

    :raises DataError: damaged, several categories a picture, or labels beyond the categories.
    """
    path, options = Path(request.spec.path or ""), request.options
    assert isinstance(options, SplitOptions)
    where = str(path)
    candidates = _files(path)
    check_count(len(candidates), _MOST, "JSON files", where)
    used = [file for file in candidates if _has_keys(file)]
    if not used:
        raise DataError("no JSON file with images, annotations and categories", where=where)
    files = NamedFiles(path if path.is_dir() else path.parent)
    found = Accounting(layout=f"Pictures as {name_some([each.name for each in used], 3)} labels them, as COCO does")
    names, labels, splits, groups = list[str](), list[str](), list[str](), list[str]()
    for file in used:
        request.control.checkpoint()
        for name, label in _pictures(_read(file), str(file)):
            names.append(name)
            labels.append(label)
            splits.append(split_in(file.stem))
            groups.append(file.name)
    rows, paths, found = found_files(names, files, found, where)
    found = unnamed(path, paths, found)
    places, found = once_each(paths, [labels[row] for row in rows], found, where)
    rows, paths = [rows[place] for place in places], [paths[place] for place in places]
    given = Labelled(
        [labels[row] for row in rows],
        opening(paths),
        files.stamps(*used),
        np.array([splits[row] for row in rows], dtype="<U5"),
        stems=[files.name(each) for each in paths],
        paths=paths,
        found=found,
    )
    if len(used) > 1:
        given = replace(given, columns={"labelled in": tuple(groups[row] for row in rows)})
    return assembled(given, where, options.split_seed)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.suffix.lower() == ".json" else []
    try:
        return sorted([*path.glob("*.json"), *path.glob("annotations/*.json"), *path.glob("*/_annotations*.json")])
    except OSError:
        return []


def _has_keys(file: Path) -> bool:
    """Whether the three keys are in it; looks at both ends of a large file."""
    try:
        size = file.stat().st_size
        with open(file, "rb") as stream:
            data = stream.read(2**20)
            if size > 2**21:
                stream.seek(size - 2**20)
                data += stream.read()
                return sum(key in data for key in _KEYS) >= 2
            data += stream.read()
        return all(key in data for key in _KEYS)
    except OSError:
        return False


def _read(file: Path) -> Mapping[str, Any]:
    try:
        if file.stat().st_size > _LARGEST:
            raise DataError("labels of more than a gigabyte are not read", where=str(file))
        check_json(file)
        held = json_of(file.read_bytes())
    except OSError as error:
        raise DataError(f"cannot read: {error.strerror}", where=str(file)) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"damaged, or cut off ({error})", where=str(file)) from error
    if not isinstance(held, dict) or not all(
        isinstance(held.get(key), list) for key in ("images", "annotations", "categories")
    ):
        raise DataError("it has no lists of images, annotations and categories", where=str(file))
    return held


def _pictures(held: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    """Each picture's file and category, ``""`` where it has none.

    :raises DataError: several categories a picture, or one that is not in the list.
    """
    try:
        categories = {each["id"]: str(each["name"]) for each in held["categories"]}
        shown = dict[Any, dict[str, None]]()
        for each in held["annotations"]:
            if each["category_id"] not in categories:
                raise DataError(f"category {each['category_id']} is not among its {len(categories)}", where=where)
            shown.setdefault(each["image_id"], {})[categories[each["category_id"]]] = None
        several = [each for each in held["images"] if len(shown.get(each["id"], ())) > 1]
        if several:
            raise DataError(
                f"multi-label: {len(several):,} of {len(held['images']):,} pictures show several categories "
                f"({several[0]['file_name']}: {name_some(list(shown[several[0]['id']]), 3)})",
                where=where,
                todo="one class a picture is needed",
            )
        for each in held["images"]:
            yield str(each["file_name"]), next(iter(shown.get(each["id"], ())), "")
    except (KeyError, TypeError) as error:
        raise DataError(f"an entry of it lacks {error}", where=where) from error


SOURCE = Source(
    SourceInfo(
        name="coco",
        title="COCO labels",
        summary="A JSON file of images, annotations and categories, with one category a picture.",
        path="folder or file",
        path_help="the .json file, or the folder with it and the pictures",
        suffixes=(".json",),
        options=SplitOptions,
    ),
    read,
    recognise,
)
