"""Hours in the window: rounds of work as a person does it, and whether memory, threads and open files stay flat.

    python tests/benchmarks/bench_soak.py [--minutes 120] [--pause 20] [--out FILE.csv]

Every round opens one of the demo's tasks, scrolls the pictures, proposes labels, runs (paused in every second round,
stopped and continued in every third), looks at every page, exports in one format, reopens an earlier session
and erases the oldest. Between two steps the window stands still for a while. One line a round goes into the file.
At the end the rounds of the first third, without the warm-up, are compared with those of the last third;
the exit status is 1 where memory grew by more than a twentieth, or threads or open files became more.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from maga_desk.domain.specs.run import MethodSpec

WARM_UP_ROUNDS = 4
GROWTH = 1.05
PATIENCE_S = 900.0
METHODS = ("maga", "salun", "random-labels", "scrub", "fine-tune")
LENGTHS = {"passes": 1.0, "epochs": 1}


class Soak:
    """The window and what is done in it."""

    def __init__(self, folder: Path, pause: float, seed: int) -> None:
        from PySide6.QtWidgets import QApplication

        from maga_desk.domain import paths
        from maga_desk.domain.settings import SettingsFile
        from maga_desk.store.sessions import SessionStore
        from maga_desk.ui import theme
        from maga_desk.ui.composition import Composition

        self.app = QApplication([sys.argv[0]])
        self.theme = theme
        self.settings = SettingsFile()
        theme.apply(self.app, self.settings.values.appearance.theme)
        self.folder, self.pause, self.dice = folder, pause, random.Random(seed)
        self.made = Composition(
            SessionStore.open(paths.sessions_file()),
            self.settings,
            runs_folder=folder / "runs",
            confirm=lambda *_: True,
        )
        self.made.window.show()
        self.made.start()
        self.until(lambda: bool(self.made.desk.installation.methods), "the engine")

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Let the window live until a condition holds.

        :raises TimeoutError: it did not hold after a quarter of an hour.
        """
        from PySide6.QtCore import QCoreApplication, QEvent

        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"waited in vain for {what}")
            self.app.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # as a running loop does
            time.sleep(0.005)  # other threads work meanwhile; QTest.qWait would keep them waiting

    def rest(self, share: float = 1.0) -> None:
        """The person looks, for a share of the pause."""
        end = time.monotonic() + share * self.pause * self.dice.uniform(0.5, 1.5)
        self.until(lambda: time.monotonic() > end, "a pause")

    def round(self, number: int) -> None:
        """One session from opening to exporting."""
        made, desk = self.made, self.made.desk
        made.actions["new-session"].trigger()
        self._open(number)
        self._look()
        made.window.show_page("guide")
        made.guide.bar.propose_button.click()
        self.until(lambda: desk.proposal is not None, "a proposal")
        made.guide.table.accept_all_button.click()
        self.rest(0.5)
        self._run(number)
        made.window.show_page("verify")
        self.until(lambda: desk.runs.shown.report is not None, "the report")
        self._look()
        self._export(number)
        self._turn_the_theme()
        self._return()
        self.rest()

    def _open(self, number: int) -> None:
        from maga_desk.domain.demo import DEMO_TASKS

        self.made.load.demo_requested.emit(DEMO_TASKS[number % len(DEMO_TASKS)].task)
        self.until(lambda: self.made.desk.forget is not None, "the demo")

    def _look(self) -> None:
        """Every page, and the pictures from top to bottom."""
        from maga_desk.ui.page_table import PAGES

        for info in PAGES:
            self.made.window.show_page(info.key)
            self.rest(0.05)
        self.made.window.show_page("forget")
        bar = self.made.forget.grid.verticalScrollBar()
        for place in range(0, bar.maximum() + 1, max(1, bar.maximum() // 10)):
            bar.setValue(place)
            self.made.forget.grid.viewport().repaint()
            self.rest(0.02)

    def _run(self, number: int) -> None:
        made, runs = self.made, self.made.desk.runs
        made.window.show_page("run")
        made.run.method_changed.emit(self._method(number))
        made.run.start_requested.emit()
        self.until(lambda: bool(runs.shown.scalars) or not runs.busy, "the first figures")
        if number % 2 and runs.busy:
            made.run.progress.pause_button.click()
            self.rest(0.3)
            made.run.progress.pause_button.click()
        if number % 3 == 2 and runs.busy:
            made.run.progress.cancel_button.click()
            self.until(lambda: not runs.busy, "the run to stop")
            if runs.shown.state == "cancelled":
                made.run.continue_button.click()
                self.until(lambda: runs.busy, "the run to go on")
        self.until(lambda: not runs.busy and runs.shown.state == "finished", "the run to end")

    def _method(self, number: int) -> MethodSpec:
        """Another method in every round, as short as it can be."""
        name = METHODS[number % len(METHODS)]
        known = next(info for info in self.made.desk.installation.methods if info.name == name).params.model_fields
        return MethodSpec(name=name, params={key: value for key, value in LENGTHS.items() if key in known})

    def _export(self, number: int) -> None:
        page = self.made.export
        self.made.window.show_page("export")
        buttons = page.choices.buttons()
        buttons[number % len(buttons)].setChecked(True)
        page.path.setText(str(self.folder / "exported" / f"{number % 4}{Path(page.path.text()).suffix}"))
        (self.folder / "exported").mkdir(exist_ok=True)
        for old in (self.folder / "exported").iterdir():
            if old.is_file():
                old.unlink()
        page.save_button.click()
        self.until(lambda: bool(page.result.text()) and not page._busy, "the export")

    def _turn_the_theme(self) -> None:
        for name in ("dark", "light"):
            self.theme.apply(self.app, name)
            self.rest(0.1)

    def _return(self) -> None:
        """Reopen the session before this one, and erase what is older than the last four."""
        sessions = self.made.sessions
        recent = list(sessions.recent)
        if len(recent) > 1:
            sessions.reopen(recent[1].id)
            self.until(lambda: self.made.desk.workspace is not None, "the session before")
            self.until(lambda: not self.made.jobs.views(), "the window to be idle")
        for old in recent[4:]:
            self.made.load.session_deleted.emit(old.id)

    def close(self) -> None:
        self.made.close()
        self.made.window.close()


def state() -> dict[str, float]:
    """Resident and private MiB, threads, open files, objects that Python's collector watches, widgets."""
    import gc

    from PySide6.QtWidgets import QApplication

    gc.collect()
    pages = Path("/proc/self/statm").read_text().split()
    size = resource.getpagesize() / 2**20
    return {
        "resident": int(pages[1]) * size,
        "private": (int(pages[1]) - int(pages[2])) * size,
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "python_threads": threading.active_count(),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "objects": len(gc.get_objects()),
        "widgets": len(QApplication.allWidgets()),
    }


def compared(rows: list[dict[str, float]]) -> dict[str, tuple[float, float]]:
    """The median of each figure in the first and in the last third of the rounds after the warm-up."""
    rows = rows[WARM_UP_ROUNDS:]
    third = max(1, len(rows) // 3)
    return {
        name: (statistics.median(row[name] for row in rows[:third]), statistics.median(r[name] for r in rows[-third:]))
        for name in ("resident", "private", "threads", "files", "objects", "widgets")
    }


def is_flat(figures: dict[str, tuple[float, float]]) -> bool:
    """Whether memory grew by no more than a twentieth and threads and files did not become more."""
    grew = any(figures[name][1] > GROWTH * figures[name][0] for name in ("resident", "private"))
    return not grew and all(figures[name][1] <= figures[name][0] for name in ("threads", "files"))


def main() -> int:
    """Rounds until the time is over; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--pause", type=float, default=20.0, help="seconds that the person looks, on average")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("soak.csv"))
    chosen = parser.parse_args()
    from maga_desk.domain.memory import keep_freed_memory
    from maga_desk.domain.waiting import wait_asleep

    keep_freed_memory()
    wait_asleep()
    with tempfile.TemporaryDirectory() as name:
        os.environ["MAGA_DESK_HOME"] = str(Path(name) / "home")
        return _soaked(Path(name), chosen)


def _soaked(folder: Path, chosen: Any) -> int:
    soak = Soak(folder, chosen.pause, chosen.seed)
    begun, rows = time.monotonic(), list[dict[str, float]]()
    with chosen.out.open("w", newline="") as file:
        writer: csv.DictWriter[str] | None = None
        while time.monotonic() - begun < 60 * chosen.minutes:
            soak.round(len(rows))
            row = {"minutes": (time.monotonic() - begun) / 60, "cpu": time.process_time(), **state()}
            rows.append(row)
            writer = writer or csv.DictWriter(file, row.keys())
            if len(rows) == 1:
                writer.writeheader()
            writer.writerow({key: round(value, 2) for key, value in row.items()})
            file.flush()
    soak.close()
    figures = compared(rows)
    last = rows[-1]
    print(f"{len(rows)} rounds in {last['minutes']:.0f} minutes, {last['cpu'] / last['minutes'] / 60:.2f} of one core")
    for what, (early, late) in figures.items():
        print(f"{what:<9} first third {early:10.0f}   last third {late:10.0f}   {late / early:6.3f}")
    print("flat" if is_flat(figures) else "NOT flat")
    return 0 if is_flat(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
