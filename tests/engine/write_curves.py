"""Write the stored curves of all methods anew, or of those named: ``python -m tests.engine.write_curves [NAME ...]``.

To be run when a method's mathematics was changed on purpose; what changed in the files then belongs in the same commit.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.engine.first_steps import WRITING


class Writing:
    """Tells the test to write rather than to compare."""

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[WRITING] = True


if __name__ == "__main__":
    chosen = ["-k", " or ".join(f"[{name}-" for name in sys.argv[1:])] if sys.argv[1:] else []
    test = str(Path(__file__).with_name("test_curves.py"))
    sys.exit(pytest.main([test, "-q", "--timeout=600", *chosen], plugins=[Writing()]))
