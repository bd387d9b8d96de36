"""Where everything of the Forget page stands: each of its parts is put into its place by one line."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from maga_desk.ui.widgets.basic.flow import FlowLayout
from maga_desk.ui.widgets.basic.scroll import frameless_scroll
from maga_desk.ui.widgets.basic.segments import Segments

GRID, MAP, BOTH = 0, 1, 2
"""Views of the pictures."""

_PICTURES = 180  # points of height: the buttons below are in sight of a small window
_NARROW = 1000  # points: below that, the query has its line for itself
_ABREAST = 560  # points that grid and map need side by side; with less, the map is below the grid
_RIGHT = (700, 300)  # how the right is divided at first, as parts of a whole
_SPACE = 14  # points between left, pictures and right
_SIDES = (228, 244)  # points: how wide left and right are


class _Modest(QSplitter):
    """Asks for no more height than it needs at least, and takes what there is."""

    least = 0  # points of height that it takes in any case

    def minimumSizeHint(self) -> QSize:
        return super().minimumSizeHint().expandedTo(QSize(0, self.least))

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.minimumSizeHint().height())


class ForgetLayout(QWidget):
    """::

    bars                                  hidden while they have nothing to say
    tools                       views     the query with what goes with it; grid or map, zoom
    hints                                 what is wrong with the query
    left      grid | map        right     classes or values; the pictures (one below the other where there is little
                                          width); the basket over its history
              below                       what is done with what is selected and shown
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.views = Segments(("Grid", "Map", "Both"), "View of the pictures", self)
        self.narrowing = Segments(("Classes", "Values"), "What narrows the pictures", self)
        self._bars, self._tools, self._ends, self._hints = QVBoxLayout(), QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        self._sorting, self._head = QHBoxLayout(), QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._left_parts, self._below_left = QStackedWidget(self), QVBoxLayout()
        self._pictures = _Modest(Qt.Orientation.Horizontal, self)
        self._pictures.setObjectName("pictures")
        self._below = FlowLayout()
        self._right = _Modest(Qt.Orientation.Vertical, self)
        self._right.setObjectName("basket")
        self._lay_out()
        self.views.hide()
        self.narrowing.hide()
        self.views.chosen.connect(self.show_view)
        self.narrowing.chosen.connect(self._left_parts.setCurrentIndex)

    def add_bar(self, widget: QWidget) -> None:
        """Above everything; it hides itself while it has nothing to say."""
        self._bars.addWidget(widget)

    def add_tool(self, widget: QWidget, stretch: int = 0) -> None:
        """Behind the last one in the row of the query line."""
        self._tools.addWidget(widget, stretch)

    def add_sorting(self, widget: QWidget) -> None:
        """Before the switch of views: in which order, and which of what is found."""
        self._sorting.addWidget(widget)

    def add_tool_at_end(self, widget: QWidget) -> None:
        """In the same row, behind the switch of views."""
        self._ends.addWidget(widget)

    def add_hint(self, widget: QWidget) -> None:
        """A line below the query."""
        self._hints.addWidget(widget)

    def add_left(self, widget: QWidget) -> None:
        """One of the parts on the left, of which one is in sight: classes, then values."""
        self._left_parts.addWidget(widget)
        self.narrowing.setVisible(self._left_parts.count() > 1)

    def add_below_left(self, widget: QWidget) -> None:
        """Under the parts on the left."""
        self._below_left.addWidget(widget)

    def add_view(self, widget: QWidget) -> None:
        """A view of the pictures: the grid, then the map. The first is in sight."""
        self._pictures.addWidget(widget)
        self._pictures.setCollapsible(self._pictures.count() - 1, False)
        self.views.setVisible(self._pictures.count() > 1)
        self.show_view(self.views.current)

    def add_below(self, widget: QWidget) -> None:
        """Under the views."""
        self._below.addWidget(widget)

    def add_right(self, widget: QWidget, stretch: int, *, scrolls: bool = False) -> None:
        """On the right, below what is there; a person sets how high each is."""
        self._right.addWidget(frameless_scroll(widget, self) if scrolls else widget)
        number = self._right.count() - 1
        self._right.setStretchFactor(number, stretch)
        self._right.setSizes(list(_RIGHT))
        self._right.setCollapsible(number, False)

    @Slot(int)
    def show_view(self, view: int) -> None:
        """``GRID``, ``MAP`` or ``BOTH``."""
        self.views.set_current(view)
        for number in range(self._pictures.count()):
            part = self._pictures.widget(number)
            assert part is not None
            part.setVisible(view in (number, BOTH))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What stands beside the query gets a line of its own where the window is narrow."""
        super().resizeEvent(event)
        narrow = event.size().width() < _NARROW
        self._head.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        abreast = event.size().width() - sum(_SIDES) - 2 * _SPACE >= _ABREAST
        self._pictures.setOrientation(Qt.Orientation.Horizontal if abreast else Qt.Orientation.Vertical)

    def _lay_out(self) -> None:
        ends = QHBoxLayout()
        for layout in (self._sorting, self._ends):
            ends.addLayout(layout)
        ends.insertWidget(1, self.views)
        ends.addStretch(0)
        self._head.addLayout(self._tools, 1)
        self._head.addLayout(ends)
        left = QVBoxLayout()
        left.addWidget(self.narrowing)
        left.addWidget(self._left_parts, 1)
        left.addLayout(self._below_left)
        self._left_parts.setFixedWidth(_SIDES[0])
        centre = QVBoxLayout()
        centre.addWidget(self._pictures, 1)
        centre.addLayout(self._below)
        self._right.setFixedWidth(_SIDES[1])
        self._pictures.least = _PICTURES
        row = QHBoxLayout()
        row.setSpacing(_SPACE)
        row.addLayout(left)
        row.addLayout(centre, 1)
        row.addWidget(self._right)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for rows in (self._bars, self._head, self._hints):
            column.addLayout(rows)
        column.addLayout(row, 1)
