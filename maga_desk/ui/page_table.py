"""The window's pages, one entry each: what a page is called, what it needs, when it is done.

To add a page, write its file in ``pages/`` and its controller, and add a line to :data:`PAGES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.export import ExportPage
from maga_desk.ui.pages.forget import ForgetPage
from maga_desk.ui.pages.guide import GuidePage
from maga_desk.ui.pages.load import LoadPage
from maga_desk.ui.pages.run import RunPage
from maga_desk.ui.pages.verify import VerifyPage
from maga_desk.ui.widgets.basic.page import Lack, Page

Mark = Literal["missing", "ready", "done", "busy", "paused"]
"""What the rail shows of a page."""


def _nothing(_desk: Desk) -> list[Lack]:
    return []


def _no_work(_desk: Desk) -> Mark | None:
    return None


@dataclass(frozen=True)
class PageInfo:
    """One page.

    :param key: what the program calls it; ``title``: what a person reads; ``subtitle``: what it is for.
    :param icon: its name in the icon font, for rail and menu.
    :param help: the place in the documentation that explains it, as in links there.
    :param missing: what must be done elsewhere first; empty when the page is ready.
    :param done: whether its work is done.
    :param working: ``busy`` or ``paused`` while its work goes on.
    """

    key: str
    title: str
    subtitle: str
    page: type[Page]
    icon: str
    help: str
    done: Callable[[Desk], bool]
    missing: Callable[[Desk], list[Lack]] = _nothing
    working: Callable[[Desk], Mark | None] = _no_work

    def state(self, desk: Desk) -> Mark:
        """The mark in the rail."""
        working = self.working(desk)
        if working is not None:
            return working
        return "done" if self.done(desk) else "missing" if self.missing(desk) else "ready"


def _opened(desk: Desk) -> list[Lack]:
    return [] if desk.workspace is not None else [Lack("Open a model and its pictures on the Load page.", "load")]


def _marked(desk: Desk) -> list[Lack]:
    marked = desk.forget_error or "Mark what must be forgotten on the Forget page."
    return _opened(desk) or ([] if desk.forget is not None else [Lack(marked, "forget")])


def _startable(desk: Desk) -> list[Lack]:
    starting = Lack("The engine is still starting; this takes a few seconds.")
    return _marked(desk) or ([] if desk.installation.methods else [starting])


def _finished(desk: Desk) -> list[Lack]:
    run = Lack("Start a run on the Run page and let it finish.", "run")
    return [] if desk.runs.shown.checkpoint else _marked(desk) or [run]


def _judged(desk: Desk) -> list[Lack]:
    return [] if desk.runs.shown.report or desk.runs.recorded else _finished(desk)


def _running(desk: Desk) -> Mark | None:
    if not desk.runs.busy:
        return None
    return "paused" if desk.runs.live is not None and desk.runs.live.state == "paused" else "busy"


PAGES: tuple[PageInfo, ...] = (
    PageInfo(
        "load", "Load", "Open a trained model and the pictures it was trained on.", LoadPage,
        icon="folder-open", help="window.md#load", done=lambda desk: desk.workspace is not None,
    ),
    PageInfo(
        "forget", "Forget", "Mark what the model must forget.", ForgetPage,
        icon="eraser", help="window.md#forget", done=lambda desk: desk.forget is not None, missing=_opened,
    ),
    PageInfo(
        "guide", "Guide", "See which labels the forgotten pictures are moved to, and correct them.", GuidePage,
        icon="compass", help="window.md#guide", done=lambda desk: desk.proposal is not None, missing=_marked,
    ),
    PageInfo(
        "run", "Run", "Choose how to unlearn, start, and watch.", RunPage,
        icon="play-circle", help="window.md#run",
        done=lambda desk: desk.runs.shown.state == "finished", missing=_startable, working=_running,
    ),
    PageInfo(
        "verify", "Verify", "Compare the model before, after, and retrained without the pictures.", VerifyPage,
        icon="shield-check", help="window.md#verify",
        done=lambda desk: desk.runs.shown.report is not None, missing=_judged,
    ),
    PageInfo(
        "export", "Export", "Save the unlearned model; every file is reloaded and checked.", ExportPage,
        icon="export", help="window.md#export", done=lambda desk: bool(desk.runs.shown.exports), missing=_finished,
    ),
)  # fmt: skip
"""In the order of the work."""
