"""What is said before a run where nearly nothing stays, and which methods need nothing that does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import OneClassError
from maga_desk.domain.events import Message, drained
from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.loop import run
from maga_desk.engine.registry import METHODS
from maga_desk.services.erasure import Erasure
from maga_desk.services.said_before import said_before
from maga_desk.services.workspace import Workspace, open_workspace
from tests.engine.materials import SHORT, inputs_for

FREE = [method.info.name for method in METHODS.values() if method.info.retain_free]


def test_pictures_of_one_class_alone_are_refused_with_a_way_on(tiny_spec: RunSpec, tmp_path: Path) -> None:
    root = tmp_path / "alone"
    for split in ("train", "test"):
        shutil.copytree(Path(tiny_spec.data.path or "") / split / "ring", root / split / "ring")
    with pytest.raises(OneClassError, match=r"only one class \(ring\).*other classes.*gradient-ascent"):
        drained(open_workspace(tiny_spec.with_changes("data", path=str(root)), RunControl()))


def warned(workspace: Workspace, spec: RunSpec) -> str:
    said = [each for each in said_before(Erasure.of(workspace, spec)) if isinstance(each, Message)]
    assert [each.text[:29] for each in said if each.level == "info"] == ["Near copies were not looked f"]
    return "\n".join(each.text for each in said if each.level == "warning")


def test_too_few_that_stay_are_said_with_the_methods_that_need_none(
    tiny_spec: RunSpec, tiny_workspace: Workspace
) -> None:
    train = tiny_workspace.images.train
    some = [name for i, name in enumerate(train.names) if "/ring/" in name or i % 12]
    spec = tiny_spec.with_changes("forget", classes=(), pictures=tuple(some))
    spec = spec.with_changes("method", name="fine-tune", params={})
    told = warned(tiny_workspace, spec)
    assert "training pictures stay, of" in told and "Methods that look at none of them" in told
    free = spec.with_changes("method", name="gradient-ascent", params={})
    assert warned(tiny_workspace, free) == warned(tiny_workspace, tiny_spec) == ""


@pytest.mark.parametrize("name", FREE)
def test_methods_that_say_so_look_at_nothing_that_stays(
    name: str, tiny_spec: RunSpec, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tiny_spec.with_changes("method", name=name, params={**SHORT[name], "epochs": 1})
    inputs = inputs_for(tiny_workspace, spec)
    gone = torch.from_numpy(inputs.forget.indices)
    seen: list[torch.Tensor] = []
    pictures = inputs.pictures.train
    batch = type(pictures).batch
    monkeypatch.setattr(type(pictures), "batch", lambda self, rows: (seen.append(rows.cpu()), batch(self, rows))[1])
    assert isinstance(inputs, RunInputs)
    drained(run(MethodSpec(name=name, params=spec.method.params), inputs, RunControl(), watched=False))
    looked = [rows for rows in seen if rows.tolist() != [0]]  # whoever counts passes takes the shape of the first
    assert looked and all(torch.isin(rows, gone).all() for rows in looked)
