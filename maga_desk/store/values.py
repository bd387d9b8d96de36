"""How plain values become columns and come back without loss."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray


def now() -> str:
    """The time as text that sorts: ISO 8601, UTC, microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def text_in(text: str) -> str | bytes:
    """Text as a column. A name that is no valid Unicode (a foreign file system's) becomes bytes, and comes back."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def text_out(value: str | bytes) -> str:
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def seal(text: str) -> str:
    """A hash of a judgement as it is kept, by which an approval knows it again."""
    return hashlib.sha256(text.encode()).hexdigest()


def json_in(value: Any) -> str:
    """JSON of plain data; numpy scalars and paths are taken too, NaN and infinities survive."""
    return json.dumps(value, default=_plain)


def _plain(value: object) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


def array_in(values: NDArray[Any]) -> bytes:
    """An array of any shape and dtype (no objects) as a compressed ``npz``."""
    stream = io.BytesIO()
    np.savez_compressed(stream, values=values)
    return stream.getvalue()


def array_out(blob: bytes) -> NDArray[Any]:
    with np.load(io.BytesIO(blob), allow_pickle=False) as archive:
        values: NDArray[Any] = archive["values"]
    return values
