"""Whether a record holds: its form, its signature, the hashes of its files, and that its parts say the same.

Nothing of a stranger's file is run, and each is read within bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from maga_desk.domain.dsse import Envelope, read_envelope
from maga_desk.domain.files import sha256_of
from maga_desk.domain.outside import read_bytes
from maga_desk.domain.record import ErasureRecord, RecordError, from_bytes
from maga_desk.domain.record_folder import (
    FIGURES,
    MANIFEST,
    MODEL_KEY,
    MODEL_SIGNATURE,
    PUBLIC_KEY,
    RECORD,
    SCOPE_LIST,
    SIGNED,
)
from maga_desk.domain.record_manifest import ErasureStatement, predicate_of, read_statement
from maga_desk.services.records.model_signature import fault_of_model_signature, is_installed
from maga_desk.services.records.scope import hashes_of, root_of
from maga_desk.services.records.signing import is_signed_by, key_id, public_pem, read_public_key
from maga_desk.services.records.writing import figures_table

Outcome = Literal["holds", "does not hold", "not looked at"]

_MOST_MANIFEST = 2**20
_MOST_KEY = 64 * 2**10
_MOST_RECORD = 32 * 2**20
_MOST_LIST = 128 * 2**20  # more than a million forgotten pictures
_MOST_FILE = 2**30


@dataclass(frozen=True)
class RecordFinding:
    """One thing that was looked at.

    :param part: the file, or what else it is.
    """

    part: str
    outcome: Outcome
    text: str

    def line(self) -> str:
        """``record.json: holds, its hash is the signed one``."""
        return f"{self.part}: {self.outcome}, {self.text}"


@dataclass(frozen=True)
class CheckedRecord:
    """All that was looked at.

    :param record: the record itself, where it could be read.
    """

    findings: tuple[RecordFinding, ...]
    record: ErasureRecord | None

    @property
    def holds(self) -> bool:
        """Whether nothing that was looked at fails."""
        return all(each.outcome != "does not hold" for each in self.findings)


def check_record(file: Path, *, checkpoint: Path | None = None, public_key: Path | None = None) -> CheckedRecord:
    """Check the manifest of a record and all that it names.

    :param file: the manifest, or the folder that it lies in.
    :param public_key: of who signed, from a source that is trusted; default: the one beside the record, which anybody
        who can change the record can change as well.
    :raises RecordError: something that is needed is not there, or is no such file.
    """
    manifest = file / MANIFEST if file.is_dir() else file
    folder = manifest.parent
    envelope = read_envelope(_content(manifest, _MOST_MANIFEST), where=str(manifest))
    found = list(_signature(envelope, folder, public_key))
    if any(each.outcome == "does not hold" for each in found):
        return CheckedRecord(tuple(found), None)
    statement = read_statement(envelope.payload, where=str(manifest))
    found.append(RecordFinding("statement", "holds", "it fits the schema"))
    whole = list(_subjects(statement, folder, checkpoint))
    found += whole
    record = None
    if all(each.outcome != "does not hold" for each in whole):
        record = from_bytes(_content(folder / RECORD, _MOST_RECORD), where=str(folder / RECORD))
        found += _agreement(statement, record, folder)
    found += _model_signature(folder, checkpoint)
    return CheckedRecord(tuple(found), record)


def _content(path: Path, most: int) -> bytes:
    try:
        return read_bytes(path, most)
    except OSError as error:
        raise RecordError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _signature(envelope: Envelope, folder: Path, named: Path | None) -> Iterator[RecordFinding]:
    beside = folder / PUBLIC_KEY
    if named is None and not beside.exists():
        raise RecordError("there is no public key beside it", where=str(folder), todo="name one with --public-key")
    place = beside if named is None else named
    key = read_public_key(_content(place, _MOST_KEY), where=str(place))
    number = key_id(key)
    if not is_signed_by(envelope, key):
        yield RecordFinding("signature", "does not hold", f"it is not that of the key {number[:16]} ({place.name})")
        return
    if envelope.keyid != number:
        yield RecordFinding("signature", "does not hold", "the number of the key that it names was edited")
        return
    if beside.exists() and _content(beside, _MOST_KEY) != public_pem(key):
        yield RecordFinding(PUBLIC_KEY, "does not hold", "it is not the key that signed, or it was edited")
        return
    if named is None:
        text = f"by the key {number[:16]} beside the record; whose key that is was not looked at (--public-key)"
    else:
        text = f"by the key {number[:16]} that you named"
    yield RecordFinding("signature", "holds", text)


def _subjects(statement: ErasureStatement, folder: Path, checkpoint: Path | None) -> Iterator[RecordFinding]:
    """Every file that the statement names; the one that is none of a record's own is the checkpoint."""
    names = {each.name for each in statement.subject}
    if RECORD not in names:
        yield RecordFinding(RECORD, "does not hold", "the statement does not name it")
    for each in statement.subject:
        if each.name not in SIGNED:
            yield _checkpoint(each.name, each.digest.sha256, checkpoint)
            continue
        path = folder / each.name
        if not path.is_file():
            yield RecordFinding(each.name, "does not hold", "it is not there")
        elif path.stat().st_size > _MOST_FILE:
            raise RecordError(f"is larger than {_MOST_FILE / 2**30:.0f} GiB", where=str(path))
        elif sha256_of(path) != each.digest.sha256:
            yield RecordFinding(each.name, "does not hold", "it was changed: its hash is not the signed one")
        else:
            yield RecordFinding(each.name, "holds", "its hash is the signed one")
    for name in SIGNED:
        if name not in names and (folder / name).exists():
            yield RecordFinding(name, "does not hold", "it lies in the record, and the statement does not name it")
    if checkpoint is not None and names <= set(SIGNED):
        yield RecordFinding(checkpoint.name, "not looked at", "the record has no hash of the checkpoint")


def _checkpoint(name: str, sha256: str, checkpoint: Path | None) -> RecordFinding:
    if checkpoint is None:
        return RecordFinding(name, "not looked at", "the checkpoint was not given (--checkpoint)")
    if not checkpoint.is_file():
        raise RecordError("there is no such file", where=str(checkpoint), todo="name the unlearned checkpoint")
    if sha256_of(checkpoint) != sha256:
        return RecordFinding(name, "does not hold", f"{checkpoint} is another file: its hash is not the signed one")
    return RecordFinding(name, "holds", "the checkpoint's hash is the signed one")


def _agreement(statement: ErasureStatement, record: ErasureRecord, folder: Path) -> Iterator[RecordFinding]:
    """Whether what was signed together also says the same."""
    names = {each.name: each.digest.sha256 for each in statement.subject}
    if statement.predicate == predicate_of(record):
        yield RecordFinding("summary", "holds", "what is signed in short is what the record says")
    else:
        yield RecordFinding("summary", "does not hold", "what is signed in short is not what the record says")
    after = record.after
    if after.sha256 and names.get(after.file) != after.sha256:
        yield RecordFinding("checkpoint", "does not hold", "the record and the statement name other hashes of it")
    if FIGURES in names and _content(folder / FIGURES, _MOST_RECORD) != figures_table(record).encode():
        yield RecordFinding(FIGURES, "does not hold", "its figures are not the record's")
    yield _root(record, folder)


def _root(record: ErasureRecord, folder: Path) -> RecordFinding:
    """Whether the list of keyed hashes is that below the record's Merkle root."""
    scope, path = record.scope, folder / SCOPE_LIST
    if not scope.root:
        return RecordFinding("Merkle root", "not looked at", "the record has none")
    if not path.exists():
        return RecordFinding("Merkle root", "not looked at", f"{SCOPE_LIST} is not there")
    try:
        hashes = hashes_of(_content(path, _MOST_LIST).decode())
        fits = len(hashes) == scope.leaves and root_of(hashes) == scope.root
    except (ValueError, KeyError):
        fits = False
    if not fits:
        return RecordFinding("Merkle root", "does not hold", f"it is not that of {SCOPE_LIST}")
    return RecordFinding("Merkle root", "holds", f"it is that of the {scope.leaves:,} hashes in {SCOPE_LIST}")


def _model_signature(folder: Path, checkpoint: Path | None) -> Sequence[RecordFinding]:
    """The checkpoint's own signature, where there is one."""
    signature, key = folder / MODEL_SIGNATURE, folder / MODEL_KEY
    if signature.exists() != key.exists():
        gone = MODEL_KEY if signature.exists() else MODEL_SIGNATURE
        return (RecordFinding(gone, "does not hold", "it is not there, and the checkpoint was signed"),)
    if not signature.exists():
        return ()
    if checkpoint is None:
        return (RecordFinding(MODEL_SIGNATURE, "not looked at", "the checkpoint was not given (--checkpoint)"),)
    if not is_installed():
        return (RecordFinding(MODEL_SIGNATURE, "not looked at", "the package model-signing is not installed"),)
    _content(signature, _MOST_RECORD)  # within bounds, before another program reads it
    fault = fault_of_model_signature(checkpoint, signature, key)
    if fault:
        return (RecordFinding(MODEL_SIGNATURE, "does not hold", fault),)
    return (RecordFinding(MODEL_SIGNATURE, "holds", "the checkpoint's signature is that of the key beside it"),)
