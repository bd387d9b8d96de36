"""What stands over a list and is none of its entries: only what is certain is left out, all else counts as an entry."""

from __future__ import annotations

import re
from collections.abc import Iterable

from maga_desk.domain.lists.among import LookedUp, value_of
from maga_desk.domain.lists.names import Names
from maga_desk.domain.lists.ways import ListWay

_TITLES = frozenset(
    ("file", "files", "filename", "filenames", "filepath", "filepaths", "name", "names", "path", "paths",
     "picture", "pictures", "picturename", "pictureid", "image", "images", "imagename", "imageid", "photo", "photos",
     "id", "ids", "uid", "uuid", "key", "index", "indices", "idx", "number", "position", "positions",
     "sha", "sha256", "hash", "hashes", "checksum", "digest")
)  # fmt: skip


def without_head(way: ListWay, names: Names, among: LookedUp, taken_as: str) -> tuple[list[str], str]:
    """The entries of a way without comments and without the title over them.

    A title is a word for such a column, or the name of one of the source. Above a table other words may be titles too,
    where none of them is written like a file, a hash or a number; whether they are is not certain, and has to be said.

    :returns: the entries, and what was taken for a title without being known as one; empty where nothing was.
    """
    if way.is_data:
        return list(way.entries), ""
    kept = [each for each in way.entries if not each.lstrip().startswith("#") or names.find(each)]
    if not kept or _is_entry(kept[0], names, among, taken_as):
        return kept, ""
    if _is_known(kept[0], among.columns):
        return kept[1:], ""
    if way.title.strip() and kept[0].strip() == way.title.strip():
        known = any(_is_known(each, among.columns) for each in way.beside)
        return kept[1:], "" if known else way.title.strip()
    return kept, ""


def _is_entry(cell: str, names: Names, among: LookedUp, taken_as: str) -> bool:
    if taken_as in among.columns:
        return value_of(cell) in among.values(taken_as)
    return bool(names.find(cell) or names.find_in_any_case(cell))


def _is_known(cell: str, columns: Iterable[str]) -> bool:
    plain = _plain(cell)
    return plain in _TITLES or plain in map(_plain, columns)


def _plain(title: str) -> str:
    return re.sub(r"[\s_\"'-]+", "", title).lower()
