"""Sessions, proposals, edits, runs and their figures in one SQLite file, behind one owner thread. No torch, no Qt."""

import sys


def _import_without_pandas() -> None:
    """Import sqlite-utils, which takes pandas in where that is installed (for columns of its time stamps, which we do
    not have): a third of a second before the first paint.
    """
    free = "pandas" not in sys.modules
    if free:
        sys.modules["pandas"] = None  # type: ignore[assignment]  # Python's own way to say that there is none
    try:
        import sqlite_utils  # noqa: F401
    finally:
        if free:
            del sys.modules["pandas"]


_import_without_pandas()
