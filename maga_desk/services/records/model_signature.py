"""The checkpoint's own signature in the OpenSSF model-signing format, by the package ``model-signing``.

It signs with keys on the curve P-256, so that it has a key of its own: in the keyring, or beside the file that a person
names. ECDSA draws a number each time: of all files of a record this one alone differs from time to time.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maga_desk.domain.files import write_secret
from maga_desk.domain.outside import read_bytes
from maga_desk.domain.record import RecordError
from maga_desk.services.keys import SERVICE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

NAME = "model-signing-key"
"""Under which the keyring keeps the key."""

_PACKAGES = ("model_signing", "OpenSSL")
_MOST = 64 * 2**10
NOT_INSTALLED = (
    "the checkpoint itself is not signed: that takes the package model-signing (pip install 'maga-desk[signing]')"
)


@dataclass(frozen=True)
class ModelSigner:
    """Signs one checkpoint.

    :param public_pem: its public key, as others read it.
    """

    checkpoint: Path
    key: EllipticCurvePrivateKey

    @property
    def public_pem(self) -> bytes:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, path: Path) -> None:
        """Write the signature; the package reads its key from a file, which is gone afterwards."""
        from model_signing import signing

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "key.pem"
            write_secret(file, _private_pem(self.key))
            signing.Config().use_elliptic_key_signer(private_key=file).sign(self.checkpoint, path)


def model_signer(key_file: Path | None, checkpoint: Path | None) -> tuple[ModelSigner | None, str]:
    """What signs the checkpoint, or why nothing does, in a line.

    :param key_file: the PEM file of the key that signs the record: the model's lies beside it, as ``NAME.model.pem``.
    :raises RecordError: what lies there is no such key, or there is no keyring.
    """
    if checkpoint is None:
        return None, "the checkpoint itself is not signed: it is not there"
    if not is_installed():
        return None, NOT_INSTALLED
    key = _from_keyring() if key_file is None else _from_file(key_file.with_suffix(".model.pem"))
    return ModelSigner(checkpoint, key), ""


def is_installed() -> bool:
    """Whether the package is there, with the one that it imports and does not name."""
    return all(find_spec(name) is not None for name in _PACKAGES)


def fault_of_model_signature(checkpoint: Path, signature: Path, public_key: Path) -> str:
    """Why a checkpoint's signature does not hold; empty: it does. The package must be installed.

    The package tells what is wrong by exceptions of many kinds, from those of JSON to those of keys.
    """
    from model_signing import verifying

    try:
        verifying.Config().use_elliptic_key_verifier(public_key=public_key).verify(checkpoint, signature)
    except Exception as error:
        return f"{type(error).__name__} {error}".strip()
    return ""


def _from_keyring() -> EllipticCurvePrivateKey:
    import keyring
    from keyring.errors import KeyringError

    try:
        kept = keyring.get_password(SERVICE, NAME)
        if kept is None:
            kept = _private_pem(_new_key()).decode("ascii")
            keyring.set_password(SERVICE, NAME, kept)
    except (KeyringError, RuntimeError):
        raise RecordError("the system's keyring refused", todo="unlock it, or name a key file with --key") from None
    return _understood(kept.encode(), f"{NAME} in the keyring")


def _from_file(file: Path) -> EllipticCurvePrivateKey:
    write_secret(file, _private_pem(_new_key()))  # one that is there stays
    try:
        return _understood(read_bytes(file, _MOST), str(file))
    except OSError as error:
        raise RecordError(f"cannot be read: {error.strerror}", where=str(file)) from error


def _understood(content: bytes, where: str) -> EllipticCurvePrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key: Any = None
    with suppress(ValueError, TypeError, UnsupportedAlgorithm):
        key = load_pem_private_key(content, password=None)
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise RecordError(
            "is no private key on the curve P-256 in PEM", where=where, todo="move it away: another is made"
        )
    return key


def _new_key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

    return generate_private_key(SECP256R1())


def _private_pem(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
