"""What is signed is checked by programs that are not ours: cryptography, jsonschema, model-signing's own command."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import keyring
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jsonschema import Draft202012Validator
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked

from maga_desk.domain import paths
from maga_desk.domain.errors import UserError
from maga_desk.domain.record_folder import MANIFEST, MODEL_KEY, MODEL_SIGNATURE, PUBLIC_KEY, RECORD
from maga_desk.services.records.model_signature import fault_of_model_signature, model_signer
from maga_desk.services.records.reading import read_folder
from maga_desk.services.records.scope_key import scope_key_file
from maga_desk.services.records.signing import key_id, signing_key
from maga_desk.services.records.writing import write_record

SCHEMAS = paths.resources_dir() / "schemas"


def schema(name: str) -> Any:
    found = json.loads((SCHEMAS / name).read_text())
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


def verified_by_others(folder: Path) -> dict[str, Any]:
    """By the text of the DSSE and in-toto specifications, with nothing of this program.

    :raises InvalidSignature: it does not hold.
    """
    envelope = json.loads((folder / MANIFEST).read_text())
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    assert kind == b"application/vnd.in-toto+json"
    key = serialization.load_pem_public_key((folder / PUBLIC_KEY).read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    encoded = b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])
    (only,) = envelope["signatures"]
    key.verify(base64.b64decode(only["sig"]), encoded)
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert only["keyid"] == hashlib.sha256(der).hexdigest()
    statement: dict[str, Any] = json.loads(payload)
    return statement


def test_others_verify_the_manifest_and_every_file_that_it_names(record_folder: Path, checkpoint: Path) -> None:
    statement = verified_by_others(record_folder)
    assert statement["_type"] == "https://in-toto.io/Statement/v1" and statement["predicateType"].startswith("urn:")
    schema("erasure-statement.schema.json").validate(statement)
    schema("erasure-record.schema.json").validate(json.loads((record_folder / RECORD).read_text()))
    for subject in statement["subject"]:
        path = checkpoint if subject["name"] == checkpoint.name else record_folder / subject["name"]
        assert subject["digest"] == {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    unsigned = {path.name for path in record_folder.iterdir()} - {each["name"] for each in statement["subject"]}
    assert unsigned <= {MANIFEST, PUBLIC_KEY, MODEL_SIGNATURE}
    for change in ({"extra": 1}, {"subject": []}, {"predicateType": "other"}, {"predicate": {}}):
        assert not schema("erasure-statement.schema.json").is_valid({**statement, **change})
    envelope = json.loads((record_folder / MANIFEST).read_text())
    statement["predicate"]["forgotten"] += 1
    envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    (record_folder / MANIFEST).write_text(json.dumps(envelope))
    with pytest.raises(InvalidSignature):
        verified_by_others(record_folder)


def test_the_same_run_gives_the_same_bytes(
    record_folder: Path, kept_run: Path, key_file: Path, scope_key_copy: Path, tmp_path: Path
) -> None:
    """Written again, into another home that has the same keys; only ECDSA draws a number."""
    first = {path.name: path.read_bytes() for path in record_folder.iterdir()}
    place = scope_key_file(json.loads(first[RECORD])["run"])
    place.parent.mkdir()
    shutil.copy(scope_key_copy, place)
    out = tmp_path / "again"
    for _ in range(2):  # the second in the place of the first
        write_record(read_folder(kept_run), out, key_file=key_file, force=True)
        again = {path.name: path.read_bytes() for path in out.iterdir()}
        assert set(again) == set(first)
        assert {name for name in first if first[name] != again[name]} <= {MODEL_SIGNATURE}


def test_model_signing_verifies_the_checkpoint_with_its_own_command(
    record_folder: Path, checkpoint: Path, tmp_path: Path
) -> None:
    pytest.importorskip("model_signing")
    pytest.importorskip("OpenSSL")

    signature, key = record_folder / MODEL_SIGNATURE, record_folder / MODEL_KEY
    command = [sys.executable, "-m", "model_signing", "verify", "key", "--public_key", str(key)]
    command += ["--signature", str(signature), str(checkpoint)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    changed = tmp_path / checkpoint.name
    content = bytearray(checkpoint.read_bytes())
    content[-1] ^= 1
    changed.write_bytes(content)
    assert fault_of_model_signature(checkpoint, signature, key) == ""
    assert "mismatch" in fault_of_model_signature(changed, signature, key)


def test_no_key_reaches_the_record_or_the_home(
    record_folder: Path, kept_run: Path, key_file: Path, scope_key_copy: Path, home: Path
) -> None:
    private = [key_file, key_file.with_suffix(".model.pem"), scope_key_copy]
    secrets = [path.read_bytes().splitlines() for path in private if path.exists()]
    inner = {line for lines in secrets for line in lines if not line.startswith(b"-----")}
    raw = signing_key(key_file).private_bytes_raw()
    inner |= {raw, raw.hex().encode(), base64.b64encode(raw), bytes.fromhex(scope_key_copy.read_text())}
    write_record(read_folder(kept_run), home / "record", key_file=key_file)
    for path in (*record_folder.rglob("*"), *(each for each in home.rglob("*") if each.suffix != ".scope-key")):
        if path.is_file():
            assert not [secret for secret in inner if secret in path.read_bytes()], path
    assert {path.stat().st_mode & 0o777 for path in private[:2] if path.exists()} == {0o600}


def pem(key: Any, password: bytes | None = None) -> bytes:
    locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked))


def test_keys_that_are_none_are_refused(tmp_path: Path) -> None:
    refused = {
        b"": "no Ed25519 private key",
        b"\x00" * 70_000: "larger than",
        pem(ec.generate_private_key(ec.SECP256R1())): "no Ed25519 private key",
        pem(rsa.generate_private_key(65537, 2048)): "no Ed25519 private key",
        pem(Ed25519PrivateKey.generate(), b"secret"): "locked by a password",
    }
    for content, says in refused.items():
        file = tmp_path / "key.pem"
        file.write_bytes(content)
        with pytest.raises(UserError, match=says):
            signing_key(file)
        assert file.read_bytes() == content
    with pytest.raises(UserError, match="cannot be read"):
        signing_key(tmp_path)


def test_a_key_file_is_made_once_and_another_programs_is_taken(tmp_path: Path) -> None:
    made = signing_key(tmp_path / "keys" / "own.pem")
    assert key_id(signing_key(tmp_path / "keys" / "own.pem").public_key()) == key_id(made.public_key())
    theirs = Ed25519PrivateKey.generate()
    (tmp_path / "theirs.pem").write_bytes(pem(theirs))
    assert key_id(signing_key(tmp_path / "theirs.pem").public_key()) == key_id(theirs.public_key())


class OneRing(KeyringBackend):
    """A keyring in memory."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


def test_without_a_file_the_keyring_has_the_key(checkpoint: Path) -> None:
    before, ring = keyring.get_keyring(), OneRing()
    try:
        keyring.set_keyring(ring)
        assert key_id(signing_key().public_key()) == key_id(signing_key().public_key())
        assert list(ring.kept) == [("maga-desk", "record-signing-key")]
        signer, why = model_signer(None, checkpoint)
        if signer is not None:
            again, _ = model_signer(None, checkpoint)
            assert again is not None and again.public_pem == signer.public_pem
        else:
            assert "pip install" in why
        ring.kept["maga-desk", "record-signing-key"] = "rubbish"
        with pytest.raises(UserError, match="in the keyring: is no Ed25519"):
            signing_key()
        ring.locked = True
        with pytest.raises(UserError, match="unlock it, or name a file for the key with --key"):
            signing_key()
        keyring.set_keyring(NoKeyring())
        with pytest.raises(UserError, match=r"no keyring.*--key"):
            signing_key()
    finally:
        keyring.set_keyring(before)
