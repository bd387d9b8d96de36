"""How the files here were made. This runs in a checkout of commit 2e7d96d (version 0.1.0), not in a later one:

OMP_NUM_THREADS=1 QT_QPA_PLATFORM=offscreen PYTHONPATH=. python .../make.py
"""

from __future__ import annotations

import math
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from maga_desk.domain.spec import MethodSpec, parse_spec
from PIL import Image
from PySide6.QtWidgets import QApplication

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.domain.settings import load_settings, save_settings
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.consent import ConsentDialog
from tests.conftest import SHAPES, draw_shape
from tests.guidance.fake_endpoint import FakeEndpoint, class_of, says

ROOT = Path("/tmp/kept")
QUICK = {"passes": 6.0, "least_steps": 1, "noise_steps": 5, "retain_batch": 12, "forget_batch": 8}
BASE = {
    "device": "cpu",
    "precision": "float32",
    "data": {"path": str(ROOT / "pictures")},
    "model": {"checkpoint": str(ROOT / "shapes.safetensors")},
}


def spec_file(name: str, **sections: Any) -> str:
    path = ROOT / name
    path.write_text(parse_spec({**BASE, **sections}).to_toml())
    return str(path)


def pictures() -> None:
    arrays = {}
    for split, count in (("train", 12), ("test", 6)):
        for number, kind in enumerate(SHAPES):
            rng = np.random.default_rng([split == "test", number])
            (ROOT / "pictures" / split / kind).mkdir(parents=True)
            for i in range(count):
                pixels = draw_shape(kind, rng)
                name = f"{split}/{kind}/{i:03}.png"
                arrays[name] = pixels
                Image.fromarray(pixels).save(ROOT / "pictures" / name)
    np.savez_compressed(ROOT / "pictures.npz", **arrays)


def until(application: QApplication, condition: Callable[[], Any], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        application.processEvents()
        time.sleep(0.005)


def window_sessions(application: QApplication) -> None:
    made = Composition(SessionStore.open(paths.sessions_file()), confirm=lambda *_: True)
    made.window.show()
    made.start()
    desk = made.desk
    # 1: guidance with edits, a run judged against a retrained reference
    made.open_spec(spec_file("ring.toml", forget={"classes": ["ring"]}))
    until(application, lambda: desk.forget is not None and bool(desk.proposers) and bool(desk.methods))
    made.guide.propose_requested.emit({"proposer": "classifier"})
    until(application, lambda: desk.proposal is not None)
    made.guide.cell_edited.emit("ring", "cross", 0.75)
    made.guide.labels_edited.emit([0, 1], "square")
    made.guide.labels_edited.emit([2], "cross")
    made.guide.labels_reset.emit([1])
    made.guide.labels_accepted.emit([3, 4])
    made.sessions.save()
    made.run.start_requested.emit(
        MethodSpec(params=QUICK), {"intent": "auto", "seed": 3, "device": "cpu", "retrained": "make"}
    )
    until(application, lambda: desk.run.status == "finished")
    until(application, lambda: desk.run.report is not None and desk.run.report.retrained is not None)
    # 2: its result opened again, more forgotten; the checkpoint of that is deleted later
    until(application, lambda: desk.live is None and desk.run.checkpoint)
    made.export.more_requested.emit()
    until(application, lambda: len(desk.earlier) > 0)
    disc = desk.images.classes.index("disc")
    made.forget.marks_changed.emit(np.flatnonzero(desk.images.train.labels == disc), True)
    made.run.start_requested.emit(
        MethodSpec(name="logit-mask"), {"intent": "auto", "seed": 0, "device": "cpu", "retrained": None}
    )
    until(application, lambda: desk.run.status == "finished")
    until(application, lambda: desk.live is None)
    again = Path(desk.run.folder)
    # 3: a model at an endpoint is asked; no run yet
    made.open_spec(
        spec_file(
            "asked.toml",
            forget={"pictures": ["train/ring/000.png", "train/ring/001.png", "train/disc/002.png"]},
            guidance={
                "proposer": "endpoint",
                "model": "seer",
                "exemplars": 2,
                "endpoint": {"url": "http://127.0.0.1:8123/v1", "retries": 0},
            },
        )
    )
    until(application, lambda: desk.session_title.startswith("forget 3 pictures") and desk.forget is not None)
    made.guide.propose_requested.emit(desk.spec.guidance.model_dump())
    until(application, lambda: desk.proposal is not None or made.window.findChildren(ConsentDialog))
    for dialog in made.window.findChildren(ConsentDialog):
        dialog.accept()
    until(application, lambda: desk.proposal is not None)
    made.guide.labels_edited.emit([1], "cross")
    made.sessions.save()
    made.close()
    made.window.close()
    (again / "unlearned.safetensors").unlink()


KILLED = """
import os, sys, time
import maga_desk.engine.loop as loop
save = loop.save_progress
loop.SAVE_EVERY_SECONDS = 0.0
def saved(path, routine, runtime, step, *rest):
    save(path, routine, runtime, step, *rest)
    if step == 9:
        time.sleep(1)
        os._exit(9)
loop.save_progress = saved
from maga_desk.cli import main
main(["run", sys.argv[1]])
"""


def answer(body: Any) -> Any:
    chance = {"cross": 0.1, "disc": 0.6, "square": 0.3, "ring": 0.5}[class_of(body)]
    return says("", [{"True": math.log(chance), "False": math.log(1 - chance)}])


def compared() -> None:
    (ROOT / "compare.toml").write_text(
        'title = "Small"\nseeds = [0]\nmethods = ["logit-mask"]\ndevice = "cpu"\nprecision = "float32"\n'
        f'[data]\npath = "{ROOT}/pictures"\n[model]\ncheckpoint = "{ROOT}/shapes.safetensors"\n'
        '[audit]\ndepth = "quick"\n[[task]]\nname = "rings"\nforget = { classes = ["ring"] }\n'
    )
    assert main(["compare", str(ROOT / "compare.toml")]) == 0


def killed_on_the_command_line() -> None:
    spec = spec_file(
        "square.toml",
        seed=5,
        forget={"classes": ["square"]},
        method={"name": "maga", "params": QUICK},
        output={"dir": str(ROOT / "home" / "runs" / "square")},
    )
    assert subprocess.run([sys.executable, "-c", KILLED, spec], check=False).returncode == 9


def cleaned() -> None:
    """Take out what names this machine, and what a test can make again."""
    with closing(sqlite3.connect(paths.sessions_file())) as db:
        db.execute("UPDATE runs SET host = 'elsewhere', process = ''")
        db.commit()
        db.execute("VACUUM")
    shutil.rmtree(ROOT / "pictures")
    shutil.rmtree(paths.references_dir())
    for name in ("shapes.safetensors", "ring.toml", "asked.toml", "square.toml"):
        (ROOT / name).unlink()


def make() -> None:
    os.environ["MAGA_DESK_HOME"] = str(ROOT / "home")
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir()
    pictures()
    shutil.copy("tests/nets/shapes.safetensors", ROOT)
    application = QApplication([])
    save_settings(load_settings()[0].model_copy(update={"agreed_endpoints": ("http://127.0.0.1:8123",)}))
    with FakeEndpoint(answer, port=8123):
        window_sessions(application)
    compared()
    killed_on_the_command_line()
    cleaned()


make()
