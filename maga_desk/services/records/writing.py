"""A record as files: the record itself, its list, figures and pages, and the signed manifest that names them all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maga_desk.domain.errors import StoreError
from maga_desk.domain.protection import check_file, inputs_of
from maga_desk.domain.record import ErasureRecord, to_bytes
from maga_desk.domain.record_folder import (
    FIGURES,
    MANIFEST,
    MODEL_KEY,
    MODEL_SIGNATURE,
    PUBLIC_KEY,
    RECORD,
    RECORD_PAGE,
    RECORD_PRINT,
    SCOPE_LIST,
    SIGNED,
    PaperSize,
)
from maga_desk.domain.record_judgement import RecordFigure
from maga_desk.domain.record_manifest import (
    ErasureStatement,
    RecordDigest,
    RecordSubject,
    predicate_of,
    statement_bytes,
)
from maga_desk.domain.tables import csv_text
from maga_desk.domain.together import Writer, settle, write_together
from maga_desk.services.records.building import BuiltRecord, build_record
from maga_desk.services.records.model_signature import model_signer
from maga_desk.services.records.reading import RunMaterial
from maga_desk.services.records.signing import key_id, public_pem, signed, signing_key
from maga_desk.store.sessions import SessionStore

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class WrittenRecord:
    """What was written.

    :param files: hashes by name, of all files that the manifest names and that lie in the folder.
    :param key_id: of the key that signed.
    :param notes: what was left out and why, a line each.
    """

    folder: Path
    record: ErasureRecord
    files: dict[str, str]
    key_id: str
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON: where it is, what was written, and what it says in short."""
        record = self.record
        return {
            "folder": str(self.folder.resolve()),
            "title": record.title,
            "key_id": self.key_id,
            "files": self.files,
            "checkpoint_sha256": record.after.sha256 or None,
            "root": record.scope.root or None,
            "answers": {asked.key: asked.words for asked in record.judgement.questions},
            "not_run": list(record.judgement.not_run),
            "notes": list(self.notes),
        }


def write_record(
    material: RunMaterial,
    out: Path,
    *,
    key_file: Path | None = None,
    paper: PaperSize = "a4",
    not_retrained: str = "",
    force: bool = False,
    store: SessionStore | None = None,
) -> WrittenRecord:
    """Build the record of a run and write it into a folder, all of its files or none.

    :param key_file: the PEM file of the key that signs; default: the system's keyring.
    :param force: replace an earlier record there.
    :param store: notes with the run where its record is, for those who purge later.
    :raises UserError: the key cannot be used, or something cannot be written or would be replaced.
    """
    inputs = inputs_of(material.spec, ("the checkpoint", material.checkpoint), ("the key", key_file))
    settle(out)
    for name in (MANIFEST, PUBLIC_KEY, MODEL_SIGNATURE, *SIGNED):
        check_file(out / name, inputs, force=force)
    key = signing_key(key_file)
    built = build_record(material, not_retrained)
    signer, why_not = model_signer(key_file, material.checkpoint)
    content = dict(_files(built, paper))
    if signer is not None:
        content[MODEL_KEY] = signer.public_pem
    manifest = _manifest(built.record, content, key)
    files: dict[str, Writer] = {
        name: _writer(data)
        for name, data in ((MANIFEST, manifest), *content.items(), (PUBLIC_KEY, public_pem(key.public_key())))
    }
    if signer is not None:
        files[MODEL_SIGNATURE] = signer.sign
    write_together(out, files)
    for name in (*SIGNED, MODEL_SIGNATURE):  # of an earlier record that had more
        if name not in files:
            (out / name).unlink(missing_ok=True)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    notes = (why_not, _noted(store, material.folder, out / MANIFEST))
    return WrittenRecord(out, built.record, hashes, key_id(key.public_key()), tuple(note for note in notes if note))


def _noted(store: SessionStore | None, folder: Path, manifest: Path) -> str:
    """Why the record is not in the session's list, where that cannot be written: no reason to have no record."""
    try:
        if store is not None:
            store.note_record(folder, manifest)
    except StoreError as error:
        return f"The session does not list this record: {error}"
    return ""


def figures_table(record: ErasureRecord) -> str:
    """Every figure of every net, with its interval, for a spreadsheet."""
    rows: list[list[object]] = [["figure", "title", "unit", "net", "value", "low", "high", "n"]]
    for measure in record.judgement.measures:
        nets: tuple[tuple[str, RecordFigure | None], ...] = (
            ("original", measure.before),
            ("result", measure.after),
            ("retrained", measure.retrained),
        )
        for net, figure in nets:
            if figure is not None:
                bounds = ("" if bound is None else repr(bound) for bound in (figure.low, figure.high))
                rows.append(
                    [measure.key, measure.title, measure.unit, net, repr(figure.value), *bounds, figure.n or ""]
                )
    return csv_text(rows)


def _files(built: BuiltRecord, paper: PaperSize) -> Iterator[tuple[str, bytes]]:
    from maga_desk.services.records import pages

    record, listed = built.record, built.scope.table()
    yield RECORD, to_bytes(record)
    if listed:
        yield SCOPE_LIST, listed.encode()
    yield FIGURES, figures_table(record).encode()
    yield RECORD_PAGE, pages.html(record)
    yield RECORD_PRINT, pages.pdf(record, paper)


def _manifest(record: ErasureRecord, content: dict[str, bytes], key: Ed25519PrivateKey) -> bytes:
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    if record.after.sha256:
        hashes[record.after.file] = record.after.sha256
    subjects = tuple(
        RecordSubject(name=name, digest=RecordDigest(sha256=sha256)) for name, sha256 in sorted(hashes.items())
    )
    statement = ErasureStatement(subject=subjects, predicate=predicate_of(record))
    return signed(statement_bytes(statement), key).to_bytes()


def _writer(data: bytes) -> Writer:
    return lambda path: path.write_bytes(data)
