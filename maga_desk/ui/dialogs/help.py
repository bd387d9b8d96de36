"""The program's documentation, shown inside it."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QUrl, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QListWidget, QTextBrowser, QVBoxLayout, QWidget

from maga_desk.ui import theme

INDEX = "index.md"
_LINK = re.compile(r"\[([^\]]+)\]\(([\w./-]+\.md)\)")


def place_of(heading: str) -> str:
    """What a heading is called in links, as on GitHub: ``What is left inside`` is ``what-is-left-inside``."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def topics_of(folder: Path) -> list[tuple[str, Path]]:
    """Titles and files: the start page, then the pages that it links to, in its order."""
    start = folder / INDEX
    links = _LINK.findall(start.read_text(encoding="utf-8"))
    pages = {folder / name: title for title, name in links if (folder / name).is_file()}
    return [("Start", start), *((title, path) for path, title in pages.items())]


class HelpDialog(QDialog):
    """The list of pages at the left, the text at the right.

    :param folder: where the documentation lives; its ``index.md`` is the start page and gives the order.
    """

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Documentation")
        self.resize(960, 680)
        self._folder, self._topics = folder, topics_of(folder)
        self.topics = QListWidget(self)
        self.topics.setAccessibleName("Topics")
        self.topics.setMaximumWidth(230)
        self.text = QTextBrowser(self)
        self.text.setOpenExternalLinks(True)
        self.text.setSearchPaths([str(folder)])
        self.topics.addItems([title for title, _ in self._topics])
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.topics)
        row.addWidget(self.text, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(row, 1)
        layout.addWidget(close)
        self.topics.currentRowChanged.connect(self._show)
        self.text.setViewportMargins(18, 12, 18, 12)
        self.text.sourceChanged.connect(self._follow)
        self.topics.setCurrentRow(0)
        theme.follow(self._restyle)

    def show_start(self) -> None:
        """Show the start page."""
        self.topics.setCurrentRow(0)

    def show_place(self, link: str) -> None:
        """Show a page, or a heading of it, named as in links: ``window.md#load``."""
        name, _, heading = link.partition("#")
        url = QUrl.fromLocalFile(str(self._folder / name))
        url.setFragment(heading)
        self.text.setSource(url)

    @Slot(int)
    def _show(self, row: int) -> None:
        path = self._topics[row][1]
        if Path(self.text.source().toLocalFile()) != path:
            self.text.setSource(QUrl.fromLocalFile(str(path)))

    @Slot()
    def _restyle(self) -> None:
        """The colours of links are part of the page as it was read."""
        self.text.reload()

    @Slot(QUrl)
    def _follow(self, url: QUrl) -> None:
        """A link in the text leads to a page, or to a heading of it: list and text follow. Qt names no headings."""
        paths = [path for _, path in self._topics]
        path = Path(url.toLocalFile())
        if path in paths:
            self.topics.setCurrentRow(paths.index(path))
        if url.hasFragment():
            self._scroll_to(url.fragment())

    def _scroll_to(self, place: str) -> None:
        document = self.text.document()
        block = document.begin()
        while block.isValid():
            if block.blockFormat().headingLevel() and place_of(block.text()) == place:
                top = document.documentLayout().blockBoundingRect(block).top()
                self.text.verticalScrollBar().setValue(round(top))
                return
            block = block.next()
