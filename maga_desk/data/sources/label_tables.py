"""Tables beside pictures that say their classes: Kaggle's ``labels.csv``, ``metadata.csv``, ``val_annotations.txt``."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from maga_desk.data.sources import kinds
from maga_desk.data.sources.large_tables import TooLarge, bounded, lines_of

SUFFIXES = (".csv", ".tsv", ".txt")
LARGEST = 256 * 2**20  # bytes
_LABELS = (
    "label", "class", "class_name", "classname", "category", "target", "breed", "species", "diagnosis", "labels", "y",
    "type", "variety", "dx", "class_id", "label_id",
)  # fmt: skip
_SPLITS = ("split", "subset", "fold", "partition", "set", "data set", "dataset")
_GROUPS = (
    "group", "subject", "subject_id", "patient", "patient_id", "patientid", "person", "person_id", "identity", "owner",
    "user", "user_id", "participant", "animal_id", "lesion_id", "case", "case_id",
)  # fmt: skip
_ENOUGH = 0.5  # of the pictures that a table must name


@dataclass(frozen=True, eq=False)
class PictureTable:
    """A table whose rows name pictures.

    :param name: its path below the pictures' root.
    :param rows: by the picture, as the table writes it: class, split and group; empty where it does not say them.
    """

    name: str
    rows: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    @property
    def labels(self) -> bool:
        return any(row[0] for row in self.rows.values())

    @property
    def splits(self) -> bool:
        return any(row[1] for row in self.rows.values())

    @property
    def groups(self) -> bool:
        return any(row[2] for row in self.rows.values())

    def covers(self, pictures: Sequence[str]) -> bool:
        """Whether it names most of these."""
        return bool(pictures) and sum(self._row(name) is not None for name in pictures) >= _ENOUGH * len(pictures)

    def label(self, picture: str) -> str | None:
        return self._cell(picture, 0)

    def split(self, picture: str) -> str | None:
        return self._cell(picture, 1)

    def group(self, picture: str) -> str | None:
        return self._cell(picture, 2)

    def _cell(self, picture: str, place: int) -> str | None:
        row = self._row(picture)
        return row[place] or None if row is not None else None

    def _row(self, picture: str) -> tuple[str, str, str] | None:
        return next((self.rows[key] for key in keys(picture, self.name) if key in self.rows), None)


def keys(picture: str, table: str) -> tuple[str, ...]:
    """How a table may write a picture: as a path from its own folder or from above, as a file name, without suffix."""
    folder = table.rpartition("/")[0]
    below = picture.removeprefix(f"{folder}/") if folder else picture
    last = picture.rpartition("/")[2]
    return (below, below.rpartition(".")[0], picture, last, last.rpartition(".")[0])


def read_table(name: str, text: str, pictures: Sequence[str]) -> PictureTable | None:
    """A table that names some of the pictures; ``None``: this is none.

    :raises TooLarge: it has more rows than are read.
    """
    rows = _rows(text)
    if not rows or len(rows[0]) < 2:
        return None
    width = len(rows[0])
    columns = [[_written(row[place]) for row in rows] for place in range(width)]
    ends = {cell[cell.rfind("/") + 1 :] for column in columns for cell in column}
    known = {key for picture in pictures if _may_be_in(ends, picture) for key in keys(picture, name)} - {""}
    hits = [sum(cell in known for cell in column) for column in columns]
    files = hits.index(max(hits))
    if not hits[files]:
        return None
    headed = _written(rows[0][files]) not in known
    header = [cell.strip().lower() for cell in rows[0]] if headed else [""] * width
    body = rows[1:] if headed else rows
    label = _place(header, _LABELS, files)
    if label is None:
        label = _likely_label(body, files, headed)
    split, group = _place(header, _SPLITS, files), _place(header, _GROUPS, files)

    def cell(row: list[str], place: int | None) -> str:
        return row[place].strip() if place is not None else ""

    found = {_written(row[files]): (cell(row, label), cell(row, split), cell(row, group)) for row in body}
    return PictureTable(name, found)


def _may_be_in(ends: Set[str], picture: str) -> bool:
    """Whether one of a picture's :func:`keys` may be among cells, of which these are the last parts."""
    last = picture[picture.rfind("/") + 1 :]
    dot = last.rfind(".")
    return last in ends or dot < 0 or last[:dot] in ends


def pictures_in(text: str) -> list[str]:
    """The picture files that a table's column of them names, whether they are there or not; empty where it has none
    or too many to be looked at.
    """
    known = kinds.suffixes()
    try:
        rows = _rows(text)
    except TooLarge:
        return []
    columns = [[_written(row[place]) for row in rows] for place in range(len(rows[0]) if rows else 0)]
    named = [[name for name in column if os.path.splitext(name)[1].lower() in known] for column in columns]
    return max(named, key=len, default=[])


def _rows(text: str) -> list[list[str]]:
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max("\t,;|", key=first.count)
    if not first.count(delimiter):
        delimiter = " "
    try:
        rows = list(bounded(csv.reader(lines_of(text), delimiter=delimiter)))
    except csv.Error:
        return []
    return [row for row in rows if len(row) == len(rows[0])]


def _written(cell: str) -> str:
    return cell.strip().replace("\\", "/").removeprefix("./")


def _place(header: list[str], words: Sequence[str], but: int) -> int | None:
    return next((header.index(word) for word in words if word in header and header.index(word) != but), None)


def _likely_label(body: list[list[str]], files: int, headed: bool) -> int | None:
    """The first other column with words or few different values; of several with titles nothing is guessed."""
    places = [place for place in range(len(body[0]) if body else 0) if place != files]
    if headed and len(places) > 1:
        return None
    for place in places:
        counts = Counter(row[place].strip() for row in body)
        words = not headed and not any(value.replace(".", "").isdigit() for value in counts)
        if len(counts) > 1 and (words or 2 * len(counts) <= len(body)):
            return place
    return None
