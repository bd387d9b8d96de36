"""The training pictures on a map, with what is done there: projection, tool, colours, legend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Signal, Slot
from PySide6.QtGui import QAction, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from maga_desk.domain.marking import BY_HAND, How
from maga_desk.domain.pictures import ImageSet
from maga_desk.ui import icons, theme, tint_colours
from maga_desk.ui.item_models.picture_map import MapModel
from maga_desk.ui.item_models.thumbnails import to_pixmap
from maga_desk.ui.plots.map_look import MapLook
from maga_desk.ui.plots.point_map import BRUSH, LASSO, PointCard, PointMap
from maga_desk.ui.plots.tint_legend import TintLegend, colours_of
from maga_desk.ui.selection import PictureSelection
from maga_desk.ui.widgets.basic.fields import ChoiceBox, WholeBox
from maga_desk.ui.widgets.basic.flow import FlowLayout, named
from maga_desk.ui.widgets.basic.job_line import JobLine
from maga_desk.ui.widgets.basic.labels import TextLabel, muted
from maga_desk.ui.widgets.basic.scroll import frameless_scroll
from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, number_text, take_button

PROJECTIONS = ("PCA", "UMAP")
_TOOLS = ("Move", "Lasso", "Brush")
_SIDE = 72
_SPACE, _CANVAS = 6, 160  # points between lines, and of height that the points take at least
_TITLES = {"in": "forget set", "pred": "predicted class", "conf": "confidence", "dup": "exact copies"}
_CLOSED = "Open a model on the Load page; its features lay the pictures out."
_HOW = (
    "The wheel enlarges, arrows and the middle button move, 0 shows all. With Shift a lasso or the brush adds to what "
    "is selected, with Ctrl or Alt it takes out. What the query leaves out is faded and not selected."
)
LASSOED, BRUSHED = How("map", "within a lasso"), How("map", "under the brush")


class MapView(QWidget):
    """Signals: ``wanted()`` when it is seen while there is no map, ``projection_wanted(name)``,
    ``colour_wanted(column)``, ``shown(position)`` (a picture was clicked), ``open_requested(position)``.
    """

    wanted = Signal()
    projection_wanted = Signal(str)
    colour_wanted = Signal(str)
    shown = Signal(int)
    open_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = MapModel(self)
        self._images: ImageSet | None = None
        self._selection: PictureSelection | None = None
        self._named = ""  # the map that the canvas shows
        self.projections = Segments(PROJECTIONS, "Projection", self)
        self.tools = Segments(_TOOLS, "Mouse", self)
        self.brush = WholeBox(self)
        self.brush.setRange(4, 200)
        self.brush.setValue(24)
        self.brush.setAccessibleName("Size of the brush")
        self.colours = ChoiceBox(self)
        self.colours.setAccessibleName("Colour of the points")
        self.all_button = QPushButton("Show all", self)
        self.all_button.setObjectName("segment")
        icons.put(self.all_button, "arrows-out")
        self.canvas = PointMap("Map of the training pictures", self._card, self)
        self.canvas.setToolTip("")
        self.legend, self.job = TintLegend(self), JobLine(self)
        self._legend_strip = frameless_scroll(self.legend, self)
        self.said, self.notice = muted("", self), TextLabel(self)
        self.takeaway = Takeaway(self.canvas, "map", self.rows)
        self._lay_out()
        self._connect()
        self.set_images(None)

    def sizeHint(self) -> QSize:
        """Beside the grid it asks for no more than that: a person gives it more."""
        return QSize(380, 400)

    def follow(self, selection: PictureSelection) -> None:
        """Show what is selected there, and change it as a person selects."""
        self._selection = selection
        self.model.follow(selection)

    def set_images(self, images: ImageSet | None) -> None:
        """Other pictures, of which there is no map yet."""
        self._images, self._named = images, ""
        self.notice.hide()
        self.job.show_job(None)
        self.model.set_pictures(len(images.train) if images is not None else 0)
        self.canvas.say_when_empty(_CLOSED if images is None else "The map is laid out once it is in sight.")
        self.setEnabled(images is not None)
        if images is not None and self.isVisible():
            self.wanted.emit()

    def show_actions(self, actions: Sequence[QAction]) -> None:
        """What can be done with the selected pictures, above copying and saving in the menu."""
        self.canvas.insertActions(self.takeaway.actions[0], list(actions))

    def say_notice(self, text: str, *, warning: bool = False) -> None:
        """What a person should know of the other projection; empty: nothing."""
        self.notice.setText(text)
        theme.set_tone(self.notice, "warning" if warning else "muted")
        self.notice.setVisible(bool(text))

    def show_projection(self, name: str) -> None:
        """Which one is in force."""
        self.projections.set_current(PROJECTIONS.index(name))

    def allow_umap(self, reason: str) -> None:
        """Whether UMAP can be chosen; the tip says why not."""
        self.projections.buttons[1].setEnabled(not reason)
        self.projections.buttons[1].setToolTip(reason)

    def rows(self) -> Rows:
        """A row for each picture."""
        model, images = self.model, self._images
        titles = ["picture", "class", "x", "y", "found", "marked", "selected"]
        if model.map is None or images is None:
            return [titles]
        train, selected = images.train, model.selected
        return [titles] + [
            [
                train.names[each], images.classes[train.labels[each]], number_text(float(x)), number_text(float(y)),
                *("yes" if mask[each] else "no" for mask in (model.found, model.marks, selected)),
            ]
            for each, (x, y) in enumerate(model.map.points)
        ]  # fmt: skip

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._images is not None and self.model.map is None:
            self.wanted.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        """Everything has its place, the points enough of it. Where there is too little height for all of it, the legend
        scrolls in two lines, and what is said of the projection is the tip of its buttons alone.
        """
        width, said = self.width(), self.said.text()
        line = self.fontMetrics().height() + 2
        legend = self.legend.heightForWidth(width) if self.legend.texts else 0
        two = min(legend, 2 * line + self.legend.spacing)
        below = [two]
        if not self.notice.isHidden():
            below.append(self.notice.heightForWidth(width))
        if not self.job.isHidden():
            below.append(max(self.job.heightForWidth(width), self.job.minimumSizeHint().height()))
        least = self._tools.heightForWidth(width) + _SPACE + _CANVAS + sum(_SPACE + each for each in below if each)
        self.setMinimumHeight(least)
        whole = least + legend - two + (self.said.heightForWidth(width) + _SPACE if said else 0)
        low = self.height() < whole
        self.said.setVisible(bool(said) and not low)
        self._legend_strip.setVisible(bool(legend))
        self._legend_strip.setFixedHeight(two if low else legend)

    def _lay_out(self) -> None:
        self._tools = tools = FlowLayout(spacing=10)
        self._brush_field = named("Size", self.brush)
        for widget in (
            self.projections, self.tools, self._brush_field, named("Colour", self.colours), self.all_button,
            take_button(self, lambda: self.takeaway, "the map"),
        ):  # fmt: skip
            tools.addWidget(widget)
        self._brush_field.hide()
        self.tools.setToolTip(_HOW)
        self.notice.setWordWrap(True)
        self.canvas.setAccessibleDescription("")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_SPACE)
        column.addLayout(tools)
        column.addWidget(self.canvas, 1)
        column.addWidget(self._legend_strip)
        column.addWidget(self.said)
        column.addWidget(self.notice)
        column.addWidget(self.job)

    def _connect(self) -> None:
        model = self.model
        model.places_changed.connect(self._show_places)
        model.look_changed.connect(self._show_look)
        model.columns_changed.connect(self._show_columns)
        self.projections.chosen.connect(self._choose_projection)
        self.tools.chosen.connect(self._choose_tool)
        self.brush.valueChanged.connect(self._size_brush)
        self.colours.activated.connect(self._choose_colour)
        self.all_button.clicked.connect(self._show_all)
        self.canvas.drawn.connect(self._take_drawn)
        self.canvas.clicked.connect(self._take_click)
        self.canvas.opened.connect(self.open_requested)
        theme.follow(self._show_look)

    @Slot()
    def _show_places(self) -> None:
        found = self.model.map
        points = found.points if found is not None else np.zeros((0, 2))
        if found is None or self._named != found.name or len(points) != self.model.count:
            self._named = found.name if found is not None else ""
            self.canvas.set_points(points)
        if found is not None:
            self.show_projection(found.name)
        self._show_look()

    @Slot()
    def _show_look(self) -> None:
        model = self.model
        tints = model.tints
        self.said.setText(" ".join(filter(None, (model.map.said if model.map else "", tints.said() if tints else ""))))
        self.projections.setToolTip(self.said.text())
        self.canvas.setAccessibleDescription(model.counted())
        self.legend.show_tints(tints if model.map is not None else None)
        self._fit()
        if model.map is None:
            return
        if tints is not None and len(tints.codes) == model.count:
            shades = tint_colours.table(colours_of(tints))[tints.codes]
        else:
            shades = np.full(model.count, tint_colours.of_mark("retain").rgb(), dtype=np.uint32)
        self.canvas.set_look(MapLook(shades, model.found, model.marks, model.selected))

    @Slot()
    def _show_columns(self) -> None:
        before = self.colours.currentText()
        self.colours.clear()
        for column in self.model.columns:
            self.colours.addItem(_TITLES.get(column, column), column)
        self.colours.setCurrentIndex(max(0, self.colours.findText(before)))

    @Slot(int)
    def _choose_projection(self, number: int) -> None:
        self.projection_wanted.emit(PROJECTIONS[number])

    @Slot(int)
    def _choose_tool(self, tool: int) -> None:
        self.canvas.tool = tool
        self._brush_field.setVisible(tool == BRUSH)
        self.canvas.setFocus()

    @Slot(int)
    def _size_brush(self, radius: int) -> None:
        self.canvas.brush_radius = float(radius)

    @Slot()
    def _choose_colour(self) -> None:
        self.colour_wanted.emit(self.colours.currentData())

    @Slot()
    def _show_all(self) -> None:
        self.canvas.touched = False
        self.canvas.show_all()

    @Slot(object, str)
    def _take_drawn(self, positions: NDArray[np.int64], mode: str) -> None:
        self._select(positions, mode, LASSOED if self.canvas.tool == LASSO else BRUSHED)

    @Slot(int, str)
    def _take_click(self, position: int, mode: str) -> None:
        if position < 0:
            if mode == "replace" and self._selection is not None:
                self._selection.clear()
            return
        self._select(np.array([position]), mode, BY_HAND)
        self.shown.emit(position)

    def _select(self, positions: NDArray[np.int64], mode: str, by: How) -> None:
        if self._selection is None:
            return
        if mode == "replace":
            self._selection.replace(positions, by)
        elif mode == "add":
            self._selection.change(added=positions, by=by)
        else:
            self._selection.change(removed=positions, by=self._selection.by)

    def _card(self, position: int) -> PointCard:
        images = self._images
        if images is None:
            return PointCard(QPixmap(), ())
        train = images.train
        marks = ("marked to be forgotten",) if self.model.marks[position] else ()
        pixmap = to_pixmap(train.picture(position), _SIDE, self.devicePixelRatioF())
        return PointCard(pixmap, (train.names[position], images.classes[train.labels[position]], *marks))
