"""The number format that a net runs in."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import SpecError
from maga_desk.domain.events import drained
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.runtime import choose_runtime
from maga_desk.services.workspace import open_workspace

CPU = torch.device("cpu")


@pytest.mark.parametrize(("name", "bf16"), [("float32", False), ("bfloat16", True)])
def test_a_named_precision_is_taken_and_nothing_is_measured(name: str, bf16: bool, tmp_path: Path) -> None:
    remembered = tmp_path / "precision.json"
    runtime = choose_runtime(CPU, "resnet8", (16, 16), precision=name, remembered=remembered)
    assert (runtime.bf16, runtime.channels_last) == (bf16, bf16)
    assert not remembered.exists()


def test_what_was_measured_is_remembered_and_a_broken_memory_is_measured_anew(tmp_path: Path) -> None:
    remembered = tmp_path / "precision.json"
    first = choose_runtime(CPU, "resnet8", (16, 16), remembered=remembered)
    text = remembered.read_text()
    assert choose_runtime(CPU, "resnet8", (16, 16), remembered=remembered) == first
    assert remembered.read_text() == text
    remembered.write_text("no JSON")
    choose_runtime(CPU, "resnet8", (16, 16), remembered=remembered)
    assert remembered.read_text().startswith("{")


def test_a_workspace_runs_in_the_precision_that_its_spec_names(tiny_spec: RunSpec) -> None:
    spec = tiny_spec.with_changes("", precision="bfloat16")
    workspace = drained(open_workspace(spec, RunControl()))
    assert workspace.card.precision == "bfloat16, channels last"
    assert workspace.fits(spec) and not workspace.fits(tiny_spec)
    with pytest.raises(SpecError, match="precision"):
        tiny_spec.with_changes("", precision="float8")
