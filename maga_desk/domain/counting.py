"""Numbers of things in words."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """``1 copy``, ``1,200 copies``.

    :param many: of several; by default that of one with an s.
    """
    return f"1 {one}" if count == 1 else f"{count:,} {many or f'{one}s'}"
