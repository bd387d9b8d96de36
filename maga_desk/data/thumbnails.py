"""Small forms of large pictures, so that a photograph is decoded once and not whenever it is scrolled by.

One SQLite file for each owner lies among what opening keeps (:mod:`maga_desk.data.keeping`) and is counted and removed
with it. A row has a hash of all that a thumbnail depends on, the bytes of a JPEG, and a hash of both: what a crash or a
full disk left half written is not shown. Nothing but time is lost with the file.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from maga_desk.data.keeping import DiskShelf
from maga_desk.domain.pictures import PictureIndex

if TYPE_CHECKING:
    from PIL import Image

VERSION = 1
"""Of what is made of a picture, and of the file."""

SIDES = (256, 512)
"""Pixels of the longer side that thumbnails are made in: for the largest zoom, and for screens of twice the points."""

_QUALITY = 90
_SHARE = 5  # the part of what may be kept that all thumbnails together may take: a fifth
_PAGE = 4096  # bytes
_LEAST = 2**20  # bytes: with less room nothing is kept
_KIND = f"thumbnails{VERSION}"
_TABLE = "CREATE TABLE IF NOT EXISTS thumbnails (id INTEGER PRIMARY KEY, key BLOB UNIQUE, data BLOB, seal BLOB)"


def key_of(pictures: PictureIndex, position: int, side: int) -> bytes | None:
    """By its name, its file's version and its pixels: another picture in its place has another key.

    :returns: ``None`` where nothing says whether a file has changed.
    """
    if pictures.versions is None:
        return None
    said = (VERSION, pictures.names[position], int(pictures.versions[position]), side, pictures.framing)
    found = hashlib.blake2b(repr(said).encode("utf-8", "surrogateescape"), digest_size=16)
    found.update(pictures.picture(position).data)
    return found.digest()


def as_jpeg(thumbnail: Image.Image) -> bytes:
    stream = io.BytesIO()
    thumbnail.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


class ThumbnailFile:
    """The thumbnails of one owner's pictures. Any thread may use it; the file is open between first use and close.

    :param shelf: where it lies; its limit is that of everything there, of which all thumbnails take a fifth at most.
    """

    def __init__(self, shelf: DiskShelf, owner: str) -> None:
        self._shelf, self._owner = shelf, owner
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._refused = False  # by the disk, or there is no room

    def find(self, key: bytes) -> bytes | None:
        """A JPEG that was kept under this key and is whole."""
        with self._lock, self._mended():
            db = self._opened()
            row = db.execute("SELECT data, seal FROM thumbnails WHERE key = ?", (key,)).fetchone() if db else None
            if row is not None and _seal(key, row[0]) == row[1]:
                return bytes(row[0])
        return None

    def keep(self, key: bytes, data: bytes) -> None:
        """Where there is no room, the oldest go first; where the disk refuses, nothing is kept."""
        with self._lock, self._mended():
            db = self._opened()
            if db is None:
                return
            self._put(db, key, data)
            self._leave_if_outdated()  # forgotten while it was written

    def close(self) -> None:
        """Let go of the file: what is removed while it is open stays on the disk until then."""
        with self._lock:
            self._let_go()

    def _put(self, db: sqlite3.Connection, key: bytes, data: bytes) -> None:
        row = key, data, _seal(key, data)
        for _ in range(3):
            try:
                with db:
                    db.execute("INSERT OR REPLACE INTO thumbnails (key, data, seal) VALUES (?, ?, ?)", row)
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                    raise
                self._drop_oldest(db)

    def _drop_oldest(self, db: sqlite3.Connection) -> None:
        with contextlib.suppress(sqlite3.OperationalError), db:
            db.execute("DELETE FROM thumbnails WHERE id <= (SELECT MIN(id) + (MAX(id) - MIN(id)) / 4 FROM thumbnails)")

    @contextlib.contextmanager
    def _mended(self) -> Iterator[None]:
        """A file that cannot be read as one is begun anew; one that another process holds is let be."""
        try:
            yield
        except sqlite3.OperationalError:  # locked, or the disk
            pass
        except sqlite3.DatabaseError:
            self._let_go()
            with contextlib.suppress(OSError):
                self._path().unlink()
        except OSError:
            self._refused = True

    def _path(self) -> Path:
        return self._shelf.place_of(self._owner, _KIND)

    def _opened(self) -> sqlite3.Connection | None:
        """:raises OSError: it cannot be made."""
        self._leave_if_outdated()
        if self._db is None and not self._refused:
            path = self._path()
            mine = path.stat().st_size if path.exists() else 0
            others = self._shelf.size - mine
            share = self._shelf.limit // _SHARE
            others -= self._make_way(share // 2)
            theirs = sum(nbytes for nbytes, _ in self._shelf.of_other_owners(self._owner, _KIND))
            room = min(share - theirs, self._shelf.limit - others)
            if max(room, mine) < _LEAST or room < _LEAST or not self._shelf.has_room(max(0, room - mine)):
                self._refused = True
                return None
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # for this user alone
            os.utime(path)  # used just now
            self._db = sqlite3.connect(path, timeout=0.2, check_same_thread=False)
            for setting in ("journal_mode = MEMORY", "synchronous = OFF", f"page_size = {_PAGE}"):
                self._db.execute(f"PRAGMA {setting}")
            self._db.execute(f"PRAGMA max_page_count = {max(room // _PAGE, 16)}")
            self._db.execute(_TABLE)
        return self._db

    def _make_way(self, most: int) -> int:
        """Thumbnails of other owners go until they take no more than that, what is longest unused first.

        :returns: bytes that were freed.
        :raises OSError: one cannot be removed.
        """
        files, freed = self._shelf.of_other_owners(self._owner, _KIND), 0
        total = sum(nbytes for nbytes, _ in files)
        for nbytes, path in files:
            if total - freed <= most:
                break
            path.unlink(missing_ok=True)
            freed += nbytes
        return freed

    def _leave_if_outdated(self) -> None:
        """Something was forgotten since the shelf was made: nothing more is kept, and nothing of this stays.

        :raises OSError: it cannot be removed.
        """
        if self._db is not None and self._shelf.outdated:
            self._let_go()
            self._refused = True
            (self._shelf.folder / self._shelf.name_of(self._owner, _KIND)).unlink(missing_ok=True)

    def _let_go(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _seal(key: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(key + data, digest_size=16).digest()
