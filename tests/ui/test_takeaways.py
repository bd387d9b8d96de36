"""Every plot and every table of the window can be copied and saved, by its menu and by a button."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QTableView, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from maga_desk.domain.events import Scalars
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.yardstick import Yardstick
from maga_desk.ui.composition import Composition
from maga_desk.ui.pages.verify import GROUPS
from maga_desk.ui.plots.class_bars import ClassBars
from maga_desk.ui.runs import RunView
from maga_desk.ui.widgets.basic.takeaway import Takeaway, cells_of
from maga_desk.ui.widgets.guide.flow_bars import FlowBars
from tests.ui.controllers.conftest import matrix_of, picture_set

RUN = Path(__file__).parents[1] / "kept" / "home" / "runs" / "20261128-053351"


def report() -> Report:
    read = Report.from_dict(json.loads((RUN / "report.json").read_text()))
    return replace(read, yardstick=Yardstick("gold.safetensors", "ab" * 32, "record"))


@pytest.fixture
def made(qtbot: QtBot) -> Iterator[Composition]:
    """A window with pictures, labels, a finished run and its figures; nothing works behind it."""
    from maga_desk.guidance.perturbing import make_proposal

    made, images = Composition(None), picture_set()
    made.desk.set_workspace(images, None, images)
    made.desk.set_basket(made.desk.basket.add(np.arange(12, 18)))
    forget, labels = made.desk.forget, images.train.labels
    assert forget is not None
    p = np.random.default_rng(0).dirichlet(np.ones(4), len(forget.indices)).astype(np.float32)
    names = [images.train.names[i] for i in forget.indices]
    matrix = matrix_of("classifier", forget, labels)
    spec = RunSpec()
    made.desk.set_proposal(make_proposal(matrix, p, names, labels[forget.indices], forget, spec.guidance, seed=0))
    curve = [Scalars(step, {"retain_accuracy": 80.0 + step, "forget_accuracy": 50.0 - step}) for step in range(4)]
    made.desk.runs.show(RunView(spec=spec, state="finished", scalars=curve, reference=curve, report=report()))
    made.window.show()
    qtbot.waitExposed(made.window)
    made.window.show_page("run")
    qtbot.waitUntil(lambda: made.run.curves.plot.content is not None)
    qtbot.waitUntil(lambda: made.run.curves.reference_plot.content is not None)
    made.window.show_page("verify")
    made.verify.groups.buttons[GROUPS.index("residue")].click()
    qtbot.waitUntil(lambda: made.verify.inside.content is not None)
    yield made
    made.close()
    made.window.close()
    made.window.deleteLater()
    made.deleteLater()


def shown(made: Composition) -> list[QWidget]:
    """Every plot and every table of the window."""
    import pyqtgraph as pg

    plots = made.window.findChildren(pg.PlotWidget)
    curves = made.run.curves.plot.content
    beside = made.run.curves.reference_plot.content
    assert curves is not None and beside is not None
    single = [plot for plot in plots if not curves.isAncestorOf(plot) and not beside.isAncestorOf(plot)]
    kinds = (QTableView, ClassBars, FlowBars)
    painted = [widget for kind in kinds for widget in made.window.findChildren(kind)]
    assert len(single) == 2
    return [curves, beside, *single, *painted]


def test_each_of_them_can_be_copied_and_saved(
    made: Composition, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = shown(made)
    assert len(found) >= 8
    clipboard, names = QGuiApplication.clipboard(), []
    buttons = [button for button in made.window.findChildren(QToolButton) if button.text() == "⋯"]
    menus = []
    for button in buttons:
        button.menu().aboutToShow.emit()
        menus += [set(map(id, button.menu().actions()))]
    for number, widget in enumerate(found):
        takeaways = [child for child in widget.children() if isinstance(child, Takeaway)]
        assert len(takeaways) == 1, widget
        (takeaway,) = takeaways
        names.append(widget.accessibleName())
        clipboard.clear()
        actions = {action.text(): action for action in takeaway.actions}
        copying = next(action for text, action in actions.items() if text in ("Copy data", "Copy table"))
        copying.trigger()
        lines = clipboard.text().splitlines()
        assert lines == ["\t".join(cell.replace("\n", " ") for cell in row) for row in takeaway.rows()], names[-1]
        target = tmp_path / f"{number}.csv"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, to=str(target), **__: (to, ""))
        next(action for text, action in actions.items() if text.endswith("CSV…")).trigger()
        assert [list(row) for row in takeaway.rows()] == list(csv.reader(io.StringIO(target.read_text())))
        if takeaway.is_table:
            continue
        actions["Copy picture"].trigger()
        assert not clipboard.pixmap().isNull()
        for ending, begins in ((".png", b"\x89PNG"), (".svg", b"<?xml")):
            monkeypatch.setattr(
                QFileDialog, "getSaveFileName", lambda *_, to=str(tmp_path / f"{number}{ending}"), **__: (to, "")
            )
            actions["Save picture…"].trigger()
            assert (tmp_path / f"{number}{ending}").read_bytes().startswith(begins)
    assert len(set(names)) == len(names) and all(names)
    assert len(buttons) == 15 and all(menus), "a button for each, where the matrix's views share one"


def test_the_figures_go_out_whole_with_intervals(made: Composition) -> None:
    rows = made.verify.table.takeaway.rows()
    assert rows[0][:6] == ["group", "key", "figure", "unit", "target", "direction"]
    assert rows[0][6:10] == ["before", "before low", "before high", "before n"]
    assert [row[1] for row in rows[1:]] == list(MEASURES)
    forget = next(row for row in rows if row[1] == "forget_train")
    figure = report().before.figures["forget_train"]
    assert forget[6:10] == ["100", f"{figure.low:.6g}", f"{figure.high:.6g}", "12"]
    assert forget[-2:] == ["0", "close"]


def test_curves_and_bars_go_out_as_numbers(made: Composition) -> None:
    content = made.run.curves.plot.content
    assert content is not None
    curves = next(child for child in content.children() if isinstance(child, Takeaway))
    assert curves.rows()[:2] == [["step", "retain_accuracy", "forget_accuracy"], ["0", "80", "50"]]
    bars = made.verify.bars.takeaway.rows()
    assert bars[0] == ["class", "forgotten", "before", "after", "retrained"] and len(bars) == 5
    assert "new label" in made.guide.matrix.flow.takeaway.rows()[0]


def test_a_table_says_its_columns_and_rows(made: Composition) -> None:
    rows = cells_of(made.guide.matrix.heat_map)
    assert rows[0] == ["", "bird", "cat", "deer", "dog"] and rows[1][0] == "cat"


def test_no_input_is_replaced(made: Composition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "names.csv").write_text("train/cat/00.png\n")
    made.desk.set_spec(made.desk.spec.with_changes("forget", files=str(tmp_path / "names.csv")))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "names.csv"), ""))
    made.verify.table.takeaway.ask_for_data()
    assert (tmp_path / "names.csv").read_text() == "train/cat/00.png\n"
    assert "an input is never replaced" in made.window.notices.text()
