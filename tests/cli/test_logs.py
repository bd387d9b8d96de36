"""What is for the log goes there, and not between a command's lines."""

from __future__ import annotations

import logging
import warnings

import pytest

from maga_desk.cli.logs import logged
from maga_desk.domain import paths


def test_warnings_of_libraries_go_to_the_log_alone(capsys: pytest.CaptureFixture[str]) -> None:
    shown = warnings.showwarning
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with logged():
            warnings.warn("there are many classes", UserWarning, stacklevel=1)
            logging.getLogger("maga_desk.services").warning("one of ours")
        warnings.simplefilter("ignore")
    text = paths.log_file().read_text()
    assert "there are many classes" in text and "one of ours" in text
    assert capsys.readouterr() == ("", "")
    assert warnings.showwarning is shown, "other programs' way of showing them is back"
