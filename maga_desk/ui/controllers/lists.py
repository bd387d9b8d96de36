"""Forget page: lists of pictures, pasted, opened or dropped, which a person sees before they count."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.files import write_text
from maga_desk.domain.lists.among import LookedUp
from maga_desk.domain.lists.found import Found, finished
from maga_desk.domain.lists.names import Names, write_list
from maga_desk.domain.lists.numbers import Content
from maga_desk.domain.lists.preview import ListPreview, previewed
from maga_desk.domain.lists.reading import hashes_in, listed
from maga_desk.domain.lists.ways import ListText
from maga_desk.domain.marking import PASTED, How
from maga_desk.domain.protection import check_file, inputs_of
from maga_desk.services.lists import ListRead, reading_list
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.list_preview import ListDialog
from maga_desk.ui.job_view import LIST
from maga_desk.ui.pages.forget import ForgetPage

_FEW, _SHORT = 100_000, 200_000  # pictures, and characters of a list, that are read at once
_HEAD = 100_000  # characters of a file that are shown


class ListController(QObject):
    """Reads a list as a person types it, and marks what it stands for once that is agreed to.

    Short lists are read at once; long ones, files, and hashes of files on the thread of short jobs.
    """

    def __init__(self, page: ForgetPage, desk: Desk, glances: Jobs) -> None:
        super().__init__(page)
        self._page, self._desk, self._glances = page, desk, glances
        self.dialog: ListDialog | None = None
        self._among: LookedUp | None = None
        self._content: Content | None = None  # of the file that is open
        self._source = PASTED
        self._preview: ListPreview | None = None
        page.basket.names_file_requested.connect(self.add_file)
        page.basket.paste_requested.connect(self.paste)
        desk.workspace_changed.connect(self._forget_pictures)

    @Slot()
    def paste(self) -> None:
        """A place to paste a list."""
        self._opened()

    @Slot(str)
    def add_file(self, path: str) -> None:
        """See what a file would mark."""
        if self._opened() is not None:
            self._open_file(path)

    def add_pictures(self, paths: Sequence[Path]) -> None:
        """Mark pictures by their files; where not all are found, a person sees them first."""
        images = self._desk.images
        if images is None:
            return
        text = write_list(map(str, paths))
        found = listed(text, self._looked_up())
        if not found.not_found:
            self._mark(found, "add", paths[0].name if len(paths) == 1 else f"{len(paths):,} files")
        elif (dialog := self._opened()) is not None:
            dialog.names.setPlainText(text)

    def _opened(self) -> ListDialog | None:
        if self._desk.images is None:
            return None
        if self.dialog is None:
            self.dialog = dialog = ListDialog(self._desk.images, self._page)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.reading_wanted.connect(self._read)
            dialog.file_chosen.connect(self._open_file)
            dialog.save_requested.connect(self._save)
            dialog.taken.connect(self._take)
            dialog.finished.connect(self._close)
            dialog.open()
        self._content, self._source, self._preview = None, PASTED, None
        return self.dialog

    @Slot(str)
    def _open_file(self, path: str) -> None:
        if self.dialog is not None:
            self._content, self._source = None, Path(path).name
            self.dialog.show_file(path, self._source)

    @Slot()
    def _read(self) -> None:
        """What is pasted, or the file, by what the person said of it."""
        dialog, images = self.dialog, self._desk.images
        if dialog is None or images is None:
            return
        self._glances.cancel(LIST)
        self._preview = None
        if not dialog.path:
            self._content, self._source = None, PASTED
            if not dialog.text.strip():
                dialog.show_preview(None)
                return
        source: Content | Path = dialog.text
        if dialog.path:
            source = self._content if self._content is not None else Path(dialog.path)
        data, choice = self._desk.spec.data, dialog.choice

        def work(control: RunControl) -> Generator[Event, None, ListRead]:
            return reading_list(source, self._looked_up, choice, images, data, control)

        if self._is_short(source, len(images.train)):
            try:
                self._show(finished(work(RunControl())))
            except UserError as error:
                dialog.show_fault(str(error))
            return
        dialog.show_wait("Reading the list…")
        self._glances.start(LIST, work, self._hear, dialog.show_fault, on_result=self._show)

    def _is_short(self, source: Content | Path, count: int) -> bool:
        if not isinstance(source, str) or len(source) > _SHORT or count > _FEW:
            return False
        return not hashes_in(source)

    def _looked_up(self) -> LookedUp:
        """Made on first use, in whatever thread asks for it."""
        images = self._desk.images
        if self._among is None and images is not None:
            self._among = LookedUp(Names(images.train.names, self._desk.spec.data.path), images.train.columns)
        assert self._among is not None
        return self._among

    def _hear(self, batch: list[Event]) -> None:
        told = [event for event in batch if isinstance(event, Progress)]
        if told and self.dialog is not None:
            last = told[-1]
            far = f": {last.done:,} of {last.total:,}" if last.total else "…"
            self.dialog.show_wait(f"{last.stage}{far}")

    def _show(self, read: ListRead) -> None:
        dialog, images = self.dialog, self._desk.images
        if dialog is None or images is None:
            return
        self._among = read.among
        if dialog.path and self._content is None:
            self._content = read.content
            dialog.show_beginning(_beginning(read.content))
        self._preview = previewed(read.reading, images, self._desk.basket.mask, self._desk.earlier)
        dialog.show_preview(self._preview)

    @Slot(str)
    def _take(self, action: str) -> None:
        found = self._preview.reading.found if self._preview is not None else None
        if found is not None:
            self._mark(found, action, self._source)

    def _mark(self, found: Found, action: str, source: str) -> None:
        by = How("list", source, wanted=len(found.indices) + len(found.not_found))
        basket = self._desk.basket
        if action == "add":
            basket = basket.add(found.indices, found.not_found, by=by)
        else:
            basket = (basket.remove if action == "remove" else basket.keep)(found.indices, by=by)
        self._page.show_error(None)
        self._desk.set_basket(basket)
        done = basket.history[-1].sentence() if basket.history else ""
        self._page.show_note(" ".join([f"{done}.", *found.notes()]) if done else "Nothing has changed.")

    @Slot(str, object)
    def _save(self, path: str, entries: Sequence[str]) -> None:
        try:
            check_file(path, inputs_of(self._desk.spec), force=True)  # the dialog has asked about an earlier file
            write_text(Path(path), write_list(entries))
        except UserError as error:
            if self.dialog is not None:
                self.dialog.show_wait(str(error))
            self._page.show_error(str(error))

    @Slot()
    def _close(self) -> None:
        self._glances.cancel(LIST)
        self.dialog = self._content = None

    @Slot()
    def _forget_pictures(self) -> None:
        self._among = self._preview = None
        if self.dialog is not None:
            self.dialog.reject()


def _beginning(content: Content) -> str:
    """What a file begins with, to be looked at."""
    if isinstance(content, str | ListText):
        text = content if isinstance(content, str) else content.text
        return text[:_HEAD] + ("\n…" if len(text) > _HEAD else "")
    flat = content.reshape(-1)[:1000].tolist()
    return "\n".join(map(str, flat)) + ("\n…" if content.size > len(flat) else "")
