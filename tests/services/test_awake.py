from __future__ import annotations

import logging

import pytest

from maga_desk.services.awake import kept_awake


def test_a_computer_is_kept_awake_where_it_can_be(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "maga_desk")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("WAKEPY_FORCE_FAILURE", "yes")
    with kept_awake() as awake:
        assert not awake
    assert "may fall asleep" in caplog.text
    monkeypatch.delenv("WAKEPY_FORCE_FAILURE")
    monkeypatch.setenv("WAKEPY_FAKE_SUCCESS", "yes")  # wakepy's own stand-in for a desktop
    with kept_awake() as awake:
        assert awake
    with kept_awake(wanted=False) as awake:
        assert not awake
