"""Which column of a table is what, by its name and its values; what is guessed is said."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maga_desk.data.sources.labelled import SplitOptions, split_word
from maga_desk.domain.basket_facts import GROUP_NAMES
from maga_desk.domain.errors import DataError, name_some

PICTURE_NAMES = (
    "path", "file", "file_name", "filename", "filepath", "file_path", "image", "image_path", "img", "img_path",
    "image_file", "image_name", "picture", "img_name", "imagepath", "image_id", "id", "name", "url", "image_url",
)  # fmt: skip
LABEL_NAMES = (
    "label", "class", "category", "target", "label_name", "class_name", "classname", "category_name", "labels",
    "species", "breed", "diagnosis", "dx", "fine_label", "y", "cls", "class_id", "label_id", "category_id", "digit",
)  # fmt: skip
_SPLIT_NAMES = ("split", "set", "subset", "partition", "usage", "data_set", "dataset", "phase", "train_test")
_FLAGS = {"is_test": "test", "is_train": "train", "is_training": "train", "is_training_image": "train", "test": "test"}
_YES = ("1", "true", "yes", "1.0", "t", "y")
_WHOLE = re.compile(r"-?\d+\.0+")
UNNAMED = "column "
"""How columns are called that no line names, with their number after it."""
_FEW = 12  # columns named in a message

Table = Mapping[str, Sequence[Any]]


class ColumnOptions(SplitOptions):
    """Own keys of sources that read tables."""

    picture: str = Field(
        "", title="Picture column", description="The column with the pictures; default: guessed and said"
    )
    label: str = Field("", title="Label column", description="The column with the classes; default: guessed")
    split: str = Field("", title="Split column", description="The column that says train or test; default: guessed")
    group: str = Field(
        "", title="Group column", description="Whose pictures stay together where a split is made; default: guessed"
    )


@dataclass(frozen=True)
class Roles:
    """Columns by what they are for; empty where there is none.

    :param one_hot: columns of 0 and 1 that together say the class.
    :param guesses: what was guessed, a sentence each.
    """

    picture: str
    label: str = ""
    split: str = ""
    group: str = ""
    one_hot: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()


def roles(table: Table, options: ColumnOptions, is_picture: Callable[[str], bool], where: str) -> Roles:
    """Which column is which.

    :param is_picture: whether a column's first values are pictures.
    :raises DataError: a named column is not there, or none can be guessed.
    """
    for key in ("picture", "label", "split", "group"):
        if getattr(options, key) and getattr(options, key) not in table:
            raise DataError(
                f"no column is called {getattr(options, key)!r}",
                where=f"[data.options] {key}",
                todo=f"it has: {name_some(list(table), _FEW)}",
            )
    picture = options.picture or _first(table, PICTURE_NAMES, is_picture)
    picture = picture or next((name for name in table if is_picture(name)), "")
    picture = picture or _first(table, PICTURE_NAMES, lambda name: _any(table[name]))  # they may be missing
    if not picture:
        raise DataError(
            f"none of its columns names pictures that are there (it has: {name_some(list(table), _FEW)})",
            where=where,
            todo="name the column in [data.options] picture",
        )
    split = options.split or _first(table, (*_SPLIT_NAMES, *_FLAGS), lambda name: _says_split(name, table[name]))
    group = options.group or _first(table, GROUP_NAMES, lambda name: name not in (picture, split))
    found = Roles(picture, "", split, group)
    label = options.label or _first(table, LABEL_NAMES, lambda name: name not in (picture, split) and _any(table[name]))
    if not label:
        found = _unnamed(table, found, where)
    found = replace(found, label=label or found.label)
    said = [f"pictures {picture}", f"labels {found.label or f'{len(found.one_hot)} columns of 0 and 1'}"]
    said += [f"{what} {name}" for what, name in (("split", split), ("group", group)) if name]
    given = all(getattr(options, key) or not getattr(found, key) for key in ("picture", "label", "split", "group"))
    if given:
        return found
    by = "which no line names" if picture.startswith(UNNAMED) else "by their names"
    guesses = [f"Columns, {by}: {', '.join(said)}."]
    rivals = [] if options.label else _rivals(table, found)
    if rivals:
        guesses.append(f"Columns that could be the labels as well: {name_some(rivals, 4)} ([data.options] label).")
    return replace(found, guesses=tuple(guesses))


def _rivals(table: Table, found: Roles) -> list[str]:
    """Other columns that are called like labels and divide the pictures otherwise."""
    used = (found.picture, found.split, found.group, found.label)
    others = [name for name in table if name not in used and _first({name: table[name]}, LABEL_NAMES, lambda _: True)]
    return [name for name in others if found.label and not _same_parts(table[found.label], table[name])]


def _same_parts(one: Sequence[Any], other: Sequence[Any]) -> bool:
    first, second = list(map(str, one)), list(map(str, other))
    return len(set(zip(first, second, strict=True))) == len(set(first)) == len(set(second))


def _first(table: Table, names: Sequence[str], fits: Callable[[str], bool]) -> str:
    by_name = {str(name).strip().lower().replace(" ", "_").replace("-", "_"): name for name in reversed(list(table))}
    return next((by_name[name] for name in names if name in by_name and fits(by_name[name])), "")


def _any(values: Sequence[Any]) -> bool:
    return any(value not in (None, "", [], -1) for value in values)


def _says_split(name: str, values: Sequence[Any]) -> bool:
    words = {str(value).strip().lower() for value in values[:10_000]}
    flag = words <= {*_YES, "0", "false", "no", "0.0", "f", "n"} and name.strip().lower() in _FLAGS
    return flag or any(split_word(word) for word in words)


def _unnamed(table: Table, found: Roles, where: str) -> Roles:
    """The class where no column is called like one: one-hot columns, or the only one that can be it."""
    others = [name for name in table if name not in (found.picture, found.split, found.group)]
    flags = [name for name in others if {str(value) for value in table[name]} <= {"0", "1", "0.0", "1.0"}]
    if len(flags) > 1:
        values = np.array([[float(value) for value in table[name]] for name in flags])
        if (values.sum(axis=0) == 1).all():
            return replace(found, one_hot=tuple(flags))
        raise DataError(
            f"multi-label: {len(flags)} columns of 0 and 1, and pictures with none or several of them "
            f"({name_some(flags, 3)})",
            where=where,
            todo="one class a picture is needed",
        )
    if len(others) == 1 and others[0].startswith(UNNAMED):
        return replace(found, label=others[0])
    likely = [
        name for name in others if 2 <= len({str(value) for value in table[name]}) <= max(2, len(table[name]) // 2)
    ]
    if len(likely) == 1:
        return replace(found, label=likely[0])
    raise DataError(
        f"unlabelled: no column says a class (it has: {name_some(list(table), _FEW)})",
        where=where,
        todo="name one in [data.options] label",
    )


def labels_in(table: Table, found: Roles, where: str) -> list[Any]:
    """The class of each row.

    :raises DataError: several in one.
    """
    if found.one_hot:
        values = np.array([[float(value) for value in table[name]] for name in found.one_hot])
        return [found.one_hot[i] for i in values.argmax(axis=0).tolist()]
    labels = [single(value) for value in table[found.label]]
    several: list[Any] = [value for value in labels if isinstance(value, list)]
    known = {str(value) for value in labels}
    if not several:
        several = [
            value
            for value in known
            if any(mark in value and {part.strip() for part in value.split(mark)} <= known for mark in "|;,")
        ]
    if several:
        raise DataError(
            f"multi-label: column {found.label} has several classes a picture (such as {several[0]})",
            where=where,
            todo="one class a picture is needed",
        )
    return _whole(labels)


def _whole(labels: list[Any]) -> list[Any]:
    """Classes that a program wrote as ``1.0``, as it does where a number is missing, by their whole numbers."""
    labels = ["" if isinstance(value, float) and math.isnan(value) else value for value in labels]
    said = [value for value in labels if value not in (None, "")]
    if not said or not all(_WHOLE.fullmatch(str(value).strip()) for value in said):
        return labels
    kind = str if isinstance(said[0], str) else int
    return [kind(int(float(value))) if value not in (None, "") else value for value in labels]


def single(value: Any) -> Any:
    """A list of one is this one, a list of none is nothing."""
    if isinstance(value, list | tuple):
        return value[0] if len(value) == 1 else "" if not value else list(value)
    return value


def splits_in(table: Table, found: Roles, count: int) -> NDArray[Any]:
    """``train``, ``test``, ``val`` or ``""`` for each row."""
    if not found.split:
        return np.full(count, "", dtype="<U5")
    flag = _FLAGS.get(found.split.strip().lower())
    words = [str(value).strip().lower() for value in table[found.split]]
    if flag and not any(split_word(word) for word in words):
        other = "train" if flag == "test" else "test"
        return np.array([flag if word in _YES else other for word in words], dtype="<U5")
    return np.array([split_word(word) for word in words], dtype="<U5")


def further(table: Table, found: Roles) -> dict[str, tuple[str, ...]]:
    """What else is said of each row: every column that is neither picture, class nor split."""
    used = {found.picture, found.label, found.split, *found.one_hot}
    return {name: tuple(map(_shown, values)) for name, values in table.items() if name not in used}


def _shown(value: Any) -> str:
    return "" if value is None else str(value)[:200]
