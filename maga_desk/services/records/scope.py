"""Which pictures were forgotten, as a list of keyed hashes with a Merkle root over them.

The hash of a picture that anybody can compute tells whoever has the picture that its person asked. A hash with a key
(HMAC-SHA-256, RFC 2104) tells it only to who has the key.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from maga_desk.domain.forgotten import listed_names, read_forgotten
from maga_desk.domain.merkle import merkle_root
from maga_desk.domain.outside import json_of
from maga_desk.domain.tables import csv_rows, csv_text
from maga_desk.services.records.reading import RunMaterial
from maga_desk.services.records.scope_key import scope_key_id

_COLUMNS = ("keyed", "request", "true", "perturbing", "chosen_by", "agreed")
Keyed = Literal["pixels", "names", ""]


@dataclass(frozen=True)
class KeyedList:
    """The list.

    :param rows: ascending by their keyed hash; columns as in the file.
    :param root: hexadecimal; empty without a list.
    """

    rows: tuple[tuple[str, ...], ...] = ()
    keyed: Keyed = ""
    key_id: str = ""
    root: str = ""

    def table(self) -> str:
        """The file's text; empty without a list."""
        return csv_text([_COLUMNS, *self.rows]) if self.keyed else ""


def keyed_list(material: RunMaterial, key: bytes) -> KeyedList:
    """Every picture that the checkpoint has forgotten, this time and before.

    :param key: 32 bytes.
    """
    if material.forgotten is None:
        return KeyedList()
    own = read_forgotten(material.forgotten)
    if own is None:
        entries = [(name, name.encode("utf-8", "surrogatepass")) for name in map(_plain, _names(material.forgotten))]
    else:
        entries = [(name, bytes.fromhex(mark)) for name, mark in own.entries]
    labels = {row.get("picture", ""): row for row in material.labels}
    found = []
    for name, content in entries:
        label: Mapping[str, str] = labels.get(name, {})
        request = "" if not labels else "this" if name in labels else "before"
        columns = [label.get(column, "") for column in _COLUMNS[2:]]
        found.append((hmac.new(key, content, hashlib.sha256).hexdigest(), request, *columns))
    rows = tuple(sorted(found))
    return KeyedList(rows, "names" if own is None else "pixels", scope_key_id(key), root_of(row[0] for row in rows))


def root_of(hashes: Iterable[str]) -> str:
    """The Merkle root over keyed hashes, both hexadecimal.

    :raises ValueError: one is no hexadecimal text.
    """
    return merkle_root([bytes.fromhex(each) for each in sorted(hashes)]).hex()


def hashes_of(table: str) -> list[str]:
    """The keyed hashes of a list's file.

    :raises ValueError: it is no such table.
    """
    found = []
    for row in csv_rows(table):
        if tuple(row) != _COLUMNS:
            raise ValueError("other columns")
        found.append(row["keyed"])
    return found


def _names(text: str) -> list[str]:
    return [line.strip() for line in listed_names(text) if line.strip() and not line.startswith("#")]


def _plain(name: str) -> str:
    """A name that stands in quotes, as JSON text, without them."""
    try:
        return str(json_of(name)) if name.startswith('"') else name
    except ValueError:
        return name
