"""A proposer from a package outside, through its entry point."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.proposer import ProposerDialog

PATIENCE = 60_000


def spec_file(tiny_spec: RunSpec, tmp_path: Path, **guidance: object) -> str:
    path = tmp_path / "spec.toml"
    path.write_text(tiny_spec.with_changes("guidance", **guidance).to_toml())
    return str(path)


def test_it_is_listed_with_its_origin_and_its_own_keys(outside: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["proposers", "--json"]) == 0
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)["proposers"]}["neighbour"]
    assert found["origin"] == outside
    assert found["options"]["distance"]["default"] == 1
    assert main(["proposers", "neighbour"]) == 0
    assert "How far down the list" in capsys.readouterr().out


@pytest.mark.parametrize(("options", "best"), [({}, "square"), ({"distance": 2}, "cross")])
def test_it_proposes_from_the_command_line(
    outside: str, tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: dict, best: str
) -> None:
    assert main(["propose", spec_file(tiny_spec, tmp_path, proposer="neighbour", options=options), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    (row,) = result["rows_asked"]
    matrix = dict(zip(result["classes"], result["matrix"], strict=True))
    values = dict(zip(result["classes"], matrix[row], strict=True))
    assert (row, values[best]) == ("ring", 1.0)


def test_it_can_be_a_part_of_a_mixture(
    outside: str, tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = ({"proposer": "neighbour", "options": {"distance": 2}}, {"proposer": "neighbour"})
    assert main(["propose", spec_file(tiny_spec, tmp_path, proposer="mixture", mixture=parts), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert sorted(result["matrix"][result["classes"].index("ring")]) == [0, 0, 0.5, 0.5]


def test_a_key_that_it_does_not_have_is_refused(
    outside: str, tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["propose", spec_file(tiny_spec, tmp_path, proposer="neighbour", options={"far": 1})]) == 2
    assert "[guidance] options: unknown key 'far'" in capsys.readouterr().err


def test_without_the_package_it_is_unknown(
    tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["propose", spec_file(tiny_spec, tmp_path, proposer="neighbour")]) == 2
    assert "no proposer is called 'neighbour'" in capsys.readouterr().err


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


def test_the_guide_page_offers_it_with_its_own_keys(
    qtbot: QtBot, window: Composition, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    window.open_spec(spec_file(tiny_spec, tmp_path))
    desk, page = window.desk, window.pages["guide"]
    qtbot.waitUntil(lambda: desk.forget is not None and bool(desk.installation.proposers), timeout=PATIENCE)
    window.window.show_page("guide")
    box = page.bar.proposer
    box.setCurrentIndex(box.findText("Next in the list"))
    assert "further down the list" in page.bar.help.text()
    qtbot.mouseClick(page.bar.settings_button, Qt.MouseButton.LeftButton)
    (dialog,) = page.findChildren(ProposerDialog)
    assert dialog.form.needed() == []
    assert dialog.form.line("options.distance") == "How far down the list the label is"
    dialog.form.options["distance"].set_value(2)
    qtbot.mouseClick(dialog.ok_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.bar.propose_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desk.proposal is not None, timeout=PATIENCE)
    assert desk.proposal is not None and desk.spec.guidance.options == {"distance": 2}
    assert desk.proposal.matrix.values[desk.proposal.true[0]].argmax() == (desk.proposal.true[0] + 2) % 4
    page.table.view.selectRow(0)
    assert "the class further down the list" in page.why.answer.text()
