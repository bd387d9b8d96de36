"""A method from a package outside, through its entry point."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition

PATIENCE = 60_000


def spec_file(tiny_spec: RunSpec, tmp_path: Path, **params: Any) -> str:
    path = tmp_path / "spec.toml"
    method = MethodSpec(name="bounded-ascent", params=params)
    path.write_text(tiny_spec.with_changes("", method=method).to_toml())
    return str(path)


def test_it_is_listed_after_ours_with_its_origin(outside: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods", "--json"]) == 0
    *ours, last = json.loads(capsys.readouterr().out)["methods"]
    assert (last["name"], last["origin"]) == ("bounded-ascent", outside)
    assert {each["origin"] for each in ours} == {"MaGA Desk"}
    assert main(["methods", "bounded-ascent"]) == 0
    assert "Cross-entropy above which a picture is left alone" in capsys.readouterr().out


def test_its_file_is_printed_as_a_start_for_another(outside: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods", "bounded-ascent", "--copy"]) == 0
    assert capsys.readouterr().out == (Path(__file__).parent / "installed" / "outside_choices" / "method.py").read_text(
        "utf-8"
    )
    assert main(["methods", "--copy"]) == 2


def test_it_forgets_up_to_its_bound_from_the_command_line(
    outside: str, tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {}
    for bound in (1e-6, 3.0):  # nothing is below the one, so that the net stays almost as it was
        assert main(["run", spec_file(tiny_spec, tmp_path, bound=bound, epochs=8, lr=0.002), "--json", "--force"]) == 0
        found[bound] = json.loads(capsys.readouterr().out)["metrics"]["forget_train"]
    assert found[1e-6] > 80 and found[3.0] < 20


def test_a_wrong_parameter_is_refused_before_any_work(
    outside: str, tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", spec_file(tiny_spec, tmp_path, bound=-1.0)]) == 2
    assert "[method] bounded-ascent" in capsys.readouterr().err


def test_without_the_package_it_is_unknown(
    tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", spec_file(tiny_spec, tmp_path)]) == 2
    assert "no method is called 'bounded-ascent'" in capsys.readouterr().err


@pytest.fixture
def window(qtbot: QtBot, outside: str, tmp_path: Path) -> Iterator[Composition]:
    made = Composition(SessionStore.open(paths.sessions_file()), runs_folder=tmp_path, confirm=lambda *_: True)
    made.window.show()
    qtbot.waitExposed(made.window)
    made.start()
    yield made
    made.close()
    made.window.close()
    made.window.deleteLater()
    made.deleteLater()


def test_the_run_page_shows_its_form_and_runs_it(
    qtbot: QtBot, window: Composition, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    window.open_spec(spec_file(tiny_spec, tmp_path, epochs=8, lr=0.002))
    desk, page = window.desk, window.pages["run"]
    qtbot.waitUntil(lambda: desk.forget is not None and bool(desk.installation.methods), timeout=PATIENCE)
    window.window.show_page("run")
    assert page.method.currentText() == "Bounded ascent"
    assert page.summary.text() == "Raise the loss on the forget pictures, each up to a bound."
    assert page.form.inputs["bound"].value() == 3.0
    qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desk.runs.shown.report is not None and not desk.runs.busy, timeout=PATIENCE)
    report = desk.runs.shown.report
    assert report is not None and (report.after.value("forget_train") or 0) < 20
