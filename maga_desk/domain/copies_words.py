"""What stays of copies, in a few sentences."""

from __future__ import annotations

from collections.abc import Mapping

from maga_desk.domain.copies_left import NOT_LOOKED
from maga_desk.domain.counting import counted


def copies_text(copies: Mapping[str, int]) -> str:
    """What stays in sight of the marked pictures, by :meth:`~maga_desk.domain.copies_left.CopiesLeft.counts`."""
    left = copies.get("left", 0)
    by_word = f" {counted(left, 'copy', 'copies')} {'stays' if left == 1 else 'stay'} by decision." if left else ""
    return f"{_exact_text(copies)} {_near_text(copies)}{by_word}"


def _near_text(copies: Mapping[str, int]) -> str:
    if "near_stay" not in copies:
        return NOT_LOOKED
    stay, test = copies["near_stay"], copies["near_test"]
    if not stay + test:
        return "No near copy stays."
    said = (
        [f"{counted(stay, 'near copy', 'near copies')} {'stays' if stay == 1 else 'stay'} in training"] if stay else []
    )
    said += [f"{counted(test, 'test picture')} {'is a near copy' if test == 1 else 'are near copies'}"] if test else []
    return f"{'; '.join(said)}."


def _exact_text(copies: Mapping[str, int]) -> str:
    stay, test = copies.get("stay", 0), copies.get("test", 0)
    if not stay + test:
        return "No picture with the very same pixels stays."
    said = []
    if stay:
        said.append(f"{counted(stay, 'marked picture')} stay{'s' if stay == 1 else ''} in training under another name")
    if test:
        said.append(f"{counted(test, 'marked picture')} {'is' if test == 1 else 'are'} among the test pictures too")
    return f"{'; '.join(said)}."
