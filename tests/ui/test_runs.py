"""Runs that wait, go on and are shown are three things, of which each is known once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from maga_desk.domain.events import Message, Scalars
from maga_desk.domain.sessions import RunInfo
from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.runs import RunList, RunView, run_title

NOON = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)


@pytest.fixture
def runs() -> RunList:
    return RunList()


def heard(signal: object) -> list[tuple[object, ...]]:
    told: list[tuple[object, ...]] = []
    signal.connect(lambda *what: told.append(what))  # type: ignore[attr-defined]
    return told


def info(run_id: int, status: str = "finished") -> RunInfo:
    return RunInfo(
        id=run_id, session_id=1, status=status, method="maga", folder="/runs", started=NOON, ended=None,  # type: ignore[arg-type]
        seconds=None, error=None,
    )  # fmt: skip


def test_a_run_goes_from_the_queue_to_its_end(runs: RunList) -> None:
    run, told = RunView(), heard(runs.state_changed)
    states = []
    runs.enqueue(run)
    states.append((run.state, runs.queued, runs.live, runs.busy))
    runs.begin(run)
    states.append((run.state, runs.queued, runs.live, runs.busy))
    runs.pause(run)
    states.append((run.state, runs.queued, runs.live, runs.busy))
    runs.resume(run)
    runs.stop(run)
    states.append((run.state, runs.queued, runs.live, runs.busy))
    runs.end(run, "cancelled")
    states.append((run.state, runs.queued, runs.live, runs.busy))
    assert states == [
        ("queued", (run,), None, True),
        ("running", (), run, True),
        ("paused", (), run, True),
        ("stopping", (), run, True),
        ("cancelled", (), None, False),
    ]
    assert told == [(run,)] * 6


def test_several_runs_wait_in_order_and_one_is_taken_back(runs: RunList) -> None:
    first, second, third = RunView(), RunView(), RunView()
    for run in (first, second, third):
        runs.enqueue(run)
    runs.begin(first)
    runs.end(second, "cancelled")
    assert (runs.live, runs.queued) == (first, (third,))


def test_what_a_run_that_is_not_shown_says_is_kept_and_told_to_nobody(runs: RunList) -> None:
    shown, live = RunView(), RunView()
    runs.show(shown)
    runs.begin(live)
    told = heard(runs.scalars_changed) + heard(runs.messages_changed)
    curves, messages = heard(runs.scalars_changed), heard(runs.messages_changed)
    runs.add_scalars(live, [Scalars(1, {"loss": 2.0})])
    runs.add_messages(live, [Message("slow")])
    assert not told and not curves and not messages
    assert (len(live.scalars), live.messages, shown.scalars) == (1, [Message("slow")], [])
    runs.show(live)
    assert len(curves) == len(messages) == 1


def test_a_retrainings_curve_never_replaces_the_runs(runs: RunList) -> None:
    run = RunView()
    runs.add_scalars(run, [Scalars(step, {"retain_accuracy": 80.0}) for step in (0, 10, 20)])
    runs.add_scalars(run, [Scalars(0, {"retain_accuracy": 10.0}, "reference")])
    assert [scalars.values["retain_accuracy"] for scalars in run.scalars] == [80.0, 80.0, 80.0]
    assert [scalars.values["retain_accuracy"] for scalars in run.reference] == [10.0]


def test_a_run_that_goes_on_replaces_the_steps_that_it_measures_again(runs: RunList) -> None:
    run = RunView()
    runs.add_scalars(run, [Scalars(step, {"loss": 2.0}) for step in (0, 10, 20)])
    runs.add_scalars(run, [Scalars(10, {"loss": 1.0})])
    assert [(scalars.step, scalars.values["loss"]) for scalars in run.scalars] == [(0, 2.0), (10, 1.0)]


def test_titles_say_how_a_run_stands_here(runs: RunList) -> None:
    live = RunView(run_id=2, spec=RunSpec(), started=NOON)
    runs.set_recorded([info(2, "running"), info(1)])
    runs.begin(live)
    runs.pause(live)
    when = f"{NOON.astimezone():%d %b %H:%M}"
    assert runs.titles() == [(2, f"{when}  maga, paused"), (1, f"{when}  maga, finished")]
    assert live.title == run_title(NOON, "maga", "paused")
    assert RunView().title == ""


def test_a_run_is_called_by_what_it_forgets_and_by_a_persons_name(runs: RunList) -> None:
    when = f"{NOON.astimezone():%d %b %H:%M}"
    runs.set_recorded([replace(info(2), forget="cat")])
    shown = RunView(run_id=2, spec=RunSpec().with_changes("forget", classes=("cat",)), started=NOON, state="finished")
    runs.show(shown)
    assert runs.titles() == [(2, f"{when}  cat, maga, finished")] and shown.title == runs.titles()[0][1]
    told = heard(runs.recorded_changed)
    runs.rename(2, "4711")
    assert runs.titles() == [(2, f"4711: {when}  cat, maga, finished")] and shown.title == runs.titles()[0][1]
    assert told


@pytest.mark.parametrize("state", ["cancelled", "interrupted", "failed"])
def test_an_unfinished_run_with_a_folder_can_be_continued(state: str) -> None:
    assert RunView(state=state, folder="/runs/1").can_continue  # type: ignore[arg-type]
    assert not RunView(state=state).can_continue  # type: ignore[arg-type]
    assert not RunView(state="finished", folder="/runs/1").can_continue
