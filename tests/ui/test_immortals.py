"""The guard against PySide6's lost references to ``None`` and ``True``."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from maga_desk.ui.immortals import keep_singletons_alive
keep_singletons_alive()
keep_singletons_alive()
from PySide6.QtCore import QObject, Signal
class Source(QObject):
    fired = Signal()
source = Source()
for _ in range(300_000):
    source.fired.emit()
    source.setObjectName("x")
print("alive")
"""


def test_many_calls_do_not_end_the_interpreter() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "alive"
