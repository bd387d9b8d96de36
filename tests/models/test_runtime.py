"""The number format that a net runs in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import SpecError
from maga_desk.domain.events import Message, Scalars, drained
from maga_desk.domain.files import write_json
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.runtime import Format, Runtime, choose_device, choose_runtime
from maga_desk.models.turns import Timed
from maga_desk.services.runs import run
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
    trial = Trial(remembered)
    assert trial.choose((3.0, 2.0, 1.0)) == BF16 and trial.asked == 1
    assert remembered.read_text().startswith("{")


PLAIN, LAST, BF16 = (False, False), (False, True), (True, True)


class Trial:
    """What measuring would say, and how often it was asked."""

    def __init__(self, remembered: Path) -> None:
        self.remembered, self.asked = remembered, 0

    def choose(self, times: tuple[float, float, float], *, crowded: bool = False, **how: Any) -> tuple[bool, bool]:
        """The format that is chosen when the three take so long."""

        def measure(*_what: object) -> Timed[Format]:
            self.asked += 1
            return Timed(dict(zip((PLAIN, LAST, BF16), times, strict=True)), steady=True)

        runtime = choose_runtime(
            CPU, "resnet8", (16, 16), remembered=self.remembered, measure=measure, is_crowded=lambda: crowded, **how
        )
        return runtime.bf16, runtime.channels_last


def test_plain_float32_is_left_only_for_what_is_clearly_faster(tmp_path: Path) -> None:
    assert Trial(tmp_path / "1.json").choose((1.05, 1.0, 1.2)) == PLAIN
    assert Trial(tmp_path / "2.json").choose((1.3, 1.0, 1.2)) == LAST
    assert Trial(tmp_path / "3.json").choose((3.0, 2.0, 1.0)) == BF16


def test_what_was_measured_in_a_calm_moment_is_not_measured_again(tmp_path: Path) -> None:
    trial = Trial(tmp_path / "precision.json")
    assert trial.choose((3.0, 2.0, 1.0)) == BF16
    assert trial.choose((1.0, 2.0, 3.0)) == trial.choose((1.0, 2.0, 3.0), crowded=True) == BF16
    assert trial.asked == 1


def test_what_was_measured_beside_other_programs_is_measured_again_in_a_calm_moment(tmp_path: Path) -> None:
    trial = Trial(tmp_path / "precision.json")
    assert trial.choose((3.0, 2.0, 1.0), crowded=True) == BF16
    assert trial.choose((1.0, 2.0, 3.0), crowded=True) == BF16 and trial.asked == 1, "it holds until then"
    assert trial.choose((1.0, 2.0, 3.0)) == PLAIN and trial.asked == 2
    assert trial.choose((3.0, 2.0, 1.0)) == PLAIN and trial.asked == 2


def test_an_earlier_answer_stays_where_another_is_hardly_faster(tmp_path: Path) -> None:
    trial = Trial(tmp_path / "precision.json")
    assert trial.choose((3.0, 2.0, 1.0), crowded=True) == BF16
    assert trial.choose((1.0, 1.2, 1.4)) == BF16 and trial.asked == 2, "what was made in it is found again"
    assert trial.choose((1.0, 2.0, 3.0)) == BF16 and trial.asked == 2


def test_what_goes_on_keeps_the_format_in_which_it_began(tmp_path: Path) -> None:
    trial, began = Trial(tmp_path / "precision.json"), Runtime(CPU, *BF16)
    assert trial.choose((1.0, 2.0, 3.0)) == PLAIN
    assert trial.choose((1.0, 2.0, 3.0), begun=(began.device_title, began.precision_title)) == BF16
    assert trial.choose((1.0, 2.0, 3.0), begun=("another device", began.precision_title)) == PLAIN


def test_a_run_that_goes_on_is_not_moved_to_another_format(tiny_spec: RunSpec) -> None:
    """Though what is remembered has changed in between, and a model is open in that."""
    spec = tiny_spec.with_changes("", precision="auto")

    def now_best(choice: tuple[bool, bool]) -> None:
        title = f"{Runtime(CPU).device_title} | torch {torch.__version__} | resnet8 | 16x16"
        write_json(paths.speed_file(), {title: choice})

    now_best(LAST)
    control, steps = RunControl(), 0
    for event in run(spec, control):
        steps += isinstance(event, Scalars)
        if steps == 2:
            control.cancel()
    now_best(PLAIN)
    workspace = drained(open_workspace(spec, RunControl()))
    assert workspace.card.precision == "float32, channels first"
    seen: list[Any] = []
    used = drained(run(spec, RunControl(), workspace=workspace, resume=True), seen.append)
    assert used is not None and used.card.precision == "float32, channels last"
    assert any(isinstance(event, Message) and "Continuing from step" in event.text for event in seen)
    again = drained(run(spec, RunControl(), workspace=workspace, resume=True), seen.append)
    assert again is not None and seen[-1].status == "finished", "a finished one is found, too"
    assert any(isinstance(event, Message) and "already finished" in event.text for event in seen)


def test_a_workspace_runs_in_the_precision_that_its_spec_names(tiny_spec: RunSpec) -> None:
    spec = tiny_spec.with_changes("", precision="bfloat16")
    workspace = drained(open_workspace(spec, RunControl()))
    assert workspace.card.precision == "bfloat16, channels last"
    assert workspace.fits(spec) and not workspace.fits(tiny_spec)
    with pytest.raises(SpecError, match="precision"):
        tiny_spec.with_changes("", precision="float8")


@pytest.mark.parametrize("name", ["", "CPU", "tpu", "cpu:1", "cuda:-1", "cuda:99999999999999999999999999", "meta"])
def test_what_is_no_device_is_one_line(name: str) -> None:
    with pytest.raises(
        SpecError, match=r"device: ('.*' is no device|there is no device '.*' on this machine); use auto"
    ):
        choose_device(name)
