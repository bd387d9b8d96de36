"""What a person is told depends on whether anything can be installed."""

from __future__ import annotations

import sys

import pytest

from maga_desk.domain import bundle
from maga_desk.domain.display import window_problem


def test_in_the_bundle_nobody_is_sent_to_a_python_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert bundle.how_to_get("a", "b") == "pip install a b"
    assert "python main.py demo --headless" in str(window_problem())
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert bundle.how_to_get("a").startswith("the bundle does not hold it")
    assert "use: maga-desk demo --headless" in str(window_problem())
