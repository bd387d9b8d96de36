"""The key behind the hashes of forgotten pictures: one for each run, in a file of its own and nowhere else.

With it one can show that a given picture was among those that were forgotten; without it nobody can. Once the file is
deleted the hashes in a record say nothing of any person any more.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from pathlib import Path

from maga_desk.domain import paths
from maga_desk.domain.files import write_secret
from maga_desk.domain.outside import read_text
from maga_desk.domain.record import RecordError

_BYTES = 32
_ENDING = ".scope-key"
_KEY = re.compile(r"[0-9a-f]{64}")


def scope_key_file(run: str) -> Path:
    """Where the key of a run lies, be it there or not.

    :param run: the run's fingerprint.
    """
    name = run if re.fullmatch(r"[0-9a-f]{8,64}", run) else hashlib.sha256(run.encode()).hexdigest()[:24]
    return paths.data_dir() / "keys" / f"{name}{_ENDING}"


def scope_key(run: str) -> bytes:
    """The key of a run, 32 bytes; made when it is first asked for.

    :raises RecordError: the file holds no key.
    :raises OutputError: it cannot be written.
    """
    path = scope_key_file(run)
    if not path.exists():
        write_secret(path, f"{secrets.token_hex(_BYTES)}\n".encode())
    try:
        text = read_text(path, "ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError("cannot be read", where=str(path)) from error
    if not _KEY.fullmatch(text):
        raise RecordError(
            "holds no key", where=str(path), todo="put the right one back; without it the same record cannot be made"
        )
    return bytes.fromhex(text)


def scope_key_id(key: bytes) -> str:
    """Tells keys apart and says nothing of them."""
    return hmac.new(key, b"maga-desk scope key", hashlib.sha256).hexdigest()[:16]
