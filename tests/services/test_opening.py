"""Opening: names are compared before any picture is decoded, and what was computed once comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maga_desk.data.keeping import DiskShelf
from maga_desk.data.sources import folder
from maga_desk.data.sources.decode import decode_rgb
from maga_desk.data.sources.reading import list_pictures
from maga_desk.domain import paths
from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Message, Progress, drained
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import Mapped
from maga_desk.domain.rates import Rate
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import DataSpec, RunSpec
from maga_desk.models.checkpoint import read_state, write_state
from maga_desk.services import reading
from maga_desk.services.keeping import know_pixels
from maga_desk.services.runs import run
from maga_desk.services.training import TrainRequest, train
from maga_desk.services.workspace import Workspace, open_workspace
from maga_desk.store.sessions import SessionStore


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are really decoded."""
    found = list[str]()

    def counted(path: Path | str, where: str) -> object:
        found.append(str(path))
        return decode_rgb(path, where)

    monkeypatch.setattr(folder, "decode_rgb", counted)
    return found


def other_classes(spec: RunSpec, tmp_path: Path) -> RunSpec:
    state, _ = read_state(Path(str(spec.model.checkpoint)))
    named = CheckpointInfo(arch="resnet8", classes=("cat", "dog", "fox", "owl"), size=16)
    return spec.with_changes("model", checkpoint=str(write_state(tmp_path / "other.safetensors", state, named)))


def other_head(spec: RunSpec, tmp_path: Path) -> RunSpec:
    state, _ = read_state(Path(str(spec.model.checkpoint)))
    state = {key: value[:3] if value.shape[:1] == (4,) else value for key, value in state.items()}
    path = write_state(tmp_path / "head.safetensors", state, CheckpointInfo(arch="resnet8", size=16))
    return spec.with_changes("model", checkpoint=str(path))


def no_checkpoint(spec: RunSpec, tmp_path: Path) -> RunSpec:
    (tmp_path / "text.safetensors").write_text("no checkpoint")
    return spec.with_changes("model", checkpoint=str(tmp_path / "text.safetensors"))


def families_of_others(spec: RunSpec, tmp_path: Path) -> RunSpec:
    (tmp_path / "families.toml").write_text('cat = "animal"\ndog = "animal"')
    return spec.with_changes("data", families=str(tmp_path / "families.toml"))


def no_families(spec: RunSpec, tmp_path: Path) -> RunSpec:
    return spec.with_changes("data", families=str(tmp_path / "nowhere.toml"))


def forgotten_others(spec: RunSpec, tmp_path: Path) -> RunSpec:
    (tmp_path / "forgotten.txt").write_text("train/disc/000.png\ntrain/disc/none.png")
    return spec.with_changes("model", forgotten=str(tmp_path / "forgotten.txt"))


@pytest.mark.parametrize(
    "wrong", [other_classes, other_head, no_checkpoint, families_of_others, no_families, forgotten_others]
)
def test_what_does_not_fit_is_said_before_any_picture_is_decoded(
    tiny_spec: RunSpec, tmp_path: Path, decoded: list[str], wrong: object
) -> None:
    with pytest.raises(UserError):
        drained(open_workspace(wrong(tiny_spec, tmp_path), RunControl()))  # type: ignore[operator]
    assert decoded == []


@pytest.mark.parametrize("forget", [{"classes": ["cat"]}, {"pictures": ["train/disc/none.png"]}, {}])
def test_a_request_that_names_what_is_not_there_is_said_before_too(
    tiny_spec: RunSpec, decoded: list[str], forget: dict[str, object]
) -> None:
    wanted = tiny_spec.model_copy(update={"forget": type(tiny_spec.forget).model_validate(forget)})
    with pytest.raises(UserError):
        drained(run(wanted, RunControl()))
    assert decoded == []


@pytest.mark.parametrize(
    "changes",
    [
        {"exclude": {"classes": ["cat"]}},
        {"exclude": {"pictures": ["train/disc/none.png"]}},
        {"data": {"families": "/nowhere.toml"}},
    ],
)
def test_training_compares_names_first_too(
    tiny_spec: RunSpec, tmp_path: Path, decoded: list[str], changes: dict[str, dict[str, object]]
) -> None:
    data = tiny_spec.data.model_copy(update=changes.get("data", {}))
    exclude = type(tiny_spec.forget).model_validate(changes.get("exclude", {}))
    request = TrainRequest(
        data, "resnet8", tmp_path / "net.safetensors", TrainRecipe(epochs=1), exclude, device="cpu", precision="float32"
    )
    with pytest.raises(UserError):
        drained(train(request, RunControl()))
    assert decoded == []


def test_the_second_opening_decodes_nothing_and_gives_the_same(tiny_spec: RunSpec, decoded: list[str]) -> None:
    first = drained(open_workspace(tiny_spec, RunControl()))
    assert len(decoded) == 320
    decoded.clear()
    second: Workspace = drained(open_workspace(tiny_spec, RunControl()))
    assert decoded == []
    assert second.card == first.card
    for one, other in ((first.outputs.train, second.outputs.train), (first.outputs.test, second.outputs.test)):
        assert one.equal(other)
    assert second.pictures.train.images.equal(first.pictures.train.images)


def test_what_was_computed_from_all_pixels_comes_back(tiny_spec: RunSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    first = drained(open_workspace(tiny_spec, RunControl()))
    hashed: list[str] = []
    plain = PictureIndex.hash_into

    def counted(self: PictureIndex, digest: Any) -> None:
        hashed.append(self.split)
        plain(self, digest)

    monkeypatch.setattr(PictureIndex, "hash_into", counted)
    second = drained(open_workspace(tiny_spec, RunControl()))
    assert "train" not in hashed
    assert second.images.fingerprint == first.images.fingerprint
    assert second.images.train.samples.tolist() == first.images.train.samples.tolist()
    for entry in paths.kept_dir().glob("*-samples-*"):
        entry.write_bytes(b"no longer whole")
    third = drained(open_workspace(tiny_spec, RunControl()))
    assert hashed.count("train") == 1 and third.card == first.card


@pytest.mark.parametrize("other", ["pixels", "labels", "classes"])
def test_what_was_computed_from_other_pictures_does_not_come_back(tmp_path: Path, other: str) -> None:
    def images(value: int, labels: list[int], classes: tuple[str, ...]) -> ImageSet:
        pixels = np.full((4, 3, 8, 8), value, dtype=np.uint8)
        sha256 = hashlib.sha256(pixels.data).hexdigest()
        split = PictureIndex(Mapped(pixels, sha256), np.array(labels), np.array(labels), tuple("abcd"))
        return ImageSet(split, split.take(np.arange(2)), classes, classes)

    shelf, data = DiskShelf(tmp_path, 10**6), DataSpec(path="/somewhere")
    first = images(1, [0, 0, 1, 1], ("x", "y"))
    know_pixels(shelf, data, first)
    changed = {"pixels": (2, [0, 0, 1, 1], ("x", "y")), "labels": (1, [0, 1, 1, 1], ("x", "y"))}
    given = changed.get(other, (1, [0, 0, 1, 1], ("x", "z")))
    known, fresh = images(*given), images(*given)
    know_pixels(shelf, data, known)
    assert known.fingerprint == fresh.fingerprint != first.fingerprint
    assert known.train.samples.tolist() == fresh.train.samples.tolist()


def test_another_net_is_tried_anew(tiny_spec: RunSpec, tiny_folder: Path, tmp_path: Path) -> None:
    first = drained(open_workspace(tiny_spec, RunControl()))
    state, info = read_state(Path(str(tiny_spec.model.checkpoint)))
    state["fc.bias" if "fc.bias" in state else list(state)[-1]] += 1.0
    path = write_state(tmp_path / "net.safetensors", state, info)
    second = drained(open_workspace(tiny_spec.with_changes("model", checkpoint=str(path)), RunControl()))
    assert not first.outputs.train.equal(second.outputs.train)


def test_keeping_nothing_is_possible(tiny_spec: RunSpec, decoded: list[str], home: Path) -> None:
    (home / "settings.json").write_text('{"schema_version": 2, "storage": {"decoded_gb": 0}}')
    for _ in range(2):
        messages = [event for event in open_workspace(tiny_spec, RunControl()) if isinstance(event, Message)]
        assert messages == []
    assert len(decoded) == 640 and not paths.kept_dir().exists()


def test_a_deleted_session_leaves_nothing_unless_another_has_the_same_pictures(tiny_spec: RunSpec) -> None:
    workspace = drained(open_workspace(tiny_spec, RunControl()))
    with SessionStore.open(paths.sessions_file()) as store:
        first, second = (store.create_session(title, tiny_spec, workspace.card) for title in "ab")
        other = store.create_session("c", tiny_spec.with_changes("data", path="/elsewhere"), workspace.card)
        kept = sorted(paths.kept_dir().glob("*.kept"))
        assert len(kept) == 4  # training pictures, their samples, test pictures, the net's outputs
        store.delete_session(other)
        store.delete_session(first)
        assert sorted(paths.kept_dir().glob("*.kept")) == kept
        store.delete_session(second)
        assert list(paths.kept_dir().glob("*.kept")) == []


def test_progress_is_told_while_pictures_are_read(tiny_spec: RunSpec) -> None:
    events = list(_progress(tiny_spec))
    assert [event.done for event in events] == sorted(event.done for event in events)
    assert len(events) >= 4 and events[-1].done == events[-1].total == 320


@pytest.mark.parametrize("known", [None, 10.0])
def test_the_remaining_time_is_told_with_the_first_slice_by_what_it_took_before(
    tiny_spec: RunSpec, monkeypatch: pytest.MonkeyPatch, known: float | None
) -> None:
    monkeypatch.setattr(reading, "_SURE_AFTER", 1e9)
    if known is not None:
        Rate(f"decoding {list_pictures(tiny_spec.data, size=16).kind_of_files}").remember(known, 1)
    for event in _progress(tiny_spec):
        assert event.seconds_left == (None if known is None else known * (event.total - event.done))


def test_the_rate_of_decoding_is_remembered_but_not_that_of_taking_what_is_kept(
    tiny_spec: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_SURE_AFTER", 0.0)
    rate = Rate(f"decoding {list_pictures(tiny_spec.data, size=16).kind_of_files}")
    assert all(event.seconds_left is not None for event in _progress(tiny_spec)), "measured from the first slice on"
    measured = rate.seconds
    assert measured is not None
    list(_progress(tiny_spec))
    assert rate.seconds == measured


def _progress(spec: RunSpec) -> Iterator[Progress]:
    for event in open_workspace(spec, RunControl()):
        if isinstance(event, Progress) and event.stage == "Reading the pictures":
            yield event
