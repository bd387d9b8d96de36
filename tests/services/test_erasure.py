"""One request as a value: what follows from it, and fingerprints by which earlier work is found again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maga_desk.domain.errors import MethodError
from maga_desk.domain.pixels import InMemory, Mapped
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.erasure import Erasure


@pytest.fixture
def workspace(tiny_workspace: Any) -> Any:
    """With held-out pictures, on a machine of a fixed name."""
    images = tiny_workspace.images.holding_out(0.2)
    card = replace(tiny_workspace.card, device="CPU", precision="float32")
    return replace(tiny_workspace, images=images, card=card)


@pytest.fixture
def spec(tiny_spec: RunSpec) -> RunSpec:
    parts = [{"proposer": "uniform"}, {"proposer": "classifier", "weight": 2.0}]
    mixed = tiny_spec.with_changes("guidance", proposer="mixture", mixture=parts).with_changes("method", params={})
    return mixed.with_changes("audit", retrained="make", shadows=2, depth="full")


def test_fingerprints_are_those_of_version_0_1_0(workspace: Any, spec: RunSpec) -> None:
    """Written by the code of that version on these pictures: its run folders, trials and references are found."""
    erasure = Erasure.of(workspace, spec)
    assert erasure.run_digest == "09179cbcdc470108115d204d"
    assert erasure.audit_digest == "b9b116c713a53c6a3755d57f"
    assert erasure.training_digest(np.arange(5), 7) == "427910c1e20fe697f0b4f979"
    later = Erasure.of(replace(workspace, earlier=np.arange(3)), spec)
    assert (later.run_digest, later.audit_digest) == ("e1528b33e8d8b4b4ecee2034", "ca0404b0e475cfaad4154b5b")


def test_a_fingerprint_changes_with_what_its_result_rests_on_alone(
    workspace: Any, spec: RunSpec, tmp_path: Path
) -> None:
    erasure = Erasure.of(workspace, spec)

    def digests(other: RunSpec) -> tuple[bool, bool]:
        """Whether the run and the audit are the same as before."""
        found = Erasure(workspace, other, erasure.forget)
        return found.run_digest == erasure.run_digest, found.audit_digest == erasure.audit_digest

    assert digests(spec.with_changes("output", dir=str(tmp_path))) == (True, True)
    assert digests(spec.with_changes("guidance", accepted=("train/ring/000.png",), batch=7)) == (True, True)
    assert digests(spec.with_changes("audit", jobs=3)) == (True, True)
    assert digests(spec.with_changes("audit", depth="quick")) == (True, False)
    assert digests(spec.with_changes("", seed=1)) == (False, True)
    assert digests(spec.with_changes("method", params={"lr": 0.5})) == (False, True)
    one, other = (tmp_path / name for name in ("a.csv", "b.csv"))
    for path in (one, other):
        path.write_text("the same")
    by_file = [
        Erasure(workspace, spec.with_changes("guidance", file=str(path)), erasure.forget) for path in (one, other)
    ]
    assert by_file[0].run_digest == by_file[1].run_digest, "contents count, names do not"
    other.write_text("another")
    assert by_file[0].run_digest != replace(by_file[1]).run_digest


def test_what_follows_is_computed_once(workspace: Any, spec: RunSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = Erasure.of(workspace, spec)
    read: list[int] = []

    def counting(at: Any) -> Any:
        def counted(self: Any, positions: Any) -> Any:
            read.append(len(positions))
            return at(self, positions)

        return counted

    for kind in (InMemory, Mapped):
        monkeypatch.setattr(kind, "at", counting(kind.at))
    images = workspace.images
    once = len(images.train) + len(images.held_out) + len(images.test)
    first = erasure.training_digest(np.arange(5), 7), erasure.run_digest, erasure.audit_digest
    assert sum(read) == once
    assert [erasure.training_digest(np.arange(5), seed) for seed in range(20)][7] == first[0]
    assert (erasure.run_digest, erasure.audit_digest) == first[1:]
    assert sum(read) == once
    assert erasure.situation is erasure.situation and erasure.method is erasure.method


def test_what_goes_and_what_stays(workspace: Any, spec: RunSpec) -> None:
    erasure = Erasure.of(replace(workspace, earlier=np.arange(3)), spec)
    assert len(erasure.forget) == 60 and len(erasure.gone) == 63 and erasure.retained == 240 - 63
    situation = erasure.situation
    assert (situation.task, situation.intent) == ("class", "concept")
    assert (situation.forget, situation.retain, situation.classes) == (60, 177, 4)
    assert erasure.inputs().situation == situation, "the engine sees the same"
    own = TrainRecipe(epochs=3)
    assert erasure.recipe == workspace.recipe
    assert Erasure.of(workspace, spec.with_changes("audit", recipe=own.model_dump())).recipe == own


def test_a_wrong_parameter_is_named_before_any_work(workspace: Any, spec: RunSpec) -> None:
    wrong = Erasure.of(workspace, spec.with_changes("method", params={"nonsense": 1}))
    with pytest.raises(MethodError, match="nonsense"):
        _ = wrong.method
