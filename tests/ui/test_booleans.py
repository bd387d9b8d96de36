"""The guard against PySide6's lost references to ``True``."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from maga_desk.ui.booleans import keep_booleans_alive
keep_booleans_alive()
keep_booleans_alive()
from PySide6.QtCore import QObject, Signal
class Source(QObject):
    fired = Signal()
source = Source()
for _ in range(20_000):
    source.fired.emit()
print("alive")
"""


def test_many_signals_do_not_end_the_interpreter() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "alive"
