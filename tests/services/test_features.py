"""What the model sees in pictures, who is like whom, and that another model's features are never taken."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from maga_desk.data.batches import to_device
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.events import Event, Progress, drained
from maga_desk.domain.pixels import InMemory
from maga_desk.models.runtime import Runtime
from maga_desk.services import features as module
from maga_desk.services import neighbours as search
from maga_desk.services.features import FeatureFrame, entry_of, features_of
from maga_desk.services.features import test_features_of as features_of_the_test
from maga_desk.services.keeping import kept_shelf
from maga_desk.services.likeness import likeness_to, nearest_to
from maga_desk.services.neighbours import neighbours


def fresh(workspace: Any) -> Any:
    return replace(workspace, features={})


def plain(workspace: Any, split: str = "train") -> np.ndarray:
    """The head's inputs, one picture at a time, by a hook of the test's own."""
    seen: list[torch.Tensor] = []
    head = [each for each in workspace.model.modules() if isinstance(each, torch.nn.Linear)][-1]
    hook = head.register_forward_pre_hook(lambda _module, given: seen.append(given[0].flatten(1).clone()))
    pictures = getattr(workspace.pictures, split)
    with torch.no_grad():
        for start in range(0, len(pictures), 16):
            workspace.model(pictures.batch(torch.arange(start, min(start + 16, len(pictures)))))
    hook.remove()
    return torch.cat(seen).double().numpy()


def cosines(rows: np.ndarray, mean: np.ndarray) -> np.ndarray:
    centred = rows - mean
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True))


def test_features_are_the_heads_inputs_less_their_mean(tiny_workspace: Any) -> None:
    workspace = fresh(tiny_workspace)
    found = drained(features_of(workspace, RunControl()))
    raw = plain(workspace)
    expected = cosines(raw, raw.mean(axis=0))
    assert found.whole and found.said() == "" and found.width == raw.shape[1]
    assert np.abs(found.rows @ found.rows.T - expected @ expected.T).max() < 2e-2  # the net may run in bfloat16
    test = drained(features_of_the_test(workspace, RunControl()))
    beyond = cosines(plain(workspace, "test"), raw.mean(axis=0))
    assert np.abs(test @ found.rows.T - beyond @ expected.T).max() < 2e-2


def test_they_are_read_once_and_found_again_on_the_disk(tiny_workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = fresh(tiny_workspace)
    first = drained(features_of(workspace, RunControl()))
    assert drained(features_of(workspace, RunControl())) is first
    monkeypatch.setattr(module, "_read", _must_not)
    again = drained(features_of(fresh(tiny_workspace), RunControl()))
    assert np.array_equal(again.rows, first.rows) and np.array_equal(again.frame.mean, first.frame.mean)


def _must_not(*_: object) -> Any:
    raise AssertionError("features were read anew")


def test_features_of_another_model_are_never_taken(tiny_workspace: Any) -> None:
    first = drained(features_of(fresh(tiny_workspace), RunControl()))
    another = drained(features_of(with_other_weights(tiny_workspace), RunControl()))
    assert kept_shelf().size > 2 * first.rows.nbytes  # both are kept, under two names
    assert not np.allclose(another.rows, first.rows, atol=1e-3)


def test_features_of_other_pictures_are_never_taken(tiny_workspace: Any) -> None:
    first = drained(features_of(fresh(tiny_workspace), RunControl()))
    train = tiny_workspace.images.train
    upside_down = replace(train, backing=InMemory(train.whole()[:, :, ::-1].copy()))
    images, runtime = replace(tiny_workspace.images, train=upside_down), tiny_workspace.runtime
    pictures = to_device(images, tiny_workspace.pictures.normalisation, runtime.device)
    other = replace(tiny_workspace, images=images, pictures=pictures, features={})
    another = drained(features_of(other, RunControl()))
    assert another.rows.shape == first.rows.shape and not np.allclose(another.rows, first.rows, atol=1e-3)


def with_other_weights(workspace: Any) -> Any:
    other = copy.deepcopy(workspace.model)
    with torch.no_grad():
        next(iter(other.parameters())).mul_(-1)
    return replace(workspace, model=other, features={})


def of_another_kind(workspace: Any) -> Any:
    other = copy.deepcopy(workspace.model)
    other.__class__ = type("Another", (type(other),), {})
    return replace(workspace, model=other)


def with_another_picture(workspace: Any) -> Any:
    images, pixels = workspace.images, workspace.images.train.whole().copy()
    pixels[-1, 0, 0, 0] ^= 1
    return replace(workspace, images=replace(images, train=replace(images.train, backing=InMemory(pixels))))


def with_another_label(workspace: Any) -> Any:
    images, labels = workspace.images, workspace.images.train.labels.copy()
    labels[0] = 1 - labels[0]
    return replace(workspace, images=replace(images, train=replace(images.train, labels=labels)))


OTHERS: dict[str, Callable[[Any], Any]] = {
    "weights": with_other_weights,
    "kind of net": of_another_kind,
    "architecture": lambda found: replace(found, card=replace(found.card, arch="another")),
    "picture": with_another_picture,
    "label": with_another_label,
    "mean": lambda found: replace(found, info=replace(found.info, mean=(0.1, 0.2, 0.3))),
    "deviation": lambda found: replace(found, info=replace(found.info, std=(0.4, 0.5, 0.6))),
    "order of the channels": lambda found: replace(found, info=replace(found.info, order="bgr")),
    "number format": lambda found: replace(found, runtime=replace(found.runtime, bf16=not found.runtime.bf16)),
    "memory order": lambda found: replace(
        found, runtime=replace(found.runtime, channels_last=not found.runtime.channels_last)
    ),
    "folder": lambda found: replace(found, spec=found.spec.with_changes("data", path="/elsewhere")),
}
CONSTANTS: dict[str, tuple[object, str, object]] = {
    "version": (module, "VERSION", module.VERSION + 1),
    "room": (module, "MOST_BYTES", module.MOST_BYTES // 2),
    "device": (Runtime, "device_title", property(lambda _self: "another processor")),
}


def kept_as(workspace: Any, *more: object) -> str:
    return str(drained(entry_of(fresh(workspace), "features", RunControl(), *more)).file)


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_whatever_features_depend_on_is_in_their_name(tiny_workspace: Any, other: Callable[[Any], Any]) -> None:
    first = kept_as(tiny_workspace)
    assert kept_as(tiny_workspace) == first and kept_as(other(tiny_workspace)) != first


@pytest.mark.parametrize("constant", CONSTANTS.values(), ids=CONSTANTS)
def test_so_is_whatever_of_the_program_they_depend_on(
    tiny_workspace: Any, constant: tuple[object, str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = kept_as(tiny_workspace)
    assert len({first, kept_as(tiny_workspace, 1), kept_as(tiny_workspace, 2)}) == 3
    monkeypatch.setattr(*constant)
    assert kept_as(tiny_workspace) != first


def test_cancelling_leaves_nothing_half_read(tiny_workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PART", 32)
    workspace, control = fresh(tiny_workspace), RunControl()

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.done >= 64:
            control.cancel()

    with pytest.raises(Cancelled):
        drained(features_of(workspace, control), stop)
    assert "train" not in workspace.features and kept_shelf().size == 0
    assert len(drained(features_of(workspace, RunControl())).rows) == 240


def test_what_takes_too_much_room_keeps_its_main_directions(
    tiny_workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = drained(features_of(fresh(tiny_workspace), RunControl()))
    monkeypatch.setattr(module, "MOST_BYTES", 4 * 240 * 16)
    monkeypatch.setattr(module, "_FEWEST", 8)
    monkeypatch.setattr(module, "_SAMPLE", 100)
    found = drained(features_of(fresh(tiny_workspace), RunControl()))
    assert found.rows.shape == (240, 16) and found.width == whole.rows.shape[1] > 16
    assert 0.9 < found.held < 1 and f"16 main directions of {found.width} features" in found.said()
    assert np.abs(found.rows @ found.rows.T - whole.rows @ whole.rows.T).mean() < 0.1
    again = drained(features_of(fresh(tiny_workspace), RunControl()))  # from the disk, directions and all
    assert np.array_equal(again.frame.basis, found.frame.basis) and again.held == found.held
    test = drained(features_of_the_test(replace(tiny_workspace, features={"train": again}), RunControl()))
    assert test.shape == (len(tiny_workspace.images.test), 16)
    told = drained(likeness_to(replace(tiny_workspace, features={"train": again}), np.array([3]), RunControl()))
    assert told.said == found.said()


def test_pictures_that_do_not_differ_are_nothing_and_no_nan() -> None:
    rows = np.full((5, 3), 0.7, dtype=np.float32)
    FeatureFrame(np.full(3, 0.7, dtype=np.float32) + np.float32(1e-7), 1e-5, None).settle(rows)
    assert np.array_equal(rows, np.zeros((5, 3)))
    assert drained(nearest_to(rows, np.array([1]), RunControl())).tolist() == [0, 1, 0, 0, 0]


def test_likeness_is_the_cosine_to_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(300, 12)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    given = np.array([5, 100, 299])
    expected = (rows @ rows[given].T).max(axis=1)
    expected[given] = 1
    for at_once, cells in ((1024, 2**22), (2, 7)):  # all at once, and in many blocks
        monkeypatch.setattr("maga_desk.services.likeness._AT_ONCE", at_once)
        monkeypatch.setattr("maga_desk.services.likeness._CELLS", cells)
        assert np.abs(drained(nearest_to(rows, given, RunControl())) - expected).max() < 1e-6


@pytest.mark.parametrize("exact", [True, False])
def test_neighbours_and_itself_first(exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not exact:
        pytest.importorskip("usearch")
    monkeypatch.setattr(search, "_CELLS", 1000)
    monkeypatch.setattr(search, "_PART", 64)
    draw = np.random.default_rng(1)
    rows = draw.normal(size=(200, 8)).astype(np.float32)
    rows[7] = rows[3]  # a copy, as near as the row itself
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = drained(neighbours(rows, 6, RunControl(), exact=exact))
    assert found.exact == exact and found.places[:, 0].tolist() == list(range(200))
    assert found.places[3, 1] == 7 and found.places[7, 1] == 3
    true = np.argsort(-(rows @ rows.T), axis=1)[:, :6]
    shared = np.mean([len(set(a) & set(b)) for a, b in zip(found.places, true, strict=True)]) / 6
    assert shared > 0.9
    if exact:  # of two copies, either may be the sixth
        assert np.allclose(found.cosines, -np.sort(-(rows @ rows.T), axis=1)[:, :6], atol=1e-6)
    assert (np.diff(found.cosines, axis=1) <= 1e-6).all()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_neighbours_of_few(count: int) -> None:
    rows = np.eye(3, dtype=np.float32)[:count]
    found = drained(neighbours(rows, 4, RunControl()))
    assert found.places.shape == (count, 4)
    assert [set(row) for row in found.places.tolist()] == [set(range(count))] * count


def test_without_the_package_it_stays_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "EXACT", 10)
    rows = np.eye(20, dtype=np.float32)
    monkeypatch.setattr(search, "can_search", lambda: False)
    assert drained(neighbours(rows, 3, RunControl())).exact
    monkeypatch.setattr(search, "can_search", lambda: True)
    if search.util.find_spec("usearch"):
        assert not drained(neighbours(rows, 3, RunControl())).exact


def test_neighbours_are_cancelled_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_CELLS", 100)
    control, steps = RunControl(), list[Event]()

    def stop(event: Event) -> None:
        steps.append(event)
        control.cancel()

    with pytest.raises(Cancelled):
        drained(neighbours(np.eye(100, dtype=np.float32), 3, control), stop)
    assert len(steps) == 1
