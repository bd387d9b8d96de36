"""Export: the unlearned checkpoint as a file that other programs read, checked before it is called saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.choices import FormatInfo
from maga_desk.domain.wrapping import FOLDER
from maga_desk.ui import icons, theme
from maga_desk.ui.widgets.basic.file_dialogs import ask_target
from maga_desk.ui.widgets.basic.job_line import JobLine
from maga_desk.ui.widgets.basic.labels import TextLabel, heading, muted
from maga_desk.ui.widgets.basic.page import Page


def bytes_in_words(count: int) -> str:
    """``312 kB``, ``4.2 MB``: powers of 1000."""
    if count < 1000:
        return f"{count} bytes"
    unit, size = "GB", count / 1e9
    for name, scale in (("kB", 1e3), ("MB", 1e6)):
        if count < 1000 * scale:
            unit, size = name, count / scale
            break
    return f"{size:.0f} {unit}" if size >= 100 else f"{size:.1f} {unit}"


def _ending(info: FormatInfo) -> str:
    """How the names of a format's files end; folders' names have no ending."""
    return "" if info.suffix == FOLDER else info.suffix


class ExportPage(Page):
    """Shows the checkpoint's facts and asks for an export.

    Signals: ``export_requested(fmt, path, numbers)``, with ``own`` or ``float32`` for the numbers' format, and
    ``more_requested()`` to go on forgetting from this checkpoint, ``case_requested()`` to see the erasure request,
    ``record_requested()`` to make the record of the run.
    """

    export_requested = Signal(str, str, str)
    more_requested = Signal()
    case_requested = Signal()
    record_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._checkpoint: str | None = None
        self._busy = self._recordable = False
        self.facts_title = heading("What is saved", self)
        self.facts = QFormLayout()
        self.facts.setHorizontalSpacing(24)
        self.facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.no_checkpoint = muted("There is no unlearned checkpoint yet.", self)
        self.no_formats = muted("The formats are listed once the engine has started.", self)
        self.choices = QButtonGroup(self)
        self._helps: list[QLabel] = []
        self._formats: tuple[FormatInfo, ...] = ()
        self.numbers_title = muted("", self)
        self.plain_numbers = QRadioButton("float32: nothing is rounded", self)
        self.own_numbers = QRadioButton(self)
        self.plain_numbers.setChecked(True)
        both = QButtonGroup(self)
        both.addButton(self.plain_numbers)
        both.addButton(self.own_numbers)
        self.path = QLineEdit(self)
        self.path.setAccessibleName("Target file")
        self.browse_button = QPushButton("Browse…", self)
        self.path_note = muted("", self)
        self.save_button = QPushButton("Save and check", self)
        self.save_button.setObjectName("primary")
        self.more_button = QPushButton("Forget more from this result", self)
        icons.put(self.save_button, "floppy-disk")
        icons.put(self.more_button, "eraser")
        self.more_note = muted("For a next request: opens this checkpoint; what it forgot stays forgotten.", self)
        self.case_button, self.case_line = QPushButton("Case\u2026", self), muted("", self)
        icons.put(self.case_button, "briefcase")
        self.record_button = QPushButton("Record\u2026", self)
        icons.put(self.record_button, "file-text")
        self.record_note = muted("What was done and found, signed, as a page, a PDF and data.", self)
        self.progress = JobLine(self)
        self.result, self.remarks = TextLabel(self), TextLabel(self)
        for label in (self.result, self.remarks):
            label.setWordWrap(True)
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            label.hide()
        self.remarks.setAccessibleName("Remarks")
        self.result.setAccessibleName("Result")
        self._format_rows = QVBoxLayout()
        self._format_rows.setSpacing(2)
        self._lay_out()
        self.choices.idToggled.connect(self._format_changed)
        self.path.textChanged.connect(self._check)
        self.path.returnPressed.connect(self._save)
        self.browse_button.clicked.connect(self._browse)
        self.save_button.clicked.connect(self._save)
        self.more_button.clicked.connect(self.more_requested)
        self.case_button.clicked.connect(self.case_requested)
        self.record_button.clicked.connect(self.record_requested)
        self.show_checkpoint(None, [])
        self.show_result(None, None)

    def show_formats(self, formats: Sequence[FormatInfo]) -> None:
        """The formats to choose from; the first is the usual one. One whose files end in ``/`` writes folders."""
        for widget in (*self.choices.buttons(), *self._helps):
            self._format_rows.removeWidget(widget)
            widget.deleteLater()
        for button in self.choices.buttons():
            self.choices.removeButton(button)
        before, self._formats, self._helps = self._formats, tuple(formats), []
        for place, info in enumerate(formats):
            radio, note = QRadioButton(info.title, self), muted(info.summary, self)
            radio.setAccessibleDescription(info.summary)
            radio.setChecked(place == 0)
            self.choices.addButton(radio, place)
            note.setIndent(26)
            note.setContentsMargins(0, 0, 0, 8)
            self._helps.append(note)
            self._format_rows.addWidget(radio)
            self._format_rows.addWidget(note)
        self.no_formats.setVisible(not formats)
        if formats and not self.path.text():
            self.path.setText(str(Path.home() / f"unlearned{_ending(formats[0])}"))
        elif formats:
            self._follow(formats[0], (*before, *formats))
        self._check()

    def chosen(self) -> FormatInfo | None:
        """The chosen format, ``None`` while there is none."""
        place = self.choices.checkedId()
        return self._formats[place] if 0 <= place < len(self._formats) else None

    def show_checkpoint(self, path: str | None, facts: list[tuple[str, str]]) -> None:
        """The checkpoint that would be exported, with facts as (name, value) lines."""
        self._checkpoint = path
        while self.facts.rowCount():
            self.facts.removeRow(0)
        for name, value in facts:
            text = TextLabel(value, self)
            text.setWordWrap(True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            text.setAccessibleName(name)
            self.facts.addRow(muted(name, self), text)
        self.no_checkpoint.setVisible(path is None)
        self.more_button.setEnabled(path is not None)
        self._check()

    def show_case(self, text: str) -> None:
        """Where the erasure request stands; empty: there is none yet."""
        self.case_line.setText(text or "The erasure request: who asks, until when, who approves, who was told.")

    def show_recordable(self, recordable: bool) -> None:
        """Whether the run in sight was judged, so that there is something to record."""
        self._recordable = recordable
        self._check()

    def set_busy(self, busy: bool) -> None:
        """Whether an export is going on, or a record is being made."""
        self._busy = busy
        if self._busy:
            self._say("", "positive")
        self._check()

    def show_result(self, result: Mapping[str, Any] | None, error: str | None) -> None:
        """What was saved and how it compared, or the error in one line."""
        if error is not None:
            self._say(f"✗  Not saved. {error}", "danger")
        elif result is not None:
            self._say(
                f"✓  Saved and checked: {result['path']}\n"
                f"{bytes_in_words(int(result['bytes']))}. Reloaded and compared on "
                f"{result['checked_pictures']:,} pictures ({result['checked_on']}): the largest difference of the "
                f"predictions is {result['largest_difference']:.2g}.",
                "positive",
                result["notes"],
            )
        else:
            self._say("", "positive")

    def show_record(self, made: Mapping[str, Any]) -> None:
        """Where the record is, and what was left out of it."""
        notes = [f"{note[:1].upper()}{note[1:]}." for note in made["notes"]]
        self._say(f"✓  Recorded and signed: {made['folder']}\nKey {made['key_id'][:16]}.", "positive", notes)

    @Slot(str)
    def show_record_failed(self, text: str) -> None:
        """Why there is no record, in one line."""
        self._say(f"✗  Not recorded. {text}", "danger")

    def _say(self, text: str, tone: theme.Tone, remarks: Sequence[str] = ()) -> None:
        """What became of it; what is to be known of it stands below in no colour, since it may be good or bad."""
        theme.set_tone(self.result, tone)
        self.result.setText(text)
        self.remarks.setText("\n".join(remarks))
        for label in (self.result, self.remarks):
            label.setVisible(bool(label.text()))

    def _lay_out(self) -> None:
        self.body.addWidget(self.facts_title)
        self.body.addWidget(self.no_checkpoint)
        self.body.addLayout(self.facts)
        self.body.addSpacing(12)
        self.body.addWidget(heading("Format", self))
        self.body.addWidget(self.no_formats)
        self.body.addLayout(self._format_rows)
        self.body.addWidget(self.numbers_title)
        self.body.addWidget(self.plain_numbers)
        self.body.addWidget(self.own_numbers)
        self.body.addSpacing(12)
        self.body.addWidget(heading("File", self))
        line = QHBoxLayout()
        line.addWidget(self.path, 1)
        line.addWidget(self.browse_button)
        self.body.addLayout(line)
        self.body.addWidget(self.path_note)
        self.body.addSpacing(8)
        save = QHBoxLayout()
        save.addWidget(self.save_button)
        save.addSpacing(16)
        save.addWidget(self.record_button)
        save.addWidget(self.record_note, 1)
        self.body.addLayout(save)
        self.body.addWidget(self.progress)
        self.body.addWidget(self.result)
        self.body.addWidget(self.remarks)
        self.body.addSpacing(16)
        self.body.addWidget(heading("Next", self))
        more = QHBoxLayout()
        more.addWidget(self.more_button)
        more.addWidget(self.more_note, 1)
        self.body.addLayout(more)
        case = QHBoxLayout()
        case.addWidget(self.case_button)
        case.addWidget(self.case_line, 1)
        self.body.addLayout(case)
        self.body.addStretch(1)

    @Slot(int, bool)
    def _format_changed(self, _place: int, chosen: bool) -> None:
        """The file's ending follows the format, when it was one of ours."""
        now = self.chosen()
        if chosen and now is not None:
            self._follow(now, self._formats)
            self._check()

    def _follow(self, now: FormatInfo, known: Sequence[FormatInfo]) -> None:
        text = self.path.text()
        endings = sorted(filter(None, map(_ending, known)), key=len, reverse=True)
        before = next((ending for ending in endings if text.endswith(ending)), "")
        if before or not Path(text).suffix:
            self.path.setText(text.removesuffix(before) + _ending(now))

    @Slot()
    def _check(self) -> None:
        self._show_numbers()
        note, usable = self._about_path()
        self.path_note.setText(note)
        self.path_note.setVisible(bool(note) and bool(self._formats))
        ready = self._checkpoint is not None and self.chosen() is not None and not self._busy
        self.save_button.setEnabled(usable and ready)
        self.record_button.setEnabled(self._recordable and not self._busy)

    def _show_numbers(self) -> None:
        """What numbers the original has, and a choice where they are others than here."""
        info = self.chosen()
        theirs = "" if info is None else info.numbers
        other = theirs not in ("", "float32")
        self.numbers_title.setText(
            f"Numbers: the original has {theirs}" + ("." if other else ", and so does the file.")
        )
        self.own_numbers.setText(f"{theirs}, as the original: the weights are rounded")
        self.numbers_title.setVisible(bool(theirs))
        self.plain_numbers.setVisible(other)
        self.own_numbers.setVisible(other)

    def _about_path(self) -> tuple[str, bool]:
        text = self.path.text().strip()
        if not text:
            return "Name a file to save to.", False
        path = Path(text).expanduser()
        if not path.is_absolute():
            return "Give the whole path, starting at a drive or at /.", False
        now = self.chosen()
        if now is not None and now.suffix == FOLDER and path.exists():
            folder = path.is_dir()
            return ("You are asked before what is there is replaced." if folder else "That is a file."), folder
        if path.is_dir():
            return "That is a folder: add a file name.", False
        if self._checkpoint is not None and path == Path(self._checkpoint):
            return "That is the run's own checkpoint: choose another name.", False
        if path.exists():
            return "There is a file of that name: you are asked before it is replaced.", True
        return "", True

    @Slot()
    def _browse(self) -> None:
        info = self.chosen()
        if info is None:
            return
        name, _ = ask_target(
            self,
            "export",
            "Save the unlearned checkpoint",
            self.path.text(),
            f"{info.title} (*{_ending(info)})",
            options=QFileDialog.Option.DontConfirmOverwrite,  # asked once, when the file is saved
        )
        if name:
            self.path.setText(name if Path(name).suffix else name + _ending(info))

    @Slot()
    def _save(self) -> None:
        self._check()
        info = self.chosen()
        if self.save_button.isEnabled() and info is not None:
            numbers = "own" if info.numbers and self.own_numbers.isChecked() else "float32"
            self.export_requested.emit(info.name, str(Path(self.path.text().strip()).expanduser()), numbers)
