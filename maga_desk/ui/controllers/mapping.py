"""Forget page: the map of the training pictures."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.events import Event
from maga_desk.domain.finding.columns import Coded
from maga_desk.domain.picture_map import PictureMap
from maga_desk.domain.tints import tints_of
from maga_desk.services.finding.facts import PictureFacts, facts_of
from maga_desk.services.mapping import FEWEST, PCA, UMAP, has_umap, plane_of, umap_of
from maga_desk.ui.controllers.job_lines import JobLineController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.job_view import LAYOUT, MAP
from maga_desk.ui.pages.forget import ForgetPage

NO_UMAP = "UMAP is not installed: pip install 'maga-desk[map]' brings it. Principal components are shown."
STOPPED = "UMAP was stopped. Press UMAP to lay it out after all."
READY = "UMAP is ready: press it above. The map stays as it is until then."
_CLASS, _MARKS = "class", "in"
_UNCOLOURED = frozenset({"name", "file", "split", "number", "like", "in"})


class MapController(QObject):
    """Lays the pictures out once they are asked for, colours them, and keeps map, grid and marks together.

    :param jobs: for what takes the model.
    :param beside: for UMAP, which a process of its own lays out: nothing waits for it.
    """

    def __init__(self, page: ForgetPage, desk: Desk, jobs: Jobs, beside: Jobs) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._beside = page, desk, jobs, beside
        self._view, self._model = page.map, page.map.model
        self._facts: PictureFacts | None = None
        self._column = _CLASS
        self._wish = UMAP  # the projection that a person wants, or is given where none was chosen
        self._lines = [
            JobLineController(self._view.job, jobs, (MAP,)),
            JobLineController(self._view.job, beside, (LAYOUT,)),
        ]
        view = self._view
        view.wanted.connect(self._ask_plane)
        view.projection_wanted.connect(self._choose)
        view.colour_wanted.connect(self._colour)
        view.shown.connect(page.go_to)
        view.open_requested.connect(page.grid.open_requested)
        page.model.modelReset.connect(self._show_found)
        desk.workspace_changed.connect(self._show_pictures)
        desk.forget_changed.connect(self._show_marks)

    @Slot()
    def _show_pictures(self) -> None:
        """Other pictures, or another model: nothing of the earlier map is right."""
        images, workspace = self._desk.images, self._desk.workspace
        self._jobs.cancel(MAP)
        self._beside.cancel(LAYOUT)
        self._wish = UMAP
        self._facts = None
        if images is not None:
            self._facts = facts_of(images, logits=lambda: workspace.outputs.train)
        view = self._view
        view.set_images(images)
        view.allow_umap("" if has_umap() else NO_UMAP)
        self._model.set_columns(self._columns())
        self._column = self._column if self._column in self._model.columns else _CLASS
        self._show_found()

    def _columns(self) -> tuple[str, ...]:
        if self._facts is None:
            return ()
        rest = [name for name in self._facts.names if name not in _UNCOLOURED]
        images = self._desk.images
        if images is not None and images.kinds == images.classes:
            rest.remove("kind")
        first = [_CLASS, _MARKS, "loss"]
        return tuple(first + [name for name in rest if name not in first])

    @Slot()
    def _show_found(self) -> None:
        """What the grid shows stands out."""
        rows = self._page.model.rows
        if self._desk.images is None or len(rows) > self._model.count:
            return
        self._model.set_found(rows)
        if self._model.tints is not None and self._model.tints.others:
            self._tint()

    @Slot()
    def _show_marks(self) -> None:
        self._model.set_marks(self._desk.basket.mask)
        if self._column == _MARKS:
            self._tint()

    @Slot()
    def _ask_plane(self) -> None:
        workspace = self._desk.workspace
        if workspace is None or self._jobs.current(MAP) is not None or self._model.map is not None:
            return
        self._jobs.start(
            MAP, lambda control: plane_of(workspace, control), self._hear, self._fail, on_result=self._take_plane
        )

    def _hear(self, _batch: list[Event]) -> None:
        """The line under the map shows how it goes."""

    def _fail(self, text: str) -> None:
        self._view.say_notice(text, warning=True)

    def _take_plane(self, found: PictureMap) -> None:
        self._tint()
        self._model.add_map(found, show=True)
        if not has_umap():
            self._view.say_notice(NO_UMAP)
        elif len(found.points) >= FEWEST:
            self._lay_out()

    def _lay_out(self) -> None:
        workspace, seed = self._desk.workspace, self._desk.spec.seed
        self._view.say_notice("")
        self._beside.start(
            LAYOUT,
            lambda control: umap_of(workspace, seed, control),
            self._hear,
            self._fail,
            self._end_layout,
            self._take_layout,
        )

    def _take_layout(self, found: PictureMap) -> None:
        untouched = not self._view.canvas.touched and not len(self._desk.selection)
        show = self._wish == UMAP and untouched
        self._model.add_map(found, show=show)
        if not show and self._model.shown != UMAP:
            self._view.say_notice(READY)

    def _end_layout(self) -> None:
        """Stopped by a person: it can be asked for again."""
        if UMAP not in self._model.maps and self._view.notice.isHidden():
            self._view.say_notice(STOPPED)

    @Slot(str)
    def _choose(self, name: str) -> None:
        """The projection that a person wants to see; UMAP is laid out first where it is not there."""
        self._wish = name
        if name in self._model.maps:
            self._view.say_notice("")
            self._model.show_map(name)
            return
        if name == UMAP and PCA in self._model.maps:
            self._view.canvas.touched = False  # it is wanted: shown as soon as it is ready
            if self._beside.current(LAYOUT) is None:
                self._lay_out()
        self._view.show_projection(self._model.shown or PCA)

    @Slot(str)
    def _colour(self, column: str) -> None:
        self._column = column
        self._tint()

    def _tint(self) -> None:
        if self._facts is None:
            return
        found = self._model.found
        values = self._marks() if self._column == _MARKS else self._facts.column(self._column)
        self._model.set_tints(tints_of(self._column, values, found if found.any() else None))

    def _marks(self) -> Coded:
        codes = (~self._desk.basket.mask).astype("int64")
        codes[self._desk.earlier] = 2
        texts = ("forget", "retain", "earlier")
        return Coded(texts if len(self._desk.earlier) else texts[:2], codes)
