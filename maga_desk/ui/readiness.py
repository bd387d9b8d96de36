"""What each page still needs, in words, and the state of its mark in the rail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from maga_desk.ui.desk import Desk

State = Literal["missing", "ready", "done", "busy", "paused"]
PAGES: tuple[str, ...] = ("load", "forget", "guide", "run", "verify", "export")

_OPEN = "Open a model and its pictures on the Load page."
_MARK = "Mark what must be forgotten on the Forget page."


def missing(desk: Desk) -> Mapping[str, list[str]]:
    """For every page, what must be done elsewhere first; an empty list means it is ready."""
    opened = [] if desk.workspace is not None else [_OPEN]
    marked = [] if desk.forget is not None else [desk.forget_error or _MARK]
    finished = [] if desk.runs.shown.checkpoint else ["Start a run on the Run page and let it finish."]
    engine = [] if desk.installation.methods else ["The engine is still starting; this takes a few seconds."]
    return {
        "load": [],
        "forget": opened,
        "guide": opened or marked,
        "run": opened or marked or engine,
        "verify": [] if desk.runs.shown.report or desk.runs.recorded else finished,
        "export": finished,
    }


def states(desk: Desk) -> Mapping[str, State]:
    """The marks of the rail."""
    done = {
        "load": desk.workspace is not None,
        "forget": desk.forget is not None,
        "guide": desk.proposal is not None,
        "run": desk.runs.shown.state == "finished",
        "verify": desk.runs.shown.report is not None,
        "export": False,
    }
    lacking = missing(desk)
    marks: dict[str, State] = {key: "done" if done[key] else "missing" if lacking[key] else "ready" for key in PAGES}
    if desk.runs.busy:
        marks["run"] = "paused" if desk.runs.live is not None and desk.runs.live.state == "paused" else "busy"
    return marks
