"""Whether a stranger's text repeats a key, whole or in part, as it is or in one of the usual disguises."""

from __future__ import annotations

import base64
import html
from urllib.parse import quote, unquote

_PART = 4  # characters in a row that count as a part of a key: services show its last four
_CODED = 6  # the same of a disguised one, which chance meets more easily
_SENT = b"Bearer "


def repeats(text: str, key: str | None) -> bool:
    """Whether ``text`` has any part of ``key``: plain, in capitals, backwards, percent-encoded, as HTML, hexadecimal or
    base64. A key of fewer than four characters counts as a whole.
    """
    if not key:
        return False
    heard = {text.lower(), unquote(text).lower(), html.unescape(text).lower(), _joined(text)}
    plain = {key.lower(), key[::-1].lower()}
    coded = {quote(key, safe="").lower(), key.encode().hex(), *(each.lower() for each in _in_base64(key.encode()))}
    return any(_shares(one, form, _PART) for one in heard for form in plain) or any(
        _shares(one, form, _CODED) for one in heard for form in coded
    )


def _joined(text: str) -> str:
    """Without what may stand between the characters of something spelled out."""
    return "".join(each for each in text.lower() if each.isalnum())


def _shares(text: str, form: str, least: int) -> bool:
    least = min(least, len(form))
    return any(form[i : i + least] in text for i in range(len(form) - least + 1))


def _in_base64(key: bytes) -> list[str]:
    """What of a key's base64 does not depend on what stands before and after it, for each way that it can begin."""
    found = []
    for before in (b"", b"x", b"xx", _SENT):
        whole = base64.b64encode(before + key).decode().rstrip("=")
        start = -(-len(before) * 8 // 6)
        found.append(whole[start : len(whole) - 1])
        found.append(found[-1].replace("+", "-").replace("/", "_"))
    return found
