"""Looking closer at the run in sight, and relearning live."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.closer.answers import CloseLook
from maga_desk.domain.closer.lesson import Lesson
from maga_desk.domain.events import Ended, Event, Message, Scalars
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.closer import look_closer
from maga_desk.services.judging.lessons import relearn
from maga_desk.ui.controllers.asking import Say
from maga_desk.ui.controllers.job_lines import JobLineController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.judgements import Judgements
from maga_desk.ui.desk import Desk
from maga_desk.ui.job_view import LOOK, RELEARN, JobView
from maga_desk.ui.pages.verify import VerifyPage

LookService = Callable[..., Iterator[Event]]
NOT_DONE = "Single pictures can be looked at once the run has a result."
STOPPED = "Stopped. Both copies are thrown away."


class CloserController(QObject):
    """Asks the nets when a person wants it; what was found is of one run, and goes when another is shown."""

    def __init__(
        self,
        page: VerifyPage,
        desk: Desk,
        jobs: Jobs,
        judgements: Judgements,
        say: Say,
        look_service: LookService = look_closer,
        relearn_service: LookService = relearn,
    ) -> None:
        super().__init__(page)
        self._view, self._desk, self._jobs, self._judgements, self._say = page.closer, desk, jobs, judgements, say
        self._look_service, self._relearn_service = look_service, relearn_service
        self._view.look_wanted.connect(self._start)
        self._view.lesson_wanted.connect(self._teach)
        self._view.lesson_built.connect(self._connect_lesson)
        jobs.changed.connect(self._show_busy)
        desk.runs.shown_changed.connect(self._drop)
        desk.runs.result_changed.connect(self._drop)
        desk.workspace_changed.connect(self._drop)
        self._arrange()

    @Slot()
    def _drop(self) -> None:
        """Another run, result or yardstick: what was found is of the one before."""
        self._jobs.cancel(LOOK)
        self._jobs.cancel(RELEARN)
        if self._view.look is not None:
            self._view.show_look(None)
        self._arrange()

    @Slot()
    def _start(self) -> None:
        spec, run, workspace = self._judgements.spec(), self._desk.runs.shown, self._desk.workspace
        if spec is None or run.checkpoint is None:
            return
        checkpoint = run.checkpoint

        def take(look: CloseLook | None) -> None:
            if look is not None and self._desk.runs.shown is run:
                self._view.show_look(look)

        self._jobs.start(
            LOOK,
            lambda control: self._look_service(Erasure.of(workspace, spec), checkpoint, control),
            self._warn,
            lambda text: self._say(text, "error"),
            on_result=take,
        )

    @Slot(object)
    def _teach(self, lesson: Lesson) -> None:
        spec, run, workspace = self._judgements.spec(), self._desk.runs.shown, self._desk.workspace
        if spec is None or run.checkpoint is None:
            return
        checkpoint = run.checkpoint
        self._jobs.start(
            RELEARN,
            lambda control: self._relearn_service(Erasure.of(workspace, spec), checkpoint, lesson, control),
            self._on_lesson,
            lambda text: self._say(text, "error"),
        )

    def _warn(self, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, Message) and event.level != "info":
                self._say(event.text, event.level)

    def _on_lesson(self, batch: list[Event]) -> None:
        panel = self._view.lesson
        if panel is None:
            return
        for event in batch:
            if isinstance(event, Message) and event.level == "info":
                panel.tell(event.text)
            elif isinstance(event, Ended) and event.status == "cancelled":
                panel.progress.say(STOPPED)
        points = [event for event in batch if isinstance(event, Scalars)]
        if points:
            panel.add(points)

    @Slot()
    def _connect_lesson(self) -> None:
        panel = self._view.lesson
        JobLineController(panel.progress, self._jobs, [RELEARN])
        panel.set_busy(self._jobs.current(RELEARN) is not None)

    @Slot(str, object)
    def _show_busy(self, purpose: str, view: JobView | None) -> None:
        if purpose == RELEARN and self._view.lesson is not None:
            self._view.lesson.set_busy(view is not None)
        if purpose == LOOK:
            self._arrange()

    def _arrange(self) -> None:
        lacks = "" if self._desk.runs.shown.checkpoint is not None else NOT_DONE
        self._view.set_asking(self._jobs.current(LOOK) is not None, lacks)
