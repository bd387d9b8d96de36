"""Is this the bundle, in which nothing can be installed? Words for a person depend on it."""

from __future__ import annotations

import sys


def is_bundle() -> bool:
    """Whether the program runs frozen, without a Python of the machine's."""
    return bool(getattr(sys, "frozen", False))


def command() -> str:
    """How a person starts the program here."""
    return "maga-desk" if is_bundle() else "python main.py"


def how_to_get(*packages: str) -> str:
    """What to do where an optional package is missing."""
    words = f"pip install {' '.join(packages)}"
    return f"the bundle does not hold it; in an installation with Python: {words}" if is_bundle() else words
