"""The key that signs records (Ed25519, RFC 8032): in the system's keyring, or in a PEM file that a person names.

It is made when it is first needed. The packages are imported when a record is signed or checked.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maga_desk.domain.dsse import Envelope, pre_authentication
from maga_desk.domain.files import write_secret
from maga_desk.domain.outside import read_bytes
from maga_desk.domain.record import RecordError
from maga_desk.services.keys import SERVICE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NAME = "record-signing-key"
"""Under which the keyring keeps it."""

_MOST = 64 * 2**10
_WAY_OUT = "name a file for the key with --key"


def signing_key(file: Path | None = None) -> Ed25519PrivateKey:
    """The key, made where there is none yet.

    :param file: a PEM file (PKCS#8, without a password); default: the system's keyring.
    :raises RecordError: it is no such key, or the system has no keyring.
    :raises OutputError: the file cannot be written.
    """
    if file is None:
        return _from_keyring()
    return _from_file(file) if os.path.lexists(file) else _made_in(file)


def public_pem(key: Ed25519PublicKey | EllipticCurvePublicKey) -> bytes:
    """A public key as others read it: PEM, SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: Ed25519PublicKey) -> str:
    """SHA-256 of the public key (DER, SubjectPublicKeyInfo), as hexadecimal text: people compare it by telephone."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def read_public_key(content: bytes, *, where: str) -> Ed25519PublicKey:
    """:raises RecordError: it is no Ed25519 public key in PEM."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise RecordError("is no Ed25519 public key in PEM", where=where, todo="ask for public-key.pem of who signed")
    return key


def signed(payload: bytes, key: Ed25519PrivateKey) -> Envelope:
    """An envelope around a payload. Ed25519 draws nothing: the same payload gives the same bytes."""
    return Envelope(payload, key_id(key.public_key()), key.sign(pre_authentication(payload)))


def is_signed_by(envelope: Envelope, key: Ed25519PublicKey) -> bool:
    """Whether the signature is that of this key over this payload."""
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(envelope.signature, envelope.signed)
    except InvalidSignature:
        return False
    return True


def _from_keyring() -> Ed25519PrivateKey:
    return _understood(kept_in_keyring(NAME, lambda: private_pem(_new_key())), f"{NAME} in the keyring")


def kept_in_keyring(name: str, make: Callable[[], bytes]) -> bytes:
    """A key as the system's keyring has it under a name, made where there is none yet.

    :param make: a new one, as PEM.
    :raises RecordError: there is no keyring, or it refused.
    """
    import keyring
    from keyring.errors import KeyringError, NoKeyringError

    try:
        kept = keyring.get_password(SERVICE, name)
        if kept is not None:
            return kept.encode()
        made = make()
        keyring.set_password(SERVICE, name, made.decode("ascii"))
        return made
    except NoKeyringError:
        raise RecordError("this system has no keyring for the key that signs", todo=_WAY_OUT) from None
    except (KeyringError, RuntimeError):
        raise RecordError("the system's keyring refused", todo=f"unlock it, or {_WAY_OUT}") from None


def _from_file(file: Path) -> Ed25519PrivateKey:
    return _understood(kept_in_file(file), str(file))


def kept_in_file(file: Path) -> bytes:
    """:raises RecordError: it cannot be read."""
    try:
        return read_bytes(file, _MOST)
    except OSError as error:
        raise RecordError(f"cannot be read: {error.strerror}", where=str(file)) from error


def _understood(content: bytes, where: str) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key: Any = None
    try:
        key = load_pem_private_key(content, password=None)
    except TypeError:
        raise RecordError("is locked by a password", where=where, todo="name a key file without one") from None
    except (ValueError, UnsupportedAlgorithm):
        pass
    if not isinstance(key, Ed25519PrivateKey):
        raise RecordError(
            "is no Ed25519 private key in PEM",
            where=where,
            todo="make one with `openssl genpkey -algorithm ed25519`, or name a file that is not there yet",
        )
    return key


def _new_key() -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


def private_pem(key: Ed25519PrivateKey | EllipticCurvePrivateKey) -> bytes:
    """A private key as PEM (PKCS#8), without a password."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _made_in(file: Path) -> Ed25519PrivateKey:
    write_secret(file, private_pem(_new_key()))
    return _from_file(file)  # that of another program, if it was quicker
