"""A net that a person's own Python file builds: it runs after a yes for that very content, and never before."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

from maga_desk.cli import main
from maga_desk.cli.trust import trust_command
from maga_desk.domain import architecture
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, CodeError
from maga_desk.domain.events import drained
from maga_desk.domain.own_code import own_code
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.checkpoint import read_info, read_state, restore
from maga_desk.models.families.registry import build, build_like, text_of
from maga_desk.services.workspace import open_workspace

CODE = """
from pathlib import Path
from dataclasses import dataclass
from torch import nn
from sizes import WIDTH

Path(__file__).with_name("it-ran").touch()

@dataclass
class Config:
    width: int = WIDTH

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.taps = nn.Conv2d(3, width, 3, padding=1, groups=1)
        self.gain = nn.Parameter(__import__("torch").ones(width, 1, 1))
    def forward(self, pictures):
        return (self.taps(pictures) * self.gain).relu()

class Odd(nn.Module):
    def __init__(self, num_classes=4, config=Config()):
        super().__init__()
        self.block = Block(config.width)
        self.decide = nn.Linear(config.width, num_classes)
    def forward(self, pictures):
        return self.decide(self.block(pictures).amax((2, 3)))

def build(count):
    return Odd(count)

def fixed():
    return Odd(4)

def broken(count):
    raise ValueError("no such width")

def nothing(count):
    return "a net"
"""


@pytest.fixture
def code(tmp_path: Path, home: Path) -> Path:
    (tmp_path / "sizes.py").write_text("WIDTH = 6\n")
    file = tmp_path / "model.py"
    file.write_text(CODE)
    return file


def trust(file: Path) -> None:
    assert CliRunner().invoke(trust_command, [str(file), "--yes"]).exit_code == 0


def test_nothing_runs_without_a_yes_for_this_very_content(code: Path) -> None:
    with pytest.raises(CodeError, match="nothing of it was run"):
        build(f"{code}:build", 4)
    trust(code)
    code.write_text(CODE + "\n# changed")
    with pytest.raises(CodeError):
        build(f"{code}:build", 4)
    assert not (code.parent / "it-ran").exists()
    code.write_text(CODE)
    assert isinstance(build(f"{code}:build", 4), nn.Module)
    assert (code.parent / "it-ran").exists()


def test_a_checkpoint_that_names_code_does_not_run_it(code: Path, tiny_spec: RunSpec, tmp_path: Path) -> None:
    trust(code)
    net = build(f"{code}:build", 4)
    other = tmp_path / "elsewhere.py"
    other.write_text(CODE + "\n# another")
    arch = architecture.join(f"python/{other}:build", {})
    with pytest.raises(CodeError, match=r"elsewhere\.py"):
        restore(net.state_dict(), arch, where="net.pt")
    changed = text_of(net).replace('sha256": "', 'sha256": "0')
    with pytest.raises(CheckpointError, match="has changed since it was named"):
        restore(net.state_dict(), changed, where="net.pt")


@pytest.mark.parametrize("function", ["build", "Odd", "fixed"])
def test_a_function_is_called_with_the_number_of_classes_where_it_takes_one(code: Path, function: str) -> None:
    trust(code)
    trained = build(f"{code}:{function}", 4)
    again, arch = restore(trained.state_dict(), f"{code}:{function}", where="net.pt")
    assert architecture.title(arch) == f"model.py:{function}"
    pictures = torch.rand(2, 3, 8, 8)
    assert torch.equal(again(pictures), trained(pictures)) and again(pictures).shape == (2, 4)
    assert text_of(build_like(again, 4)) == arch


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        ("missing", "no function or class 'missing'"),
        ("broken", "ValueError: no such width"),
        ("nothing", "gives str, not a torch.nn.Module"),
    ],
)
def test_faults_of_the_file_are_one_line(code: Path, function: str, fault: str) -> None:
    trust(code)
    with pytest.raises(CheckpointError, match=fault):
        build(f"{code}:{function}", 4)


def test_a_file_that_is_not_there(home: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        build("nowhere/model.py:build", 4)
    assert own_code("torchvision/resnet18") is None and own_code("model.py") is None


def test_a_net_of_ones_own_is_opened_unlearned_and_exported(
    code: Path, tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trust(code)
    torch.manual_seed(0)
    torch.save({"net": build(f"{code}:build", 4).state_dict()}, tmp_path / "mine.pt")
    spec = tiny_spec.with_changes("model", checkpoint=str(tmp_path / "mine.pt"), arch=f"{code}:build")
    workspace = drained(open_workspace(spec, RunControl()))
    assert workspace.info.arch is not None and own_code(workspace.info.arch) == own_code(f"python/{code}:build")
    spec = spec.with_changes("model", arch="model.py:build", allow_chance=True)  # found from the spec's own folder
    (tmp_path / "spec.toml").write_text(spec.to_toml())
    assert main(["run", str(tmp_path / "spec.toml")]) == 0, capsys.readouterr()
    result = tmp_path / "out" / "unlearned.safetensors"
    assert "sha256" in (read_info(result).arch or "")
    target = tmp_path / "exported.pt"
    assert main(["export", str(result), "--out", str(target)]) == 0, capsys.readouterr()
    assert read_state(target)[0].keys() == build(f"{code}:build", 4).state_dict().keys()


def test_the_settings_take_it_back(code: Path) -> None:
    trust(code)
    settings = SettingsFile()
    assert [each.partition(" ")[2] for each in settings.values.code.agreed] == [str(code)]
    settings.change(lambda now: now.having("code", agreed=()))
    with pytest.raises(CodeError):
        build(f"{code}:build", 4)


def test_the_command_line_asks_first(code: Path) -> None:
    refused = CliRunner().invoke(trust_command, [str(code)], input="n\n")
    assert refused.exit_code == 1 and "can read, change and send every file" in refused.output
    assert SettingsFile().values.code.agreed == ()
