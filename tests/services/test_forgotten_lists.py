"""What was forgotten once is neither trained on nor called kept by a later run, wherever its checkpoint went."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import ForgetError, NamesError
from maga_desk.domain.events import drained
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.checkpoint import read_state, write_state
from maga_desk.services.exporting import export
from maga_desk.services.runs import run
from maga_desk.services.workspace import open_workspace


def opened(spec: RunSpec) -> Any:
    return drained(open_workspace(spec, RunControl()))


@pytest.fixture
def unlearned(finished: Path) -> Path:
    """A net that has forgotten the rings."""
    return finished / "unlearned.safetensors"


def on(spec: RunSpec, checkpoint: Path, **more: Any) -> RunSpec:
    return spec.with_changes("model", checkpoint=str(checkpoint), **more).with_changes("forget", classes=["disc"])


def test_the_list_beside_a_result_counts(tiny_spec: RunSpec, unlearned: Path) -> None:
    workspace = opened(on(tiny_spec, unlearned))
    assert len(workspace.earlier) == 60
    forget = workspace.forget_set(on(tiny_spec, unlearned))
    assert forget.gone == (1, 2) and forget.whole_classes == (1,)


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_an_exported_checkpoint_takes_its_list_along(
    suffix: str, tiny_spec: RunSpec, unlearned: Path, tmp_path: Path
) -> None:
    target = tmp_path / "elsewhere" / f"net{suffix}"
    fmt = {".safetensors": "safetensors", ".pt": "state-dict"}[suffix]
    list(export(unlearned, fmt, target, RunControl()))
    assert sorted(path.name for path in target.parent.iterdir()) == sorted(
        ["net.README.md", "net.forgotten.txt", f"net{suffix}"]
    )
    assert len(opened(on(tiny_spec, target)).earlier) == 60


def test_without_its_list_the_program_says_what_that_means(tiny_spec: RunSpec, unlearned: Path, tmp_path: Path) -> None:
    lonely = tmp_path / "lonely" / "net.safetensors"
    lonely.parent.mkdir()
    shutil.copy(unlearned, lonely)
    workspace = opened(on(tiny_spec, lonely))
    assert not len(workspace.earlier)
    assert any("no list of theirs was found" in note for note in workspace.card.notes)


def test_a_list_that_lies_beside_another_model_is_not_its_own(
    tiny_spec: RunSpec, tiny_model: Path, unlearned: Path, tmp_path: Path
) -> None:
    original = tmp_path / "both" / "original.safetensors"
    original.parent.mkdir()
    shutil.copy(tiny_model, original)
    shutil.copy(unlearned.parent / "forgotten.txt", original.parent)
    workspace = opened(on(tiny_spec, original))
    assert not len(workspace.earlier)
    assert not any("no list" in note for note in workspace.card.notes)


def test_a_named_list_may_be_written_in_any_way(tiny_spec: RunSpec, tiny_model: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("ring/000.png\n./train/ring/001.png\ntrain\\ring\\002.png\n")
    assert len(opened(on(tiny_spec, tiny_model, forgotten=str(names))).earlier) == 3
    names.write_text("train/gone/999.png\n")
    with pytest.raises(ForgetError, match="names none of the training pictures"):
        opened(on(tiny_spec, tiny_model, forgotten=str(names)))


@pytest.fixture
def moving(tiny_spec: RunSpec, tmp_path: Path) -> RunSpec:
    """The tiny world in a folder of its own, where pictures can be moved about."""
    root = tmp_path / "pictures"
    shutil.copytree(tiny_spec.data.path or "", root)
    return tiny_spec.with_changes("data", path=str(root))


def gone(spec: RunSpec, unlearned: Path, **more: Any) -> set[str]:
    workspace = opened(on(spec, unlearned, **more))
    return {workspace.images.train.names[i] for i in workspace.earlier}


def test_a_picture_that_was_renamed_or_moved_is_known_by_its_pixels(moving: RunSpec, unlearned: Path) -> None:
    rings = Path(moving.data.path or "") / "train" / "ring"
    (rings / "007.png").rename(rings / "of a customer.png")
    (rings / "deeper").mkdir()
    (rings / "008.png").rename(rings / "deeper" / "008.png")
    found = gone(moving, unlearned)
    assert len(found) == 60 and found >= {"train/ring/of a customer.png", "train/ring/deeper/008.png"}
    assert any(
        "2 forgotten pictures lie under other names" in note for note in opened(on(moving, unlearned)).card.notes
    )


def test_where_another_picture_took_the_name_both_count_as_forgotten(moving: RunSpec, unlearned: Path) -> None:
    rings = Path(moving.data.path or "") / "train" / "ring"
    (rings / "007.png").rename(rings / "of a customer.png")
    shutil.copy(rings.parent / "disc" / "000.png", rings / "007.png")
    found = gone(moving, unlearned)
    assert len(found) == 61 and found >= {"train/ring/007.png", "train/ring/of a customer.png"}
    assert any("under the name of 1 forgotten" in note for note in opened(on(moving, unlearned)).card.notes)


def test_an_entry_that_is_no_picture_stops_the_next_request(moving: RunSpec, unlearned: Path) -> None:
    (Path(moving.data.path or "") / "train" / "ring" / "007.png").unlink()
    with pytest.raises(NamesError, match=r"1 of 60 names .*train/ring/007\.png.*--allow-missing") as caught:
        opened(on(moving, unlearned))
    assert caught.value.names == ("train/ring/007.png",)
    workspace = opened(on(moving, unlearned).with_changes("forget", allow_missing=True))
    assert len(workspace.earlier) == 59
    assert any("1 of 60 names" in note and "count as deleted" in note for note in workspace.card.notes)


def test_another_list_than_the_one_it_was_saved_with_is_refused(tiny_spec: RunSpec, unlearned: Path) -> None:
    path = unlearned.parent / "forgotten.txt"
    shorter = "\n".join(path.read_text().splitlines()[:-1])
    path.write_text(shorter)
    with pytest.raises(ForgetError, match="not the list that this checkpoint was saved with"):
        opened(on(tiny_spec, unlearned))
    assert len(gone(tiny_spec, unlearned, forgotten=str(path))) == 59, "named by a person, it is taken as it is"


def test_a_list_of_names_alone_is_read_as_before(tiny_spec: RunSpec, unlearned: Path) -> None:
    path = unlearned.parent / "forgotten.txt"
    older = unlearned.parent / "older.safetensors"
    state, info = read_state(unlearned)
    write_state(older, state, info.with_made(forgotten_list=None))
    path.write_text("".join(f"train/ring/{i:03}.png\n" for i in range(60)))
    assert len(gone(tiny_spec, older)) == 60
    path.write_text(path.read_text().replace("train/ring/007.png", "train/ri\nng/007.png"))
    with pytest.raises(NamesError, match=r"2 of 61 names .*train/ri, ng/007\.png.*--allow-missing"):
        opened(on(tiny_spec, older))


def test_forgotten_pictures_with_odd_names_do_not_come_back(tiny_spec: RunSpec, tmp_path: Path) -> None:
    root = tmp_path / "pictures"
    shutil.copytree(tiny_spec.data.path or "", root)
    odd = ["a\nb.png", "a\u0085b.png", "a\u2028b.png", "#a.png", " a.png", '"a".png']
    for place, name in enumerate(odd):
        (root / "train" / "ring" / f"{place:03}.png").rename(root / "train" / "ring" / name)
    spec = tiny_spec.with_changes("data", path=str(root)).with_changes("audit", depth="quick")
    spec = spec.with_changes("method", name="logit-mask", params={})
    for _ in run(spec, RunControl()):
        pass
    workspace = opened(on(spec, Path(spec.output.dir) / "unlearned.safetensors"))
    names = {workspace.images.train.names[i] for i in workspace.earlier}
    assert len(names) == 60 and names >= {f"train/ring/{name}" for name in odd}
