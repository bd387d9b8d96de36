"""DSSE envelopes, protocol version 1: what is signed is a type and a payload, never their JSON.

https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maga_desk.domain.outside import json_of
from maga_desk.domain.record import RecordError, canonical

IN_TOTO = "application/vnd.in-toto+json"


@dataclass(frozen=True)
class Envelope:
    """A payload with one signature.

    :param keyid: a hint by which to find the key; nothing rests on it.
    """

    payload: bytes
    keyid: str
    signature: bytes
    payload_type: str = IN_TOTO

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is of (the pre-authentication encoding, PAE)."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)

    def to_bytes(self) -> bytes:
        """As it is written."""
        return canonical(
            {
                "payload": base64.b64encode(self.payload).decode(),
                "payloadType": self.payload_type,
                "signatures": [{"keyid": self.keyid, "sig": base64.b64encode(self.signature).decode()}],
            }
        )


def pre_authentication(payload: bytes, payload_type: str = IN_TOTO) -> bytes:
    """The bytes to sign."""
    return Envelope(payload, "", b"", payload_type).signed


def read_envelope(content: bytes, *, where: str | None = None) -> Envelope:
    """What :meth:`Envelope.to_bytes` wrote, and nothing else.

    :raises RecordError: it is no envelope, or it was edited.
    """
    try:
        raw = json_of(content)
    except ValueError as error:
        raise RecordError(f"is no signed record, or half written ({error})", where=where) from error
    try:
        envelope = _understood(raw)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise RecordError("is no DSSE envelope with one signature", where=where) from None
    if envelope.to_bytes() != content:
        raise RecordError("was edited: it is not in the form in which it was written", where=where)
    return envelope


def _understood(raw: Any) -> Envelope:
    if not isinstance(raw, Mapping) or set(raw) != {"payload", "payloadType", "signatures"}:
        raise ValueError("other keys")
    (only,) = raw["signatures"]
    if set(only) != {"keyid", "sig"} or not all(isinstance(each, str) for each in (*only.values(), raw["payload"])):
        raise ValueError("other keys")
    if raw["payloadType"] != IN_TOTO:
        raise ValueError("another type")
    return Envelope(
        base64.b64decode(raw["payload"], validate=True), only["keyid"], base64.b64decode(only["sig"], validate=True)
    )
