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
from maga_desk.domain.record import RecordError
from maga_desk.services.records.signing import kept_in_file, kept_in_keyring, private_pem, public_pem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

NAME = "model-signing-key"
"""Under which the keyring keeps the key."""

_PACKAGES = ("model_signing", "OpenSSL")
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
        return public_pem(self.key.public_key())

    def sign(self, path: Path) -> None:
        """Write the signature; the package reads its key from a file, which is gone afterwards."""
        from model_signing import signing

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "key.pem"
            write_secret(file, private_pem(self.key))
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
    return _understood(kept_in_keyring(NAME, lambda: private_pem(_new_key())), f"{NAME} in the keyring")


def _from_file(file: Path) -> EllipticCurvePrivateKey:
    write_secret(file, private_pem(_new_key()))  # one that is there stays
    return _understood(kept_in_file(file), str(file))


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
