"""What a person may have meant, where nothing is called as it was asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches

_FEW = 6  # names that are all said
_SAID = 3  # of more names
_LOOKED_AT = 5_000  # names that letters are compared with
_LENGTHS_APART = 3


def names_there(asked: str, names: Sequence[str]) -> str:
    """``there are cat and dog``, ``the nearest is cat``; empty where none of many is near.

    :param names: all that there are, in the order in which few of them are said.
    """
    if len(names) <= _FEW:
        return _said("there is", "there are", names)
    return _said("the nearest is", "the nearest are", nearest(asked, names))


def nearest(asked: str, names: Sequence[str]) -> list[str]:
    """Up to three: those that begin so, then those that are written alike."""
    wanted = _folded(asked)
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(_folded(name), name)
    begun = sorted((each for each in known if wanted and each.startswith(wanted)), key=len)[:_SAID]
    alike = [each for each in known if abs(len(each) - len(wanted)) <= _LENGTHS_APART][:_LOOKED_AT]
    found = dict.fromkeys([*begun, *get_close_matches(wanted, alike, n=_SAID)])
    return [known[each] for each in found][:_SAID]


def listed(names: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    return f" {last} ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), *names[-1:]])


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())


def _said(one: str, many: str, names: Sequence[str]) -> str:
    return f"{one if len(names) == 1 else many} {listed(names)}" if names else ""
