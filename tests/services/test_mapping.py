"""Pictures on a map: principal components, and UMAP in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maga_desk.data.keeping import DiskShelf
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Event, Progress, drained
from maga_desk.domain.picture_map import PictureMap
from maga_desk.services import mapping
from maga_desk.services.features import FeatureFrame, PictureFeatures
from maga_desk.services.mapping import components, plane_of, umap_of
from maga_desk.services.neighbours import Neighbours


def test_components_are_those_of_scikit_learn_with_a_sign_of_their_own() -> None:
    from sklearn.decomposition import PCA

    draw = np.random.default_rng(0)
    rows = (draw.normal(size=(500, 3)) @ draw.normal(size=(3, 20)) + 0.1 * draw.normal(size=(500, 20))).astype("f4")
    plane = PCA(3, svd_solver="full").fit(rows.astype(np.float64))
    points, share = components(rows, 3)
    theirs = plane.transform(rows.astype(np.float64))
    assert np.abs(np.abs(points) - np.abs(theirs)).max() < 1e-3
    assert share == pytest.approx(plane.explained_variance_ratio_.sum(), abs=1e-5)
    turned, _ = components(rows[::-1].copy(), 3)
    assert np.abs(turned[::-1] - points).max() < 1e-3  # the order of the pictures turns no axis over


@pytest.mark.parametrize("seed", range(8))
def test_the_largest_entry_of_each_direction_is_positive(seed: int) -> None:
    draw = np.random.default_rng(seed)
    directions = np.linalg.qr(draw.normal(size=(12, 3)))[0].T
    directions *= np.sign(directions[range(3), np.abs(directions).argmax(axis=1)])[:, None]
    along = draw.normal(size=(400, 3)) * (9, 3, 1)
    points, _ = components((along @ directions).astype(np.float32), 3)
    for axis in range(3):
        assert np.corrcoef(points[:, axis], along[:, axis])[0, 1] > 0.9, f"axis {axis} is turned over"


@pytest.mark.parametrize("rows", [np.zeros((0, 4)), np.ones((1, 4)), np.ones((30, 4)), np.zeros((5, 1))])
def test_what_does_not_differ_lies_in_one_place(rows: np.ndarray) -> None:
    points, share = components(rows.astype(np.float32), 2)
    assert points.shape == (len(rows), 2) and not points.any() and share == 0


def test_a_plane_of_a_models_pictures(tiny_workspace: Any) -> None:
    found = drained(plane_of(tiny_workspace, RunControl()))
    assert found.points.shape == (240, 2) and np.isfinite(found.points).all()
    labels = tiny_workspace.images.train.labels
    middles = np.stack([found.points[labels == each].mean(axis=0) for each in range(4)])
    nearest = ((found.points[:, None] - middles) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == labels).mean() > 0.6  # the net tells them apart, and so does the map
    assert "% of the variance" in found.said


def test_a_plane_of_features_that_do_not_differ(tiny_workspace: Any) -> None:
    frame = FeatureFrame(np.zeros(4, dtype=np.float32), 0.0, None)
    same = PictureFeatures(np.zeros((240, 4), dtype=np.float32), 4, 1.0, frame)
    found = drained(plane_of(replace(tiny_workspace, features={"train": same}), RunControl()))
    assert not found.points.any() and found.said == "The features do not differ: all pictures lie in one place."


@pytest.fixture
def workspace(tiny_workspace: Any) -> Any:
    if not mapping.has_umap():
        pytest.skip("umap-learn is not installed")
    return replace(tiny_workspace, features={})


@pytest.mark.slow
@pytest.mark.timeout(500)  # numba compiles in each process anew
def test_umap_is_the_same_for_the_same_seed_and_is_kept(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Event] = []
    first: PictureMap = drained(umap_of(workspace, 0, RunControl()), heard.append)
    told = [event for event in heard if isinstance(event, Progress) and event.stage == "Laying UMAP out"]
    assert told and told[-1].total == 500
    assert first.points.shape == (240, 2) and np.isfinite(first.points).all() and np.ptp(first.points, axis=0).min() > 1
    labels = workspace.images.train.labels
    order = ((first.points[:, None] - first.points) ** 2).sum(axis=2).argsort(axis=1)[:, 1:6]
    assert (labels[order] == labels[:, None]).mean() > 0.7  # neighbours on the map are of one class
    assert not multiprocessing.active_children()
    with monkeypatch.context() as patch:
        patch.setattr(mapping, "_laid_out", _must_not)
        assert np.array_equal(drained(umap_of(workspace, 0, RunControl())).points, first.points)
    monkeypatch.setattr(DiskShelf, "keep", lambda *_: None)
    monkeypatch.setattr(mapping.metadata, "version", lambda _name: "another")  # nothing of it is kept
    assert np.array_equal(drained(umap_of(workspace, 0, RunControl())).points, first.points)


def _must_not(*_: object) -> Any:
    raise AssertionError("the map was laid out anew")


@pytest.mark.slow
def test_umap_is_cancelled_in_the_middle(workspace: Any) -> None:
    control = RunControl()

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "Starting UMAP":
            control.cancel()

    with pytest.raises(Cancelled):
        drained(umap_of(workspace, 0, control), stop)
    assert not multiprocessing.active_children()


def test_a_map_is_kept_for_its_seed_and_its_version_of_umap_alone(
    tiny_workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out: list[int] = []

    def fake(near: Neighbours, start: np.ndarray, seed: int, _control: RunControl) -> Generator[Event, None, Any]:
        laid_out.append(seed)
        yield Progress("Laying UMAP out", 1, 1)
        return (start + seed).astype(np.float32)

    monkeypatch.setattr(mapping, "has_umap", lambda: True)
    monkeypatch.setattr(mapping, "_laid_out", fake)
    monkeypatch.setattr(mapping.metadata, "version", lambda _name: "0.5")
    workspace = replace(tiny_workspace, features={})
    first, second, again = (drained(umap_of(workspace, seed, RunControl())).points for seed in (0, 7, 0))
    assert laid_out == [0, 7]
    assert np.array_equal(again, first) and np.allclose(second, first + 7, atol=1e-4)
    monkeypatch.setattr(mapping.metadata, "version", lambda _name: "0.6")
    drained(umap_of(workspace, 0, RunControl()))
    assert laid_out == [0, 7, 0]


_MARK = "MAGA_TEST_MARK"


def never_done(pipe: Any) -> None:
    """What a process does that tells of one epoch, goes on for long, and leaves a mark when it has come to its end."""
    pipe.recv()
    pipe.send((1, 500))
    time.sleep(20)
    Path(os.environ[_MARK]).touch()


def test_who_cancels_does_not_wait_for_the_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mark, control = tmp_path / "mark", RunControl()
    monkeypatch.setenv(_MARK, str(mark))
    monkeypatch.setattr(mapping, "lay_out", never_done)
    near = Neighbours(np.zeros((10, 2), dtype=np.int64), np.ones((10, 2), dtype=np.float32), True)

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.done == 1:
            control.cancel()

    with pytest.raises(Cancelled):
        drained(mapping._laid_out(near, np.zeros((10, 2), dtype=np.float32), 0, control), stop)
    assert not multiprocessing.active_children() and not mark.exists()


def test_without_the_package_the_line_says_what_to_install(
    tiny_workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping, "has_umap", lambda: False)
    with pytest.raises(UserError, match=r"UMAP is not installed; pip install 'maga-desk\[map\]' brings it"):
        drained(umap_of(tiny_workspace, 0, RunControl()))


def test_too_few_pictures_have_no_umap(tiny_workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "has_umap", lambda: True)
    frame = FeatureFrame(np.zeros(4, dtype=np.float32), 0.0, None)
    few = PictureFeatures(np.eye(9, 4, dtype=np.float32), 4, 1.0, frame)
    with pytest.raises(UserError, match="UMAP needs 10 pictures or more"):
        drained(umap_of(replace(tiny_workspace, features={"train": few}), 0, RunControl()))
