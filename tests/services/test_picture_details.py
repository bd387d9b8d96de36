"""Everything that is known of one picture, with a real model, its files and finished runs."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maga_desk.data.sources.decode import decode_rgb
from maga_desk.domain.closer.answers import Answers, CloseLook, SplitAnswers
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.events import drained
from maga_desk.domain.finding.details import NO_MEMORISATION, PictureDetails, facts_in_words, memorisation
from maga_desk.domain.forgotten import write_forgotten
from maga_desk.domain.run_folder import FORGOTTEN
from maga_desk.domain.sessions import KeptResult
from maga_desk.services.picture_details import details_of

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def result(number: int, folder: Path, **more: Any) -> KeptResult:
    return KeptResult(id=number, title=f"run {number}", folder=str(folder), started=DAY, **more)


def details(workspace: Any, position: int, *results: KeptResult) -> PictureDetails:
    return drained(details_of(workspace, position, lambda: results, RunControl()))


def test_file_answers_and_hashes_are_the_pictures_own(tiny_workspace: Any) -> None:
    images = tiny_workspace.images
    found = details(tiny_workspace, 71)
    file = Path(images.train.file(71))
    assert (found.file, found.bytes_) == (str(file), file.stat().st_size)
    assert found.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (found.pixels == images.train.picture(71)).all() and found.size == (16, 16)
    assert found.mark == images.marks_of(np.array([71]))[0].hex()
    shares = tiny_workspace.outputs.train[71].double().softmax(dim=0)
    assert [each for each, _ in found.top] == shares.argsort(descending=True)[:5].tolist()
    assert found.loss == pytest.approx(-float(shares[images.train.labels[71]].log()))
    facts = dict(facts_in_words(found, images, None))
    assert facts["SHA-256 of the file"] == found.sha256 and facts["Name"] == images.train.names[71]
    assert facts["The very same pixels"] == "in no other picture"
    assert facts["Forgotten by"] == "no run: none has a result here yet"


def test_lists_of_forgotten_pictures_are_searched_by_pixels_then_by_name(tiny_workspace: Any, tmp_path: Path) -> None:
    images = tiny_workspace.images
    folders = [tmp_path / each for each in ("has", "not", "names", "smaller", "gone", "damaged")]
    for folder in folders[:4] + folders[5:]:
        folder.mkdir()
    (folders[0] / FORGOTTEN).write_text(write_forgotten(images, np.array([70, 71])))
    (folders[1] / FORGOTTEN).write_text(write_forgotten(images, np.array([70, 72])))
    (folders[2] / FORGOTTEN).write_text(f"{images.train.names[71]}\n")
    other_size = write_forgotten(images, np.array([71])).replace("16 x 16", "8 x 8")
    (folders[3] / FORGOTTEN).write_text(other_size)
    (folders[5] / FORGOTTEN).write_bytes(b"\xff\xfe\x00")
    kept = [result(i, folder) for i, folder in enumerate(folders)]
    kept[0] = result(0, folders[0], case="AZ-17", exports=("/out/net.onnx",))
    found = details(tiny_workspace, 71, *kept)
    assert [(each.run, each.by_name) for each in found.erased] == [(0, False), (2, True), (3, True)]
    assert (found.looked_through, found.unread) == (4, 2)
    facts = facts_in_words(found, images, None)
    said = [text for title, text in facts if title == "Forgotten by"]
    assert said[0].startswith("run 0, 2026-03-01, for AZ-17: ") and said[0].endswith("exported to /out/net.onnx")
    assert said[1].endswith("(by its name alone)")
    assert ("Not looked at", "2 lists of forgotten pictures cannot be read") in facts


def test_a_file_that_went_away_is_said_and_the_models_pixels_are_shown(tiny_workspace: Any, tmp_path: Path) -> None:
    images = tiny_workspace.images
    shutil.copytree(tiny_workspace.spec.data.path, tmp_path / "set")

    def moved(name: str) -> str:
        return str(tmp_path / "set" / name)

    (tmp_path / "set" / images.train.names[3]).unlink()

    train = replace(images.train, file_of=moved, opener=lambda name: decode_rgb(moved(name), name))
    workspace = replace(tiny_workspace, images=replace(images, train=train))
    found = details(workspace, 3)
    assert found.lost and "\n" not in found.lost and not found.sha256
    assert (found.pixels == images.train.picture(3)).all()
    assert dict(facts_in_words(found, workspace.images, None))["Original"].endswith("Shown is what the model sees.")


def test_it_can_be_cancelled(tiny_workspace: Any) -> None:
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        drained(details_of(tiny_workspace, 0, tuple, control))


def test_memorisation_is_of_a_pair_of_models_or_not_measured(tiny_workspace: Any) -> None:
    images = tiny_workspace.images
    count, classes = len(images.train), len(images.classes)
    labels = images.train.labels
    sure, unsure = np.zeros((count, classes), np.float32), np.zeros((count, classes), np.float32)
    sure[np.arange(count), labels] = 20
    tests = SplitAnswers.of(np.zeros((len(images.test), classes), np.float32), images.test.labels)
    nets = {
        "original": Answers(SplitAnswers.of(sure, labels), tests),
        "retrained": Answers(SplitAnswers.of(unsure, labels), tests),
    }
    forget, nothing = np.zeros(count, bool), np.zeros(len(images.test), bool)
    forget[7] = True
    look = CloseLook(
        images,
        nets,
        forget,
        np.zeros(count, bool),
        nothing,
        nothing,
        nothing,
        "random",
        "retrained",  # type: ignore[arg-type]
    )
    assert memorisation(7, look).startswith("+75 points: the true class has 100 % by the original and 25 %")
    assert memorisation(8, look) == memorisation(7, None) == NO_MEMORISATION
