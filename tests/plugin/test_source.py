"""A source from a package outside, through its entry point: pictures in arrays that stay on the disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.cli import main
from maga_desk.data.batches import Normalisation, to_device
from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain import paths
from maga_desk.domain.errors import DataError
from maga_desk.domain.specs.run import DataSpec, RunSpec
from maga_desk.guidance.exemplars import choose_exemplars
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition
from maga_desk.ui.item_models.pictures import PicturesModel
from maga_desk.ui.item_models.thumbnails import to_pixmap

PATIENCE = 60_000


@pytest.fixture(scope="session")
def arrays(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny folder's pictures as the outside source reads them."""
    folder = tmp_path_factory.mktemp("arrays")
    images = load_pictures(DataSpec(path=str(tiny_folder)))
    for split, index in (("train", images.train), ("test", images.test)):
        np.save(folder / f"{split}.npy", index.whole())
        np.save(folder / f"{split}-labels.npy", index.labels)
    (folder / "classes.txt").write_text("\n".join(images.classes))
    return folder


@pytest.fixture
def spec(tiny_spec: RunSpec, arrays: Path) -> RunSpec:
    return tiny_spec.with_changes("data", source="arrays", path=str(arrays))


def spec_file(spec: RunSpec, tmp_path: Path) -> str:
    path = tmp_path / "spec.toml"
    path.write_text(spec.to_toml())
    return str(path)


def test_it_is_listed_after_ours_with_its_origin(outside: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "--json"]) == 0
    *ours, last = json.loads(capsys.readouterr().out)["sources"]
    assert [each["name"] for each in ours][:2] == ["auto", "demo"]
    assert (last["name"], last["origin"], last["options"]["groups"]["default"]) == ("arrays", outside, 1)
    assert main(["sources", "arrays"]) == 0
    assert "Of how many people the pictures are" in capsys.readouterr().out


def test_a_run_on_it_is_the_run_on_the_folder(
    outside: str, tiny_spec: RunSpec, spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = []
    for each in (tiny_spec, spec):
        assert main(["run", spec_file(each, tmp_path), "--json", "--force"]) == 0
        found.append(json.loads(capsys.readouterr().out)["metrics"])
    assert found[0] == found[1]


def test_a_model_is_trained_on_it(
    outside: str, arrays: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--source", "arrays", "--data", str(arrays), "--option", "groups=3", "--epochs", "1"]
    assert main([*command, "--train-limit", "50", "--out", str(tmp_path / "net.safetensors"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["train_pictures"] == 50


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"options": {"group": 2}}, "[data] options: unknown key 'group'"),
        ({"options": {"groups": 0}}, "[data] options: 'groups' = 0"),
        ({"path": None}, "[data] path: no folder is given"),
        ({"path": "/nowhere"}, "cannot read the arrays"),
        ({"size": 32}, "[data] size: the pictures are 16 x 16 pixels, not 32 x 32"),
    ],
)
def test_a_mistake_is_one_line(
    outside: str, spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict, says: str
) -> None:
    assert main(["run", spec_file(spec.with_changes("data", **changes), tmp_path)]) == 2
    assert says in capsys.readouterr().err


def test_without_the_package_it_is_unknown() -> None:
    with pytest.raises(DataError, match="no source is called 'arrays'"):
        load_pictures(DataSpec(source="arrays", path="x"))


@pytest.mark.parametrize("changes", [{}, {"train_limit": 50, "subset_seed": 3, "held_out": 0.4}])
def test_what_backs_the_pixels_changes_nothing(
    outside: str, tiny_folder: Path, arrays: Path, qtbot: QtBot, changes: dict[str, Any]
) -> None:
    import torch

    in_memory = load_pictures(DataSpec(path=str(tiny_folder), **changes))
    mapped = load_pictures(DataSpec(source="arrays", path=str(arrays), options={"groups": 7}, **changes))
    assert type(in_memory.train.backing) is not type(mapped.train.backing)
    assert in_memory.fingerprint == mapped.fingerprint
    assert Normalisation.of(in_memory.train) == Normalisation.of(mapped.train)
    tensors = [to_device(each, Normalisation.of(each.train), torch.device("cpu")) for each in (in_memory, mapped)]
    for name in ("train", "test", *(["held_out"] if changes else [])):
        one, other = (getattr(each, name) for each in tensors)
        assert one.images.equal(other.images) and one.labels.equal(other.labels)
    forget = np.flatnonzero(in_memory.train.labels < 2)
    pairs = zip(*(choose_exemplars(each.train, forget, (0, 1), 3) for each in (in_memory, mapped)), strict=True)
    assert all(one.digest == other.digest for one, other in pairs)
    for position in (0, 17, 49):
        shown = [to_pixmap(images.train.picture(position), 64).toImage() for images in (in_memory, mapped)]
        assert shown[0] == shown[1]


def test_its_columns_follow_the_pictures(outside: str, arrays: Path, qtbot: QtBot) -> None:
    data = DataSpec(source="arrays", path=str(arrays), options={"groups": 7}, train_limit=50)
    images = load_pictures(data)
    numbers = [int(name.rpartition("/")[2]) for name in images.train.names]
    assert images.train.columns["group"].tolist() == [number % 7 for number in numbers]
    model = PicturesModel()
    model.set_images(images)
    assert f"\ngroup: {numbers[3] % 7}" in model.index(3).data(Qt.ItemDataRole.ToolTipRole)


@pytest.fixture
def window(qtbot: QtBot, outside: str, tmp_path: Path) -> Iterator[Composition]:
    made = Composition(SessionStore.open(paths.sessions_file()), runs_folder=tmp_path, confirm=lambda *_: True)
    made.window.show()
    qtbot.waitExposed(made.window)
    made.start()
    yield made
    made.close()
    made.window.close()
    made.window.deleteLater()
    made.deleteLater()


def test_the_load_page_offers_it_with_its_own_keys(qtbot: QtBot, window: Composition, spec: RunSpec) -> None:
    page, desk = window.pages["load"], window.desk
    form = page.form
    qtbot.waitUntil(lambda: bool(desk.installation.sources), timeout=PATIENCE)
    form.source.setCurrentIndex(form.source.findText("Arrays"))
    assert "train.npy" in form.path.placeholderText()
    assert page.open_button.toolTip() == "Name the pictures' folder and the checkpoint first"
    form.path.setText(spec.data.path or "")
    form.checkpoint.setText(spec.model.checkpoint or "")
    form.own["groups"].set_value(4)
    form.device.setCurrentText("cpu")
    form.precision.setCurrentText("float32")
    qtbot.mouseClick(page.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desk.images is not None, timeout=PATIENCE)
    assert desk.images is not None
    assert desk.spec.data == DataSpec(source="arrays", path=spec.data.path, options={"groups": 4})
    assert sorted(set(desk.images.train.columns["group"])) == [0, 1, 2, 3]


def test_a_spec_of_it_waits_in_the_form_until_packages_were_looked_at(
    qtbot: QtBot, window: Composition, spec: RunSpec, tmp_path: Path
) -> None:
    window.open_spec(spec_file(spec.with_changes("data", options={"groups": 2}), tmp_path))
    form = window.pages["load"].form
    assert form.path.text() == ""
    qtbot.waitUntil(lambda: bool(window.desk.installation.sources) and window.desk.images is not None, timeout=PATIENCE)
    assert (form.source.currentText(), form.path.text()) == ("Arrays", spec.data.path)
    assert form.own["groups"].value() == 2
    form.source.setCurrentIndex(form.source.findText("A folder"))
    assert form.own == {}
