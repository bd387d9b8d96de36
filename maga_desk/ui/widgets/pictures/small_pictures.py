"""A few small pictures side by side; a click on one asks for its place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QListView, QWidget

from maga_desk.domain.pictures import ImageSet
from maga_desk.ui.item_models.small_pictures import SmallPicturesModel


class SmallPictures(QListView):
    """Signal: ``picked(position)``.

    :param side: of a picture, in points; ``rows``: how many lines of pictures are seen.
    """

    picked = Signal(int)

    def __init__(self, name: str, side: int, rows: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures = SmallPicturesModel(side, self)
        self.setModel(self.pictures)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setIconSize(QSize(side, side))
        self.setGridSize(QSize(side + 4, side + 4))
        self.setFixedHeight(rows * (side + 4) + 2)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clicked.connect(self._pick)
        self.activated.connect(self._pick)

    def set_images(self, images: ImageSet | None) -> None:
        """Other pictures; none is shown."""
        self.pictures.set_images(images, self.devicePixelRatioF())

    def show_positions(self, positions: Sequence[int]) -> None:
        """These training pictures."""
        self.pictures.show(positions)

    @Slot(QModelIndex)
    def _pick(self, index: QModelIndex) -> None:
        self.picked.emit(self.pictures.position(index.row()))
