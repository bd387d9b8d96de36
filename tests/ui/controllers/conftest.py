"""A desk with a page, real controllers and a real worker thread; only the services are played."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.events import Compared, Ended, Event, Message, Progress, Proposed
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.installation import Installation
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.guidance import EndpointSpec
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.guidance.perturbing import make_proposal
from maga_desk.services.erasure import Erasure
from maga_desk.services.installation import proposers
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.endpoints import EndpointController
from maga_desk.ui.controllers.guide import GuideController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.proposer_settings import ProposerSettingsController
from maga_desk.ui.controllers.proposing import ProposingController
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.guide import GuidePage
from maga_desk.ui.workers.job_thread import JobThread

CLASSES = ("bird", "cat", "deer", "dog")


def picture_set() -> ImageSet:
    """Ten pictures of each of four classes."""
    labels = np.repeat(np.arange(4), 10)
    names = tuple(f"train/{CLASSES[label]}/{i:02d}.png" for i, label in enumerate(labels))
    split = PictureIndex(InMemory(np.zeros((40, 3, 8, 8), dtype=np.uint8)), labels, labels, names)
    return ImageSet(split, split, CLASSES, CLASSES)


def matrix_of(source: str, forget: ForgetSet, labels: np.ndarray) -> TransitionMatrix:
    """Rows for the classes that lose pictures; another order for every source."""
    scores = np.zeros((4, 4))
    for row in np.unique(labels[forget.indices]):
        scores[row] = np.roll([4.0, 3.0, 2.0, 1.0], len(source))
    return TransitionMatrix.from_scores(CLASSES, scores, source)


@dataclass
class Played:
    """Services that answer at once, and remember what they were asked.

    :param hold: make the proposer ask on and on until it is cancelled.
    :param fault: what the endpoint that is tried fails with.
    """

    asked: list[RunSpec] = field(default_factory=list)
    compared: list[RunSpec] = field(default_factory=list)
    tested: list[tuple[EndpointSpec, str]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    controls: list[RunControl] = field(default_factory=list)
    hold: bool = False
    fault: str = ""

    def propose(self, erasure: Erasure, control: RunControl) -> Iterator[Event]:
        workspace: Any = erasure.workspace
        spec, forget = erasure.spec, erasure.forget
        self.asked.append(spec)
        self.controls.append(control)
        done = 0
        while self.hold:
            yield Progress("Asking", done := done + 1, 100_000, 12.0)
            control.checkpoint()
        labels = workspace.train.labels
        p = np.random.default_rng(0).dirichlet(np.ones(4), len(forget.indices)).astype(np.float32)
        names = [workspace.train.names[i] for i in forget.indices]
        matrix = matrix_of(spec.guidance.proposer, forget, labels)
        yield Proposed(make_proposal(matrix, p, names, labels[forget.indices], forget, spec.guidance, seed=spec.seed))
        yield Ended("finished")

    def compare(self, erasure: Erasure, control: RunControl) -> Iterator[Event]:
        workspace: Any = erasure.workspace
        spec, forget = erasure.spec, erasure.forget
        self.compared.append(spec)
        yield Compared(matrix_of(spec.guidance.proposer, forget, workspace.train.labels))
        yield Ended("finished")

    def test(self, endpoint: EndpointSpec, model: str, control: RunControl) -> Iterator[Event]:
        self.tested.append((endpoint, model))
        if self.fault:
            raise GuidanceError(self.fault)
        yield Message(f"{model} answers")
        yield Ended("finished")


@dataclass
class Bench:
    page: GuidePage
    desk: Desk
    jobs: Jobs
    played: Played
    settings: ProposerSettingsController
    said: list[tuple[str, str]]
    wait: Callable[[Callable[[], bool]], None]

    def propose(self, **changes: Any) -> None:
        """Ask, and wait for the labels."""
        self.page.bar.propose_requested.emit({"proposer": "classifier", **changes})
        self.wait(lambda: self.desk.proposal is not None and self.jobs.current("propose") is None)

    def mark(self, indices: list[int]) -> None:
        mask = np.zeros(40, dtype=bool)
        mask[indices] = True
        self.desk.set_basket(self.desk.basket.clear().add(np.flatnonzero(mask)))


@pytest.fixture
def store(tmp_path: Any) -> Iterator[SessionStore]:
    store = SessionStore.open(tmp_path / "sessions.db")
    yield store
    store.close()


@pytest.fixture
def bench(qtbot: QtBot, store: SessionStore) -> Iterator[Bench]:
    page, desk, thread, played = GuidePage(), Desk(), JobThread(), Played()
    qtbot.addWidget(page)
    page.resize(1100, 740)
    jobs = Jobs(thread)
    said: list[tuple[str, str]] = []

    def say(text: str, level: str) -> None:
        said.append((text, level))

    def drop_key(origin: str) -> None:
        del played.keys[origin]

    guide = GuideController(page, desk, store, say)
    endpoints = EndpointController(
        jobs,
        SettingsFile(),
        say,
        test_service=played.test,
        save_key=played.keys.__setitem__,
        delete_key=drop_key,
        parent=page,
    )
    settings = ProposerSettingsController(page, desk, endpoints)
    ProposingController(
        page,
        desk,
        jobs,
        say,
        guide.take,
        endpoints,
        propose_service=played.propose,
        compare_service=played.compare,
    )
    thread.start()
    images = picture_set()
    desk.set_workspace(images, None, images)
    desk.set_basket(desk.basket.add(np.arange(12, 18)))  # six cats
    desk.set_engine(Installation(proposers=proposers()))
    page.show()
    qtbot.waitExposed(page)
    yield Bench(page, desk, jobs, played, settings, said, lambda what: qtbot.waitUntil(what, timeout=5000))
    thread.close()
