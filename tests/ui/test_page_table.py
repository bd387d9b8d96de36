"""One table says of every page what it is called, what it needs, and when it is done."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from maga_desk.ui.desk import Desk
from maga_desk.ui.page_table import PAGES
from maga_desk.ui.runs import RunView


def states(desk: Desk) -> dict[str, str]:
    return {info.key: info.state(desk) for info in PAGES}


def test_each_page_is_introduced_once() -> None:
    assert len({info.key for info in PAGES}) == len({info.title for info in PAGES}) == len(PAGES)
    assert all(info.subtitle.endswith(".") for info in PAGES)


def test_what_is_missing_is_asked_for_in_the_order_of_the_work(qtbot: QtBot) -> None:
    desk = Desk()
    assert states(desk) == {
        "load": "ready", "forget": "missing", "guide": "missing",
        "run": "missing", "verify": "missing", "export": "missing",
    }  # fmt: skip
    lines = {info.key: info.missing(desk) for info in PAGES}
    assert lines["load"] == []
    assert lines["guide"][0].page == lines["export"][0].page == "load", "first things first"
    assert "Load page" in lines["guide"][0].text


def test_a_run_that_goes_on_is_seen_and_its_result_opens_the_next_pages(qtbot: QtBot) -> None:
    desk, run = Desk(), RunView()
    desk.runs.begin(run)
    desk.runs.show(run)
    assert states(desk)["run"] == "busy"
    desk.runs.pause(run)
    assert states(desk)["run"] == "paused"
    desk.runs.end(run, "finished")
    desk.runs.set_checkpoint(run, "unlearned.safetensors")
    assert (states(desk)["run"], states(desk)["export"], states(desk)["verify"]) == ("done", "ready", "ready")
